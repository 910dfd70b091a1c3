"""Resolve conditions: each to its prevalence and to the billable codes it can be written as."""

from __future__ import annotations

from attrs import evolve

from healthsim_core.distributions import Constant, read_distribution
from healthsim_core.errors import suggestion
from healthsim_core.generation.plan import AttributePlan, ConditionPlan
from healthsim_core.generation.resolution import ProfileResolution
from healthsim_core.generation.resolve_limits import for_both_sexes, with_facts
from healthsim_core.skills import Skill
from healthsim_core.specs import ClinicalCondition, read_condition


def resolve_conditions(it: ProfileResolution) -> None:
    """Fill in the conditions of a profile: its own, then the reference's that it does not name."""
    clinical = it.specification.clinical
    wanted: list[tuple[ClinicalCondition, str, bool]] = []
    if clinical.get("primary_condition") is not None:
        path = "profile.clinical.primary_condition"
        one = read_condition(clinical["primary_condition"], path, it.problems)
        wanted.append((one, path, True))
    comorbidities = clinical.get("comorbidities", [])
    if not isinstance(comorbidities, list | tuple):
        it.problems.add("profile.clinical.comorbidities", f"expected a list, got {comorbidities!r}")
        comorbidities = []
    for number, value in enumerate(comorbidities):
        path = f"profile.clinical.comorbidities[{number}]"
        wanted.append((read_condition(value, path, it.problems), path, False))
    for one, path, primary in wanted:
        if one is None or one.code is None:
            continue
        if one.code in it.conditions:
            it.problems.add(f"{path}.code", f"condition {one.code!r} is listed twice")
            continue
        plan = condition_plan(it, one.code, f"{path}.code", _skill_of(it, one, path))
        if plan is not None:
            severity = None
            if one.severity is not None:
                severity = "severity" if primary else _own_severity(it, one, path)
            household = it.specification.household
            label = one.description or plan.label
            it.conditions[one.code] = evolve(
                plan,
                prevalence=Constant(float(one.prevalence)),
                target=float(one.prevalence),
                label=label,
                severity=severity,
                roles=household.conditions_of if household else None,
                path=path,
            )
    _fill_from_reference(it)


def _fill_from_reference(it: ProfileResolution) -> None:
    """Add the reference's conditions that the profile does not name and installed products have codes for."""
    if it.reference is None:
        return
    lacking = []
    for code, prevalence in it.reference.conditions.items():
        if any(code.startswith(mine) or mine.startswith(code) for mine in it.conditions):
            continue
        if it.codes and not any(one.code.startswith(code) for one in it.codes):
            lacking.append(code)
            continue
        plan = condition_plan(it, code, f"reference.conditions.{code}")
        distribution = read_distribution(prevalence, f"reference.conditions.{code}", it.problems, it.kinds)
        if plan is not None and distribution is not None:
            it.conditions[code] = evolve(plan, prevalence=distribution)
    if lacking:
        it.notices.append(
            f"{it.reference.label}: nobody gets {', '.join(lacking)}, of which no installed product has codes"
        )


def _own_severity(it: ProfileResolution, one: ClinicalCondition, path: str) -> str | None:
    """Give a comorbidity a severity of its own, and return the column that holds it."""
    name = f"severity.{one.code}"
    distribution = read_distribution(one.severity, f"{path}.severity", it.problems, it.kinds)
    if distribution is None:
        return None
    it.attributes[name] = AttributePlan(name, distribution, kind="category", path=f"{path}.severity")
    return name


def _skill_of(it: ProfileResolution, one: ClinicalCondition, path: str) -> Skill | None:
    if one.skill_ref is None:
        return None
    skill = it.skills.get(one.skill_ref)
    if skill is None:
        it.problems.unknown(f"{path}.skill_ref", "skill", one.skill_ref, it.skills)
    elif not skill.covers(one.code):
        it.problems.add(
            f"{path}.skill_ref", f"skill {skill.name!r} applies to {', '.join(skill.applies_to)}, not to {one.code}"
        )
    return skill


def _usual_skill(it: ProfileResolution, code: str) -> Skill | None:
    """Return the skill that the owner of the condition's codes has for it; strangers' skills need to be named."""
    owners = {
        it.catalog.owner("code set", name)
        for name, codes in it.catalog.all("code set").items()
        if any(leaf.code.startswith(code) for leaf in codes.codes())
    }
    found = [
        skill
        for name, skill in it.skills.items()
        if skill.covers(code) and it.catalog.owner("skill", name) in owners and skill.leaves(code)
    ]
    return found[0] if found else None


def condition_plan(it: ProfileResolution, code: str, path: str, skill: Skill | None = None) -> ConditionPlan | None:
    """Return the plan of a condition nobody has yet, with the billable codes it can be written as.

    The codes are those of `skill`, by default of the skill its code set's owner has, else of the code sets themselves.
    """
    plan = _with_codes(it, code, path, skill or _usual_skill(it, code))
    if plan is not None and skill is None and plan.skill:
        plan = for_both_sexes(it, plan)
    return None if plan is None else with_facts(it, plan)


def _with_codes(it: ProfileResolution, code: str, path: str, skill: Skill | None) -> ConditionPlan | None:
    from_skill = skill.leaves(code) if skill else []
    if from_skill:
        labels = {one.code: one.label for one in it.codes} | {leaf.code: leaf.label for leaf in from_skill}
        return ConditionPlan(
            code,
            labels[max(from_skill, key=lambda leaf: leaf.weight).code],
            None,
            {},
            tuple((leaf.code, leaf.severity, leaf.weight) for leaf in from_skill),
            {leaf.code: labels[leaf.code] for leaf in from_skill},
            all(one.chronic for one in it.codes if one.code in {leaf.code for leaf in from_skill}),
            skill=skill.label,
        )
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
    if not path.startswith("reference."):
        it.notices.append(f"{path}: no installed product knows diagnosis codes, so {code!r} is written as it stands")
    return ConditionPlan(code, code, None, {}, ((code, None, 1.0),), {code: code})
