"""Resolve a profile: every attribute to a distribution, every condition to billable codes, the reference to a place."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from attrs import define, evolve, field

from healthsim_core import known
from healthsim_core.catalog import Catalog
from healthsim_core.columns import Coded
from healthsim_core.declarations import Attribute, ConditionCode, Place, ReferenceProfile
from healthsim_core.distributions import (
    CategoricalDistribution,
    ConditionalDistribution,
    Constant,
    Distribution,
    read_distribution,
)
from healthsim_core.errors import Problems, suggestion
from healthsim_core.generation.plan import AttributePlan, ConditionPlan
from healthsim_core.specs import ClinicalCondition, ProfileSpecification, _clinical_condition

ROLES = ("subscriber", "spouse", "dependent")
CLINICAL_KEYS = ("primary_condition", "comorbidities", "lab_values")


@define
class ProfileResolution:
    """What a profile comes to, while it is being resolved."""

    specification: ProfileSpecification
    catalog: Catalog
    problems: Problems
    workspace: Path
    active: tuple[str, ...]
    """The products that take part."""
    notices: list[str] = field(factory=list)
    roles: tuple[str, ...] = ("subscriber",)
    attributes: dict[str, AttributePlan] = field(factory=dict)
    conditions: dict[str, ConditionPlan] = field(factory=dict)
    reference: ReferenceProfile | None = None
    places: tuple[Place, ...] = ()
    codes: tuple[ConditionCode, ...] = ()
    narrowed: set[tuple[str, int]] = field(factory=set)
    """Attributes, by place in the household, that were left open and a journey's requirement has narrowed."""

    @property
    def kinds(self) -> dict[str, type[Distribution]]:
        return self.catalog.all("distribution")

    def declared(self) -> dict[str, Attribute]:
        return self.catalog.all("attribute")


def resolve_profile(
    specification: ProfileSpecification, catalog: Catalog, problems: Problems, workspace: Path, active: tuple[str, ...]
) -> ProfileResolution:
    """Return the resolution of a profile; what is wrong is said in `problems`."""
    resolution = ProfileResolution(specification, catalog, problems, workspace, active)
    resolution.codes = tuple(code for one in catalog.all("code set").values() for code in one.codes())
    _resolve_reference(resolution)
    _resolve_attributes(resolution)
    _resolve_conditions(resolution)
    _resolve_members(resolution)
    _resolve_network(resolution)
    return resolution


def _resolve_reference(it: ProfileResolution) -> None:
    demographics = it.specification.demographics
    short = it.specification.reference is not None or it.specification.source is not None
    prefix = "profile" if short else "profile.demographics"
    request = it.specification.reference if short else demographics.get("reference")
    source = it.specification.source if short else demographics.get("source")
    if request is None and source is None:
        return
    references = {name: one for name, one in it.catalog.all("reference").items() if one.resolve}
    if source is None:
        kind = request.get("type") if isinstance(request, Mapping) else None
        source = next((name for name, one in references.items() if kind in one.kinds), "populationsim")
    if source not in references:
        lacking = known.absent("product", source, set(it.catalog.fingerprint()))
        if lacking:
            it.problems.add(f"{prefix}.source", lacking + it.catalog.blame())
        else:
            it.problems.unknown(f"{prefix}.source", "reference", source, references)
        return
    if not isinstance(request, Mapping):
        it.problems.add(f"{prefix}.reference", 'expected an object such as {"type": "county", "fips": "48201"}')
        return
    try:
        it.reference = references[source].resolve(request, it.workspace)
    except ValueError as error:
        it.problems.add(f"{prefix}.reference", str(error))
        return
    it.places = it.reference.places


def _resolve_attributes(it: ProfileResolution) -> None:
    declared = it.declared()
    given: dict[str, tuple[Any, str]] = {}
    for section, values in (("demographics", it.specification.demographics), ("clinical", it.specification.clinical)):
        for name, value in values.items():
            if (section == "demographics" and name in ("source", "reference")) or (
                section == "clinical" and name in CLINICAL_KEYS
            ):
                continue
            path = f"profile.{section}.{name}"
            attribute = declared.get(name)
            if attribute is None or attribute.section == "lab_values":
                options = [one for one, what in declared.items() if what.section != "lab_values"] + list(CLINICAL_KEYS)
                it.problems.unknown(path, "attribute", name, options)
                continue
            given[name] = (value, path)
    _collect_labs(it, given)
    _collect_coverage(it, given)
    primary = it.specification.clinical.get("primary_condition")
    if isinstance(primary, Mapping) and primary.get("severity") is not None:
        given["severity"] = (primary["severity"], "profile.clinical.primary_condition.severity")
    for name, attribute in declared.items():
        distribution = _attribute_distribution(it, attribute, given)
        owner = it.catalog.owner("attribute", name)
        if (
            distribution is not None
            or name in given
            or (attribute.default is not None and owner in ("core", *it.active))
        ):
            it.attributes[name] = AttributePlan(
                name,
                distribution,
                {},
                attribute.kind,
                attribute.decimals,
                attribute.shared,
                given.get(name, (None, ""))[1],
            )
    for name, value in it.specification.custom.items():
        path = f"profile.custom.{name}"
        if name in declared:
            it.problems.add(path, f"{name!r} is an attribute of its own; put it under {declared[name].section}")
            continue
        distribution = read_distribution(value, path, it.problems, it.kinds)
        if distribution is not None:
            it.attributes[name] = AttributePlan(name, distribution, kind=_kind_of(distribution), path=path)
    _check_reads(it)


