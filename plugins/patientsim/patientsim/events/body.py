"""Height, weight and body mass index: growth by percentile, adults' by sex and age, in step with obesity on the problem list."""

from __future__ import annotations

import functools

import numpy as np
from scipy.special import ndtr, ndtri

from healthsim_core.draws import uniforms
from healthsim_core.events import Events
from healthsim_core.facts import read_csv

GROWN = 20.0
"""Years at which growth charts end."""
TURNS = (18.0, 24.0)
"""Between these years of age body mass index moves from the growth chart to the adults' spread."""
SHRINKS = 0.05
"""Centimeters a year that adults lose: the difference between the chart's end and NHANES' means of all adults."""
HEAVIER = (0.62, 1.2)
"""Children of today against the charts of 2000: shift and spread of z, so that 19.7 percent are obese (NHANES 2017-2020)."""
HIGHEST = 2.6
"""Charts of body mass index are not defined far beyond the 97th percentile."""
UNCODED = 0.2
"""Share of the obese among people of whose obesity a profile that speaks of it says nothing; HealthSim's estimate."""
THIN = 0.19
"""Spread of the logarithm of adults' body mass index below its middle."""
SHORT_OF = 1.02
"""Weights are measured within two percent: who is called obese stays so on every scale."""


@functools.cache
def growth() -> dict[tuple[str, str], np.ndarray]:
    """Return the growth charts by measure and sex: rows of age, L, M and S."""
    found: dict[tuple[str, str], list[list[float]]] = {}
    for row in read_csv("patientsim.reference", "growth.csv"):
        found.setdefault((row["measure"], row["sex"]), []).append([float(row[name]) for name in ("age", "l", "m", "s")])
    return {key: np.array(rows) for key, rows in found.items()}


@functools.cache
def _adults() -> tuple[dict[tuple[str, str], float], np.ndarray]:
    """Return shares by what and sex, and ages with the share of the obese."""
    rows = read_csv("patientsim.reference", "adult_bmi.csv")
    shares = {(row["what"], row["sex"]): float(row["share"]) for row in rows if row["sex"]}
    by_age = np.array([[float(row["age"]), float(row["share"])] for row in rows if row["age"]])
    return shares, by_age


