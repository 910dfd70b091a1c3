"""The default triggers: each fires among two hundred people, in time, and what it carries arrives."""

import numpy as np
import pytest

from healthsim_core import catalog
from healthsim_core.columns import Coded, Span
from healthsim_core.events import DAY, match
from healthsim_core.generation.asking import Asked
from healthsim_core.generation.journey import unfold
from healthsim_core.generation.profile import sample
from healthsim_core.generation.resolving import resolve

CATALOG = catalog.build()
PEOPLE = 200

# source, target, fewest and most days, as the specification's table of triggers has them
TABLE = {
    "encounter-to-professional-claim": ("patientsim.encounter", "membersim.claim_professional", 1, 7),
    "hospital-encounter-to-professional-claim": ("patientsim.encounter", "membersim.claim_professional", 1, 7),
    "admission-to-professional-claim": ("patientsim.admission", "membersim.claim_professional", 1, 7),
    "procedure-to-professional-claim": ("patientsim.procedure", "membersim.claim_professional", 1, 7),
    "procedure-to-anesthesia-claim": ("patientsim.procedure", "membersim.claim_anesthesia", 1, 7),
    "lab-order-to-professional-claim": ("patientsim.lab_order", "membersim.claim_professional", 1, 7),
    "immunization-to-professional-claim": ("patientsim.immunization", "membersim.claim_professional", 1, 7),
    "emergency-to-institutional-claim": ("patientsim.encounter", "membersim.claim_institutional", 1, 7),
    "inpatient-encounter-to-institutional-claim": ("patientsim.encounter", "membersim.claim_institutional", 1, 7),
    "admission-to-institutional-claim": ("patientsim.admission", "membersim.claim_institutional", 1, 7),
    "diagnosis-to-professional-claim": ("patientsim.diagnosis", "membersim.claim_professional", 1, 7),
    "lab-order-to-result": ("patientsim.lab_order", "patientsim.lab_result", 1, 5),
    "medication-order-to-fill": ("patientsim.medication_order", "rxmembersim.fill", 0, 3),
    "fill-to-pharmacy-claim": ("rxmembersim.fill", "membersim.claim_pharmacy", 0, 0),
    "refill-to-pharmacy-claim": ("rxmembersim.refill", "membersim.claim_pharmacy", 0, 0),
    "gap-to-care-plan-update": ("membersim.gap_identified", "patientsim.care_plan_update", 3, 14),
    "trial-eligible-to-screening": ("patientsim.trial_eligible", "trialsim.screening", 3, 14),
    "new-rx-to-fill": ("rxmembersim.new_rx", "rxmembersim.fill", 0, 3),
    "therapy-start-to-new-rx": ("rxmembersim.therapy_start", "rxmembersim.new_rx", 0, 0),
    "therapy-change-to-new-rx": ("rxmembersim.therapy_change", "rxmembersim.new_rx", 0, 0),
    "adverse-event-to-dose-modification": ("trialsim.adverse_event", "trialsim.dose_modification", 0, 0),
    "adverse-event-to-withdrawal": ("trialsim.adverse_event", "trialsim.withdrawal", 0, 0),
    "serious-adverse-event-to-dose-modification": (
        "trialsim.serious_adverse_event",
        "trialsim.dose_modification",
        0,
        0,
    ),
    "serious-adverse-event-to-withdrawal": ("trialsim.serious_adverse_event", "trialsim.withdrawal", 0, 0),
    "serious-adverse-event-to-unscheduled-visit": (
        "trialsim.serious_adverse_event",
        "trialsim.unscheduled_visit",
        1,
        5,
    ),
    "visit-to-protocol-deviation": ("trialsim.scheduled_visit", "trialsim.protocol_deviation", 0, 0),
}
STRAIGHT = ("medication-order-to-pharmacy-claim", "patientsim.medication_order", "membersim.claim_pharmacy", 0, 3)


def event(name, event_type, day, **more):
    return {"event_id": name, "event_type": event_type, "day": day, **more}


