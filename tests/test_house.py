"""The house itself: which way its floors depend, and that what is tested is the wheel."""

import ast
import os
import re
import tomllib
from pathlib import Path

import pytest

import healthsim_core

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = Path(healthsim_core.__file__).parent

# Lower floors first; a module may import from its own floor or below.
FLOORS = [
    ["errors", "facts", "columns", "version"],
    ["draws"],
    ["conditions"],
    ["distributions.base"],
    ["distributions.continuous", "distributions.discrete"],
    ["distributions.composite"],
    ["distributions.reading"],
    ["distributions", "tables", "people"],
    ["events"],
    ["declarations", "persons", "skills"],
    ["hookspecs", "templates"],
    ["catalog", "builtins", "known", "__init__", "identity"],
    ["reading", "state.shelf"],
    ["journey_specs"],
    ["specs"],
    ["generation.graph", "generation.plan", "generation.code_rules", "generation.business_days"],
    ["generation.household", "generation.resolution", "generation.flattening", "generation.saved_names"],
    ["generation.coding"],
    ["generation.profile", "generation.resolve_attributes", "generation.resolve_limits"],
    ["generation.resolve_conditions"],
    [
        "generation.timeline",
        "generation.validation",
        "generation.resolve_members",
        "generation.resolve_events",
        "generation.resolve_network",
    ],
    ["generation.definitions", "generation.following", "generation.resolve_profile", "generation.resolve_triggers"],
    ["generation.journey", "generation.resolve_journeys"],
    ["generation.handling", "generation.asking"],
    ["generation.assembling", "generation.making"],
    ["generation.resolving"],
    ["generation.parallel", "generation.record"],
    ["state.appending", "state.decoding", "state.digest", "state", "state.scenario", "state.guard", "state.dictionary"],
    ["state.store", "export"],
    ["state.index", "state.history"],
    ["state.writing", "state.answering", "state.adding", "state.naming", "state.structuring"],
    ["state.samples", "state.finding"],
    ["state.statistics", "state.integrity", "state.uniting"],
    ["state.merging", "state.transfer", "state.doctor"],
    ["state.collections"],
    ["state.query", "state.summary", "state.saving", "generation.filling"],
    ["generation.run"],
    ["state.persisting"],
    ["state.service"],
    ["generation.views"],
    ["generation.regenerating", "state.library"],
    ["generation.repeating", "state.tracing"],
    ["generation.timeline_views", "generation.registry", "generation.event_enums", "generation.skill_reference"],
    ["generation.journey_views"],
    ["generation.coordination"],
    ["generation"],
    ["cli.printing"],
    ["cli.showing"],
    [
        "cli.plugins",
        "cli.generate",
        "cli.scenarios",
        "cli.collections",
        "cli.doctor",
        "cli.new_plugin",
        "cli.skills",
        "cli.library",
        "cli.history",
    ],  # fmt: skip
    ["cli"],
    ["testing.fixtures", "testing.rows", "testing.subjects"],
    ["testing.checks"],
    ["testing.conformance"],
    ["testing"],
]
FLOOR = {module: number for number, floor in enumerate(FLOORS) for module in floor}

# Names loaded at first use by a function, so that importing the package stays cheap.
LATE = {"__init__", "generation", "state", "cli"}


def modules():
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)
        yield name, path


def imports(path):
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "healthsim_core":
            inner = node.module.removeprefix("healthsim_core").lstrip(".")
            for alias in node.names:
                deeper = f"{inner}.{alias.name}".lstrip(".")
                yield deeper if deeper in FLOOR else inner or "__init__"


def test_every_module_has_its_floor():
    assert {name for name, _ in modules()} == set(FLOOR)


@pytest.mark.parametrize(("name", "path"), list(modules()), ids=[name for name, _ in modules()])
def test_no_module_leans_on_a_higher_floor(name, path):
    above = {other for other in imports(path) if FLOOR[other] > FLOOR[name]}
    assert not above


def test_core_knows_no_product():
    products = re.compile(
        r"^\s*(from|import) (patientsim|membersim|rxmembersim|trialsim|populationsim|networksim|healthsim_x12|healthsim_fhir)\b",
        re.M,
    )
    for _, path in modules():
        assert not products.search(path.read_text()), path


@pytest.mark.skipif("HEALTHSIM_TEST_WHEEL" not in os.environ, reason="only under tox are wheels installed")
def test_what_is_tested_is_the_wheel():
    assert "site-packages" in PACKAGE.parts


def test_all_packages_carry_one_version_and_pin_each_other_at_it():
    version = healthsim_core.__version__
    for path in [
        ROOT / "pyproject.toml",
        *ROOT.glob("plugins/*/pyproject.toml"),
        *ROOT.glob("contrib/*/pyproject.toml"),
    ]:
        text = path.read_text()
        assert tomllib.loads(text)["project"]["version"] == version, path
        assert set(re.findall(r'"healthsim-[a-z0-9]+==([^"]+)"', text)) <= {version}, path


def test_nothing_draws_outside_the_draws_or_reads_the_clock_while_generating():
    wrong = re.compile(
        r"default_rng|np\.random\.(?!Philox)|^import random|uuid4|(?<!date)time\.time\(|\.today\(\)|datetime\.now\("
    )
    for path in [*PACKAGE.rglob("*.py"), *ROOT.glob("plugins/*/*/**/*.py"), *ROOT.glob("contrib/*/*/**/*.py")]:
        if path.name in ("store.py", "naming.py", "shelf.py", "history.py", "loading.py") or "tests" in path.parts:
            continue  # a scenario's bookkeeping and the date of a load are the clock's
        assert not wrong.search(path.read_text()), path
