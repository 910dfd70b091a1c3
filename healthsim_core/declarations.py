"""What a plugin can declare besides distributions, tables and events: frozen classes holding plain, pure functions.

Core calls the functions per span of people, never per person. Everything has a `doc`, one sentence, that
`healthsim plugins` and the reference show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from healthsim_core.columns import Array, Columns

if TYPE_CHECKING:
    from healthsim_core.errors import Problems
    from healthsim_core.export import Source
    from healthsim_core.people import People


@frozen
class Product:
    """One of the six: something `--product` can ask for."""

    name: str
    doc: str
    entity: str
    """What it calls a person: patient, member, rx_member, subject."""
    supports: tuple[str, ...] = ()
    """Products that come along, where they are installed, when this one is asked for."""
    exports: Mapping[str, str] = field(factory=dict)
    """Names `healthsim_core.generation` and `.state` offer lazily: {"ReferenceProfileResolver": "populationsim.resolver"}."""


@frozen
class Attribute:
    """A person's attribute that a profile may set, under `demographics`, `clinical` or `coverage`."""

    name: str
    section: str
    doc: str
    kind: str = "number"
    """number, integer, category, boolean or date."""
    default: object = None
    """The distribution (as a specification writes it) used where neither profile nor reference gives one; None: absent."""
    decimals: int | None = None
    unit: str | None = None
    values: tuple[str, ...] = ()
    """The words a category may take; empty: any."""
    low: float | None = None
    high: float | None = None
    """What is possible at all; a specification beyond it is refused."""
    shared: bool = False
    """Whether a household has one value: that of its first person."""
    common: bool = False
    """Whether a household draws it together: those of like circumstances have one value, others their own."""
    required: bool = False
    """Whether nobody can be without it, so that a profile cannot leave it missing."""


@frozen
class Derivation:
    """Person columns made from person columns: `derive(people) -> {column: array}`, with `people.draw(name)` for chance."""

    name: str
    doc: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    derive: Callable[[People], Mapping[str, Array]]
    product: str | None = None
    """The product it belongs to; None: it always runs."""
    optional: tuple[str, ...] = ()
    """Columns it uses where they exist; their makers go first. `said.NAME` is what the profile says of `NAME`."""
    instead_of: str | None = None
    """The derivation whose place it takes where it runs; both write the same columns."""
    check: Callable[[Mapping[str, object], Problems], None] | None = None
    """Reports what it does not understand of the profile's `network`, along with all else that is wrong."""


@frozen
class Place:
    """Where people live: one ZIP of a county, with its share of the people."""

    zip_code: str
    city: str
    state: str
    county_fips: str
    county_name: str
    weight: float
    latitude: float | None = None
    longitude: float | None = None
    population: float | None = None
    """How many people live there; None: not known."""


@frozen
class ReferenceProfile:
    """What a reference says of a place: attributes as distributions, conditions as prevalences, and the places."""

    label: str
    attributes: Mapping[str, object] = field(factory=dict)
    """{attribute: distribution as a specification writes it}."""
    conditions: Mapping[str, object] = field(factory=dict)
    """{condition code: prevalence}, a number or a distribution of 0 and 1 conditional on other attributes."""
    places: tuple[Place, ...] = ()
    facts: Mapping[str, object] = field(factory=dict)
    source: str = ""
    fingerprint: str = ""
    """Changes whenever the data behind it changes; recorded with the scenario. A digest, and ` of ` with the releases."""


@frozen
class Reference:
    """Read-only data about the world that a profile can lean on, with its source and licence.

    `resolve(request, workspace) -> ReferenceProfile` answers a profile's `reference` (a dict such as
    {"type": "county", "fips": "48201"}); it raises ValueError, saying what instead, for what it does not know.
    """

    name: str
    doc: str
    source: str
    licence: str
    resolve: Callable[[Mapping[str, object], Path], ReferenceProfile] | None = None
    kinds: tuple[str, ...] = ()
    """The `type` values a request may have."""


@frozen
class ConditionCode:
    """One billable diagnosis code a condition category can be written as."""

    category: str
    code: str
    label: str
    severity: str | None = None
    """The severity it stands for; None: any."""
    weight: float = 1.0
    chronic: bool = True


@frozen
class CodeLimit:
    """Who can have the diagnosis codes from `first` to `last`: of one sex, or of some ages only."""

    first: str
    last: str
    sex: str | None = None
    """M or F; None: both."""
    age_min: int | None = None
    age_max: int | None = None

    def covers(self, code: str) -> bool:
        """Return whether a code or category lies between `first` and `last`, each taken with all that begins so."""
        return self.first <= code[: len(self.first)] and code[: len(self.last)] <= self.last


