"""The guide's walkthroughs 1 to 5, as they stand there, and one person under every id."""

from datetime import date

import duckdb
import pytest


@pytest.fixture(autouse=True)
def workspace(tmp_path, monkeypatch):
    monkeypatch.setenv("HEALTHSIM_HOME", str(tmp_path))


def test_ten_people_from_a_dict():
    from healthsim_core.generation import ProfileExecutor

    spec = {
        "generation": {"count": 10, "seed": 42},
        "demographics": {
            "age": {"type": "normal", "mean": 45, "std_dev": 15, "min": 18, "max": 90},
            "gender": {"type": "categorical", "weights": {"M": 0.49, "F": 0.51}},
        },
    }
    executor = ProfileExecutor(master_seed=42)
    result = executor.execute(spec)
    assert len(result.entities) == 10
    for entity in result.entities:
        assert 18 <= entity.attributes["age"] <= 90 and entity.attributes["gender"] in ("M", "F") and entity.entity_id
    assert executor.generate_entity(index=5) == result.entities[5]
    assert result.validation.is_valid and result.validation.passed and result.validation.errors == []
    assert [one.attributes for one in ProfileExecutor(spec).execute().entities] == [
        one.attributes for one in result.entities
    ]


def test_a_journey_and_its_timeline():
    from healthsim_core.generation import JourneyEngine, create_simple_journey

    journey = create_simple_journey(
        "diabetes-care", "Diabetes care",
        events=[
            {"event_id": "dx", "name": "Diagnosis", "event_type": "diagnosis", "delay": {"days": 0}},
            {"event_id": "lab", "name": "Initial A1C", "event_type": "lab_order", "delay": {"days": 7}, "depends_on": "dx"},
            {"event_id": "med", "name": "Start metformin", "event_type": "medication_order", "delay": {"days": 3}, "depends_on": "dx"},
        ],
    )  # fmt: skip
    timeline = JourneyEngine(seed=42).create_timeline(
        {"patient_id": "P001", "name": "John Doe"}, "patient", journey, start_date=date(2025, 1, 1)
    )
    assert [(event.scheduled_date, event.event_name, event.event_type) for event in timeline.events] == [
        (date(2025, 1, 1), "Diagnosis", "diagnosis"),
        (date(2025, 1, 4), "Start metformin", "medication_order"),
        (date(2025, 1, 8), "Initial A1C", "lab_order"),
    ]
    assert len(timeline.up_to(date(2025, 1, 4))) == 2 and timeline.by_date(date(2025, 1, 8))[0].event_id == "lab"


def test_a_county():
    from healthsim_core.generation import (
        ProfileExecutor,
        ReferenceProfileResolver,
        create_hybrid_profile,
        resolve_geography,
    )

    conn = duckdb.connect()
    resolver = ReferenceProfileResolver(conn)
    profile = resolver.resolve_county("48201")
    assert (profile.population, profile.pct_diabetes, profile.pct_obesity) == (4_726_177, 12.6, 37.9)
    assert resolve_geography({"type": "county", "fips": "06073"}).pct_diabetes == 9.4
    spec = resolver.to_profile_spec(profile)
    assert len(ProfileExecutor(spec).execute(count=20).entities) == 20
    hybrid = create_hybrid_profile(
        {"profile": {"demographics": {"source": "populationsim", "reference": {"type": "county", "fips": "48201"},
                                      "age": {"type": "normal", "mean": 72, "std_dev": 8}}}}, conn,
    )  # fmt: skip
    people = ProfileExecutor(hybrid).execute(count=400).entities
    assert 70 < sum(one.attributes["age"] for one in people) / 400 < 74
    assert {one.attributes["county_fips"] for one in people} == {"48201"}
    # 44 % of everybody there, and fewer of the old.
    assert 0.18 < sum(one.attributes["ethnicity"] == "hispanic" for one in people) / 400 < 0.4


def test_one_person_in_two_products():
    from healthsim_core.generation import CrossProductCoordinator, JourneyEngine, get_journey_template

    coordinator = CrossProductCoordinator()
    linked = coordinator.create_linked_entity(
        "E001", {"patient_id": "P001", "member_id": "M001", "rx_member_id": "RX001"}
    )
    patients, members = JourneyEngine(seed=42), JourneyEngine(seed=42)
    coordinator.register_product_engine("patientsim", patients)
    coordinator.register_product_engine("membersim", members)
    timeline = patients.create_timeline(
        {"patient_id": "P001"}, "patient", get_journey_template("diabetic-first-year"), date(2025, 1, 1)
    )
    coordinator.add_timeline(linked, "patientsim", timeline)
    results = coordinator.execute_coordinated(linked, up_to_date=date(2025, 3, 31))

    assert {"first-visit", "dx", "a1c-first", "met"} <= {event.event_id for event in results["patientsim"]}
    assert "lab_result" in {event.event_type for event in results["patientsim"]}
    claims = [event for event in results["membersim"] if event.event_type == "claim_professional"]
    assert [claim.source_id for claim in claims].count("first-visit") == 1
    dates = [event.scheduled_date for event in results.all]
    assert dates == sorted(dates) and dates[-1] <= date(2025, 3, 31)
    assert len(results.all) == len(results["patientsim"]) + len(results["membersim"])
    assert {event.status for event in results.all} == {"executed"}
    later = timeline.pending()
    assert later and min(event.scheduled_date for event in later) > date(2025, 3, 31)
    rest = coordinator.execute_coordinated(linked)
    assert not timeline.pending() and not linked.timelines["membersim"].pending()
    assert rest.all[0].scheduled_date > date(2025, 3, 31) and {
        id(event) for event in later if event.product in ("patientsim", "membersim")
    } <= set(map(id, rest.all))