def of_chart(measure: str, male: np.ndarray, age: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Return what a chart has at ages and standard scores."""
    value = np.empty(len(age))
    for sex, rows in (("M", male), ("F", ~male)):
        chart = growth()[measure, sex]
        power, middle, spread = (np.interp(age[rows], chart[:, 0], chart[:, place]) for place in (1, 2, 3))
        base = np.maximum(1 + power * spread * z[rows], 0.05)
        value[rows] = np.where(np.abs(power) < 1e-3, middle * np.exp(spread * z[rows]), middle * base ** (1 / power))
    return value


def body(events: Events, age: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return height in cm and usual weight in kg of the events' people at ages: as a profile gives them, else drawn."""
    if not events.has_person("gender"):  # somebody who is known by an id only
        unknown = np.full(len(events), np.nan)
        return unknown, unknown
    height, weight = _drawn(events, age)
    if not (events.has_person("height") or events.has_person("weight")):
        return height, weight
    then = _drawn(events, np.maximum(age - (events.time - events.people.as_of) / np.timedelta64(31_557_600, "s"), 0))
    found = []
    for name, now, before in (("height", height, then[0]), ("weight", weight, then[1])):
        given = np.asarray(events.person(name), float) if events.has_person(name) else np.full(len(events), np.nan)
        found.append(np.where(np.isnan(given), now, given * now / before))
    if events.has_person("height"):
        told = ~np.isnan(np.asarray(events.person("height"), float))
        kept = ~np.isnan(np.asarray(events.person("weight"), float)) if events.has_person("weight") else ~told
        found[1] = np.where(told & ~kept, found[1] * (found[0] / height) ** 2, found[1])
    return found[0], found[1]


def _drawn(events: Events, age: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    seed, male = events.people.seed, events.person("gender").isin(["M"])
    z = np.clip(ndtri(uniforms(seed, "patientsim.level.height", events.entity)), -3, 3)
    grown = np.minimum(age, GROWN)
    height = of_chart("height", male, grown, z) - SHRINKS * np.maximum(age - GROWN, 0)
    u = uniforms(seed, "patientsim.level.weight", events.entity)
    bmi = _index(events, male, age, u)
    baby = of_chart("weight", male, np.minimum(age, 2), np.clip(0.6 * z + 0.8 * ndtri(u), -3, 3))
    at_two = of_chart("height", male, np.full(len(age), 2.0), z) / 100
    # A toddler's weight leaves the baby's chart for the one by body mass index in the course of the third year.
    share = np.clip(age - 2, 0, 1)
    toddler = of_chart("weight", male, np.full(len(age), 2.0), np.clip(0.6 * z + 0.8 * ndtri(u), -3, 3)) / at_two**2
    index = toddler * (1 - share) + bmi * share
    return height, np.where(age < 2, baby, index * (height / 100) ** 2)


def _index(events: Events, male: np.ndarray, age: np.ndarray, u: np.ndarray) -> np.ndarray:
    """Return usual body mass indices from 2 years on at each person's rank `u`."""
    low, high, spoken = _said(events)
    young = _of_children(male, np.clip(age, 2, GROWN), u, low, spoken)
    adult = _of_adults(male, np.maximum(age, GROWN), u, low, high, spoken)
    share = np.clip((age - TURNS[0]) / (TURNS[1] - TURNS[0]), 0, 1)
    index = young * (1 - share) + adult * share
    return np.where(age >= TURNS[0], np.clip(index, low, high), index)


def _of_children(male, age, u, low, spoken) -> np.ndarray:
    shift, spread = HEAVIER
    edge = ndtr((1.645 - shift) / spread)
    # The obese are the highest five percent of the chart.
    rank = np.where(spoken, np.where(low > 29, edge + u * (1 - edge), _uncoded(u, edge)), u)
    return of_chart("bmi", male, age, np.clip(shift + spread * ndtri(np.clip(rank, 1e-9, 1 - 1e-9)), -3, HIGHEST))


def _uncoded(u: np.ndarray, edge) -> np.ndarray:
    """Return ranks of people not called obese: most of them below `edge`, some above."""
    below = u / (1 - UNCODED) * edge
    return np.where(u < 1 - UNCODED, below, edge + (u - (1 - UNCODED)) / UNCODED * (1 - edge) * 0.6)


def _of_adults(male, age, u, low, high, spoken) -> np.ndarray:
    shares, by_age = _adults()
    all_ages = float(np.mean([shares["obese", "M"], shares["obese", "F"]]))
    moved = ndtri(np.interp(age, by_age[:, 0], by_age[:, 1])) - ndtri(all_ages)
    middle, wide = np.empty(len(u)), np.empty(len(u))
    for sex, rows in (("M", male), ("F", ~male)):
        thirty, forty = (-ndtri(shares[what, sex]) for what in ("obese", "severe"))
        spread = np.log(40 / 30) / (forty - thirty)
        wide[rows], middle[rows] = spread, np.log(30) - spread * (thirty - moved[rows])

    def rank(index):
        z = (np.log(index) - middle) / np.where(np.log(index) < middle, THIN, wide)
        return ndtr(z)

    first, last = rank(np.maximum(low, 13.0)), rank(np.minimum(high, 68.0))
    unsaid = spoken & (low <= 0)
    within = first + u * (last - first)
    z = ndtri(np.clip(np.where(unsaid, _uncoded(u, rank(np.full(len(u), 30.0))), within), 1e-9, 1 - 1e-9))
    return np.exp(middle + z * np.where(z < 0, THIN, wide))


def _said(events: Events) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return between which body mass indices the codes of people's conditions put them, and whether the profile speaks of it."""
    low, high = np.zeros(len(events)), np.full(len(events), 90.0)
    spoken = np.zeros(len(events), bool)
    for category in events.people.facts["conditions"]:
        if not category.startswith(("E66", "Z68")) or not events.has_person(f"has.{category}"):
            continue
        spoken[:] = True
        code, has = events.person(f"code.{category}"), events.person(f"has.{category}")
        for number, word in enumerate(code.words):
            bounds = index_of(str(word))
            rows = has & (code.codes == number)
            if bounds is not None:
                low = np.where(rows, np.maximum(low, bounds[0] * SHORT_OF), low)
                high = np.where(rows, np.minimum(high, bounds[1] / SHORT_OF), high)
    return low, np.maximum(high, low + 0.1), spoken


def index_of(code: str) -> tuple[float, float] | None:
    """Return between which adult body mass indices an ICD-10-CM code of E66 or Z68 lies; None where it says nothing."""
    if code.startswith("Z68"):
        tail = code[4:]
        if tail == "1":
            return 13, 19.9
        if tail.startswith(("2", "3")):
            return 10 * int(tail[0]) + int(tail[1]), 10 * int(tail[0]) + int(tail[1]) + 0.99
        return {"41": (40, 45), "42": (45, 50), "43": (50, 60), "44": (60, 68), "45": (68, 80)}.get(tail)
    classes = {"E66.3": (25, 30), "E66.01": (40, 66), "E66.811": (30, 35), "E66.812": (35, 40), "E66.813": (40, 66)}
    if code in classes:
        return classes[code]
    return (30, 40) if code in ("E66.9", "E66.09", "E66.89") else (30, 66) if code.startswith("E66") else None


GAINS = ((18.5, 15.0), (25.0, 13.7), (30.0, 9.2), (999.0, 7.0))
"""Kilograms gained in a pregnancy by body mass index before it: middles of what the Institute of Medicine advised in 2009."""


def gained(events: Events, weeks: np.ndarray, index: np.ndarray) -> np.ndarray:
    """Return the kilograms that pregnant women have gained by the week, 0 for others: little in 13 weeks, then steadily."""
    total = np.array([kilograms for _, kilograms in GAINS])[
        np.searchsorted([edge for edge, _ in GAINS], index, side="right")
    ]
    total = total * (0.7 + 0.6 * uniforms(events.people.seed, "patientsim.gain", events.entity))
    early = np.minimum(weeks, 13) / 13 * 1.25
    return np.nan_to_num(early + np.maximum(weeks - 13, 0) / 27 * (total - 1.25))
