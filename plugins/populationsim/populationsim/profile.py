"""What the figures say of one place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
from attrs import field, frozen

SHARES = (
    "pct_under_18",
    "pct_65_plus",
    "pct_female",
    "pct_hispanic",
    "pct_white",
    "pct_black",
    "pct_asian",
    "pct_native",
    "pct_pacific",
    "pct_multiple",
    "pct_other",
    "pct_poverty150",
    "pct_uninsured",
)
RANKS = ("rpl_themes", "rpl_theme1", "rpl_theme2", "rpl_theme3", "rpl_theme4")


@frozen
class Figure:
    """One figure of a place: its value, its confidence limits where they are known, and where it comes from."""

    value: float
    low: float | None
    high: float | None
    """The limits of measures: 95 %; of SAHIE: 90 %. Of a state or metropolitan area they are the counties' mean, which is
    wider than its own would be."""
    source: str
    vintage: str
    of: str = ""
    """The wider area it is borrowed from; empty: the place's own."""


@frozen
class DemographicProfile:
    """The figures of a place: shares of residents and measures of adults in percent, ranks from 0 to 1."""

    geography_type: str
    """county, state, nation, msa, zip, tract or counties."""
    fips: str
    """The number that names the place: FIPS, code of the metropolitan area, ZIP; `US` for the nation."""
    name: str
    state: str
    """Two letters; of a metropolitan area all its states, joined by hyphens; empty for the nation."""
    population: int | None
    """None for a ZIP: nobody tells how many live there."""
    pct_under_18: float
    pct_65_plus: float
    pct_female: float
    pct_hispanic: float
    """Of any race; the shares by race that follow are of people who are not Hispanic."""
    pct_white: float
    pct_black: float
    pct_asian: float
    pct_native: float
    pct_pacific: float
    pct_multiple: float
    pct_other: float
    pct_poverty150: float
    """Below 150 % of the poverty level."""
    pct_uninsured: float
    rpl_themes: float
    """Social vulnerability, percentile rank among the counties: 0 least, 1 most vulnerable."""
    rpl_theme1: float
    """Socioeconomic status."""
    rpl_theme2: float
    """Household characteristics."""
    rpl_theme3: float
    """Racial and ethnic minority status."""
    rpl_theme4: float
    """Housing type and transportation."""
    measures: Mapping[str, float] = field(factory=dict)
    """Every PLACES measure by its name, crude percent of adults (18 and over): {"DIABETES": 12.6, …}."""
    figures: Mapping[str, Figure] = field(factory=dict)
    """Every figure by name, with its limits, source and vintage: the fields above, the measures, and what else is known
    (`population_estimate`, `births`, `deaths`, `pct_uninsured_under_65`, `pct_unemployed` …)."""
    counties: tuple[str, ...] = ()
    """The FIPS of the counties it is made of, or lies in."""
    source: str = ""
    vintage: str = ""
    notes: tuple[str, ...] = ()
    """Which figures are those of a wider area, and why."""

    @property
    def label(self) -> str:
        """Return the name people use: `Harris County, TX`, `Texas`."""
        return f"{self.name}, {self.state}" if self.geography_type in ("county", "zip") else self.name

    @property
    def age_bands(self) -> dict[str, float]:
        """Return the share of residents in each age band."""
        from populationsim.shaping import age_bands

        return age_bands(self)

    @property
    def pct_diabetes(self) -> float:
        """Return the percent of adults told that they have diabetes (PLACES DIABETES, crude)."""
        return self.measures["DIABETES"]

    @property
    def pct_obesity(self) -> float:
        """Return the percent of adults with obesity (PLACES OBESITY, crude)."""
        return self.measures["OBESITY"]

    @property
    def pct_hypertension(self) -> float:
        """Return the percent of adults told that they have high blood pressure (PLACES BPHIGH, crude)."""
        return self.measures["BPHIGH"]

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as plain data, with those that have a name of their own."""
        plain = attrs.asdict(self)
        plain["notes"] = list(self.notes)
        named = ("pct_diabetes", "pct_obesity", "pct_hypertension")
        return {**plain, **{name: getattr(self, name) for name in named}}
