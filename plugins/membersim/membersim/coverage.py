"""Who is covered when: periods of coverage from enrolments, plan changes and terminations, for whole households at once."""

from __future__ import annotations

import numpy as np
from attrs import frozen

from healthsim_core.columns import Array, Coded, concatenate
from healthsim_core.draws import SLOTS
from healthsim_core.events import Events
from membersim.reference import of_plan, plans

ENROLLMENT, PLAN_CHANGE, TERMINATION = (
    f"membersim.{name}" for name in ("new_enrollment", "plan_change", "termination")
)
_DAYS = 1 << 20
"""More days than any date has: entity * _DAYS + day sorts by person, then by date."""
_FOREVER = np.datetime64("9999-12-31", "D")

COVERED, AFTER, BEFORE, NEVER = 0, 1, 2, 3


@frozen
class Periods:
    """Periods of coverage by person, then by first day; rows align."""

    entity: np.ndarray
    key: np.ndarray
    """The coverage's key."""
    plan: Coded
    start: np.ndarray
    """First day (datetime64[D])."""
    end: np.ndarray
    """Last day; 9999-12-31 while it goes on."""

    @property
    def open_end(self) -> np.ndarray:
        """Return the last days as stored: none while coverage goes on."""
        return np.where(self.end == _FOREVER, np.datetime64("NaT", "s"), self.end.astype("datetime64[s]"))

    def find(self, entity: np.ndarray, time: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return for each person and moment the period and how they lie: COVERED, AFTER, BEFORE or NEVER.

        Outside coverage it is the period before, else the first one; -1 for people who never have any.
        """
        day = time.astype("datetime64[D]")
        if not len(self.entity):
            return np.full(len(entity), -1), np.full(len(entity), NEVER)
        place = np.searchsorted(_at(self.entity, self.start), _at(entity, day), side="right") - 1
        mine = (place >= 0) & (self.entity[place] == entity)
        first = np.minimum(place + 1, len(self.entity) - 1)
        coming = ~mine & (self.entity[first] == entity)
        state = np.where(mine, np.where(day <= self.end[place], COVERED, AFTER), np.where(coming, BEFORE, NEVER))
        return np.where(mine, place, np.where(coming, first, -1)), state


def coverage_key(cause: np.ndarray, entity: np.ndarray) -> np.ndarray:
    """Return the key of the coverage that an event (by its key) brings a member of its household."""
    return cause * 32 + entity % SLOTS


def beside(key: np.ndarray) -> np.ndarray:
    """Return the key of the stand-alone drug coverage that goes beside a coverage."""
    return np.where(key >= 0, key + SLOTS, key)


def drug_cover(cover: dict[str, Array]) -> dict[str, Array]:
    """Return what `cover` found for drugs: the plan that answers for them and its coverage, none where no plan does."""
    given = cover["plan"]
    plan = of_plan(given, "drug_plan")
    own = given.lookup({word: one.drug_plan == word for word, one in plans().items()}, False, bool)
    key = np.where(own, cover["coverage"], beside(cover["coverage"]))
    return {**cover, "plan": plan, "coverage": np.where(plan.codes >= 0, key, -1)}


def reach(sources: Events, people: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (persons, positions in `sources`): a subscriber's event reaches the household, anybody else's themselves.

    `people` are those who can be reached, in rising order.
    """
    household = sources.entity // SLOTS * SLOTS
    whole = sources.entity == household
    low = np.searchsorted(people, np.where(whole, household, sources.entity))
    high = np.searchsorted(people, np.where(whole, household + SLOTS, sources.entity + 1))
    index = np.repeat(np.arange(len(sources)), high - low)
    offset = np.arange(len(index)) - np.repeat(np.cumsum(high - low) - (high - low), high - low)
    return people[np.repeat(low, high - low) + offset], index


def periods(events: Events) -> Periods | None:
    """Return the span's periods of coverage, None where nobody enrols."""
    enrolled = events.timeline(ENROLLMENT)
    if enrolled is None:
        return None
    entity, start, key, plan, changed = _beginnings(enrolled, events.timeline(PLAN_CHANGE))
    ends = _endings(enrolled, events.timeline(TERMINATION))
    order = np.lexsort((changed, start, entity))
    entity, start, key, plan, changed = entity[order], start[order], key[order], plan[order], changed[order]
    # A new plan follows only on coverage that goes on: the latest enrolment must not have ended before it.
    since = np.maximum.accumulate(np.where(changed, -1, np.arange(len(entity))))
    follows = ~changed | ((since >= 0) & (entity[since] == entity) & (_first_end(ends, entity, start[since]) >= start))
    entity, start, key, plan = entity[follows], start[follows], key[follows], plan[follows]
    # Of beginnings on one day the last holds.
    kept = np.append((entity[1:] != entity[:-1]) | (start[1:] != start[:-1]), True)
    entity, start, key, plan = entity[kept], start[kept], key[kept], plan[kept]
    following = np.append(np.where(entity[1:] == entity[:-1], start[1:] - 1, _FOREVER), _FOREVER)
    return Periods(entity, key, plan, start, np.minimum(_first_end(ends, entity, start), following))


def _at(entity: np.ndarray, day: np.ndarray) -> np.ndarray:
    return entity * _DAYS + day.astype("datetime64[D]").astype(np.int64)


def _beginnings(enrolled: Events, changes: Events | None):
    """Return entity, first day, coverage key, plan, and whether it is a change of plan, of everything that begins coverage."""
    begun = [
        (
            enrolled.entity,
            enrolled["start_date"].astype("datetime64[D]"),
            coverage_key(enrolled.key, enrolled.entity),
            enrolled.person("plan"),
            np.zeros(len(enrolled), bool),
        )
    ]
    if changes is not None:
        # The policy is the subscriber's: what a dependent says about the plan changes nothing.
        changes = changes.select(changes.entity % SLOTS == 0)
        entity, index = reach(changes, np.unique(enrolled.entity))
        begun.append(
            (
                entity,
                changes["effective_date"][index].astype("datetime64[D]"),
                coverage_key(changes.key[index], entity),
                changes["plan"][index],
                np.ones(len(entity), bool),
            )
        )
    return tuple(concatenate(list(columns)) for columns in zip(*begun, strict=True))


def deaths(events: Events) -> np.ndarray:
    """Return the day (datetime64[D]) each event's person dies; NaT for the living."""
    if not events.has_person("death_date"):
        return np.full(len(events), np.datetime64("NaT", "D"))
    return events.person("death_date").astype("datetime64[D]")


def after_death(events: Events, time: np.ndarray) -> np.ndarray:
    """Return which moments lie after the day each event's person dies (bool)."""
    return time.astype("datetime64[D]") > deaths(events)


def _endings(enrolled: Events, terminations: Events | None) -> tuple[np.ndarray, np.ndarray]:
    """Return (entity, last day) of every termination that reaches somebody and of every death, sorted."""
    died = deaths(enrolled)
    dead = np.flatnonzero(~np.isnat(died))
    entity, end = enrolled.entity[dead], died[dead]
    if terminations is not None:
        reached, index = reach(terminations, np.unique(enrolled.entity))
        entity = np.concatenate([entity, reached])
        end = np.concatenate([end, terminations["end_date"][index].astype("datetime64[D]")])
    order = np.lexsort((end, entity))
    return entity[order], end[order]


def _first_end(ends: tuple[np.ndarray, np.ndarray], entity: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Return the first end of each person on or after a day, 9999-12-31 where there is none."""
    who, end = ends
    if not len(who):
        return np.full(len(entity), _FOREVER)
    place = np.minimum(np.searchsorted(_at(who, end), _at(entity, start)), len(who) - 1)
    return np.where((who[place] == entity) & (end[place] >= start), end[place], _FOREVER)
