"""How the diagnoses of visits and stays are written: a pregnancy's chapter first, causes before what they cause."""

from __future__ import annotations

import functools
from collections.abc import Iterable

import numpy as np

from healthsim_core.columns import Coded
from healthsim_core.events import DAY, Events
from healthsim_core.facts import read_csv
from patientsim.events.pregnancy import TRIMESTERS
from patientsim.reference.diagnoses import orders_of_codes, visit_combinations

STAGES = ("first", "second", "third", "birth", "after")
BIRTHS = ("O60", "O75", "O76", "O80", "O82", "O34")
ROUTINE = ("O80", "Z34")
"""What is not written beside a complication: uncomplicated births, normal pregnancies."""
AFTER = "Z39"
LAST = ("Z3A", "Z37")
"""What stands at the end, and stays however many diseases there are."""
SPARE = 6
"""Places for the codes that go with others, until what is too much is left out."""
SINCE = 300 * DAY
"""A diabetes of pregnancy found longer ago was of another one."""


@functools.cache
def obstetric_codes() -> tuple[dict[str, str], ...]:
    """Return how diseases are written in pregnancies, the longest beginnings first."""
    return tuple(sorted(read_csv("patientsim.reference", "obstetric_codes.csv"), key=lambda row: -len(row["begins"])))


@functools.cache
def obstetric_labels() -> dict[str, str]:
    """Return our own labels of those codes."""
    when = dict(
        zip(
            STAGES,
            (
                "in the first trimester",
                "in the second trimester",
                "in the third trimester",
                "at a birth",
                "after a birth",
            ),
            strict=True,
        )
    )
    found = {}
    for row in obstetric_codes():
        same = len({row[stage] for stage in STAGES[:3]}) == 1
        for stage in STAGES:
            found[row[stage]] = f"{row['label']} {'in a pregnancy' if same and stage in STAGES[:3] else when[stage]}"
    return found


class Ranks:
    """The diagnoses of events by rank: codes of `words`, -1 for none, most important first."""

    def __init__(self, ranks: list[Coded]):
        """Unite the words of all ranks."""
        self.count = len(ranks)
        self.words = list(dict.fromkeys(str(word) for one in ranks for word in one.words))
        number = {word: n for n, word in enumerate(self.words)}
        slots = np.stack([one.lookup(number, -1, np.int32) for one in ranks])
        self.slots = np.concatenate([slots, np.full((SPARE, slots.shape[1]), -1, np.int32)])

    def code(self, word: str) -> int:
        """Return the number of a word, which is added where it is new."""
        if word not in self.words:
            self.words.append(word)
        return self.words.index(word)

    def own(self, column: Coded) -> np.ndarray:
        """Return another column's codes as numbers of these words."""
        return column.lookup({word: self.code(str(word)) for word in column.words}, -1, np.int32)

    def beginning(self, begins: str | tuple[str, ...], codes: np.ndarray) -> np.ndarray:
        """Return which of codes begin so."""
        return np.isin(codes, [n for n, word in enumerate(self.words) if word.startswith(begins)])

    def columns(self) -> dict[str, Coded]:
        """Return the diagnoses as fields."""
        return {f"diagnosis_{rank}": Coded(codes, self.words) for rank, codes in enumerate(self.slots, 1)}


def as_guidelines_ask(events: Events, ranks: Ranks) -> dict[str, Coded]:
    """Return the diagnoses by rank as the coding guidelines want them."""
    _in_order(events, ranks)
    _in_pregnancy(events, ranks)
    _combined(ranks)
    _cut(ranks)
    return ranks.columns()


def _combined(ranks: Ranks) -> None:
    """Write one code instead of another where the visit is about what that one says too."""
    for one in visit_combinations():
        beside = np.all([ranks.beginning(group, ranks.slots).any(axis=0) for group in one.beside], axis=0)
        rows = (ranks.slots == ranks.code(one.code)) & beside
        ranks.slots = np.where(rows, np.int32(ranks.code(one.writes)), ranks.slots)