def test_every_id_of_every_table_leads_to_one_person(tmp_path):
    from healthsim_core import catalog, generate
    from healthsim_core.identity import IdScheme, find_persons

    found = catalog.build()
    scheme = IdScheme.of(found)
    assert scheme.ids("M160") == scheme.ids("PT160") == scheme.ids(160)
    assert {"person_id": "P160", "patient_id": "PT160", "member_id": "M160"}.items() <= scheme.ids("P160").items()
    result = generate("medicare-diabetic", count=20, products=["patientsim", "membersim"], seed=42)
    own = {f"{key.table}.{key.name}" for key in scheme.keys}
    checked = set()
    with result.scenario.connect() as connection:
        everybody = {person for (person,) in connection.execute("SELECT person_id FROM persons").fetchall()}
        entities = {scheme.entity(person) for person in everybody}
        assert len(entities) == 20
        for name in result.counts:
            for column in found.get("table", name).columns:
                if f"{name}.{column.name}" not in own and column.references not in own:
                    continue
                values = [
                    value
                    for (value,) in connection.execute(f'SELECT DISTINCT "{column.name}" FROM "{name}"').fetchall()
                ]
                assert {scheme.entity(value) for value in values} <= entities, (name, column.name)
                assert {scheme.ids(value)["person_id"] for value in values} <= everybody
                checked.add(name)
        for person, patient, member in connection.execute(
            "SELECT person_id, patient_id, member_id FROM patients JOIN members USING (person_id)"
        ).fetchall():
            assert scheme.entity(person) == scheme.entity(patient) == scheme.entity(member)
        one = connection.execute("SELECT given_name, family_name, birth_date, gender FROM members LIMIT 1").fetchall()[
            0
        ]
    assert {"persons", "patients", "members", "coverages", "claims", "encounters", "diagnoses"} <= checked
    record = dict(zip(("given_name", "family_name", "birth_date", "gender"), one, strict=True))
    assert find_persons(result.scenario, record)[0].score == 1.0
    assert result.entities[3].attributes["patient_id"] == scheme.ids(result.entities[3].entity_id)["patient_id"]


def test_names_that_lean_on_products_are_all_there():
    import healthsim_core.generation as generation

    for name in set(generation.__all__) - {"RxEventType", "TrialEventType"}:
        assert getattr(generation, name) is not None
    assert generation.PatientEventType.DIAGNOSIS == "diagnosis"
    assert generation.MemberEventType.CLAIM_PROFESSIONAL == "claim_professional"
    first, *_ = generation.TriggerRegistry().triggers_for("patientsim.encounter")
    assert first.priority == generation.TriggerPriority.HIGH and first.owner == "membersim"
    assert generation.SkillReference("diabetes-management").rows("medications", line=1)


def test_products_and_the_unified_entry():
    from healthsim_core import generate

    result = generate(profile="medicare-diabetic", journey="diabetic-first-year", count=100, products=["patientsim", "membersim"],
                      output_formats=["fhir_r4", "x12_837"], persist=True, seed=42)  # fmt: skip
    assert result.counts["patients"] == result.counts["members"] == 100
    assert {one.format for one in result.written} == {"fhir_r4", "x12_837p", "x12_837i"}

    from membersim.generation import MEMBER_PROFILE_TEMPLATES, MemberProfileExecutor, create_member_profile

    members = MemberProfileExecutor(MEMBER_PROFILE_TEMPLATES["medicare-advantage-diabetic"]).execute().entities
    assert members[0].attributes["plan"] in ("MA-HMO", "MA-PPO") and members[0].attributes["member_id"]
    assert (
        MemberProfileExecutor(create_member_profile("mine", demographics={"age": 30}))
        .execute(count=3)
        .entities[2]
        .attributes["age"]
        == 30
    )

    from patientsim import generate as generate_patients

    assert generate_patients(profile="diabetic-senior", journey="chronic-management", count=50).counts["patients"] == 50

    from healthsim_core.generation import ProfileJourneyOrchestrator

    results = ProfileJourneyOrchestrator("diabetic-senior").execute(count=5)
    assert len(results) == 5 and all(one.timeline.events for one in results)


def test_a_name_of_an_absent_thing_says_so():
    import healthsim_core.generation as generation

    with pytest.raises(AttributeError, match="NormalDistributio"):
        _ = generation.NormalDistributio


@pytest.mark.parametrize("name", ["medicare-diabetic", "commercial-healthy", "medicaid-pediatric", "medicare-advantage-complex", "commercial-maternity",
                                  "diabetic-senior", "medicare-advantage-diabetic", "commercial-ppo-healthy", "oswald-family"])  # fmt: skip
def test_every_template_makes_people(name):
    from healthsim_core import generate

    result = generate(name, count=20)
    assert result.counts["persons"] >= 20
