"""Vital signs and scores: each person's usual level by age, condition and reason, and what is measured on a day."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, ndtri

from healthsim_core.columns import Array, Coded, Columns, stack
from healthsim_core.distributions import NormalDistribution
from healthsim_core.draws import uniforms
from healthsim_core.events import Events, EventType, Field, match
from patientsim.events.ages import age_at
from patientsim.events.body import body, gained
from patientsim.events.illness import CARE, Seen, care_of, care_so_far, seen_at, seen_from, with_treatment
from patientsim.events.labs import has_condition
from patientsim.events.observed import observed
from patientsim.events.placing import PLACED, POSITIVE, VISITS, moment, placed_at, visits_of
from patientsim.reference.care import Level, Sign, signs

VISIT_SIGNS = (
    "weight",
    "height",
    "bmi",
    "temperature",
    "heart_rate",
    "respiratory_rate",
    "oxygen_saturation",
    "systolic_bp",
    "diastolic_bp",
)
"""What is measured at a visit; an observation's number in its visit is the place here, from 1."""

GIVEN = tuple(name for name in VISIT_SIGNS if name != "bmi")
ADULT = 18
BMI_FROM = 2
"""Body mass index is no measure of infants."""
PRESSURES_TOGETHER = 0.6
"""Correlation of a person's systolic and diastolic pressure."""


def measure(
    events: Events, names: tuple[str, ...], reason: Coded, acute: np.ndarray, care: list[Events]
) -> dict[str, np.ndarray]:
    """Return what is measured of each sign, NaN where it is not.

    `reason` is what people are seen for, `acute` how much of it they show, from 0 to 1; `care` the orders of their drugs and the diagnoses journeys make.
    """
    found: dict[str, np.ndarray] = {}
    for name in names:
        if name == "bmi":
            known = found["weight"] / (found["height"] / 100) ** 2
            found[name] = np.round(np.where(age_at(events) >= BMI_FROM, known, np.nan), 1)
        elif name in ("weight", "height"):
            tall, heavy = body(events, age_at(events))
            found[name] = np.round(tall if name == "height" else _on_scale(events, tall, heavy), 1)
        else:
            found[name] = _measured(events, signs()[name], reason, acute, care)
    if "diastolic_bp" in found and "systolic_bp" in found:
        found["diastolic_bp"] = np.minimum(found["diastolic_bp"], found["systolic_bp"] - 20)
    return found


