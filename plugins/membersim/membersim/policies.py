"""Whose policy covers whom: of one household those of one line of business are on one policy, the others on their own."""

from __future__ import annotations

import numpy as np

from healthsim_core.columns import Array
from healthsim_core.declarations import Derivation
from healthsim_core.draws import SLOTS
from healthsim_core.people import People

CHILD_UNTIL = 19
"""Below this age a person who was drawn alone is not on a policy of their own where employers insure."""
OUTSIDE = SLOTS - 1
"""The place in the household of a policy holder who is not among the people."""


def policy_holder(people: People) -> dict[str, Array]:
    """Return the person whose policy covers each: the first of the household with the same line, else themselves.

    People who merely live there (`other`) and those whom nobody insures hold their own. A child who would hold an employer's policy is
    on that of a parent who is not among the people; Medicaid and exchanges insure children by themselves.
    """
    line = people["coverage_type"].codes.astype(np.int64)
    apart = people["role"].isin(["other"]) | (line < 0)
    group = people.unit * (len(people["coverage_type"].words) + 1) + line
    _, first, index = np.unique(np.where(apart, -1 - people.entity, group), return_index=True, return_inverse=True)
    holder = first[index]
    child = (people["age"] < CHILD_UNTIL) & people["coverage_type"].isin(["Commercial"]) & ~apart
    return {"policy_holder": np.where(child[holder], people.unit * SLOTS + OUTSIDE, people.entity[holder])}


def is_outside(holder: np.ndarray) -> np.ndarray:
    """Return which policy holders are not among the people (bool)."""
    return holder % SLOTS == OUTSIDE


def insured(people: People) -> np.ndarray:
    """Return who has any coverage (bool); everybody where nobody says."""
    if "coverage_type" not in people:
        return np.ones(len(people), bool)
    return people["coverage_type"].codes >= 0


POLICY = Derivation(
    "membersim.policy",
    "Whose policy covers a person.",
    ("coverage_type", "role", "age"),
    ("policy_holder",),
    policy_holder,
    "membersim",
)
