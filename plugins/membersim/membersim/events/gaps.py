"""Care gaps: a recommended service somebody has not had, and the service that closes it."""

from __future__ import annotations

import numpy as np

from healthsim_core.columns import Array, Coded, Columns
from healthsim_core.events import Events, EventType, Field, match
from membersim.coverage import COVERED, ENROLLMENT, PLAN_CHANGE, TERMINATION, periods
from membersim.reference import Measure, measures
from membersim.reference.services import lab_services

LEAST_DAYS = 90
"""A gap is to be closed by the end of the year, but nobody is given fewer days than these."""
EVERYBODYS = "FLU_VACCINE"
"""The measure that is meant where an event names none and nobody found a gap."""
WELL_VISITS = ((0, "99391"), (1, "99392"), (5, "99393"), (12, "99394"))
"""Preventive visits of children by the age from which they hold."""
ALIKE = (("90656", "90662"), tuple(code for _, code in WELL_VISITS))
"""Services of which a visit bills the one that suits the age on its day."""
CLAIMS = "membersim.claim_professional"


def _eligible(events: Events, measure: Measure) -> np.ndarray:
    """Return for whom the service is recommended."""
    age = events.person("age")
    found = (age >= measure.age_min) & (age <= measure.age_max)
    if measure.sex:
        found &= events.person("gender").isin([measure.sex])
    if measure.conditions:
        found &= _condition(events, measure).codes >= 0
    return found


def _in_season(events: Events, measure: Measure) -> np.ndarray:
    """Return which events are of a month in which the service can be missing."""
    month = events.time.astype("datetime64[M]").astype(np.int64) % 12 + 1
    return np.isin(month, measure.months) if measure.months else np.ones(len(events), bool)


def _condition(events: Events, measure: Measure) -> Coded:
    """Return the person's billable code of the first of the measure's conditions they have."""
    found = Coded.constant(None, len(events))
    for category in events.people.facts.get("conditions", {}):
        if category.startswith(measure.conditions) and events.has_person(f"has.{category}"):
            has = events.person(f"has.{category}") & (found.codes < 0)
            found = events.person(f"code.{category}").where(has, found)
    return found


def identify(events: Events) -> dict[str, Array]:
    """Return the measure, one of those recommended to the person where the journey names none, and what would close it."""
    if not events.has_person("age"):
        return {}
    names = [one.measure for one in measures()]
    eligible = np.stack([_eligible(events, one) & _in_season(events, one) for one in measures()], axis=1)
    weights = np.cumsum(eligible * np.array([one.weight for one in measures()]), axis=1)
    drawn = (weights <= (events.draw("measure") * weights[:, -1])[:, None]).sum(axis=1)
    given = events["measure"]
    named = given.lookup({name: place for place, name in enumerate(names)}, -1, np.int64)
    place = np.where(named >= 0, named, np.minimum(drawn, len(names) - 1))
    u = events.draw("service")
    code, reason = Coded.constant(None, len(events)), events["reason"]
    visit = code
    for number, one in enumerate(measures()):
        rows = place == number
        if not rows.any():
            continue
        service = _service(events, one, u)
        code = service.where(rows, code)
        own = Coded.constant(one.visit_codes, len(events)) if one.visit_codes else service
        visit = own.where(rows, visit)
        usual = _condition(events, one) if one.conditions else Coded.constant(one.reason or None, len(events))
        reason = usual.where(rows & (reason.codes < 0), reason)
    return {
        "measure": Coded(place, names),
        "eligible": eligible[np.arange(len(events)), place],
        "cpt_codes": code,
        "visit_codes": visit,
        "reason": reason,
        "encounter_type": Coded(place, names).recode({one.measure: one.encounter_type for one in measures()}),
        "specialty": Coded(place, names).recode({one.measure: one.specialty or None for one in measures()}),
        "title": Coded(place, names).recode({one.measure: one.description for one in measures()}),
    }


def once_a_year(events: Events) -> dict[str, Array]:
    """Return for whom a gap is found: who is eligible, covered and has not had the same one in the same year."""
    if not len(events):
        return {}
    events.fields["eligible"] = events["eligible"] & _covered(events)
    year = events.time.astype("datetime64[Y]").astype(np.int64)
    order = np.lexsort((events.key, events.time, ~events["eligible"], events["measure"].codes, year, events.entity))
    columns = (events.entity[order], year[order], events["measure"].codes[order], events["eligible"][order])
    again = np.append(False, np.all([one[1:] == one[:-1] for one in columns], axis=0))
    first = np.empty(len(events), bool)
    first[order] = ~again
    return {"eligible": events["eligible"] & first}


