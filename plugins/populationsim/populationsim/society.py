"""Income, schooling and health insurance: what a household has, moved to what is known of its county."""

from __future__ import annotations

import functools

import numpy as np
from scipy.special import ndtr, ndtri

from healthsim_core.columns import Array, Coded
from healthsim_core.declarations import Attribute, Derivation
from healthsim_core.people import People
from populationsim import facts
from populationsim.choosing import Rows, ages
from populationsim.prevalence import shifted

BANDS = ("under_100", "100_to_137", "138_to_249", "250_to_399", "400_up")
BAND_EDGES = (0, 100, 138, 250, 400, 2500)
POOR = 150
"""The line, in percent of poverty, at which a place's share of poor people is known (SVI)."""
BY_AGE = ((18, -0.16), (25, -0.21), (35, 0.04), (65, 0.12), (999, 0.02))
"""How far the household's income goes by the age of its first person, in standard deviations (HealthSim's estimate)."""
SCHOOLING = ("less_than_high_school", "high_school", "some_college", "associate", "bachelor", "graduate")
WITH_INCOME = 0.45
"""The correlation of schooling and income (HealthSim's estimate, in the range of surveys)."""
BAND_SCORES = {"under_100": -1.6, "100_to_137": -1.05, "138_to_249": -0.6, "250_to_399": 0.0, "400_up": 0.8}
GRADUATION = ((18, 0), (20, 2), (22, 3), (24, 4), (26, 5))
"""From which age on which schooling can be completed at most."""
INSURERS = ("commercial", "exchange", "medicaid", "medicare", "uninsured")
MEDICARE = INSURERS.index("medicare")
GROUPS = ("child", "adult", "senior")
YOUNG, ELDERLY = 19, 65
CHILDREN = 0.27
"""The share of children among people under 65."""
DISABLED = ((30, 0.5), (45, 1.5), (55, 3.5), (ELDERLY, 8.0))
"""Percent of adults below each age who have Medicare by disability: HealthSim's estimate in the range of the Social
Security Administration's Annual Statistical Report on Disability Insurance and CMS enrollment, 2022."""
LINES = {"commercial": "Commercial", "exchange": "Exchange", "medicaid": "Medicaid", "medicare": "Medicare"}
"""The line of business that MemberSim knows each by; people without insurance have none."""

ATTRIBUTES = [
    Attribute(
        "income_band",
        "demographics",
        "Family income in percent of the poverty threshold; one a household.",
        "category",
        values=BANDS,
        shared=True,
    ),
    Attribute("education", "demographics", "Highest schooling of adults.", "category", values=SCHOOLING),
    Attribute(
        "insurance",
        "demographics",
        "Who insures a person first; where the profile has no coverage, members are enrolled by it.",
        "category",
        values=INSURERS,
    ),
]


@functools.cache
def _poverty() -> tuple[np.ndarray, np.ndarray]:
    """Return the cumulative shares of people and the percent of poverty they are below."""
    rows = facts.rows("income.csv")
    return np.array([float(row["below"]) for row in rows]), np.array([float(row["percent"]) for row in rows])


def below(percent: float) -> float:
    """Return the nation's share of people whose income is below so many percent of poverty."""
    shares, percents = _poverty()
    return float(np.interp(percent, percents, shares))


@functools.cache
def _county_facts() -> dict[str, dict[str, str]]:
    return {row["fips"]: row for row in facts.rows("county_society.csv")}


def poor_share(people: People, county: str) -> float:
    """Return the share of people below 150 % of poverty: of the profile's place, else of the county's state."""
    place = people.facts.get("reference") or {}
    if place.get("pct_poverty150") is not None:
        return place["pct_poverty150"] / 100
    known = facts.facts("fallback.json")
    social = known["counties"].get(county, {}).get("social") or known["areas"][_state(county)]["social"]
    return social["pct_poverty150"] / 100


@functools.cache
def _state(county: str) -> str:
    return next((one.abbreviation for one in facts.states().values() if one.fips == county[:2]), facts.NATION)


