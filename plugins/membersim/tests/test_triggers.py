"""Every trigger of MemberSim fires and carries its codes, provider and amounts."""

import pytest

from healthsim_core.generation.run import generate
from membersim.triggers import TRIGGERS

pytest.importorskip("patientsim", reason="tested where everything is installed")


def made(tmp_path, *events, products=("patientsim", "membersim"), **options):
    spec = {
        "generation": {"count": 40, "seed": 3, "products": list(products)},
        "demographics": {"age": {"type": "uniform_int", "min": 30, "max": 80}},
        "clinical": {
            "primary_condition": {"code": "E11", "prevalence": 1.0},
            "comorbidities": [{"code": "I10", "prevalence": 0.5}],
        },
        "journey": {"id": "triggers", "events": list(events)},
    }
    return generate(spec, workspace=tmp_path, **options).scenario.connect()


def rows(connection, sql):
    return connection.execute(sql).fetchall()


@pytest.mark.parametrize(
    ("event", "claim_type", "lines"),
    [
        ({"event_type": "encounter", "parameters": {"reason": "E11", "cpt_codes": "99214,83036", "specialty": "endocrinology"}}, "professional", ["83036", "99214"]),
        ({"event_type": "encounter", "parameters": {"encounter_type": "ed", "reason": "R07", "cpt_codes": "99285,84484"}}, "institutional", ["84484", "99285"]),
        ({"event_type": "encounter", "parameters": {"encounter_type": "inpatient", "reason": "J18"}}, "institutional", None),
        ({"event_type": "admission", "parameters": {"reason": "J18", "length_of_stay_days": 4}}, "institutional", None),
    ],
)  # fmt: skip
def test_what_is_seen_is_what_is_billed(tmp_path, event, claim_type, lines):
    with made(tmp_path, {"event_id": "it", "day": 20, **event}) as connection:
        found = rows(
            connection,
            """
            SELECT c.claim_type, list_sort(list(DISTINCT l.procedure_code) FILTER (l.procedure_code IS NOT NULL)),
                   bool_and(c.rendering_provider_id = e.provider_id AND c.facility_id = e.facility_id AND c.service_date = e.start_datetime::DATE
                            AND c.submitted_date - e.end_datetime::DATE BETWEEN 1 AND 7),
                   bool_and(codes = (SELECT list(code ORDER BY rank) FROM diagnoses d WHERE d.encounter_id = e.encounter_id)), count(DISTINCT claim_id)
            FROM claims c JOIN encounters e USING (encounter_id) JOIN claim_lines l USING (claim_id)
            JOIN (SELECT claim_id, list(code ORDER BY rank) codes FROM claim_diagnoses GROUP BY 1) USING (claim_id)
            WHERE billing_role IN ('practice', 'facility') GROUP BY 1""",
        )
    assert found == [(claim_type, lines, True, True, 40)]


def test_a_diagnosis_is_billed_only_where_no_encounter_bills_it(tmp_path):
    alone = {"event_id": "alone", "event_type": "diagnosis", "day": 10, "parameters": {"code": "I10"}}
    visit = {"event_id": "visit", "event_type": "encounter", "day": 60, "parameters": {"reason": "E11"}}
    within = {
        "event_id": "within",
        "event_type": "diagnosis",
        "depends_on": "visit",
        "delay": {"days": 0},
        "parameters": {"code": "E78"},
    }
    with made(tmp_path, alone, visit, within) as connection:
        assert rows(connection, "SELECT encounter_id IS NULL, list_sort(list(DISTINCT substr(code, 1, 3))), count(DISTINCT claim_id) FROM claims "
                                "JOIN claim_diagnoses USING (claim_id) WHERE rank = 1 GROUP BY 1 ORDER BY 1") == [(False, ["E11"], 40), (True, ["I10"], 40)]  # fmt: skip


def test_an_order_is_the_pharmacy_claim_where_nobody_keeps_fills(tmp_path):
    order = {
        "event_id": "rx",
        "event_type": "patientsim.medication_order",
        "day": 5,
        "parameters": {"drug": "lisinopril", "reason": "I10"},
    }
    with made(tmp_path, order) as connection:
        assert rows(
            connection,
            """
            SELECT count(*), bool_and(prescriber_id = coalesce(o.provider_id, m.provider_id) AND claim_type = 'pharmacy' AND c.service_date - ordered_datetime::DATE BETWEEN 0 AND 3
                AND unit_count = quantity AND length(ndc_code) = 11 AND c.allowed_amount > 0 AND d.code = reason_code AND deductible_amount = 0
                AND billing_facility_id IS NULL)
            FROM claims c JOIN medication_orders o USING (medication_order_id) JOIN members m USING (member_id) JOIN claim_lines USING (claim_id) JOIN claim_diagnoses d USING (claim_id)""",
        ) == [(40, True)]


def test_a_paid_fill_is_a_claim_with_the_fills_amounts_and_a_reversed_one_is_none(tmp_path):
    pytest.importorskip("rxmembersim.plugin")
    order = {
        "event_id": "rx",
        "event_type": "patientsim.medication_order",
        "day": 5,
        "parameters": {"drug": "lisinopril", "reason": "I10"},
    }
    refill = {
        "event_id": "more",
        "event_type": "rxmembersim.refill",
        "depends_on": "rx",
        "repeat": {"every_days": 30, "count": 3},
    }
    back = {
        "event_id": "back",
        "event_type": "rxmembersim.reversal",
        "depends_on": "more",
        "delay": {"days": 1},
        "probability": 0.2,
    }
    with made(tmp_path, order, refill, back, products=("patientsim", "membersim", "rxmembersim")) as connection:
        claims, wrong = rows(
            connection,
            """
            SELECT count(*), count(*) FILTER (f.status = 'reversed' OR c.paid_amount <> plan_paid_amount OR c.member_amount <> patient_pay_amount
                OR c.allowed_amount <> total_amount OR c.pharmacy_id <> f.pharmacy_id OR l.ndc_code <> f.ndc_code OR c.service_date <> f.fill_date)
            FROM claims c JOIN fills f USING (fill_id) JOIN claim_lines l USING (claim_id)""",
        )[0]
        assert claims > 60 and wrong == 0
        assert rows(connection, "SELECT count(*) FROM claims WHERE claim_type = 'pharmacy' AND fill_id IS NULL") == [
            (0,)
        ]
        dispensed = rows(connection, "SELECT count(*) FROM fills WHERE status = 'dispensed'")[0][0]
        assert claims == dispensed


def test_orders_rest_where_fills_are_kept():
    assert next(one for one in TRIGGERS if one.source == "patientsim.medication_order").unless == "rxmembersim"


def test_a_gap_goes_into_the_care_plan(tmp_path):
    gap = {"event_id": "gap", "event_type": "membersim.gap_identified", "day": 5}
    with made(tmp_path, gap) as connection:
        assert rows(
            connection,
            """
            SELECT count(*), bool_and(p.start_date - g.identified_date BETWEEN 3 AND 14 AND p.title = g.description AND replace(patient_id, 'PT', 'M') = member_id)
            FROM care_plans p JOIN care_gaps g USING (care_gap_id)""",
        ) == [(40, True)]
