"""The triggers of the installed products, what follows from what, and triggers of one's own beside them."""

from __future__ import annotations

import enum
from collections.abc import Iterator

import attrs
from attrs import frozen

from healthsim_core import known
from healthsim_core.catalog import Catalog
from healthsim_core.errors import Problems, UserError, suggestion
from healthsim_core.events import EventType, Trigger, trigger_problems
from healthsim_core.generation.graph import Cycle, ordered
from healthsim_core.generation.views import default_catalog


class TriggerPriority(enum.IntEnum):
    """Where two triggers of one event lead to one type of event, the higher goes and the other does not."""

    HIGHEST = 100
    HIGH = 80
    NORMAL = 50
    LOW = 40
    LOWEST = 20


@frozen
class RegisteredTrigger(Trigger):
    """A trigger and who declares it."""

    owner: str = ""

    @property
    def source_product(self) -> str:
        """Return the product of the event it starts from."""
        return self.source.partition(".")[0]

    @property
    def target_product(self) -> str:
        """Return the product of the event it brings."""
        return self.target.partition(".")[0]


class TriggerRegistry:
    """The catalog's triggers, and those registered here; hand it to `JourneyEngine(triggers=…)` for these to fire."""

    def __init__(self, catalog: Catalog | None = None):
        self.catalog = catalog or default_catalog()
        self._triggers = {
            name: _registered(trigger, self.catalog.owner("trigger", name))
            for name, trigger in self.catalog.all("trigger").items()
        }

    def __iter__(self) -> Iterator[RegisteredTrigger]:
        return iter(sorted(self._triggers.values(), key=lambda one: one.name))

    def __len__(self) -> int:
        return len(self._triggers)

    def __getitem__(self, name: str) -> RegisteredTrigger:
        if name not in self._triggers:
            raise KeyError(f"{name}{suggestion(name, self._triggers)}")
        return self._triggers[name]

    def triggers_for(self, source: str) -> list[RegisteredTrigger]:
        """Return the triggers that start from an event type, the highest priority first, then by name."""
        wanted = self._qualified(str(source))
        found = [one for one in self._triggers.values() if one.source == wanted]
        return sorted(found, key=lambda one: (-one.priority, one.name))

    def targets(self, source: str, deep: bool = False) -> list[str]:
        """Return the event types that follow from one at once, or `deep`: sooner or later; each once, nearest first."""
        found: list[str] = []
        waiting = [self._qualified(str(source))]
        for name in waiting:
            new = [one.target for one in self.triggers_for(name) if one.target not in found]
            found += dict.fromkeys(new)
            if deep:
                waiting += dict.fromkeys(new)
        return found

    def register(self, trigger: Trigger, owner: str = "registered") -> RegisteredTrigger:
        """Add a trigger; UserError for a name that is taken, event types or fields that are not there, and circles."""
        one = _registered(trigger, getattr(trigger, "owner", "") or owner)
        if one.name in self._triggers:
            raise UserError(f"trigger {one.name!r} is there already, declared by {self._triggers[one.name].owner}")
        problems = Problems()
        self._check(one, problems)
        problems.raise_if_any()
        try:
            ordered(*self._needs([*self._triggers.values(), one]))
        except Cycle as circle:
            raise UserError(f"trigger {one.name!r} would close a circle: {circle}") from None
        self._triggers[one.name] = one
        return one

    def to_catalog(self) -> Catalog:
        """Return the catalog with the triggers registered here among its own."""
        owners = {("trigger", one.name): one.owner for one in self._triggers.values()}
        return attrs.evolve(
            self.catalog,
            declared={**self.catalog.declared, "trigger": dict(self._triggers)},
            owners={**self.catalog.owners, **owners},
        )

    def _qualified(self, name: str) -> str:
        found = self.catalog.event_type(name)
        if found is not None:
            return found.qualified
        sources = {one.source for one in self._triggers.values()} | {one.target for one in self._triggers.values()}
        product, _, short = name.rpartition(".")
        if name in sources or (product and short in known.event_types(product)):
            return name
        raise UserError(f"unknown event type {name!r}{suggestion(name, [*sources, *self.catalog.all('event type')])}")

    def _needs(self, triggers: list[RegisteredTrigger]) -> tuple[list[str], dict[str, list[str]]]:
        """Return all event types, and for each those that must be finished before it."""
        needs: dict[str, list[str]] = {
            name: [*(other for link in event_type.links for other in link.to), *event_type.after]
            for name, event_type in self.catalog.all("event type").items()
        }
        for one in triggers:
            needs.setdefault(one.source, [])
            needs.setdefault(one.target, []).append(one.source)
        return list(needs), needs

    def _check(self, one: RegisteredTrigger, problems: Problems) -> None:
        at = f"trigger {one.name}"
        source, target = (self._end(getattr(one, end), f"{at}.{end}", problems) for end in ("source", "target"))
        if not 0 <= one.probability <= 1:
            problems.add(f"{at}.probability", f"expected 0 to 1, got {one.probability}")
        for problem in trigger_problems(one, source, target):
            problems.add(at, problem)

    def _end(self, name: str, at: str, problems: Problems) -> EventType | None:
        """Return an end's event type, None where its product is one of ours that is not installed."""
        found = self.catalog.get("event type", name)
        product, _, short = name.partition(".")
        absent = product not in self.catalog.all("product") and short in known.event_types(product)
        if found is None and not absent:
            problems.unknown(at, "event type", name, self.catalog.all("event type"))
        return found


def _registered(trigger: Trigger, owner: str) -> RegisteredTrigger:
    values = attrs.asdict(trigger, recurse=False) | {"owner": owner}
    return RegisteredTrigger(**values)
