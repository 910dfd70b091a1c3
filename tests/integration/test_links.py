"""Who and where: what NetworkSim assigns is what encounters, trials, orders and claims of every product name."""

import numpy as np
import pytest

from healthsim_core.columns import Coded
from healthsim_core.generation.run import generate

pytest.importorskip("networksim")
PRODUCTS = ["networksim", "patientsim", "membersim", "trialsim"]


def event(name, product, kind, day, **parameters):
    return {
        "event_id": name,
        "name": name,
        "product": product,
        "event_type": kind,
        "delay": {"days": day},
        "parameters": parameters,
    }


CARE = {
    "id": "care",
    "events": [
        event("enrolled", "membersim", "new_enrollment", 0),
        event("emergency", "patientsim", "encounter", 20, encounter_type="ed", reason="R07.9"),
        event("stay", "patientsim", "admission", 20, reason="J18.9", length_of_stay_days=2),
        event("office", "patientsim", "encounter", 40, reason="I10"),
        event("test", "patientsim", "lab_order", 40, test="a1c"),
        event("referred", "patientsim", "referral", 40),
        event("lone-stay", "membersim", "claim_institutional", 60, diagnosis_1="J18.9"),
        event("by-mail", "membersim", "claim_pharmacy", 70, days_supply=90, quantity=180),
        event("dear", "membersim", "claim_pharmacy", 80, ndc_code="00000000000", days_supply=30, quantity=1000),
    ],
}
PEOPLE = {
    "id": "linked",
    "generation": {"count": 120, "seed": 9, "products": PRODUCTS},
    "demographics": {"age": {"type": "uniform", "min": 30, "max": 60}},
    "coverage": {"plan_distribution": {"PPO": 0.5, "HMO": 0.5}},
    "clinical": {"primary_condition": {"code": "E11", "prevalence": 0.5}},
}


@pytest.fixture(scope="module")
def cared(tmp_path_factory):
    result = generate(PEOPLE, CARE, workspace=tmp_path_factory.mktemp("home"))
    with result.scenario.connect() as connection:
        yield lambda sql: connection.execute(sql).fetchall()


def test_a_stay_after_an_emergency_is_in_its_hospital_with_a_physician_of_it(cared):
    pairs = """FROM encounters ed JOIN encounters stay USING (patient_id)
        JOIN providers one ON one.provider_id = ed.provider_id JOIN providers other ON other.provider_id = stay.provider_id
        WHERE ed.encounter_type = 'ed' AND stay.encounter_type = 'inpatient'"""
    assert cared(f"SELECT count(*), count(*) FILTER (ed.facility_id = stay.facility_id) {pairs}") == [(120, 120)]
    assert cared(f"SELECT DISTINCT one.specialty, other.specialty {pairs}") == [
        ("emergency_medicine", "hospital_medicine")
    ]
    assert cared(
        f"SELECT bool_and(one.facility_id = ed.facility_id AND other.facility_id = ed.facility_id) {pairs}"
    ) == [(True,)]


def test_orders_name_the_laboratory_that_bills_and_referrals_the_one_who_leads(cared):
    assert cared("SELECT DISTINCT facility_type FROM lab_orders LEFT JOIN facilities USING (facility_id)") == [
        ("laboratory",)
    ]
    bills = """SELECT count(*) > 0, bool_and(claims.facility_id = lab_orders.facility_id) FROM claims
        JOIN lab_orders ON lab_orders.patient_id = 'PT' || substr(member_id, 2) WHERE billing_role = 'laboratory'"""
    assert cared(bills) == [(True, True)]
    referred = """SELECT referrals.specialty, bool_and(providers.specialty = referrals.specialty), count(*) > 20
        FROM referrals JOIN providers ON providers.provider_id = referred_to_id GROUP BY 1 ORDER BY 1"""
    assert cared(referred) == [("cardiology", True, True), ("endocrinology", True, True)]


def test_a_stay_nobody_attends_by_name_is_a_hospitalist_s(cared):
    found = """SELECT DISTINCT specialty FROM claims JOIN providers ON provider_id = rendering_provider_id
        WHERE claim_type = 'institutional' AND encounter_id IS NULL"""
    assert cared(found) == [("hospital_medicine",)]


def test_pharmacies_are_those_of_the_kind_of_supply(cared):
    found = """SELECT pharmacy_type, count(*) FROM claims JOIN pharmacies USING (pharmacy_id)
        WHERE claim_type = 'pharmacy' GROUP BY 1 ORDER BY 1"""
    assert cared(found) == [("mail", 120), ("specialty", 120)]


def test_claims_say_in_or_out_as_the_network_s_participations_do(cared):
    found = cared(
        """
        WITH net AS (SELECT unnest(string_split(plans, ' ')) AS plan_code, network_id, pharmacy_network_id FROM networks)
        SELECT claim_type, count(*) FILTER (network_status = 'out'), bool_and((network_status = 'in') = coalesce(
          (SELECT bool_or(true) FROM network_participations p
           WHERE claim_type = 'professional' AND p.network_id = net.network_id AND p.provider_id = rendering_provider_id
              OR claim_type = 'institutional' AND p.network_id = net.network_id AND p.facility_id = claims.facility_id
              OR claim_type = 'pharmacy' AND p.network_id = net.pharmacy_network_id AND p.pharmacy_id = claims.pharmacy_id),
          false))
        FROM claims JOIN coverages USING (coverage_id) JOIN net USING (plan_code)
        WHERE billing_role <> 'laboratory' GROUP BY 1 ORDER BY 1"""
    )
    assert [(kind, same) for kind, _, same in found] == [
        ("institutional", True),
        ("pharmacy", True),
        ("professional", True),
    ]
    assert sum(many for _, many, _ in found) > 0, "somebody goes outside"
    assert cared("SELECT count(*) FROM claims WHERE network_status IS NULL") == [(0,)]


def test_care_sought_outside_costs_a_ppo_s_member_more_and_an_hmo_s_no_more():
    from membersim.events.deciding import benefits_of

    plan = Coded(np.array([0, 0, 1]), ["PPO", "HMO"])
    found = benefits_of(plan, np.zeros(3, np.int64), np.array([False, True, True]))
    assert found["coinsurance_percent"].tolist() == [20, 40, 10]


def test_trial_visits_are_seen_at_the_site_by_its_investigator_and_every_site_is_somewhere(tmp_path):
    people = {
        "id": "trial",
        "generation": {"count": 40, "seed": 42, "products": PRODUCTS},
        "clinical": {"primary_condition": {"code": "E11", "prevalence": 1.0}},
    }
    result = generate(people, "trial-participation", workspace=tmp_path)
    with result.scenario.connect() as connection:
        seen = connection.execute(
            """
            SELECT count(*) > 40, bool_and(encounters.facility_id = sites.facility_id),
                   bool_and(encounters.provider_id = sites.investigator_id)
            FROM visits JOIN encounters USING (encounter_id) JOIN subjects USING (subject_id) JOIN sites USING (site_id)"""
        ).fetchall()
        assert seen == [(True, True, True)]
        assert connection.execute("SELECT count(*) > 0, count(*) - count(facility_id) FROM sites").fetchall() == [
            (True, 0)
        ]