JOURNEY = {
    "id": "a-bit-of-everything", "duration_days": 200,
    "events": [
        event("office", "encounter", 0, parameters={"reason": "E11", "cpt_codes": "99214,83036"}),
        event("lab", "lab_order", 0, parameters={"test": "a1c"}),
        event("order", "medication_order", 0, parameters={"drug": "metformin", "reason": "E11"}),
        event("again", "refill", 28, depends_on="order", product="rxmembersim"),
        event("alone", "diagnosis", 20, parameters={"code": "I10"}),
        event("eligible", "trial_eligible", 30, parameters={"study": "HS-DM-201"}),
        event("ed", "encounter", 60, parameters={"encounter_type": "ed", "reason": "R07"}, branches=[
            {"weight": 0.4, "events": [{"event_id": "stay", "event_type": "admission", "delay": {"days": 0}, "parameters": {"reason": "I50"}}]},
            {"weight": 0.6, "events": [{"event_id": "note", "event_type": "milestone", "delay": {"days": 0}}]}]),
        event("night", "encounter", 120, parameters={"encounter_type": "inpatient", "reason": "I10"}),
        event("gallbladder", "admission", 150, parameters={"reason": "K80.20"}),
        event("removed", "procedure", 150, depends_on="gallbladder", parameters={"code": "0FT44ZZ", "system": "ICD-10-PCS"}),
        event("shot", "immunization", 30, parameters={"vaccine": "influenza"}),
        event("gap", "gap_identified", 90, parameters={"measure": "A1C_TEST"}),
        event("begun", "therapy_start", 5, parameters={"drug": "lisinopril", "reason": "I10"}),
        event("changed", "therapy_change", 70, parameters={"drug": "losartan", "reason": "I10"}),
        event("randomized", "randomization", 50, depends_on="eligible"),
        event("visit", "scheduled_visit", 52, depends_on="randomized", repeat={"every_days": 14, "count": 4},
              parameters={"planned_day": 1, "window_from": -1, "window_to": 1}),
        event("harm", "adverse_event", 60, depends_on="randomized", repeat={"every_days": 10, "count": 5}),
        event("grave", "serious_adverse_event", 80, depends_on="randomized", repeat={"every_days": 30, "count": 2}),
    ],
}  # fmt: skip


def unfolded(tmp_path, products):
    spec = {
        "id": "triggers",
        "generation": {"count": PEOPLE, "seed": 4},
        "demographics": {"age": 55},
        "clinical": {"primary_condition": {"code": "E11"}},
        "journey": JOURNEY,
    }
    plan = resolve(spec, CATALOG, tmp_path, Asked(products=products))
    return plan, unfold(plan, sample(plan, Span(0, PEOPLE), plan.build_rosters()))


@pytest.fixture(scope="module")
def everything(tmp_path_factory):
    return unfolded(tmp_path_factory.mktemp("home"), ("patientsim", "membersim", "rxmembersim", "trialsim"))


def fired(plan, timeline, name):
    """Return the events a trigger made and, aligned, those they follow from."""
    pairs = []
    for number, part in enumerate(plan.parts):
        if part.trigger is not None and part.trigger.name == name and len(timeline.parts[number]):
            made, source = timeline.parts[number], timeline.parts[part.source]
            pairs.append((part.trigger, made, source.select(match(made.source, source.key))))
    assert pairs, f"{name} never fired"
    return pairs


def plain(column):
    return np.array([*column.words, ""], object)[column.codes] if isinstance(column, Coded) else column


def given(column):
    values = plain(column)
    if isinstance(column, Coded):
        return values != ""
    if values.dtype.kind in "fM":
        return ~(np.isnan(values) if values.dtype.kind == "f" else np.isnat(values))
    return np.ones(len(values), bool) if values.dtype.kind == "b" else values >= 0


