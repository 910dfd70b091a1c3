"""Every template HealthSim ships makes a populated, coherent cohort of 50 in every product it names, in all their formats."""

import os
import re
import runpy
from pathlib import Path

import pytest
from attrs import evolve
from orphans import orphans

from healthsim_core import catalog, generate
from healthsim_core.generation.run import run
from healthsim_core.reading import parse_file
from healthsim_core.state.store import Store
from healthsim_x12.testing import judge

PROFILES = {
    "populationsim": "medicare-diabetic commercial-healthy medicaid-pediatric medicare-advantage-complex commercial-maternity "
    "us-population county-population medicare-county medicaid-county high-sdoh-risk",
    "networksim": "urban-network rural-network",
    "patientsim": "diabetic-senior healthy-adult pediatric-asthma ed-frequent-flyer surgical-inpatient maternity oncology",
    "membersim": "commercial-ppo-healthy commercial-hdhp-young commercial-family-mix medicare-advantage-diabetic "
    "medicare-original-healthy medicaid-adult-expansion exchange-silver-plan",
    "rxmembersim": "commercial-chronic medicare-partd-standard medicare-partd-polypharmacy medicare-partd-lis "
    "specialty-oncology specialty-autoimmune ltc-nursing-home",
    "trialsim": "phase3-oncology-trial phase2-diabetes-trial phase1-healthy-volunteers cvot-trial pediatric-trial",
}
JOURNEYS = {
    "patientsim": "diabetic-first-year diabetic-management-year chronic-management surgical-episode hf-exacerbation "
    "oncology-treatment-cycle pregnancy-journey annual-wellness acute-care-episode chronic-care-management care-transition "
    "chf-first-year",
    "membersim": "new-member-onboarding quality-gap-closure member-termination",
    "rxmembersim": "new-therapy-start chronic-therapy-maintenance specialty-onboarding step-therapy adherence-intervention "
    "therapy-discontinuation",
    "trialsim": "trial-participation phase3-oncology-standard phase1-dose-escalation phase2-efficacy ae-intensive-monitoring",
}
NAMED = {
    *((kind, owner, name) for kind, all in (("profile", PROFILES), ("journey", JOURNEYS))
      for owner, names in all.items() for name in names.split()),
    ("scenario", "populationsim", "oswald-family"),
}  # fmt: skip

ENTITY = {"patientsim": "patients", "membersim": "members", "rxmembersim": "rx_members", "trialsim": "subjects",
          "populationsim": "residents", "networksim": "providers"}  # fmt: skip
"""The table that shows that a product took part."""
PRESENT = frozenset({"persons", "coverages", "enrollment_changes", *ENTITY.values()})
"""What there is of people to whom nothing has happened."""

DIRECTORY = frozenset({"providers", "facilities", "pharmacies", "networks"})
OF_PEOPLE = frozenset({"patients", "members", "rx_members"})
ABOUT = {
    "hl7v2_adt": "SELECT 1 FROM movements", "hl7v2_dft": "SELECT 1 FROM procedures", "hl7v2_orm": "SELECT 1 FROM lab_orders",
    "hl7v2_oru": "SELECT 1 FROM observations WHERE category = 'laboratory'",
    "hl7v2_rde": "SELECT 1 FROM medication_orders", "hl7v2_vxu": "SELECT 1 FROM immunizations",
    "x12_834": "SELECT 1 FROM members", "x12_835": "SELECT 1 FROM remittances",
    "x12_837p": "SELECT 1 FROM claims WHERE claim_type = 'professional'",
    "x12_837i": "SELECT 1 FROM claims WHERE claim_type = 'institutional'",
    "ncpdp_d0": "SELECT 1 FROM rx_claims", "sdtm": "SELECT 1 FROM subjects",
    "provider_directory_csv": "SELECT 1 FROM providers", "fhir_plan_net": "SELECT 1 FROM providers",
    "fhir_bundle": "SELECT 1 FROM patients", "fhir_r4": "SELECT 1 FROM providers",
    "csv": "SELECT 1 FROM persons", "json": "SELECT 1 FROM persons", "ndjson": "SELECT 1 FROM persons", "parquet": "SELECT 1 FROM persons",
}  # fmt: skip
"""What a format is about, where that is not the tables it reads: with some of it there are files, with none there are none."""

JUDGED = int(os.environ.get("HEALTHSIM_JUDGED", "4"))
"""Units whose X12 files the judge sees for each template."""
INTEGRITY = runpy.run_path(str(Path(__file__).with_name("test_integrity.py")))
COHERENT = {**INTEGRITY["IN_ORDER"], **INTEGRITY["AGREE"]}
"""What holds of two thousand people in all products holds of every template's people, where the tables are there."""

CATALOG = catalog.build()
FORMATS = {
    one: tuple(name for name in CATALOG.all("output format") if CATALOG.owner("output format", name) == one)
    for one in ENTITY
}
"""The formats that a product owns."""
EVERYBODYS = sorted(set(CATALOG.all("output format")) - {name for names in FORMATS.values() for name in names})
"""Those of core and of FHIR, in which every product's rows can be written."""
SHIPPED = {
    (one.kind, owner, one.name): one
    for one in CATALOG.all("template").values()
    if (owner := CATALOG.owner("template", f"{one.kind}:{one.name}")) in ENTITY
}


def test_every_template_of_the_specification_is_there_and_its_products():
    have = {(kind, owner, name) for (kind, owner, _), one in SHIPPED.items() for name in (one.name, *one.aliases)}
    assert NAMED <= have, NAMED - have
    assert len(have) >= 68


