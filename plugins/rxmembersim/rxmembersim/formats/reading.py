"""What RxMemberSim's formats share: SQL files, rows in constant memory, and saying what was left out."""

from __future__ import annotations

import collections
import importlib.resources
from collections.abc import Iterator
from typing import Any

from attrs import define, field

from healthsim_core.export import Source

BATCH = 5_000
NAMED = 20
"""Entities a note names before it only counts."""

Row = Any
"""A named tuple of one query's columns."""

_ELSEWHERE = {
    "persons": ("person_id", "address_line", "city", "state", "zip_code", "phone"),
    "pharmacies": ("pharmacy_id", "npi", "pharmacy_type"),
    "providers": ("provider_id", "npi", "given_name", "family_name", "phone"),
    "drugs": ("ndc_code", "unit", "dea_schedule", "unit_cost_amount"),
    "fills": (
        "fill_id", "prescription_id", "rx_member_id", "fill_number", "fill_date", "ndc_code", "quantity", "days_supply", "pharmacy_id", "status",
        "ingredient_cost_amount", "dispensing_fee_amount", "deductible_amount", "copay_amount", "patient_pay_amount", "plan_paid_amount", "benefit_phase",
    ),
}  # fmt: skip
"""Tables a scenario may be without, and the columns read from them."""
_TYPES = {"fill_number": "INTEGER", "fill_date": "DATE", "quantity": "DOUBLE", "days_supply": "INTEGER"}


def sql(source: Source, name: str) -> str:
    """Return the text of one of this folder's SQL files; `{pharmacies}` is the table, or an empty one in its place."""
    text = importlib.resources.files("rxmembersim.formats").joinpath(name).read_text("utf-8")
    for table, columns in _ELSEWHERE.items():
        text = text.replace(f"{{{table}}}", table if table in source.tables else _empty(columns))
    return text


def _empty(columns: tuple[str, ...]) -> str:
    def kind(column: str) -> str:
        return "DECIMAL(18, 2)" if column.endswith("_amount") else _TYPES.get(column, "VARCHAR")

    return f"(SELECT {', '.join(f'NULL::{kind(one)} AS {one}' for one in columns)} WHERE false)"


def rows(source: Source, name: str, *parameters: Any) -> Iterator[Row]:
    """Yield a query's rows as named tuples, a batch at a time."""
    cursor = source.cursor(sql(source, name), list(parameters))
    row = collections.namedtuple("row", [one[0] for one in cursor.description])
    while batch := cursor.fetchmany(BATCH):
        yield from map(row._make, batch)


@define
class Report:
    """Counts what was written and notes what was not, and why."""

    counts: dict[str, int] = field(factory=dict)
    notes: list[str] = field(factory=list)
    _skipped: dict[str, list[str]] = field(factory=dict)
    _more: dict[str, int] = field(factory=dict)

    def wrote(self, kind: str) -> None:
        """Count one document of a kind."""
        self.counts[kind] = self.counts.get(kind, 0) + 1

    def skip(self, kind: str, key: str, why: str) -> None:
        """Leave one entity out."""
        self.wrote(f"skipped {kind}")
        named = self._skipped.setdefault(f"{kind} skipped, {why}", [])
        if len(named) < NAMED:
            named.append(key)
        else:
            self._more[f"{kind} skipped, {why}"] = self._more.get(f"{kind} skipped, {why}", 0) + 1

    def finish(self, file: str) -> None:
        """Turn what was left out into notes."""
        for why in sorted(self._skipped):
            more = f" and {self._more[why]:,} more" if why in self._more else ""
            self.notes.append(f"{file}: {why}: {', '.join(self._skipped[why])}{more}")
