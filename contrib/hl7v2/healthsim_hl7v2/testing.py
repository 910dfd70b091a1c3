"""Judgement of HL7 v2 messages and files: hl7apy's, and what it does not look at (order of segments, batches)."""

from __future__ import annotations

import functools
import re
import tempfile
from pathlib import Path

# What hl7apy's copy of HL7's tables does not say as the tables do: codes added since, patterns (HL7nnnn, "2 and higher"),
# and tables that HL7 leaves to their users.
_FALSE_WARNINGS = re.compile(
    r"Value (UCUM|RXNORM|NIP001|HL7\d{4}|UNICODE UTF-8|\d+) not in table HL7(0396|0211|0359|0112|0023|0292) "
)

_FALSE_ERRORS = (
    # It puts every TQ1 of RDE_O11 into the group before RXE and then misses the one after it; `order_problems` looks at that.
    "Missing required child RDE_O11_ORDER.RDE_O11_TIMING_ENCODED",
)


def judge(message: str) -> list[str]:
    """Return every error and warning hl7apy has about a message, parsed strictly and tolerantly; needs `testing`."""
    from hl7apy.consts import VALIDATION_LEVEL
    from hl7apy.parser import parse_message
    from hl7apy.validation import Validator

    found: list[str] = []
    for level in (VALIDATION_LEVEL.STRICT, VALIDATION_LEVEL.TOLERANT):
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "report"
            try:
                parsed = parse_message(message, validation_level=level, find_groups=True)
                # A segment it has no place for it drops without a word; some it writes in an order of its own.
                if sorted(parsed.to_er7().rstrip("\r").split("\r")) != sorted(message.rstrip("\r").split("\r")):
                    found.append("hl7apy writes another message than it read")
                Validator.validate(parsed, report_file=str(report))
            # Its errors share no base class, and it raises the first one after it wrote all of them.
            except Exception as error:
                found.append(f"{type(error).__name__}: {error}")
            if report.exists():
                found += report.read_text("utf-8").splitlines()
    return sorted({one for one in found if not _FALSE_WARNINGS.search(one) and not one.endswith(_FALSE_ERRORS)})


def messages(text: str) -> list[str]:
    """Return the messages of a batch file."""
    kept = [one for one in text.split("\r") if one and one[:3] not in ("FHS", "BHS", "BTS", "FTS")]
    starts = [place for place, one in enumerate(kept) if one.startswith("MSH")]
    ends = [*starts[1:], len(kept)]
    return ["".join(f"{one}\r" for one in kept[first:last]) for first, last in zip(starts, ends, strict=True)]


def fields(message: str, name: str) -> list[list[str]]:
    """Return the segments of one name, each as its fields; a segment's field n is at n."""
    found = [one.split("|") for one in message.split("\r") if one.startswith(f"{name}|")]
    # MSH-1 is the separator itself.
    return [[name, "|", *one[1:]] for one in found] if name == "MSH" else found


def envelope_problems(text: str) -> list[str]:
    """Return what is wrong with a file's batch segments, counts, line ends and control ids."""
    lines = text.split("\r")
    problems = [] if lines[-1] == "" and "\n" not in text else ["segments do not end in a carriage return"]
    lines = lines[:-1]
    inside = messages(text)
    frame = [one[:3] for one in (*lines[:2], *lines[-2:])]
    if frame != ["FHS", "BHS", "BTS", "FTS"] or sum(one[:3] in frame for one in lines) != 4:
        problems.append(f"frame is {frame}")
    if lines[-2] != f"BTS|{len(inside)}" or lines[-1] != "FTS|1":
        problems.append(f"counts {lines[-2:]} for {len(inside)} messages")
    controls = [fields(one, "MSH")[0][10] for one in inside]
    if len(set(controls)) < len(controls):
        problems.append("control ids are not unique")
    return problems + [f"control id {one} is too long" for one in controls if len(one) > 20]


def order_problems(message: str) -> list[str]:
    """Return the segments that are missing, or stand where 2.5.1's message structure has no place for them."""
    structure = fields(message, "MSH")[0][9].split("^")[2]
    names = [one[:3] for one in message.split("\r") if one]
    try:
        end = _match(_structure(structure), names, 0)
    except LookupError as error:
        return [f"{structure}: {error}"]
    return [f"{structure}: no place for {names[end]} after {' '.join(names[:end])}"] if end < len(names) else []


@functools.cache
def _structure(name: str, kind: str = "Message") -> tuple:
    from hl7apy import load_reference

    def child(one: tuple) -> tuple:
        group = one[3] == "GRP"
        return one[0], one[2], _structure(one[0], "Group") if group else None

    return tuple(child(one) for one in load_reference(name, kind, "2.5.1")[1])


def _match(structure: tuple, names: list[str], at: int) -> int:
    """Return how far names fit a structure from a place on; LookupError where something required is missing."""
    for name, (least, most), group in structure:
        count = 0
        while most < 0 or count < most:
            after = _once(name, group, names, at)
            if after == at:
                break
            at, count = after, count + 1
        if count < least:
            raise LookupError(f"{name} is missing after {' '.join(names[:at])}")
    return at


def _once(name: str, group: tuple | None, names: list[str], at: int) -> int:
    if group is None:
        return at + (at < len(names) and names[at] == name)
    try:
        return _match(group, names, at)
    except LookupError:
        # The group is not there; whether it must be, its parent says.
        return at
