"""Real directories: rows of NPPES and CMS in place of made ones, told apart, and recorded."""

import datetime

import duckdb
import pytest

from healthsim_core.errors import SpecificationError
from healthsim_core.generation.run import generate

COUNTY = "06037"  # core's place in California
PEOPLE = [
    # npi, last, first, credential, taxonomy, address, deactivated
    (1003000126, "ALPHA", "ANN", "M.D.", "207Q00000X", "100 OAK ST", None),
    (1003000134, "BETA", "BOB", "D.O.", "207RC0000X", "100 OAK  ST", None),
    (1003000142, "GAMMA", "GUS", None, "207RI0011X", "7 ELM AVE", None),
    (1003000159, "DELTA", "DEE", "MD", "207Q00000X", "9 GONE RD", datetime.date(2020, 1, 1)),
    (1003000167, "EPSILON", "EVE", "DDS", "122300000X", "11 TOOTH WAY", None),
]
PLACES = [
    (1003000175, "OAK STREET MEDICAL GROUP", "261QM1300X", "100 OAK ST"),
    (1003000183, "CORNER DRUGS", "3336C0003X", "3 CORNER PL"),
]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    tmp_path = tmp_path_factory.mktemp("home")
    with duckdb.connect(str(tmp_path / "reference.duckdb")) as conn:
        conn.execute(
            """CREATE TABLE nppes_providers (npi BIGINT, entity_type VARCHAR, last_name VARCHAR, first_name VARCHAR, organization_name VARCHAR,
            credential VARCHAR, taxonomy_code VARCHAR, address_line VARCHAR, city VARCHAR, state VARCHAR, zip_code VARCHAR, county_fips VARCHAR,
            phone VARCHAR, enumeration_date DATE, deactivation_date DATE)"""
        )
        conn.execute(
            """CREATE TABLE cms_hospitals (ccn VARCHAR, name VARCHAR, address_line VARCHAR, city VARCHAR, state VARCHAR, zip_code VARCHAR,
            county_name VARCHAR, county_fips VARCHAR, hospital_type VARCHAR, ownership VARCHAR, emergency_services VARCHAR, rating INTEGER)"""
        )
        where = ("LOS ANGELES", "CA", "900121234", COUNTY, "(213) 555-0142", datetime.date(2010, 1, 1))
        for npi, last, first, credential, code, line, gone in PEOPLE:
            row = (npi, "1", last, first, None, credential, code, line, *where, gone)
            conn.execute(f"INSERT INTO nppes_providers VALUES ({', '.join('?' * 15)})", row)
        for npi, name, code, line in PLACES:
            row = (npi, "2", None, None, name, None, code, line, *where, None)
            conn.execute(f"INSERT INTO nppes_providers VALUES ({', '.join('?' * 15)})", row)
        conn.execute(
            f"INSERT INTO cms_hospitals VALUES ('05000A', 'A HOSPITAL', '1 HILL ST', 'LOS ANGELES', 'CA', '90012', 'LOS ANGELES', '{COUNTY}', 'Acute Care Hospitals', 'X', 'Yes', 4)"
        )
    return tmp_path


def ask(scenario, sql):
    """Return the rows of a query."""
    with scenario.connect() as conn:
        return conn.execute(sql).fetchall()


def made(workspace, name, **network):
    spec = {
        "generation": {"count": 300, "products": ["networksim", "patientsim", "membersim"], "seed": 4},
        "coverage": {"type": "Commercial"},
        "network": {"source": "nppes", **network},
        "journey": {"template": "annual-wellness"},
    }
    return generate(spec, workspace=workspace, name=name).scenario


@pytest.fixture(scope="module")
def scenario(workspace):
    return made(workspace, "real")


