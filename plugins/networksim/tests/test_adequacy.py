"""Network adequacy: CMS's types of counties and limits, and who counts for whom."""

import csv
import json

import attrs
import pytest
from click.testing import CliRunner

import networksim
from healthsim_core.cli import main
from healthsim_core.errors import UserError
from networksim import distances
from networksim.access import Row
from networksim.standards import CEAC, LARGE_METRO, METRO, MICRO, RURAL, SPEED, County, counties, standards

CENTER, NEAR, FAR, ELSEWHERE = "77002", "77007", "77449", "79401"
"""ZIPs of downtown Houston, three miles from it, 25 miles from it, and in another part of the state."""


def people(*zips: str) -> str:
    """Return SQL that makes a person of Harris County in each of some ZIPs."""
    return "".join(
        f"INSERT INTO persons BY NAME SELECT 'P{number}' AS person_id, '{one}' AS zip_code, '48201' AS county_fips;"
        for number, one in enumerate(zips)
    )


def cardiologists(*zips: str) -> str:
    """Return SQL that makes a hospital of 100 beds and a cardiologist in each of some ZIPs; the first of each is in HMO_CORE."""
    rows = "INSERT INTO networks BY NAME SELECT 'HMO_CORE' AS network_id, 'HMO' AS plans;"
    for number, one in enumerate(zips):
        rows += (
            f"INSERT INTO facilities BY NAME SELECT 'F{number}' AS facility_id, 'hospital' AS facility_type, '{one}' AS zip_code,"
            f" 100 AS bed_count, '48201' AS county_fips;"
            f"INSERT INTO providers BY NAME SELECT 'PR{number}' AS provider_id, 'cardiology' AS specialty, 'F{number}' AS facility_id;"
        )
    return rows + (
        "INSERT INTO network_participations BY NAME SELECT 'NP0' AS participation_id, 'HMO_CORE' AS network_id, 'PR0' AS provider_id;"
    )


def row(report, specialty: str = "cardiology") -> Row:
    """Return a report's only row of a specialty."""
    (found,) = [one for one in report.rows if one.specialty == specialty]
    return found


@pytest.mark.parametrize(
    "people, square_miles, county_type",
    [
        (1_000_000, 1000, LARGE_METRO),
        (1_000_000, 1001, METRO),
        (500_000, 333, LARGE_METRO),
        (20_000, 4, LARGE_METRO),
        (200_000, 20_000, METRO),
        (50_000, 500, METRO),
        (50_000, 501, MICRO),
        (10_000, 10, METRO),
        (10_000, 200, MICRO),
        (10_000, 201, RURAL),
        (9_999, 100, RURAL),
        (1_000_000, 100_001, CEAC),
    ],
)
def test_a_county_is_of_the_type_that_its_people_and_density_make_it(people, square_miles, county_type):
    assert County("00000", "A County", "TX", people, square_miles).county_type == county_type


def test_known_counties_are_of_the_types_that_cms_gives_them():
    of = {fips: one.county_type for fips, one in counties().items()}
    assert len(of) == 3152 and {of[fips] for fips in ("48201", "06037", "36061", "17031")} == {LARGE_METRO}
    assert (of["06073"], of["31041"], of["48301"]) == (METRO, CEAC, CEAC)


def test_limits_widen_and_minimums_fall_from_town_to_country():
    assert len(standards()) == 38
    for one in standards():
        town, country = one.limits[LARGE_METRO], one.limits[CEAC]
        assert town.max_minutes < country.max_minutes and town.max_miles < country.max_miles
        assert (town.per_1000 or 0) >= (country.per_1000 or 0)
    # As the regulation prints them.
    cardiology = next(one for one in standards() if one.specialty == "cardiology")
    assert attrs.astuple(cardiology.limits[METRO]) == (30, 20, 0.27)
    assert [cardiology.limits[METRO].needed(enrollees) for enrollees in (1, 3703, 3704, 10_000)] == [1, 1, 2, 3]
    beds = next(one for one in standards() if one.kind == "bed")
    assert beds.limits[RURAL].needed(1000) == 13


