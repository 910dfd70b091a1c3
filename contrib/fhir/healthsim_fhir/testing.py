"""Judges of FHIR output for tests: each takes resources (dicts) and returns what is wrong, one line a problem.

`shape_problems`, `reference_problems` and `bundle_problems` need nothing else. The others each need a package that is
not a dependency: fhirpathpy, fhircraft, google-fhir-r4 (the last in an environment without fhirpathpy).
"""

from __future__ import annotations

import datetime
import json
import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib import import_module, resources
from pathlib import Path

import duckdb

from healthsim_core.declarations import FormatPart
from healthsim_core.export import Source
from healthsim_core.tables import Table

US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/"
PLAN_NET = "http://hl7.org/fhir/us/davinci-pdex-plan-net/StructureDefinition/"

_NO_VITAL_SIGN = {
    "us-core-observation-lab",
    "us-core-observation-clinical-result",
    "us-core-observation-screening-assessment",
    "us-core-smokingstatus",
}

_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def source_of(tables: Iterable[Table], parts: Iterable[FormatPart], sql: str) -> Source:
    """Return an in-memory scenario: the tables as declared, filled by `sql`; tables left empty are taken away again."""
    connection = duckdb.connect()
    tables = list(tables)
    for table in tables:
        connection.execute(table.ddl())
    connection.execute(sql)
    filled = {table.name for table in tables if connection.execute(f'SELECT 1 FROM "{table.name}" LIMIT 1').fetchall()}
    for table in tables:
        if table.name not in filled:
            connection.execute(f'DROP TABLE "{table.name}"')
    return Source(connection, "fixture", "00000000", datetime.date(2025, 1, 1), frozenset(filled), tuple(parts))


def shared_parts(shared: Iterable[dict], reads: tuple[str, ...]) -> tuple[FormatPart, ...]:
    """Return parts that stand in for another product's resources which belong to nobody (practitioners, places)."""
    selects: dict[str, list[str]] = {}
    for one in shared:
        content = json.dumps(one, separators=(",", ":")).replace("'", "''")
        select = f"SELECT NULL::VARCHAR AS subject, '{one['id']}' AS id, '{content}' AS content"
        selects.setdefault(one["resourceType"], []).append(select)
    return tuple(
        FormatPart("fhir_r4", name, "elsewhere", reads, " UNION ALL ".join(each)) for name, each in selects.items()
    )


