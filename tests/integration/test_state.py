"""Saved scenarios with the products installed: the guide's part 6 as it stands there, and what the products tell of theirs."""

import datetime
import json

import pytest

from healthsim_core import generate
from healthsim_core.errors import UserError


@pytest.fixture(autouse=True)
def workspace(tmp_path, monkeypatch):
    monkeypatch.setenv("HEALTHSIM_HOME", str(tmp_path))


PATIENTS = [
    {
        "patient_id": f"P{number:03}",
        "given_name": "Ana",
        "birth_date": f"19{40 + number}-01-31",
        "gender": "FM"[number % 2],
    }
    for number in range(30)
]
ENCOUNTERS = [
    {"encounter_id": f"E{number}", "patient_id": f"P{number % 30:03}", "start_datetime": f"2025-03-{1 + number % 28:02}T09:00:00"}
    for number in range(70)
]  # fmt: skip


def test_the_guide_saves_sums_up_and_asks():
    from healthsim_core.state import get_summary, persist, query_scenario

    result = persist(
        entities={"patients": PATIENTS, "encounters": ENCOUNTERS},
        context="diabetes cohort for training",
        tags=["diabetes", "training"],
    )
    assert (result.entity_type, result.entities_persisted, result.is_new_scenario) == (
        "patients, encounters",
        100,
        True,
    )
    assert len(result.entity_ids) == 100 and result.summary.token_estimate() < 650
    name = result.scenario_name
    assert name.startswith("diabetes-cohort-20") and result.scenario_id
    summary = get_summary(name)
    assert summary.entity_counts == {"patients": 30, "encounters": 70} and summary.tags == ["diabetes", "training"]
    assert len(summary.samples["patients"]) == 3 and summary.token_estimate() <= 3_500
    assert summary.to_dict()["statistics"]["patients_sex"] == {"F": 15, "M": 15}
    assert summary.statistics["encounter_dates"] == {"first": "2025-03-01", "last": "2025-03-28"}
    page = query_scenario(name, "SELECT * FROM patients WHERE gender = 'F'", limit=10)
    assert (len(page.rows), page.total_count, page.page, page.page_size, page.has_more) == (10, 15, 1, 10, True)
    assert page.results[0]["gender"] == "F" and page.query_executed.startswith("SELECT")


def test_persist_first_and_other_names_later_all_come_from_one_place():
    from healthsim_core.state import AutoPersistService, get_auto_persist_service, persist

    assert callable(persist) and isinstance(get_auto_persist_service(), AutoPersistService)
    import healthsim_core.state as state

    assert all(getattr(state, name) is not None for name in state.__all__)


def test_products_tell_of_conditions_plans_dates_and_money():
    from healthsim_core.state import get_summary

    name = generate(
        "medicare-diabetic", count=300, products=["patientsim", "membersim"], output_formats=["csv"]
    ).scenario.name
    summary = get_summary(name)
    statistics = summary.statistics
    assert statistics["age_years"]["min"] >= 65 and set(statistics["sex"]) == {"F", "M"}
    assert any(value.startswith("E11") for value in statistics["top_conditions"])
    assert sum(statistics["plan_mix"].values()) == summary.entity_counts["coverages"]
    totals = statistics["claim_totals_usd"]
    assert totals["allowed"] == pytest.approx(totals["paid"] + totals["member"])
    assert statistics["encounter_dates"]["first"] >= "2025-01-01"
    assert not {"patients_sex", "members_sex"} & set(statistics), "persons say it already"
    assert summary.token_estimate() <= 3_500 and get_summary(name, include_samples=False).token_estimate() <= 650
    assert set(summary.samples) == {table for table, rows in summary.entity_counts.items() if rows}
    # Three of each, fewer where so many tables would make the summary longer than an agent can take.
    assert all(1 <= len(rows) <= 3 for rows in summary.samples.values())


def test_every_declared_statistic_runs_where_its_tables_have_rows():
    from healthsim_core import catalog as catalogs
    from healthsim_core.state.statistics import measure

    built = catalogs.build()
    scenario = generate("medicare-diabetic", count=100, output_formats=["csv"]).scenario
    about = scenario.about()
    with scenario.connect() as connection:
        found = measure(connection, about["tables"], about["as_of"], built)
        filled = {name for name, rows in about["tables"].items() if rows}
        for name, one in built.all("statistic").items():
            if set(one.tables) <= filled and not set(one.unless) & filled:
                assert name in found, f"statistic {name} gives nothing: {one.sql}"
                connection.execute(one.sql.replace("{as_of}", "DATE '2025-01-01'")).fetchall()


def test_what_was_added_to_a_generated_scenario_is_exported_and_digested(tmp_path):
    from healthsim_core.state import persist, query_scenario

    made = generate(
        "medicare-diabetic", count=50, products=["patientsim", "membersim"], name="clinic", output_formats=["csv"]
    )
    patient = query_scenario("clinic", "SELECT patient_id FROM patients ORDER BY 1 LIMIT 1").rows[0][0]
    start = datetime.datetime(2025, 12, 24, 10)
    extra = {"encounter_id": "mine-1", "patient_id": patient, "encounter_class": "AMB", "encounter_type": "office",
             "status": "finished", "start_datetime": start, "end_datetime": start + datetime.timedelta(minutes=20)}  # fmt: skip
    persist({"encounter": [extra]}, scenario_name="clinic")
    from healthsim_core import catalog as catalogs
    from healthsim_core.generation.run import export_formats

    built = catalogs.build()
    export_formats(made.scenario, [*built.formats("fhir_r4"), *built.formats("csv")], tmp_path / "out", built)
    lines = (tmp_path / "out/fhir_r4/Encounter.ndjson").read_text().splitlines()
    assert any(json.loads(line)["id"] == "mine-1" for line in lines)
    assert "mine-1" in (tmp_path / "out/csv/encounters.csv").read_text()
    rows, _ = made.scenario.digest()["encounters"]
    assert rows == made.counts["encounters"] + 1


def test_tables_come_as_data_frames_of_other_libraries(tmp_path):
    made = generate("oswald-family", workspace=tmp_path)
    with made.scenario.connect() as connection:
        charged = connection.execute("SELECT sum(charge_amount) FROM claims").fetchall()[0][0]
    arrow, pandas, polars = (getattr(made.scenario, form)("claims") for form in ("to_arrow", "df", "pl"))
    assert arrow.column_names == list(pandas.columns) == polars.columns
    assert arrow.num_rows == len(pandas) == polars.height == made.counts["claims"]
    assert sum(arrow["charge_amount"].to_pylist()) == charged and polars["charge_amount"].sum() == charged
    assert made.to_arrow("claims").equals(arrow)
    with pytest.raises(UserError, match="no table 'claimz'; did you mean 'claims'"):
        made.scenario.df("claimz")
