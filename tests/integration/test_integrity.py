"""Two thousand people in all products at once: every key leads somewhere, every date is in its order, all money adds up."""

import pytest
from orphans import orphans

from healthsim_core import catalog, generate

PEOPLE = 2000
SPEC = {
    "id": "everything",
    "generation": {"count": PEOPLE, "seed": 8, "products": ["patientsim", "membersim", "rxmembersim", "trialsim", "networksim"]},
    "demographics": {"age": {"type": "uniform_int", "min": 20, "max": 85}},
    "clinical": {
        "primary_condition": {"code": "E11", "prevalence": 0.6},
        "comorbidities": [{"code": "I10", "prevalence": 0.5}, {"code": "E78.5", "prevalence": 0.4}, {"code": "I50", "prevalence": 0.2}],
    },
    "journeys": [
        {"template": "diabetic-first-year", "when": "'E11' in conditions"},
        {"template": "trial-participation", "when": "'E11' in conditions and age < 75"},
        {"template": "hf-exacerbation", "when": "'I50' in conditions"},
        {"template": "surgical-episode", "when": "age > 60"},
        {"template": "acute-care-episode", "when": "age < 40"},
        {"template": "quality-gap-closure"},
        {"template": "member-termination", "when": "age > 25 and age < 30"},
        {"template": "new-therapy-start", "when": "age > 50 and age < 55"},
        {"template": "adherence-intervention", "when": "age > 40 and age < 50"},
    ],
}  # fmt: skip

IN_ORDER = {
    "an admission ends after it begins": "SELECT count(*) FROM encounters WHERE end_datetime < start_datetime",
    "a claim comes after the visit it bills": """SELECT count(*) FROM claims JOIN encounters USING (encounter_id)
        WHERE service_date NOT BETWEEN start_datetime::DATE AND end_datetime::DATE OR submitted_date < service_end_date
           OR service_date <> start_datetime::DATE AND billing_role NOT IN ('operating', 'anesthesia')""",
    "a payer decides after it has the claim": "SELECT count(*) FROM claims WHERE adjudicated_date < submitted_date",
    "a payer pays after it has decided": "SELECT count(*) FROM remittances JOIN claims USING (claim_id) WHERE payment_date < adjudicated_date",
    "a fill comes after its prescription was written": "SELECT count(*) FROM fills JOIN prescriptions USING (prescription_id) WHERE fill_date < written_date",
    "a prescription is not older than its order": """SELECT count(*) FROM prescriptions JOIN medication_orders USING (medication_order_id)
        WHERE written_date < ordered_datetime::DATE""",
    "a fill is not past the refills": "SELECT count(*) FROM fills JOIN prescriptions USING (prescription_id) WHERE fill_number > refill_count",
    "a result comes after its order": """SELECT count(*) FROM observations JOIN lab_orders USING (lab_order_id)
        WHERE issued_datetime < ordered_datetime""",
    "what belongs to an encounter lies within its days": """SELECT count(*) FROM procedures JOIN encounters USING (encounter_id)
        WHERE performed_datetime::DATE NOT BETWEEN start_datetime::DATE AND end_datetime::DATE""",
    "nobody sees a doctor before birth": """SELECT count(*) FROM encounters JOIN patients USING (patient_id) WHERE start_datetime < birth_date""",
    "paid claims lie within coverage": """SELECT count(*) FROM claims JOIN coverages USING (coverage_id) WHERE status = 'paid'
        AND (service_date < start_date OR service_date > coalesce(end_date, DATE '9999-12-31'))""",
    "fills lie within the pharmacy benefit": """SELECT count(*) FROM fills JOIN rx_members USING (rx_member_id)
        WHERE fill_date < start_date OR fill_date > coalesce(end_date, DATE '9999-12-31')""",
    "a gap is closed after it was found": "SELECT count(*) FROM care_gaps WHERE closed_date < identified_date",
    "a subject is randomized after consent and dosed after that": """SELECT count(*) FROM subjects
        WHERE randomization_date < consent_date OR first_dose_date < randomization_date OR last_dose_date < first_dose_date
           OR screening_date < consent_date""",
    "nothing happens to a subject after the end": """SELECT count(*) FROM visits JOIN subjects USING (subject_id) WHERE visit_date > end_date""",
    "screen failures get no treatment": "SELECT count(*) FROM exposures JOIN subjects USING (subject_id) WHERE screen_failed",
    "an adverse event ends after it begins": "SELECT count(*) FROM adverse_events WHERE end_date < start_date",
}  # fmt: skip

