"""The rows of coverages: who each policy covers, what it costs and limits, and who holds it where nobody drew them."""

from __future__ import annotations

import numpy as np

from healthsim_core.builtins import names
from healthsim_core.columns import Array, Coded, Columns, stack
from healthsim_core.events import DAY, Events
from membersim.coverage import ENROLLMENT, Periods, beside
from membersim.policies import is_outside
from membersim.premiums import premiums
from membersim.reference import benefit, of_plan, plans

GROUPED = ("Commercial",)
"""Coverage types that come through an employer's group."""


FAMILY = ("family_deductible", "family_out_of_pocket_max")


def coverage_levels(events: Events) -> Coded:
    """Return who each policy covers (X12 1207): EMP employee, ESP with spouse, ECH with children, FAM family."""
    people = events.people
    first, role = people.first_row, people["role"]
    outside = np.zeros(len(people), bool)
    if "policy_holder" in people:
        outside = is_outside(people["policy_holder"])
        first = people.rows_of(np.where(outside, people.entity[first], people["policy_holder"]))

    def lives_with(word: str) -> np.ndarray:
        return np.bincount(first, weights=role.isin([word]), minlength=len(people))[first] > 0

    # Of a parent who is not among the people no more is known than the children.
    level = np.where(outside, 2, lives_with("spouse") + 2 * lives_with("dependent"))
    return Coded(level[events.row], ("EMP", "ESP", "ECH", "FAM"))


def coverage_rows(events: Events, mine: np.ndarray, found: Periods) -> Columns:
    """Return the coverages at positions `mine` of the periods, and the stand-alone drug coverages that go beside them."""
    plan = found.plan[mine]
    drugs = of_plan(plan, "drug_plan")
    also = np.flatnonzero(
        plan.lookup({key: one.drug_plan not in (key, None) for key, one in plans().items()}, False, bool)
    )
    medical = _rows(events, mine, found, found.key[mine], plan)
    if not len(also):
        return medical
    return stack([medical, _rows(events, mine[also], found, beside(found.key[mine[also]]), drugs[also])])


def _rows(events: Events, mine: np.ndarray, found: Periods, key: np.ndarray, plan: Coded) -> Columns:
    """Return the coverages by `key` and `plan` that hold over the periods at positions `mine`."""
    entity = found.entity[mine]
    group = plan.recode(
        {
            key: f"GRP{one.payer_id}{number:02d}"
            for number, (key, one) in enumerate(plans().items())
            if one.coverage_type in GROUPED
        }
    )
    enrolled = events.timeline(ENROLLMENT)
    rows = events.people.rows_of(entity)
    levels = coverage_levels(enrolled)
    level = np.full(len(events.people), -1, np.int32)
    level[enrolled.row] = levels.codes
    return Columns(
        {
            "coverage_id": key,
            "member_id": entity,
            "payer_id": of_plan(plan, "payer_id"),
            "payer_name": of_plan(plan, "payer_name"),
            "plan_code": plan,
            "plan_name": of_plan(plan, "name"),
            "coverage_type": of_plan(plan, "coverage_type"),
            "contract_code": of_plan(plan, "contract"),
            "group_number": group,
            "coverage_level": Coded(level[rows], levels.words),
            "start_date": found.start[mine].astype("datetime64[s]"),
            "end_date": found.open_end[mine],
            "premium_amount": premiums(
                events.people, entity, plan, Coded(level[rows], levels.words), found.start[mine]
            ),
            "deductible_amount": benefit(plan, "deductible"),
            "out_of_pocket_max_amount": _or_none(benefit(plan, "out_of_pocket_max")),
            **{f"{name}_amount": _of_families(plan, level[rows], name) for name in FAMILY},
        }
    )


def _or_none(limit: np.ndarray) -> np.ndarray:
    return np.where(limit > 0, limit, -1)


def _of_families(plan: Coded, level: np.ndarray, name: str) -> np.ndarray:
    """Return a family's limit, -1 for people who are covered alone and where there is none."""
    amount = benefit(plan, name)
    return np.where((level > 0) & (amount > 0), amount, -1)


PARENT_AGE = (22, 40)
"""How much older than the child a policy holder is whom nobody drew: HealthSim's round figures."""


def parents(new: Events, outside: np.ndarray) -> dict[str, Array]:
    """Return name, birth date and sex of the policy holders who are not among the people, nothing for the others'."""
    n = len(new)
    if not outside.any():
        blank = {name: Coded.constant(None, n) for name in ("given_name", "family_name", "gender")}
        found = {**blank, "birth_date": np.full(n, np.datetime64("NaT", "s"))}
        return {f"subscriber_{name}": one for name, one in found.items()}
    # One draw for all children of a household: they have one parent.
    people = new.people.scoped("membersim.parent")
    gender = Coded((people.draw("gender", shared=True) < 0.5).astype(np.int32), ("F", "M"))
    first = people.first_row
    people.columns = {**people.columns, "gender": gender}
    given = names(people)["given_name"][first][new.row]
    low, high = PARENT_AGE
    years = low + people.draw("age", shared=True) * (high - low)
    oldest = np.minimum.reduceat(people["birth_date"], np.unique(first))[np.unique(first, return_inverse=True)[1]]
    born = (oldest - np.rint(years * 365.2425).astype(np.int64) * DAY).astype("datetime64[D]").astype("datetime64[s]")
    blank = Coded.constant(None, n)
    return {
        "subscriber_given_name": given.where(outside, blank),
        "subscriber_family_name": new.person("family_name").where(outside, blank),
        "subscriber_gender": gender[new.row].where(outside, blank),
        "subscriber_birth_date": np.where(outside, born[new.row], np.datetime64("NaT", "s")),
    }
