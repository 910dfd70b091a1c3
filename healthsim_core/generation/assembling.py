"""Put what was resolved together: the plan that runs."""

from __future__ import annotations

import numpy as np
from attrs import evolve

from healthsim_core.builtins import DEFAULT_PLACES
from healthsim_core.catalog import Catalog
from healthsim_core.columns import Coded
from healthsim_core.declarations import OutputFormat
from healthsim_core.errors import PluginError
from healthsim_core.generation.asking import Asked, Loaded
from healthsim_core.generation.handling import order_handlers
from healthsim_core.generation.plan import Plan, Step
from healthsim_core.generation.profile import (
    OWN_GENDER,
    attribute_step,
    condition_step,
    derivation_step,
    family_gender_step,
    place_step,
    said,
    sort_steps,
)
from healthsim_core.generation.resolution import ProfileResolution
from healthsim_core.generation.resolve_events import JourneyResolution
from healthsim_core.specs import ProfileSpecification


def assemble(
    name: str,
    profile: ProfileSpecification,
    it: ProfileResolution,
    journeys: JourneyResolution,
    products: tuple[str, ...],
    formats: tuple[OutputFormat, ...],
    notices: list[str],
    catalog: Catalog,
    loaded: Loaded,
    asked: Asked,
) -> Plan:

    taking_part = {
        "core",
        *products,
        *(plugin.name for plugin in catalog.plugins if plugin.name not in catalog.all("product")),
    }
    event_types = catalog.all("event type")
    handlers = order_handlers(
        [
            one
            for one in event_types.values()
            if one.handle is not None and (one.product in products or one.product == "core")
        ]
    )
    for one in handlers:
        for table in one.writes:
            if catalog.get("table", table) is None:
                raise PluginError(f"event type {one.qualified} writes to table {table!r}, which nobody declares")
    rosters = tuple(one for one in catalog.all("roster").values() if one.product in products)
    tables = {
        table.name: table
        for table in catalog.all("table").values()
        if catalog.owner("table", table.name) in taking_part
    }
    places = it.places or DEFAULT_PLACES()
    coupled = {name: one for one in it.correlations for name in one.names}
    derivations = it.derivations()
    worked_out = {name for one in derivations for name in one.writes}
    columns = {name: said(name) for name in worked_out} | ({"gender": OWN_GENDER} if it.household else {})
    steps = sort_steps(
        [
            family_gender_step() if it.household else role_step(it.roles),
            place_step(places),
            *(
                attribute_step(plan, coupled.get(plan.name), columns.get(plan.name))
                for plan in it.attributes.values()
                if plan.name not in worked_out or plan.path or plan.overrides
            ),
            *(condition_step(plan) for plan in it.conditions.values()),
            *(derivation_step(one) for one in derivations),
        ]
    )
    generation = profile.generation
    facts = {
        "places": places,
        "as_of": generation.as_of,
        "network": dict(profile.network),
        "roles": it.roles,
        "explicit": bool(profile.members),
        "conditions": {plan.category: plan for plan in it.conditions.values()},
        "reference": dict(it.reference.facts) if it.reference else {},
        "directory": dict(it.directory.facts) if it.directory else {},
    }
    return Plan(
        name=name,
        seed=generation.seed,
        count=generation.count,
        as_of=generation.as_of,
        start=generation.start_date or generation.as_of,
        products=products,
        roles=it.roles,
        household=it.household,
        stratified=generation.sampling == "stratified",
        correlations=it.correlations,
        attributes=tuple(it.attributes.values()),
        conditions=tuple(it.conditions.values()),
        steps=steps,
        parts=tuple(journeys.parts),
        event_order=journeys.event_order,
        event_types=event_types,
        handlers=handlers,
        triggers=journeys.triggers,
        tables=tables,
        rosters=rosters,
        places=places,
        facts=facts,
        formats=formats,
        notices=tuple(dict.fromkeys(notices)),
        validation=generation.validation,
        specification={
            "kind": loaded.kind,
            "name": loaded.name,
            "origin": loaded.origin,
            "data": loaded.data,
            "saved": list(loaded.links),
            "asked": evolve(
                asked,
                count=generation.count,
                seed=generation.seed,
                as_of=generation.as_of,
                validation=generation.validation,
            ).to_plain(),
        },
        owners={name: catalog.owner("event type", name) for name in event_types},
        versions=catalog.fingerprint(),
        fingerprints={one.label: one.fingerprint for one in (it.reference, it.directory) if one},
    )


def role_step(roles: tuple[str, ...]):
    """Return the step that gives everybody their role in the household."""

    words = tuple(dict.fromkeys(roles))
    codes = np.array([words.index(role) for role in roles], np.int32)
    return Step("role", lambda people: {"role": Coded(codes[people.slot], words)}, (), ("role",))
