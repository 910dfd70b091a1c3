"""Whose policy covers whom: of one household those of one line of business are on one policy, the others on their own."""

from __future__ import annotations

import numpy as np

from healthsim_core.columns import Array
from healthsim_core.declarations import Derivation
from healthsim_core.people import People


def policy_holder(people: People) -> dict[str, Array]:
    """Return the person whose policy covers each: the first of the household with the same line, else themselves.

    People who merely live there (`other`) and those whom nobody insures hold their own.
    """
    line = people["coverage_type"].codes.astype(np.int64)
    apart = people["role"].isin(["other"]) | (line < 0)
    group = people.unit * (len(people["coverage_type"].words) + 1) + line
    _, first, index = np.unique(np.where(apart, -1 - people.entity, group), return_index=True, return_inverse=True)
    return {"policy_holder": people.entity[first][index]}


def insured(people: People) -> np.ndarray:
    """Return who has any coverage (bool); everybody where nobody says."""
    if "coverage_type" not in people:
        return np.ones(len(people), bool)
    return people["coverage_type"].codes >= 0


POLICY = Derivation(
    "membersim.policy",
    "Whose policy covers a person.",
    ("coverage_type", "role"),
    ("policy_holder",),
    policy_holder,
    "membersim",
)
