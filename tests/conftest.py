"""What core's tests share: a catalog of core and one example plugin, and workspaces of their own."""

import example_plugin
import pytest

from healthsim_core import catalog as catalogs

JOURNEY = {
    "id": "rounds",
    "events": [
        {"event_id": "first", "event_type": "visit", "day": 2, "variance_days": 1, "parameters": {"reason": "E11"}},
        {"event_id": "again", "event_type": "visit", "depends_on": "first", "delay": {"days": 10, "days_min": 7, "days_max": 14},
         "repeat": {"every_days": 30, "count": 3, "jitter_days": 2}, "probability": 0.8},
        {"event_id": "special", "event_type": "visit", "day": 200, "conditions": [{"field": "again.score", "operator": "gt", "value": 5}],
         "parameters": {"billed": False}},
    ],
}  # fmt: skip

PROFILE = {
    "id": "guests",
    "generation": {"count": 300, "seed": 11, "products": ["example"]},
    "demographics": {"age": {"type": "normal", "mean": 50, "std_dev": 15, "min": 18, "max": 90}},
    "clinical": {
        "primary_condition": {
            "code": "E11",
            "prevalence": 0.5,
            "severity": {"type": "categorical", "weights": {"high": 0.4, "low": 0.6}},
        },
        "comorbidities": [{"code": "I10", "prevalence": 0.3}],
    },
    "journey": JOURNEY,
}


@pytest.fixture(scope="session")
def plugins():
    return [("example", "healthsim-example", "1.0", lambda: example_plugin)]


@pytest.fixture(scope="session")
def catalog(plugins):
    return catalogs.build(plugins)


@pytest.fixture(scope="session")
def profile():
    return PROFILE
