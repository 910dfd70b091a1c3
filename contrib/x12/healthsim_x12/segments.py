"""Elements and segments. Separators: `*` element, `:` component, `^` repetition, `~` segment (and a line feed for people)."""

from __future__ import annotations

import datetime
import re
from decimal import Decimal

ELEMENT, COMPONENT, REPETITION, TERMINATOR = "*", ":", "^", "~"

# X12's basic and extended character sets without our separators; lower case is raised first, as receivers expect.
_OUTSIDE = re.compile(r"[^A-Z0-9 !\"&'()+,\-./;?=%@\[\]_{}\\|<>#$]")


def clean(text: object, longest: int | None = None) -> str:
    """Return text as an element can carry it: upper case, separators and unknown characters as blanks, at most `longest` long."""
    safe = _OUTSIDE.sub(" ", str(text or "").upper())
    return " ".join(safe.split())[:longest].rstrip()


def amount(value: Decimal | int | float) -> str:
    """Return a number as X12's type R: no leading zeros, no trailing zeros, no point where none is needed."""
    text = f"{Decimal(str(value)):f}"
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text


def day(value: datetime.date) -> str:
    """Return a date as CCYYMMDD (qualifier D8)."""
    return f"{value:%Y%m%d}"


def component(*parts: str) -> str:
    """Return a composite element; empty parts at the end are left out."""
    return COMPONENT.join(parts).rstrip(COMPONENT)


def segment(*elements: str) -> str:
    """Return one segment with its terminator; empty elements at the end are left out."""
    return ELEMENT.join(elements).rstrip(ELEMENT) + TERMINATOR + "\n"
