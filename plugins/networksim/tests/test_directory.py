"""The directory: nobody real, nobody twice, the same for a county whoever else is there."""

import json

import numpy as np
import pytest
from attrs import evolve

from healthsim_core import catalog
from healthsim_core.generation.run import export_formats, generate
from networksim.counties import BLOCK, ROOMS, _known
from networksim.directory import build
from networksim.identifiers import ncpdp, npi


def luhn_holds(number: str) -> bool:
    digits = [int(one) for one in "80840" + number][::-1]
    return sum(sum(divmod(digit * 2, 10)) if place % 2 else digit for place, digit in enumerate(digits)) % 10 == 0


def test_npis_have_a_valid_check_digit_and_begin_with_two():
    for number in npi(np.array([0, 1, 7, 12_345_678, 99_999_999])).tolist():
        assert len(str(number)) == 10 and str(number)[0] == "2" and luhn_holds(str(number))
    # A published example of the standard: 123456789 has check digit 3.
    assert luhn_holds("1234567893")


def test_identifiers_are_nobodys_twice_over_the_nation(places):
    made = build(places(*_known()), 1, {})
    for name in ("npi", "tax_id"):
        numbers = [made[table][name] for table in ("facilities", "providers", "pharmacies") if name in made[table]]
        everybody = np.concatenate(numbers)
        assert len(np.unique(everybody)) == len(everybody), name
    assert len(np.unique(made["pharmacies"]["ncpdp_id"])) == made["pharmacies"].length
    ccn = [one for one in made["facilities"]["ccn"].decode() if one]
    assert len(set(ccn)) == len(ccn) > 3000 and all(len(one) == 6 and one[0] in "QRSTUVWXYZ" for one in ccn)


def test_numbers_of_a_county_that_the_data_do_not_know_are_its_own(places):
    made = build(places("99001", "99002", "48201"), 1, {})
    for table in ("facilities", "providers", "pharmacies"):
        assert len(np.unique(made[table]["npi"])) == made[table].length


@pytest.mark.parametrize("fips", ["06037", "48201", "48301", "31041"])
def test_the_largest_directory_of_a_county_has_no_more_rows_than_numbers(fips, county):
    blocks = _known()[fips].blocks
    made = build(county(fips, 20, blocks * BLOCK), 5, {})
    for sort, table in (("provider", "providers"), ("facility", "facilities"), ("pharmacy", "pharmacies")):
        assert made[table].length < blocks * ROOMS[sort]
    certified = sum(one is not None for one in made["facilities"]["ccn"].decode())
    assert certified < blocks * ROOMS["certified"]