def _kind_of(distribution: Distribution) -> str:
    if isinstance(distribution, ConditionalDistribution):
        branches = [branch for _, branch in distribution.rules] + [distribution.default]
        return next((_kind_of(branch) for branch in branches if branch is not None), "number")
    value = distribution.ppf(np.array([0.5]), {})
    if isinstance(value, Coded):
        return "category"
    return "boolean" if value.dtype == bool else "integer" if value.dtype.kind in "iu" else "number"


def _collect_labs(it: ProfileResolution, given: dict) -> None:
    labs = it.specification.clinical.get("lab_values", {})
    if not isinstance(labs, Mapping):
        it.problems.add("profile.clinical.lab_values", f"expected an object of test and distribution, got {labs!r}")
        return
    declared = {name for name, one in it.declared().items() if one.section == "lab_values"}
    for name, value in labs.items():
        path = f"profile.clinical.lab_values.{name}"
        if name in declared:
            given[name] = (value, path)
        elif declared:
            it.problems.unknown(path, "laboratory test", name, declared)
        else:
            it.notices.append(f"{path}: no installed product knows laboratory tests; pip install healthsim-patientsim")


def _collect_coverage(it: ProfileResolution, given: dict) -> None:
    declared = {name for name, one in it.declared().items() if one.section == "coverage"}
    for key, value in it.specification.coverage.items():
        path = f"profile.coverage.{key}"
        if not declared:
            it.notices.append("profile.coverage: no installed product knows coverage; pip install healthsim-membersim")
            return
        if key == "type":
            given["coverage_type"] = (value, path)
        elif key == "plan_distribution":
            given["plan"] = ({"type": "categorical", "weights": value}, path)
        elif key in declared:
            given[key] = (value, path)
        else:
            it.problems.unknown(path, "key", key, {"type", "plan_distribution", *declared} - {"coverage_type"})


def _attribute_distribution(it: ProfileResolution, attribute: Attribute, given: dict) -> Distribution | None:
    """Return what the user says of an attribute, else the reference, else its default where its owner takes part."""
    if attribute.name in given:
        value, path = given[attribute.name]
        distribution = read_distribution(value, path, it.problems, it.kinds)
        if distribution is not None:
            _check_kind(it, attribute, distribution, path)
        return distribution
    if it.reference is not None and attribute.name in it.reference.attributes:
        where = f"reference.{attribute.name}"
        return read_distribution(it.reference.attributes[attribute.name], where, it.problems, it.kinds)
    if attribute.default is not None and it.catalog.owner("attribute", attribute.name) in ("core", *it.active):
        return read_distribution(attribute.default, f"default.{attribute.name}", it.problems, it.kinds)
    return None


def _check_kind(it: ProfileResolution, attribute: Attribute, distribution: Distribution, path: str) -> None:
    if isinstance(distribution, ConditionalDistribution):
        for number, (_, branch) in enumerate(distribution.rules):
            _check_kind(it, attribute, branch, f"{path}.rules[{number}].distribution")
        if distribution.default is not None:
            _check_kind(it, attribute, distribution.default, f"{path}.default")
        return
    try:
        value = distribution.ppf(np.array([1e-12, 0.5, 1 - 1e-12]), {})
    except (KeyError, TypeError):
        return
    if isinstance(value, Coded):
        if attribute.kind != "category" and (value.codes >= 0).any():
            it.problems.add(
                path,
                f"expected {'true or false' if attribute.kind == 'boolean' else 'numbers'}, got text such as {value.words[0]!r}",
            )
        if attribute.values:
            for word in value.words:
                if word not in attribute.values:
                    it.problems.unknown(path, f"value of {attribute.name}", word, attribute.values)
        return
    if attribute.kind == "category":
        it.problems.add(path, f"expected text, got numbers such as {value[1]!r}")
        return
    if attribute.kind != "boolean" and value.dtype == bool:
        it.problems.add(path, f"expected numbers, got {bool(value[1])}")
        return
    low, high = attribute.low, attribute.high
    bounded = isinstance(distribution, Constant) or getattr(distribution, "min", None) is not None
    if low is not None and bounded and value[0] < low:
        it.problems.add(path, f"{attribute.name} must be at least {low:g}, got {value[0]:g}")
    if (
        high is not None
        and (isinstance(distribution, Constant) or getattr(distribution, "max", None) is not None)
        and value[2] > high
    ):
        it.problems.add(path, f"{attribute.name} must be at most {high:g}, got {value[2]:g}")


