"""The hooks: each returns an iterable of declarations, takes nothing, and is called once.

A plugin is a module named by an entry point of group `healthsim`; its functions of these names, marked with
`healthsim_core.hookimpl`, import what they need inside, so that listing plugins stays cheap and a broken one is contained.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from healthsim_core.declarations import (
        Attribute,
        CodeSet,
        Command,
        Derivation,
        FormatPart,
        OutputFormat,
        Product,
        Reference,
        Roster,
        Serializer,
        Statistic,
        Template,
    )
    from healthsim_core.distributions import Distribution
    from healthsim_core.events import EventType, Trigger
    from healthsim_core.skills import Skill
    from healthsim_core.tables import Table

NAMESPACE = "healthsim"
hookspec = pluggy.HookspecMarker(NAMESPACE)
hookimpl = pluggy.HookimplMarker(NAMESPACE)


@hookspec
def healthsim_products() -> Iterable[Product]:
    """Declare the products that `--product` can ask for."""


@hookspec
def healthsim_distributions() -> Iterable[type[Distribution]]:
    """Declare distribution families: classes with a `kind`, a docstring and a `ppf`."""


@hookspec
def healthsim_attributes() -> Iterable[Attribute]:
    """Declare attributes of a person that a profile may set."""


@hookspec
def healthsim_derivations() -> Iterable[Derivation]:
    """Declare person columns made from other person columns."""


@hookspec
def healthsim_tables() -> Iterable[Table]:
    """Declare the tables the plugin's handlers and rosters fill."""


@hookspec
def healthsim_event_types() -> Iterable[EventType]:
    """Declare event types with their handlers."""


@hookspec
def healthsim_triggers() -> Iterable[Trigger]:
    """Declare what follows from an event."""


@hookspec
def healthsim_rosters() -> Iterable[Roster]:
    """Declare rows that belong to the scenario rather than to a person."""


@hookspec
def healthsim_templates() -> Iterable[Template]:
    """Declare ready specifications: profiles, journeys and scenarios."""


@hookspec
def healthsim_references() -> Iterable[Reference]:
    """Declare read-only data about the world that a profile can lean on."""


@hookspec
def healthsim_code_sets() -> Iterable[CodeSet]:
    """Declare facts about diagnosis codes."""


@hookspec
def healthsim_skills() -> Iterable[Skill]:
    """Declare skills: markdown with tables that people, agents and `skill_ref` read."""


@hookspec
def healthsim_serializers() -> Iterable[Serializer]:
    """Declare syntaxes that output formats are written in."""


@hookspec
def healthsim_output_formats() -> Iterable[OutputFormat]:
    """Declare standards that a scenario can be written in."""


@hookspec
def healthsim_format_parts() -> Iterable[FormatPart]:
    """Declare shares of an output format that another plugin owns."""


@hookspec
def healthsim_statistics() -> Iterable[Statistic]:
    """Declare figures that the summary of a scenario shows."""


@hookspec
def healthsim_commands() -> Iterable[Command]:
    """Declare commands that join the `healthsim` command line."""