AGREE = {
    "a claim bears its visit's diagnoses": """SELECT count(*) FROM claims c JOIN claim_diagnoses x USING (claim_id)
        LEFT JOIN diagnoses d ON d.encounter_id = c.encounter_id AND d.category = 'encounter-diagnosis' AND d.rank = x.rank
        WHERE c.encounter_id IS NOT NULL AND d.code IS DISTINCT FROM x.code""",
    "a claim names its visit's provider and place": """SELECT count(*) FROM claims c JOIN encounters e USING (encounter_id)
        WHERE c.billing_role IN ('practice', 'facility', 'emergency', 'attending')
          AND (c.rendering_provider_id IS DISTINCT FROM e.provider_id OR c.facility_id IS DISTINCT FROM e.facility_id)""",
    "nobody bills an encounter twice": """SELECT count(*) - count(DISTINCT (encounter_id, billing_role)) FROM claims
        WHERE encounter_id IS NOT NULL""",
    "a service of a visit and day is billed by one practice or laboratory": """SELECT count(*) FROM (SELECT member_id, encounter_id, l.service_date, procedure_code
        FROM claims JOIN claim_lines l USING (claim_id) WHERE claim_type = 'professional' AND billing_role IN ('laboratory', 'practice', 'imaging')
          AND procedure_code NOT LIKE '99%' GROUP BY ALL HAVING count(DISTINCT billing_role) > 1)""",
    "no fill is billed twice": "SELECT count(*) - count(DISTINCT fill_id) FROM claims WHERE fill_id IS NOT NULL",
    "a prescription is the order's drug and quantity": """SELECT count(*) FROM prescriptions p JOIN medication_orders o USING (medication_order_id)
        WHERE p.rxnorm_code <> o.code OR p.quantity <> o.quantity OR p.days_supply <> o.days_supply OR p.refill_count <> o.refill_count""",
    "a fill is its prescription's drug": "SELECT count(*) FROM fills f JOIN prescriptions p USING (prescription_id) WHERE f.ndc_code <> p.ndc_code",
    "a pharmacy claim costs what the fill cost": """SELECT count(*) FROM claims c JOIN fills f USING (fill_id)
        WHERE c.paid_amount <> f.plan_paid_amount OR c.member_amount <> f.patient_pay_amount OR c.allowed_amount <> f.total_amount""",
    "every dispensed fill is billed to the health plan": """SELECT count(*) FROM fills f ANTI JOIN claims c USING (fill_id)
        WHERE f.status = 'dispensed'""",
    "allowed is paid and owed": "SELECT count(*) FROM claims WHERE allowed_amount <> paid_amount + member_amount",
    "owed is deductible, copay and coinsurance": """SELECT count(*) FROM claims
        WHERE member_amount <> deductible_amount + copay_amount + coinsurance_amount""",
    "lines add up to their claim": """SELECT count(*) FROM claims JOIN (SELECT claim_id, sum(charge_amount) c, sum(allowed_amount) a,
        sum(paid_amount) p, sum(member_amount) m FROM claim_lines GROUP BY 1) USING (claim_id)
        WHERE charge_amount <> c OR allowed_amount <> a OR paid_amount <> p OR member_amount <> m""",
    "charge less adjustments is paid, line by line": """SELECT count(*) FROM claim_lines l LEFT JOIN (SELECT claim_id, line_number, sum(amount) adjusted
        FROM claim_adjustments GROUP BY 1, 2) USING (claim_id, line_number) WHERE charge_amount - coalesce(adjusted, 0) <> paid_amount""",
    "every claim is answered once": """SELECT count(*) FROM claims FULL JOIN remittances USING (claim_id)
        WHERE claims.paid_amount IS DISTINCT FROM remittances.paid_amount""",
    "patient and plan pay the whole fill": """SELECT count(*) FROM fills WHERE total_amount <> patient_pay_amount + plan_paid_amount
        OR total_amount <> ingredient_cost_amount + dispensing_fee_amount OR patient_pay_amount <> deductible_amount + copay_amount""",
    "everybody is one person everywhere": """SELECT count(*) FROM persons p LEFT JOIN patients t USING (person_id) LEFT JOIN members m USING (person_id)
        LEFT JOIN rx_members r USING (person_id) LEFT JOIN subjects s USING (person_id)
        WHERE t.birth_date IS DISTINCT FROM p.birth_date OR m.birth_date IS DISTINCT FROM p.birth_date OR r.birth_date IS DISTINCT FROM p.birth_date
           OR coalesce(s.birth_date, p.birth_date) IS DISTINCT FROM p.birth_date OR m.given_name <> p.given_name OR r.family_name <> p.family_name""",
}  # fmt: skip

NOT_EMPTY = """encounters diagnoses lab_orders observations medication_orders procedures movements immunizations care_plans
    claims claim_lines claim_diagnoses claim_procedures claim_adjustments remittances care_gaps gap_closures enrollment_changes
    prescriptions fills rx_claims adherence therapies adherence_alerts drugs pharmacies networks providers facilities
    subjects visits exposures dispositions adverse_events studies arms sites""".split()


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    result = generate(SPEC, workspace=tmp_path_factory.mktemp("home"))
    with result.scenario.connect() as connection:
        yield result, connection


def test_it_is_about_everything(cohort):
    result, connection = cohort
    assert result.plan.people_count == PEOPLE and not result.failures
    assert [name for name in NOT_EMPTY if not result.counts.get(name)] == []
    types = connection.execute("SELECT claim_type, count(*) FROM claims GROUP BY 1").fetchall()
    assert {name for name, count in types if count > 50} == {"professional", "institutional", "pharmacy"}
    assert {kind for (kind,) in connection.execute("SELECT DISTINCT status FROM claims").fetchall()} == {
        "paid",
        "denied",
    }


def test_no_key_leads_nowhere(cohort):
    result, connection = cohort
    assert orphans(catalog.build(), connection, result.counts) == []


@pytest.mark.parametrize("claim", [*IN_ORDER, *AGREE])
def test_all_rows_keep_to_it(cohort, claim):
    _, connection = cohort
    assert connection.execute({**IN_ORDER, **AGREE}[claim]).fetchone() == (0,)
