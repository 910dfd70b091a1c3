"""What MemberSim promises: amounts that add up, claims under coverage, one policy a household."""

import numpy as np
import pytest
from hypothesis import given
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
        SELECT count(*) FROM (SELECT member_id, year(service_date), sum(deductible_amount) d, sum(member_amount) m FROM claims GROUP BY ALL) y
        JOIN coverages USING (member_id) WHERE d > deductible_amount OR (out_of_pocket_max_amount > 0 AND m > out_of_pocket_max_amount)""",
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


def _loop(allowed, free, segment, benefits):
    """Return member shares the slow way, one claim after another: the oracle."""
    met, spent, shares = {}, {}, []
    for number, (amount, nothing, year) in enumerate(zip(allowed, free, segment, strict=True)):
        deductible, limit, copay, percent = (
            getattr(benefits, name)[number]
            for name in ("deductible", "out_of_pocket_max", "copay", "coinsurance_percent")
        )
        subject = amount - nothing
        flat = min(copay, subject)
        rest = subject - flat
        own = max(0, min(rest, deductible - met.get(year, 0)))
        met[year] = met.get(year, 0) + rest
        share = ((rest - own) * percent + 50) // 100
        owed = own + flat + share
        allowed_to_owe = owed if not limit else max(0, min(owed, limit - spent.get(year, 0)))
        spent[year] = spent.get(year, 0) + owed
        shares.append(allowed_to_owe)
    return shares


@given(st.lists(st.tuples(st.integers(0, 50_000), st.integers(0, 3)), min_size=1, max_size=40))
def test_adjudication_over_columns_equals_one_claim_after_another(claims):
    claims = sorted(claims, key=lambda claim: claim[1])
    allowed = np.array([amount for amount, _ in claims])
    segment = np.array([year for _, year in claims])
    n = len(claims)
    benefits = Benefits(np.full(n, 20_000), np.full(n, 45_000), np.full(n, 2_000), np.full(n, 20))
    shares = adjudicate(allowed, np.zeros(n, np.int64), segment, np.arange(n), benefits)
    assert shares.member.tolist() == _loop(allowed.tolist(), [0] * n, segment.tolist(), benefits)
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
