"""The tables `residents` and `resident_conditions`: what PopulationSim knows of everybody besides who they are."""

from __future__ import annotations

import numpy as np
from attrs import frozen

from healthsim_core.columns import Coded, Columns, stack
from healthsim_core.events import Events, EventType
from healthsim_core.tables import column, key, refers, table_from


@frozen
class Resident:
    """Somebody who lives in a place, and their household's means."""

    resident_id: str = key("RES", "The row's key.")
    person_id: str = refers("persons.person_id", "P", "The person this is.")
    relationship: str | None = column("householder, spouse, child, parent or housemate, where households are made.")
    household_size: int | None = column(
        "How many live together, where households are made.", decode="nullif({household_size}, -1)"
    )
    income_percent: int = column("Family income in percent of the poverty threshold.", unit="%")
    income_band: str | None = column("under_100, 100_to_137, 138_to_249, 250_to_399 or 400_up.")
    education: str | None = column("Highest schooling of adults.")
    insurance: str | None = column("commercial, exchange, medicaid, medicare or uninsured.")
    care_seeking: float = column("How readily the person seeks care, 1 being the nation's mean.")
    utilization: float = column("How much care the person uses, 1 being the nation's mean.")
    provider_id: str | None = refers(
        "providers.provider_id", "PR", "The primary care provider, where NetworkSim takes part."
    )


@frozen
class ResidentCondition:
    """A condition that somebody has."""

    person_id: str = refers("persons.person_id", "P", "Whose.")
    category: str = column("The condition as the profile or the reference names it.", system="ICD-10-CM")
    code: str = column("The billable code it is written as.", system="ICD-10-CM")


RESIDENTS = table_from(Resident, "residents")
CONDITIONS = table_from(ResidentCondition, "resident_conditions")


def settle_in(events: Events) -> dict[str, Columns]:
    """Return one row for everybody, and one for each condition they have."""
    people = events.people
    # Of people drawn one by one nobody knows with whom they live.
    listed = np.full(len(people), len(people.facts["roles"]) if people.facts.get("explicit") else -1)
    sizes = people.columns.get("household_size", listed)
    relationship = (
        events.person("relationship") if events.has_person("relationship") else Coded.constant(None, len(events))
    )
    rows = Columns(
        {
            "resident_id": events.entity,
            "person_id": events.entity,
            "relationship": relationship,
            "household_size": sizes[events.row],
            **{name: events.person(name) for name in ("income_percent", "income_band", "education", "insurance")},
            **{name: events.person(name) for name in ("care_seeking", "utilization")},
            "provider_id": (
                events.person("pcp_provider")
                if events.has_person("pcp_provider")
                else np.full(len(events), -1, np.int64)
            ),
        }
    )
    ill = [
        Columns(
            {"person_id": mine.entity, "category": Coded.constant(name, len(mine)), "code": mine.person(f"code.{name}")}
        )
        for name in people.facts.get("conditions", ())
        if len(mine := events.select(np.flatnonzero(events.person(f"has.{name}"))))
    ]
    return {"residents": rows, **({"resident_conditions": stack(ill)} if ill else {})}


RESIDENCE = EventType(
    "residence",
    "populationsim",
    "A person is counted as a resident; it happens to everybody once.",
    handle=settle_in,
    writes=("residents", "resident_conditions"),
    each_person=True,
)
