"""People who die in the middle of their journeys: whatever the product, nothing happens to them afterwards."""

import pytest

from healthsim_core import generate

VERY_OLD = {
    "id": "very-old",
    "generation": {"count": 120, "seed": 5, "products": ["patientsim", "membersim", "rxmembersim", "trialsim", "populationsim"]},
    "demographics": {
        "source": "populationsim",
        "reference": {"type": "county", "fips": "48201"},
        "age": {"type": "uniform_int", "min": 90, "max": 104},
    },
    "clinical": {"primary_condition": {"code": "E11", "prevalence": 1.0}},
}  # fmt: skip
JOURNEYS = ["diabetic-first-year", "hf-exacerbation", "trial-participation", "chronic-therapy-maintenance"]
PAPERWORK = {
    ("claims", "submitted_date"),
    ("claims", "adjudicated_date"),
    ("remittances", "payment_date"),
    ("adherence", "last_covered_date"),
}
"""What may come later: bills and payments for what happened before, and the end of the last supply."""
KEYS = ("person_id", "patient_id", "member_id", "rx_member_id", "subject_id")


@pytest.fixture(scope="module")
def scenario(tmp_path_factory):
    result = generate(VERY_OLD, journey=JOURNEYS, workspace=tmp_path_factory.mktemp("lives"))
    assert not result.failures
    return result.scenario


def test_nothing_happens_to_anybody_after_death(scenario):
    with scenario.connect() as connection:
        assert connection.execute("SELECT count(death_date) FROM persons").fetchall()[0][0] > 20
        columns = connection.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'main'"
        ).fetchall()
        tables = {}
        for table, name, kind in columns:
            tables.setdefault(table, {})[name] = kind
        late, looked_at = {}, 0
        for table, names in tables.items():
            key = next((one for one in KEYS if one in names), None)
            for name, kind in names.items():
                if key is None or kind not in ("DATE", "TIMESTAMP") or (table, name) in PAPERWORK:
                    continue
                looked_at += 1
                number = f"regexp_extract(x.{key}, '[0-9]+$') = regexp_extract(p.person_id, '[0-9]+$')"
                found = connection.execute(
                    f"SELECT count(*) FROM {table} x JOIN persons p ON {number} WHERE x.{name}::DATE > p.death_date"
                ).fetchall()[0][0]
                if found:
                    late[table, name] = found
    assert not late and looked_at > 30


def test_the_dead_had_as_much_before_as_the_living(scenario):
    with scenario.connect() as connection:
        before, after = connection.execute(
            """SELECT count(*) FILTER (p.death_date IS NOT NULL), count(*) FILTER (p.death_date IS NULL)
               FROM encounters e JOIN patients USING (patient_id) JOIN persons p USING (person_id)
               WHERE e.start_datetime < DATE '2025-02-01' AND coalesce(p.death_date, DATE '9999-01-01') > DATE '2025-02-01'"""
        ).fetchall()[0]
    assert before > 0 and after > 0
