"""Every template HealthSim ships makes a populated cohort of 50 in every product it names, and files in all their formats."""

import os

import pytest
from attrs import evolve
from orphans import orphans

from healthsim_core import catalog, generate
from healthsim_core.generation.run import run
from healthsim_core.reading import parse_file
from healthsim_core.state.store import Store
from healthsim_x12.testing import judge

PROFILES = {
    "populationsim": "medicare-diabetic commercial-healthy medicaid-pediatric medicare-advantage-complex commercial-maternity",
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
NAMED = {(owner, name) for names in (PROFILES, JOURNEYS) for owner, all in names.items() for name in all.split()}

ENTITY = {"patientsim": "patients", "membersim": "members", "rxmembersim": "rx_members", "trialsim": "subjects"}
"""The table that shows that a product took part."""
FORMATS = {
    "patientsim": ("fhir_r4", "fhir_bundle", "hl7v2_adt", "hl7v2_oru"),
    "membersim": ("x12_834", "x12_837p", "x12_837i", "x12_835"),
    "rxmembersim": ("ncpdp_d0",),
    "trialsim": ("sdtm",),
}
WHERE_THERE_ARE = {
    "hl7v2_adt": "SELECT 1 FROM movements", "hl7v2_oru": "SELECT 1 FROM observations WHERE category = 'laboratory'",
    "x12_837p": "SELECT 1 FROM claims WHERE claim_type = 'professional'",
    "x12_837i": "SELECT 1 FROM claims WHERE claim_type = 'institutional'",
    "x12_835": "SELECT 1 FROM remittances", "ncpdp_d0": "SELECT 1 FROM rx_claims",
}  # fmt: skip
"""What a format is about, where a cohort may have none of it."""

JUDGED = int(os.environ.get("HEALTHSIM_JUDGED", "8"))
"""Units whose X12 files the judge sees for each template."""

CATALOG = catalog.build()
SHIPPED = [
    one
    for one in CATALOG.all("template").values()
    if one.kind in ("profile", "journey")
    and CATALOG.owner("template", f"{one.kind}:{one.name}") in ENTITY | {"populationsim": ""}
]


def test_every_template_of_the_specification_is_there():
    have = {name for one in SHIPPED for name in (one.name, *one.aliases)}
    assert {name for _, name in NAMED} <= have


def rows(connection, sql):
    return connection.execute(sql).fetchall()


@pytest.fixture(
    scope="module",
    params=sorted(SHIPPED, key=lambda one: (one.kind, one.name)),
    ids=lambda one: f"{one.kind}-{one.name}",
)
def cohort(request, tmp_path_factory):
    template = request.param
    home = tmp_path_factory.mktemp(template.name)
    data = parse_file(template.path)
    if template.kind == "journey":
        # What is left open (age, sex, conditions) is drawn as the journey requires.
        spec = {"id": template.name, "generation": {"count": 50, "seed": 11, "products": data["products"]}}
        result = generate(
            spec, template.name, workspace=home, output_formats=formats(data["products"]), out=home / "out"
        )
    else:
        products = data.get("generation", {}).get("products", [])
        result = generate(
            template.name, count=50, seed=11, workspace=home, output_formats=formats(products), out=home / "out"
        )
    with result.scenario.connect() as connection:
        yield template, data, result, connection


def formats(products):
    return [name for product in products for name in FORMATS.get(product, ())]


def test_it_is_populated_in_every_product_it_names(cohort):
    template, data, result, connection = cohort
    products = data["products"] if template.kind == "journey" else data["generation"]["products"]
    assert result.plan.people_count >= 50 and result.validation.passed and not result.failures
    for product in set(products) & set(ENTITY):
        assert result.counts.get(ENTITY[product], 0) > 0, product
    assert template.kind == "profile" or result.counts.keys() - {
        "persons",
        "patients",
        "members",
        "coverages",
        "rx_members",
    }


def test_nothing_it_asks_for_is_skipped(cohort):
    _, _, result, _ = cohort
    assert not [
        notice for notice in result.notices if "not in the installed version" in notice or "not installed" in notice
    ]
    assert not [notice for notice in result.notices if "nobody took it" in notice]


def test_no_key_leads_nowhere(cohort):
    _, _, result, connection = cohort
    assert orphans(CATALOG, connection, result.counts) == []


def test_it_is_written_in_all_formats_of_its_products(cohort):
    _, _, result, connection = cohort
    for written in result.written:
        there = WHERE_THERE_ARE.get(written.format)
        tables = {name for name, count in result.counts.items() if count}
        if there and (there.split()[3] not in tables or not rows(connection, f"{there} LIMIT 1")):
            continue
        assert written.files, f"{written.format} wrote nothing: {written.notes}"
        assert not [note for note in written.notes if "skipped" in note], written.notes


def test_its_x12_is_valid(cohort, tmp_path):
    """The judge is slow: it sees the first people's files, which are the same whatever the cohort's size."""
    _, _, result, _ = cohort
    names = [written.format for written in result.written if written.format.startswith("x12")]
    if not names:
        pytest.skip("no payer takes part")
    few = run(
        evolve(result.plan, count=JUDGED, formats=formats_of(names)), Store(tmp_path), "few", CATALOG, out=tmp_path
    )
    for written in few.written:
        for file in written.files:
            assert judge(written.folder / file) == [], f"{written.format}/{file}"


def formats_of(names):
    return tuple(CATALOG.get("output format", name) for name in names)
