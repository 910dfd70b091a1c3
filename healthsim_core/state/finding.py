"""Find a scenario by what people say: its name, its id, or words of its name."""

from __future__ import annotations

from healthsim_core.errors import UserError, suggestion
from healthsim_core.state.index import entries_of
from healthsim_core.state.store import Scenario, Store, sanitize_name


def find(store: Store, wanted: str, fuzzy: bool = False) -> Scenario:
    """Return a scenario by name or id (or, if `fuzzy`, the only one whose name has all the words); else UserError."""
    names = store.names()
    if wanted in names:
        return Scenario(wanted, store.path(wanted))
    if len(wanted) >= 8 and all(letter in "0123456789abcdef" for letter in wanted):
        alike = [name for name, entry in entries_of(store)[0].items() if entry.scenario_id.startswith(wanted)]
        if len(alike) > 1:
            raise UserError(f"several scenarios have the id {wanted!r}: {', '.join(alike)}; say the name")
        if alike:
            return Scenario(alike[0], store.path(alike[0]))
    if fuzzy:
        words = sanitize_name(wanted).split("-")
        alike = [name for name in names if all(word in name for word in words)]
        if len(alike) > 1:
            raise UserError(f"several scenarios are called like {wanted!r}: {', '.join(alike[:10])}; say which")
        if alike:
            return Scenario(alike[0], store.path(alike[0]))
    raise UserError(f"no scenario {wanted!r}{suggestion(wanted, names)}")
