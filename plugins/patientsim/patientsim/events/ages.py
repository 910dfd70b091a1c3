"""How old people are when things happen."""

from __future__ import annotations

import numpy as np

from healthsim_core.events import Events

UNKNOWN_AGE = 40.0
"""Years that are taken where nothing is known of a person."""


def age_at(events: Events) -> np.ndarray:
    """Return each person's age in years (float) when the event happens."""
    if not events.has_person("birth_date"):  # a timeline of somebody who is known by an id only
        return np.full(len(events), UNKNOWN_AGE)
    days = (events.time - events.person("birth_date")) / np.timedelta64(86400, "s")
    return np.where(np.isnan(days), events.person("age"), np.maximum(days, 0) / 365.25)
