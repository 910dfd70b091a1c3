"""Batch files: the file's and the batch's header and trailer around a stream of messages, counted as they go by."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Iterable, Iterator
from typing import TypeVar

from attrs import frozen

from healthsim_hl7v2.segments import components, escape, header, segment, time

Item = TypeVar("Item")
VERSION = "2.5.1"


@frozen
class Batch:
    """One file of one batch of messages of one kind: FHS BHS messages BTS FTS (HL7 v2.5.1, 2.10.3)."""

    file: str
    """The file's name, FHS-9."""
    sender: str
    """The sending application."""
    created: datetime.datetime
    control: str
    """What begins the control ids of the file and of its messages; at most ten characters."""
    number: int = 1
    """Which file of its series."""

    def pieces(self, messages: Iterable[str]) -> Iterator[str]:
        """Return the whole file, message by message; a batch of none is empty."""
        count = 0
        for message in messages:
            if count == 0:
                yield self._head("FHS", escape(self.file)) + self._head("BHS", "")
            count += 1
            yield message
        if count:
            yield segment("BTS", {1: str(count)}) + segment("FTS", {1: "1"})

    def _head(self, name: str, label: str) -> str:
        fields = {3: escape(self.sender), 4: escape(self.sender), 7: time(self.created), 9: label}
        return header(name, {**fields, 11: f"{self.control}{name[0]}{self.number:05d}"})


def message_header(
    sender: str, facility: str, when: datetime.datetime, message: str, trigger: str, structure: str, control: str
) -> str:
    """Return MSH: a training message of version 2.5.1 in UTF-8; `control` is unique and at most 20 characters."""
    return header(
        "MSH",
        {
            3: escape(sender),
            4: facility,
            7: time(when),
            9: components(message, trigger, structure),
            10: control,
            11: "T",
            12: VERSION,
            17: "USA",
            18: "UNICODE UTF-8",
        },
    )


def split(items: Iterable[Item], limit: int) -> Iterator[Iterator[Item]]:
    """Split a stream, without holding it, into streams of at most `limit` items; read each before the next."""
    for _, group in itertools.groupby(enumerate(items), key=lambda pair: pair[0] // limit):
        yield (item for _, item in group)
