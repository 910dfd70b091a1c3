"""What MemberSim promises of hospital claims: DRGs, revenue lines, denials, and one year's balances for all medical claims."""

import numpy as np
import pytest

from healthsim_core.generation.run import generate
from membersim.drg import drg_of
from membersim.events.stays import kind_of

pytest.importorskip("patientsim", reason="tested where everything is installed")

STAYS = {
    "id": "stays",
    "generation": {"count": 250, "seed": 5, "products": ["patientsim", "membersim"]},
    "demographics": {"age": {"type": "normal", "mean": 55, "std_dev": 16, "min": 20, "max": 90}},
    "clinical": {"primary_condition": {"code": "I50", "prevalence": 1.0}},
    "journey": {
        "id": "stays",
        "events": [
            {"event_id": "visit", "event_type": "patientsim.encounter", "day": 10, "repeat": {"every_days": 40, "count": 6},
             "parameters": {"reason": "I50", "cpt_codes": "99214,83880"}},
            {"event_id": "ed", "event_type": "encounter", "day": 60, "variance_days": 20,
             "parameters": {"encounter_type": "ed", "reason": "I50", "cpt_codes": "99285,71046,84484"},
             "branches": [
                 {"name": "in", "weight": 0.4, "events": [
                     {"event_id": "stay", "event_type": "admission", "delay": {"days": 0}, "parameters": {"reason": "I50"}}]},
                 {"name": "home", "weight": 0.6, "events": []}]},
            {"event_id": "out", "event_type": "discharge", "depends_on": "stay", "delay": {"days": 5}, "parameters": {"disposition": "03"}},
            {"event_id": "knee", "event_type": "admission", "day": 200, "probability": 0.3, "parameters": {"reason": "M17.11", "length_of_stay_days": 2}},
            {"event_id": "replaced", "event_type": "procedure", "depends_on": "knee", "delay": {"days": 0},
             "parameters": {"code": "0SRC0J9", "system": "ICD-10-PCS"}},
        ],
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    result = generate(STAYS, workspace=tmp_path_factory.mktemp("home"))
    with result.scenario.connect() as connection:
        yield connection


def rows(connection, sql):
    return connection.execute(sql).fetchall()


@pytest.mark.parametrize(
    ("case", "drg"),
    [
        ((40, 1, 1, ("O80", "Z37.0"), ("10E0XZZ",)), "807"),
        ((40, 1, 1, ("O82", "Z37.0"), ("10D00Z1",)), "788"),
        ((70, 0, 1, ("I50.9",), ()), "293"),
        ((70, 0, 1, ("I50.23", "N17.9"), ()), "292"),
        ((70, 0, 1, ("I50.33", "J96.01"), ()), "291"),
        ((70, 1, 1, ("M17.11",), ("0SRC0J9",)), "470"),
        ((70, 0, 1, ("I21.4",), ()), "282"),
        ((70, 0, 20, ("I21.4",), ()), "285"),
        ((40, 0, 1, ("O80",), ()), "998"),
    ],
)
def test_known_cases_come_to_their_drg(case, drg):
    assert drg_of(*case) == drg


@pytest.mark.parametrize(
    ("procedure", "place"),
    [("0SRC0J9", "operation"), ("0DTJ4ZZ", "operation"), ("10D00Z1", "operation"), ("10E0XZZ", "delivery"),
     ("4A023N7", "catheter"), ("027034Z", "catheter"), ("30233N1", "ward"), ("0BH17EZ", "ward")],
)  # fmt: skip
def test_a_procedure_is_done_where_its_code_says(procedure, place):
    assert kind_of(procedure) == place


def test_every_line_is_charge_less_adjustments_and_lines_make_the_claim(cohort):
    assert rows(
        cohort,
        """
        SELECT count(*) FILTER (l.charge_amount - coalesce(a.cut, 0) <> l.paid_amount OR coalesce(a.own, 0) <> l.member_amount OR l.paid_amount < 0)
        FROM claim_lines l LEFT JOIN (SELECT claim_id, line_number, sum(amount) cut, sum(amount) FILTER (group_code = 'PR') own
                                      FROM claim_adjustments GROUP BY ALL) a USING (claim_id, line_number)""",
    ) == [(0,)]
    assert rows(
        cohort,
        """
        SELECT count(*) FILTER (charge_amount <> charge OR allowed_amount <> allowed OR paid_amount <> paid OR member_amount <> member)
        FROM claims JOIN (SELECT claim_id, sum(charge_amount) charge, sum(allowed_amount) allowed, sum(paid_amount) paid, sum(member_amount) member
                          FROM claim_lines GROUP BY 1) USING (claim_id)""",
    ) == [(0,)]
    kinds = rows(
        cohort,
        """
        SELECT count(*) FROM claims LEFT JOIN (SELECT claim_id, sum(amount) FILTER (reason_code = '1' AND group_code = 'PR') d,
            sum(amount) FILTER (reason_code = '2') c, sum(amount) FILTER (reason_code = '3') f FROM claim_adjustments GROUP BY 1) USING (claim_id)
        WHERE (deductible_amount, coinsurance_amount, copay_amount) <> (coalesce(d, 0), coalesce(c, 0), coalesce(f, 0))""",
    )
    assert kinds == [(0,)]


def test_stays_have_room_and_board_by_the_night_and_an_operating_room_where_somebody_operated(cohort):
    found = rows(
        cohort,
        """
        SELECT drg_code, list_sort(list(DISTINCT revenue_code)), count(DISTINCT claim_id) > 0,
               bool_and(revenue_code <> '0120' OR unit_count = date_diff('day', c.service_date, service_end_date))
        FROM claims c JOIN claim_lines USING (claim_id) WHERE bill_type_code = '11' GROUP BY 1 ORDER BY 1""",
    )
    assert [row[0] for row in found] == ["291", "292", "293", "470"] or [row[0] for row in found][-1] == "470"
    assert all(row[3] for row in found)
    heart, knee = found[0][1], found[-1][1]
    assert {"0120", "0250", "0270", "0300", "0450"} <= set(heart) and "0360" not in heart
    assert {"0120", "0360", "0370"} <= set(knee) and "0450" not in knee


def test_an_admitted_emergency_visit_is_billed_with_the_stay_and_every_other_one_once(cohort):
    assert rows(
        cohort,
        """
        SELECT stayed, count(*) > 50, min(claims), max(claims) FROM (
          SELECT e.encounter_id, count(c.claim_id) claims,
                 EXISTS (SELECT 1 FROM encounters s WHERE s.encounter_type = 'inpatient' AND s.patient_id = e.patient_id
                         AND s.start_datetime::DATE - e.start_datetime::DATE BETWEEN 0 AND 1) stayed
          FROM encounters e LEFT JOIN claims c ON c.encounter_id = e.encounter_id AND c.billing_role = 'facility'
          WHERE e.encounter_type = 'ed' GROUP BY ALL)
        GROUP BY 1 ORDER BY 1""",
    ) == [(False, True, 1, 1), (True, True, 0, 0)]
    assert rows(
        cohort,
        """
        SELECT DISTINCT bill_type_code, admission_type_code, discharge_status_code FROM claims c JOIN claim_lines l USING (claim_id)
        WHERE revenue_code = '0450' ORDER BY 1""",
    ) == [("11", "1", "03"), ("13", "1", "01")]


def test_the_claim_of_a_stay_carries_what_the_encounter_was(cohort):
    assert rows(
        cohort,
        """
        SELECT count(*) > 100, count(*) FILTER (c.service_date <> e.start_datetime::DATE OR service_end_date <> e.end_datetime::DATE
            OR c.rendering_provider_id <> e.provider_id OR c.billing_facility_id <> e.facility_id OR d.code <> e.reason_code
            OR submitted_date < service_end_date OR adjudicated_date <= submitted_date OR f.facility_type <> 'hospital'
            OR present_on_admission_code <> 'Y')
        FROM claims c JOIN encounters e USING (encounter_id) JOIN facilities f ON f.facility_id = c.facility_id
        JOIN claim_diagnoses d ON d.claim_id = c.claim_id AND rank = 1 WHERE bill_type_code = '11'""",
    ) == [(True, 0)]
    assert rows(
        cohort,
        """
        SELECT count(*) > 20, count(*) FILTER (p.code <> '0SRC0J9' OR drg_code <> '470' OR procedure_date NOT BETWEEN service_date AND service_end_date)
        FROM claim_procedures p JOIN claims USING (claim_id)""",
    ) == [(True, 0)]


def test_visits_and_stays_share_one_deductible_and_one_maximum(cohort):
    over, both = rows(
        cohort,
        """
        SELECT count(*) FILTER (d > v.deductible_amount OR m > v.out_of_pocket_max_amount),
               count(*) FILTER (kinds = 2 AND d = v.deductible_amount)
        FROM (SELECT coverage_id, year(service_date), sum(deductible_amount) d, sum(member_amount) m,
                     count(DISTINCT claim_type) FILTER (deductible_amount > 0) kinds FROM claims GROUP BY ALL)
        JOIN coverages v USING (coverage_id) WHERE plan_code <> 'Original'""",
    )[0]
    assert over == 0 and both > 20
    # Original Medicare's hospital insurance has a deductible of its own. Whoever's stay met the deductible pays none for a visit after it.
    assert rows(
        cohort,
        """
        SELECT count(*) FROM claims later JOIN claims first USING (coverage_id) JOIN coverages USING (coverage_id)
        WHERE first.deductible_amount = coverages.deductible_amount AND later.service_date > first.service_date AND later.deductible_amount > 0
          AND plan_code <> 'Original'""",
    ) == [(0,)]


def test_about_six_in_a_hundred_are_denied_and_cost_and_pay_nothing(cohort):
    share, wrong = rows(
        cohort,
        """
        SELECT avg((status = 'denied')::INT), count(*) FILTER (status = 'denied' AND (allowed_amount, paid_amount, member_amount) <> (0, 0, 0))
        FROM claims""",
    )[0]
    assert 0.04 < share < 0.08 and wrong == 0
    assert rows(
        cohort,
        """
        SELECT count(*) FILTER (a.amount <> l.charge_amount OR group_code <> 'CO' OR (reason_code = '16' AND remark_code IS NULL))
        FROM claim_adjustments a JOIN claim_lines l USING (claim_id, line_number) JOIN claims c USING (claim_id) WHERE c.status = 'denied'""",
    ) == [(0,)]


def test_every_claim_is_answered_by_one_remittance_on_a_friday(cohort):
    assert rows(
        cohort,
        """
        SELECT count(*) - count(DISTINCT claim_id), count(*) FILTER (dayname(payment_date) <> 'Friday' OR payment_date - adjudicated_date NOT BETWEEN 0 AND 6
            OR r.paid_amount <> c.paid_amount OR claim_status_code <> '1' OR (payment_method_code = 'NON') <> (c.paid_amount = 0)
            OR r.payer_id <> v.payer_id)
        FROM claims c LEFT JOIN remittances r USING (claim_id) JOIN coverages v USING (coverage_id)""",
    ) == [(0, 0)]


def test_the_same_stays_come_to_the_same_claims_alone_and_in_a_crowd(tmp_path):
    few = {**STAYS, "generation": {**STAYS["generation"], "count": 12}}
    many = {**STAYS, "generation": {**STAYS["generation"], "count": 40}}
    found = []
    for number, spec in enumerate((few, many)):
        with generate(spec, workspace=tmp_path / str(number)).scenario.connect() as connection:
            found.append(
                rows(connection, "SELECT * FROM claims WHERE substr(member_id, 2)::INT < 12 * 16 ORDER BY claim_id")
            )
    assert found[0] == found[1] and len(found[0]) > np.int64(60)


def test_births_are_grouped_as_deliveries_however_many_diseases_the_mother_has(tmp_path):
    ill = [{"code": code, "prevalence": 1.0} for code in ("E66", "F41", "E03", "J45")]
    mothers = {
        "id": "mothers",
        "generation": {"count": 40, "products": ["patientsim", "membersim"]},
        "demographics": {
            "age": {"type": "uniform", "min": 20, "max": 39},
            "gender": {"type": "categorical", "weights": {"F": 1}},
        },
        "clinical": {"comorbidities": ill},
        "journey": {"template": "pregnancy-journey"},
    }
    result = generate(mothers, workspace=tmp_path)
    with result.scenario.connect() as connection:
        found = rows(connection, "SELECT drg_code, count(*) FROM claims WHERE bill_type_code = '11' GROUP BY 1")
        # 786 to 788: cesarean section; 805 to 807: vaginal delivery; 998 and 999 are no groups, and no payer pays them.
        assert sum(count for _, count in found) == 40
        assert {drg for drg, _ in found} <= {"786", "787", "788", "805", "806", "807"}
        assert any(drg < "800" for drg, _ in found) and any(drg > "800" for drg, _ in found)
        # The hospital, who delivers and who takes the pain away all say how it went.
        outcome = "SELECT count(DISTINCT claim_id) FROM claim_diagnoses WHERE code = 'Z37.0' AND rank > 1"
        assert rows(connection, outcome) == [(120,)]