def bound_to_possible(it: ProfileResolution) -> None:
    """Squeeze open-ended distributions into what is possible at all for their attribute (no one is -3 years old)."""
    for name, plan in list(it.attributes.items()):
        attribute = it.declared().get(name)
        if attribute is None or plan.distribution is None or (attribute.low is None and attribute.high is None):
            continue
        it.attributes[name] = evolve(plan, distribution=_possible(plan.distribution, attribute))


def _possible(distribution: Distribution, attribute: Attribute) -> Distribution:
    if isinstance(distribution, ConditionalDistribution):
        rules = tuple((rule, _possible(branch, attribute)) for rule, branch in distribution.rules)
        default = None if distribution.default is None else _possible(distribution.default, attribute)
        return ConditionalDistribution(rules, default)
    try:
        return distribution.within(attribute.low, attribute.high)
    except ValueError:
        return distribution


def _check_reads(it: ProfileResolution) -> None:
    known_names = set(it.attributes) | {"role", "zip_code", "city", "state", "county_fips"}
    for plan in it.attributes.values():
        for name in plan.distribution.reads() if plan.distribution else ():
            if name not in known_names:
                it.problems.add(
                    plan.path or plan.name,
                    f"a rule reads {name!r}, which this profile does not have{suggestion(name, known_names)}",
                )


def _resolve_conditions(it: ProfileResolution) -> None:
    clinical = it.specification.clinical
    wanted: list[tuple[ClinicalCondition, str, bool]] = []
    if clinical.get("primary_condition") is not None:
        path = "profile.clinical.primary_condition"
        one = _clinical_condition(clinical["primary_condition"], path, it.problems)
        wanted.append((one, path, True))
    comorbidities = clinical.get("comorbidities", [])
    if not isinstance(comorbidities, list | tuple):
        it.problems.add("profile.clinical.comorbidities", f"expected a list, got {comorbidities!r}")
        comorbidities = []
    for number, value in enumerate(comorbidities):
        path = f"profile.clinical.comorbidities[{number}]"
        wanted.append((_clinical_condition(value, path, it.problems), path, False))
    for one, path, primary in wanted:
        if one is None or one.code is None:
            continue
        if one.code in it.conditions:
            it.problems.add(f"{path}.code", f"condition {one.code!r} is listed twice")
            continue
        plan = condition_plan(it, one.code, f"{path}.code")
        if plan is not None:
            severe = primary and one.severity is not None
            label = one.description or plan.label
            it.conditions[one.code] = evolve(
                plan,
                prevalence=Constant(float(one.prevalence)),
                target=float(one.prevalence),
                label=label,
                severe=severe,
            )
    if it.reference is not None:
        for code, prevalence in it.reference.conditions.items():
            if any(code.startswith(mine) or mine.startswith(code) for mine in it.conditions):
                continue
            plan = condition_plan(it, code, f"reference.conditions.{code}")
            distribution = read_distribution(prevalence, f"reference.conditions.{code}", it.problems, it.kinds)
            if plan is not None and distribution is not None:
                it.conditions[code] = evolve(plan, prevalence=distribution)


def condition_plan(it: ProfileResolution, code: str, path: str) -> ConditionPlan | None:
    """Return the plan of a condition nobody has yet, with the billable codes it can be written as."""
    leaves = [one for one in it.codes if one.code.startswith(code)]
    if leaves:
        exact = [one for one in leaves if one.code == code]
        chosen = exact or leaves
        label = exact[0].label if exact else min(chosen, key=lambda one: (-one.weight, one.code)).label
        return ConditionPlan(
            code,
            label,
            None,
            {},
            tuple((one.code, one.severity, one.weight) for one in chosen),
            {one.code: one.label for one in chosen},
            any(one.chronic for one in chosen),
        )
    if it.codes:
        options = {one.code for one in it.codes} | {one.category for one in it.codes}
        near = [option for option in options if option[:2] == code[:2]]
        it.problems.add(path, f"diagnosis code {code!r} is in no installed code set{suggestion(code, near)}")
        return None
    it.notices.append(f"{path}: no installed product knows diagnosis codes, so {code!r} is written as it stands")
    return ConditionPlan(code, code, None, {}, ((code, None, 1.0),), {code: code})