def _cut(ranks: Ranks) -> None:
    """Leave out what is too much, the last first, but no code that goes with another."""
    slots = ranks.slots
    if not (slots[ranks.count :] >= 0).any():
        ranks.slots = slots[: ranks.count]
        return
    together = {begins for pair in orders_of_codes() for begins in pair} | {one.writes for one in visit_combinations()}
    kept = ranks.beginning((*together, *LAST), slots)
    kept[0] = True
    others = (slots >= 0) & ~kept
    kept |= others & (np.cumsum(others, axis=0) <= ranks.count - kept.sum(axis=0))
    ranks.slots = _packed(list(np.where(kept, slots, -1)))[: ranks.count]


def _theirs(events: Events, begins: str, ranks: Ranks) -> np.ndarray:
    """Return the code beginning so that each event's person brings along, -1 for none."""
    found = np.full(len(events), -1, np.int32)
    for category in events.people.facts["conditions"]:
        # A combination is written for a category that it need not begin with: I11.0 for I10.
        if category[:1] != begins[:1] or not events.has_person(f"has.{category}"):
            continue
        column = events.people.columns[f"code.{category}"]
        words = [word for word in column.words if word.startswith(begins)]
        if words:
            mine = events.person(f"code.{category}")
            rows = events.person(f"has.{category}") & mine.isin(words)
            found = np.where(rows, ranks.own(mine), found)
    return found


def _in_order(events: Events, ranks: Ranks) -> None:
    """Put first codes before the codes that go with them, and those right behind, whether they were named or not."""
    for first, then in orders_of_codes():
        firsts, thens = _theirs(events, first, ranks), _theirs(events, then, ranks)
        told = ranks.beginning((first, then), ranks.slots)
        before, behind = ranks.beginning(first, ranks.slots), ranks.beginning(then, ranks.slots)
        right = before.any(axis=0) & behind.any(axis=0) & (before.argmax(axis=0) < behind.argmax(axis=0))
        rows = np.flatnonzero((firsts >= 0) & (thens >= 0) & told.any(axis=0) & ~right)
        if not len(rows):
            continue
        slots = ranks.slots[:, rows]
        named = behind[:, rows]
        # A flare that the visit names is told, not the disease as the problem list has it.
        second = np.where(named.any(axis=0), slots[named.argmax(axis=0), np.arange(len(rows))], thens[rows])
        # In front of what it causes, behind the other causes that stand there already.
        place = np.where(named.any(axis=0), named.argmax(axis=0), told[:, rows].argmax(axis=0))
        ranks.slots[:, rows] = _together(np.where(named, -1, slots), firsts[rows], second, place)