def _service(events: Events, measure: Measure, u: np.ndarray) -> Coded:
    """Return one of the services that close a gap."""
    if measure.cpt_codes:
        return Coded(np.floor(u * len(measure.cpt_codes)).astype(np.int32), measure.cpt_codes)
    since = np.array([age for age, _ in WELL_VISITS])
    turn = np.maximum(np.searchsorted(since, events.person("age"), side="right") - 1, 0)
    return Coded(turn, [code for _, code in WELL_VISITS])


def gap_rows(events: Events) -> dict[str, Columns]:
    """Return the gaps of members for whom the measure holds, closed where a closing event found them."""
    closed = events.timeline("membersim.gap_closed")
    counts = None if closed is None else closed["shown"] & _covered(events, closed)
    events = events.select(events["eligible"])
    day = np.full(len(events), np.datetime64("NaT", "s"))
    if closed is not None:
        closed = closed.select(counts)
        order = np.lexsort((closed.time, closed["gap"]))
        gaps, first = np.unique(closed["gap"][order], return_index=True)
        place = match(events.key, gaps)
        day = np.where(place >= 0, closed.time[order[first[place]]], day)
    found = events.time.astype("datetime64[D]")
    year_end = (found.astype("datetime64[Y]") + 1).astype("datetime64[D]") - 1
    due = np.maximum(year_end, found + LEAST_DAYS)
    return {
        "care_gaps": Columns(
            {
                "care_gap_id": events.key,
                "member_id": events.entity,
                "measure_code": events["measure"],
                "description": events["title"],
                "identified_date": events.time,
                "due_date": due.astype("datetime64[s]"),
                "status": Coded(np.isnat(day).astype(np.int32), ("closed", "open")),
                "closed_date": day,
            }
        )
    }


def _covered(events: Events, some: Events | None = None) -> np.ndarray:
    """Return which events, or which of `some` others, are of people who are covered on that day (bool)."""
    cover, some = periods(events), events if some is None else some
    if cover is None:
        return np.zeros(len(some), bool)
    return cover.find(some.entity, some.time)[1] == COVERED


def find_gap(events: Events) -> dict[str, Array]:
    """Return the gap an event closes: that of the event it depends on, else the person's latest of the measure."""
    gaps = events.timeline("membersim.gap_identified")
    none = np.full(len(events), -1, np.int64)
    if gaps is None or "eligible" not in gaps.fields:
        return {"gap": none, **_billed(events, events["cpt_codes"])}
    gaps = gaps.select(gaps["eligible"])
    place = match(events.source, gaps.key)
    latest = _latest(events, gaps)
    place = np.where(place >= 0, place, latest)
    measure, code = events["measure"], events["cpt_codes"]
    found = place >= 0
    if len(gaps):
        code = gaps["cpt_codes"][place].where(found & (code.codes < 0), code)
    return {
        "gap": np.where(found, gaps.key[place], -1) if len(gaps) else none,
        "measure": gaps["measure"][place].where(found, measure) if len(gaps) else measure,
        **_billed(events, code),
    }


def _billed(events: Events, code: Coded) -> dict[str, Array]:
    """Return whether something paid shows the service, where claims of the event's visit are known, and the service as billed."""
    claims = events.timeline(CLAIMS)
    if claims is None:
        return {"cpt_codes": code}
    asked = (events.source >= 0) & events["evidence"].isin(["claim"]) & np.isin(events.source, claims["encounter"])
    claims = claims.select((claims["bill"] >= 0) & (claims["coverage"] >= 0) & (claims["denial"].codes < 0))
    billed = Coded.constant(None, len(events))
    for word in code.words:
        first = word.split(",")[0].strip()
        mine = asked & code.isin([word])
        for service in next((some for some in ALIKE if first in some), (first,)) if mine.any() else ():
            there = mine & np.isin(events.source, claims["encounter"][_holds(claims, service)])
            billed = Coded.constant(service, len(events)).where(there, billed)
    return {"cpt_codes": billed.where(billed.codes >= 0, code), "shown": ~asked | (billed.codes >= 0)}


def _holds(claims: Events, service: str) -> np.ndarray:
    """Return which claims are of a service, by what their visit lists, does or has tested."""
    listed = [word for word in claims["cpt_codes"].words if service in word.split(",")]
    tests = [name for name, one in lab_services().items() if service in one.held_by]
    done = claims["procedure_code"].isin([service]) | claims["test"].isin(tests)
    return claims["cpt_codes"].isin(listed) | done


