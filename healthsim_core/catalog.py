"""The catalog: everything the installed plugins declare, each with its owner. Passed as an argument; never global.

Plugins are found through entry points, sorted by name, loaded one by one and contained: one that fails is remembered
with its error and blamed where something of it is used. Two owners of one name are an error naming both; neither wins.
"""

from __future__ import annotations

import importlib.metadata
import traceback
from collections.abc import Callable, Iterable, Mapping
from types import ModuleType
from typing import Any

import pluggy
from attrs import define, evolve, field, frozen

from healthsim_core import hookspecs
from healthsim_core.declarations import FormatPart, OutputFormat, Template
from healthsim_core.errors import PluginError, suggestion
from healthsim_core.events import EventType

GROUP = "healthsim"


def template_key(name: str) -> str:
    """Return a template's name as it is compared: `_` and `-` are alike."""
    return name.strip().lower().replace("_", "-")


# Hook → (what one declaration is called, its name in the catalog).
KINDS: dict[str, tuple[str, Callable[[Any], str]]] = {
    "healthsim_products": ("product", lambda one: one.name),
    "healthsim_distributions": ("distribution", lambda one: one.kind),
    "healthsim_attributes": ("attribute", lambda one: one.name),
    "healthsim_derivations": ("derivation", lambda one: one.name),
    "healthsim_tables": ("table", lambda one: one.name),
    "healthsim_event_types": ("event type", lambda one: one.qualified),
    "healthsim_triggers": ("trigger", lambda one: one.name),
    "healthsim_rosters": ("roster", lambda one: one.name),
    "healthsim_templates": ("template", lambda one: f"{one.kind}:{template_key(one.name)}"),
    "healthsim_references": ("reference", lambda one: one.name),
    "healthsim_code_sets": ("code set", lambda one: one.name),
    "healthsim_skills": ("skill", lambda one: one.name),
    "healthsim_serializers": ("serializer", lambda one: one.name),
    "healthsim_output_formats": ("output format", lambda one: one.name),
    "healthsim_format_parts": (
        "format part",
        lambda one: ":".join((one.format, one.name, one.product, *([one.about] if one.about else []))),
    ),
    "healthsim_statistics": ("statistic", lambda one: one.name),
    "healthsim_commands": ("command", lambda one: one.name),
}


@frozen
class Plugin:
    """One installed plugin; `error` says why it could not be used, `declares` counts by kind what it brought."""

    name: str
    distribution: str
    version: str
    declares: Mapping[str, tuple[str, ...]] = field(factory=dict)
    error: str | None = None
    details: str | None = None
    module: str | None = None
    """Where another process finds it; None where it is no module."""


@define
class Catalog:
    """Everything declared, by kind and name; `owners` tells whose each thing is."""

    plugins: list[Plugin] = field(factory=list)
    declared: dict[str, dict[str, Any]] = field(factory=lambda: {kind: {} for kind, _ in KINDS.values()})
    owners: dict[tuple[str, str], str] = field(factory=dict)
    conflicts: dict[tuple[str, str], tuple[str, str]] = field(factory=dict)

    def all(self, kind: str) -> dict[str, Any]:
        """Return all declarations of a kind (`distribution`, `event type` …) by name, sorted by name."""
        return dict(sorted(self.declared[kind].items()))

    def get(self, kind: str, name: str) -> Any | None:
        """Return one declaration or None; PluginError where two plugins claim the name."""
        if (kind, name) in self.conflicts:
            first, second = self.conflicts[kind, name]
            raise PluginError(f"{kind} {name!r} is declared by both {first} and {second}; uninstall one of them")
        return self.declared[kind].get(name)

    def owner(self, kind: str, name: str) -> str:
        """Return the name of the plugin that declares something."""
        return self.owners.get((kind, name), "?")

    def failed(self) -> list[Plugin]:
        """Return the plugins that could not be used."""
        return [plugin for plugin in self.plugins if plugin.error]

    def blame(self) -> str:
        """Return a remark on failed plugins, to end a message about a name that is not known."""
        failed = self.failed()
        if not failed:
            return ""
        return "; note: " + ", ".join(f"plugin {one.name} failed to load ({one.error})" for one in failed)

    def event_type(self, name: str, product: str | None = None) -> EventType | None:
        """Return an event type by qualified name, by product and name, or by a name that is unique."""
        if "." in name:
            return self.get("event type", name)
        if product:
            found = self.get("event type", f"{product}.{name}")
            if found:
                return found
            return self.get("event type", f"core.{name}")
        found = [one for one in self.declared["event type"].values() if one.name == name]
        return found[0] if len(found) == 1 else None

    def template(self, kind: str, name: str) -> Template | None:
        """Return a template by name or alias; `_` and `-` are alike."""
        wanted = template_key(name)
        found = self.get("template", f"{kind}:{wanted}")
        if found:
            return found
        for one in self.declared["template"].values():
            if one.kind == kind and wanted in map(template_key, one.aliases):
                return one
        return None

    def template_names(self, kind: str) -> list[str]:
        """Return the names and aliases of all templates of a kind."""
        found = [one for one in self.declared["template"].values() if one.kind == kind]
        return sorted({name for one in found for name in (one.name, *one.aliases)})

    def formats(self, name: str) -> list[OutputFormat]:
        """Return the formats a name or alias stands for, sorted; empty where there is none."""
        found = self.get("output format", name)
        if found:
            return [found]
        return [one for _, one in sorted(self.declared["output format"].items()) if name in one.aliases]

    def format_parts(self) -> tuple[FormatPart, ...]:
        """Return all parts of formats, sorted by name."""
        return tuple(self.all("format part").values())

    def fingerprint(self) -> dict[str, str]:
        """Return the version of every working plugin, by distribution."""
        return {one.distribution: one.version for one in self.plugins if not one.error}

    def admit(
        self, name: str, distribution: str, version: str, load: Callable[[], ModuleType | object], only=()
    ) -> Plugin:
        """Load one plugin and take what it declares (of some hooks `only`); what goes wrong is kept, not raised."""
        plugin = Plugin(name, distribution, version)
        try:
            loaded = load()
            declared = _declarations(name, loaded, only)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - containment: a stranger's code may raise anything
            plugin = evolve(plugin, error=_one_line(error), details=traceback.format_exc())
        else:
            counts: dict[str, tuple[str, ...]] = {}
            for kind, key, one in declared:
                self._take(name, kind, key, one)
                counts[kind] = (*counts.get(kind, ()), key)
            plugin = evolve(plugin, declares=counts, module=getattr(loaded, "__name__", None))
        self.plugins.append(plugin)
        return plugin

    def _take(self, plugin: str, kind: str, key: str, one: Any) -> None:
        if (kind, key) in self.owners:
            self.conflicts.setdefault((kind, key), (self.owners[kind, key], plugin))
            self.declared[kind].pop(key, None)
            return
        self.owners[kind, key] = plugin
        self.declared[kind][key] = one


