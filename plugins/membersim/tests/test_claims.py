"""What MemberSim promises: amounts that add up, claims under coverage, one policy a household."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from healthsim_core.generation.run import generate
from membersim.adjudication import Benefits, adjudicate, spread

SPEC = {
    "id": "seniors",
    "generation": {"count": 400, "seed": 3, "products": ["membersim"]},
    "demographics": {"age": {"type": "normal", "mean": 60, "std_dev": 12, "min": 30, "max": 90}},
    "journey": {
        "id": "visits",
        "events": [
            {
                "event_id": "visit",
                "event_type": "claim_professional",
                "day": 20,
                "repeat": {"every_days": 60, "count": 6, "jitter_days": 5},
                "parameters": {"diagnosis_1": "E11.9", "cpt_codes": ["99214", "83036", "99396"]},
            },
        ],
    },
}


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    result = generate(SPEC, workspace=tmp_path_factory.mktemp("home"))
    with result.scenario.connect() as connection:
        yield connection


def one(connection, sql):
    return connection.execute(sql).fetchall()[0]


def test_allowed_is_paid_plus_member_and_member_is_the_sum_of_its_parts(cohort):
    assert one(
        cohort,
        """
        SELECT count(*) FILTER (allowed_amount <> paid_amount + member_amount),
               count(*) FILTER (member_amount <> deductible_amount + copay_amount + coinsurance_amount),
               count(*) FILTER (charge_amount < allowed_amount OR least(paid_amount, member_amount, copay_amount, coinsurance_amount, deductible_amount) < 0)
        FROM claims""",
    ) == (0, 0, 0)
    assert one(cohort, "SELECT count(*) FROM claims")[0] > 1000


def test_lines_add_up_to_their_claim(cohort):
    assert one(
        cohort,
        """
        SELECT count(*) FROM claims c JOIN (SELECT claim_id, sum(charge_amount) charge, sum(allowed_amount) allowed, sum(paid_amount) paid,
               sum(member_amount) member, min(member_amount) least, min(paid_amount) paid_least FROM claim_lines GROUP BY 1) l USING (claim_id)
        WHERE c.charge_amount <> l.charge OR c.allowed_amount <> l.allowed OR c.paid_amount <> l.paid OR c.member_amount <> l.member OR least < 0 OR paid_least < 0""",
    ) == (0,)


def test_nobody_pays_more_deductible_or_more_in_all_than_the_plan_asks(cohort):
    assert one(
        cohort,
        """
        SELECT count(*) FROM (SELECT coverage_id, year(service_date), sum(deductible_amount) d, sum(member_amount) m FROM claims GROUP BY ALL) y
        JOIN coverages USING (coverage_id) WHERE d > deductible_amount OR m > out_of_pocket_max_amount""",
    ) == (0,)
    assert one(cohort, "SELECT count(*) FROM claims WHERE deductible_amount > 0")[0] > 100


def test_people_of_65_are_on_medicare(cohort):
    assert one(
        cohort,
        """
        SELECT count(*) FILTER ((date_sub('year', birth_date, DATE '2025-01-01') >= 65) <> (coverage_type = 'Medicare')) FROM members JOIN coverages USING (member_id)""",
    ) == (0,)


def test_a_family_has_one_policy(tmp_path):
    spec = {
        "generation": {"count": 20, "products": ["membersim"]},
        "members": [{"role": "subscriber", "age": 40}, {"role": "spouse", "age": 41}, {"role": "dependent", "age": 9}],
    }
    result = generate(spec, workspace=tmp_path)
    with result.scenario.connect() as connection:
        found = connection.execute("""
            SELECT m.subscriber_id, list(m.relationship_code ORDER BY m.relationship_code), count(DISTINCT c.plan_code), min(c.coverage_level), count(DISTINCT m.family_name)
            FROM members m JOIN coverages c USING (member_id) GROUP BY 1""").fetchall()
    assert len(found) == 20
    assert all(row[1:] == (["01", "18", "19"], 1, "FAM", 1) for row in found)


def test_a_service_takes_a_copay_or_deductible_and_coinsurance_but_not_both(cohort):
    # The visit's copay settles the visit; the test beside it, where it is not free, goes to deductible and coinsurance.
    by_line = """SELECT v.plan_code, procedure_code, list_sort(list(DISTINCT reason_code)) reasons FROM claim_adjustments
        JOIN claim_lines USING (claim_id, line_number) JOIN claims USING (claim_id) JOIN coverages v USING (coverage_id)
        WHERE group_code = 'PR' GROUP BY claim_id, line_number, 1, 2"""
    assert one(cohort, f"SELECT count(*) FROM ({by_line}) WHERE list_contains(reasons, '3') AND len(reasons) > 1") == (
        0,
    )
    found = cohort.execute(f"SELECT DISTINCT plan_code, procedure_code, unnest(reasons) FROM ({by_line})").fetchall()
    assert {reason for plan, code, reason in found if plan == "PPO" and code == "99214"} == {"3"}
    assert {reason for plan, code, reason in found if plan == "PPO" and code == "83036"} <= {"1", "2"}
    assert {reason for plan, _, reason in found if plan in ("Original", "HDHP")} == {"1", "2"}


def test_a_plan_without_a_maximum_says_none(cohort):
    limits = dict(cohort.execute("SELECT DISTINCT plan_code, out_of_pocket_max_amount FROM coverages").fetchall())
    assert limits["Original"] is None and limits["Medicaid-MCO"] is None and limits["MA-HMO"] == 4900


def test_medicare_has_drugs_inside_advantage_and_beside_the_original(cohort):
    found = cohort.execute("""SELECT list_sort(list(plan_code)), list_sort(list(coalesce(contract_code, ''))), count(DISTINCT payer_id), count(*)
        FROM coverages WHERE coverage_type = 'Medicare' GROUP BY member_id""").fetchall()
    kinds = {tuple(plans): (tuple(contracts), payers) for plans, contracts, payers, _ in found}
    assert kinds[("Original", "PDP")] == (("", "Z9902"), 2)
    assert {plans for plans in kinds if len(plans) == 1} <= {("MA-HMO",), ("MA-PPO",), ("MA-only",)}


def _loop(allowed, flat, segment, benefits):
    """Return member shares the slow way, one claim after another: the oracle."""
    met, spent, shares = {}, {}, []
    for number, (amount, settled, year) in enumerate(zip(allowed, flat, segment, strict=True)):
        deductible, limit, copay, percent = (
            getattr(benefits, name)[number]
            for name in ("deductible", "out_of_pocket_max", "copay", "coinsurance_percent")
        )
        own_copay = min(copay, settled)
        rest = amount - settled
        own = max(0, min(rest, deductible - met.get(year, 0)))
        met[year] = met.get(year, 0) + rest
        share = ((rest - own) * percent + 50) // 100
        owed = own + own_copay + share
        allowed_to_owe = owed if not limit else max(0, min(owed, limit - spent.get(year, 0)))
        spent[year] = spent.get(year, 0) + owed
        shares.append(allowed_to_owe)
    return shares


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(st.tuples(st.integers(0, 50_000), st.integers(0, 3), st.integers(0, 9_000)), min_size=1, max_size=40))
def test_adjudication_over_columns_equals_one_claim_after_another(claims):
    claims = sorted(claims, key=lambda claim: claim[1])
    flat = np.array([visit for _, _, visit in claims])
    allowed = np.array([amount for amount, _, _ in claims]) + flat
    segment = np.array([year for _, year, _ in claims])
    n = len(claims)
    benefits = Benefits(np.full(n, 20_000), np.full(n, 45_000), np.full(n, 2_000), np.full(n, 20))
    shares = adjudicate(allowed, np.zeros(n, np.int64), segment, np.arange(n), benefits, flat=flat)
    assert shares.member.tolist() == _loop(allowed.tolist(), flat.tolist(), segment.tolist(), benefits)
    assert (shares.member <= allowed).all()


@given(st.lists(st.lists(st.integers(0, 9_999), min_size=1, max_size=6), min_size=1, max_size=20), st.floats(0, 1))
def test_spreading_over_lines_keeps_every_cent(lines, share):
    owner = np.repeat(np.arange(len(lines)), [len(one) for one in lines])
    weights = np.array([amount for one in lines for amount in one])
    whole = np.bincount(owner, weights=weights, minlength=len(lines)).astype(np.int64)
    total = np.floor(whole * share).astype(np.int64)
    parts = spread(total, weights, owner)
    assert (np.bincount(owner, weights=parts, minlength=len(lines)).astype(np.int64) == total).all()
    assert (parts >= 0).all() and (parts <= weights).all()


@pytest.mark.parametrize("kind", ["professional", "institutional"])
def test_a_claim_carries_twelve_diagnoses_and_its_lines_point_to_four(kind, tmp_path):
    codes = "E11.22 I13.0 I50.22 N18.30 E78.5 F32.9 K21.9 I25.10 I48.91 E66.9 E03.9 M81.0".split()
    given = {f"diagnosis_{rank}": code for rank, code in enumerate(codes, 1)}
    journey = {
        "id": "one",
        "events": [{"event_id": "a", "event_type": f"claim_{kind}", "day": 20, "parameters": given}],
    }
    with generate(SPEC | {"journey": journey}, count=20, workspace=tmp_path).scenario.connect() as connection:
        carried = "SELECT DISTINCT list(code ORDER BY rank) FROM claim_diagnoses GROUP BY claim_id"
        assert connection.execute(carried).fetchall() == [(codes,)]
        pointers = connection.execute("SELECT DISTINCT diagnosis_pointers FROM claim_lines").fetchall()
    assert pointers == [("1:2:3:4",)]
