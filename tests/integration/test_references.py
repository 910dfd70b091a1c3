"""Every provider, facility, pharmacy and site that any table names: filled, of the right kind, and the same in every format."""

import json
from pathlib import Path

import pytest

from healthsim_core import catalog
from healthsim_core.generation.run import export_formats, generate

pytest.importorskip("networksim")
pytest.importorskip("trialsim")

DIRECTORY = ("providers.provider_id", "facilities.facility_id", "pharmacies.pharmacy_id", "sites.site_id")
KIND = {"providers": "specialty", "facilities": "facility_type", "pharmacies": "pharmacy_type"}
CLINICIANS = {
    "family_medicine", "internal_medicine", "cardiology", "endocrinology", "emergency_medicine", "hospital_medicine",
    "orthopedic_surgery", "general_surgery", "ophthalmology", "physical_therapy", "nephrology", "rheumatology",
    "oncology", "gastroenterology", "pulmonology", "neurology", "obstetrics_gynecology", "psychiatry", "dermatology",
    "nurse_practitioner",
}  # fmt: skip
PRIMARY = {"family_medicine", "internal_medicine", "nurse_practitioner"}
PRACTICES = {"clinic", "fqhc", "hospital"}

# By column: of which rows, the least share that names one, and of which kinds they may be.
EXPECTED = {
    "patients.provider_id": ("true", 1.0, PRIMARY),
    "residents.provider_id": ("true", 1.0, PRIMARY),
    "members.provider_id": ("true", 1.0, PRIMARY),
    "encounters.provider_id": ("true", 1.0, CLINICIANS),
    "encounters.facility_id": ("true", 1.0, PRACTICES),
    "movements.provider_id": ("true", 1.0, CLINICIANS),
    "movements.facility_id": ("true", 1.0, PRACTICES),
    "procedures.provider_id": ("true", 1.0, CLINICIANS | {"radiology", "anesthesiology"}),
    "observations.provider_id": ("encounter_id IS NOT NULL", 1.0, CLINICIANS),
    "immunizations.provider_id": ("encounter_id IS NOT NULL", 1.0, CLINICIANS),
    "allergies.provider_id": ("encounter_id IS NOT NULL", 1.0, CLINICIANS),
    "trial_eligibilities.provider_id": ("true", 1.0, CLINICIANS),
    "care_plans.provider_id": ("true", 1.0, CLINICIANS),
    "referrals.provider_id": ("true", 1.0, CLINICIANS),
    "referrals.referred_to_id": ("true", 1.0, CLINICIANS - PRIMARY),
    "lab_orders.provider_id": ("true", 1.0, CLINICIANS),
    "lab_orders.facility_id": ("true", 1.0, {"laboratory", "hospital"}),
    "medication_orders.provider_id": ("true", 1.0, CLINICIANS),
    "prescriptions.prescriber_id": ("true", 1.0, CLINICIANS),
    "prescriptions.pharmacy_id": ("true", 1.0, {"retail", "mail", "specialty"}),
    "fills.pharmacy_id": ("true", 1.0, {"retail", "mail", "specialty"}),
    "rx_members.pharmacy_id": ("true", 1.0, {"retail"}),
    "claims.pharmacy_id": ("claim_type = 'pharmacy'", 1.0, {"retail", "mail", "specialty"}),
    "claims.prescriber_id": ("claim_type = 'pharmacy'", 1.0, CLINICIANS),
    "claims.billing_facility_id": ("claim_type <> 'pharmacy'", 1.0, PRACTICES | {"laboratory", "imaging_center"}),
    "claims.facility_id": ("claim_type <> 'pharmacy'", 1.0, PRACTICES | {"laboratory", "imaging_center"}),
    "claims.rendering_provider_id": (
        "claim_type <> 'pharmacy' AND billing_role <> 'laboratory'", 1.0, CLINICIANS | {"radiology", "anesthesiology"},
    ),
    "claims.referring_provider_id": ("billing_role IN ('laboratory', 'imaging', 'anesthesia')", 0.95, CLINICIANS),
    "sites.facility_id": ("true", 1.0, {"hospital", "clinic"}),
    "sites.investigator_id": ("true", 1.0, None),
    "subjects.site_id": ("true", 1.0, None),
}  # fmt: skip
OF_THE_DIRECTORY = {"providers", "facilities", "pharmacies", "network_participations", "plan_contracts", "provider_affiliations"}  # fmt: skip

