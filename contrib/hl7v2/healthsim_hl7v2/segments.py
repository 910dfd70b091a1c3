"""Fields and segments. Separators: `|` field, `^` component, `~` repetition, `\\` escape, `&` subcomponent, CR segment.

Source: HL7 v2.5.1 chapter 2, sections 2.5 (delimiters) and 2.7 (escape sequences).
"""

from __future__ import annotations

import datetime
import functools
import re
from collections.abc import Mapping

FIELD, ENCODING = "|", "^~\\&"
_NAMES = {"|": "F", "^": "S", "~": "R", "\\": "E", "&": "T"}
_ESCAPES = str.maketrans(
    {char: f"\\{name}\\" for char, name in _NAMES.items()}
    # Control characters would end a segment or confuse a receiver: they go out in hexadecimal.
    | {chr(code): f"\\X{code:02X}\\" for code in (*range(32), 127)}
)
_CHARACTERS = {name: char for char, name in _NAMES.items()}
_SEQUENCE = re.compile(r"\\([FSRET]|X(?:[0-9A-F]{2})+)\\")


@functools.lru_cache(maxsize=65_536)  # names, cities and labels repeat; a message escapes two dozen
def escape(text: object, longest: int | None = None) -> str:
    """Return text as a component can carry it, cut to `longest` characters first; None is empty."""
    return "" if text is None else str(text).strip()[:longest].rstrip().translate(_ESCAPES)


def unescape(text: str) -> str:
    """Return the text that `escape` was given."""
    return _SEQUENCE.sub(lambda found: _CHARACTERS.get(found[1]) or bytes.fromhex(found[1][1:]).decode("latin-1"), text)


def components(*parts: str) -> str:
    """Return a field of components that are escaped already; empty ones at the end are left out."""
    return "^".join(parts).rstrip("^")


def subcomponents(*parts: str) -> str:
    """Return a component of subcomponents that are escaped already; empty ones at the end are left out."""
    return "&".join(parts).rstrip("&")


def repetitions(*fields: str) -> str:
    """Return a repeating field; empty repetitions are left out."""
    return "~".join(one for one in fields if one)


def segment(name: str, fields: Mapping[int, str]) -> str:
    """Return one segment with its terminator, of fields by position from 1; nothing where no field has content."""
    filled = {position: text for position, text in fields.items() if text}
    if not filled:
        return ""
    return f"{name}|{'|'.join(filled.get(position, '') for position in range(1, max(filled) + 1))}\r"


def header(name: str, fields: Mapping[int, str]) -> str:
    """Return a segment that tells the separators in its first two fields: MSH, FHS or BHS; `fields` begin at 3."""
    rest = "|".join(fields.get(position, "") for position in range(3, max(fields) + 1))
    return f"{name}|{ENCODING}|{rest}\r"


def time(value: datetime.datetime | None) -> str:
    """Return a moment as TS: YYYYMMDDHHMMSS, the wall clock without a zone."""
    return "" if value is None else f"{value:%Y%m%d%H%M%S}"


def day(value: datetime.date | None) -> str:
    """Return a date as DT: YYYYMMDD."""
    return "" if value is None else f"{value:%Y%m%d}"


def number(value: float | None) -> str:
    """Return a number as NM: plain digits, no needless zeros, no exponent."""
    if value is None:
        return ""
    text = f"{value:.6f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
