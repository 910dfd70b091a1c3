"""What RxMemberSim promises: money that adds up, no fill too early or too often, balances over the year, true adherence."""

import numpy as np
import pytest

from healthsim_core.columns import Coded
from healthsim_core.errors import SpecificationError
from healthsim_core.generation.run import generate
from rxmembersim.adherence import covered_until
from rxmembersim.benefits import Bills, share_costs
from rxmembersim.reference import brands, drug_names, plans

PART_D = {
    "id": "seniors",
    "generation": {"count": 150, "seed": 3, "products": ["rxmembersim"]},
    "demographics": {"age": {"type": "uniform_int", "min": 66, "max": 90}},
    "coverage": {"rx_plan": "PDP-STD"},
    "journey": {
        "id": "year",
        "duration_days": 364,
        "events": [
            {"event_id": "brand", "event_type": "new_rx", "day": 2, "parameters": {"drug": "apixaban"}},
            {
                "event_id": "brand-refill",
                "event_type": "refill",
                "depends_on": "brand",
                "repeat": {"every_days": 28, "count": 12, "jitter_days": 6},
            },
            {"event_id": "few", "event_type": "new_rx", "day": 9, "parameters": {"drug": "lisinopril", "refills": 2}},
            {
                "event_id": "few-refill",
                "event_type": "refill",
                "depends_on": "few",
                "repeat": {"every_days": 31, "count": 6},
            },
            {"event_id": "back", "event_type": "reversal", "depends_on": "few-refill", "delay": {"days": 4}, "probability": 0.3},
            {"event_id": "insulin", "event_type": "new_rx", "day": 12, "parameters": {"drug": "insulin_glargine", "quantity": 45}},
            {"event_id": "vitamin", "event_type": "new_rx", "day": 20, "parameters": {"drug": "folic_acid"}},
            {"event_id": "special", "event_type": "therapy_start", "day": 30, "parameters": {"drug": "imatinib"}},
            {
                "event_id": "special-refill",
                "event_type": "refill",
                "depends_on": "special",
                "repeat": {"every_days": 30, "count": 10},
            },
            {"event_id": "stop", "event_type": "therapy_discontinue", "depends_on": "special", "delay": {"days": 100}},
        ],
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def year(tmp_path_factory):
    result = generate(PART_D, workspace=tmp_path_factory.mktemp("home"))
    assert not result.failures
    with result.scenario.connect() as connection:
        yield connection


def one(connection, sql):
    return connection.execute(sql).fetchall()[0]


def test_ingredient_and_fee_are_the_total_and_so_are_copay_deductible_and_plan(year):
    assert one(
        year,
        """
        SELECT count(*) FILTER (ingredient_cost_amount + dispensing_fee_amount <> total_amount),
               count(*) FILTER (patient_pay_amount + plan_paid_amount <> total_amount),
               count(*) FILTER (deductible_amount + copay_amount <> patient_pay_amount),
               count(*) FILTER (least(deductible_amount, copay_amount, plan_paid_amount) < 0) FROM fills""",
    ) == (0, 0, 0, 0)
    assert one(year, "SELECT count(*) FROM fills")[0] > 2000


def test_no_fill_comes_before_its_prescription_or_past_its_refills_and_numbers_count_up(year):
    assert one(
        year,
        """
        SELECT count(*) FILTER (fill_date < written_date), count(*) FILTER (fill_number > refill_count)
        FROM fills JOIN prescriptions USING (prescription_id)""",
    ) == (0, 0)
    assert one(
        year,
        """
        SELECT count(*) FROM (SELECT fill_number, row_number() OVER (PARTITION BY prescription_id ORDER BY fill_date) - 1 AS place
                              FROM fills WHERE status = 'dispensed') WHERE fill_number <> place""",
    ) == (0,)
    assert one(year, "SELECT count(*) FROM rx_claims WHERE reject_code = '73'")[0] > 100


def test_every_attempt_is_a_billing_and_only_paid_ones_are_fills(year):
    assert one(
        year,
        """
        SELECT count(*) FILTER ((response_status = 'P') <> (fill_id IS NOT NULL)),
               count(*) FILTER ((response_status = 'R') <> (reject_code IS NOT NULL)) FROM rx_claims WHERE transaction_code = 'B1'""",
    ) == (0, 0)
    billed = one(year, "SELECT count(*) FROM rx_claims WHERE response_status = 'P'")
    assert billed == one(year, "SELECT count(*) FROM fills")


def test_a_reversal_takes_back_a_paid_fill_once_and_frees_its_number(year):
    assert one(
        year,
        """
        SELECT count(*) FILTER (f.status <> 'reversed' OR c.transaction_date < f.fill_date), count(*) - count(DISTINCT fill_id)
        FROM rx_claims c JOIN fills f USING (fill_id) WHERE c.transaction_code = 'B2'""",
    ) == (0, 0)
    reversed_fills = one(year, "SELECT count(*) FROM fills WHERE status = 'reversed'")
    assert reversed_fills == one(year, "SELECT count(*) FROM rx_claims WHERE transaction_code = 'B2'") > (20,)
    assert one(
        year,
        """
        SELECT count(*) FROM fills a JOIN fills b ON a.prescription_id = b.prescription_id AND a.fill_number = b.fill_number
        WHERE a.status = 'reversed' AND b.status = 'dispensed' AND b.fill_date > a.fill_date""",
    ) > (10,)


def test_a_reversal_that_follows_from_no_fill_frees_the_latest_ones_number_too(tmp_path):
    drug = {"drug": "lisinopril", "refills": 2}
    events = [
        {"event_id": "rx", "event_type": "therapy_start", "day": 0, "parameters": drug},
        {
            "event_id": "refill",
            "event_type": "refill",
            "depends_on": "rx",
            "delay": {"days": 30},
            "repeat": {"every_days": 30, "count": 5},
        },
        {"event_id": "back", "event_type": "reversal", "day": 36},
        {"event_id": "again", "event_type": "reversal", "day": 65},
    ]
    spec = {
        "id": "back",
        "generation": {"count": 1, "products": ["rxmembersim"]},
        "journey": {"id": "one", "duration_days": 364, "events": events},
    }
    with generate(spec, workspace=tmp_path).scenario.connect() as connection:
        fills = connection.execute("SELECT fill_number, status FROM fills ORDER BY fill_date").fetchall()
        assert one(connection, "SELECT count(*) FROM rx_claims WHERE reject_code = '73'") == (1,)
        assert one(connection, "SELECT status FROM prescriptions") == ("completed",)
    assert fills == [(0, "dispensed"), (1, "reversed"), (1, "reversed"), (1, "dispensed"), (2, "dispensed")]


def test_refills_too_soon_are_rejected_and_none_of_the_paid_ones_is(year):
    assert one(year, "SELECT count(*) FROM rx_claims WHERE reject_code = '79'")[0] > 20
    assert one(
        year,
        """
        SELECT count(*) FROM (SELECT date_diff('day', lag(fill_date) OVER w, fill_date) AS days, lag(days_supply) OVER w AS supply
            FROM fills WHERE status = 'dispensed' WINDOW w AS (PARTITION BY prescription_id ORDER BY fill_date)) WHERE days < 0.75 * supply""",
    ) == (0,)


def test_part_d_covers_no_vitamins_and_some_specialty_drugs_wait_for_approval(year):
    assert one(year, "SELECT count(*), count(DISTINCT rx_member_id) FROM rx_claims WHERE reject_code = '70'") == (
        150,
        150,
    )
    waiting, people = one(year, "SELECT count(*), count(DISTINCT rx_member_id) FROM rx_claims WHERE reject_code = '75'")
    assert waiting == people and 25 < people < 70
    later = "SELECT count(*) FROM rx_claims a JOIN fills f USING (prescription_id) WHERE a.reject_code = '75' AND f.fill_number = 0 AND f.fill_date > a.service_date"
    assert one(year, later) == (waiting,)


def test_nothing_is_filled_after_the_therapy_ended(year):
    assert one(
        year,
        """
        SELECT count(*), count(DISTINCT therapy_id) FROM therapies JOIN drugs USING (drug) JOIN fills USING (rx_member_id, ndc_code)
        WHERE fill_date >= end_date""",
    ) == (0, 0)
    assert one(year, "SELECT count(*), count(end_date) FROM therapies") == (150, 150)
    assert one(
        year, "SELECT DISTINCT status FROM prescriptions JOIN drugs USING (ndc_code) WHERE drug = 'imatinib'"
    ) == ("stopped",)


def test_part_d_phases_follow_each_other_up_to_the_threshold(year):
    assert one(
        year,
        """
        SELECT max(owed) <= 2000, max(deductible) <= 590, count(*) FILTER (owed = 2000) > 100 FROM
        (SELECT sum(patient_pay_amount) AS owed, sum(deductible_amount) AS deductible FROM fills WHERE status = 'dispensed'
         GROUP BY rx_member_id, year(fill_date))""",
    ) == (True, True, True)
    phases = year.execute(
        """
        SELECT list(DISTINCT benefit_phase || '>' || next) FROM (SELECT benefit_phase, lead(benefit_phase) OVER
        (PARTITION BY rx_member_id, year(fill_date) ORDER BY fill_date, fill_id) AS next FROM fills f JOIN drugs USING (ndc_code)
        WHERE status = 'dispensed' AND drug <> 'insulin_glargine') WHERE next <> benefit_phase"""
    ).fetchall()[0][0]
    assert set(phases) <= {"deductible>initial", "initial>catastrophic", "deductible>catastrophic"}
    assert one(
        year,
        "SELECT max(patient_pay_amount) FROM fills WHERE benefit_phase = 'catastrophic' AND patient_pay_amount = 0",
    ) == (0,)
    insulin = "SELECT max(patient_pay_amount), max(deductible_amount) FROM fills JOIN drugs USING (ndc_code) WHERE drug = 'insulin_glargine'"
    assert one(year, insulin) == (35, 0)


def test_the_standard_benefit_by_hand():
    # 500 dollars: all deductible. 300: 90 deductible, then a quarter of 210. 10,000: a quarter, but 2,000 a year is all.
    total = np.array([50_000, 30_000, 1_000_000, 1_000_000], np.int64)
    bills = Bills(total, np.full(4, 2), np.zeros(4, bool), np.ones(4, np.int64), np.ones(4, bool), np.zeros(4, np.int64),
                  np.arange(4), Coded.constant("PDP-STD", 4), np.full(4, 2025), np.zeros(4, np.int64))  # fmt: skip
    costs = share_costs(bills)
    assert costs.deductible.tolist() == [50_000, 9_000, 0, 0]
    assert costs.copay.tolist() == [0, 5_250, 135_750, 0]
    assert costs.phase.decode().tolist() == ["deductible", "initial", "catastrophic", "catastrophic"]


def test_a_part_d_year_has_its_own_deductible_and_threshold_and_no_gap():
    for year, deductible, most in ((2025, 59_000, 200_000), (2026, 61_500, 210_000)):
        total = np.full(30, 60_000, np.int64)
        bills = Bills(total, np.full(30, 2), np.zeros(30, bool), np.ones(30, np.int64), np.ones(30, bool), np.zeros(30, np.int64),
                      np.arange(30), Coded.constant("PDP-STD", 30), np.full(30, year), np.zeros(30, np.int64))  # fmt: skip
        costs = share_costs(bills)
        assert (costs.deductible.sum(), costs.patient.sum(), costs.patient[-1]) == (deductible, most, 0)
    assert [plans(year)["MAPD-LIS"].copays[:2] for year in (2025, 2026)] == [(490, 1215), (510, 1265)]


def year_of(tmp_path, lo, hi, kind, count=300):
    spec = {
        "id": kind,
        "generation": {"count": count, "seed": 11, "products": ["rxmembersim"]},
        "demographics": {"age": {"type": "uniform_int", "min": lo, "max": hi}},
        "clinical": {"primary_condition": {"code": "I10", "prevalence": 1.0}, "comorbidities": [{"code": "E78.5", "prevalence": 0.7}]},
        "coverage": {"rx_plan": kind},
        "journey": {"template": "chronic-therapy-maintenance"},
    }  # fmt: skip
    return generate(spec, workspace=tmp_path).scenario.connect()


@pytest.mark.parametrize(
    ("kind", "ages", "low", "high"), [("MAPD-ENH", (66, 88), 0.80, 0.95), ("RX-COMM", (35, 63), 0.60, 0.80)]
)
def test_people_are_as_adherent_as_plans_report(tmp_path, kind, ages, low, high):
    with year_of(tmp_path, *ages, kind) as connection:
        reached = "SELECT avg((pdc >= 0.8)::INT), stddev(pdc) FROM adherence WHERE fill_count > 1 AND drug_class IN ('statin', 'ACE inhibitor')"
        share, spread = one(connection, reached)
        # Some take three months at a time; of those, few ask again before three quarters are used, and are refused.
        long = one(connection, "SELECT avg((days_supply = 90)::INT) FROM fills")[0]
        refused = one(connection, "SELECT avg((coalesce(reject_code, '') = '79')::INT) FROM rx_claims")[0]
        assert one(
            connection,
            """SELECT count(*) FROM (SELECT prescription_id, sum(quantity) FILTER (status = 'dispensed') q FROM fills GROUP BY 1)
               JOIN prescriptions USING (prescription_id) WHERE q > quantity * (refill_count + 1)""",
        ) == (0,)
    assert low < share < high and spread > 0.05
    assert 0.1 < long < 0.4 and 0 < refused < 0.05


def test_who_is_perfectly_adherent_has_every_refill(tmp_path):
    spec = {
        "id": "all",
        "generation": {"count": 20, "products": ["rxmembersim"]},
        "clinical": {"adherence": 1.0, "long_supply": False},
        "journey": {"id": "one", "events": [
            {"event_id": "rx", "event_type": "new_rx", "parameters": {"drug": "lisinopril"}},
            {"event_id": "more", "event_type": "refill", "depends_on": "rx", "delay": {"days": 30}, "repeat": {"every_days": 30, "count": 11}},
        ]},
    }  # fmt: skip
    with generate(spec, workspace=tmp_path).scenario.connect() as connection:
        assert one(connection, "SELECT count(*), count(DISTINCT rx_member_id) FROM fills") == (240, 20)


@pytest.mark.parametrize(("days", "copay"), [(30, 5), (34, 5), (35, 10), (90, 15)])
def test_a_copay_is_that_of_a_months_supply(days, copay, tmp_path):
    order = {"drug": "apixaban", "quantity": 2 * days, "days_supply": days}
    spec = {
        "id": "supply",
        "generation": {"count": 1, "products": ["rxmembersim"]},
        "coverage": {"rx_plan": "RX-COMM"},
        "clinical": {"long_supply": False},
        "journey": {"id": "one", "events": [{"event_id": "rx", "event_type": "new_rx", "parameters": order}]},
    }
    with generate(spec, workspace=tmp_path).scenario.connect() as connection:
        assert one(connection, "SELECT copay_amount FROM fills") == (7 * copay,)  # 35 dollars a month


@pytest.mark.parametrize(("field", "value"), [("quantity", -5), ("quantity", 0), ("days_supply", 0), ("refills", -1)])
def test_amounts_that_cannot_be_are_refused(field, value, tmp_path):
    order = {"event_id": "rx", "event_type": "new_rx", "parameters": {field: value}}
    spec = {
        "id": "wrong",
        "generation": {"count": 1, "products": ["rxmembersim"]},
        "journey": {"id": "one", "events": [order]},
    }
    with pytest.raises(SpecificationError, match=rf"parameters\.{field}: expected .*, got {value}"):
        generate(spec, workspace=tmp_path)


def test_adherence_by_hand(tmp_path):
    events = [
        {
            "event_id": "rx",
            "event_type": "new_rx",
            "day": 0,
            "parameters": {"drug": "lisinopril", "generates_fill": False},
        }
    ]
    events += [
        {"event_id": f"day-{day}", "event_type": "refill", "depends_on": "rx", "delay": {"days": day}}
        for day in (0, 25, 90)
    ]
    spec = {
        "id": "hand",
        "generation": {"count": 1, "seed": 1, "products": ["rxmembersim"]},
        "journey": {"id": "j", "events": events},
    }
    result = generate(spec, workspace=tmp_path)
    with result.scenario.connect() as connection:
        # Day 0 to 29, 30 to 59 (the second supply is begun when the first is used up), a gap of 30 days, 90 to 119; nothing more
        # until the year is over.
        assert one(connection, "SELECT fill_count, period_days, covered_days, pdc, mpr FROM adherence") == (
            3,
            365,
            90,
            0.2466,
            0.75,
        )


def adherence_of(tmp_path, *fills, products=("rxmembersim",), more=()):
    """Return PDC and last day of the period of a member with supplies of 30 days from these days on."""
    events = [
        {
            "event_id": "rx",
            "event_type": "new_rx",
            "day": fills[0],
            "parameters": {"drug": "Lipitor".lower(), "generates_fill": False},
        }
    ]
    events += [
        {"event_id": f"day-{day}", "event_type": "refill", "product": "rxmembersim", "depends_on": "rx", "day": day}
        for day in fills
    ]
    spec = {
        "id": "period",
        "generation": {"count": 1, "seed": 1, "products": list(products)},
        "demographics": {"age": 50},
        "journey": {"id": "j", "events": [*events, *more]},
    }  # fmt: skip
    with generate(spec, workspace=tmp_path).scenario.connect() as connection:
        return one(connection, "SELECT drug, pdc, CAST(period_end_date AS VARCHAR), fill_count FROM adherence")


def test_adherence_is_measured_to_the_end_of_the_year_or_of_the_benefit(tmp_path):
    # Filled once: little covered, unless it was begun when the year was nearly over.
    assert adherence_of(tmp_path / "early", 0) == ("atorvastatin", 0.0822, "2025-12-31", 1)
    assert adherence_of(tmp_path / "late", 345) == ("atorvastatin", 1.0, "2025-12-31", 1)
    pytest.importorskip("membersim")
    leaves = {"event_id": "leaves", "event_type": "termination", "day": 50, "parameters": {"end_date": "2025-03-01"}}
    assert adherence_of(tmp_path / "left", 0, products=("membersim", "rxmembersim"), more=(leaves,)) == (
        "atorvastatin",
        0.5,
        "2025-03-01",
        1,
    )


def test_a_drug_may_be_called_by_its_brand_and_a_misspelt_one_is_suggested(tmp_path):
    spec = {
        "id": "brand",
        "generation": {"count": 1, "products": ["rxmembersim"]},
        "journey": {"id": "j", "events": [{"event_id": "rx", "event_type": "new_rx", "day": 0, "parameters": {"drug": "humira"}}]},
    }  # fmt: skip
    result = generate(spec, workspace=tmp_path)
    with result.scenario.connect() as connection:
        assert one(connection, "SELECT drug FROM prescriptions JOIN drugs USING (ndc_code)") == ("adalimumab",)
    spec["journey"]["events"][0]["parameters"]["drug"] = "liptor"
    with pytest.raises(SpecificationError, match="'liptor'; did you mean 'lipitor'"):
        generate(spec, workspace=tmp_path)


def test_every_brand_is_a_drug_of_the_formulary():
    assert set(brands().values()) <= set(drug_names()) and not set(brands()) & set(drug_names())


def test_specialty_drugs_are_prescribed_by_specialists_where_nobody_says_who(tmp_path):
    events = [
        {"event_id": drug, "event_type": "new_rx", "day": 0, "parameters": {"drug": drug}}
        for drug in ("imatinib", "lisinopril")
    ]
    spec = {
        "id": "prescribers",
        "generation": {"count": 20, "products": ["rxmembersim", "networksim"]},
        "demographics": {"age": 50},
        "journey": {"id": "j", "events": events},
    }
    with generate(spec, workspace=tmp_path).scenario.connect() as connection:
        found = connection.execute(
            "SELECT drug, list_sort(list(DISTINCT specialty)) FROM prescriptions JOIN drugs USING (ndc_code)"
            " JOIN providers ON provider_id = prescriber_id GROUP BY 1 ORDER BY 1"
        ).fetchall()
    assert found[0] == ("imatinib", ["oncology"]) and not {"oncology"} & set(found[1][1])


def test_supplies_are_used_up_one_after_the_other_and_never_across_people():
    start, supply = np.array([0, 5, 50, 0, 3]), np.array([30, 30, 10, 5, 5])
    assert covered_until(start, supply, np.array([1, 1, 1, 2, 2])).tolist() == [30, 60, 70, 5, 10]


def test_the_benefit_begins_and_ends_with_the_medical_coverage_and_nothing_outside_is_paid(tmp_path):
    pytest.importorskip("membersim")
    monthly = {"every_days": 30, "count": 8}
    both = {
        "id": "outside-coverage",
        "generation": {"count": 1, "products": ["membersim", "rxmembersim"]},
        "members": [{"role": "subscriber", "age": 40}, {"role": "spouse", "age": 39}],
        "coverage": {"type": "Commercial"},
        "journey": {
            "id": "leaving",
            "duration_days": 330,
            "events": [
                {
                    "event_id": "enrol",
                    "event_type": "new_enrollment",
                    "day": 0,
                    "parameters": {"start_date": "2025-02-01"},
                },
                {"event_id": "order", "event_type": "new_rx", "day": 3, "parameters": {"drug": "lisinopril"}},
                {"event_id": "refill", "event_type": "refill", "depends_on": "order", "repeat": monthly},
                {
                    "event_id": "own",
                    "event_type": "termination",
                    "day": 90,
                    "conditions": [{"field": "entity.role", "operator": "eq", "value": "spouse"}],
                },
                {
                    "event_id": "whole",
                    "event_type": "termination",
                    "day": 150,
                    "conditions": [{"field": "entity.role", "operator": "eq", "value": "subscriber"}],
                },
            ],
        },
    }
    result = generate(both, workspace=tmp_path)
    with result.scenario.connect() as connection:
        mine = connection.execute(
            "SELECT r.start_date, r.end_date, c.start_date, c.end_date FROM rx_members r JOIN coverages c USING (member_id)"
        ).fetchall()
        assert len(mine) == 2 and all(row[:2] == row[2:] for row in mine)
        assert len({row[1] for row in mine}) == 2  # the spouse's own end comes first, the subscriber's does not move it
        found = connection.execute(
            "SELECT DISTINCT reject_code, service_date < start_date, coalesce(service_date > end_date, false) FROM rx_claims"
            " JOIN rx_members USING (rx_member_id) WHERE reject_code IS NULL OR reject_code IN ('67', '69') ORDER BY ALL"
        ).fetchall()
        assert found == [("67", True, False), ("69", False, True), (None, False, False)]


def test_people_in_institutions_have_a_pharmacy_that_delivers_there(tmp_path):
    result = generate("ltc-nursing-home", count=20, workspace=tmp_path)
    with result.scenario.connect() as connection:
        kinds = "SELECT DISTINCT pharmacy_type FROM {} JOIN pharmacies USING (pharmacy_id)"
        assert one(connection, kinds.format("fills")) == one(connection, kinds.format("rx_members"))
        assert one(connection, kinds.format("fills")) == ("long_term_care",)
