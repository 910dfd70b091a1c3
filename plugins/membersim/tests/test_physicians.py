"""What MemberSim promises of professional claims: hospitals' physicians, laboratories, vaccines, and drugs by their dose."""

import pytest

from healthsim_core.generation.run import generate
from membersim.reference.services import drug_units, operation

pytest.importorskip("patientsim", reason="tested where everything is installed")


def event(name, event_type, day=0, **more):
    return {"event_id": name, "event_type": event_type, "product": "patientsim", "day": day, **more}


def after(name, event_type, source, days=0, **parameters):
    return {"event_id": name, "event_type": event_type, "product": "patientsim", "depends_on": source,
            "delay": {"days": days}, "parameters": parameters}  # fmt: skip


SPEC = {
    "id": "care",
    "generation": {"count": 60, "seed": 5, "products": ["patientsim", "membersim", "networksim"]},
    "demographics": {"age": {"type": "uniform_int", "min": 30, "max": 80}},
    "clinical": {"primary_condition": {"code": "C50", "prevalence": 1.0}},
    "journey": {
        "id": "care",
        "events": [
            event("ed", "encounter", 5, parameters={"encounter_type": "ed", "reason": "R07.9", "cpt_codes": "99285,93005,71046,J2405"}),
            event("knee", "admission", 40, parameters={"reason": "M17.11", "specialty": "orthopedic_surgery", "length_of_stay_days": 3}),
            after("replaced", "procedure", "knee", code="0SRC0J9", system="ICD-10-PCS"),
            event("heart", "admission", 80, parameters={"reason": "I21.4", "length_of_stay_days": 4}),
            after("film", "procedure", "heart", 1, code="B2111ZZ", system="ICD-10-PCS"),
            after("catheter", "procedure", "heart", 1, code="4A023N7", system="ICD-10-PCS"),
            after("stent", "procedure", "heart", 1, code="027034Z", system="ICD-10-PCS"),
            after("echo", "procedure", "heart", 1, code="93306"),
            after("ward-test", "lab_order", "heart", 1, test="troponin"),
            event("infusion", "encounter", 120, parameters={"reason": "C50", "cpt_codes": "96413,J9171,J9045"}),
            after("growth", "procedure", "infusion", code="J2506", system="HCPCS"),
            event("visit", "encounter", 150, parameters={"reason": "C50", "cpt_codes": "99214,83036"}),
            after("listed", "lab_order", "visit", test="a1c"),
            after("shot", "immunization", "visit", vaccine="tdap"),
            *(after(f"one-{test}", "lab_order", "visit", 30, test=test) for test in ("sodium", "potassium", "bun", "creatinine", "ca_15_3")),
            event("ultrasound", "procedure", 220, parameters={"code": "76705"}),
            event("flu", "immunization", 280, parameters={"vaccine": "influenza"}),
            event("covid", "immunization", 280, parameters={"vaccine": "covid19"}),
            event("unbilled", "encounter", 300, generates_claim=False, parameters={"reason": "Z00.6"}),
            after("sponsored", "lab_order", "unbilled", test="tsh"),
        ],
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    result = generate(SPEC, workspace=tmp_path_factory.mktemp("home"))
    assert not result.failures
    with result.scenario.connect() as connection:
        yield connection


def rows(connection, sql):
    return connection.execute(sql).fetchall()


def services(connection, where):
    """Return the distinct lists of services and units of claims, with how many claims have each."""
    return rows(
        connection,
        f"""SELECT services, count(*) FROM (
            SELECT string_agg(procedure_code || coalesce('-' || modifier_code, '') || 'x' || unit_count, ' ' ORDER BY line_number) services
            FROM claims c JOIN claim_lines USING (claim_id) WHERE {where} GROUP BY claim_id) GROUP BY 1 ORDER BY 1""",
    )


def test_an_emergency_visit_bills_the_hospital_and_its_physician(cohort):
    assert services(cohort, "billing_role = 'emergency'") == [("99285x1 93010x1", 60)]
    found = rows(
        cohort,
        """SELECT p.claim_type, p.place_of_service_code, f.bill_type_code, count(*),
                  count(*) FILTER (p.rendering_provider_id = e.provider_id AND p.service_date = f.service_date
                                   AND p.submitted_date > p.service_date)
           FROM claims p JOIN claims f USING (encounter_id) JOIN encounters e USING (encounter_id)
           WHERE p.billing_role = 'emergency' AND f.billing_role = 'facility' GROUP BY ALL""",
    )
    assert found == [("professional", "23", "13", 60, 60)]


def test_a_visit_s_place_of_service_is_that_of_its_kind_of_facility(cohort):
    found = rows(
        cohort,
        """SELECT DISTINCT facility_type, place_of_service_code FROM claims JOIN facilities f ON f.facility_id = claims.facility_id
           WHERE billing_role = 'practice' ORDER BY 1""",
    )
    assert found == [("clinic", "11"), ("fqhc", "50")]


def test_a_stay_bills_the_attending_by_the_day(cohort):
    days = [day for day, _ in services(cohort, "billing_role = 'attending'")]
    assert days == ["99222x1 99232x1 99232x1 99232x1 99238x1", "99222x1 99232x1 99232x1 99232x1 99239x1"]
    assert rows(
        cohort,
        """SELECT DISTINCT place_of_service_code, count(DISTINCT l.service_date), min(l.service_date) = min(c.service_date),
                  max(l.service_date) = max(e.end_datetime::DATE)
           FROM claims c JOIN claim_lines l USING (claim_id) JOIN encounters e USING (encounter_id)
           WHERE billing_role = 'attending' GROUP BY claim_id, 1""",
    ) == [("21", 5, True, True)]


def test_who_operates_bills_the_operation_and_its_fee_holds_the_visits(cohort):
    found = services(cohort, "billing_role = 'operating'")
    assert found == [("27447x1", 60), ("93458-26x1 92928x1", 60)]
    assert rows(
        cohort,
        """SELECT e.reason_code, list_sort(list(DISTINCT billing_role)) FROM claims JOIN encounters e USING (encounter_id)
           WHERE e.encounter_type = 'inpatient' GROUP BY 1 ORDER BY 1""",
    ) == [("I21.4", ["attending", "facility", "operating"]), ("M17.11", ["anesthesia", "facility", "operating"])]


def test_anesthesia_is_billed_in_minutes_by_base_and_time(cohort):
    found = rows(
        cohort,
        """SELECT count(*), min(unit_count) >= 90, max(unit_count) <= 150, min(procedure_code), max(modifier_code),
                  count(*) FILTER (abs(l.charge_amount - 2.4 * 20.32 * (7 + unit_count / 15.0)) > 0.03)
           FROM claims JOIN claim_lines l USING (claim_id) WHERE billing_role = 'anesthesia'""",
    )
    assert found == [(60, True, True, "01402", "AA", 0)]


def test_no_service_is_billed_twice_and_an_encounter_has_one_claim_of_each_role(cohort):
    assert rows(
        cohort,
        """SELECT count(*) - count(DISTINCT (encounter_id, billing_role)) FROM claims WHERE encounter_id IS NOT NULL""",
    ) == [(0,)]
    assert rows(
        cohort,
        """SELECT count(*) FROM (SELECT c.member_id, l.service_date, l.procedure_code FROM claims c JOIN claim_lines l USING (claim_id)
           WHERE claim_type = 'professional' GROUP BY ALL HAVING count(*) > 1)""",
    ) == [(0,)]
    # What is done in a ward or in a visit nobody bills makes no claim of its own.
    assert rows(cohort, "SELECT count(*) FROM claim_lines WHERE procedure_code IN ('93306', '84443')") == [(0,)]


def test_drugs_are_billed_in_the_units_of_their_dose(cohort):
    found = dict(
        rows(
            cohort,
            """SELECT procedure_code, [min(unit_count), max(unit_count)] FROM claim_lines JOIN claims USING (claim_id)
               WHERE procedure_code[1] = 'J' AND billing_role = 'practice' GROUP BY 1""",
        )
    )
    assert found["J2506"] == [12, 12]  # six milligrams by the half
    assert 115 <= found["J9171"][0] < found["J9171"][1] <= 175  # 75 mg for a square meter, by the milligram
    assert 10 <= found["J9045"][0] < found["J9045"][1] <= 18
    assert rows(cohort, "SELECT DISTINCT unit_count FROM claim_lines WHERE procedure_code = 'J2405'") == [(4,)]
    assert drug_units()["J9355"].units(75) == 45 and drug_units()["J9263"].units(1.8) == 306


def test_tests_without_a_visit_are_the_laboratorys(cohort):
    assert services(cohort, "billing_role = 'laboratory'") == [("80048x1 86300x1", 60)]
    assert rows(
        cohort,
        """SELECT DISTINCT place_of_service_code, facility_type, rendering_provider_id, referring_provider_id IS NOT NULL, d.code[:3]
           FROM claims c JOIN facilities f ON f.facility_id = billing_facility_id JOIN claim_diagnoses d USING (claim_id)
           WHERE billing_role = 'laboratory' AND rank = 1""",
    ) == [("81", "laboratory", None, True, "C50")]
    free = "SELECT count(*) FILTER (coverage_type = 'Medicare') > 5, sum(member_amount) FILTER (coverage_type = 'Medicare'), max(member_amount) > 0"
    assert rows(cohort, f"{free} FROM claims JOIN coverages USING (coverage_id) WHERE billing_role = 'laboratory'") == [
        (True, 0, True)
    ]


def test_films_and_vaccines_without_a_visit_are_billed_and_those_of_a_visit_join_its_claim(cohort):
    assert services(cohort, "billing_role = 'imaging'") == [("76705x1", 60)]
    assert rows(
        cohort,
        """SELECT DISTINCT specialty FROM claims JOIN providers ON provider_id = rendering_provider_id WHERE billing_role = 'imaging'""",
    ) == [("radiology",)]
    shots = dict(services(cohort, "billing_role = 'practice' AND encounter_id IS NULL"))
    # The dose for elders is for those of 65 and more, whoever pays; Medicare asks for its own number.
    given = {("90656", "90471"), ("90662", "90471"), ("90662", "G0008")}
    assert set(shots) == {f"91320x1 {flu}x1 90480x1 {one}x1" for flu, one in given} and sum(shots.values()) == 60
    # The 31st is a Saturday: the appointment is on the Friday before.
    found = services(cohort, "billing_role = 'practice' AND c.service_date = DATE '2025-05-30'")
    assert found == [("99214-25x1 83036-QWx1 90715x1 90471x1", 60)]
    assert rows(
        cohort,
        "SELECT max(member_amount) FROM claim_lines WHERE procedure_code IN ('90656', '90662', '90471', 'G0008', '90480')",
    ) == [(0,)]


@pytest.mark.parametrize(
    ("code", "surgical", "service", "anesthesia"),
    [("0FT44ZZ", True, "47562", "00790"), ("10D00Z1", True, "59514", "01961"), ("0DBN4ZX", True, "44799", "00840"),
     ("027034Z", False, "92928", None), ("B2111ZZ", False, None, None)],
)  # fmt: skip
def test_an_operation_is_billed_as_what_it_is(code, surgical, service, anesthesia):
    found = operation(code, surgical)
    assert (found.procedure_code, found.anesthesia_code) == (service, anesthesia)


def test_breathing_support_in_a_ward_is_nobodys_operation():
    assert operation("5A09357", False) is None and operation("0BH18EZ", False) is None