TOLD = [
    {"event_id": name, "name": name, "product": "patientsim", "event_type": kind, "delay": {"days": 30}, "parameters": parameters}
    for name, kind, parameters in (
        ("seen", "encounter", {"reason": "Z00.00"}),
        ("sneezes", "allergy", {"allergen": "latex"}),
        ("fits", "trial_eligible", {"study": "HS-CV-401"}),
    )
]  # fmt: skip
SPEC = {
    "id": "references",
    "generation": {
        "count": 120,
        "seed": 8,
        "products": ["populationsim", "patientsim", "membersim", "rxmembersim", "trialsim", "networksim"],
    },
    "demographics": {
        "source": "populationsim",
        "reference": {"type": "county", "fips": "48201"},
        "age": {"type": "uniform_int", "min": 20, "max": 85},
    },
    "coverage": {"plan_distribution": {"PPO": 0.4, "HMO": 0.6}},
    "clinical": {
        "primary_condition": {"code": "E11", "prevalence": 0.6},
        "comorbidities": [{"code": "I10", "prevalence": 0.5}, {"code": "I50", "prevalence": 0.2}],
    },
    "journeys": [
        {"template": "diabetic-first-year", "when": "'E11' in conditions"},
        {"template": "trial-participation", "when": "'E11' in conditions and age < 75"},
        {"template": "hf-exacerbation", "when": "'I50' in conditions"},
        {"template": "surgical-episode", "when": "age > 60"},
        {"template": "acute-care-episode", "when": "age < 40"},
        {"template": "annual-wellness", "when": "age < 60"},
        {"template": "specialty-onboarding", "when": "age > 50 and age < 60"},
        {"id": "told", "events": TOLD},
        {"template": "chronic-therapy-maintenance", "when": "age > 40 and age < 50"},
    ],
}
FORMATS = (
    "fhir_r4", "x12_834", "x12_837p", "x12_837i", "x12_835", "ncpdp_d0", "sdtm",
    "hl7v2_adt", "hl7v2_oru", "hl7v2_orm", "hl7v2_rde", "hl7v2_vxu", "hl7v2_dft",
)  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return generate(SPEC, workspace=tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def rows(made):
    with made.scenario.connect() as connection:
        yield lambda sql: connection.execute(sql).fetchall()


@pytest.fixture(scope="module")
def out(made, tmp_path_factory) -> Path:
    folder, found = tmp_path_factory.mktemp("out"), catalog.build()
    for name in FORMATS:
        export_formats(made.scenario, found.formats(name), folder, found)
    return folder


def references():
    """Return every column that names a provider, facility, pharmacy or site, and what it points to."""
    tables = catalog.build().all("table").values()
    return {
        f"{table.name}.{column.name}": column.references
        for table in tables
        if table.name not in OF_THE_DIRECTORY
        for column in table.columns
        if column.references in DIRECTORY
    }


def test_this_file_speaks_of_every_column_that_names_one():
    assert set(references()) == set(EXPECTED)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_it_is_filled_leads_somewhere_and_is_of_the_right_kind(name, rows):
    table, column = name.split(".")
    where, least, kinds = EXPECTED[name]
    target, key = references()[name].split(".")
    kind = KIND.get(target, "NULL")
    asked, filled, found = rows(
        f"""SELECT count(*), count(s.{column}), count(t.{key})
        FROM (SELECT * FROM {table} WHERE {where}) s LEFT JOIN {target} t ON t.{key} = s.{column}"""
    )[0]
    assert asked, "nobody asks"
    assert filled == found >= least * asked, f"{filled:,} of {asked:,}, {found:,} lead somewhere"
    if kinds is not None:
        have = {
            one for (one,) in rows(f"SELECT DISTINCT t.{kind} FROM {table} s JOIN {target} t ON t.{key} = s.{column}")
        }
        assert have <= kinds, have - kinds


def test_a_bill_is_in_the_network_as_often_as_it_says(rows):
    [(said, same, many)] = rows(
        """
        WITH net AS (SELECT unnest(string_split(plans, ' ')) AS plan_code, network_id, pharmacy_network_id FROM networks),
        told AS (SELECT network_status = 'in' AS said, EXISTS (SELECT 1 FROM network_participations p
          WHERE p.network_id = CASE claim_type WHEN 'pharmacy' THEN net.pharmacy_network_id ELSE net.network_id END
            AND CASE claim_type WHEN 'pharmacy' THEN p.pharmacy_id = claims.pharmacy_id
                WHEN 'institutional' THEN p.facility_id = claims.billing_facility_id
                ELSE CASE WHEN rendering_provider_id IS NULL THEN p.facility_id = claims.billing_facility_id
                  ELSE p.provider_id = rendering_provider_id END END) AS is_in
          FROM claims JOIN coverages USING (coverage_id) JOIN net USING (plan_code) WHERE network_status IS NOT NULL)
        SELECT avg(said::INT), avg((said = is_in)::INT), count(*) FROM told"""
    )
    assert many > 1000 and same == 1.0 and 0.9 < said <= 1.0


def test_fhir_names_them_wherever_the_tables_do(out, rows):
    resources = [
        json.loads(line) for path in (out / "fhir_r4").glob("*.ndjson") for line in path.read_text().splitlines()
    ]
    known = {f"{one['resourceType']}/{one['id']}": one for one in resources}
    pairs = (
        ("Encounter", "encounters", "encounter_id", "provider_id", lambda one: one["participant"][0]["individual"]),
        ("Encounter", "encounters", "encounter_id", "facility_id", lambda one: one["serviceProvider"]),
        ("ServiceRequest", "lab_orders", "lab_order_id", "provider_id", lambda one: one["requester"]),
        ("ServiceRequest", "lab_orders", "lab_order_id", "facility_id", lambda one: one["performer"][0]),
        ("ServiceRequest", "referrals", "referral_id", "referred_to_id", lambda one: one["performer"][0]),
        ("MedicationRequest", "medication_orders", "medication_order_id", "provider_id", lambda one: one["requester"]),
        ("MedicationDispense", "fills", "fill_id", "pharmacy_id", lambda one: one["performer"][0]["actor"]),
        ("Procedure", "procedures", "procedure_id", "provider_id", lambda one: one["performer"][0]["actor"]),
        ("Immunization", "immunizations", "immunization_id", "provider_id", lambda one: one["performer"][0]["actor"]),
        ("Patient", "patients", "patient_id", "provider_id", lambda one: one["generalPractitioner"][0]),
    )
    for resource, table, key, column, told in pairs:
        seen = 0
        for one, who in rows(f"SELECT {key}, {column} FROM {table} WHERE {column} IS NOT NULL"):
            found = known.get(f"{resource}/{one}")
            if found is None:
                continue  # e.g. a fill that was taken back
            seen += 1
            reference = told(found)["reference"]
            assert reference.rpartition("/")[2] == who and reference in known, (resource, one)
        assert seen, resource


def identified(rows):
    """Return taxonomy codes by NPI: of providers, of organisations, of pharmacies."""
    return [dict(rows(f"SELECT npi, taxonomy_code FROM {one}")) for one in ("providers", "facilities", "pharmacies")]


def test_claims_of_x12_name_them_by_npi_and_taxonomy(out, rows):
    from healthsim_x12.testing import segments

    providers, facilities, _ = identified(rows)
    expected = {
        "82": "SELECT npi FROM claims JOIN providers ON provider_id = rendering_provider_id WHERE claim_type = 'professional'",
        "DN": "SELECT npi FROM claims JOIN providers ON provider_id = referring_provider_id WHERE claim_type = 'professional'",
        "71": "SELECT npi FROM claims JOIN providers ON provider_id = rendering_provider_id WHERE claim_type = 'institutional'",
    }
    told: dict[str, list[str]] = {}
    for name in ("x12_837p", "x12_837i"):
        taxonomy = None
        for path in sorted((out / name).iterdir()):
            found = segments(path)
            for one, after in zip(found, [*found[1:], ["SE"]], strict=True):
                if one[:2] == ["PRV", "BI"]:
                    taxonomy = one[3]
                if one[0] == "NM1" and len(one) > 9 and one[8] == "XX":
                    told.setdefault(one[1], []).append(one[9])
                    if one[1] == "85":
                        assert facilities[one[9]] == taxonomy
                    elif one[2] == "1":
                        assert one[9] in providers
                    if after[:2] in (["PRV", "PE"], ["PRV", "AT"]):
                        assert providers[one[9]] == after[3]
    for code, sql in expected.items():
        assert sorted(told[code]) == sorted(npi for (npi,) in rows(sql)), code
    assert set(told["72"]) <= set(providers)


def test_remittances_pay_and_rosters_choose_those_the_tables_name(out, rows):
    from healthsim_x12.testing import judge, segments

    providers, facilities, pharmacies = identified(rows)
    for path in (out / "x12_835").iterdir():
        payees = {one[4] for one in segments(path) if one[:2] == ["N1", "PE"]}
        assert payees and payees <= {*facilities, *pharmacies}
    chosen = rows(
        """SELECT npi FROM members JOIN coverages USING (member_id) JOIN providers USING (provider_id) WHERE plan_code = 'HMO'"""
    )
    told = [one[9] for path in (out / "x12_834").iterdir() for one in segments(path) if one[:2] == ["NM1", "P3"]]
    assert sorted(told) == sorted(npi for (npi,) in chosen) and told
    assert [problem for path in (out / "x12_834").iterdir() for problem in judge(path)] == []


def test_messages_of_hl7v2_name_them_by_npi(out, rows):
    from healthsim_hl7v2.testing import fields, messages

    providers, facilities, _ = identified(rows)
    seen = set()
    places = {("PV1", 7), ("ORC", 12), ("OBR", 16), ("RXA", 10), ("FT1", 20), ("PD1", 4)}
    ids = {one for (one,) in rows("SELECT facility_id FROM facilities")}
    for path in out.glob("hl7v2_*/*.hl7"):
        for message in messages(path.read_bytes().decode()):
            for segment, number in places:
                for one in fields(message, segment):
                    if len(one) > number and one[number]:
                        assert one[number].split("^")[0] in providers, (path.name, segment, one[number])
                        seen.add((segment, number))
            for one in fields(message, "PV1"):
                assert one[3].split("^")[3] in ids
            for one in fields(message, "ORC"):
                if len(one) > 21 and one[21]:
                    assert one[21].split("^")[9] in facilities
    assert seen == places
    visits = {
        (one[19].split("^")[0], one[7].split("^")[0])
        for path in (out / "hl7v2_adt").iterdir()
        for message in messages(path.read_bytes().decode())
        for one in fields(message, "PV1")
    }
    true = set(rows("SELECT encounter_id, npi FROM encounters JOIN providers USING (provider_id)"))
    assert visits and visits <= true


def test_claims_of_ncpdp_name_pharmacy_and_prescriber(out, rows):
    from healthsim_ncpdp import parse_request
    from healthsim_ncpdp.testing import lines

    providers, _, pharmacies = identified(rows)
    seen = 0
    for path in (out / "ncpdp_d0").glob("*/requests.d0"):
        for line in lines(path):
            found = parse_request(line)
            values = dict(pair for group in found.groups for _, pairs in group for pair in pairs)
            assert found.header["provider"].strip() in pharmacies
            if "DB" in values:
                seen += 1
                assert values["DB"] in providers
    assert seen > 100


def test_subjects_of_sdtm_are_at_the_sites_the_table_names(out, rows):
    true = dict(
        rows(
            """SELECT usubjid, site_number || ' ' || family_name FROM subjects JOIN sites USING (site_id)
            JOIN providers ON provider_id = investigator_id"""
        )
    )
    seen = 0
    for path in (out / "sdtm").glob("*/dm.json"):
        told = json.loads(path.read_text())
        names = [one["name"] for one in told["columns"]]
        for row in told["rows"]:
            one = dict(zip(names, row, strict=True))
            assert f"{one['SITEID']} {one['INVNAM'].split(',')[0]}" == true[one["USUBJID"]]
            seen += 1
    assert seen
