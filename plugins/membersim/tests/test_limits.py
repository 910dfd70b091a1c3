"""What MemberSim promises of a year's limits and of premiums: families have their own, and drugs count where the plan says so."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from healthsim_core.generation.run import generate
from membersim.adjudication import Benefits, Elsewhere, adjudicate
from membersim.premiums import age_factors

FAMILY = [
    {"role": "subscriber", "age": 40},
    {"role": "spouse", "age": 41},
    *({"role": "dependent", "age": age} for age in (16, 12, 9, 4)),
]


def household(tmp_path, plan, kind, members, events=(), products=("membersim",), count=1):
    spec = {
        "id": "household",
        "generation": {"count": count, "seed": 2, "products": list(products)},
        "coverage": {"type": kind, "plan": plan},
        "members": members,
        **({"journey": {"id": "j", "events": list(events)}} if events else {}),
    }
    return generate(spec, workspace=tmp_path).scenario.connect()


def rows(connection, sql):
    return connection.execute(sql).fetchall()


@pytest.mark.parametrize(
    ("plan", "kind", "members", "premium"),
    [
        ("PPO", "Commercial", FAMILY[:1], "750.00"),
        ("PPO", "Commercial", FAMILY[:2], "1575.00"),
        ("PPO", "Commercial", [FAMILY[0], FAMILY[2]], "1387.50"),
        ("PPO", "Commercial", FAMILY, "2145.00"),
        ("Exchange-Silver", "Exchange", FAMILY[:1], "520.00"),
        # 1.278 + 1.302 + the three oldest children's 0.859 + 0.765 + 0.765, over 1.278.
        ("Exchange-Silver", "Exchange", FAMILY, "2021.82"),
        ("Exchange-Gold", "Exchange", [{"role": "subscriber", "age": 64}], "1431.92"),
        ("Original", "Medicare", [{"role": "subscriber", "age": 70}, {"role": "spouse", "age": 69}], "185.00"),
    ],
)
def test_a_policy_costs_what_it_covers(tmp_path, plan, kind, members, premium):
    with household(tmp_path, plan, kind, members) as connection:
        found = rows(
            connection, "SELECT DISTINCT CAST(premium_amount AS VARCHAR) FROM coverages WHERE plan_code <> 'PDP'"
        )
    assert found == [(premium,)]


def test_premiums_of_exchanges_follow_the_federal_age_curve():
    factors = age_factors() * 1.278
    assert [round(factors[age], 3) for age in (0, 14, 15, 21, 40, 50, 64, 80)] == [
        0.765, 0.765, 0.833, 1.0, 1.278, 1.786, 3.0, 3.0,
    ]  # fmt: skip


VISITS = [
    {"event_id": "stay", "event_type": "claim_institutional", "day": 30, "repeat": {"every_days": 60, "count": 3}, "parameters": {"diagnosis_1": "I50.9"}},
    {"event_id": "visit", "event_type": "claim_professional", "day": 10, "repeat": {"every_days": 30, "count": 8}, "parameters": {"diagnosis_1": "I10", "cpt_codes": "99215,93306"}},
]  # fmt: skip


def test_a_family_never_owes_more_than_its_limits_and_nobody_more_than_their_own(tmp_path):
    with household(tmp_path, "PPO", "Commercial", FAMILY, VISITS, count=20) as connection:
        found = rows(
            connection,
            """SELECT subscriber_id, max(family_deductible_amount), max(family_out_of_pocket_max_amount), sum(d), sum(m),
                      max(d) FILTER (d > deductible_amount), max(m) FILTER (m > out_of_pocket_max_amount)
               FROM coverages JOIN members USING (member_id)
               JOIN (SELECT member_id, sum(deductible_amount) d, sum(member_amount) m FROM claims GROUP BY 1) USING (member_id) GROUP BY 1""",
        )
    assert len(found) == 20
    for _, deductible, limit, paid_deductible, owed, above_own, above_limit in found:
        assert (deductible, limit, above_own, above_limit) == (3000, 12000, None, None)
        # Six people would owe 9,000 of deductible and 36,000 in all.
        assert paid_deductible <= deductible and owed == limit


def test_who_is_covered_alone_has_no_family_limits(tmp_path):
    with household(tmp_path, "PPO", "Commercial", FAMILY[:1]) as connection:
        assert rows(connection, "SELECT family_deductible_amount, family_out_of_pocket_max_amount FROM coverages") == [
            (None, None)
        ]


@pytest.mark.parametrize(("plan", "kind", "together"), [("EPO", "Commercial", True), ("MA-PPO", "Medicare", False)])
def test_drugs_and_care_count_to_one_maximum_where_the_plan_has_one(tmp_path, plan, kind, together):
    pytest.importorskip("rxmembersim")
    drugs = [
        {"event_id": "rx", "event_type": "new_rx", "product": "rxmembersim", "day": 2, "parameters": {"drug": "adalimumab"}},
        {"event_id": "more", "event_type": "refill", "product": "rxmembersim", "depends_on": "rx", "delay": {"days": 28},
         "repeat": {"every_days": 28, "count": 8}},
    ]  # fmt: skip
    age = 70 if kind == "Medicare" else 50
    people = [{"role": "subscriber", "age": age}]
    with household(
        tmp_path, plan, kind, people, [*VISITS, *drugs], ("membersim", "rxmembersim"), count=30
    ) as connection:
        found = rows(
            connection,
            """SELECT sum(member_amount) FILTER (claim_type = 'pharmacy'), sum(member_amount), max(out_of_pocket_max_amount)
               FROM claims JOIN coverages USING (coverage_id) GROUP BY claims.member_id""",
        )
        assert rows(
            connection,
            "SELECT count(*) FROM claims JOIN fills USING (fill_id) WHERE member_amount <> patient_pay_amount",
        ) == [(0,)]
    assert sum(drugs > 1000 for drugs, _, _ in found) > 15
    if together:
        assert max(owed - limit for _, owed, limit in found) == 0
    else:
        assert (
            max(owed - drugs - limit for drugs, owed, limit in found)
            <= 0
            < max(owed - limit for _, owed, limit in found)
        )


def test_a_high_deductible_plan_has_one_deductible_for_care_and_drugs(tmp_path):
    pytest.importorskip("rxmembersim")
    drugs = [
        {"event_id": "rx", "event_type": "new_rx", "product": "rxmembersim", "day": 2, "parameters": {"drug": "empagliflozin"}},
        {"event_id": "more", "event_type": "refill", "product": "rxmembersim", "depends_on": "rx", "delay": {"days": 30},
         "repeat": {"every_days": 30, "count": 8}},
    ]  # fmt: skip
    people = [{"role": "subscriber", "age": 50}]
    with household(
        tmp_path, "HDHP", "Commercial", people, [*VISITS, *drugs], ("membersim", "rxmembersim"), count=20
    ) as connection:
        found = rows(
            connection,
            """SELECT sum(deductible_amount) FILTER (claim_type = 'pharmacy'), sum(deductible_amount), sum(member_amount)
               FROM claims GROUP BY member_id""",
        )
    assert len(found) == 20 and min(drugs for drugs, _, _ in found) > 500
    assert {whole for _, whole, _ in found} == {3400} and max(owed for _, _, owed in found) <= 7000


def _one_by_one(claims, own_deductible, own_limit, family_deductible, family_limit, spent):
    """Return what each claim costs the member, one claim after the other."""
    met, owed_so_far, shares = {}, {}, []
    for person, amount in claims:
        deductible = max(0, min(amount, own_deductible - met.get(person, 0), family_deductible - met.get("all", 0)))
        met[person], met["all"] = met.get(person, 0) + deductible, met.get("all", 0) + deductible
        owed = deductible + ((amount - deductible) * 20 + 50) // 100
        room = min(
            own_limit - spent.get(person, 0) - owed_so_far.get(person, 0),
            family_limit - sum(spent.values()) - owed_so_far.get("all", 0),
        )
        owed = max(0, min(owed, room))
        owed_so_far[person], owed_so_far["all"] = owed_so_far.get(person, 0) + owed, owed_so_far.get("all", 0) + owed
        shares.append(owed)
    return shares  # fmt: skip


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 60_000)), min_size=1, max_size=30),
    st.tuples(*[st.integers(0, 30_000)] * 4),
)
def test_family_limits_over_columns_equal_one_claim_after_another(claims, drugs):
    person, amount = (np.array(one) for one in zip(*claims, strict=True))
    n = len(claims)
    limits = (20_000, 45_000, 35_000, 80_000)
    benefits = Benefits(
        np.full(n, limits[0]), np.full(n, limits[1]), np.zeros(n, np.int64), np.full(n, 20),
        np.full(n, limits[2]), np.full(n, limits[3]),
    )  # fmt: skip
    none = np.zeros(n, np.int64)
    elsewhere = Elsewhere(np.array(drugs)[person], np.full(n, sum(drugs)), none, none)
    found = adjudicate(amount, np.zeros(n, np.int64), person, np.arange(n), benefits, np.zeros(n, np.int64), elsewhere)
    assert found.member.tolist() == _one_by_one(claims, *limits, dict(enumerate(drugs)))
