"""The directory: nobody real, nobody twice, the same for a county whoever else is there."""

import json

import numpy as np
import pytest

from healthsim_core import catalog
from healthsim_core.declarations import Place
from healthsim_core.generation.run import export_formats, generate
from networksim.directory import build
from networksim.identifiers import npi


def places(*fips):
    return {"places": tuple(Place("77002", "Houston", "TX", one, "A County", 1.0) for one in fips)}


def luhn_holds(number: str) -> bool:
    digits = [int(one) for one in "80840" + number][::-1]
    return sum(sum(divmod(digit * 2, 10)) if place % 2 else digit for place, digit in enumerate(digits)) % 10 == 0


def test_npis_have_a_valid_check_digit_and_begin_with_two():
    for number in npi(np.array([0, 1, 7, 12_345_678, 99_999_999])).tolist():
        assert len(str(number)) == 10 and str(number)[0] == "2" and luhn_holds(str(number))
    # A published example of the standard: 123456789 has check digit 3.
    assert luhn_holds("1234567893")


def test_npis_are_nobodys_twice_over_the_nation():
    counties = [f"{state:02d}{county:03d}" for state in range(1, 57) for county in range(1, 255, 7)]
    made = build(places(*counties), 1, {})
    everybody = np.concatenate([made["facilities"]["npi"], made["providers"]["npi"]])
    assert len(np.unique(everybody)) == len(everybody)


def test_a_county_is_the_same_whoever_else_is_there():
    alone, among = build(places("48201"), 5, {}), build(places("06073", "48201", "48113"), 5, {})
    for table, key in (("facilities", "facility_id"), ("providers", "provider_id")):
        rows = np.isin(among[table][key], alone[table][key])
        for name, column in alone[table].items():
            mine, theirs = column, among[table].take(rows)[name]
            if hasattr(mine, "decode"):
                mine, theirs = mine.decode(), theirs.decode()
            assert (np.asarray(mine) == np.asarray(theirs)).all(), name


def test_everybody_works_somewhere_that_exists():
    made = build(places("48201", "06073"), 5, {})
    assert np.isin(made["providers"]["facility_id"], made["facilities"]["facility_id"]).all()


def test_no_two_hospitals_share_a_certification_number():
    ccn = build(places("48201", "06001", "06073", "48073"), 5, {})["facilities"]["ccn"]
    given = ccn[ccn >= 0]
    assert len(given) == 4 and len(np.unique(given)) == 4


def test_an_unknown_specialty_is_refused_with_what_was_meant():
    from healthsim_core.columns import Coded, Span
    from healthsim_core.errors import SpecificationError
    from healthsim_core.people import People
    from networksim.assignment import assign

    people = People(
        5,
        Span(0, 1),
        np.zeros(1, np.int64),
        {"county_fips": Coded.constant("48201", 1), "age": np.array([40])},
        build(places("48201"), 5, {}),
        facts={"network": {"primary_care_provider": {"specialty": "internal_medecine"}}},
    )
    with pytest.raises(SpecificationError, match="did you mean 'internal_medicine'"):
        assign(people)


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    spec = {
        "generation": {"count": 690, "products": ["networksim"]},
        "demographics": {"age": {"type": "uniform_int", "min": 0, "max": 80}},
    }
    return generate(spec, workspace=tmp_path_factory.mktemp("home"))


def test_panels_are_even():
    from healthsim_core.columns import Coded, Span
    from healthsim_core.people import People
    from networksim.assignment import assign

    rosters = build(places("48201"), 5, {})
    entity = np.arange(1800, dtype=np.int64) * 16
    columns = {"county_fips": Coded.constant("48201", 1800), "age": np.full(1800, 40)}
    people = People(5, Span(0, 1800), entity, columns, rosters)
    whole = assign(people)
    sizes = np.unique(whole["pcp_provider"], return_counts=True)[1]
    assert len(sizes) == 18 and sizes.max() - sizes.min() <= 1
    half = People(5, Span(900, 1800), entity[900:], {name: column[900:] for name, column in columns.items()}, rosters)
    for name, column in assign(half).items():
        assert (column == whole[name][900:]).all(), name
    assert all((column >= 0).all() for column in whole.values())


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
