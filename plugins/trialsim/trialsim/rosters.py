"""Rosters: the studies, their arms, and a study's sites in the scenario's counties."""

from __future__ import annotations

import importlib.resources
import json
from collections.abc import Mapping

import numpy as np

from healthsim_core.columns import Coded, Columns
from healthsim_core.declarations import Roster
from healthsim_core.draws import SLOTS, uniforms
from trialsim.reference import arms, criteria, rows, studies

SITES_PER_COUNTY = 100
SITES_PER_STUDY = 10
"""A site's key: its county's FIPS number times the one, the study's place times the other, and the site's place."""


def build_studies(facts: Mapping[str, object], seed: int, rosters: Mapping[str, Columns]) -> dict[str, Columns]:
    """Return studies and arms as the reference has them."""
    found = list(studies().values())

    def texts(many: list, name: str) -> Coded:
        return Coded.encode([getattr(one, name) or None for one in many])

    study_columns = {
        name: texts(found, name)
        for name in (
            "study_id",
            "title",
            "phase",
            "indication",
            "condition_code",
            "blinding",
            "control_type",
            "sponsor",
        )
    }
    study_rows = Columns(
        {
            **study_columns,
            "planned_subject_count": np.array([one.planned_subject_count for one in found]),
            "block_size": np.array([one.block_size for one in found]),
            "start_date": np.array([one.start_date for one in found], "datetime64[s]"),
        }
    )
    names = ("study_id", "arm_code", "arm_name", "treatment", "dose_unit", "dose_form", "dose_frequency", "route")
    arm_rows = Columns(
        {
            **{name: texts(list(arms()), name) for name in names},
            "dose": np.array([one.dose for one in arms()]),
            "ratio": np.array([one.ratio for one in arms()]),
        }
    )
    return {"studies": study_rows, "arms": arm_rows, "trial_criteria": _criteria()}


def _criteria() -> Columns:
    found = [(study, one) for study in studies() for one in criteria(study)]
    return Columns(
        {
            "study_id": Coded.encode([study for study, _ in found]),
            **{
                name: Coded.encode([one[name] for _, one in found])
                for name in ("criterion_code", "category", "description")
            },
        }
    )


def build_sites(facts: Mapping[str, object], seed: int, rosters: Mapping[str, Columns]) -> dict[str, Columns]:
    """Return each study's sites: some facilities of every county where people live, numbered among all of the scenario's."""
    counties = np.array(sorted({int(place.county_fips) for place in facts["places"]}), np.int64)
    kinds = rows("sites")
    county = np.tile(np.repeat(counties, len(kinds)), len(studies()))
    kind = np.tile(np.arange(len(kinds)), len(studies()) * len(counties))
    study = np.repeat(np.arange(len(studies())), len(counties) * len(kinds))
    number = np.tile(np.arange(len(counties) * len(kinds)) + 1, len(studies()))
    facility = _facilities(rosters.get("facilities"), county, kind)
    # Numbers are given first, so that they stay as they are when people come from more counties.
    kept = _kept(facts, county, facility, "facilities" in rosters)
    county, kind, study, facility = county[kept], kind[kept], study[kept], facility[kept]
    digits = max(3, len(str(number.max(initial=0))))
    key = county * SITES_PER_COUNTY + study * SITES_PER_STUDY + kind
    investigator, name = _investigators(rosters.get("providers"), county, study, kind)
    none = np.array([one is None for one in name])
    name[none] = _invented_names(seed, key[none])
    return {
        "sites": Columns(
            {
                "site_id": key,
                "study_id": Coded(study.astype(np.int32), list(studies())),
                "site_number": Coded.encode([f"{one:0{digits}d}" for one in number[kept].tolist()]),
                "facility_id": facility,
                "investigator_id": investigator,
                "investigator_name": Coded.encode(name.tolist()),
                "country": Coded.constant("USA", len(key)),
            }
        )
    }


def _kept(facts: Mapping[str, object], county: np.ndarray, facility: np.ndarray, directory: bool) -> np.ndarray:
    """Return the positions of sites in counties where people live, of those with a facility where there is a directory."""
    lived_in = facts.get("inhabited")
    here = np.ones(len(county), bool) if lived_in is None else np.isin(county, [int(one) for one in lived_in])
    there = here & (facility >= 0)
    return np.flatnonzero(there if directory and there.any() else here)


def _facilities(facilities: Columns | None, county: np.ndarray, kind: np.ndarray) -> np.ndarray:
    found = np.full(len(county), -1, np.int64)
    if facilities is None:
        return found
    place = _county_of(facilities)
    for number, one in enumerate(rows("sites")):
        mine = np.flatnonzero(facilities["facility_type"].isin([one["facility_type"]]))
        found = np.where(kind == number, _nth(facilities["facility_id"][mine], place[mine], county, 0), found)
    return found


def _investigators(providers: Columns | None, county: np.ndarray, study: np.ndarray, kind: np.ndarray):
    found, name = np.full(len(county), -1, np.int64), np.full(len(county), None, dtype=object)
    if providers is None:
        return found, name
    place = _county_of(providers)
    order = np.argsort(providers["provider_id"], kind="stable")
    keys = providers["provider_id"][order]
    for number, one in enumerate(studies().values()):
        mine = np.flatnonzero(providers["specialty"].isin([one.specialty]))
        mine = mine[np.argsort(providers["provider_id"][mine], kind="stable")]
        chosen = _nth(providers["provider_id"][mine], place[mine], county, kind)
        found = np.where(study == number, chosen, found)
    row = order[np.minimum(np.searchsorted(keys, found), len(keys) - 1)]
    family, given = providers["family_name"].decode()[row], providers["given_name"].decode()[row]
    there = found >= 0
    name[there] = [f"{last}, {first}" for last, first in zip(family[there], given[there], strict=True)]
    return found, name


def _county_of(directory: Columns) -> np.ndarray:
    county = directory["county_fips"]
    return county.lookup({word: int(word) for word in county.words}, -1, np.int64)


def _nth(keys: np.ndarray, place: np.ndarray, county: np.ndarray, nth: np.ndarray | int) -> np.ndarray:
    """Return each county's nth key, counting round and round; -1 where it has none."""
    if not len(keys):
        return np.full(len(county), -1, np.int64)
    order = np.lexsort((keys, place))
    first = np.searchsorted(place[order], county, side="left")
    count = np.searchsorted(place[order], county, side="right") - first
    index = np.minimum(first + nth % np.maximum(count, 1), len(keys) - 1)
    return np.where(count > 0, keys[order][index], -1)


def _invented_names(seed: int, key: np.ndarray) -> list[str]:
    names = json.loads(importlib.resources.files("healthsim_core").joinpath("data", "names.json").read_text("utf-8"))
    given = [*names["F"], *names["M"]]
    first = np.floor(uniforms(seed, "trialsim.site.given", key * SLOTS) * len(given)).astype(int).tolist()
    last = np.floor(uniforms(seed, "trialsim.site.family", key * SLOTS) * len(names["family"])).astype(int).tolist()
    return [f"{names['family'][one]}, {given[other]}" for one, other in zip(last, first, strict=True)]


ROSTERS = (
    Roster(
        "trialsim.studies",
        "The studies, their arms and criteria.",
        ("studies", "arms", "trial_criteria"),
        build_studies,
        "trialsim",
    ),
    Roster(
        "trialsim.sites",
        "Each study's sites in the scenario's counties.",
        ("sites",),
        build_sites,
        "trialsim",
        reads=("facilities", "providers"),
    ),
)
