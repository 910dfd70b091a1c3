"""From a product's facts to the records of a dataset: study days, sequence numbers, order, plain text, and the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from healthsim_cdisc.standard import Dataset, Variable, closed_terms

if TYPE_CHECKING:
    import pandas

LONGEST = 200
"""Bytes of a character variable at most (SAS XPT version 5)."""
NAMED = 20
"""Records a note names before it only counts."""


def derive(dataset: Dataset, facts: str) -> str:
    """Return SQL for a dataset's records from SQL that selects its facts.

    The facts have every variable but --SEQ and the study days; datasets with study days need RFSTDTC beside them.
    Dates may be DATEs. Character values are cut to 200 and written in ASCII, which is what regulators read.
    """
    columns = ",\n  ".join(f'{_value(dataset, one)} AS "{one.name}"' for one in dataset.variables)
    return f"SELECT\n  {columns}\nFROM (\n{facts}\n) AS facts\nORDER BY {', '.join(dataset.order)}"


def _value(dataset: Dataset, variable: Variable) -> str:
    name = variable.name
    if name == f"{dataset.name}SEQ":
        return f"row_number() OVER (PARTITION BY facts.{dataset.within} ORDER BY {_order(dataset)})::DOUBLE"
    if name.endswith("DY") and name != "VISITDY":
        # SDTMIG 4.4.4: the first day of treatment is day 1, the day before it day -1; there is no day 0.
        days = f"(facts.{name[:-2]}DTC::DATE - facts.RFSTDTC::DATE)"
        return f"({days} + CASE WHEN {days} >= 0 THEN 1 ELSE 0 END)::DOUBLE"
    if variable.type == "Num":
        return f"facts.{name}::DOUBLE"
    text = f"strip_accents(facts.{name}::VARCHAR)"
    return f"coalesce(left(trim(regexp_replace({text}, '[^\\x20-\\x7e]', '?', 'g')), {LONGEST}), '')"


def _order(dataset: Dataset) -> str:
    return ", ".join(f"facts.{one}" for one in dataset.order)


def refine(dataset: Dataset, records: pandas.DataFrame) -> tuple[pandas.DataFrame, list[str]]:
    """Return the records that may be written, and notes on what was left out of them.

    A record without a required value is left out; a value outside a closed codelist is left out, with its record
    where the variable is required.
    """
    notes: list[str] = []
    keep = records.iloc[:, 0] == records.iloc[:, 0]
    for one in dataset.variables:
        values = records[one.name]
        empty = values.isna() if one.type == "Num" else values == ""
        terms = closed_terms().get(one.codelist)
        strange = ~empty & ~values.isin(terms) if terms else empty & False
        if strange.any():
            said = ", ".join(sorted(set(values[strange]))[:NAMED])
            what = "record left out" if one.core == "Req" else "value left out"
            notes.append(f"{what}, {one.name} is not of codelist {one.codelist} ({said}): {_named(records[strange])}")
        if one.core == "Req":
            if empty.any():
                notes.append(f"record left out, no {one.name}: {_named(records[empty])}")
            keep &= ~(empty | strange)
        elif strange.any():
            records[one.name] = values.where(~strange, "")
    return records[keep], notes


def _named(records: pandas.DataFrame) -> str:
    """Return who the records are of: the subject with the sponsor's identifier or the sequence number."""
    names = [name for name in records.columns if name == "USUBJID" or name.endswith(("SPID", "SEQ", "NUM"))][:3]
    names = names or list(records.columns[2:4])
    first = records[names].head(NAMED).astype(str)
    more = f" and {len(records) - NAMED:,} more" if len(records) > NAMED else ""
    return ", ".join(" ".join(values) for values in first.itertuples(index=False)) + more
