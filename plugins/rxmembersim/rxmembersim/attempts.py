"""Attempts to fill a prescription: which are paid, which rejected and why, in the order of time."""

from __future__ import annotations

import numpy as np
from attrs import evolve, frozen

from healthsim_core.columns import Coded, Columns
from healthsim_core.draws import uniforms
from healthsim_core.events import DAY, Events, match
from rxmembersim import coverage
from rxmembersim.benefits import plan_fact
from rxmembersim.habits import patient
from rxmembersim.prescriptions import day_of, is_stopped, latest_before, person_and_drug
from rxmembersim.reference import SPECIALTY, drugs, fact_of, numbers_of, plans, word_of, words_of

STATUSES = ("paid", "rejected", "stopped", "waiting", "needless", "forgone")
PAID, REJECTED, STOPPED, WAITING, NEEDLESS, FORGONE = range(6)
USED = 0.75
"""The share of a supply that must be used before the next one is paid for."""
WITHOUT_APPROVAL = 0.3
"""Share of people whose first claim of a specialty drug comes before its prior authorization."""
MOST_REVERSALS = 64
"""Reversals of one person that follow from no fill: as many are minded."""
CODES = {"67": "filled before coverage began", "69": "filled after coverage ended", "70": "not covered", "73": "refills are not covered", "75": "prior authorization required",
         "76": "plan limitations exceeded", "79": "refill too soon"}  # fmt: skip


@frozen(eq=False)
class Attempts:
    """Attempts, aligned; `status` is -1 where it is still to be decided, `reject` 0 or a reject code known beforehand."""

    key: np.ndarray
    prescription: np.ndarray
    time: np.ndarray
    days_supply: np.ndarray
    refills: np.ndarray
    status: np.ndarray
    reject: np.ndarray
    number: np.ndarray
    reversed_at: np.ndarray
    again: np.ndarray
    """Whether it only sends a rejected claim again, so that nothing happens where a fill was paid."""
    size: np.ndarray
    """How many of the prescription's supplies it takes at once."""
    patient: np.ndarray
    """Whether it is not even tried where it is too soon."""

    def joined(self, other: Attempts) -> Attempts:
        """Return these attempts and others, one after the other."""
        names = Attempts.__attrs_attrs__
        return Attempts(*(np.concatenate([getattr(self, one.name), getattr(other, one.name)]) for one in names))


def decide(attempts: Attempts) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (status, reject code, fill number) of each attempt, prescription by prescription in the order of time.

    A loop over an attempt's place within its prescription, for all prescriptions at once.
    """
    # What is decided goes first on its day: it was decided without the others.
    order = np.lexsort((attempts.key, attempts.status < 0, attempts.time, attempts.prescription))
    status, reject, number = attempts.status.copy(), attempts.reject.copy(), attempts.number.copy()
    _, start, group, count = np.unique(
        attempts.prescription[order], return_index=True, return_inverse=True, return_counts=True
    )
    never = np.datetime64("NaT", "s")
    given, last = np.zeros(len(start), np.int64), np.full(len(start), never)
    used, taken = given.copy(), given.copy()
    supply, undone, last_before = np.zeros(len(start)), last.copy(), last.copy()
    supply_before = supply.copy()
    for rank in range(int(count.max(initial=0))):
        mine = np.flatnonzero(count > rank)
        rows = order[start[mine] + rank]
        time = attempts.time[rows]
        taken_back = mine[undone[mine] <= time]
        given[taken_back] -= 1
        used[taken_back] -= taken[taken_back]
        last[taken_back], supply[taken_back] = last_before[taken_back], supply_before[taken_back]
        undone[taken_back] = never
        open_ = status[rows] < 0
        why = reject[rows]
        why = np.where((why == 0) & (used[mine] + attempts.size[rows] > attempts.refills[rows] + 1), 73, why)
        soon = time < last[mine] + np.ceil(supply[mine] * USED).astype(np.int64) * DAY
        why = np.where((why == 0) & soon, 79, why)
        needless = attempts.again[rows] & (given[mine] > 0) | soon & attempts.patient[rows]
        decided = np.where(needless, NEEDLESS, np.where(why == 0, PAID, REJECTED))
        status[rows] = np.where(open_, decided, status[rows])
        reject[rows] = np.where(open_, np.where(needless, 0, why), reject[rows])
        number[rows] = np.where(open_, given[mine], number[rows])
        paid = status[rows] == PAID
        rows, mine = rows[paid], mine[paid]
        last_before[mine], supply_before[mine] = last[mine], supply[mine]
        given[mine], last[mine], supply[mine] = number[rows] + 1, attempts.time[rows], attempts.days_supply[rows]
        taken[mine] = attempts.size[rows]
        used[mine] += attempts.size[rows]
        undone[mine] = attempts.reversed_at[rows]
    return status, reject, number


def decide_with_reversals(attempts: Attempts, at: Columns, events: Events) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what `decide` does, minding reversals that follow from no attempt: each takes back its person's latest paid one.

    `at` has every attempt's `entity` and `time`. What a reversal takes back is known once all before it is decided, so
    deciding is repeated, as often as somebody has such reversals, until nothing changes.
    """
    decided = decide(attempts)
    taken = events.timeline("rxmembersim.reversal")
    free = taken.select(match(taken.source, attempts.key) < 0) if taken is not None else None
    if free is None or not len(free):
        return decided
    free = free.select(np.lexsort((free.key, free.time)))
    direct = attempts.reversed_at.copy()
    for _ in range(MOST_REVERSALS):
        paid = np.flatnonzero(decided[0] == PAID)
        place = latest_before(free.entity, free.time, at["entity"][paid], at["time"][paid])
        found, first = np.unique(paid[place[place >= 0]], return_index=True)
        back = direct.copy()
        back[found] = free.time[place >= 0][first]
        back = np.where(np.isnat(direct), back, direct)
        if np.array_equal(back, attempts.reversed_at, equal_nan=True):
            break
        attempts = evolve(attempts, reversed_at=back)
        decided = decide(attempts)
    return decided