def _latest(events: Events, gaps: Events) -> np.ndarray:
    """Return the position of each person's latest gap up to the event's day, of its measure where it names one; -1 for none."""
    best = np.full(len(events), -1, np.int64)
    if not len(gaps):
        return best
    day = gaps.time.astype("datetime64[D]").astype(np.int64)
    mine = events.time.astype("datetime64[D]").astype(np.int64)
    numbers = {word: code for code, word in enumerate(gaps["measure"].words)}
    wanted = events["measure"].lookup(numbers, -2, np.int64)
    for number in (-1, *numbers.values()):
        rows = np.arange(len(gaps)) if number < 0 else np.flatnonzero(gaps["measure"].codes == number)
        asked = np.flatnonzero((events["measure"].codes < 0) if number < 0 else (wanted == number))
        if not len(rows) or not len(asked):
            continue
        rows = rows[np.lexsort((gaps.key[rows], day[rows], gaps.entity[rows]))]
        at = gaps.entity[rows] * (1 << 20) + day[rows]
        place = np.searchsorted(at, events.entity[asked] * (1 << 20) + mine[asked], side="right") - 1
        found = (place >= 0) & (gaps.entity[rows[place]] == events.entity[asked])
        best[asked] = np.where(found, rows[place], -1)
    return best


def closure_rows(events: Events) -> dict[str, Columns]:
    """Return what closed gaps; what follows from a gap nobody had, or names a measure that does not hold, closes nothing."""
    gaps = events.timeline("membersim.gap_identified")
    lost = np.zeros(len(events), bool) if gaps is None else np.isin(events.source, gaps.key) & (events["gap"] < 0)
    measure, code = events["measure"], events["cpt_codes"]
    measure = measure.where(measure.codes >= 0, Coded.constant(EVERYBODYS, len(events)))
    holds = events["gap"] >= 0
    for one in measures():
        asked = measure.isin([one.measure])
        holds |= asked & _eligible(events, one)
        if one.cpt_codes:
            code = code.where(~asked | (code.codes >= 0), Coded.constant(one.cpt_codes[0], len(events)))
    kept = np.flatnonzero(~lost & holds & events["shown"] & _covered(events))
    events, code = events.select(kept), code[kept]
    return {
        "gap_closures": Columns(
            {
                "gap_closure_id": events.key,
                "care_gap_id": events["gap"],
                "member_id": events.entity,
                "measure_code": measure[kept],
                "closed_date": events.time,
                "evidence": events["evidence"],
                "procedure_code": code.recode({word: word.split(",")[0].strip() for word in code.words}),
            }
        )
    }


GAP_IDENTIFIED = EventType(
    "gap_identified",
    "membersim",
    "A recommended service is found missing; where the measure does not hold for the person or the month, nothing is.",
    (
        Field(
            "measure",
            "code",
            "Which measure; one that holds for the person where absent.",
            None,
            tuple(one.measure for one in measures()),
        ),
        Field("reason", "diagnosis", "The condition or examination it is about; the measure's where absent."),
        Field("eligible", "boolean", "Whether the measure holds for the person; computed.", False),
        Field("cpt_codes", "text", "The service that would close it; computed."),
        Field("visit_codes", "text", "What the visit in which it is given or ordered bills itself; computed."),
        Field("encounter_type", "code", "The visit in which they are given; computed."),
        Field("specialty", "code", "Whose visit that is, where not primary care's; computed."),
        Field("title", "text", "What is missing, in words; computed."),
    ),
    gap_rows,
    identify,
    settle=once_a_year,
    after=(ENROLLMENT, PLAN_CHANGE, TERMINATION),
    writes=("care_gaps",),
)
GAP_CLOSED = EventType(
    "gap_closed",
    "membersim",
    "A care gap is closed: that of the event it depends on, else the member's latest of the measure; no denied claim closes one.",
    (
        Field("measure", "code", "Which measure.", None, tuple(one.measure for one in measures())),
        Field("evidence", "code", "What shows it.", "claim", ("claim", "record", "member_report")),
        Field("cpt_codes", "text", "The service; what the gap asked for where absent."),
        Field(
            "shown", "boolean", "Whether a paid claim of its visit, where it has any, is of the service; settled.", True
        ),
    ),
    closure_rows,
    settle=find_gap,
    after=("membersim.gap_identified", CLAIMS),
    writes=("gap_closures",),
)
