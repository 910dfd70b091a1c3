"""Saved scenarios: put entities in, get summaries, pages and samples out. Names load when they are used."""

from __future__ import annotations

import importlib

_HOMES = {
    "healthsim_core.state.persisting": "persist PersistResult PersistError",
    "healthsim_core.state.summary": "ScenarioSummary get_summary generate_summary get_samples",
    "healthsim_core.state.service": (
        "query_scenario save_scenario load_scenario AutoPersistService get_auto_persist_service"
    ),
    "healthsim_core.state.naming": "generate_scenario_name extract_keywords ensure_unique_name sanitize_name",
    "healthsim_core.state.query": "Page",
    "healthsim_core.state.store": "Scenario Store StoreError",
    "healthsim_core.state.collections": "rename delete tag tags_of clone merge listed",
    "healthsim_core.state.transfer": "import_tables",
    "healthsim_core.state.doctor": "examine",
    "healthsim_core.state.library": (
        "save_profile load_profile list_profiles search_profiles delete_profile validate_profile "
        "save_journey load_journey list_journeys search_journeys delete_journey validate_journey library"
    ),
    "healthsim_core.state.shelf": "Saved ShelfError",
    "healthsim_core.state.history": "executions",
    "healthsim_core.state.tracing": "provenance Provenance",
    "healthsim_core.generation.repeating": "re_execute Repeated",
}
_PLACES = {name: module for module, names in _HOMES.items() for name in names.split()}

__all__ = sorted(_PLACES)


def __getattr__(name: str):
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(importlib.import_module(_PLACES[name]), name)
    globals()[name] = found
    return found