def _declarations(name: str, module: object, only: Iterable[str] = ()) -> list[tuple[str, str, Any]]:
    """Return (kind, key, declaration) of one plugin, sorted by kind and key; raises whatever is wrong with it."""
    manager = pluggy.PluginManager(hookspecs.NAMESPACE)
    manager.add_hookspecs(hookspecs)
    manager.register(module, name)
    known = [hook for hook in dir(hookspecs) if hook.startswith("healthsim_")]
    misspelt = [
        attribute
        for attribute in dir(module)
        if attribute not in known
        and (attribute.startswith("healthsim_") or hasattr(getattr(module, attribute), "healthsim_impl"))
        and callable(getattr(module, attribute))
    ]
    if misspelt:
        raise PluginError(f"unknown hook {misspelt[0]!r}{suggestion(misspelt[0], known)}")
    found = []
    for hook, (kind, key_of) in KINDS.items():
        if only and hook not in only:
            continue
        for implementation in getattr(manager.hook, hook).get_hookimpls():
            declarations = implementation.function()
            if declarations is None:
                raise PluginError(f"{hook} returned nothing; return a list of declarations")
            keyed = [(kind, key_of(one), one) for one in declarations]
            names = [key for _, key, _ in keyed]
            twice = sorted({key for key in names if names.count(key) > 1})
            if twice:
                raise PluginError(f"{hook} declares {kind} {twice[0]!r} twice")
            found.extend(keyed)
    return sorted(found, key=lambda one: (one[0], one[1]))


def _one_line(error: BaseException) -> str:
    text = str(error).strip().split("\n")[0]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def entry_points() -> list[tuple[str, str, str, Callable[[], object]]]:
    """Return (name, distribution, version, load) of the installed plugins, sorted by name and distribution."""
    found = []
    for entry in importlib.metadata.entry_points(group=GROUP):
        distribution = entry.dist
        found.append(
            (
                entry.name,
                distribution.name if distribution else "?",
                distribution.version if distribution else "?",
                entry.load,
            )
        )
    return sorted(found, key=lambda one: one[:3])


def build(
    plugins: Iterable[tuple[str, str, str, Callable[[], object]]] | None = None, *, only: Iterable[str] = ()
) -> Catalog:
    """Return the catalog of core and `plugins` (by default the installed ones), whatever their order; of hooks `only` these."""
    from healthsim_core import __version__, builtins

    catalog = Catalog()
    catalog.admit("core", "healthsim-core", __version__, lambda: builtins, only)
    seen: dict[str, str] = {}
    for name, distribution, version, load in sorted(
        plugins if plugins is not None else entry_points(), key=lambda one: one[:3]
    ):
        if name in seen:
            clash = f"plugin name {name!r} is claimed by both {seen[name]} and {distribution}; uninstall one of them"
            catalog.plugins.append(Plugin(name, distribution, version, error=clash))
            continue
        seen[name] = distribution
        catalog.admit(name, distribution, version, load, only)
    return catalog