def income(people: People) -> dict[str, Array]:
    """Return income in percent of poverty, one a household, and the band it lies in."""
    counties = people["county_fips"]
    shift = np.array(
        [ndtri(below(POOR)) - ndtri(np.clip(poor_share(people, word), 0.01, 0.9)) for word in counties.words]
    )
    age = ages(people)[people.first_row]
    by_age = np.array([move for _, move in BY_AGE])[np.searchsorted([edge for edge, _ in BY_AGE], age, side="right")]
    rank = ndtr(ndtri(people.draw("rank", shared=True)) + by_age + (shift[counties.codes] if len(shift) else 0.0))
    told = people.columns.get("said.income_band")
    if told is not None:
        # Within the band that the profile says, wherever it says one.
        low, high = (np.array([below(edge) for edge in some]) for some in (BAND_EDGES[:-1], BAND_EDGES[1:]))
        band = told.lookup({word: number for number, word in enumerate(BANDS)}, -1, np.int64)
        rank = np.where(band >= 0, low[band] + rank * (high[band] - low[band]) * 0.999, rank)
    shares, percents = _poverty()
    percent = np.floor(np.interp(rank, shares, percents)).astype(np.int64)
    return {
        "income_percent": percent,
        "income_band": Coded(np.searchsorted(BAND_EDGES[1:-1], percent, side="right"), BANDS),
    }


def education(people: People) -> dict[str, Array]:
    """Return the schooling of adults, which goes with income and with the county's share of graduates."""
    rows = {row["education"]: float(row["percent"]) for row in facts.rows("education.csv")}
    shares = np.array([rows[word] for word in SCHOOLING]) / 100
    graduates = float(shares[4:].sum())
    counties = people["county_fips"]
    local = [_county_facts().get(word, {}).get("bachelor") for word in counties.words]
    shift = np.array([ndtri(float(one) / 100) - ndtri(graduates) if one else 0.0 for one in local])
    score = WITH_INCOME * people["income_band"].lookup(BAND_SCORES, 0.0, np.float64)
    score = score + np.sqrt(1 - WITH_INCOME**2) * ndtri(people.draw("rank"))
    score = score + (shift[counties.codes] if len(shift) else 0.0)
    level = np.searchsorted(ndtri(np.cumsum(shares)[:-1]), score, side="right")
    age = ages(people)
    most = np.array([-1, *(level for _, level in GRADUATION)])
    return {
        "education": Coded(
            np.minimum(level, most[np.searchsorted([edge for edge, _ in GRADUATION], age, side="right")]), SCHOOLING
        )
    }


@functools.cache
def _mix() -> np.ndarray:
    """Return who insures people: by expansion (no, yes), age group, income band and insurer, shares of 1."""
    table = np.zeros((2, len(GROUPS), len(BANDS), len(INSURERS)))
    for row in facts.rows("insurance.csv"):
        at = (int(row["expansion"] == "yes"), GROUPS.index(row["age_group"]), BANDS.index(row["income_band"]))
        table[at] = [float(row[name]) / 100 for name in INSURERS]
    return table


@functools.cache
def _without_expansion() -> frozenset[str]:
    """Return the states that did not expand Medicaid."""
    return frozenset(row["state"] for row in facts.rows("medicaid.csv"))


@functools.lru_cache(maxsize=4096)
def county_mix(county: str, poor: float) -> np.ndarray:
    """Return who insures a county's people by age group, income band and insurer: its uninsured under 65 are SAHIE's."""
    expanded = _state(county) not in _without_expansion()
    table = _mix()[int(expanded)].copy()
    found = _county_facts().get(county)
    if found is None or not found["uninsured"]:
        return table
    shift = ndtri(below(POOR)) - ndtri(min(max(poor, 0.01), 0.9))
    edges = ndtr(ndtri(np.clip([below(edge) for edge in BAND_EDGES], 1e-9, 1 - 1e-9)) - shift)
    bands = np.diff(edges) / (edges[-1] - edges[0])
    weights = np.array([CHILDREN, 1 - CHILDREN])[:, None] * bands
    rates, wanted = table[:2, :, -1], float(found["uninsured"]) / 100
    moved = np.round(shifted(rates[None], weights, np.array([wanted]))[0], 6)
    table[:2, :, :-1] *= ((1 - moved) / (1 - rates))[:, :, None]
    table[:2, :, -1] = moved
    return table


