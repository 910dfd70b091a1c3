"""Counties together as one place: every figure weighted by population."""

from __future__ import annotations

from collections.abc import Sequence

from populationsim.profile import RANKS, SHARES, DemographicProfile, Figure

SUMMED = ("population_estimate", "births", "deaths")


def combined(
    parts: Sequence[DemographicProfile], kind: str, number: str, name: str, state: str, notes: Sequence[str]
) -> DemographicProfile:
    """Return the profile of counties together; ranks too are means, not ranks among places of that kind."""
    total = sum(part.population or 0 for part in parts)
    shared = set.intersection(*(set(part.figures) for part in parts))
    figures = {one: _mean([(part.figures[one], part.population or 0) for part in parts], one) for one in sorted(shared)}
    own = {one: figures[one].value for one in (*SHARES, *RANKS)}
    return DemographicProfile(
        geography_type=kind,
        fips=number,
        name=name,
        state=state,
        population=total,
        **own,
        measures={one: figures[one].value for one in figures if one.isupper()},
        figures=figures,
        counties=tuple(part.fips for part in parts),
        source=parts[0].source,
        vintage=parts[0].vintage,
        notes=(*notes, *_borrowed(parts, total)),
    )


def _mean(cells: Sequence[tuple[Figure, int]], name: str) -> Figure:
    """Return the weighted mean of figures and of their limits; the sum of counts."""
    first = cells[0][0]
    total = sum(weight for _, weight in cells)
    sources = dict.fromkeys(one.vintage for one, _ in cells)
    if name in SUMMED:
        value = float(sum(one.value for one, _ in cells))
        return Figure(value, None, None, first.source, ", ".join(sources))
    if total == 0:
        return first
    value = round(sum(one.value * weight for one, weight in cells) / total, 4)
    low = high = None
    if all(one.low is not None and one.high is not None for one, _ in cells):
        low = round(sum(one.low * weight for one, weight in cells) / total, 4)
        high = round(sum(one.high * weight for one, weight in cells) / total, 4)
    places = dict.fromkeys(one.of for one, _ in cells)
    of = first.of if len(places) == 1 else ""
    return Figure(value, low, high, first.source, ", ".join(sources), of)


def _borrowed(parts: Sequence[DemographicProfile], total: int) -> list[str]:
    """Say how many of the people live in counties whose figures are those of a wider area."""
    notes = []
    for names, what in ((RANKS + SHARES, "social figures"), (tuple(parts[0].measures), "health measures")):
        lent = [part for part in parts if any(part.figures[one].of for one in names if one in part.figures)]
        if lent:
            share = 100 * sum(part.population or 0 for part in lent) / max(total, 1)
            notes.append(
                f"{what}: {len(lent)} of {len(parts)} counties, with {share:.0f} % of the people, lack some of their own"
            )
    return notes