def read_ndjson(folder: Path) -> list[dict]:
    """Return every resource of a folder of NDJSON files; ValueError where a file belies its name."""
    found = []
    for path in sorted(folder.glob("*.ndjson")):
        with path.open(encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        strangers = {row.get("resourceType") for row in rows} - {path.stem}
        if strangers:
            raise ValueError(f"{path.name} holds {strangers}")
        found += rows
    return found


def shape_problems(resource: dict) -> list[str]:
    """Return nulls, empty objects, lists and texts, codes without a system and times without a zone."""
    return [f"{_name(resource)}: {problem}" for problem in _shape(resource, resource.get("resourceType", "?"))]


def _shape(value: object, path: str) -> Iterator[str]:
    if value is None or value == "" or value == {} or value == []:
        yield f"{path} is empty"
    elif isinstance(value, dict):
        if path.endswith(("coding", "class", "valueCoding")) and not {"system", "code"} <= set(value):
            yield f"{path} lacks a system or a code"
        for name, inner in value.items():
            yield from _shape(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from _shape(inner, path)
    elif isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\dT", value) and not _TIME.fullmatch(value):
        yield f"{path} is not an instant: {value}"


def references(value: object) -> Iterator[str]:
    """Yield every literal reference inside a resource, at any depth."""
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def reference_problems(resources: Iterable[dict]) -> list[str]:
    """Return ids that are malformed or not unique in their type, and references that point to none of the resources."""
    resources = list(resources)
    names = [_name(one) for one in resources]
    known = set(names)
    problems = [f"{name}: malformed id" for name in known if not _ID.fullmatch(name.partition("/")[2])]
    if len(known) < len(names):
        problems += sorted(f"{name}: not unique" for name in known if names.count(name) > 1)
    for one in resources:
        problems += [f"{_name(one)}: {target} does not resolve" for target in references(one) if target not in known]
    return problems


def bundle_problems(bundle: dict) -> list[str]:
    """Return what breaks a transaction Bundle that must stand alone: requests, fullUrls, references."""
    name = _name(bundle)
    problems = [] if bundle.get("type") == "transaction" else [f"{name}: type is {bundle.get('type')}"]
    entries = bundle.get("entry", [])
    for entry in entries:
        key = _name(entry.get("resource", {}))
        if entry.get("request") != {"method": "PUT", "url": key}:
            problems.append(f"{name}: request of {key} is {entry.get('request')}")
        if not str(entry.get("fullUrl")).startswith("https://") or not entry["fullUrl"].endswith(f"/fhir/{key}"):
            problems.append(f"{name}: fullUrl of {key} is {entry.get('fullUrl')}")
    patients = sum(entry.get("resource", {}).get("resourceType") == "Patient" for entry in entries)
    if patients != 1:
        problems.append(f"{name}: {patients} patients")
    return problems + [f"{name}: {one}" for one in reference_problems(entry["resource"] for entry in entries)]


@cache
def _rules(file: str) -> dict[str, list[tuple[str, object]]]:
    from fhirpathpy import compile
    from fhirpathpy.models import models

    text = resources.files(__package__).joinpath(f"data/{file}").read_text("utf-8")
    rules: dict[str, list[tuple[str, object]]] = {}
    for rule in json.loads(text)["rules"]:
        rules.setdefault(rule["profile"], []).append((rule["key"], compile(rule["expression"], model=models["r4"])))
    return rules


def us_core_problems(resource: dict) -> list[str]:
    """Return the rules of US Core 7.0 that a resource breaks for the profiles it claims (fhirpathpy)."""
    vital = _rules("us_core_7_rules.json")["vital sign"] if resource["resourceType"] == "Observation" else []
    return _profile_problems(
        resource, US_CORE, "us_core_7_rules.json", lambda profile: [] if profile in _NO_VITAL_SIGN else vital
    )


def plan_net_problems(resource: dict) -> list[str]:
    """Return the rules of Da Vinci PDEX Plan-Net 1.1 that a resource breaks for the profiles it claims (fhirpathpy)."""
    return _profile_problems(resource, PLAN_NET, "plan_net_1_rules.json", lambda profile: [])


def _profile_problems(resource: dict, base: str, file: str, more: Callable[[str], list]) -> list[str]:
    rules, problems = _rules(file), []
    for url in resource.get("meta", {}).get("profile", ()):
        profile = url.removeprefix(base)
        if profile not in rules:
            problems.append(f"{_name(resource)}: no rules for profile {url}")
            continue
        checks = [*rules[profile], *more(profile)]
        problems += [f"{_name(resource)}: {profile} {key}" for key, holds in checks if holds(resource) != [True]]
    return problems


def fhircraft_problems(resource: dict) -> list[str]:
    """Return what fhircraft's R4 models refuse, invariants of the base specification included (about 30 ms each)."""
    name = resource["resourceType"]
    module = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
    model = getattr(import_module(f"fhircraft.fhir.resources.datatypes.R4.core.{module}"), name)
    with warnings.catch_warnings():
        # Best practice only: dom-6 wants a narrative, which generated data does without.
        warnings.simplefilter("ignore")
        try:
            model.model_validate(resource)
        except ValueError as error:
            return [f"{_name(resource)}: {error}"]
    return []


def google_problems(resource: dict) -> list[str]:
    """Return what google-fhir's R4 refuses: types, cardinalities, codes, reference types (about 5 ms each)."""
    from google.fhir.r4 import json_format
    from google.fhir.r4.proto.core.resources import bundle_and_contained_resource_pb2 as proto

    try:
        # From text: its parser keeps decimals exact and refuses floats.
        json_format.json_fhir_string_to_proto(
            json.dumps(resource), proto.ContainedResource, validate=True, default_timezone="UTC"
        )
    except Exception as error:  # its errors share no base class
        return [f"{_name(resource)}: {error}"]
    return []


def _name(resource: dict) -> str:
    return f"{resource.get('resourceType')}/{resource.get('id')}"