def test_no_format_is_left_out():
    assert set(EVERYBODYS) == {"csv", "fhir_bundle", "fhir_plan_net", "fhir_r4", "json", "ndjson", "parquet"}
    assert all(FORMATS[product] for product in set(ENTITY) - {"populationsim"})


def formats(products):
    """Return the formats of products, and those that everybody's rows can be written in."""
    return sorted({*EVERYBODYS, *(name for product in products for name in FORMATS[product])})


@pytest.fixture(
    scope="module", params=[SHIPPED[one] for one in sorted(SHIPPED)], ids=lambda one: f"{one.kind}-{one.name}"
)
def cohort(request, tmp_path_factory):
    template = request.param
    home = tmp_path_factory.mktemp(template.name)
    data = parse_file(template.path)
    products = data.get("products") or data.get("generation", {}).get("products", [])
    # networksim comes along with whoever needs it.
    options = {"workspace": home, "output_formats": formats([*products, "networksim"]), "out": home / "out"}
    if template.kind == "journey":
        # What is left open (age, sex, conditions) is drawn as the journey requires.
        spec = {"id": template.name, "generation": {"count": 50, "seed": 11, "products": products}}
        result = generate(spec, template.name, **options)
    elif template.kind == "profile":
        result = generate(template.name, count=50, seed=11, **options)
    else:
        everything = {**options, "output_formats": formats(FORMATS)}
        result = generate(template.name, **everything)
    with result.scenario.connect() as connection:
        yield template, products or result.plan.products, result, connection


def rows(connection, sql):
    return connection.execute(sql).fetchall()


def test_it_is_populated_in_every_product_it_names(cohort):
    template, products, result, _ = cohort
    people = result.plan.people_count
    assert people >= (3 if template.kind == "scenario" else 50) and result.validation.passed and not result.failures
    for product in products:
        assert result.counts.get(ENTITY[product], 0) > 0, product
    if "patientsim" in products:
        assert result.counts["patients"] == result.counts["persons"] >= people
    assert template.kind == "profile" or {name for name, count in result.counts.items() if count} - PRESENT - DIRECTORY


def test_nothing_it_asks_for_is_skipped(cohort):
    *_, result, _ = cohort
    told = ("not in the installed version", "not installed", "nobody took it")
    assert not [notice for notice in result.notices if any(one in notice for one in told)]


def test_no_key_leads_nowhere(cohort):
    *_, result, connection = cohort
    assert orphans(CATALOG, connection, result.counts) == []


def test_it_is_coherent(cohort):
    """Every rule of the integrity test whose tables are there holds; and everybody is one person in every product."""
    *_, result, connection = cohort
    there = {name for name, count in result.counts.items() if count}
    known = set(CATALOG.all("table"))
    checks = {
        name: sql for name, sql in COHERENT.items() if set(re.findall(r"(?:FROM|JOIN)\s+(\w+)", sql)) & known <= there
    }
    for table in sorted(there & OF_PEOPLE):
        checks[
            f"{table} are the persons they are of"
        ] = f"""SELECT count(*) FROM {table} LEFT JOIN persons p USING (person_id)
            WHERE {table}.birth_date IS DISTINCT FROM p.birth_date"""
    assert {name: found for name, sql in checks.items() if (found := rows(connection, sql)) != [(0,)]} == {}


def test_it_is_written_in_all_formats_of_its_products(cohort):
    _, products, result, connection = cohort
    tables = {name for name, count in result.counts.items() if count}
    assert {written.format for written in result.written} >= set(formats(products))
    for written in result.written:
        about = ABOUT.get(written.format)
        needed = {about.split()[3]} if about else set(CATALOG.get("output format", written.format).reads)
        there = needed <= tables and (not about or rows(connection, f"{about} LIMIT 1"))
        assert bool(written.files) == bool(there), f"{written.format}: {written.files} {written.notes}"
        assert all((written.folder / file).stat().st_size for file in written.files)
        assert not [note for note in written.notes if "skipped" in note], written.notes


def test_each_of_its_people_is_in_the_files(cohort):
    _, products, result, connection = cohort
    files = {written.format: written for written in result.written}
    if "patients" in result.counts:
        people = {f"{one}.json" for (one,) in rows(connection, "SELECT patient_id FROM patients")}
        assert {Path(name).name for name in files["fhir_bundle"].files} == people
    if result.counts.get("members"):
        told = "".join((files["x12_834"].folder / name).read_text() for name in files["x12_834"].files)
        # A parent who is no member is told of by the child's number with an S.
        numbers = {one for one in re.findall(r"REF\*23\*([^~]+)~", told) if not one.endswith("S")}
        assert numbers == {one for (one,) in rows(connection, "SELECT member_id FROM members")}
    with (files["csv"].folder / "persons.csv").open(encoding="utf-8") as lines:
        assert sum(1 for _ in lines) == result.counts["persons"] + 1


def test_its_x12_is_valid(cohort, tmp_path):
    """The judge is slow: it sees the first people's files, which are the same whatever the cohort's size."""
    *_, result, _ = cohort
    names = [written.format for written in result.written if written.format.startswith("x12") and written.files]
    if not names:
        pytest.skip("no payer takes part")
    plan = evolve(
        result.plan,
        count=min(JUDGED, result.plan.count),
        formats=tuple(CATALOG.get("output format", one) for one in names),
    )
    for written in run(plan, Store(tmp_path), "few", CATALOG, out=tmp_path).written:
        for file in written.files:
            assert judge(written.folder / file) == [], f"{written.format}/{file}"
