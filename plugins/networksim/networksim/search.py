"""Find providers, facilities and pharmacies of a directory, as a member who looks for care would."""

from __future__ import annotations

import contextlib
import functools
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from healthsim_core.errors import UserError
from healthsim_core.facts import read_csv
from networksim import distances, opening

KINDS = {
    "provider": ("providers", "specialty"),
    "facility": ("facilities", "facility_type"),
    "pharmacy": ("pharmacies", "pharmacy_type"),
}
"""What can be looked for: its table, and the column that `specialty` means."""

RADIUS = 10.0
"""Miles around a ZIP where nobody says how far."""


def find_providers(
    scenario: Any = None,
    *,
    county: str | None = None,
    kind: str = "provider",
    specialty: str | None = None,
    near: str | None = None,
    radius: float | None = None,
    network: str | None = None,
    accepting: bool = False,
    language: str | None = None,
    limit: int = 20,
    seed: int = 42,
) -> list[dict[str, Any]]:
    """Return those of a saved scenario, or of a `county` alone, that fit: the nearest first, then by id.

    `near` is a ZIP, `radius` miles as the crow flies (10 where only `near` is given). `kind` is provider, facility or
    pharmacy; `specialty` is then the type. What members call them will do: heart doctor, drugstore, Spanish. Without a scenario the county's directory of that `seed` is made, not saved.
    UserError, with what may have been meant, for a kind, specialty, network, language or ZIP that is not known.
    """
    kind = opening.choose("kind", kind, list(KINDS))
    _check(scenario, county, near, radius, limit)
    with _directory(scenario, county, seed) as directory:
        table, column = KINDS[kind]
        network = None if network is None else directory.network(network)
        conditions, values = ["true"], {"network": network}
        if specialty is not None:
            conditions.append("list_contains($specialties, specialty)")
            known = directory.words(table, column)
            values["specialties"] = opening.choose_all("specialty", specialty, known, _called(kind))
        if county is not None:
            conditions.append("county_fips = $county")
            values["county"] = county
        if network is not None:
            conditions.append("list_contains(string_split(networks, ' '), $network)")
        if accepting:
            conditions.append("accepting")
        if language is not None:
            conditions.append("list_contains(regexp_split_to_array(languages, '[ ,;]+'), $language)")
            spoken = _languages(directory, kind)
            values["language"] = opening.choose_all("language", language, spoken, _called("language"))[0]
        return _found(directory, kind, " AND ".join(conditions), values, near, radius, limit)


@functools.cache
def _called(kind: str) -> Mapping[str, list[str]]:
    """Return what members call the words of the directory."""
    rows = read_csv("networksim", "data", "search_words.csv")
    return {row["word"]: row["means"].split() for row in rows if row["kind"] == kind}


def _check(scenario: Any, county: str | None, near: str | None, radius: float | None, limit: int) -> None:
    if scenario is None and county is None:
        raise UserError("give a scenario, or a county by its FIPS")
    opening.check_county(county)
    if near is None and radius is not None:
        raise UserError("a radius needs a ZIP to be measured from: give near")
    if near is not None and not distances.is_known(near):
        raise UserError(f"no coordinates are known of ZIP {near!r}; give five digits of another one nearby")
    if radius is not None and not radius >= 0:
        raise UserError(f"radius must be 0 or more, got {radius}")
    if limit < 1:
        raise UserError(f"limit must be 1 or more, got {limit}")


@contextlib.contextmanager
def _directory(scenario: Any, county: str | None, seed: int) -> Iterator[opening.Directory]:
    """Give the directory of a scenario; without one, of a county, made for the occasion with one person in it."""
    if scenario is not None:
        with opening.opened(scenario) as directory:
            yield directory
        return
    from healthsim_core import generate

    with tempfile.TemporaryDirectory() as folder:
        profile = {"generation": {"products": ["networksim"]}}
        made = generate(profile, count=1, seed=seed, county=county, name="county", workspace=Path(folder))
        with opening.opened(made) as directory:
            yield directory


def _languages(directory: opening.Directory, kind: str) -> list[str]:
    if kind != "provider" or "languages" not in directory.columns("providers"):
        raise UserError(f"this directory does not say which languages a {kind} speaks")
    asked = "SELECT DISTINCT unnest(regexp_split_to_array(languages, '[ ,;]+')) AS language FROM providers ORDER BY 1"
    return [language for (language,) in directory.connection.execute(asked).fetchall() if language]


def _found(
    directory: opening.Directory,
    kind: str,
    conditions: str,
    values: dict[str, Any],
    near: str | None,
    radius: float | None,
    limit: int,
) -> list[dict[str, Any]]:
    if kind == "provider":
        base = opening.sql("find_provider")
    else:
        base = opening.sql("find_site").replace("{kind}", kind).replace("{table}", KINDS[kind][0])
    zip_codes = sorted(directory.words(KINDS[kind][0] if kind != "provider" else "facilities", "zip_code"))
    if kind == "provider" and "zip_code" in directory.columns("providers"):
        zip_codes = sorted({*zip_codes, *directory.words("providers", "zip_code")})
    miles = np.full(len(zip_codes), np.nan)
    if near is not None:
        miles = distances.miles(distances.places([near]), distances.places(zip_codes))[0]
        miles[[one == near for one in zip_codes]] = 0.0
        conditions += " AND miles <= $radius"
        values["radius"] = RADIUS if radius is None else radius
    directory.connection.register("_miles", {"zip_code": np.array(zip_codes, object), "miles": miles})
    shown = "*" if near is not None else "* EXCLUDE (miles)"
    asked = (
        f"SELECT {shown} FROM (\n{base}) LEFT JOIN _miles USING (zip_code) WHERE {conditions}\n"
        f"ORDER BY {'miles, ' if near is not None else ''}length(id), id LIMIT {limit}"
    )
    values = {name: value for name, value in values.items() if f"${name}" in asked}
    cursor = directory.connection.execute(asked, values)
    names = [column[0] for column in cursor.description]
    hidden = {"tier"} if values.get("network") is None else set()
    return [
        {name: value for name, value in zip(names, row, strict=True) if name not in hidden} for row in cursor.fetchall()
    ]
