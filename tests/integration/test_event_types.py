"""Every event type that specifications may name is there: it makes rows of its own tables, or is a marker and says so."""

import pytest

from healthsim_core import catalog
from healthsim_core.columns import Span
from healthsim_core.generation.handling import generate_span
from healthsim_core.generation.resolving import resolve

CATALOG = catalog.build()
NAMED = {
    "patientsim": "admission discharge transfer encounter observation procedure medication_order lab_order lab_result diagnosis "
    "referral care_plan_update immunization allergy vital_signs trial_eligible",
    "membersim": "new_enrollment termination plan_change claim_professional claim_institutional claim_pharmacy gap_identified gap_closed",
    "rxmembersim": "new_rx refill fill reversal therapy_start therapy_change therapy_discontinue adherence_gap mpr_threshold",
    "trialsim": "screening randomization withdrawal scheduled_visit unscheduled_visit adverse_event serious_adverse_event "
    "protocol_deviation dose_modification",
}
TYPES = [f"{product}.{name}" for product, names in NAMED.items() for name in names.split()]
MARKERS = ("core.milestone", "core.journey_start", "core.journey_end")
PRODUCTS = list(NAMED)
PEOPLE = 40
STAY = {"length_of_stay_days": 5}
BEFORE = {
    # In a trial nothing happens to whom nobody screened, nor is anything withdrawn from whom nobody randomized.
    "trialsim": [("screening", 0, {}), ("randomization", 10, {})],
    # Nobody moves in a hospital, or goes home from it, without having come.
    "patientsim": [("admission", 20, STAY)],
    "rxmembersim": [("new_rx", 0, {})],
}
LATER = {"rxmembersim.adherence_gap": 120, "rxmembersim.mpr_threshold": 120}
"""The day of what is found only when drugs have run out."""


def rows_of(event_type, tmp_path):
    """Return the tables of some people to whom the event happens once, besides what it needs, and the events."""
    product, name = event_type.split(".")
    journey = [
        {"event_id": f"before-{one}", "event_type": f"{product}.{one}", "day": day, "parameters": more}
        for one, day, more in BEFORE.get(product, ())
        if one != name
    ]
    journey.append({"event_id": "it", "event_type": event_type, "day": LATER.get(event_type, 22)})
    spec = {
        "id": "named",
        "generation": {"count": PEOPLE, "seed": 3, "products": PRODUCTS},
        "demographics": {"age": {"type": "uniform_int", "min": 50, "max": 70}},
        "clinical": {"primary_condition": {"code": "E11", "prevalence": 1.0}},
        "journey": {"id": "j", "events": journey},
    }
    plan = resolve(spec, CATALOG, tmp_path)
    tables, timeline = generate_span(plan, Span(0, PEOPLE), plan.build_rosters())
    return tables, timeline[event_type]


@pytest.mark.parametrize("name", TYPES)
def test_it_is_there_and_makes_rows_of_its_tables(name, tmp_path):
    event_type = CATALOG.get("event type", name)
    assert event_type is not None and event_type.handle is not None and event_type.writes
    tables, events = rows_of(name, tmp_path)
    assert len(events) >= PEOPLE * 0.5, "it happens"
    own = [table for table in event_type.writes if table in tables and tables[table].length]
    assert own, f"no rows in {event_type.writes}"


@pytest.mark.parametrize("name", MARKERS)
def test_a_marker_writes_nothing_and_says_so(name):
    event_type = CATALOG.get("event type", name)
    assert event_type.handle is None and event_type.writes == () and "no rows" in event_type.doc