def check(plan, timeline, name, source, target, fewest, most):
    for trigger, made, cause in fired(plan, timeline, name):
        assert (trigger.source, trigger.target) == (source, target)
        at = "ordered_time" if name == "lab-order-to-result" else trigger.at
        begin = (cause[at] if at else cause.time).astype("datetime64[D]")
        days = (made.time.astype("datetime64[D]") - begin).astype(int)
        assert fewest <= days.min() and days.max() <= most and (fewest == most or days.min() < days.max())
        assert trigger.carry, f"{name} carries nothing"
        for own, theirs in trigger.carry.items():
            rows = given(cause[theirs])
            here, there = plain(made[own])[rows], plain(cause[theirs])[rows]
            if own == "service_time":  # procedures are billed by the day
                here, there = here.astype("datetime64[D]"), there.astype("datetime64[D]")
            if target == "rxmembersim.fill" and own in ("quantity", "days_supply"):
                # Who takes three months at a time gets them on an order of one.
                assert set(np.unique(here / there)) == {1.0, 3.0}, f"{name}: {own}"
                continue
            assert (here == there).all(), f"{name}: {own}"


def test_no_trigger_is_left_out():
    assert {*TABLE, STRAIGHT[0]} == set(CATALOG.all("trigger"))


@pytest.mark.parametrize("name", TABLE)
def test_it_fires_in_time_and_what_it_carries_arrives(everything, name):
    check(*everything, name, *TABLE[name])


def test_the_carried_provider_codes_and_quantity_are_there_at_all(everything):
    plan, timeline = everything
    for name, fields in {
        "encounter-to-professional-claim": ("provider", "facility", "diagnosis_1", "cpt_codes"),
        "emergency-to-institutional-claim": ("provider", "facility", "diagnosis_1"),
        "admission-to-institutional-claim": ("provider", "facility", "diagnosis_1", "end_time"),
        "medication-order-to-fill": ("order", "drug", "quantity", "days_supply", "prescriber", "reason"),
        "fill-to-pharmacy-claim": ("fill", "drug", "quantity", "ndc_code"),
    }.items():
        for _, made, _ in fired(plan, timeline, name):
            assert all(given(made[one]).all() for one in fields), name


def test_an_order_is_billed_straight_where_no_pharmacy_benefit_takes_part(tmp_path, everything):
    plan, timeline = everything
    assert not any(part.trigger is not None and part.trigger.name == STRAIGHT[0] for part in plan.parts)
    check(*unfolded(tmp_path, ("patientsim", "membersim")), *STRAIGHT)


def test_no_service_is_billed_twice_and_every_visit_is_billed(everything):
    _, timeline = everything
    claims, hospital = timeline["membersim.claim_professional"], timeline["membersim.claim_institutional"]
    encounters, stays = timeline["patientsim.encounter"], timeline["patientsim.admission"]
    # A visit to the emergency department that ends in a stay is part of the stay's claim of the hospital.
    kind = plain(encounters["encounter_type"])
    apart = (kind == "inpatient") | (kind == "ed") & ~encounters["admitted"]
    assert sorted(hospital["encounter"]) == sorted([*encounters.key[apart], *stays.key])
    leads = claims.select((claims["bill"] == claims.key) & (claims["encounter"] >= 0))
    role = plain(leads["billing_role"])
    pairs = list(zip(leads["encounter"], role, strict=True))
    assert len(pairs) == len(set(pairs))
    assert set(leads["encounter"][role == "practice"]) == set(encounters.key[kind == "office"])
    assert set(leads["encounter"][role == "emergency"]) == set(encounters.key[kind == "ed"])
    operated = leads["encounter"][role == "operating"]
    assert len(operated) == PEOPLE and np.isin(operated, stays.key).all()
    attended = set(leads["encounter"][role == "attending"])
    assert attended == (set(stays.key) | set(encounters.key[kind == "inpatient"])) - set(operated)


def test_claims_follow_the_discharge_and_diagnoses_of_visits_make_none(everything):
    _, timeline = everything
    claims, stays = timeline["membersim.claim_institutional"], timeline["patientsim.admission"]
    mine = match(claims["encounter"], stays.key)
    assert ((claims.time[mine >= 0] - stays["end_time"][mine[mine >= 0]]) >= DAY).all()
    alone = timeline["membersim.claim_professional"]
    alone = alone.select((alone["encounter"] < 0) & (alone["vaccine"].codes < 0))
    assert len(alone) == PEOPLE  # the one diagnosis that no visit is about