def _resolve_members(it: ProfileResolution) -> None:
    members = it.specification.members
    if not members:
        return
    declared = it.declared()
    roles = []
    for slot, member in enumerate(members):
        if member is None:
            roles.append("dependent")
            continue
        path = f"profile.members[{slot}]"
        role = member.get("role", "subscriber" if slot == 0 else "dependent")
        if role not in ROLES:
            it.problems.unknown(f"{path}.role", "role", role, ROLES)
        roles.append(role)
        for name, value in member.items():
            if name in ("role", "conditions"):
                continue
            if name not in declared:
                it.problems.unknown(f"{path}.{name}", "attribute", name, [*declared, "role", "conditions"])
                continue
            distribution = read_distribution(value, f"{path}.{name}", it.problems, it.kinds)
            if distribution is None:
                continue
            _check_kind(it, declared[name], distribution, f"{path}.{name}")
            override_attribute(it, name, slot, distribution)
        _resolve_member_conditions(it, member.get("conditions", ()), slot, path)
    if len(members) > 12:
        it.problems.add("profile.members", f"a household holds at most 12 listed members, got {len(members)}")
    if roles.count("subscriber") != 1 or roles[0] != "subscriber":
        it.problems.add("profile.members", "the first member, and only the first, must be the subscriber")
    if roles.count("spouse") > 1:
        it.problems.add("profile.members", "a household has at most one spouse")
    it.roles = tuple(roles)


def override_attribute(it: ProfileResolution, name: str, slot: int, distribution: Distribution) -> None:
    """Give one member of the household an attribute of their own."""
    attribute = it.declared()[name]
    plan = it.attributes.get(name) or AttributePlan(
        name, None, {}, attribute.kind, attribute.decimals, attribute.shared
    )
    it.attributes[name] = evolve(plan, overrides={**plan.overrides, slot: distribution})


def _resolve_member_conditions(it: ProfileResolution, conditions: Any, slot: int, path: str) -> None:
    if not isinstance(conditions, list | tuple):
        it.problems.add(f"{path}.conditions", f"expected a list of codes, got {conditions!r}")
        return
    for number, value in enumerate(conditions):
        at = f"{path}.conditions[{number}]"
        one = _clinical_condition(value, at, it.problems)
        if one is None or one.code is None:
            continue
        plan = it.conditions.get(one.code) or condition_plan(it, one.code, at)
        if plan is not None:
            it.conditions[one.code] = evolve(plan, overrides={**plan.overrides, slot: True})


def _resolve_network(it: ProfileResolution) -> None:
    network = it.specification.network
    for key, value in network.items():
        if key != "primary_care_provider":
            it.problems.unknown(f"profile.network.{key}", "key", key, ("primary_care_provider",))
        elif not isinstance(value, Mapping):
            it.problems.add(f"profile.network.{key}", f"expected an object, got {value!r}")
        else:
            for name in value:
                if name not in ("specialty", "assignment"):
                    it.problems.unknown(f"profile.network.{key}.{name}", "key", name, ("specialty", "assignment"))


def require(it: ProfileResolution, condition, slots: tuple[int, ...], path: str) -> None:
    """Draw what a profile leaves open so that a journey's requirement holds; report what contradicts it."""
    name = condition.field.removeprefix("entity.")
    plan = it.attributes.get(name)
    if plan is None:
        return
    for slot in slots:
        open_still = (name, slot) in it.narrowed or (slot not in plan.overrides and not plan.path)
        given = plan.overrides.get(slot, plan.distribution)
        if open_still:
            narrowed = _narrowed(given, condition)
            if narrowed is not None:
                override_attribute(it, name, slot, narrowed)
                it.narrowed.add((name, slot))
                plan = it.attributes[name]
        elif isinstance(given, Constant) and not condition.holds(lambda _: given.ppf(np.array([0.5])), 1)[0]:  # noqa: B023
            who = f"member {it.roles[slot]}" if len(it.roles) > 1 else "everybody"
            it.problems.add(
                path,
                f"the journey requires {condition.field} {condition.operator} {condition.value!r}, but {who} has {given.value!r}",
            )


def _narrowed(distribution: Distribution, condition) -> Distribution | None:
    value = condition.value
    if isinstance(distribution, CategoricalDistribution) and condition.operator in ("eq", "in"):
        try:
            return distribution.only({value} if condition.operator == "eq" else set(value))
        except ValueError:
            return None
    if condition.operator == "eq":
        return Constant(value)
    try:
        if condition.operator in ("gte", "gt"):
            return distribution.within(value, None)
        if condition.operator in ("lte", "lt"):
            return distribution.within(None, value)
    except ValueError:
        return None
    return None
