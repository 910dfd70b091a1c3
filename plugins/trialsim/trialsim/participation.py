"""Participation: what became of each subject, from the whole finished timeline."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from attrs import frozen

from healthsim_core.columns import Array, Coded
from healthsim_core.events import Events
from trialsim.exposure import doses
from trialsim.reference import DEFAULT_STUDY, studies
from trialsim.states import NEVER, day_at, day_of, deaths, entry, first_of, timeline, words_at

EVENT_NAMES = (
    "screening",
    "randomization",
    "scheduled_visit",
    "unscheduled_visit",
    "adverse_event",
    "serious_adverse_event",
    "protocol_deviation",
    "dose_modification",
    "withdrawal",
)
"""In the order in which they are asked to write a person's subject: the first kind that happens to them does."""

SCREENING_DAYS, FOLLOW_UP_DAYS = np.timedelta64(42, "D"), np.timedelta64(30, "D")
"""How long after consent, and after treatment, somebody who dies still takes part."""

COUNTED = ("screening", "randomization", "withdrawal")


@frozen(eq=False)
class Participation:
    """What became of a span's people in their studies; arrays have one value a person, days are datetime64[D]."""

    timelines: dict[str, Events | None]
    kept: dict[str, np.ndarray]
    """By event type, which of its events count."""
    owner: np.ndarray
    """The place among EVENT_NAMES of the kind that writes the person's subject; len(EVENT_NAMES) for nobody's."""
    study: Coded
    consent: np.ndarray
    failed: np.ndarray
    criterion: Coded
    first_dose: np.ndarray
    arm: Coded
    withdrawn: np.ndarray
    reason: Coded
    completed: np.ndarray
    """The last planned visit that was kept, of those who were not withdrawn; NaT for the others."""
    end: np.ndarray
    """The end of participation; NaT while it goes on."""

    @classmethod
    def of(cls, events: Events) -> Participation:
        """Return the participation of everybody in the span of some events."""
        timelines = {name: timeline(events, name) for name in EVENT_NAMES}
        withdrawn, reason = _withdrawn(timelines["withdrawal"], len(events.people))
        withdrawn, reason = _died(events, timelines, withdrawn, reason)
        kept = {name: _kept(name, one, withdrawn) for name, one in timelines.items()}
        owner, first, last = _spans(timelines, kept, len(events.people))
        entered = entry(events)
        dosed, arm, study = _randomized(timelines["randomization"], len(events.people))
        consent = np.where(np.isnat(entered.consent), first, entered.consent)
        study = entered.study.where(entered.study.codes >= 0, study)
        study = study.where(study.codes >= 0, Coded.constant(DEFAULT_STUDY, len(study)))
        completed = np.where(np.isnat(withdrawn) & ~np.isnat(dosed), _last_kept_visit(timelines, kept, dosed), NEVER)
        end = np.where(
            entered.failed,
            consent,
            np.where(np.isnat(withdrawn), np.where(np.isnat(completed), NEVER, last), withdrawn),
        )
        return cls(
            timelines,
            kept,
            owner,
            study,
            consent,
            entered.failed,
            entered.criterion,
            dosed,
            arm,
            withdrawn,
            reason,
            completed,
            end,
        )

    @cached_property
    def exposures(self) -> dict[str, Array]:
        """Return stretches of dosing; see `exposure.doses`."""
        stop = np.where(np.isnat(self.withdrawn), self.completed, self.withdrawn)
        return doses(self.first_dose, self.study, self.arm, stop, self.timelines, self.kept)

    @cached_property
    def last_dose(self) -> np.ndarray:
        """Return each person's last day of dosing, NaT for none."""
        last = np.full(len(self.consent), NEVER)
        np.fmax.at(last, self.exposures["row"], self.exposures["end"])
        return last


def _kept(name: str, events: Events | None, withdrawn: np.ndarray) -> np.ndarray:
    if events is None:
        return np.empty(0, bool)
    if name in COUNTED:
        return events["counted"]
    # Adverse events are settled before withdrawals are: their own flag does not know of those.
    return events["in_study"] & ~(day_of(events) > withdrawn[events.row])


def _withdrawn(withdrawal: Events | None, count: int) -> tuple[np.ndarray, Coded]:
    if withdrawal is None:
        return np.full(count, NEVER), Coded.constant(None, count)
    first = first_of(withdrawal, withdrawal["counted"])
    return day_at(withdrawal, first), words_at(withdrawal["reason"], first)


def _died(events: Events, timelines, withdrawn: np.ndarray, reason: Coded) -> tuple[np.ndarray, Coded]:
    """Return the end of participation with deaths in it: before the end of treatment and the weeks after it."""
    died = deaths(events)
    if np.isnat(died).all():
        return withdrawn, reason
    dosed, _, study = _randomized(timelines["randomization"], len(events.people))
    entered = entry(events)
    study = entered.study.where(entered.study.codes >= 0, study)
    days = study.lookup({name: one.treatment_days for name, one in studies().items()}, 0, np.int64)
    until = np.where(np.isnat(dosed), entered.consent + SCREENING_DAYS, dosed + days + FOLLOW_UP_DAYS)
    inside = (died >= np.fmin(entered.consent, dosed)) & (died <= until) & ~entered.failed & ~(died > withdrawn)
    return np.where(inside, died, withdrawn), Coded.constant("death", len(died)).where(inside, reason)


def _randomized(randomization: Events | None, count: int) -> tuple[np.ndarray, Coded, Coded]:
    if randomization is None:
        return np.full(count, NEVER), Coded.constant(None, count), Coded.constant(None, count)
    first = first_of(randomization, randomization["counted"])
    return (
        day_at(randomization, first),
        words_at(randomization["arm"], first),
        words_at(randomization["study"], first),
    )


def _spans(timelines, kept, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return who writes each person's subject, and the days of their first and last event that counts."""
    far = np.iinfo(np.int64).max
    owner, first, last = np.full(count, len(EVENT_NAMES)), np.full(count, far), np.full(count, -far)
    for place, name in enumerate(EVENT_NAMES):
        events = timelines[name]
        if events is None:
            continue
        row, day = events.row[kept[name]], day_of(events)[kept[name]].astype(np.int64)
        np.minimum.at(owner, row, place)
        np.minimum.at(first, row, day)
        np.maximum.at(last, row, day)
    nobody = owner == len(EVENT_NAMES)
    days = [np.where(nobody, 0, one).astype("datetime64[D]") for one in (first, last)]
    return owner, *(np.where(nobody, NEVER, one) for one in days)


def _last_kept_visit(timelines, kept, dosed: np.ndarray) -> np.ndarray:
    """Return each person's last planned visit after the first dose that was not missed, NaT for none."""
    far = np.iinfo(np.int64).min
    last = np.full(len(dosed), far)
    visits = timelines["scheduled_visit"]
    if visits is not None:
        mine = kept["scheduled_visit"] & ~visits["missed"] & (day_of(visits) > dosed[visits.row])
        np.maximum.at(last, visits.row[mine], day_of(visits)[mine].astype(np.int64))
    return np.where(last == far, NEVER, np.where(last == far, 0, last).astype("datetime64[D]"))
