"""The formulary: the drugs of the scenario as rows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from healthsim_core.columns import Coded, Columns
from healthsim_core.declarations import Roster
from rxmembersim.reference import drugs

_TEXTS = (
    "ndc_code",
    "rxnorm_code",
    "drug",
    "label",
    "strength",
    "dose_form",
    "drug_class",
    "dea_schedule",
    "unit",
)


def build(facts: Mapping[str, object], seed: int, rosters: Mapping[str, Columns]) -> dict[str, Columns]:
    """Return the drugs, the same in every scenario."""
    all_drugs = list(drugs().values())
    return {
        "drugs": Columns(
            {
                **{name: Coded.encode(getattr(one, name) for one in all_drugs) for name in _TEXTS},
                "tier": np.array([one.tier for one in all_drugs], np.int64),
                "brand": np.array([one.brand for one in all_drugs], bool),
                # A billing unit may cost less than a cent: the column holds at least one.
                "unit_cost_amount": np.array([max(round(one.unit_cost * 100), 1) for one in all_drugs], np.int64),
            }
        )
    }


FORMULARY = Roster("rxmembersim.formulary", "The drugs of the formulary.", ("drugs",), build, "rxmembersim")
