"""Primary care: of whom people of a place are given one, and whom they would rather see than the nearest."""

from __future__ import annotations

import functools

import numpy as np

from healthsim_core.columns import Coded
from healthsim_core.people import People
from networksim.nearness import DETOUR, Pools
from networksim.pool import Pool

NEXT_DOOR = 3.0
"""How many miles farther people go for a doctor who takes new patients, or for a nurse practitioner; HealthSim's estimate."""
FOR_LANGUAGE = 10.0
"""How many miles farther they go for one who speaks their language; HealthSim's estimate."""
NEW_PATIENTS = 0.9
"""The share of households that had to find a doctor who takes new patients; HealthSim's estimate."""
NURSES = 0.25
"""The share of grown-ups under 65 whose primary care is a nurse practitioner's where one is near; HealthSim's estimate."""
NURSE = "nurse_practitioner"


class Wishes:
    """What everybody wants of a primary care provider, for everybody at once."""

    def __init__(self, people: People):
        self.people = people
        age = people["age"]
        self.child, self.of_working_age = age < 18, (age >= 18) & (age < 65)

    @functools.cached_property
    def new(self) -> np.ndarray:
        """Return who needs a doctor that takes new patients (bool)."""
        return self.people.draw("new_patients", shared=True) < NEW_PATIENTS

    @functools.cached_property
    def nurse(self) -> np.ndarray:
        """Return who sees a nurse practitioner where one is near (bool)."""
        return self.of_working_age & (self.people.draw("nurse", shared=True) < NURSES)

    @functools.cached_property
    def language(self) -> Coded:
        """Return what people speak who would rather not speak English with a doctor."""
        known = self.people["language"] if "language" in self.people else None
        if not isinstance(known, Coded):
            return Coded.constant(None, len(self.people))
        return known.recode({word: word for word in known.words if word.split("-")[0] != "en"})


class _Search:
    """For some people at their places, who is found so far and how far the nearest is."""

    def __init__(self, pool: Pool, place: np.ndarray, turn: np.ndarray):
        self.place, self.turn = place, turn
        self.found, self.miles = pool.nearest(place, turn), pool.miles[place]

    def rather(self, pool: Pool, who: np.ndarray | None, farther: float) -> _Search:
        """Let those (bool, None for all) see one of a pool instead, where one is no more than so many miles farther."""
        rows = np.arange(len(self.place)) if who is None else np.flatnonzero(who)
        key = pool.nearest(self.place[rows], self.turn[rows])
        near = (key >= 0) & (pool.miles[self.place[rows]] <= self.miles[rows] + farther)
        self.found[rows[near]] = key[near]
        return self


def nearest(
    pools: Pools, wanted: str | None, wishes: Wishes, rows: np.ndarray | slice, place: np.ndarray, turn: np.ndarray
) -> np.ndarray:
    """Return the provider's key of each person at `rows`: near, taking new patients, of their language where there is one."""
    child, new, language = wishes.child[rows], wishes.new[rows], wishes.language[rows]
    grown = _Search(pools[wanted or "primary"], place, turn)
    grown.rather(pools.some(wanted or "primary", accepting=True), new, NEXT_DOOR)
    if wanted is None:
        grown.rather(pools.some(NURSE, accepting=True), wishes.nurse[rows], NEXT_DOOR)
    # Family doctors see children where the next pediatrician is far.
    young = _Search(pools["family_medicine"], place, turn).rather(pools["pediatrics"], None, DETOUR)
    young.rather(pools.some("pediatrics", accepting=True), new, NEXT_DOOR)
    for code in np.unique(language.codes[language.codes >= 0]):
        who, word = language.codes == code, language.words[code].split("-")[0]
        grown.rather(pools.some(wanted or "primary", word, accepting=True), who, FOR_LANGUAGE)
        young.rather(pools.some("pediatrics", word, accepting=True), who, FOR_LANGUAGE)
    return np.where(child, young.found, grown.found)
