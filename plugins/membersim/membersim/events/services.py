"""The lines of professional claims: which services each role bills, in which units and on which days."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np

from healthsim_core.columns import Array, Coded, Columns, stack
from healthsim_core.events import Events, match
from membersim.events import deciding
from membersim.events.billing import (
    ANESTHESIA,
    ATTENDING,
    EMERGENCY,
    MONTHLY,
    OPERATING,
    PRACTICE,
    ROLES,
    billed_as,
)
from membersim.events.bundling import (
    ADULT,
    ELDER,
    age_at,
    once,
    service_lines,
    with_giving,
    with_modifiers,
    with_panels,
)
from membersim.reference import UNLISTED, benefit, fees, of_plan
from membersim.reference.services import (
    drug_units,
    lab_services,
    vaccine_services,
)

CHARGE_PERCENT = 240
"""What practices bill, in percent of the Medicare-like fee; about the national ratio of charges to allowed amounts."""
VISITS = ("992", "9934", "9935", "99495", "99496", "9079", "908", "9200", "9201", "971")
"""How the numbers of visits to practices begin: where a plan has a copay, it is for these and settles them."""
USUAL, ED_USUAL, STAY_USUAL = "99213", "99284", "99222"
LATER_DAY, NEWBORN, NEWBORN_LATER = "99232", "99460", "99462"
DISCHARGE, LONG_DISCHARGE = "99238", "99239"
LONG_SHARE = 0.45
"""The share of discharges that take more than half an hour."""
MOST_DAYS = 46
"""Later days of a stay that one claim has room for, beside the first and the last; a professional claim has 50 lines."""
ANESTHESIA_UNIT_FEE = 2032
"""Cents a unit of anesthesia is worth by a Medicare-like schedule."""
ANESTHESIA_MINUTES = 15
"""Minutes a unit of time has."""
_READING = {"93000": "93010", "93005": "93010"}
"""What the physician of an emergency department bills of what the hospital does."""


def priced(events: Events, leads: Events) -> dict[str, Array]:
    """Return the lines of claims: owner (a position in `leads`), code, modifier, units, day, charge, allowed, `weight` and `flat`.

    `flat` is what of the allowed amount a copay settles, `weight` what deductible and coinsurance are of; `leads` need plan and denial.
    """
    lines = lines_of(events, leads)
    owner, code, units = lines["owner"], lines["code"], lines["units"]
    known = fees()
    fee = code.lookup({name: one.fee for name, one in known.items()}, UNLISTED.fee, np.int64) * units
    base = code.lookup(_anesthesia_bases(), -1, np.int64)
    time = np.rint(units / ANESTHESIA_MINUTES * ANESTHESIA_UNIT_FEE).astype(np.int64)
    fee = np.where(base >= 0, base * ANESTHESIA_UNIT_FEE + time, fee)
    charge = (fee * CHARGE_PERCENT + 50) // 100
    allowed = np.minimum(charge, (fee * benefit(leads["plan"], "fee_percent")[owner] + 50) // 100)
    allowed = np.where(leads["denial"].codes[owner] >= 0, 0, allowed)
    free = code.lookup({name: one.preventive for name, one in known.items()}, False, bool)
    # Medicare asks nothing for clinical laboratory tests.
    test = code.lookup({word: "80047" <= word <= "89398" for word in code.words}, False, bool)
    free |= test & of_plan(leads["plan"], "coverage_type").isin(["Medicare"])[owner]
    practice = leads["billing_role"].isin(ROLES[PRACTICE : PRACTICE + 1])
    copay = np.where(practice, benefit(leads["plan"], "copay"), 0)[owner] > 0
    visit = code.lookup({word: word.startswith(VISITS) for word in code.words}, False, bool)
    flat = np.where(copay & visit & ~free, allowed, 0)
    return {**lines, "charge": charge, "allowed": allowed, "weight": np.where(free, 0, allowed - flat), "flat": flat}


@functools.cache
def _anesthesia_bases() -> dict[str, int]:
    from membersim.reference.services import _operations

    return {one.anesthesia_code: one.base_units for one in _operations().values() if one.anesthesia_code}


def lines_of(events: Events, leads: Events) -> dict[str, Array]:
    """Return owner, code, modifier, units and day of every service; each service once on a claim."""
    owner = match(events["bill"], leads.key)
    role = events["billing_role"].lookup({name: place for place, name in enumerate(ROLES)}, 0, np.int64)
    kinds: list[tuple[np.ndarray, Callable[[Events], Columns]]] = [
        (_plain(events, role), _listed),
        (role == EMERGENCY, _physician_part),
        (role == ATTENDING, _days),
        (role == OPERATING, _operations_done),
        (role == ANESTHESIA, _anesthesia),
        (events["test"].codes >= 0, _tests),
        ((role != OPERATING) & (role != ANESTHESIA) & (events["procedure_code"].codes >= 0), _procedure),
        (events["vaccine"].codes >= 0, _vaccines),
    ]
    batches = []
    for mask, make in kinds:
        rows = np.flatnonzero(mask & (owner >= 0))
        if len(rows):
            made = make(events.select(rows))
            batches.append(made.adding(owner=owner[rows[made["row"]]]))
    if not batches:
        none = np.empty(0, np.int64)
        blank = Coded.constant(None, 0)
        return {"owner": none, "code": blank, "modifier": blank, "units": none, "day": none.astype("datetime64[s]")}
    lines = once(with_panels(stack(batches)))
    lines = with_modifiers(with_giving(lines, leads), leads)
    order = np.argsort(lines["owner"], kind="stable")
    return {name: lines[name][order] for name in ("owner", "code", "modifier", "units", "day")}


def _plain(events: Events, role: np.ndarray) -> np.ndarray:
    ordered = (events["procedure_code"].codes >= 0) | (events["vaccine"].codes >= 0)
    return (role == PRACTICE) & ~ordered


def _listed(events: Events) -> Columns:
    """Return what the visit lists, without a monthly service that the month has already."""
    row, code = deciding.split(events["cpt_codes"], USUAL)
    kept = ~(events["month_billed"][row] & code.isin(MONTHLY))
    row, code = row[kept], code[kept]
    return service_lines(events, row, code, units=drug_units_of(events, row, code))


def _physician_part(events: Events) -> Columns:
    """Return what the physician of an emergency department bills: the visit, what is sewn or set, and readings."""
    row, code = deciding.split(events["cpt_codes"], ED_USUAL)
    words = {word: word for word in code.words if word.startswith("99") or "10004" <= word <= "36000"} | _READING
    code = code.recode({word: words.get(word) for word in code.words})
    kept = np.flatnonzero(code.codes >= 0)
    seen = np.isin(np.arange(len(events)), row[kept][code[kept].isin([w for w in code.words if w[:3] == "992"])])
    silent = np.flatnonzero(~seen)
    return stack(
        [
            service_lines(events, silent, Coded.constant(ED_USUAL, len(silent))),
            service_lines(events, row[kept], code[kept]),
        ]
    )


def drug_units_of(events: Events, row: np.ndarray, code: Coded) -> np.ndarray:
    """Return each line's units: of drugs the dose for the person's body divided by the billing unit, rounded up, else 1."""
    units = np.ones(len(row), np.int64)
    facts = drug_units()
    for place, word in enumerate(code.words):
        one = facts.get(word)
        rows = np.flatnonzero(code.codes == place) if one else ()
        if len(rows):
            size = _size(events, one.per)[row[rows]]
            units[rows] = np.maximum(np.ceil(np.round(one.dose * size / one.unit_amount, 6)), 1).astype(np.int64)
    return units


def _size(events: Events, per: str) -> np.ndarray:
    """Return how large each person is for a dose: square meters, kilograms, or milliliters a minute and 25 together."""
    male = events.person("gender").isin(["M"]) if events.has_person("gender") else np.zeros(len(events), bool)
    z = 2 * events.people.draw("membersim.body")[events.row] - 1
    if per == "square_meter":
        return np.where(male, 2.05, 1.80) + 0.25 * z
    if per == "kilogram":
        return np.where(male, 90.0, 77.0) + 20 * z
    return np.where(male, 92.0, 88.0) + 20 * z + 25 if per == "auc" else np.ones(len(events))


def _days(events: Events) -> Columns:
    """Return the attending's visits of a stay: the first day, every later one, and the discharge."""
    first, last = (events[name].astype("datetime64[D]") for name in ("service_time", "end_time"))
    nights = np.maximum((last - first).astype(np.int64), 0)
    newborn = events["admission_type_code"].isin(["4"])
    given = events["cpt_codes"]
    words = {word: next((one for one in word.split(",") if one.startswith("9922")), STAY_USUAL) for word in given.words}
    begin = given.recode(words)
    begin = begin.where(begin.codes >= 0, Coded.constant(STAY_USUAL, len(events)))
    begin = begin.where(~newborn, Coded.constant(NEWBORN, len(events)))
    every = np.arange(len(events))
    count = np.clip(nights - 1, 0, MOST_DAYS)
    row = np.repeat(every, count)
    number = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count) + 1
    leaves = np.flatnonzero(nights > 0)
    long = events.draw("discharge_visit")[leaves] < LONG_SHARE
    return stack(
        [
            service_lines(events, every, begin, daily=np.ones(len(every), bool)),
            service_lines(
                events,
                row,
                Coded(np.where(newborn[row], 1, 0), (LATER_DAY, NEWBORN_LATER)),
                day=(first[row] + number).astype("datetime64[s]"),
                daily=np.ones(len(row), bool),
            ),
            service_lines(
                events,
                leaves,
                Coded(long.astype(np.int32), (DISCHARGE, LONG_DISCHARGE)),
                day=last[leaves].astype("datetime64[s]"),
                daily=np.ones(len(leaves), bool),
            ),
        ]
    )


