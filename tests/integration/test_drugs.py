"""The drugs of PatientSim, RxMemberSim and MemberSim are the same ones, and an order's drug is what is dispensed."""

import re

import pytest

from healthsim_core.facts import read_csv
from healthsim_core.generation.run import generate

WORDS = (
    "metformin metformin_1000 glipizide lisinopril amlodipine atorvastatin folic_acid aspirin glimepiride sitagliptin empagliflozin "
    "dapagliflozin semaglutide dulaglutide insulin_glargine insulin_lispro losartan valsartan hydrochlorothiazide chlorthalidone "
    "metoprolol_succinate metoprolol_tartrate carvedilol furosemide spironolactone sacubitril_valsartan rosuvastatin simvastatin "
    "pravastatin ezetimibe clopidogrel apixaban warfarin levothyroxine albuterol fluticasone budesonide_formoterol tiotropium "
    "montelukast prednisone omeprazole pantoprazole sertraline escitalopram fluoxetine bupropion trazodone gabapentin duloxetine "
    "hydrocodone_acetaminophen oxycodone tramadol ibuprofen acetaminophen amoxicillin azithromycin ciprofloxacin cephalexin "
    "nitrofurantoin ondansetron adalimumab etanercept methotrexate ustekinumab letrozole tamoxifen capecitabine imatinib palbociclib "
    "enoxaparin donepezil memantine quetiapine alendronate tamsulosin loratadine prenatal_vitamin"
).split()


def test_the_three_lists_agree():
    ordered = {row["drug"]: row for row in read_csv("patientsim.reference", "drugs.csv")}
    dispensed = {row["drug"]: row for row in read_csv("rxmembersim.reference", "drugs.csv")}
    priced = {row["rxnorm_code"]: row for row in read_csv("membersim.reference", "drug_prices.csv")}
    assert list(ordered) == list(dispensed) == WORDS and len(priced) == len(WORDS)
    for drug, row in dispensed.items():
        order, price = ordered[drug], priced[row["rxnorm_code"]]
        assert order["code"] == row["rxnorm_code"] and price["ndc_code"] == row["ndc_code"], drug
        assert price["unit_cost"] == row["unit_cost"], drug
        for name in ("label", "quantity", "days_supply", "refills"):
            assert order[name] == row[name], (drug, name)


def test_codes_look_like_what_they_are_and_schedule_two_has_no_refills():
    rows = read_csv("rxmembersim.reference", "drugs.csv")
    assert all(
        re.fullmatch(r"\d{11}", row["ndc_code"]) and re.fullmatch(r"\d{4,7}", row["rxnorm_code"]) for row in rows
    )
    assert len({row["ndc_code"] for row in rows}) == len({row["rxnorm_code"] for row in rows}) == len(rows)
    assert {row["unit"] for row in rows} <= {"EA", "ML", "GM"}
    assert {row["refills"] for row in rows if row["dea_schedule"] == "II"} == {"0"}


@pytest.fixture(scope="module")
def together(tmp_path_factory):
    spec = {
        "id": "together",
        "generation": {"count": 120, "seed": 5, "products": ["patientsim", "rxmembersim"]},
        "demographics": {"age": {"type": "uniform_int", "min": 30, "max": 60}},
        "clinical": {"primary_condition": {"code": "E11", "prevalence": 1.0}},
    }
    result = generate(spec, "diabetic-first-year", workspace=tmp_path_factory.mktemp("home"))
    assert not result.failures
    with result.scenario.connect() as connection:
        yield connection


def test_an_order_is_dispensed_as_it_was_written(together):
    found = together.execute(
        """
        SELECT count(*), count(*) FILTER (o.code <> p.rxnorm_code OR o.quantity <> p.quantity OR o.refill_count <> p.refill_count
               OR o.patient_id[3:] <> p.rx_member_id[3:] OR o.reason_code IS DISTINCT FROM p.reason_code OR o.provider_id <> p.prescriber_id
               OR o.ordered_datetime::DATE <> p.written_date)
        FROM prescriptions p JOIN medication_orders o USING (medication_order_id)"""
    ).fetchall()[0]
    assert found[0] > 100 and found[1] == 0
    assert together.execute("SELECT count(*) FROM prescriptions WHERE medication_order_id IS NULL").fetchone() == (0,)


def test_refills_of_an_order_are_fills_of_its_prescription(together):
    found = together.execute(
        """
        SELECT count(*), count(*) FILTER (date_diff('day', written_date, fill_date) NOT BETWEEN 0 AND 400), max(fill_number)
        FROM fills JOIN prescriptions USING (prescription_id) WHERE rxnorm_code = '861007'"""
    ).fetchall()[0]
    assert found[0] > 800 and found[1] == 0 and found[2] >= 9
