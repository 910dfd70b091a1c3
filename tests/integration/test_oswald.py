"""The Oswald family in the files its specification asks for: every standard tells of the same people and the same care."""

import json
from collections import defaultdict
from pathlib import Path

import pytest
from click.testing import CliRunner
from orphans import orphans

from healthsim_core import catalog
from healthsim_core.cli import main
from healthsim_core.state.store import Store
from healthsim_x12.testing import segments

COPY = Path(__file__).parent / "specs/oswald-family.json"
SHARED = Path(__file__).parents[3] / "shared/specs/oswald-family.json"
SUBSCRIBER, SPOUSE, CHILD = "PT0", "PT1", "PT2"


class Family:
    """What one run of `healthsim generate` left: the files, read as their standards say, and the tables."""

    def __init__(self, home: Path):
        self.out = home / "out"
        scenario = Store(home).get("oswald")
        self.counts = scenario.counts()
        with scenario.connect() as self.connection:
            self.persons = self.rows("SELECT * FROM persons ORDER BY person_id")
        self.scenario = scenario

    def rows(self, sql):
        cursor = self.connection.execute(sql)
        names = [one[0] for one in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def x12(self, kind):
        return [line for path in sorted((self.out / kind).glob("*.x12")) for line in segments(path)]

    def claims(self):
        """Return the claims of both 837s: number, subscriber, patient, diagnoses, dates and amounts."""
        found = []
        for kind in ("x12_837p", "x12_837i"):
            for line in self.x12(kind):
                if line[:2] == ["NM1", "IL"]:
                    holder = patient = (line[3], line[4])
                    member = line[9]
                elif line[:2] == ["NM1", "QC"]:
                    patient = (line[3], line[4])
                elif line[0] == "CLM":
                    claim = {
                        "id": line[1],
                        "charge": float(line[2]),
                        "member": member,
                        "holder": holder,
                        "patient": patient,
                    }
                    found.append(claim | {"kind": kind, "codes": [], "services": [], "lines": 0.0})
                elif line[0] == "HI":
                    found[-1]["codes"] += [one.split(":")[1] for one in line[1:] if one.split(":")[0] in ("ABK", "ABF")]
                elif line[0] in ("SV1", "SV2"):
                    found[-1]["lines"] += float(line[2] if line[0] == "SV1" else line[3])
                elif line[:2] in (["DTP", "472"], ["DTP", "434"]):
                    found[-1]["services"].append(line[3].split("-")[0])
        return found

    def resources(self, patient, kind):
        bundle = json.loads((self.out / f"fhir_bundle/{patient}.json").read_text())
        return {
            one["resource"]["id"]: one["resource"] for one in bundle["entry"] if one["resource"]["resourceType"] == kind
        }

    def sdtm(self, dataset):
        (path,) = self.out.glob(f"sdtm/*/{dataset}.json")
        data = json.loads(path.read_text())
        return [dict(zip([one["name"] for one in data["columns"]], row, strict=True)) for row in data["rows"]]


def plain(code):
    return code.replace(".", "")


def target(reference):
    return reference["reference"].split("/")[1]


@pytest.fixture(scope="module")
def family(tmp_path_factory):
    home = tmp_path_factory.mktemp("oswald")
    spec = SHARED if SHARED.exists() else COPY
    words = ["generate", str(spec), "--name", "oswald", "--out", str(home / "out")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEALTHSIM_HOME", str(home))
        done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    return Family(home)


@pytest.fixture
def tables(family):
    with family.scenario.connect() as family.connection:
        yield family.rows


def test_the_copy_of_the_specification_is_the_specification():
    if not SHARED.exists():
        pytest.skip("the shared specifications are not here")
    assert json.loads(COPY.read_text()) == json.loads(SHARED.read_text())


def test_one_person_is_the_same_in_every_file(family):
    assert len(family.persons) == 3
    enrolled = {}
    for line in family.x12("x12_834"):
        if line[:2] == ["REF", "23"]:
            member = line[2]
        elif line[:2] == ["NM1", "IL"]:
            enrolled[member] = [line[3], line[4], line[9]]
        elif line[0] == "DMG":
            enrolled[member] += [line[2], line[3]]
    for number, one in enumerate(family.persons):
        born = str(one["birth_date"])
        name = [one["family_name"].upper(), one["given_name"].upper()]
        assert enrolled[f"M{number}"] == [*name, one["ssn"], born.replace("-", ""), one["gender"]]
        (patient,) = family.resources(f"PT{number}", "Patient").values()
        assert patient["birthDate"] == born and patient["gender"][0].upper() == one["gender"]
        assert patient["name"][0]["family"] == one["family_name"] and patient["name"][0]["given"] == [one["given_name"]]
        assert one["ssn"] in {identifier["value"] for identifier in patient["identifier"]}
    (subject,) = family.sdtm("dm")
    assert subject["BRTHDTC"] == str(family.persons[0]["birth_date"]) and subject["SEX"] == family.persons[0]["gender"]


def test_every_claim_of_the_files_is_of_the_family_and_the_subscriber_s_policy(family, tables):
    names = {
        f"M{number}": (one["family_name"].upper(), one["given_name"].upper())
        for number, one in enumerate(family.persons)
    }
    kept = {one["claim_id"]: one for one in tables("SELECT * FROM claims WHERE claim_type <> 'pharmacy'")}
    claims = family.claims()
    assert {one["id"] for one in claims} == set(kept) and len(claims) == len(kept) > 20
    for one in claims:
        row = kept[one["id"]]
        assert one["member"] == "M0" and one["holder"] == names["M0"] and one["patient"] == names[row["member_id"]]
        assert one["charge"] == float(row["charge_amount"]) == round(one["lines"], 2)
        assert min(one["services"]) == f"{row['service_date']:%Y%m%d}"


def test_a_claim_bears_the_diagnoses_of_its_visit_in_the_patient_s_record(family, tables):
    codes = {one["id"]: one["codes"] for one in family.claims()}
    billed = tables("SELECT claim_id, encounter_id, replace(member_id, 'M', 'PT') AS patient, service_date, service_end_date "
                    "FROM claims WHERE claim_type <> 'pharmacy' AND encounter_id IS NOT NULL")  # fmt: skip
    assert {one["patient"] for one in billed} >= {SUBSCRIBER, SPOUSE}
    for one in billed:
        visit = family.resources(one["patient"], "Encounter")[one["encounter_id"]]
        assert (
            visit["period"]["start"][:10]
            <= str(one["service_date"])
            <= str(one["service_end_date"])
            <= visit["period"]["end"][:10]
        )
        treated = {
            plain(condition["code"]["coding"][0]["code"])
            for condition in family.resources(one["patient"], "Condition").values()
            if condition.get("encounter", {}).get("reference") == f"Encounter/{one['encounter_id']}"
        }
        assert set(codes[one["claim_id"]]) <= treated, one
        assert codes[one["claim_id"]][0] == plain(visit["reasonCode"][0]["coding"][0]["code"])


def test_the_drug_that_was_ordered_is_the_drug_that_was_filled_and_billed(family, tables):
    bills = {one["fill_id"]: one for one in tables(
        "SELECT fill_id, ndc_code, unit_count, service_date, c.paid_amount, c.member_amount, medication_order_id "
        "FROM claims c JOIN (SELECT claim_id, ndc_code, unit_count FROM claim_lines) USING (claim_id) WHERE fill_id IS NOT NULL")}  # fmt: skip
    fills = {
        one["fill_id"]: one
        for one in tables("SELECT fills.*, medication_order_id FROM fills JOIN prescriptions USING (prescription_id)")
    }
    seen = 0
    for patient in (SUBSCRIBER, SPOUSE, CHILD):
        orders = family.resources(patient, "MedicationRequest")
        for key, dispensed in family.resources(patient, "MedicationDispense").items():
            order = orders[target(dispensed["authorizingPrescription"][0])]
            drug = {
                coding["system"].rsplit("/", 1)[1]: coding["code"]
                for coding in dispensed["medicationCodeableConcept"]["coding"]
            }
            fill, bill = fills[key], bills[key]
            assert order["medicationCodeableConcept"]["coding"][0]["code"] == drug["rxnorm"]
            assert fill["ndc_code"] == bill["ndc_code"] == drug["ndc"] and fill["medication_order_id"] == order["id"]
            asked = order["dispenseRequest"]
            # Who takes three months at a time gets them on an order of one.
            times = fill["days_supply"] / asked["expectedSupplyDuration"]["value"]
            assert times in (1, 3) and asked["quantity"]["value"] * times == dispensed["quantity"]["value"]
            assert dispensed["quantity"]["value"] == fill["quantity"] == bill["unit_count"]
            assert (
                order["authoredOn"][:10]
                <= dispensed["whenHandedOver"]
                == str(fill["fill_date"])
                == str(bill["service_date"])
            )
            assert (fill["plan_paid_amount"], fill["patient_pay_amount"]) == (
                bill["paid_amount"],
                bill["member_amount"],
            )
            seen += 1
    assert seen == len(fills) == len(bills) > 5


def test_the_trial_s_subject_is_the_subscriber_and_comes_to_the_visits_of_the_record(family, tables):
    (subject,) = tables("SELECT * FROM subjects")
    assert (subject["patient_id"], subject["person_id"]) == (SUBSCRIBER, "P0")
    (dm,) = family.sdtm("dm")
    assert dm["USUBJID"] == subject["usubjid"]
    encounters = family.resources(SUBSCRIBER, "Encounter")
    days = {one["visit_number"]: one for one in tables("SELECT * FROM visits")}
    (site,) = tables("SELECT facility_id FROM sites JOIN subjects USING (site_id)")
    at_the_site = 0
    for one in family.sdtm("sv"):
        row = days[one["VISITNUM"]]
        assert one["SVSTDTC"] == (None if row["visit_date"] is None else str(row["visit_date"]))
        if row["encounter_id"]:
            at_the_site += 1
            encounter = encounters[row["encounter_id"]]
            assert encounter["period"]["start"][:10] == one["SVSTDTC"]
            assert target(encounter["location"][0]["location"]) == site["facility_id"]
    assert at_the_site > 0
    metformin = tables(
        "SELECT min(ordered_datetime)::DATE AS since FROM medication_orders WHERE patient_id = 'PT0' AND description ILIKE '%metformin%'"
    )
    assert metformin[0]["since"] < subject["consent_date"]
    given = family.sdtm("ex")
    assert dm["RFICDTC"] <= str(subject["randomization_date"]) <= dm["RFXSTDTC"] == given[0]["EXSTDTC"]
    assert given[-1]["EXENDTC"] == dm["RFXENDTC"] <= dm["RFPENDTC"]


def test_orders_come_before_results_and_claims_before_payments(family, tables):
    reports = 0
    for patient in (SUBSCRIBER, SPOUSE):
        orders = family.resources(patient, "ServiceRequest")
        for report in family.resources(patient, "DiagnosticReport").values():
            order = orders[target(report["basedOn"][0])]
            assert order["authoredOn"] <= report["issued"] and order["code"]["coding"] == report["code"]["coding"]
            reports += 1
    assert reports > 10
    late = """SELECT count(*) AS n FROM claims JOIN remittances USING (claim_id)
        WHERE NOT (service_date <= service_end_date AND service_end_date <= submitted_date
                   AND submitted_date <= adjudicated_date AND adjudicated_date <= payment_date)"""
    assert tables(late) == [{"n": 0}]


def test_no_key_of_the_family_leads_nowhere_and_every_bundle_is_of_one_patient(family, tables):
    assert orphans(catalog.build(), family.connection, family.counts) == []
    owners = defaultdict(set)
    for patient in (SUBSCRIBER, SPOUSE, CHILD):
        bundle = json.loads((family.out / f"fhir_bundle/{patient}.json").read_text())
        for one in bundle["entry"]:
            if subject := one["resource"].get("subject", one["resource"].get("patient")):
                owners[patient].add(target(subject))
    assert owners == {patient: {patient} for patient in (SUBSCRIBER, SPOUSE, CHILD)}
