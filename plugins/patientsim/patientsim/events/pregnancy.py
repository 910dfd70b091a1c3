"""Pregnancies: how far they are, how visits and births are written, and how babies are born."""

from __future__ import annotations

import functools

import numpy as np

from healthsim_core.columns import Array, Coded
from healthsim_core.draws import uniforms
from healthsim_core.events import DAY, Events, Field
from healthsim_core.facts import read_csv
from patientsim.events.ages import age_at

FIRST_BIRTHS = 0.39
"""Share of births that are a woman's first: National Vital Statistics System 2023 (NCHS), rounded."""
CESAREAN = {True: 0.27, False: 0.357}
"""Share of cesareans among first and later births; 32.3 percent of all, as in 2023 (NCHS); split by HealthSim."""
TERM = 37
"""Completed weeks from which on a birth is at term."""
TRIMESTERS = (14, 28)
"""Weeks at which the second and third trimester begin (ICD-10-CM, chapter 15)."""
WEEKS = range(8, 43)
"""Weeks that have a code of their own in category Z3A."""

FIELDS = (
    Field("pregnancy", "datetime", "The day of which `pregnancy_weeks` tells; the visit's own where absent."),
    Field("pregnancy_weeks", "number", "Weeks of pregnancy that day; the reason is then written by weeks and age."),
    Field("first_pregnancy", "boolean", "Whether it is the woman's first; computed.", False),
    Field("weeks", "number", "Completed weeks of pregnancy at the visit; computed."),
)
DELIVERY = Field(
    "delivery", "code", "How the baby is born; drawn where `pregnancy_weeks` is given.", None, ("vaginal", "cesarean")
)


@functools.cache
def _rows() -> list[dict[str, str]]:
    return read_csv("patientsim.reference", "pregnancy.csv")


@functools.cache
def pregnancy_labels() -> dict[str, str]:
    """Return our own labels of the codes that pregnancies are written with."""
    return {row["code"]: row["label"] for row in _rows()} | {
        _week(week): f"{week} weeks of pregnancy" for week in WEEKS
    }


def _week(week: int) -> str:
    return f"Z3A.{week:02d}"


def pregnancy_outcomes(events: Events) -> tuple[dict[str, Array], list[Coded]]:
    """Return the computed fields of visits and stays, the reason among them, and the codes that are added to it."""
    given = events["pregnancy_weeks"]
    known = ~np.isnan(given)
    birth = "delivery" in events.fields
    if not known.any():
        return {}, []
    since = events["pregnancy"]
    days = np.where(np.isnat(since), 0.0, (events.time - since) / DAY)
    weeks = np.where(known, np.floor(given + days / 7), np.nan)
    first = uniforms(events.people.seed, "patientsim.first_pregnancy", events.entity) < FIRST_BIRTHS
    found: dict[str, Array] = {"weeks": weeks, "first_pregnancy": first & known}
    what = np.zeros(len(events), np.int64)
    if birth:
        found["delivery"] = _mode(events, known, first)
        what = np.where(found["delivery"].isin(["cesarean"]), 3, np.where(weeks < TERM, 2, 1))
    reason = events["reason"]
    asked = reason.lookup({word: word.startswith(("Z34", "O09", "O80")) for word in reason.words}, False, bool)
    found["reason"] = _code(what, first, age_at(events), np.nan_to_num(weeks)).where(known & asked, reason)
    week = np.clip(np.nan_to_num(weeks), WEEKS[0], WEEKS[-1]).astype(np.int64) - WEEKS[0]
    added = [Coded(np.where(known, week, -1), [_week(one) for one in WEEKS])]
    if birth:
        added.append(Coded(np.where(known, 0, -1), ["Z37.0"]))
    return found, added


def _mode(events: Events, known: np.ndarray, first: np.ndarray) -> Coded:
    share = np.where(first, CESAREAN[True], CESAREAN[False])
    drawn = Coded(np.where(known, events.draw("delivery") < share, -1).astype(np.int64), ["vaginal", "cesarean"])
    told = events["delivery"]
    return told.where(told.codes >= 0, drawn)


def _code(what: np.ndarray, first: np.ndarray, age: np.ndarray, weeks: np.ndarray) -> Coded:
    """Return how each is written: `what` is 0 for care, 1 for a vaginal birth, 2 before term, 3 by cesarean."""
    trimester = 1 + np.searchsorted(TRIMESTERS, weeks, side="right")
    codes = np.full(len(what), -1, np.int64)
    rows = _rows()
    for number, row in enumerate(rows):
        if row["what"] not in ("care", "vaginal", "preterm", "cesarean"):
            continue
        fits = what == ("care", "vaginal", "preterm", "cesarean").index(row["what"])
        if row["first"]:
            fits &= first == (row["first"] == "1")
        if row["age_from"]:
            fits &= age >= float(row["age_from"])
        if row["trimester"]:
            fits &= trimester == int(row["trimester"])
        codes[fits] = number
    return Coded(codes, [row["code"] for row in rows])
