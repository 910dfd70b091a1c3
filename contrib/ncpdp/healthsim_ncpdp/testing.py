"""Somebody else's judgement of D.0 files, dzero-python, and ours of what it lets pass.

dzero-python splits and names; it accepts any header width, unknown fields, any order, length or sign, and a count that
nobody kept. `judge` runs it over every transmission and adds these checks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from healthsim_ncpdp.fields import FIELDS, decode
from healthsim_ncpdp.transmissions import Transmission, parse_request, parse_response

COUNTED = {"FA": ("FB",), "UF": ("UH", "FQ"), "VE": ("WE", "DO"), "MU": ("MV", "MW"), "NX": ("DK",)}
"""Count fields and the fields that follow them as often as they say."""
_ALLOWED = re.compile(r"[\x20-\x7e\x1c-\x1e]*")
_REQUEST = {
    "B1": ({"04", "07", "11"}, {"01", "02", "03", "04", "05", "07", "08", "11", "13"}),
    "B2": ({"07"}, {"02", "04", "05", "07", "08", "11"}),
}
_REQUEST["B3"] = _REQUEST["B1"]
"""The segments a request must and may have; a rebilling (B3) has those of a billing."""
_RESPONSE = {
    ("B1", "P"): ({"21", "22", "23"}, {"20", "21", "22", "23", "24", "25", "29"}),
    ("B1", "D"): ({"21", "22", "23"}, {"20", "21", "22", "23", "24", "25", "29"}),
    ("B1", "R"): ({"21"}, {"20", "21", "22", "24", "25", "29"}),
    ("B2", "A"): ({"21", "22"}, {"20", "21", "22", "23"}),
    ("B2", "R"): ({"21"}, {"20", "21", "22"}),
}
_FIRST = {
    "07": ("EM", "D2"),
    "04": ("C2",),
    "21": ("AN",),
    "22": ("EM", "D2"),
}
"""Fields a segment must begin with: those the standard calls mandatory."""


def judge(path: Path, requests: bool) -> list[str]:
    """Return everything that is wrong with a file of requests or of responses; needs the extra `testing`."""
    text = path.read_bytes().decode("ascii", "replace")
    problems = [] if text.endswith("\n") else ["the last line has no end"]
    for number, line in enumerate(lines(path), 1):
        problems += [f"line {number}: {problem}" for problem in problems_of(line, requests)]
    return problems


def lines(path: Path) -> list[str]:
    """Return a file's transmissions; `str.splitlines` would split them at the standard's own separators too."""
    return path.read_bytes().decode("ascii", "replace").split("\n")[:-1]


def problems_of(line: str, requests: bool) -> Iterator[str]:
    """Yield what is wrong with one transmission."""
    if not _ALLOWED.fullmatch(line):
        yield "it has characters that no field can carry"
    try:
        found = parse_request(line) if requests else parse_response(line)
    except ValueError as error:
        yield str(error)
        return
    yield from _header(found, requests)
    yield from _shape(found, requests)
    for segment_id, values in [*found.common, *(one for group in found.groups for one in group)]:
        yield from _fields(segment_id, values)
    yield from _amounts(found)
    yield from _dzero(line, found, requests)


def _header(found: Transmission, requests: bool) -> Iterator[str]:
    header = found.header
    if requests and not re.fullmatch(r"\d{6}", header["bin"]):
        yield f"the BIN is not six digits: {header['bin']!r}"
    if header["version"] != "D0":
        yield f"the version is {header['version']!r}"
    if header["count"] != str(len(found.groups)):
        yield f"the header announces {header['count']} transactions, there are {len(found.groups)}"
    if not re.fullmatch(r"[12]\d{9} {5}", header["provider"]) or header["qualifier"] != "01":
        yield f"the pharmacy has no NPI: {header['provider']!r}"
    if not re.fullmatch(r"(19|20)\d\d(0[1-9]|1[0-2])([0-2]\d|3[01])", header["service_date"]):
        yield f"the date of service is {header['service_date']!r}"


def _shape(found: Transmission, requests: bool) -> Iterator[str]:
    code = found.header["transaction_code"]
    key = code if requests else (code, found.values("21").get("AN"))
    shape = (
        _REQUEST.get(key) if requests else _RESPONSE.get(("B1" if code == "B3" else code, found.values("21").get("AN")))
    )
    if shape is None:
        yield f"no such transaction: {key}"
        return
    must, may = shape
    yield from (f"segment {one} is missing" for one in sorted(must - set(found.segments)))
    yield from (f"segment {one} does not belong here" for one in sorted(set(found.segments) - may))
    if len(set(found.segments)) < len(found.segments) and len(found.groups) == 1:
        yield "a segment is there twice"
    common = {"01", "04"} if requests else {"20", "25", "29"}
    yield from (f"segment {one} belongs to a transaction" for one, _ in found.common if one not in common)
    yield from (f"segment {one} belongs before" for group in found.groups for one, _ in group if one in common)
    if found.groups and found.groups[0] and found.groups[0][0][0] != ("07" if requests else "21"):
        yield f"the transaction begins with segment {found.groups[0][0][0]}"


def _fields(segment_id: str, values: list[tuple[str, str]]) -> Iterator[str]:
    ids = [one for one, _ in values]
    first = _FIRST.get(segment_id, ())
    if tuple(ids[: len(first)]) != first:
        yield f"segment {segment_id} begins with {ids[: len(first)]}, not {list(first)}"
    for field_id, text in values:
        field = FIELDS.get(field_id)
        if field is None:
            yield f"segment {segment_id}: unknown field {field_id}"
            continue
        if not text or len(text) > field.length or text != text.strip():
            yield f"segment {segment_id}: {field.number}-{field_id} is {text!r}"
        try:
            decode(field_id, text)
        except ValueError as error:
            yield f"segment {segment_id}: {error}"
    repeated = {one for counted in COUNTED.values() for one in counted}
    yield from (f"segment {segment_id}: {one} is there twice" for one in set(ids) - repeated if ids.count(one) > 1)
    for count, counted in COUNTED.items():
        said = int(dict(values)[count]) if dict(values).get(count, "").isdigit() else 0
        yield from (
            f"{count} says {said}, {one} is there {ids.count(one)} times" for one in counted if ids.count(one) != said
        )
        if said and ids[ids.index(count) + 1 : ids.index(count) + 1 + said * len(counted)] != [*counted] * said:
            yield f"segment {segment_id}: {', '.join(counted)} do not follow {count}"


def _amounts(found: Transmission) -> Iterator[str]:
    """Yield sums that do not come out: gross due = cost + fee; paid = cost + fee - patient pay = …; patient pay = its parts."""

    def cents(segment_id: str, *field_ids: str) -> int:
        values = found.values(segment_id)
        return sum(int(decode(one, values[one])) for one in field_ids if one in values)

    try:
        if found.values("11") and cents("11", "DU") != cents("11", "D9", "DC"):
            yield "430-DU is not 409-D9 and 412-DC together"
        if found.values("23"):
            if cents("23", "F9") != cents("23", "F6", "F7") - cents("23", "F5"):
                yield "509-F9 is not 506-F6 and 507-F7 less 505-F5"
            if cents("23", "F5") != cents("23", "FH", "FI", "4U"):
                yield "505-F5 is not 517-FH, 518-FI and 572-4U together"
    except ValueError:
        return  # said before, where the field itself was looked at


def _dzero(line: str, found: Transmission, requests: bool) -> Iterator[str]:
    """Yield where dzero-python does not read what we read: segments it does not know, fields it does not know or lost."""
    from dzero_python import Request, Response
    from dzero_python.segments.base import BaseSegment

    theirs = (Request if requests else Response).parse(line)
    ours = [*found.common, *(one for group in found.groups for one in group)]
    if [one["AM"] for one in theirs.segments] != [one for one, _ in ours]:
        yield f"dzero-python reads segments {[one['AM'] for one in theirs.segments]}"
        return
    for (segment_id, values), one in zip(ours, theirs.segments, strict=True):
        if type(one) is BaseSegment:
            yield f"dzero-python knows no segment {segment_id}"
        unknown = [field_id for field_id in one.hash if one.get_symbol_by_field(field_id) is None]
        if unknown:
            yield f"dzero-python knows no {', '.join(unknown)} in segment {segment_id}"
        lost = [field_id for field_id, text in dict(values).items() if one[field_id] != text]
        if lost:
            yield f"dzero-python reads another {', '.join(lost)} in segment {segment_id}"
