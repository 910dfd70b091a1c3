"""What each payer wants said its own way: who holds the policy, who answers for drugs, monthly services, vaccines, denials."""

import pytest

from healthsim_core.catalog import build
from healthsim_core.generation.run import export_formats, generate
from healthsim_x12.testing import judge, segments
from membersim.formats import OUTPUT_FORMATS


def bill(name, day, codes, diagnosis="I10", **more):
    parameters = {"diagnosis_1": diagnosis, "cpt_codes": codes}
    return {"event_id": name, "event_type": "claim_professional", "day": day, "parameters": parameters, **more}


def made(tmp_path, ages, events, coverage, count=40, products=("membersim", "networksim")):
    spec = {
        "id": "payers",
        "generation": {"count": count, "seed": 6, "products": list(products)},
        "demographics": {"age": {"type": "uniform_int", "min": ages[0], "max": ages[1]}},
        **({"coverage": coverage} if coverage else {}),
        "journey": {"id": "j", "events": events},
    }
    return generate(spec, workspace=tmp_path).scenario


def rows(scenario, sql):
    with scenario.connect() as connection:
        return connection.execute(sql).fetchall()


def written(scenario, folder):
    done = export_formats(scenario, OUTPUT_FORMATS, folder, build())
    return {form.name: one.folder for form, one in zip(OUTPUT_FORMATS, done, strict=True)}


def test_a_month_of_care_management_is_billed_once_a_calendar_month(tmp_path):
    monthly = bill("month", 5, "99490", repeat={"every_days": 13, "count": 24})
    both = bill("both", 6, "99213,99490")
    scenario = made(tmp_path, (66, 80), [monthly, both], {"type": "Medicare", "plan": "Original"}, count=10)
    found = rows(
        scenario,
        """SELECT max(n), count(*) FROM (SELECT member_id, date_trunc('month', l.service_date), count(*) n
           FROM claims JOIN claim_lines l USING (claim_id) WHERE procedure_code = '99490' GROUP BY ALL)""",
    )
    assert found == [(1, 110)]
    # The visit of that month stays, without the service.
    assert rows(scenario, "SELECT count(*) FROM claim_lines WHERE procedure_code = '99213'") == [(10,)]
    assert rows(scenario, "SELECT count(*) FROM claims ANTI JOIN claim_lines USING (claim_id)") == [(0,)]


@pytest.mark.parametrize(
    ("coverage", "ages", "given"),
    [
        ({"type": "Medicare", "plan": "Original"}, (66, 80), {"G0008", "G0009", "90471"}),
        ({"type": "Commercial", "plan": "PPO"}, (30, 50), {"90471", "90472"}),
        ({"type": "Medicaid", "plan": "Medicaid-MCO"}, (3, 15), {"90460", "90461"}),
    ],
)
def test_vaccines_are_given_under_the_number_the_payer_and_the_age_want(tmp_path, coverage, ages, given):
    shots = [
        {"event_id": name, "event_type": "claim_professional", "day": 20, "parameters": {"vaccine": name, "diagnosis_1": "Z23"}}
        for name in ("influenza", "pneumococcal_20", "tdap")
    ]  # fmt: skip
    listed = bill("listed", 60, "99213,90656,90471", "Z23")
    scenario = made(tmp_path, ages, [*shots, listed], coverage, count=10)
    sql = """SELECT procedure_code, sum(unit_count) FROM claim_lines WHERE procedure_code LIKE '9046%' OR procedure_code LIKE '9047%'
             OR procedure_code LIKE 'G00%' GROUP BY 1"""
    found = dict(rows(scenario, sql))
    assert set(found) == given
    assert found.get("90472", 20) == 20 and found.get("G0008", 20) == 20  # two later ones on a day; one a visit
    # A visit beside a vaccination says so.
    visits = "SELECT DISTINCT modifier_code FROM claim_lines WHERE procedure_code = '99213'"
    assert rows(scenario, visits) == [("25",)]