def _on_scale(events: Events, height: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return weights as measured, within two percent, with what a pregnancy adds."""
    if "weeks" in events.fields:
        weight = weight + gained(events, events["weeks"], weight / (height / 100) ** 2)
    return weight * (1 + 0.04 * (events.draw("weight") - 0.5))


def _measured(events: Events, sign: Sign, reason: Coded, acute: np.ndarray, care: list[Events]) -> np.ndarray:
    level = _level(events, sign, reason, acute, care)
    moved = level + sign.within * NormalDistribution(0, 1, -3, 3).ppf(events.draw(sign.sign))
    low, high = min(one.min for one in sign.levels), max(one.max for one in sign.levels)
    # A level that a profile gives may lie outside.
    return np.round(np.clip(moved, np.fmin(low, level), np.fmax(high, level)), sign.decimals)


def _level(events: Events, sign: Sign, reason: Coded, acute: np.ndarray, care: list[Events]) -> np.ndarray:
    """Return levels: the profile's or the person's usual one, under their drugs, or what the reason of the visit makes of it."""
    age, u = age_at(events), _rank(events, sign.sign)
    level = _spread(age, u, [(one, _is_usual(events, one, age, care)) for one in sign.levels if not one.reasons])
    if events.has_person(sign.sign):
        given = np.asarray(events.person(sign.sign), float)
        level = np.where(np.isnan(given), level, given)
    level = with_treatment(events, sign.sign, level, care, has_condition)
    urgent = _spread(age, u, [(one, _is_urgent(one, age, reason, acute > 0)) for one in sign.levels if one.reasons])
    return np.where(np.isnan(urgent), level, level + acute * (urgent - level))


def _rank(events: Events, name: str) -> np.ndarray:
    """Return where each person stands among their like, in (0, 1), in this sign."""
    u = uniforms(events.people.seed, f"patientsim.level.{name}", events.entity)
    if name != "diastolic_bp":
        return u
    shared = ndtri(uniforms(events.people.seed, "patientsim.level.systolic_bp", events.entity))
    own = np.sqrt(1 - PRESSURES_TOGETHER**2) * ndtri(u)
    return np.clip(ndtr(PRESSURES_TOGETHER * shared + own), 1e-12, 1 - 1e-12)


def _spread(age: np.ndarray, u: np.ndarray, levels: list[tuple[Level, np.ndarray]]) -> np.ndarray:
    choice = np.full(len(age), -1)
    for number, (_, rows) in enumerate(levels):
        choice[rows] = number
    level = np.full(len(age), np.nan)
    for number, (one, _) in enumerate(levels):
        rows = np.flatnonzero(choice == number)
        if len(rows):
            level[rows] = NormalDistribution(one.mean, one.std_dev, one.min, one.max).ppf(u[rows])
    return level


def _is_usual(events: Events, level: Level, age: np.ndarray, care: list[Events]) -> np.ndarray:
    rows = (age >= level.age_from) & (age < level.age_to)
    return rows & has_condition(events, level.condition, care) if level.condition else rows


def _is_urgent(level: Level, age: np.ndarray, reason: Coded, acute: np.ndarray) -> np.ndarray:
    told = reason.lookup({word: word.startswith(level.reasons) for word in reason.words}, False, bool)
    return told & (age >= level.age_from) & (age < level.age_to) & acute


def sign_rows(events: Events, values: dict[str, np.ndarray], encounter: np.ndarray, when: np.ndarray) -> Columns | None:
    """Return measured values as observations, leaving out what is NaN; reference ranges are adults'."""
    adult = age_at(events) >= ADULT
    batches = []
    for number, (name, value) in enumerate(values.items(), 1):
        rows = np.flatnonzero(~np.isnan(value))
        if not len(rows):
            continue
        mine, one, count = events.select(rows), signs()[name], len(rows)
        low, high = (np.where(adult[rows], np.nan if end is None else end, np.nan) for end in (one.low, one.high))
        flag = np.where(value[rows] < low, 0, np.where(value[rows] > high, 1, 2))
        ranged = ~(np.isnan(low) & np.isnan(high))
        batches.append(
            observed(
                mine,
                mine.sub_key(number),
                when[rows],
                encounter_id=encounter[rows],
                category=Coded.constant(one.category, count),
                code=Coded.constant(one.code, count),
                description=Coded.constant(one.label, count),
                value=value[rows],
                unit=Coded.constant(one.unit, count),
                reference_low=low,
                reference_high=high,
                interpretation_code=Coded(np.where(ranged, flag, -1), ["L", "H", "N"]),
                provider_id=mine["provider"],
            )
        )
    return stack(batches) if batches else None


def visit_signs(events: Events, acute: np.ndarray) -> Columns | None:
    """Return the vital signs taken at visits, five minutes after they begin, where no event of its own takes them."""
    taken = events.timeline("patientsim.vital_signs")
    if taken is not None:
        rows = match(events.key, taken["encounter"]) < 0
        events, acute = events.select(rows), acute[rows]
    if not len(events):
        return None
    values = measure(events, VISIT_SIGNS, events["reason"], acute, care_of(events))
    return sign_rows(events, values, events.key, events["start_time"] + np.timedelta64(300, "s"))


def _illness(events: Events, seen: Seen) -> tuple[Coded, np.ndarray]:
    """Return reason and how much of it shows: the event's own, else those of the visit or stay it belongs to."""
    own = events["reason"]
    told = own.codes >= 0
    return own.where(told, seen.reason), np.where(told, events["acute"], seen.hospital).astype(float)


def signs_outcomes(events: Events) -> dict[str, Array]:
    """Return the signs, so that conditions can read them: what the journey gives, else what is measured."""
    found = measure(events, GIVEN, *_illness(events, seen_from(events)), care_so_far(events))
    told = {name: ~np.isnan(events[name]) for name in GIVEN}
    return {
        **{name: np.where(told[name], events[name], value) for name, value in found.items()},
        "given": sum(told[name].astype(np.int64) << place for place, name in enumerate(GIVEN)).astype(float),
    }


def settle_signs(events: Events) -> dict[str, Array]:
    """Return the encounter and the signs as the visit's reason and all drugs make them, but what the journey gives."""
    visits = visits_of(events)
    placed, found = placed_at(events, visits)
    given = events["given"].astype(np.int64)
    values = measure(events, GIVEN, *_illness(events, seen_at(events, visits, found)), care_of(events))
    kept = {name: (given >> place) & 1 > 0 for place, name in enumerate(GIVEN)}
    return {**placed, **{name: np.where(kept[name], events[name], value) for name, value in values.items()}}


def handle_signs(events: Events) -> dict[str, Columns]:
    """Return the signs as observations, body mass index among them."""
    values = {name: events[name] for name in GIVEN}
    bmi = np.round(values["weight"] / (values["height"] / 100) ** 2, 1)
    values = {name: values.get(name, np.where(age_at(events) >= BMI_FROM, bmi, np.nan)) for name in VISIT_SIGNS}
    rows = sign_rows(events, values, events["encounter"], _when(events))
    return {} if rows is None else {"observations": rows}


def observation_outcomes(events: Events) -> dict[str, Array]:
    """Return the values, so that conditions can read them."""
    return {"given": ~np.isnan(events["value"]), "value": _scores(events, seen_from(events), care_so_far(events))}


def settle_observation(events: Events) -> dict[str, Array]:
    """Return the encounter and the values as the visit's reason and all drugs make them, but what the journey gives."""
    visits = visits_of(events)
    placed, found = placed_at(events, visits)
    events.fields["value"] = np.where(events["given"], events["value"], np.nan)
    return {**placed, "value": _scores(events, seen_at(events, visits, found), care_of(events))}


def _scores(events: Events, seen: Seen, care: list[Events]) -> np.ndarray:
    value, sign = events["value"].copy(), events["sign"]
    reason, acute = _illness(events, seen)
    for code, name in enumerate(sign.words):
        rows = np.flatnonzero((sign.codes == code) & np.isnan(value))
        if len(rows):
            mine = events.select(rows)
            names = ("weight", "height", "bmi") if name == "bmi" else (name,)
            value[rows] = measure(mine, names, reason[rows], acute[rows], care)[name]
    return value


def handle_observation(events: Events) -> dict[str, Columns]:
    """Return the observations."""
    sign, when = events["sign"], _when(events)
    batches = []
    for code, name in enumerate(sign.words):
        rows = np.flatnonzero(sign.codes == code)
        mine = events.select(rows)
        made = sign_rows(mine, {name: mine["value"]}, mine["encounter"], when[rows]) if len(rows) else None
        batches += [] if made is None else [made]
    return {"observations": stack(batches)} if batches else {}


def _when(events: Events) -> np.ndarray:
    return moment(events, events.time.astype("datetime64[D]").astype("datetime64[s]") + np.timedelta64(9, "h"), 6)


_SEEN = (
    Field(
        "reason",
        "diagnosis",
        "What the person is seen for, the visit's reason where absent; fever and the like show in the values.",
    ),
    Field("acute", "boolean", "Whether the reason given is urgent, as in an emergency department.", False),
)
VITAL_SIGNS = EventType(
    "vital_signs",
    "patientsim",
    "Vital signs are taken; visits to offices, emergency departments and hospitals do so without being told.",
    (
        *(Field(name, "number", f"{signs()[name].label}; measured where absent.", pattern=POSITIVE) for name in GIVEN),
        Field("given", "number", "Which signs the journey gives; computed."),
        *_SEEN,
        *PLACED,
    ),
    handle_signs,
    signs_outcomes,
    writes=("observations",),
    settle=settle_signs,
    after=(*VISITS, *CARE),
)
OBSERVATION = EventType(
    "observation",
    "patientsim",
    "Something is measured or scored: a vital sign, pain, a questionnaire, peak flow, ejection fraction.",
    (
        Field("sign", "code", "What, e.g. phq9 or lvef.", "pain_score", tuple(signs())),
        Field("value", "number", "The value; drawn from the person's usual level where absent."),
        Field("given", "boolean", "Whether the journey gives the value; computed.", False),
        *_SEEN,
        *PLACED,
    ),
    handle_observation,
    observation_outcomes,
    writes=("observations",),
    settle=settle_observation,
    after=(*VISITS, *CARE),
)