@frozen
class CodeCombination:
    """A code that the guidelines want instead of another where the same person has other conditions as well."""

    code: str
    """What the code begins with that gives way."""
    writes: str
    """The billable code that is written instead."""
    beside: tuple[tuple[str, ...], ...] = ()
    """What else the person must have: of each group one, by what its category or code begins with."""
    without: tuple[str, ...] = ()
    """What the person must not have."""


@frozen
class CodeSet:
    """Facts about diagnosis codes: billable leaves by category, who can have them, how they combine and go together."""

    name: str
    doc: str
    source: str
    licence: str
    codes: Callable[[], tuple[ConditionCode, ...]] = tuple
    """The billable leaves, by category."""
    limits: Callable[[], tuple[CodeLimit, ...]] = tuple
    """Who can have codes: sex and ages."""
    combinations: Callable[[], tuple[CodeCombination, ...]] = tuple
    """What is written where a person has several conditions, in the order they are tried; the first that holds is written."""
    loadings: Callable[[], Mapping[str, Mapping[str, float]]] = dict
    """{what a category begins with: {shared factor: loading}}: conditions that load on one factor go together."""


@frozen
class Roster:
    """Rows that belong to the scenario, not to a person: a provider directory, a drug list.

    `build(facts, seed, rosters) -> {table: Columns}` is called once, before the first span; `facts` holds `places`,
    `as_of` and what else the plan knows, `rosters` the tables built before.
    """

    name: str
    doc: str
    writes: tuple[str, ...]
    build: Callable[[Mapping[str, object], int, Mapping[str, Columns]], Mapping[str, Columns]]
    product: str
    reads: tuple[str, ...] = ()


@frozen
class Template:
    """A ready specification: kind is profile, journey or scenario; `path` is its JSON or YAML file."""

    kind: str
    name: str
    path: Path
    aliases: tuple[str, ...] = ()


@frozen
class Serializer:
    """A syntax that output formats are written in: X12, ER7, NDJSON."""

    name: str
    doc: str
    media_type: str
    extension: str


@frozen
class Lines:
    """One file of independent lines, made by SQL that DuckDB streams: `sql` selects one text column, in order."""

    file: str
    sql: str
    kind: str
    """What a line is, for the count: `Patient`, `row`."""


@frozen
class Document:
    """One file of nested content, rendered piece by piece in constant memory."""

    file: str
    pieces: Iterator[str] | Iterator[bytes]
    """The content, in order: text, written as UTF-8, or bytes as they are."""
    count: Callable[[], Mapping[str, int]] = dict
    """Once `pieces` is drained: what was written, by kind ({"claim": 12})."""
    notes: list[str] = field(factory=list)
    """Filled while `pieces` is drained: what was skipped and why, each with its id."""


@frozen
class OutputFormat:
    """A standard that a scenario can be written in; exactly one of `lines`, `documents` and `copy` is given.

    `lines(source)` and `documents(source)` give what to write for an open scenario; `copy` is the COPY option string
    of formats that DuckDB writes itself, one file per table.
    """

    name: str
    doc: str
    serializer: str
    lines: Callable[[Source], Iterable[Lines]] | None = None
    documents: Callable[[Source], Iterable[Document]] | None = None
    copy: str | None = None
    aliases: tuple[str, ...] = ()
    """Wider names that mean this one too: `x12_837` is every format that says so."""
    reads: tuple[str, ...] = ()
    """The tables it cannot do without."""


@frozen
class FormatPart:
    """A product's share of a format that somebody else owns: e.g. the FHIR resource type `Condition`.

    `sql` selects `subject` (the person's key text, for grouping; NULL: belongs to nobody), `id` and `content`.
    """

    format: str
    name: str
    product: str
    reads: tuple[str, ...]
    sql: str
    doc: str = ""
    about: str = ""
    """What tells it from another part of the same name and product; empty where there is one only."""


@frozen
class Command:
    """A click command or group that joins `healthsim`; `load()` imports it when it is called."""

    name: str
    doc: str
    load: Callable[[], Any]


@frozen
class Statistic:
    """A figure of the summary of a scenario: what one SELECT over its tables gives.

    A result with the columns `value` and `count` is shown as the first values with their counts, so the most frequent
    should come first; any other result is one row, whose columns are the figures.
    """

    name: str
    doc: str
    tables: tuple[str, ...]
    """The tables it reads; where one of them has no rows, it is left out."""
    sql: str
    """One SELECT; `{as_of}` in it stands for the scenario's date."""
    rank: int = 5
    """Where room is short, those with the highest number are left out first."""
    unless: tuple[str, ...] = ()
    """Tables whose rows make it superfluous, because another statistic says the same of them."""