def test_a_child_drawn_alone_is_on_a_parents_policy_where_an_employer_insures(tmp_path):
    pytest.importorskip("pyx12")
    scenario = made(tmp_path, (2, 17), [bill("visit", 20, "99213", "J06.9")], None)
    found = rows(
        scenario,
        """SELECT coverage_type, relationship_code, coverage_level, subscriber_id IS NULL, subscriber_family_name = family_name,
                  date_diff('year', subscriber_birth_date, birth_date) BETWEEN 20 AND 42, count(*) FROM members JOIN coverages USING (member_id)
           GROUP BY ALL""",
    )
    kinds = {row[0]: row[1:6] for row in found}
    assert len(kinds) == len(found) >= 2
    assert kinds.pop("Commercial") == ("19", "ECH", True, True, True)
    assert set(kinds.values()) == {("18", "EMP", False, None, None)}
    # Money: the policy of a parent with children, not of an employee alone.
    premiums = "SELECT count(*) FROM coverages WHERE coverage_type = 'Commercial' AND premium_amount < 1000"
    assert rows(scenario, premiums) == [(0,)]
    folders = written(scenario, tmp_path / "out")
    for name in ("x12_834", "x12_837p", "x12_835"):
        assert judge(folders[name] / "HSCO1.x12") == []
    roster = [one for one in segments(folders["x12_834"] / "HSCO1.x12") if one[0] in ("INS", "REF", "NM1")]
    subscribers = [one[2] for one in roster if one[:2] == ["REF", "0F"]]
    assert [one[1:3] for one in roster if one[0] == "INS"] == [["Y", "18"], ["N", "19"]] * (len(subscribers) // 2)
    assert all(one.endswith("S") for one in subscribers)
    on_their_own = [one for one in segments(folders["x12_834"] / "HSMD1.x12") if one[0] == "INS"]
    assert {(one[1], one[2], one[8]) for one in on_their_own} == {("Y", "18", "AC")}
    claims = segments(folders["x12_837p"] / "HSCO1.x12")
    assert [one[1] for one in claims if one[0] == "PAT"] == ["19"] * sum(one[0] == "CLM" for one in claims)
    assert {one[9] for one in claims if one[:2] == ["NM1", "IL"]} <= set(subscribers)


def test_drugs_are_paid_by_the_drug_plan_and_care_by_medicare(tmp_path):
    events = [
        bill("visit", 20, "99213"),
        {"event_id": "drug", "event_type": "claim_pharmacy", "day": 21, "parameters": {"rxnorm_code": "861007"}},
    ]
    scenario = made(tmp_path, (66, 80), events, {"type": "Medicare"}, count=150)
    found = rows(
        scenario,
        """SELECT DISTINCT m.plan_code, claim_type, v.payer_id, r.payer_id FROM claims JOIN remittances r USING (claim_id)
           JOIN coverages v USING (coverage_id) JOIN coverages m ON m.member_id = claims.member_id AND m.plan_code <> 'PDP' ORDER BY ALL""",
    )
    assert found == [
        ("MA-HMO", "pharmacy", "HSMA1", "HSMA1"),
        ("MA-HMO", "professional", "HSMA1", "HSMA1"),
        ("MA-PPO", "pharmacy", "HSMA1", "HSMA1"),
        ("MA-PPO", "professional", "HSMA1", "HSMA1"),
        ("MA-only", "professional", "HSMA1", "HSMA1"),
        ("Original", "pharmacy", "HSPD1", "HSPD1"),
        ("Original", "professional", "HSMB1", "HSMB1"),
    ]
    folders = written(scenario, tmp_path / "out")
    lines = {one[3] for one in segments(folders["x12_834"] / "HSPD1.x12") if one[0] == "HD"}
    assert lines == {"PDG"} and {path.stem for path in folders["x12_835"].glob("*.x12")} == {"HSMA1", "HSMB1", "HSPD1"}
    told = "SELECT DISTINCT network_status FROM claims JOIN coverages USING (coverage_id) WHERE plan_code = 'PDP'"
    assert rows(scenario, told) == [("in",)], "its pharmacies are those of a network"


def test_part_a_asks_one_deductible_a_benefit_period_and_calls_it_one(tmp_path):
    stays = [
        {"event_id": f"stay{day}", "event_type": "claim_institutional", "day": day, "parameters": {"diagnosis_1": "I50.9"}}
        for day in (10, 40, 200)
    ]  # fmt: skip
    scenario = made(tmp_path, (66, 80), stays, {"type": "Medicare", "plan": "Original"}, count=60)
    found = rows(
        scenario,
        """SELECT month(service_date) m, max(deductible_amount), max(copay_amount), max(coinsurance_amount) FROM claims
           WHERE status = 'paid' GROUP BY 1 ORDER BY 1""",
    )
    assert [row[1:] for row in found] == [(1676, 0, 0), (0, 0, 0), (1676, 0, 0)]
    reasons = "SELECT DISTINCT reason_code FROM claim_adjustments WHERE group_code = 'PR'"
    assert rows(scenario, reasons) == [("1",)]


def test_reasons_for_denials_suit_the_claim(tmp_path):
    emergency = {"diagnosis_1": "R07.9", "encounter_type": "ed"}
    events = [
        bill("visit", 3, "99213", repeat={"every_days": 9, "count": 12}),
        {"event_id": "ed", "event_type": "claim_institutional", "day": 5, "repeat": {"every_days": 11, "count": 10}, "parameters": emergency},
        {"event_id": "test", "event_type": "claim_professional", "day": 4, "repeat": {"every_days": 13, "count": 10},
         "parameters": {"test": "a1c", "diagnosis_1": "E11.9"}},
    ]  # fmt: skip
    denied = """SELECT billing_role, reason_code || coalesce(remark_code, ''), count(DISTINCT claim_id) FROM claims
        JOIN claim_adjustments USING (claim_id) WHERE status = 'denied' AND group_code = 'CO' GROUP BY ALL"""
    for plan, kind in (("Original", "Medicare"), ("PPO", "Commercial")):
        ages = (66, 80) if kind == "Medicare" else (30, 60)
        found = rows(made(tmp_path / plan, ages, events, {"type": kind, "plan": plan}, 80), denied)
        by_role = {role: {reason for one, reason, _ in found if one == role} for role, _, _ in found}
        assert by_role["facility"] <= {"16M76", "16N382", "16N706"}
        assert by_role["practice"] >= {"97M15", "96N130"} and not any(
            one.startswith("50") for one in by_role["practice"]
        )
        assert ("50N115" in by_role["laboratory"]) == (plan == "Original") and "197" not in set().union(
            *by_role.values()
        )