def _operations_done(events: Events) -> Columns:
    """Return what the procedures are billed as."""
    known = billed_as(events["procedure_code"])
    code = events["procedure_code"].recode({word: one.procedure_code for word, one in known.items()})
    modifier = events["procedure_code"].recode({word: one.modifier_code for word, one in known.items()})
    rows = np.flatnonzero(code.codes >= 0)
    return service_lines(events, rows, code[rows], modifier=modifier[rows])


def _anesthesia(events: Events) -> Columns:
    """Return the anesthesia of the procedures, in minutes; that of the longest where one sleep serves several."""
    known = billed_as(events["procedure_code"])
    code = events["procedure_code"].recode({word: one.anesthesia_code for word, one in known.items()})
    usual = events["procedure_code"].lookup({word: one.minutes for word, one in known.items()}, 0, np.int64)
    minutes = np.rint(usual * (0.75 + 0.5 * events.draw("minutes"))).astype(np.int64)
    rows = np.flatnonzero(code.codes >= 0)
    order = rows[np.lexsort((events.key[rows], -minutes[rows], events["bill"][rows]))]
    rows = np.sort(order[np.unique(events["bill"][order], return_index=True)[1]])
    return service_lines(events, rows, code[rows], units=minutes[rows], modifier=Coded.constant("AA", len(rows)))


