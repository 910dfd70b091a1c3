"""What MemberSim and RxMemberSim promise of people who die: coverage ends that day, and nothing is billed for a day after."""

import pytest

from healthsim_core.generation.run import generate
from healthsim_x12.testing import judge

pytest.importorskip("rxmembersim", reason="tested where everything is installed")
DIED = "2025-03-20"
SPEC = {
    "id": "deaths",
    "generation": {"count": 10, "seed": 2, "products": ["membersim", "rxmembersim"]},
    "demographics": {"age": 70, "death_date": DIED},
    "journey": {
        "id": "j",
        "events": [
            {"event_id": "visit", "event_type": "claim_professional", "day": 5, "repeat": {"every_days": 20, "count": 10}},
            {"event_id": "late", "event_type": "claim_professional", "day": 70, "parameters": {"service_time": "2025-04-02"}},
            {"event_id": "rx", "event_type": "new_rx", "product": "rxmembersim", "day": 2, "parameters": {"drug": "lisinopril"}},
            {"event_id": "more", "event_type": "refill", "product": "rxmembersim", "depends_on": "rx", "delay": {"days": 30}, "repeat": {"every_days": 30, "count": 8}},
        ],
    },
}  # fmt: skip


def test_coverage_ends_on_the_day_of_death_and_nothing_is_billed_after_it(tmp_path):
    result = generate(SPEC, workspace=tmp_path, output_formats=["x12_834"], out=tmp_path / "out")
    with result.scenario.connect() as connection:

        def rows(sql):
            return connection.execute(sql).fetchall()

        assert rows("SELECT DISTINCT CAST(end_date AS VARCHAR) FROM coverages") == [(DIED,)]
        assert rows("SELECT DISTINCT CAST(end_date AS VARCHAR) FROM rx_members") == [(DIED,)]
        assert rows(
            "SELECT maintenance_type_code, maintenance_reason_code, CAST(effective_date AS VARCHAR), count(*)"
            " FROM enrollment_changes WHERE maintenance_type_code = '024' GROUP BY ALL"
        ) == [("024", "03", DIED, 10)]
        assert rows("SELECT count(*) > 20, max(service_date) <= DATE '2025-03-20' FROM claims") == [(True, True)]
        assert rows("SELECT count(*) > 10, max(fill_date) <= DATE '2025-03-20' FROM fills") == [(True, True)]
        assert rows("SELECT DISTINCT CAST(period_end_date AS VARCHAR) FROM adherence") == [(DIED,)]
    paths = list((tmp_path / "out").rglob("*.x12"))
    # The drug plans of six of them tell of it too.
    text = "".join(path.read_text() for path in paths if path.stem != "HSPD1")
    assert text.count("INS*Y*18*030*XN*A*C**RT***D8*20250320~") == 10
    pytest.importorskip("pyx12")
    assert [judge(path) for path in paths] == [[]] * len(paths)
