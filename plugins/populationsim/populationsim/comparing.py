"""Counties beside each other: their figures, how far apart they are, and where they stand among all counties."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import frozen

from healthsim_core.errors import UserError
from populationsim import facts
from populationsim.profile import DemographicProfile
from populationsim.resolving import ReferenceProfileResolver

SHOWN = (
    "population",
    "pct_under_18",
    "pct_65_plus",
    "pct_hispanic",
    "pct_black",
    "pct_poverty150",
    "pct_uninsured",
    "rpl_themes",
    "rpl_theme1",
    "rpl_theme2",
    "rpl_theme3",
    "rpl_theme4",
    "DIABETES",
    "OBESITY",
    "BPHIGH",
    "CHD",
    "COPD",
    "DEPRESSION",
    "CSMOKING",
    "CHECKUP",
    "ACCESS2",
)
"""The figures compared unless others are asked for."""


@frozen
class Row:
    """One figure of all the counties compared."""

    figure: str
    values: tuple[float | None, ...]
    ranks: tuple[float | None, ...]
    """The share of the nation's counties that have less, 0 to 100; None where all counties are not loaded."""
    differences: tuple[float | None, ...]
    """From the first county, in the figure's own unit."""
    borrowed: tuple[str, ...]
    """Whose figure it is where a county has none of its own."""
    overlap: bool | None
    """Whether the confidence intervals of all of them have a value in common; None where there are none."""


def compare_counties(
    places: Sequence[str | int], figures: Sequence[str] = (), resolver: ReferenceProfileResolver | None = None
) -> tuple[list[DemographicProfile], list[Row]]:
    """Return the profiles of two or more counties, and a row per figure; UserError for a figure that nobody has."""
    resolver = resolver or ReferenceProfileResolver()
    profiles = [resolver.resolve_county(place) for place in places]
    if len(profiles) < 2:
        raise UserError("compare two counties or more, such as 48201 06073")
    twice = next(
        (one.label for number, one in enumerate(profiles) if one.fips in [p.fips for p in profiles[:number]]), None
    )
    if twice:
        raise UserError(f"{twice} stands there twice")
    known = list(dict.fromkeys(["population", *(name for one in profiles for name in one.figures)]))
    return profiles, [_row(_known(name, known), profiles, resolver) for name in figures or SHOWN]


def _known(name: str, known: Sequence[str]) -> str:
    from healthsim_core.errors import suggestion

    found = next((one for one in known if one.casefold() == name.casefold()), None)
    if found is None:
        raise UserError(f"unknown figure {name!r}{suggestion(name, known)}")
    return found


def _row(name: str, profiles: Sequence[DemographicProfile], resolver: ReferenceProfileResolver) -> Row:
    values = [_value(one, name) for one in profiles]
    everybody = resolver.all_counties(name)
    ranks = [
        None
        if value is None or not everybody
        else round(100 * sum(one < value for one in everybody) / len(everybody), 1)
        for value in values
    ]
    borrowed = [profile.figures[name].of if name in profile.figures else "" for profile in profiles]
    # A borrowed figure has no place among the counties' own.
    ranks = [None if of else rank for rank, of in zip(ranks, borrowed, strict=True)]
    first = values[0]
    differences = [None if first is None or value is None else round(value - first, 4) for value in values]
    return Row(name, tuple(values), tuple(ranks), tuple(differences), tuple(borrowed), _overlap(name, profiles))


def _value(profile: DemographicProfile, name: str) -> float | None:
    if name == "population":
        return profile.population
    return profile.figures[name].value if name in profile.figures else None


def _overlap(name: str, profiles: Sequence[DemographicProfile]) -> bool | None:
    limits = [(one.low, one.high) for profile in profiles if (one := profile.figures.get(name)) is not None]
    if len(limits) < len(profiles) or any(low is None or high is None for low, high in limits):
        return None
    return max(low for low, _ in limits) <= min(high for _, high in limits)


def as_data(profiles: Sequence[DemographicProfile], rows: Sequence[Row]) -> dict[str, Any]:
    """Return a comparison as plain data."""
    return {
        "counties": [
            {"fips": one.fips, "name": one.label, "vintage": one.vintage, "notes": list(one.notes)} for one in profiles
        ],
        "figures": [
            {
                "figure": row.figure,
                "values": list(row.values),
                "differences": list(row.differences),
                "percentile_ranks": list(row.ranks),
                "of": list(row.borrowed),
                "intervals_overlap": row.overlap,
            }
            for row in rows
        ],
    }


def title(figure: str) -> str:
    """Return a figure's name in words, where we have some."""
    return {one["figure"]: one["title"] for one in facts.rows("figure_titles.csv")}.get(figure, figure)
