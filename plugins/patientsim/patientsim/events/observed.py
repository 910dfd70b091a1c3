"""Rows of observations: what all of them have in common."""

from __future__ import annotations

import numpy as np

from healthsim_core.columns import Array, Coded, Columns
from healthsim_core.events import Events


def observed(events: Events, key: np.ndarray, when: np.ndarray, **given: Array) -> Columns:
    """Return one observation an event, with the columns given; the others are empty."""
    count = len(events)
    nobody, unknown, blank = np.full(count, -1, np.int64), np.full(count, np.nan), Coded.constant(None, count)
    return Columns(
        {
            "observation_id": key,
            "patient_id": events.entity,
            "encounter_id": nobody,
            "lab_order_id": nobody,
            "value": unknown,
            "unit": blank,
            "reference_low": unknown,
            "reference_high": unknown,
            "interpretation_code": blank,
            "effective_datetime": when,
            "issued_datetime": when,
            "provider_id": nobody,
            "value_code": blank,
            "value_text": blank,
            **given,
        }
    )
