"""Field formats: text, digits, dates, quantities and signed amounts, each written at its full declared length or refused."""

from __future__ import annotations

import datetime
import functools
import re
import unicodedata
from decimal import Decimal

from attrs import frozen

from healthsim_core.facts import read_csv

_OUTSIDE = re.compile(r"[^\x20-\x7e]")
# Letters that Unicode does not decompose into a plain one and an accent, and typographic quotes and dashes.
_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "Ø": "O", "æ": "ae", "Æ": "AE", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "’": "'", "‘": "'", "–": "-", "—": "-"})  # fmt: skip

_POSITIVE = "{ABCDEFGHI"
_NEGATIVE = "}JKLMNOPQR"


class DoesNotFit(ValueError):
    """A value that its field has no room for."""


@frozen
class Field:
    """One field of the standard's data dictionary: its two-character id, number, kind (X T N D A Q) and length."""

    id: str
    number: int
    kind: str
    length: int
    label: str


FIELDS = {
    row["field"]: Field(row["field"], int(row["number"]), row["kind"], int(row["length"]), row["label"])
    for row in read_csv("healthsim_ncpdp.data", "fields.csv")
}


@functools.lru_cache(maxsize=65_536)  # names and cities repeat
def clean(text: object, longest: int | None = None) -> str:
    """Return text as a field can carry it: printable ASCII in upper case, single blanks, at most `longest` long."""
    text = str(text or "")
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.translate(_LETTERS)).encode("ascii", "ignore").decode()
    return " ".join(_OUTSIDE.sub(" ", text.upper()).split())[:longest].rstrip()


def overpunch(cents: int, length: int = 8) -> str:
    """Return an amount in cents as s9(n)v99: the last character is a digit with the sign punched over it."""
    digits = f"{abs(cents):0{length}d}"
    if len(digits) > length:
        raise DoesNotFit(f"an amount has more than {length} digits")
    return digits[:-1] + (_NEGATIVE if cents < 0 else _POSITIVE)[int(digits[-1])]


def from_overpunch(text: str) -> int:
    """Return the cents of a signed amount; ValueError where its last character carries no sign."""
    for sign, letters in ((1, _POSITIVE), (-1, _NEGATIVE)):
        if text and text[-1] in letters:
            return sign * int(text[:-1] + str(letters.index(text[-1])))
    raise ValueError(f"no signed amount: {text!r}")


@functools.lru_cache(maxsize=65_536)  # dates, drugs, prices and people repeat: half the time of a file
def encode(field_id: str, value: object) -> str:
    """Return a value as its field carries it; free text (names, streets) is cut, for anything else too long DoesNotFit."""
    field = FIELDS[field_id]
    if field.kind == "T":
        return clean(value, field.length)
    if field.kind == "X":
        text = clean(value)
        if len(text) > field.length:
            raise DoesNotFit(f"{field.label} ({field.number}-{field.id}) has room for {field.length} characters")
        return text
    if field.kind == "A":
        return _amount(field, int(value))
    if field.kind == "D":
        return f"{value:%Y%m%d}"
    if field.kind == "Q":
        value = int((Decimal(str(value)) * 1000).to_integral_value())
    digits = f"{int(value):0{field.length}d}"
    if len(digits) > field.length or digits[0] == "-":
        raise DoesNotFit(f"{field.label} ({field.number}-{field.id}) has room for {field.length} digits")
    return digits


def _amount(field: Field, cents: int) -> str:
    try:
        return overpunch(cents, field.length)
    except DoesNotFit:
        raise DoesNotFit(f"{field.label} ({field.number}-{field.id}) has room for {field.length} digits") from None


def decode(field_id: str, text: str) -> object:
    """Return what a field says: text, a whole number, a date, a Decimal quantity or cents; ValueError where it is malformed."""
    field = FIELDS[field_id]
    if field.kind in "XT":
        return text
    if len(text) != field.length:
        raise ValueError(f"{field.label} ({field.number}-{field.id}) is {len(text)} long, not {field.length}: {text!r}")
    if field.kind == "A":
        return from_overpunch(text)
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"{field.label} ({field.number}-{field.id}) is not of digits: {text!r}")
    if field.kind == "D":
        return datetime.datetime.strptime(text, "%Y%m%d").date()
    return Decimal(int(text)).scaleb(-3) if field.kind == "Q" else int(text)