def _together(slots: np.ndarray, first: np.ndarray, second: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Return slots with two codes one behind the other at a place, the rest in its order; what is too much is left out."""
    wide = np.concatenate([slots, first[None], second[None]])
    count = len(slots)
    rank = np.repeat(np.arange(len(wide), dtype=float)[:, None], slots.shape[1], axis=1)
    rank[:count][(slots == first) | (slots == second) | (slots < 0)] = 99
    rank[count], rank[count + 1] = place - 0.5, place - 0.4
    kept = np.take_along_axis(wide, np.argsort(rank, axis=0, kind="stable"), axis=0)[:count]
    ranks = np.sort(rank, axis=0)[:count]
    return np.where(ranks < 99, kept, -1)


def _in_pregnancy(events: Events, ranks: Ranks) -> None:
    """Write the diseases that women bring to pregnancies, births and what follows as chapter 15 has them."""
    stage = _stage(events, ranks)
    rows = np.flatnonzero(stage >= 0)
    if not len(rows):
        return
    mine, stage = events.select(rows), stage[rows]
    slots = ranks.slots[:, rows]
    routine = ranks.beginning(ROUTINE, slots[0])
    last = ranks.beginning(LAST, slots)
    found: list[np.ndarray] = []
    gone = np.zeros(slots.shape, bool)
    for code, row in _diseases(mine, ranks):
        chapter = np.array([ranks.code(row[name]) for name in STAGES], np.int32)[stage]
        found.append(np.where(code >= 0, chapter, -1))
        if row["beside"] == "1":
            found.append(code)
        else:
            gone |= (slots == code) & (code >= 0)
    if not found:
        return
    complicated = np.any([one >= 0 for one in found], axis=0)
    # The principal diagnosis, unless it is a routine that a disease contradicts; then the diseases, weeks and outcome last.
    lead = np.where(routine & complicated, -1, slots[0])
    tail = [np.where(last[n], slots[n], -1) for n in range(1, len(slots))]
    room = len(slots) - last.sum(axis=0)
    clinical = _packed([lead, *found])
    clinical = np.where(np.arange(len(clinical))[:, None] < room, clinical, -1)
    # What else was there, where there is room: what the day found, diseases that chapter 15 has nothing for.
    gone |= last | ranks.beginning((*ROUTINE, "O24.4"), slots)
    rest = [np.where(gone[n], -1, slots[n]) for n in range(1, len(slots))]
    new = _packed([*clinical, *tail, *rest])[: len(slots)]
    ranks.slots[:, rows] = np.where(complicated, new, slots)


def _diseases(events: Events, ranks: Ranks) -> Iterable[tuple[np.ndarray, dict[str, str]]]:
    """Return the diseases of pregnant women, each with how it is written; diabetes of pregnancy from its finding on."""
    rows = obstetric_codes()
    for category, plan in events.people.facts["conditions"].items():
        if not plan.chronic or not events.has_person(f"has.{category}"):
            continue
        code, has = events.person(f"code.{category}"), events.person(f"has.{category}")
        kinds = [next((row for row in rows if str(word).startswith(row["begins"])), None) for word in code.words]
        for kind in [row for row in rows if row in kinds]:
            mine = has & np.isin(code.codes, [n for n, one in enumerate(kinds) if one is kind])
            if mine.any():
                yield np.where(mine, ranks.own(code), -1), kind
    for kind in [row for row in rows if row["begins"].startswith("O24.4")]:
        found = _found_before(events, kind["begins"])
        if found.any():
            yield np.where(found, ranks.code(kind["begins"]), -1), kind


def _found_before(events: Events, code: str) -> np.ndarray:
    """Return whose pregnancy a journey found such a disease in, up to the event's day."""
    found = np.zeros(len(events), bool)
    for made in events.unfolded("patientsim.diagnosis"):
        rows = np.flatnonzero(made["code"].isin([code]))
        order = rows[np.lexsort((made.time[rows], made.entity[rows]))]
        if not len(order):
            continue
        width = np.int64(2**36)
        keys = made.entity[order] * width + made.time[order].astype(np.int64)
        place = np.searchsorted(keys, events.entity * width + events.time.astype(np.int64), side="right") - 1
        latest = order[np.maximum(place, 0)]
        found |= (place >= 0) & (made.entity[latest] == events.entity) & (events.time - made.time[latest] < SINCE)
    return found


def _stage(events: Events, ranks: Ranks) -> np.ndarray:
    """Return where in a pregnancy each event lies, as a number of `STAGES`; -1 for none."""
    stage = np.where(ranks.beginning(AFTER, ranks.slots[0]), len(STAGES) - 1, -1)
    weeks = events["weeks"]
    known = ~np.isnan(weeks)
    stage = np.where(known, np.searchsorted(TRIMESTERS, np.nan_to_num(weeks), side="right"), stage)
    return np.where(known & ranks.beginning(BIRTHS, ranks.slots[0]), STAGES.index("birth"), stage)


def _packed(columns: list[np.ndarray]) -> np.ndarray:
    """Return codes without repetition, nones last, each row of events in its order."""
    wide = np.stack(columns)
    for number in range(1, len(wide)):
        wide[number][(wide[:number] == wide[number]).any(axis=0)] = -1
    order = np.argsort(wide < 0, axis=0, kind="stable")
    return np.take_along_axis(wide, order, axis=0)
