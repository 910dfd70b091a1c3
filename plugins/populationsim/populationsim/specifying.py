"""From a place's figures to a profile specification that generates its people."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from healthsim_core.errors import UserError
from healthsim_core.specs import ProfileSpecification
from populationsim import facts
from populationsim.profile import DemographicProfile

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def profile_spec(profile: DemographicProfile) -> dict[str, Any]:
    """Return the specification of a place's people."""
    from populationsim.shaping import attributes

    return {
        "id": _slug(profile.label),
        "name": profile.label,
        "version": "1.0",
        "description": f"Residents of {profile.label}: {profile.vintage}.",
        "demographics": {
            "source": "populationsim",
            "reference": reference_of(profile),
            **attributes(profile),
        },
    }


def reference_of(profile: DemographicProfile) -> dict[str, Any]:
    """Return the `reference` that names the place of a profile."""
    if profile.geography_type == "counties":
        theme, low, high, *state = profile.fips.removeprefix("svi").split("-")
        chosen = {"svi_theme": int(theme)} if theme else {}
        chosen |= {"state": state[0]} if state else {}
        return {"type": "counties", "svi_min": float(low), "svi_max": float(high), **chosen}
    key = {"msa": "code", "zip": "code"}.get(profile.geography_type, "fips")
    if profile.geography_type == "nation":
        return {"type": "nation"}
    return {"type": profile.geography_type, key: profile.fips}


def _slug(label: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", facts.fold(label)).strip("-")


def hybrid(spec: Mapping[str, Any], conn: DuckDBPyConnection | None = None) -> dict[str, Any]:
    """Return a full profile specification: the user's values, and the reference's where the user gives none."""
    from populationsim.resolving import ReferenceProfileResolver

    content = spec.get("profile", spec) if isinstance(spec, Mapping) else spec
    if not isinstance(content, Mapping):
        raise UserError(
            "a hybrid profile is made of a specification, as in "
            f'{{"reference": {{"type": "county", "fips": "48201"}}, "demographics": {{…}}}}; got {content!r}'
        )
    mine = copy.deepcopy(dict(content))
    demographics = dict(mine.pop("demographics", None) or {})
    # The short form of a scenario file has them at the top.
    for key in ("source", "reference"):
        if key in mine:
            demographics.setdefault(key, mine.pop(key))
    if not isinstance(demographics.get("reference"), Mapping):
        raise UserError('demographics.reference: a hybrid profile needs one, as in {"type": "county", "fips": "48201"}')
    resolver = ReferenceProfileResolver(conn)
    base = resolver.to_profile_spec(resolver.resolve_geography(demographics["reference"]))
    return {**base, **mine, "demographics": {**base["demographics"], **demographics}}


def reference_for(
    county: str | int | None = None,
    state: str | None = None,
    msa: str | int | None = None,
    zip_code: str | int | None = None,
    tract: str | int | None = None,
    reference: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the `reference` of the place that is given one way or another; the nation where none is given."""
    from populationsim.geography import number_of, read_reference

    given = {"county": county, "msa": msa, "zip": zip_code, "tract": tract}
    named = {kind: place for kind, place in given.items() if place is not None}
    if len(named) + (reference is not None) > 1:
        raise facts.UnknownPlace(f"give one place, not {' and '.join([*named, *(['reference'] if reference else [])])}")
    if reference is not None:
        kind, place = read_reference(reference)
        if kind == "counties":
            return dict(reference)
    elif named:
        ((kind, place),) = named.items()
        kind, place = read_reference({"type": kind, "name": place, "state": state})
    elif state is not None:
        kind, place = "state", state
    else:
        return {"type": "nation"}
    number = number_of(kind, place)
    if kind == "nation":
        return {"type": "nation"}
    return {"type": kind, "code" if kind in ("msa", "zip") else "fips": number}


def cohort(
    condition: str | None = None, *, count: int = 100, seed: int | None = None, **where_and_sections: Any
) -> ProfileSpecification:
    """Return the specification of so many people of a place who have a condition.

    The place is `county`, `state`, `msa`, `zip_code`, `tract` or a `reference`; without one it is the nation. The condition is a
    code (`E11`), or a name such as `type 2 diabetes`. Further sections (`demographics`, `coverage`, `journey` …) are those
    of a profile specification and win. People who have it are older than people at large: their ages follow the place's
    prevalence by age.
    """
    from populationsim.conditions_by_name import ages_of_those_with, find_condition

    places = ("county", "state", "msa", "zip_code", "tract", "reference")
    reference = reference_for(**{name: where_and_sections.pop(name, None) for name in places})
    sections = where_and_sections
    found = find_condition(condition) if condition is not None else None
    generation = {"count": count, **({} if seed is None else {"seed": seed}), **sections.pop("generation", {})}
    generation.setdefault("products", ["populationsim"])
    demographics = {"source": "populationsim", "reference": reference, **sections.pop("demographics", {})}
    clinical = dict(sections.pop("clinical", {}))
    name = "people"
    if found is not None:
        name = f"people with {found.label}"
        clinical.setdefault("primary_condition", {"code": found.code, "description": found.label, "prevalence": 1.0})
        ages = ages_of_those_with(found.code, reference)
        if ages is not None:
            demographics.setdefault("age", ages)
    label = _label(reference)
    identifier = sections.pop("id", _slug(f"{found.code if found else 'people'} {label}"))
    return ProfileSpecification.model_validate(
        {
            "id": identifier,
            "name": sections.pop("name", f"{name[0].upper()}{name[1:]}, {label}"),
            "generation": generation,
            "demographics": demographics,
            **({"clinical": clinical} if clinical else {}),
            **sections,
        }
    )


def _label(reference: Mapping[str, Any]) -> str:
    from populationsim.resolving import ReferenceProfileResolver

    return ReferenceProfileResolver().resolve_geography(reference).label
