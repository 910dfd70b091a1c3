"""Elements and segments. Separators: `*` element, `:` component, `^` repetition, `~` segment (and a line feed for people)."""

from __future__ import annotations

import datetime
import functools
import re
import unicodedata
from decimal import Decimal

ELEMENT, COMPONENT, REPETITION, TERMINATOR = "*", ":", "^", "~"

# X12's basic and extended character sets without our separators; lower case is raised first, as receivers expect.
_OUTSIDE = re.compile(r"[^A-Z0-9 !\"&'()+,\-./;?=%@\[\]_{}\\|<>#$]")

_SEPARATORS = re.compile(r"[*:^~\r\n]")

# Letters that Unicode does not decompose into a plain one and an accent, and typographic quotes and dashes.
_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "Ø": "O", "æ": "ae", "Æ": "AE", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "’": "'", "‘": "'", "–": "-", "—": "-"})  # fmt: skip


@functools.lru_cache(maxsize=65_536)  # names and cities repeat; a claim cleans a dozen
def clean(text: object, longest: int | None = None) -> str:
    """Return text as an element can carry it: upper case without accents, separators as blanks, at most `longest` long."""
    text = str(text or "")
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.translate(_LETTERS)).encode("ascii", "ignore").decode()
    safe = _OUTSIDE.sub(" ", text.upper())
    return " ".join(safe.split())[:longest].rstrip()


def amount(value: Decimal | int | float) -> str:
    """Return a number as X12's type R: no leading zeros, no trailing zeros, no point where none is needed."""
    text = f"{Decimal(str(value)):f}"
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text


def cents(value: int) -> str:
    """Return an amount of money, given in cents, as X12's type R."""
    whole, part = divmod(abs(value), 100)
    text = f"{whole}.{part:02d}".rstrip("0") if part else str(whole)
    return f"-{text}" if value < 0 else text


def day(value: datetime.date) -> str:
    """Return a date as CCYYMMDD (qualifier D8)."""
    return f"{value:%Y%m%d}"


def period(first: datetime.date, last: datetime.date) -> str:
    """Return a range of dates as CCYYMMDD-CCYYMMDD (qualifier RD8)."""
    return f"{day(first)}-{day(last)}"


def component(*parts: str) -> str:
    """Return a composite element; empty parts at the end are left out, separators within a part become blanks."""
    return COMPONENT.join(_SEPARATORS.sub(" ", part) for part in parts).rstrip(COMPONENT)


def segment(*elements: str) -> str:
    """Return one segment with its terminator; empty elements at the end are left out."""
    return ELEMENT.join(elements).rstrip(ELEMENT) + TERMINATOR + "\n"
