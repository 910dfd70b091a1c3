"""The directory: nobody real, nobody twice, the same for a county whoever else is there."""

import json

import numpy as np
import pytest

from healthsim_core import catalog
from healthsim_core.generation.run import export_formats, generate
from networksim.directory import FACILITIES_PER_COUNTY, PHARMACIES_PER_COUNTY, build
from networksim.identifiers import ncpdp, npi
from networksim.sites import kinds


def luhn_holds(number: str) -> bool:
    digits = [int(one) for one in "80840" + number][::-1]
    return sum(sum(divmod(digit * 2, 10)) if place % 2 else digit for place, digit in enumerate(digits)) % 10 == 0


def test_npis_have_a_valid_check_digit_and_begin_with_two():
    for number in npi(np.array([0, 1, 7, 12_345_678, 99_999_999])).tolist():
        assert len(str(number)) == 10 and str(number)[0] == "2" and luhn_holds(str(number))
    # A published example of the standard: 123456789 has check digit 3.
    assert luhn_holds("1234567893")


def test_npis_are_nobodys_twice_over_the_nation(places):
    counties = [f"{state:02d}{county:03d}" for state in range(1, 57) for county in range(1, 255, 7)]
    made = build(places(*counties), 1, {})
    for name in ("npi", "tax_id"):
        numbers = [made[table][name] for table in ("facilities", "providers", "pharmacies") if name in made[table]]
        everybody = np.concatenate(numbers)
        assert len(np.unique(everybody)) == len(everybody), name


def test_the_largest_county_has_no_more_sites_than_keys():
    for file, room in (("facilities.csv", FACILITIES_PER_COUNTY), ("pharmacies.csv", PHARMACIES_PER_COUNTY)):
        assert sum(one.count + one.most for one in kinds(file)) <= room


def test_ncpdp_numbers_have_a_valid_check_digit_and_are_no_states(county):
    # The fictional examples of CARIN's guide of the pharmacy benefit check, and so the rule, digit by digit.
    for whole in ("0999017", "0999029", "0999031", "0999043", *map(str, ncpdp(np.arange(0, 10_000, 77)).tolist())):
        odd, even = (sum(int(one) for one in whole[start:6:2]) for start in (0, 1))
        assert len(whole) == 7 and (odd + 2 * even) % 10 == int(whole[6])
    numbers = build(county("48201", 133), 1, {})["pharmacies"]["ncpdp_id"]
    assert len(np.unique(numbers)) == len(numbers) and (numbers // 100_000 == 99).all()


def test_a_county_is_the_same_whoever_else_is_there(places):
    alone, among = build(places("48201"), 5, {}), build(places("06073", "48201", "48113"), 5, {})
    keys = {"facilities": "facility_id", "providers": "provider_id", "pharmacies": "pharmacy_id"}
    for table, key in (keys | {"network_participations": "participation_id"}).items():
        rows = np.isin(among[table][key], alone[table][key])
        assert rows.sum() == alone[table].length < among[table].length
        for name, column in alone[table].items():
            if name == "ncpdp_id":  # counts the pharmacies of the scenario: too few of these numbers are free
                continue
            mine, theirs = column, among[table].take(rows)[name]
            if hasattr(mine, "decode"):
                mine, theirs = mine.decode(), theirs.decode()
            assert (np.asarray(mine) == np.asarray(theirs)).all(), name


def test_everybody_works_somewhere_that_exists(places):
    made = build(places("48201", "06073"), 5, {})
    assert np.isin(made["providers"]["facility_id"], made["facilities"]["facility_id"]).all()


def test_no_two_hospitals_share_a_certification_number(county, places):
    made = build({"places": (*places("06001", "06073")["places"], *county("48201", 133)["places"])}, 5, {})
    ccn = made["facilities"]["ccn"]
    given = ccn[ccn >= 0]
    assert len(given) == 2 + 5 and len(np.unique(given)) == 7


def test_names_are_a_countys_only_once(county):
    made = build(county("06037", 287), 5, {})
    for table in ("facilities", "pharmacies"):
        names = made[table]["name"].decode()
        assert len(set(names)) == len(names) > 70


def test_sites_stand_in_zips_of_their_own_and_a_large_county_has_more(county):
    small, large = build(county("48201", 3), 5, {}), build(county("48201", 120), 5, {})
    assert small["providers"].length < large["providers"].length
    for made in (small, large):
        clinics = made["facilities"].take(made["facilities"]["facility_type"].isin({"clinic"}))
        assert len(set(clinics["zip_code"].decode())) == min(clinics.length, 3 if made is small else 120)
        assert set(made["pharmacies"]["pharmacy_type"].decode()) == {"retail", "mail", "specialty", "long_term_care"}
    # Whoever is in a small county keeps number, specialty and post where it grows.
    same = np.isin(large["providers"]["provider_id"], small["providers"]["provider_id"])
    for name in ("npi", "facility_id"):
        assert (large["providers"][name][same] == small["providers"][name]).all()
    assert (large["providers"]["specialty"][same].decode() == small["providers"]["specialty"].decode()).all()


def test_every_hospital_has_its_emergency_physicians_and_every_clinic_its_family_doctors(county):
    made = build(county("48201", 133), 5, {})
    for kind, specialty in (("hospital", "emergency_medicine"), ("clinic", "family_medicine")):
        sites = made["facilities"]["facility_id"][made["facilities"]["facility_type"].isin({kind})]
        staffed = made["providers"]["facility_id"][made["providers"]["specialty"].isin({specialty})]
        assert set(sites.tolist()) == set(staffed.tolist())


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
    assert pharmacies and all(one["identifier"][1]["value"].startswith("99") for one in pharmacies)
    assert {one["id"] for one in pharmacies} == {
        one["id"] for one in resources if one["resourceType"] == "Location" and one["id"].startswith("PH")
    }