def _tests(events: Events) -> Columns:
    """Return what the laboratory bills for the tests; unknown tests are unlisted chemistry."""
    facts, test = lab_services(), events["test"]
    codes = test.recode({word: ",".join(facts[word].procedure_codes) if word in facts else None for word in test.words})
    row, code = deciding.split(codes, "84999")
    panel = test.recode({word: facts[word].panel_code for word in test.words if word in facts})
    return service_lines(events, row, code, panel=panel[row])


def _procedure(events: Events) -> Columns:
    """Return procedures by their own number."""
    row = np.arange(len(events))
    return service_lines(
        events, row, events["procedure_code"], units=drug_units_of(events, row, events["procedure_code"])
    )


def _vaccines(events: Events) -> Columns:
    """Return the products."""
    facts, vaccine = vaccine_services(), events["vaccine"]
    child = vaccine.recode({word: facts[word].child_code for word in vaccine.words if word in facts})
    adult = vaccine.recode({word: facts[word].adult_code for word in vaccine.words if word in facts})
    elder = vaccine.recode({word: facts[word].elder_code for word in vaccine.words if word in facts})
    age = age_at(events)
    code = elder.where(age >= ELDER, adult.where(age >= ADULT, child))
    rows = np.flatnonzero(code.codes >= 0)
    return service_lines(events, rows, code[rows], vaccine=vaccine[rows])
