"""Transmissions: a header of fixed width, the segments that hold for all of it, and groups of segments, one a transaction.

Every segment begins with 1E, every field with 1C and its two-character id, every transaction with 1D. In a file a
transmission is a line: no field can hold a control character, so the line feed is free to end it.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence

from attrs import frozen

from healthsim_ncpdp.fields import DoesNotFit, encode

SEGMENT, GROUP, FIELD = "\x1e", "\x1d", "\x1c"
VERSION = "D0"

REQUEST_LAYOUT = (("bin", 6), ("version", 2), ("transaction_code", 2), ("pcn", 10), ("count", 1), ("qualifier", 2), ("provider", 15), ("service_date", 8), ("software", 10))  # fmt: skip
"""101-A1, 102-A2, 103-A3, 104-A4, 109-A9, 202-B2, 201-B1, 401-D1, 110-AK: 56 characters."""
RESPONSE_LAYOUT = (("version", 2), ("transaction_code", 2), ("count", 1), ("status", 1), ("qualifier", 2), ("provider", 15), ("service_date", 8))  # fmt: skip
"""102-A2, 103-A3, 109-A9, 501-F1, 202-B2, 201-B1, 401-D1: 31 characters."""


@frozen
class RequestHeader:
    """The header of a request, 56 characters."""

    bin: str
    transaction_code: str
    """B1 billing, B2 reversal, B3 rebill."""
    pcn: str
    provider: str
    service_date: datetime.date
    count: int = 1
    qualifier: str = "01"
    """01: the provider is an NPI."""
    software: str = "HEALTHSIM"
    version: str = VERSION

    def text(self) -> str:
        """Return the header as it is sent."""
        return _fixed(self, REQUEST_LAYOUT)


@frozen
class ResponseHeader:
    """The header of a response, 31 characters."""

    transaction_code: str
    status: str
    """A: the transmission was accepted, whatever became of its transactions; R: it could not be read."""
    provider: str
    service_date: datetime.date
    count: int = 1
    qualifier: str = "01"
    version: str = VERSION

    def text(self) -> str:
        """Return the header as it is sent."""
        return _fixed(self, RESPONSE_LAYOUT)


def _fixed(header: RequestHeader | ResponseHeader, layout: tuple[tuple[str, int], ...]) -> str:
    text = ""
    for name, length in layout:
        value = getattr(header, name)
        part = f"{value:%Y%m%d}" if name == "service_date" else str(value).upper()
        if len(part) > length or not part.isascii():
            raise DoesNotFit(f"the header has room for {length} characters of {name}")
        text += part.ljust(length)
    return text


def segment(identifier: str, *values: tuple[str, object]) -> str:
    """Return a segment, e.g. "07", of its fields in order; a field that is None or empty text is left out."""
    parts = [f"{SEGMENT}{FIELD}AM{identifier}"]
    for field_id, value in values:
        text = "" if value is None else encode(field_id, value)
        if text:
            parts.append(f"{FIELD}{field_id}{text}")
    return "".join(parts)


def transmission(header: RequestHeader | ResponseHeader, common: Iterable[str], *groups: Sequence[str]) -> str:
    """Return a whole transmission: header, segments common to all transactions, and each transaction's segments."""
    if len(groups) != header.count:
        raise ValueError(f"the header announces {header.count} transactions, there are {len(groups)}")
    return header.text() + "".join(common) + "".join(GROUP + "".join(group) for group in groups)


@frozen
class Transmission:
    """A transmission that was read: the header's parts by name, and segments as (id, [(field, text), …])."""

    header: dict[str, str]
    common: list[tuple[str, list[tuple[str, str]]]]
    groups: list[list[tuple[str, list[tuple[str, str]]]]]

    def values(self, segment_id: str) -> dict[str, str]:
        """Return the fields of the first segment of an id, by field id; none where it is not there."""
        for found, values in [*self.common, *(one for group in self.groups for one in group)]:
            if found == segment_id:
                return dict(values)
        return {}

    @property
    def segments(self) -> list[str]:
        """Return the ids of all segments in order."""
        return [one for one, _ in self.common] + [one for group in self.groups for one, _ in group]


def parse_request(text: str) -> Transmission:
    """Read a request; ValueError where it is not one."""
    return _parse(text, REQUEST_LAYOUT)


def parse_response(text: str) -> Transmission:
    """Read a response; ValueError where it is not one."""
    return _parse(text, RESPONSE_LAYOUT)


def _parse(text: str, layout: tuple[tuple[str, int], ...]) -> Transmission:
    size = sum(length for _, length in layout)
    if text[size : size + 1] not in (SEGMENT, GROUP):
        raise ValueError(f"the header is not {size} characters long")
    header, place = {}, 0
    for name, length in layout:
        header[name] = text[place : place + length]
        place += length
    common, *groups = text[size:].split(GROUP)
    return Transmission(header, _segments(common), [_segments(group) for group in groups])


def _segments(text: str) -> list[tuple[str, list[tuple[str, str]]]]:
    before, *found = text.split(SEGMENT)
    if before:
        raise ValueError(f"text before a segment: {before!r}")
    segments = []
    for one in found:
        before, *parts = one.split(FIELD)
        if before or not parts or parts[0][:2] != "AM":
            raise ValueError(f"a segment does not begin with its id: {one!r}")
        segments.append((parts[0][2:], [(part[:2], part[2:]) for part in parts[1:]]))
    return segments