def test_real_rows_take_the_place_of_made_ones_and_what_files_lack_is_made(scenario):
    rows = ask(
        scenario,
        f"""SELECT family_name, credential, specialty, facilities.name, providers.address_line, npi_of.npi
        FROM providers JOIN facilities USING (facility_id) JOIN (SELECT provider_id, npi FROM providers) npi_of USING (provider_id)
        WHERE NOT providers.synthetic AND providers.county_fips = '{COUNTY}' ORDER BY family_name""",
    )
    assert [list(row) for row in rows] == [
        ["ALPHA", "MD", "family_medicine", "OAK STREET MEDICAL GROUP", "100 OAK ST", "1003000126"],
        ["BETA", "DO", "cardiology", "OAK STREET MEDICAL GROUP", "100 OAK  ST", "1003000134"],
        ["GAMMA", "MD", "cardiology", "Practice at 7 ELM AVE", "7 ELM AVE", "1003000142"],
    ]
    kinds = f"SELECT DISTINCT specialty, synthetic FROM providers WHERE county_fips = '{COUNTY}' AND specialty IN ('cardiology', 'family_medicine', 'nephrology') ORDER BY 1"
    assert [tuple(row) for row in ask(scenario, kinds)] == [
        ("cardiology", False),
        ("family_medicine", False),
        ("nephrology", True),
    ]
    hospitals = f"SELECT name, ccn, synthetic, npi[1] FROM facilities WHERE facility_type = 'hospital' AND county_fips = '{COUNTY}'"
    assert [tuple(row) for row in ask(scenario, hospitals)] == [("A HOSPITAL", "05000A", False, "2")]
    drugs = f"SELECT name, phone, synthetic FROM pharmacies WHERE pharmacy_type = 'retail' AND county_fips = '{COUNTY}'"
    assert [tuple(row) for row in ask(scenario, drugs)] == [("CORNER DRUGS", "2135550142", False)]
    elsewhere = f"SELECT count(*) FROM providers WHERE NOT synthetic AND county_fips <> '{COUNTY}'"
    assert ask(scenario, elsewhere)[0][0] == 0


def test_everybody_still_works_somewhere_and_care_is_given_by_them(scenario):
    pytest.importorskip("patientsim")
    lost = "SELECT count(*) FROM providers WHERE facility_id NOT IN (SELECT facility_id FROM facilities)"
    assert ask(scenario, lost)[0][0] == 0
    apart = "SELECT count(*) FROM providers JOIN facilities USING (facility_id) WHERE providers.county_fips <> facilities.county_fips"
    assert ask(scenario, apart)[0][0] == 0
    seen = f"""SELECT count(*), count(*) FILTER (providers.family_name = 'ALPHA') FROM encounters JOIN providers USING (provider_id)
        JOIN patients USING (patient_id) JOIN persons USING (person_id)
        WHERE persons.county_fips = '{COUNTY}' AND specialty = 'family_medicine'"""
    count, alpha = ask(scenario, seen)[0]
    assert count == alpha > 0


def test_the_rows_behind_a_scenario_are_recorded(scenario, workspace):
    before = scenario.about()["references"]
    with duckdb.connect(str(workspace / "reference.duckdb")) as conn:
        conn.execute("UPDATE nppes_providers SET last_name = 'OMEGA' WHERE npi = 1003000126")
    after = made(workspace, "after").about()["references"]
    assert set(before) == {"NPPES and CMS hospitals"} and before != after


def test_the_release_of_the_files_stands_with_the_scenario(scenario, workspace):
    with duckdb.connect(str(workspace / "reference.duckdb")) as conn:
        conn.execute("CREATE TABLE loads (kind VARCHAR, file VARCHAR, vintage VARCHAR, limits VARCHAR)")
        conn.execute(
            "INSERT INTO loads VALUES ('nppes', 'a.csv', '2026-11-08', 'CA'), ('hospitals', 'h.csv', NULL, '')"
        )
    (told,) = made(workspace, "released").about()["references"].values()
    (before,) = scenario.about()["references"].values()
    assert " of " not in before and told.endswith(" of NPPES 2026-11-08 (CA), hospitals h.csv")


def test_hospitals_alone_do_not_make_a_directory_and_say_so(tmp_path):
    with duckdb.connect(str(tmp_path / "reference.duckdb")) as conn:
        conn.execute("CREATE TABLE cms_hospitals (ccn VARCHAR)")
    with pytest.raises(SpecificationError, match="no NPPES file is loaded.*hospitals alone do not make a directory"):
        made(tmp_path, "half")


def test_without_the_files_the_way_to_load_them_is_said(tmp_path):
    with pytest.raises(
        SpecificationError,
        match=r"profile.network.source: no official files are loaded: load NPPES with healthsim init",
    ):
        made(tmp_path, "none")


@pytest.mark.parametrize(
    ("network", "said"),
    [
        ({"source": "npes"}, "did you mean 'nppes'"),
        ({"directory": "ful"}, "did you mean 'full'"),
        ({"panel": 1}, "unknown key 'panel'"),
    ],
)
def test_an_unknown_word_of_the_network_is_refused(network, said, workspace):
    with pytest.raises(SpecificationError, match=said):
        made(workspace, "wrong", **network)
