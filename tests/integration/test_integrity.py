"""Two thousand people of a place, some three hundred of whom die, in all products at once.

Every key leads somewhere, every date is in its order and in its person's life, all money adds up.
"""

import pytest
from orphans import orphans
from whose import joined, routes

from healthsim_core import catalog, generate

HOUSEHOLDS = 900
SPEC = {
    "id": "everything",
    "generation": {
        "count": HOUSEHOLDS, "seed": 8,
        "products": ["populationsim", "networksim", "patientsim", "membersim", "rxmembersim", "trialsim"],
    },
    "household": {},
    "demographics": {
        "source": "populationsim",
        "reference": {"type": "county", "fips": "04013"},
        "age": {"type": "age_bands", "bands": {"22-39": 0.25, "40-64": 0.15, "65-79": 0.25, "80-95": 0.35}},
        "mortality_years": 2,
    },
    "clinical": {
        "primary_condition": {"code": "E11", "prevalence": 0.6},
        "comorbidities": [{"code": "I10", "prevalence": 0.5}, {"code": "E78.5", "prevalence": 0.4}, {"code": "I50", "prevalence": 0.2}],
    },
    "journeys": [
        {"template": "diabetic-first-year", "when": "'E11' in conditions"},
        {"template": "trial-participation", "when": "'E11' in conditions and age >= 18"},
        {"template": "hf-exacerbation", "when": "'I50' in conditions"},
        {"template": "surgical-episode", "when": "age > 60"},
        {"template": "care-transition", "when": "age > 80"},
        {"template": "acute-care-episode", "when": "age < 40"},
        {"template": "pregnancy-journey", "when": "gender == 'F' and age > 22 and age < 36"},
        {"template": "oncology-treatment-cycle", "when": "age > 70 and age < 74"},
        {"template": "annual-wellness"},
        {"template": "quality-gap-closure"},
        {"template": "member-termination", "when": "age > 25 and age < 30"},
        {"template": "new-therapy-start", "when": "age > 50 and age < 55"},
        {"template": "chronic-therapy-maintenance", "when": "age > 84"},
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
    "a movement lies within its encounter": """SELECT count(*) FROM movements JOIN encounters USING (encounter_id)
        WHERE movement_datetime NOT BETWEEN start_datetime AND end_datetime""",
    "a pharmacy bills on the day of the fill": "SELECT count(*) FROM claims JOIN fills USING (fill_id) WHERE service_date <> fill_date",
    "a claim's services lie within its days": """SELECT count(*) FROM claims JOIN claim_lines l USING (claim_id)
        WHERE l.service_date NOT BETWEEN claims.service_date AND service_end_date""",
    "an answer is not older than its specimen": "SELECT count(*) FROM observations WHERE issued_datetime < effective_datetime",
    "a therapy ends after it begins": "SELECT count(*) FROM therapies WHERE end_date < start_date",
    "supply is measured from the first fill on": """SELECT count(*) FROM adherence
        WHERE last_covered_date < first_fill_date OR period_end_date < first_fill_date OR covered_days > period_days""",
    "coverage ends after it begins": "SELECT count(*) FROM coverages WHERE end_date < start_date",
    "nobody is covered twice on a day, but for a drug plan beside Medicare": """SELECT count(*) FROM coverages a JOIN coverages b USING (member_id)
        WHERE a.coverage_id <> b.coverage_id AND (a.plan_code = 'PDP') = (b.plan_code = 'PDP') AND a.start_date <= b.start_date AND coalesce(a.end_date, DATE '9999-12-31') >= b.start_date""",
    "gaps are found of people who are covered": """SELECT count(*) FROM care_gaps g WHERE NOT EXISTS (SELECT 1 FROM coverages c
        WHERE c.member_id = g.member_id AND identified_date BETWEEN start_date AND coalesce(end_date, DATE '9999-12-31'))""",
    "gaps are closed of people who are covered": """SELECT count(*) FROM gap_closures g WHERE NOT EXISTS (SELECT 1 FROM coverages c
        WHERE c.member_id = g.member_id AND closed_date BETWEEN start_date AND coalesce(end_date, DATE '9999-12-31'))""",
    "a closed gap has its closure": """SELECT count(*) FROM care_gaps g LEFT JOIN gap_closures c USING (care_gap_id)
        WHERE g.closed_date IS NOT NULL AND (c.closed_date IS NULL OR c.closed_date < g.closed_date OR c.measure_code <> g.measure_code)""",
    "coverage ends with life": """SELECT count(*) FROM coverages JOIN members USING (member_id) JOIN persons USING (person_id)
        WHERE coalesce(end_date, DATE '9999-12-31') > death_date""",
    "paid claims lie within coverage": """SELECT count(*) FROM claims JOIN coverages USING (coverage_id) WHERE status = 'paid'
        AND (service_date < start_date OR service_date > coalesce(end_date, DATE '9999-12-31'))""",
    "paid pharmacy transactions lie within the benefit": """SELECT count(*) FROM rx_claims r JOIN rx_members USING (rx_member_id)
        WHERE response_status = 'P' AND (service_date < start_date OR service_date > coalesce(end_date, DATE '9999-12-31'))""",
    "fills lie within the pharmacy benefit": """SELECT count(*) FROM fills JOIN rx_members USING (rx_member_id)
        WHERE fill_date < start_date OR fill_date > coalesce(end_date, DATE '9999-12-31')""",
    "a gap is closed after it was found": "SELECT count(*) FROM care_gaps WHERE closed_date < identified_date",
    "a subject is randomized after consent and dosed after that": """SELECT count(*) FROM subjects
        WHERE randomization_date < consent_date OR first_dose_date < randomization_date OR last_dose_date < first_dose_date
           OR screening_date < consent_date""",
    "nothing is done in a trial before consent, nor given before randomization": """SELECT
          (SELECT count(*) FROM visits JOIN subjects USING (subject_id) WHERE visit_date < consent_date)
        + (SELECT count(*) FROM adverse_events a JOIN subjects USING (subject_id) WHERE a.start_date < consent_date)
        + (SELECT count(*) FROM trial_results JOIN subjects USING (subject_id) WHERE result_date < consent_date)
        + (SELECT count(*) FROM exposures x JOIN subjects USING (subject_id) WHERE x.start_date < randomization_date OR x.end_date < x.start_date)
        + (SELECT count(*) FROM dose_modifications JOIN subjects USING (subject_id) WHERE modification_date < first_dose_date)""",
    "nothing happens to a subject after a fatal event": """SELECT count(*) FROM adverse_events a JOIN visits USING (subject_id)
        WHERE outcome LIKE 'FATAL%' AND visit_date > a.end_date""",
    "a trial's visit is the patient's visit of that day": """SELECT count(*) FROM visits JOIN subjects USING (subject_id)
        JOIN encounters USING (encounter_id) WHERE encounters.patient_id <> subjects.patient_id OR start_datetime::DATE <> visit_date""",
    "a trial's visit is at the study's site": """SELECT count(*) FROM visits JOIN subjects USING (subject_id) JOIN sites USING (site_id)
        JOIN encounters e USING (encounter_id) WHERE (e.facility_id, e.provider_id) IS DISTINCT FROM (sites.facility_id, sites.investigator_id)""",
    "who takes part on metformin had it before the study's drug": """SELECT count(*) FROM subjects JOIN (SELECT patient_id,
        min(ordered_datetime)::DATE AS since FROM medication_orders WHERE description ILIKE '%metformin%' GROUP BY 1) USING (patient_id)
        WHERE study_id = 'HS-DM-201' AND since >= first_dose_date""",
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
        LEFT JOIN rx_members r USING (person_id) LEFT JOIN subjects s USING (person_id) LEFT JOIN residents h USING (person_id)
        WHERE t.birth_date IS DISTINCT FROM p.birth_date OR coalesce(m.birth_date, p.birth_date) <> p.birth_date
           OR coalesce(r.birth_date, p.birth_date) <> p.birth_date OR coalesce(s.birth_date, p.birth_date) <> p.birth_date
           OR m.given_name <> p.given_name OR r.family_name <> p.family_name OR s.patient_id <> t.patient_id
           OR (m.member_id IS NULL) <> (h.insurance = 'uninsured') OR (r.rx_member_id IS NULL) <> (h.insurance = 'uninsured' OR m.member_id IN (SELECT member_id FROM coverages WHERE plan_code = 'MA-only'))""",
    "a member's household is the policy's": """SELECT count(*) FROM members m JOIN persons p USING (person_id)
        JOIN members h ON h.member_id = m.subscriber_id JOIN persons q ON q.person_id = h.person_id WHERE p.household_id <> q.household_id""",
    "an adjustment is of a line that is there": "SELECT count(*) FROM claim_adjustments ANTI JOIN claim_lines USING (claim_id, line_number)",
    "a subject's arm is one of the study's": """SELECT count(*) FROM subjects ANTI JOIN arms USING (study_id, arm_code)
        WHERE arm_code IS NOT NULL""",
    "who fails a criterion fails one of the study's": """SELECT count(*) FROM subjects s ANTI JOIN trial_criteria c
        ON c.study_id = s.study_id AND c.criterion_code = s.failed_criterion WHERE screen_failed""",
    "a subject's site runs the study": "SELECT count(*) FROM subjects s JOIN sites USING (site_id) WHERE s.study_id <> sites.study_id",
}  # fmt: skip

NOT_EMPTY = """encounters diagnoses lab_orders observations medication_orders procedures movements immunizations care_plans
    claims claim_lines claim_diagnoses claim_procedures claim_adjustments remittances care_gaps gap_closures enrollment_changes
    prescriptions fills rx_claims adherence therapies adherence_alerts drugs pharmacies networks providers facilities
    subjects visits exposures dispositions adverse_events studies arms sites residents resident_conditions allergies referrals
    network_participations plan_contracts provider_affiliations trial_results trial_criteria protocol_deviations dose_modifications""".split()

CATALOG = catalog.build()
PLANNED = {
    ("adherence", "last_covered_date"),
    ("care_gaps", "due_date"),
    ("visits", "window_start_date"),
    ("visits", "window_end_date"),
}
"""What is no event, but a day that was planned or reckoned."""
DONE = {"service_date", "service_end_date", "admission_datetime", "procedure_date"}
"""Days in posthumous tables on which something was done to a person."""


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    result = generate(SPEC, workspace=tmp_path_factory.mktemp("home"))
    with result.scenario.connect() as connection:
        yield result, connection


def test_it_is_about_everything(cohort):
    result, connection = cohort
    assert result.plan.people_count > 2000 and not result.failures and not result.notices
    assert [name for name in NOT_EMPTY if not result.counts.get(name)] == []
    types = connection.execute("SELECT claim_type, count(*) FROM claims GROUP BY 1").fetchall()
    assert {name for name, count in types if count > 50} == {"professional", "institutional", "pharmacy"}
    assert {kind for (kind,) in connection.execute("SELECT DISTINCT status FROM claims").fetchall()} == {
        "paid",
        "denied",
    }
    families, dead, uninsured = connection.execute(
        "SELECT count(*) FILTER (role = 'spouse'), count(death_date), count(*) FILTER (insurance = 'uninsured') "
        "FROM persons JOIN residents USING (person_id)"
    ).fetchone()
    assert families > 300 and dead > 100 and uninsured > 20


def test_no_key_leads_nowhere(cohort):
    result, connection = cohort
    assert orphans(CATALOG, connection, result.counts) == []


def test_every_table_is_looked_at_but_those_of_what_all_people_share(cohort):
    result, _ = cohort
    tables = {name: CATALOG.get("table", name) for name, count in result.counts.items() if count}
    shared = {name for roster in CATALOG.all("roster").values() for name in roster.writes}
    assert set(tables) - set(routes(tables)) == shared & set(tables)


def test_nothing_happens_to_anybody_before_birth_or_after_death_but_paperwork(cohort):
    result, connection = cohort
    tables = {name: CATALOG.get("table", name) for name, count in result.counts.items() if count}
    posthumous = {name for one in CATALOG.all("event type").values() if one.posthumous for name in one.writes}
    wrong, looked_at = {}, 0
    for name, route in routes(tables).items():
        rows, person = joined(name, route)
        for column in tables[name].columns:
            if column.type not in ("DATE", "TIMESTAMP"):
                continue
            late_is_fine = (name, column.name) in PLANNED or name in posthumous and column.name not in DONE
            day = f'x0."{column.name}"::DATE'
            found = connection.execute(
                f"SELECT count(*) FILTER ({day} > {person}.death_date), count(*) FILTER ({day} < {person}.birth_date) {rows}"
            ).fetchone()
            looked_at += 1
            if found[1] or found[0] and not late_is_fine:
                wrong[name, column.name] = found
    assert wrong == {} and looked_at > 60


@pytest.mark.parametrize("claim", [*IN_ORDER, *AGREE])
def test_all_rows_keep_to_it(cohort, claim):
    _, connection = cohort
    assert connection.execute({**IN_ORDER, **AGREE}[claim]).fetchone() == (0,)
