"""The envelope: interchange, functional group and transactions around a stream of segments, counted as they go by."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from attrs import define, field, frozen

from healthsim_x12.segments import COMPONENT, REPETITION, TERMINATOR, clean, day, segment

Item = TypeVar("Item")


@frozen
class Interchange:
    """One ISA…IEA with one GS…GE of transactions of one kind.

    `transactions` are iterables of text, each one or more whole segments, without ST and SE; an interchange of none is empty.
    Source: ASC X12C/005010 control structures, appendix B of the implementation guides.
    """

    transaction: str
    """The transaction set: 834, 837 …"""
    version: str
    """The implementation guide, e.g. 005010X222A1: GS08, and ST03 of those guides that use it."""
    group: str
    """The functional identifier: BE, HC, HP …"""
    sender: str
    receiver: str
    date: datetime.date
    number: int
    """The interchange's control number, at most nine digits."""
    test: bool = True
    names_guide: bool = True
    """Whether ST03 repeats the guide's name; that of the 835 leaves it unused."""

    def pieces(self, transactions: Iterable[Iterable[str]]) -> Iterator[str]:
        """Return the whole interchange, piece by piece; each transaction is read to its end before the next is asked for."""
        count = 0
        for body in transactions:
            if count == 0:
                yield self._head()
            count += 1
            control = f"{count:09d}"
            yield segment("ST", self.transaction, control, self.version if self.names_guide else "")
            size = 2
            for one in body:
                size += one.count(TERMINATOR)
                yield one
            yield segment("SE", str(size), control)
        if count:
            yield segment("GE", str(count), str(self.number))
            yield segment("IEA", "1", f"{self.number:09d}")

    def _head(self) -> str:
        moment = "1200"
        isa = segment(
            "ISA",
            "00",
            " " * 10,
            "00",
            " " * 10,
            "ZZ",
            clean(self.sender, 15).ljust(15),
            "ZZ",
            clean(self.receiver, 15).ljust(15),
            f"{self.date:%y%m%d}",
            moment,
            REPETITION,
            "00501",
            f"{self.number:09d}",
            "0",
            "T" if self.test else "P",
            COMPONENT,
        )
        gs = segment(
            "GS",
            self.group,
            clean(self.sender, 15),
            clean(self.receiver, 15),
            day(self.date),
            moment,
            str(self.number),
            "X",
            self.version,
        )
        return isa + gs


@define
class Levels:
    """Numbers the hierarchical levels (HL) of one transaction."""

    last: int = field(default=0)

    def segment(self, code: str, parent: int | None, children: bool) -> str:
        """Return the next HL segment: `code` 20 provider, 22 subscriber, 23 patient."""
        self.last += 1
        return segment("HL", str(self.last), "" if parent is None else str(parent), code, "1" if children else "0")


def batches(
    items: Iterable[Item], limit: int, weight: Callable[[Item], int] = lambda item: 1
) -> Iterator[Iterator[Item]]:
    """Split a stream, without holding it, into streams that weigh at most `limit`; read each before the next.

    An item that weighs more than `limit` is a stream of its own.
    """
    number = total = 0

    def batch(item: Item) -> int:
        nonlocal number, total
        total += weight(item)
        if total > limit:
            number, total = number + 1, weight(item)
        return number

    for _, items_of_batch in itertools.groupby(items, key=batch):
        yield items_of_batch