@functools.cache
def _disability() -> np.ndarray:
    """Return by year of age how far Medicare by disability is from its mean among adults under 65."""
    percent = np.repeat([rate for _, rate in DISABLED], np.diff([0, *(below_age for below_age, _ in DISABLED)]))
    adults = np.zeros(ELDERLY)
    bands = [(first, male + female) for first, _, male, female in facts.age_structure()]
    for (first, count), (after, _) in zip(bands, bands[1:], strict=False):
        adults[first:after] = count / (after - first)
    adults[:YOUNG] = 0
    return percent / np.average(percent, weights=adults)


def insurance(people: People) -> dict[str, Array]:
    """Return who insures everybody; of one household those of like age and means have the same."""
    counties = people["county_fips"]
    words = list(counties.words) or [""]
    mixes = np.zeros((len(words), len(GROUPS), len(BANDS), len(INSURERS)))
    # A reference to the nation knows every county; a span lives in few of them.
    for code in np.unique(np.maximum(counties.codes, 0)):
        mixes[code] = county_mix(words[code], round(poor_share(people, words[code]), 4))
    group = np.searchsorted([YOUNG, ELDERLY], ages(people), side="right")
    band = people["income_band"].lookup({word: number for number, word in enumerate(BANDS)}, 2, np.int64)
    if people.facts.get("explicit"):
        # Members listed one by one are insured together, unless they are old enough for Medicare.
        mixes[..., INSURERS.index("uninsured")] = 0
        group = np.maximum(group, GROUPS.index("adult"))
    row = (np.maximum(counties.codes, 0).astype(np.int64) * len(GROUPS) + group) * len(BANDS) + band
    # Before 65 Medicare is for the disabled, each on their own; a household shares the rest.
    disabled = np.where(group < GROUPS.index("senior"), mixes[..., MEDICARE].ravel()[row], 0.0)
    disabled *= _disability()[np.clip(ages(people), 0, ELDERLY - 1)]
    mixes[:, : GROUPS.index("senior"), :, MEDICARE] = 0
    own = people.draw("who", shared=True)
    if "relationship" in people:
        own = np.where(people["relationship"].isin(["parent", "housemate"]), people.draw("who_else"), own)
    chosen = Rows(mixes).choose(row, own)
    if not people.facts.get("explicit"):
        chosen = np.where(people.draw("disabled") < disabled, MEDICARE, chosen)
    found = Coded(chosen, INSURERS)
    told = people.columns.get("said.coverage_type")
    if told is not None:
        meant = told.recode({line: word for word, line in LINES.items()})
        found = meant.where(meant.codes >= 0, found)
    return {"insurance": found}


def coverage(people: People) -> dict[str, Array]:
    """Return the line of business each person's insurance is; nothing for those who have none."""
    return {"coverage_type": people["insurance"].recode(LINES)}


DERIVATIONS = [
    Derivation(
        "populationsim.income",
        "Income in percent of poverty, one a household, by the place's poverty.",
        ("age", "county_fips"),
        ("income_percent", "income_band"),
        income,
        "populationsim",
    ),
    Derivation(
        "populationsim.education",
        "Schooling of adults, by income and the county's share of graduates.",
        ("age", "income_band", "county_fips"),
        ("education",),
        education,
        "populationsim",
    ),
    Derivation(
        "populationsim.insurance",
        "Who insures a person, by age, income, state and the county's share of uninsured people.",
        ("age", "income_band", "county_fips"),
        ("insurance",),
        insurance,
        "populationsim",
        optional=("relationship", "said.coverage_type"),
    ),
    Derivation(
        "populationsim.coverage",
        "The line of business that goes with a person's insurance.",
        ("insurance",),
        ("coverage_type",),
        coverage,
        "populationsim",
    ),
]
