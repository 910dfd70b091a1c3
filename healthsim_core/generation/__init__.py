"""Generation, and the object views of it: profiles, journeys, timelines. Names load when they are used.

Names that lean on a product (`ReferenceProfileResolver` …) come through the installed plugins; where the product is
missing, the ImportError says what to install.
"""

from __future__ import annotations

import importlib

_HOMES = {
    "healthsim_core.distributions": (
        "NormalDistribution LogNormalDistribution CategoricalDistribution AgeBandDistribution UniformDistribution UniformIntDistribution "
        "ExplicitDistribution ConditionalDistribution create_distribution"
    ),
    "healthsim_core.specs": "ProfileSpecification ScenarioSpecification",
    "healthsim_core.journey_specs": "JourneySpecification EventDefinition",
    "healthsim_core.events": "DelaySpec",
    "healthsim_core.conditions": "EventCondition",
    "healthsim_core.generation.views": "ProfileExecutor ExecutionResult GeneratedEntity PROFILE_TEMPLATES",
    "healthsim_core.generation.timeline_views": "Timeline TimelineEvent",
    "healthsim_core.generation.journey_views": (
        "JourneyEngine create_journey_engine get_journey_template create_simple_journey JOURNEY_TEMPLATES "
        "ProfileJourneyOrchestrator"
    ),
    "healthsim_core.generation.coordination": "CrossProductCoordinator LinkedEntity CoordinatedResults create_coordinator",
    "healthsim_core.generation.registry": "TriggerRegistry RegisteredTrigger TriggerPriority",
    "healthsim_core.generation.event_enums": "BaseEventType PatientEventType MemberEventType RxEventType TrialEventType",
    "healthsim_core.generation.skill_reference": "SkillReference",
    "healthsim_core.generation.validation": "ValidationReport",
    "healthsim_core.generation.run": "generate Result",
    "healthsim_core.generation.regenerating": "regenerate Regenerated",
    "healthsim_core.generation.repeating": "re_execute Repeated",
}
_PLACES = {name: module for module, names in _HOMES.items() for name in names.split()}
_CALLED = {"DelaySpec": "Delay", "EventCondition": "Condition"}
"""Names that are another one at home."""
_PRODUCTS = dict.fromkeys(
    ("ReferenceProfileResolver", "DemographicProfile", "create_hybrid_profile", "resolve_geography"),
    "healthsim-populationsim",
)

__all__ = sorted([*_PLACES, *_PRODUCTS])


def __getattr__(name: str):
    if name in _PLACES:
        return getattr(importlib.import_module(_PLACES[name]), _CALLED.get(name, name))
    if name.startswith("__"):
        raise AttributeError(name)
    from healthsim_core import catalog

    found = catalog.build()
    for product in found.all("product").values():
        if name in product.exports:
            return getattr(importlib.import_module(product.exports[name]), name)
    if name in _PRODUCTS:
        raise ImportError(
            f"{name} needs {_PRODUCTS[name]}, which is not installed; pip install {_PRODUCTS[name]}{found.blame()}"
        )
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