def attempts_of(
    events: Events, prescription: np.ndarray, facts: Columns, waiting: np.ndarray, forgone: np.ndarray | None = None
) -> Attempts:
    """Return events as attempts, with what is known of them whatever came before; `facts` has their `size` too."""
    drug = facts["drug"]
    stopped = is_stopped(events, drug, events.time, facts["written"]) | (drug < 0)
    # Nobody collects drugs for the dead, so no pharmacy bills for them.
    stopped |= day_of(events.time) > coverage.deaths(events)
    late = waiting | (events.time < facts["written"])
    status = np.where(stopped, STOPPED, np.where(late, WAITING, -1))
    if forgone is not None:
        status = np.where((status < 0) & forgone, FORGONE, status)
    return Attempts(
        events.key,
        prescription,
        day_of(events.time),
        facts["days_supply"],
        facts["refills"],
        status,
        np.where(status < 0, _refusals(events, drug, facts["days_supply"]), 0),
        np.full(len(events), -1, np.int64),
        _reversals(events.key, events),
        events["again"] if "again" in events.fields else np.zeros(len(events), bool),
        facts["size"],
        (facts["size"] > 1) & patient(events),
    )


def settled(events: Events, beside: Events) -> Attempts:
    """Return events whose status is settled, as attempts, for settling other events `beside` them."""
    return Attempts(
        events.key,
        events["prescription"],
        day_of(events.time),
        events["days_supply"],
        events["refills"],
        events["status"].lookup({word: code for code, word in enumerate(STATUSES)}, STOPPED, np.int64),
        events["reject_code"].lookup({code: int(code) for code in CODES}, 0, np.int64),
        events["fill_number"].astype(np.int64),
        _reversals(events.key, beside),
        np.zeros(len(events), bool),
        events["size"].astype(np.int64),
        np.zeros(len(events), bool),
    )


def needing_approval(events: Events, drug: np.ndarray, open_: np.ndarray, earlier: Events | None) -> np.ndarray:
    """Return where an attempt is the person's first of a specialty drug and comes before the plan's approval."""
    special = open_ & (fact_of(drug, "tier", 0, np.int64) == SPECIALTY)
    mine = person_and_drug(events.entity, drug)
    found = np.zeros(len(events), bool)
    rows = np.flatnonzero(special)
    if not len(rows):
        return found
    rows = rows[np.lexsort((events.key[rows], events.time[rows], mine[rows]))]
    found[rows[np.append(True, mine[rows][1:] != mine[rows][:-1])]] = True
    if earlier is not None:
        tried = earlier["status"].isin(("paid", "rejected"))
        there = person_and_drug(earlier.entity, numbers_of(earlier["drug"]))
        found &= match(mine, there[tried]) < 0
    for number, name in enumerate(drugs()):
        rows = np.flatnonzero(found & (drug == number))
        if len(rows):
            u = uniforms(events.people.seed, f"rxmembersim.prior_authorization.{name}", events.entity[rows])
            found[rows] = u < WITHOUT_APPROVAL
    return found


def outcome(events: Events, facts: Columns, prescription: np.ndarray, decided: tuple) -> dict:
    """Return the fields of settled attempts."""
    status, reject, number = decided
    words = sorted(CODES)
    return {
        "prescription": prescription,
        "status": Coded(status, STATUSES),
        "reject_code": Coded(np.where(reject > 0, np.searchsorted([int(code) for code in words], reject), -1), words),
        "fill_number": number.astype(float),
        "size": facts["size"].astype(float),
        "drug": words_of(facts["drug"]),
        "ndc_code": word_of(facts["drug"], "ndc_code"),
        "rxnorm_code": word_of(facts["drug"], "rxnorm_code"),
        **{name: facts[name] for name in ("quantity", "days_supply", "refills", "reason", "prescriber")},
    }


def benefit(events: Events) -> Coded:
    """Return the pharmacy benefit of the events' persons; a plain one where the product takes no part."""
    if events.has_person("rx_benefit"):
        return events.person("rx_benefit")
    return Coded.constant(next(iter(plans())), len(events))


def _refusals(events: Events, drug: np.ndarray, days_supply: np.ndarray) -> np.ndarray:
    """Return the reject code of what the plan never pays for, else 0."""
    plan = benefit(events)
    part_d = plan.isin(name for name, one in plans().items() if one.benefit_type == "Medicare Part D")
    uncovered = part_d & ~fact_of(drug, "part_d", False, bool)
    beyond = days_supply > plan_fact(plan, "max_days_supply")
    outside = coverage.refusals(events)
    return np.where(outside > 0, outside, np.where(uncovered, 70, np.where(beyond, 76, 0)))


def _reversals(keys: np.ndarray, events: Events) -> np.ndarray:
    """Return when each event of `keys` is taken back by a reversal that follows from it, NaT where it is not."""
    taken = events.timeline("rxmembersim.reversal")
    found = np.full(len(keys), np.datetime64("NaT", "s"))
    if taken is None:
        return found
    taken = taken.select(taken.source >= 0)
    place = match(keys, taken.source)
    found[place >= 0] = taken.time[place[place >= 0]]
    return found