def test_speeds_are_those_that_the_standards_imply():
    for county_type, speed in SPEED.items():
        pairs = [one.limits[county_type] for one in standards()]
        implied = sorted(one.max_miles / one.max_minutes * 60 for one in pairs)
        assert abs(implied[len(implied) // 2] - speed) < 1.5


def test_miles_between_zips_are_those_of_the_map():
    here, there = distances.places([CENTER]), distances.places([CENTER, "77449", "10001", "00000"])
    same, katy, new_york, nowhere = distances.miles(here, there)[0]
    assert same < 0.01 and 20 < katy < 27 and 1400 < new_york < 1430 and nowhere != nowhere


def test_nine_of_ten_within_reach_are_enough_and_eight_are_not(saved):
    enough = row(networksim.adequacy(saved(people(*[CENTER] * 9, FAR) + cardiologists(NEAR))))
    assert (enough.percent_within, enough.time_distance_met, enough.have, enough.needed) == (90.0, True, 1, 1)
    assert enough.adequate


def test_those_too_far_away_are_told_and_telehealth_earns_ten_points(saved):
    made = saved(people(*[CENTER] * 8, FAR, FAR) + cardiologists(CENTER))
    alone, helped = row(networksim.adequacy(made)), row(networksim.adequacy(made, telehealth=True))
    assert (alone.percent_within, alone.adequate) == (80.0, False)
    assert (helped.percent_within, helped.adequate) == (90.0, True)
    # Not for a hospital, which nobody visits by telephone.
    assert row(networksim.adequacy(made, telehealth=True), "acute_inpatient_hospital").percent_within == 80.0


def test_who_is_near_nobody_does_not_count(saved):
    found = row(networksim.adequacy(saved(people(CENTER) + cardiologists(NEAR, ELSEWHERE))))
    assert (found.have, found.adequate) == (1, True)


def test_hospitals_count_beds_and_people_can_stand_for_many(saved):
    made = saved(people(*[CENTER] * 10) + cardiologists(CENTER))
    few, many = (row(networksim.adequacy(made, each=each), "acute_inpatient_hospital") for each in (1, 1000))
    assert (few.unit, few.needed, few.have, few.ratio_met) == ("bed", 1, 100, True)
    assert (many.enrollees, many.needed, many.ratio_met, many.time_distance_met) == (10_000, 122, False, True)


def test_a_network_has_its_own_providers_only(saved):
    made = saved(people(CENTER) + cardiologists(CENTER, NEAR))
    whole, narrow = networksim.adequacy(made), networksim.adequacy(made, "hmo-core")
    assert (row(whole).have, row(narrow).have, narrow.network) == (2, 1, "HMO_CORE")
    assert row(narrow, "acute_inpatient_hospital").have == 0 and not narrow.adequate


def test_a_network_of_nobody_has_nothing(saved):
    nobody = "INSERT INTO networks BY NAME SELECT 'RX' AS network_id;"
    found = networksim.adequacy(saved(people(CENTER) + cardiologists(CENTER) + nobody), "RX")
    assert found.rows and {(one.have, one.percent_within, one.adequate) for one in found.rows} == {(0, 0.0, False)}


def test_a_zip_without_coordinates_is_near_itself_only(saved):
    made = saved(people("00000", CENTER) + cardiologists("00000"))
    assert (row(networksim.adequacy(made)).have, row(networksim.adequacy(made)).percent_within) == (1, 50.0)


def test_the_enrollees_are_the_members_of_its_plans(saved):
    entities = pytest.importorskip("membersim.entities")
    made = saved(
        people(CENTER, FAR, FAR)
        + cardiologists(CENTER)
        + "".join(
            f"INSERT INTO members BY NAME SELECT 'M{n}' AS member_id, 'P{n}' AS person_id;"
            f"INSERT INTO coverages BY NAME SELECT 'CV{n}' AS coverage_id, 'M{n}' AS member_id, '{plan}' AS plan_code,"
            f" DATE '2024-01-01' AS start_date, {end} AS end_date;"
            for n, (plan, end) in enumerate([("HMO", "NULL"), ("PPO", "NULL"), ("HMO", "DATE '2024-06-30'")])
        ),
        *(table for table in entities.TABLES if table.name in ("members", "coverages")),
    )
    theirs, everybody = networksim.adequacy(made, "HMO_CORE"), networksim.adequacy(made)
    assert (theirs.enrolled, row(theirs).enrollees, row(theirs).percent_within) == ("HMO", 1, 100.0)
    assert (everybody.enrolled, row(everybody).enrollees, row(everybody).percent_within) == ("everybody", 3, 33.3)


def test_what_the_directory_has_no_word_for_is_said_and_not_judged(saved):
    report = networksim.adequacy(saved(people(CENTER) + cardiologists(CENTER)))
    assert "dermatology" in report.left_out and "cardiology" not in report.left_out


def test_unknown_networks_and_counties_are_refused_with_a_suggestion(saved):
    made = saved(people(CENTER) + cardiologists(CENTER))
    with pytest.raises(UserError, match="unknown network 'HMO_COR'; did you mean 'HMO_CORE'"):
        networksim.adequacy(made, "HMO_COR")
    with pytest.raises(UserError, match="nobody enrolled lives in county '48202'; did you mean '48201'"):
        networksim.adequacy(made, county="48202")


def test_the_command_prints_tables_json_and_csv(saved, tmp_path, monkeypatch):
    made = saved(people(*[CENTER] * 9, FAR) + cardiologists(CENTER))
    (tmp_path / "scenarios").mkdir()
    made.path.rename(tmp_path / "scenarios" / "made.duckdb")
    monkeypatch.setenv("HEALTHSIM_HOME", str(tmp_path))
    table, as_json, as_csv, wrong = (
        CliRunner().invoke(main, ["adequacy", "made", *more])
        for more in ([], ["--json"], ["--csv"], ["--network", "x"])
    )
    assert "Harris County, TX (Large Metro), 10 enrollees" in table.output and "adequate: 4 of 4" in table.output
    assert json.loads(as_json.output)["adequate"] is True
    assert [one["specialty"] for one in csv.DictReader(as_csv.output.splitlines())][0] == "cardiology"
    assert wrong.exit_code == 2 and "unknown network 'x'; valid: HMO_CORE" in wrong.output


def test_the_report_says_for_how_many_of_the_county_the_directory_is(saved):
    served = """INSERT INTO directory_counties BY NAME SELECT '48201' AS county_fips, 4000000 AS people_count,
        250000 AS served_count, false AS is_full;"""
    report = networksim.adequacy(saved(people(CENTER) + cardiologists(CENTER) + served))
    assert (row(report).people, row(report).served) == (4_000_000, 250_000)
