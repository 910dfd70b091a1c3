"""The views: templates, an executor of people alone, and generate()."""

from __future__ import annotations

import pytest

import populationsim
from populationsim.generation import (
    POPULATION_PROFILE_TEMPLATES,
    PopulationProfileExecutor,
    create_population_profile,
)


@pytest.mark.parametrize("place", [{"county": "48201"}, {"county": "Harris", "state": "TX"}, {"county": 48201}])
def test_a_county_has_many_names(place):
    reference = create_population_profile(**place).demographics["reference"]
    assert dict(reference) == {"type": "county", "fips": "48201"}


@pytest.fixture(autouse=True)
def workspace(tmp_path, monkeypatch):
    monkeypatch.setenv("HEALTHSIM_HOME", str(tmp_path))


def test_a_county_by_name_is_its_people():
    profile = create_population_profile(county="Harris County, TX", generation={"count": 400, "seed": 3})
    executor = PopulationProfileExecutor(profile)
    people = executor.execute().entities
    assert {one.attributes["county_fips"] for one in people} == {"48201"}
    assert 0.35 < sum(one.attributes["ethnicity"] == "hispanic" for one in people) / 400 < 0.53
    minors = [one for one in people if one.attributes["age"] < 18]
    assert 0.2 < len(minors) / 400 < 0.32
    assert {code for one in minors for code in one.attributes["conditions"]} <= {"J45", "F32", "F41"}
    assert executor.generate_entity(11) == people[11]


def test_a_sections_word_beats_the_place():
    profile = create_population_profile(state="TX", demographics={"gender": "F"}, generation={"count": 30})
    people = PopulationProfileExecutor(profile).execute().entities
    assert {one.attributes["gender"] for one in people} == {"F"}
    assert {one.attributes["state"] for one in people} == {"TX"}


def test_an_unknown_place_says_what_was_meant():
    with pytest.raises(populationsim.UnknownPlace, match="did you mean"):
        create_population_profile(county="Haris County, TX")


def test_generate_makes_persons_and_residents_with_their_conditions_and_nothing_else():
    result = populationsim.generate(count=60)
    counts = result.scenario.counts()
    assert counts.pop("resident_conditions") > 60
    assert counts == {"persons": 60, "residents": 60} and result.validation.passed
    with result.scenario.connect() as connection:
        sick, well = connection.execute(
            "SELECT avg(utilization) FILTER (conditions >= 2), avg(utilization) FILTER (conditions = 0) FROM (SELECT utilization,"
            " (SELECT count(*) FROM resident_conditions c WHERE c.person_id = r.person_id) AS conditions FROM residents r)"
        ).fetchall()[0]
        wrong = connection.execute(
            "SELECT count(*) FROM resident_conditions WHERE NOT starts_with(code, left(category, 1))"
        )
        assert wrong.fetchall() == [(0,)]
        # Of people drawn one by one nobody knows with whom they live.
        assert connection.execute("SELECT count(household_size), count(relationship) FROM residents").fetchall() == [
            (0, 0)
        ]
    assert sick > well > 0


def test_the_families_of_a_state_share_name_and_address():
    result = populationsim.generate("state-families", count=80)
    with result.scenario.connect() as connection:
        apart = connection.execute(
            "SELECT household_id FROM persons JOIN residents USING (person_id)"
            " WHERE relationship <> 'housemate' GROUP BY household_id"
            " HAVING count(DISTINCT family_name) > 1 OR count(DISTINCT address_line || zip_code) > 1"
        ).fetchall()
        sizes = connection.execute("SELECT count(*) FROM persons GROUP BY household_id").fetchall()
    assert not apart and {size for (size,) in sizes} == {1, 2, 3, 4, 5, 6}


def test_every_profile_of_the_folder_is_among_the_templates():
    assert set(POPULATION_PROFILE_TEMPLATES) >= {"county-snapshot", "state-families", "medicare-diabetic"}
    assert POPULATION_PROFILE_TEMPLATES["county-snapshot"]["demographics"]["reference"]["fips"] == "06073"
