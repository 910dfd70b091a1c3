"""Check-ups and flu shots are written and billed by the age on their day, not by that of the journey's beginning."""

from __future__ import annotations

import numpy as np

from healthsim_core.columns import Array, Coded
from healthsim_core.events import Events
from patientsim.events.ages import age_at

BANDS = (1, 5, 12, 18, 40, 65)
"""Ages from which the next number of preventive visits counts (CPT)."""
FAMILIES = tuple(tuple(f"993{tens}{unit}" for unit in range(1, 8)) for tens in (8, 9))
"""Preventive visits of new and of established patients, by age."""
GROWN = 18
CHILD_OF = {"Z00.00": "Z00.129", "Z00.01": "Z00.121"}
"""How a check-up of a child is written, by how one of an adult is."""

WELCOME, FIRST, LATER = "G0402", "G0438", "G0439"
"""Medicare's wellness visits: in the year people join at 65, the first yearly one a year later, and all others."""
JOINS = 65
FLU_SHOT, HIGH_DOSE = "90656", "90662"
"""The usual influenza vaccine, and that for people from 65 on."""


def checkup_outcomes(events: Events) -> dict[str, Array]:
    """Return services and reason of the encounters as the age on their day has them."""
    cpt, reason, age = events["cpt_codes"], events["reason"], age_at(events)
    return {"cpt_codes": _services(events, cpt, age), "reason": _reason(reason, age)}


def _reason(reason: Coded, age: np.ndarray) -> Coded:
    young = age < GROWN
    child = reason.recode({word: CHILD_OF.get(word, word) for word in reason.words})
    adult_of = {child: adult for adult, child in CHILD_OF.items()}
    if not any(word in CHILD_OF or word in adult_of for word in reason.words):
        return reason
    return child.where(young, reason.recode({word: adult_of.get(word, word) for word in reason.words}))


def _services(events: Events, cpt: Coded, age: np.ndarray) -> Coded:
    """Return the services with the preventive visit of each person's age and payer."""
    known = [code for family in FAMILIES for code in family] + [WELCOME, FIRST, LATER, FLU_SHOT]
    if not any(code in word.split(",") for word in cpt.words for code in known):
        return cpt
    medicare = np.zeros(len(events), bool)
    other = np.zeros(len(events), bool)
    if events.has_person("coverage_type"):
        coverage = events.person("coverage_type")
        medicare = coverage.isin(["Medicare"])
        other = (coverage.codes >= 0) & ~medicare
    band = np.searchsorted(BANDS, age, side="right")
    # 0: by age; 1 to 3: Medicare's three; 4: as the journey says.
    joined = np.clip(np.floor(age) - JOINS, 0, 2).astype(np.int64)
    kind = np.where(medicare & (age >= GROWN), np.where(age < JOINS, 3, 1 + joined), np.where(other, 0, 4))
    found = cpt
    for visit in np.unique(kind * len(FAMILIES[0]) + band):
        which, years = divmod(int(visit), len(FAMILIES[0]))
        rows = (kind == which) & (band == years)
        written = {word: ",".join(_service(code, which, years) for code in word.split(",")) for word in cpt.words}
        found = cpt.recode(written).where(rows, found)
    return found


def _service(code: str, kind: int, band: int) -> str:
    """Return the number of a preventive visit at an age; other services stay."""
    if code == FLU_SHOT and band == len(BANDS):
        return HIGH_DOSE
    family = next((each for each in FAMILIES if code in each), None)
    yearly = code in (WELCOME, FIRST, LATER)
    if family is None and not yearly:
        return code
    if kind in (1, 2, 3):
        return (WELCOME, FIRST, LATER)[kind - 1]
    if yearly:
        return code if kind == 4 else FAMILIES[1][band]
    return family[band]