def test_ncpdp_numbers_have_a_valid_check_digit_and_are_no_states(county):
    # The fictional examples of CARIN's guide of the pharmacy benefit check, and so the rule, digit by digit.
    for whole in ("0999017", "0999029", "0999031", "0999043", *map(str, ncpdp(np.arange(0, 300_000, 997)).tolist())):
        odd, even = (sum(int(one) for one in whole[start:6:2]) for start in (0, 1))
        assert len(whole) == 7 and (odd + 2 * even) % 10 == int(whole[6])
    numbers = ncpdp(np.arange(300_000))
    assert len(np.unique(numbers)) == len(numbers) and (numbers // 100_000 >= 70).all()


def test_a_county_has_as_many_of_a_specialty_as_its_people_and_class_ask_for(county):
    for fips, people, family, cardiology in (("48201", 4_726_177, 34.1, 9.43), ("48113", 2_604_053, 34.1, 9.43)):
        specialty = build(county(fips, 100, people), 5, {})["providers"]["specialty"]
        for name, density in (("family_medicine", family), ("cardiology", cardiology)):
            assert abs(specialty.isin({name}).sum() - density * people / 100_000) <= 1
    rural = build(county("31041", 5, 10_567), 5, {})
    specialty = rural["providers"]["specialty"]
    assert specialty.isin({"cardiology"}).sum() == 1 and 4 <= specialty.isin({"family_medicine"}).sum() <= 6
    assert rural["facilities"]["bed_count"][rural["facilities"]["facility_type"].isin({"hospital"})].max() <= 25


def test_a_directory_does_not_depend_on_how_its_zips_are_listed_or_how_many_people_are_made(county):
    few, many = build(county("48201", 10, 900_000), 5, {}), build(county("48201", 90, 900_000), 5, {})
    for table in ("facilities", "providers", "pharmacies"):
        assert few[table].length == many[table].length > 100


def test_a_nation_has_short_directories_unless_full_ones_are_asked_for(county, places):
    nation = {"places": (*county("06037", 200, 9_936_690)["places"], *county("36047", 40, 12_000_000)["places"])}
    short = build(nation, 5, {})
    assert 30 < (short["providers"]["county_fips"].isin({"06037"})).sum() < 60
    asked = build({**nation, "network": {"directory": "full"}}, 5, {})
    assert asked["providers"].length > 40_000
    one = {size: build({**county("48201", 20, 4_000_000), "network": asked}, 5, {})["providers"].length
           for size, asked in (("short", {"directory": "short"}), ("usual", {}), ("full", {"directory": "full"}))}  # fmt: skip
    assert one["short"] < 60 < 600 < one["usual"] < 1200 < one["full"]


def test_clinicians_speak_the_languages_of_their_county(county):
    spanish = {}
    for fips in ("48427", "50007"):  # Starr County, Texas; Chittenden County, Vermont
        languages = build(county(fips, 5, 60_000), 5, {})["providers"]["languages"].decode()
        assert all(one.split()[0] == "en" and len(one.split()) == len(set(one.split())) for one in languages)
        spanish[fips] = np.mean(["es" in one.split() for one in languages])
    assert spanish["48427"] > 0.35 and spanish["50007"] < 0.15


def test_a_county_is_the_same_whoever_else_is_there(places):
    alone, among = build(places("48201"), 5, {}), build(places("06073", "48201", "48113"), 5, {})
    keys = {"facilities": "facility_id", "providers": "provider_id", "pharmacies": "pharmacy_id"}
    for table, key in (keys | {"network_participations": "participation_id", "plan_contracts": "contract_id"}).items():
        rows = np.isin(among[table][key], alone[table][key])
        assert rows.sum() == alone[table].length < among[table].length
        for name, column in alone[table].items():
            mine, theirs = column, among[table].take(rows)[name]
            if hasattr(mine, "decode"):
                mine, theirs = mine.decode(), theirs.decode()
            mine, theirs = np.asarray(mine), np.asarray(theirs)
            assert ((mine == theirs) | (mine != mine) & (theirs != theirs)).all(), name


def test_everybody_works_somewhere_that_exists(places):
    made = build(places("48201", "06073"), 5, {})
    assert np.isin(made["providers"]["facility_id"], made["facilities"]["facility_id"]).all()


def test_names_are_a_countys_only_once(county):
    made = build(county("06037", 287, 9_936_690), 5, {})
    for table in ("facilities", "pharmacies"):
        names = made[table]["name"].decode()
        assert len(set(names)) == len(names) > 1500


def test_sites_stand_in_zips_of_their_own_while_there_are_any_and_where_people_live(county):
    facts = county("48201", 300, 900_000)
    clinics = build(facts, 5, {})["facilities"]
    clinics = clinics.take(clinics["facility_type"].isin({"clinic"}))
    assert len(set(clinics["zip_code"].decode())) == clinics.length > 150
    crowded = (evolve(facts["places"][0], population=600_000.0), *facts["places"][1:])
    there = build({"places": crowded}, 5, {})["facilities"]["zip_code"].isin({"77001"})
    assert 0.3 < there.mean() < 0.5


def test_only_counties_where_people_live_have_a_directory_and_it_grows_with_the_cohort(tmp_path):
    def directory(count):
        spec = {"generation": {"count": count, "products": ["networksim"]}}
        scenario = generate(spec, workspace=tmp_path, name=f"people-{count}").scenario
        with scenario.connect() as conn:
            homes = set(conn.execute("SELECT DISTINCT county_fips FROM persons").fetchall())
            rows = conn.execute("SELECT provider_id, npi, county_fips, facility_id FROM providers").fetchall()
        assert {row[2:3] for row in rows} == homes
        return set(rows)

    few, more = directory(10), directory(60)
    assert few < more


def test_every_hospital_has_its_emergency_physicians_and_every_clinic_its_family_doctors(county):
    made = build(county("48201", 133, 4_726_177), 5, {})
    for kind, specialty in (("hospital", "emergency_medicine"), ("clinic", "family_medicine")):
        sites = made["facilities"]["facility_id"][made["facilities"]["facility_type"].isin({kind})]
        staffed = made["providers"]["facility_id"][made["providers"]["specialty"].isin({specialty})]
        assert set(sites.tolist()) <= set(staffed.tolist())


def test_phones_are_of_the_state_and_of_the_range_for_fiction(places):
    made = build(places("48201"), 5, {})
    for table in ("facilities", "providers", "pharmacies"):
        phone = made[table]["phone"]
        assert set((phone // 10_000_000).tolist()) == {713}
        assert ((phone % 10_000_000 >= 5_550_100) & (phone % 10_000_000 <= 5_550_199)).all()
    assert len(np.unique(made["providers"]["phone"])) > 20


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    spec = {
        "generation": {"count": 690, "products": ["networksim"]},
        "demographics": {"age": {"type": "uniform_int", "min": 0, "max": 80}},
    }
    return generate(spec, workspace=tmp_path_factory.mktemp("home"))


def test_fhir_parts_resolve_among_themselves(result, tmp_path):
    found = catalog.build()
    export_formats(result.scenario, found.formats("fhir_r4"), tmp_path, found)
    resources = [
        json.loads(line) for path in (tmp_path / "fhir_r4").glob("*.ndjson") for line in path.read_text().splitlines()
    ]
    known = {f"{one['resourceType']}/{one['id']}" for one in resources}
    assert {one["resourceType"] for one in resources} == {
        "Practitioner",
        "PractitionerRole",
        "Organization",
        "Location",
    }
    for one in resources:
        for key in ("practitioner", "organization", "managingOrganization"):
            if key in one:
                assert one[key]["reference"] in known
    assert not [one for one in resources if None in one.values()]
    pharmacies = [one for one in resources if one["resourceType"] == "Organization" and len(one["identifier"]) == 2]
    assert pharmacies and all(one["identifier"][1]["value"][0] in "789" for one in pharmacies)
    assert {one["id"] for one in pharmacies} == {
        one["id"] for one in resources if one["resourceType"] == "Location" and one["id"].startswith("PH")
    }


def test_the_directory_says_whom_it_serves(county):
    facts = county("48201", 20, 4_000_000)
    for asked, served in (("full", 4_000_000), ("short", 10_000), (None, 250_000)):
        rows = build({**facts, "network": {"directory": asked}}, 5, {})["directory_counties"]
        assert rows["served_count"].tolist() == [served] and rows["is_full"].tolist() == [asked == "full"]
        assert rows["county_class"].decode().tolist() == ["large_metro"]


def test_names_are_as_many_as_a_county_s_clinicians_would_have(county):
    made = build(county("06037", 287, 9_936_690), 5, {})
    names = made["providers"]
    whole = list(zip(names["given_name"].decode(), names["family_name"].decode(), strict=True))
    assert len(set(whole)) > 0.65 * len(whole) > 20_000
    hospitals = made["facilities"].take(made["facilities"]["facility_type"].isin({"hospital"}))
    endings = [name.split()[-1] for name in hospitals["name"].decode()[:24]]
    assert len(set(endings)) == 2 and 0.3 < sum(one == "Hospital" for one in endings) / 24 < 0.9
    beds = hospitals["bed_count"]
    assert 180 < beds.mean() < 260 and beds.max() > 3 * np.median(beds)
