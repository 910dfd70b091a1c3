"""Why claims are denied: by facts, and by chance for reasons that suit the claim."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from healthsim_core.columns import Coded
from healthsim_core.events import DAY, Events
from membersim.coverage import AFTER, BEFORE
from membersim.reference import denials, of_plan

DENIED_SHARE = 0.06
"""The share of claims denied by chance."""
ORIGINAL = "HSMB1"
"""The payer of Original Medicare, which asks for no authorization and has local rules of coverage."""
FILING_DAYS = 365
"""Claims sent later than so many days after the service are denied."""


def deny(
    events: Events, covered: np.ndarray, last_day: np.ndarray, suits: Mapping[str, np.ndarray] | None = None
) -> Coded:
    """Return why each claim is denied, as a position in `denials()` written as text; missing where it is paid.

    `suits` says which claims each kind of reason suits that chance may bring; without it there is no chance. A second claim of an
    encounter in the same `billing_role` is a duplicate.
    """
    codes = np.full(len(events), -1, np.int32)
    number = {one.reason: place for place, one in enumerate(denials())}
    if suits is not None:
        u = events.draw("denial") / DENIED_SHARE
        weights = np.cumsum([one.weight * suits.get(one.suits, np.zeros(len(u), bool)) for one in denials()], axis=0)
        codes = np.where(u < 1, (weights <= u * weights[-1]).sum(axis=0), -1).astype(np.int32)
    codes[(events.time - last_day) > FILING_DAYS * DAY] = number["29"]
    encounter = events.fields.get("encounter", np.full(len(events), -1, np.int64))
    role = events["billing_role"].codes if "billing_role" in events.fields else np.zeros(len(events), np.int32)
    order = np.lexsort((events.key, events.time, role, encounter))
    same = (encounter[order][1:] == encounter[order][:-1]) & (role[order][1:] == role[order][:-1])
    again = np.append(False, same)[: len(order)]
    codes[order[again & (encounter[order] >= 0)]] = number["18"]
    codes[covered == BEFORE] = number["26"]
    codes[covered == AFTER] = number["27"]
    return Coded(codes, [str(place) for place in range(len(denials()))])


def suited(plan: Coded, planned: np.ndarray, looked_at: np.ndarray, visit: np.ndarray) -> dict[str, np.ndarray]:
    """Return which claims each kind of reason for denials suits; whether they are `looked_at` for necessity."""
    local = of_plan(plan, "payer_id").isin([ORIGINAL])
    return {
        "any": np.ones(len(plan), bool),
        "planned": planned & ~local,
        "necessity": looked_at & ~local,
        "local": looked_at & local,
        "visit": visit,
    }
