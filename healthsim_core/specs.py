"""Specifications: what users write. A profile says who, a journey says what happens, a scenario holds both.

The classes say the shape; whether names mean something (templates, distributions, places) is for the plan to resolve.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from healthsim_core import reading
from healthsim_core.journey_specs import (
    JOURNEY_KEYS,
    JourneyChoice,
    JourneySpecification,
    Plain,
    journey_choice,
)
from healthsim_core.reading import as_, many, nested, number, one_of, one_or_many, whole

DEFAULT_AS_OF = datetime.date(2025, 1, 1)
"""The `as_of` of specifications that name none; a constant of the release, so that results do not depend on the day."""

DEFAULT_COUNT = 100
DEFAULT_SEED = 42
LARGEST_COUNT = 100_000_000


@frozen
class Generation(Plain):
    """How much, from which seed, for whom."""

    count: int = field(
        default=DEFAULT_COUNT, metadata=as_(whole(1, LARGEST_COUNT), "People, or households where the profile has any.")
    )
    seed: int = field(default=DEFAULT_SEED, metadata=as_(whole(), "Any whole number, 0 included."))
    products: tuple[str, ...] = field(
        default=(), metadata=as_(many(reading.text), "What to generate; none: what is installed.")
    )
    as_of: datetime.date = field(default=DEFAULT_AS_OF, metadata=as_(reading.date, "The day on which ages hold."))
    start_date: datetime.date | None = field(
        default=None, metadata=as_(reading.date, "Day 0 of the journeys; none: `as_of`.")
    )
    sampling: str = field(
        default="independent",
        metadata=as_(
            one_of("independent", "stratified"),
            "stratified: small cohorts meet their targets closely, but a person depends on `count`.",
        ),
    )
    validation: str = field(
        default="warn",
        metadata=as_(
            one_of("strict", "warn", "none"),
            "What a missed target does: fails the run, is reported, or is not looked at.",
        ),
    )


@frozen
class ClinicalCondition(Plain):
    """A condition people have, as a category or a billable code."""

    code: str = field(metadata=as_(reading.text, "An ICD-10-CM category (`E11`) or code."))
    description: str | None = field(default=None, metadata=as_(reading.text, "In words."))
    prevalence: float = field(
        default=1.0, metadata=as_(number(0, 1), "The share of people who have it; 1 is everybody.")
    )
    severity: Any = field(default=None, metadata=as_(reading.anything, "A word, or a distribution of words."))
    skill_ref: str | None = field(
        default=None, metadata=as_(reading.text, "The skill its codes come from; none: that of the product's own.")
    )


@frozen
class Outputs(Plain):
    """The formats one product is written in."""

    formats: tuple[str, ...] = field(default=(), metadata=as_(many(reading.text), "Names of formats."))


def _outputs(value, path, problems):
    """Read outputs: a list of formats, or an object of product and formats."""
    if isinstance(value, list | tuple):
        return many(reading.text)(value, path, problems)
    if not isinstance(value, Mapping):
        problems.add(path, f"expected a list of formats, or an object of product and formats, got {value!r}")
        return None
    names: list[str] = []
    for product, one in value.items():
        read = reading.read_object(Outputs, one, f"{path}.{product}", problems)
        names.extend(read.formats if read else ())
    return tuple(dict.fromkeys(names))


def read_condition(value, path, problems):
    if isinstance(value, str):
        return ClinicalCondition(value)
    return reading.read_object(ClinicalCondition, value, path, problems)


def _correlation(value, path, problems):
    """Read one correlation: [attribute, attribute, number from -1 to 1]."""
    wrong = not isinstance(value, list | tuple) or len(value) != 3 or not all(isinstance(one, str) for one in value[:2])
    if wrong:
        problems.add(
            path, f'expected [attribute, attribute, correlation] such as ["age", "weight", 0.3], got {value!r}'
        )
        return None
    strength = number(-0.999, 0.999)(value[2], f"{path}[2]", problems)
    return None if strength is None else (value[0], value[1], strength)


@frozen
class Household(Plain):
    """Families in bulk: the profile describes the subscriber, the others follow."""

    size: Any = field(
        default="typical",
        metadata=as_(reading.anything, "How many live together, 1 to 12: a number, a distribution, or `typical`."),
    )
    roles: str = field(
        default="typical", metadata=as_(one_of("typical"), "Who they are: couples, families, generations, housemates.")
    )
    conditions_of: tuple[str, ...] = field(
        default=("subscriber", "spouse"),
        metadata=as_(many(one_of("subscriber", "spouse", "dependent")), "Of whom the profile's conditions speak."),
    )


@frozen
class ProfileSpecification(Plain):
    """Who: attributes as constants or distributions, conditions, coverage."""

    prefix = "profile"

    id: str = field(default="profile", metadata=as_(reading.name, "Its name; by default the file's or template's."))
    name: str | None = field(default=None, metadata=as_(reading.text, "What people call it."))
    version: str = field(default="1.0", metadata=as_(reading.text, "Its version."))
    description: str | None = field(default=None, metadata=as_(reading.text, "What it is for."))
    generation: Generation = field(factory=Generation, metadata=as_(nested(Generation), "How much, from which seed."))
    source: str | None = field(default=None, metadata=as_(reading.text, "Short form of `demographics.source`."))
    reference: Mapping | None = field(
        default=None, metadata=as_(reading.mapping, "Short form of `demographics.reference`.")
    )
    members: tuple[Mapping, ...] = field(
        default=(), metadata=as_(many(reading.mapping), "The people of one household, one by one.")
    )
    household: Household | None = field(
        default=None, metadata=as_(nested(Household), "Families in bulk; `count` then counts households.")
    )
    correlations: tuple[tuple, ...] = field(
        default=(), metadata=as_(many(_correlation), "Numeric attributes that go together, by a Gaussian copula.")
    )
    demographics: Mapping[str, Any] = field(
        factory=dict, metadata=as_(reading.mapping, "Attributes; `source` and `reference`.")
    )
    clinical: Mapping[str, Any] = field(
        factory=dict, metadata=as_(reading.mapping, "primary_condition, comorbidities, lab_values and attributes.")
    )
    coverage: Mapping[str, Any] = field(factory=dict, metadata=as_(reading.mapping, "type, plan_distribution."))
    network: Mapping[str, Any] = field(
        factory=dict, metadata=as_(reading.mapping, "primary_care_provider, source, directory.")
    )
    journey: tuple[JourneyChoice, ...] = field(default=(), metadata=as_(one_or_many(journey_choice), "A journey."))
    journeys: tuple[JourneyChoice, ...] = field(
        default=(), metadata=as_(one_or_many(journey_choice), "Several journeys.")
    )
    outputs: tuple[str, ...] = field(default=(), metadata=as_(_outputs, "Formats, by product or as a list."))
    custom: Mapping[str, Any] = field(factory=dict, metadata=as_(reading.mapping, "Attributes of your own."))


@frozen
class ScenarioSpecification(Plain):
    """People, journeys and outputs in one file."""

    scenario: str = field(metadata=as_(reading.text, "What people call it."))
    profile: ProfileSpecification = field(metadata=as_(nested(ProfileSpecification), "Who."))
    id: str | None = field(default=None, metadata=as_(reading.name, "Its name; by default the file's or template's."))
    description: str | None = field(default=None, metadata=as_(reading.text, "What it is for."))
    journeys: tuple[JourneyChoice, ...] = field(default=(), metadata=as_(one_or_many(journey_choice), "Who does what."))
    outputs: tuple[str, ...] = field(default=(), metadata=as_(_outputs, "Formats."))


KINDS = {"profile": ProfileSpecification, "journey": JourneySpecification, "scenario": ScenarioSpecification}


def kind_of(data: object) -> str:
    """Return what a dict is: scenario, journey or profile."""
    if isinstance(data, Mapping):
        if "scenario" in data:
            return "scenario"
        if JOURNEY_KEYS & set(data):
            return "journey"
    return "profile"
