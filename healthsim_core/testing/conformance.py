"""The contract of a plugin as tests: a plugin's author subclasses `PluginConformance` and gets the whole suite.

`class TestConformance(PluginConformance): module = "patientsim.plugin"` in `tests/test_conformance.py` is all it takes.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import re
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import pytest

from healthsim_core import catalog as catalogs
from healthsim_core import reading
from healthsim_core.columns import Span
from healthsim_core.distributions import read_distribution
from healthsim_core.errors import PluginError, Problems, suggestion
from healthsim_core.events import trigger_problems
from healthsim_core.generation.profile import sample
from healthsim_core.generation.resolving import resolve
from healthsim_core.generation.run import export_formats, generate
from healthsim_core.testing import checks, rows
from healthsim_core.testing.subjects import Subject, examine, imported_by, top, version_of

PEOPLE = 64


class PluginConformance:
    """What every plugin promises; a subclass says which plugin, and pytest runs the claims on it."""

    module: str
    """The module the plugin's entry point names."""
    name: str | None = None
    """The entry point's name; by default the first part of the module."""
    distribution: str | None = None
    """The distribution's name; by default `healthsim-` and the name."""
    requires: Sequence[str] = ()
    """Modules of other plugins that the templates need; where one is missing, templates are skipped."""
    foreign_tables: Sequence[str] = ()
    """Tables of other products that its format parts read, where those are there."""
    distribution_examples: Sequence[Mapping[str, Any]] = ()
    """For each declared distribution family one or more examples, as a specification writes them."""
    distribution_columns: Mapping[str, Any] = {}
    """Values of the person columns that the examples read, if any."""

    @classmethod
    def subject(cls) -> Subject:
        """Return the plugin, alone and among others."""
        return examine(cls.module, cls.name or top(cls.module), cls.distribution, tuple(cls.requires))

    def pytest_generate_tests(self, metafunc) -> None:
        """Give every event type, template and format of the plugin a test of its own."""
        subject = self.subject()
        handled = [name for name, one in subject.declared("event type").items() if one.handle is not None]
        filled = {one.format for one in subject.declared("format part").values()}
        cases = {
            "healthsim_event_type": handled,
            "healthsim_template": list(subject.declared("template")),
            "healthsim_format": sorted(
                {*subject.declared("output format"), *(filled & set(subject.together.all("output format")))}
            ),
        }
        for argument, names in cases.items():
            if argument in metafunc.fixturenames:
                what = argument.removeprefix("healthsim_").replace("_", " ")
                nothing = pytest.mark.skip(reason=f"{subject.name} declares no {what}")
                metafunc.parametrize(argument, names or [pytest.param("", marks=nothing, id="none")])

    def test_loads_alone_with_core(self):
        me = next(one for one in self.subject().alone.plugins if one.name == self.subject().name)
        assert me.error is None, me.details
        assert not self.subject().alone.conflicts, "it declares names that are core's"

    def test_claims_no_name_of_an_installed_plugin(self):
        claims = self.subject().together.conflicts.items()
        mine = [f"{kind} {name!r}: {' and '.join(who)}" for (kind, name), who in claims if self.subject().name in who]
        assert not mine, "\n".join(mine)

    def test_is_found_by_its_entry_point(self):
        owner = self.distribution or f"healthsim-{self.subject().name.replace('_', '-')}"
        if version_of(owner) == "?":
            pytest.skip(f"{owner} is not installed; pip install it to test its entry point")
        found = importlib.metadata.distribution(owner).entry_points.select(group=catalogs.GROUP)
        entries = {one.name: one.value for one in found}
        assert entries.get(self.subject().name) == self.module, f"entry points of group {catalogs.GROUP}: {entries}"

    def test_hooks_return_declarations_and_do_nothing_else(self, capfd):
        wrong = []
        for hook, implementation in checks.hooks_of(importlib.import_module(self.module)):
            first, second = implementation(), implementation()
            if not isinstance(first, list | tuple):
                wrong.append(f"{hook} returns {type(first).__name__}, not a list")
                continue
            strangers = [one for one in first if not checks.is_declaration(hook, one)]
            wrong += [f"{hook} returns {type(one).__name__} {one!r:.80}" for one in strangers]
            key_of = catalogs.KINDS[hook][1]
            if not strangers and [key_of(one) for one in first] != [key_of(one) for one in second]:
                wrong.append(f"{hook} declares other things the second time")
        assert not wrong, "\n".join(wrong)
        assert capfd.readouterr() == ("", ""), "hooks print"

    def test_importing_the_plugin_imports_neither_its_own_modules_nor_other_products(self):
        loaded = imported_by(self.module)
        assert not loaded["own"], f"{self.module} must import these inside its functions: {', '.join(loaded['own'])}"
        catalog, subject = self.subject().together, self.subject()
        products = {catalog.owner("product", one) for one in catalog.all("product")} - {subject.name}
        others = {subject.packages[one] for one in products if one in subject.packages} & set(loaded["packages"])
        assert not others, f"products meet by name only, but it imports {', '.join(sorted(others))}"

    def test_names_are_plain_words(self):
        subject = self.subject()
        wrong = []
        for kind in subject.alone.declared:
            pattern = checks.NAMES.get(kind, rf"({checks.SNAKE}\.)?{checks.WORDS}")
            for name, one in subject.declared(kind).items():
                if not re.fullmatch(pattern, name):
                    wrong.append(f"{kind} {name!r}")
                for part in (*getattr(one, "columns", ()), *getattr(one, "fields", ())):
                    if not re.fullmatch(checks.SNAKE, part.name):
                        wrong.append(f"{kind} {name}.{part.name}")
        assert not wrong, "names are lower-case words joined by _ or -: " + ", ".join(wrong)

    def test_docs_are_one_sentence(self):
        declared = {kind: self.subject().declared(kind) for kind in self.subject().alone.declared}
        wrong = [f"{what}: {doc!r}" for what, doc in checks.docs_of(declared) if not checks.is_sentence(doc)]
        assert not wrong, "a doc is one sentence on one line that ends with a period:\n" + "\n".join(wrong)

    def test_distributions_are_quantile_functions(self):
        families, kinds = self.subject().declared("distribution"), self.subject().together.all("distribution")
        examples = [one for one in self.distribution_examples if one.get("type") in families]
        without = sorted(set(families) - {one["type"] for one in examples})
        assert not without, f"add to distribution_examples one of each of {', '.join(without)}"
        wrong = []
        for example in examples:
            problems = Problems()
            one = read_distribution(example, "example", problems, kinds)
            found = [str(problem) for problem in problems.found]
            found += checks.distribution_problems(one, self.distribution_columns) if one is not None else []
            wrong += [f"{example}: {problem}" for problem in found]
        assert not wrong, "\n".join(wrong)

    def test_people_are_possible_and_the_same_however_they_are_cut(self, tmp_path):
        subject = self.subject()
        plan = resolve(rows.plain_people(1000, subject.products), subject.together, tmp_path)
        people = sample(plan, Span(0, plan.count), plan.build_rosters())
        wrong = []
        for name, one in subject.declared("attribute").items():
            if one.default is None:
                continue
            problems = Problems()
            read_distribution(one.default, f"{name}.default", problems, subject.together.all("distribution"))
            wrong += [str(problem) for problem in problems.found]
            if name not in people:
                if subject.name in subject.products:
                    wrong.append(f"{name}: nobody has it, in spite of its default")
                continue
            wrong += [f"{name}: {problem}" for problem in checks.attribute_problems(one, people[name])]
        wrong += rows.people_differences(attrs.evolve(plan, count=PEOPLE))
        wrong += checks.unread_derivations(subject.declared("derivation"), subject.together, people.columns)
        assert not wrong, "\n".join(wrong)

    def test_rosters_build_the_same_sound_tables_twice(self, tmp_path):
        subject = self.subject()
        plan = resolve(rows.plain_people(1, subject.products), subject.together, tmp_path)
        first, second = plan.build_rosters(), plan.build_rosters()
        wrong = rows.dangling(plan, first)
        for name, one in subject.declared("roster").items():
            wrong += [f"{name} makes no table {table!r}" for table in one.writes if table not in first]
        for table in first:
            if rows.as_texts(plan.tables[table], first[table]) != rows.as_texts(plan.tables[table], second[table]):
                wrong.append(f"table {table}: other rows the second time")
        assert not wrong, "\n".join(wrong)

    def test_triggers_meet_event_types_by_name(self):
        subject = self.subject()
        types = subject.together.all("event type")
        wrong = []
        for name, one in subject.declared("trigger").items():
            for end in (one.source, one.target):
                if not re.fullmatch(checks.QUALIFIED, end):
                    wrong.append(f"{name}: {end!r} is not a qualified name such as 'patientsim.encounter'")
                elif end.split(".")[0] in subject.products and end not in types:
                    wrong.append(f"{name}: no event type {end!r}{suggestion(end, subject.declared('event type'))}")
            if one.source in types and one.target in types:
                wrong += [
                    f"{name}: {problem}" for problem in trigger_problems(one, types[one.source], types[one.target])
                ]
        assert not wrong, "\n".join(wrong)

    def test_event_types_name_declared_tables_and_products(self):
        subject = self.subject()
        tables, products = subject.together.all("table"), subject.together.all("product")
        wrong = []
        for name, one in subject.declared("event type").items():
            if one.product not in products:
                wrong.append(
                    f"{name}: no installed plugin declares the product {one.product!r}, so it is never handled"
                )
            if (one.handle is None) != (not one.writes):
                wrong.append(f"{name}: `handle` and `writes` go together")
            wrong += [
                f"{name} writes {table!r}{suggestion(table, tables)}" for table in one.writes if table not in tables
            ]
        assert not wrong, "\n".join(wrong)

    def test_event_type_makes_the_same_sound_rows_however_people_are_cut(self, healthsim_event_type, tmp_path):
        subject = self.subject()
        event_type = subject.declared("event type")[healthsim_event_type]
        settings = [(subject.together, ())]
        if event_type.product in subject.products:
            settings.append((subject.alone, subject.products))
        for catalog, products in settings:
            plan = resolve(rows.plain_people(PEOPLE, products, rows.causes(event_type, catalog)), catalog, tmp_path)
            try:
                made = {**plan.build_rosters(), **rows.rows_in_spans(plan, PEOPLE)}
            except PluginError as error:
                pytest.fail(
                    f"{error}\n(a journey may name an event type by itself, without what a trigger carries to it)"
                )
            assert set(made) & set(event_type.writes), f"{healthsim_event_type} made no rows of {event_type.writes}"
            unsound = [f"{name}: {one}" for name in made for one in plan.tables[name].problems(made[name])]
            unsound += rows.dangling(plan, made) + rows.split_differences(plan)
            assert not unsound, "\n".join(unsound)

    def test_event_type_may_be_named_where_its_product_takes_no_part(self, healthsim_event_type, tmp_path):
        catalog = self.subject().absent
        event_type = self.subject().declared("event type")[healthsim_event_type]
        plan = resolve(rows.plain_people(3, ("bystander",), rows.causes(event_type, catalog)), catalog, tmp_path)
        try:
            rows.rows_in_spans(plan, 3)
        except (KeyError, PluginError) as error:
            pytest.fail(f"people have no columns of a product that takes no part; ask events.has_person: {error!r}")

    def test_template_reads_runs_and_exports(self, healthsim_template, tmp_path):
        subject = self.subject()
        if subject.lacking:
            pytest.skip(f"the templates need {', '.join(subject.lacking)}, which cannot be imported")
        template = subject.declared("template")[healthsim_template]
        data = reading.parse_file(template.path)
        named = data.get("products") if template.kind == "journey" else data.get("generation", {}).get("products")
        catalog = subject.alone if named and set(named) <= set(subject.products) else subject.together
        formats = sorted(catalog.all("output format"))
        if template.kind == "journey":
            people = rows.plain_people(20, sorted({*(named or ()), *subject.products}))
            if any(one.get("field") == "entity.age" for one in data.get("requires", ())):
                people.pop("demographics")  # left open, it is drawn as the journey requires
            result = generate(people, template.name, output_formats=formats, catalog=catalog, workspace=tmp_path)
        else:
            result = generate(template.name, count=20, output_formats=formats, catalog=catalog, workspace=tmp_path)
        made = {table for table, count in result.counts.items() if count}
        # A profile for products that are not installed makes people, and says what it skips.
        mine = not named or set(named) & set(subject.products) or not subject.products
        assert made - {"persons"} or not mine or not subject.declared("table"), f"only {sorted(made)} have rows"
        unwritten = [
            one.format for one in result.written if not one.files and not checks.is_excused(one, catalog, made)
        ]
        assert not unwritten, f"formats that wrote nothing and did not say why: {', '.join(unwritten)}"

    def test_format_names_a_serializer_and_writes_the_same_bytes_twice(self, healthsim_format, tmp_path):
        catalog = self.subject().together
        one = catalog.get("output format", healthsim_format)
        assert one is not None, f"{healthsim_format} is declared twice or not at all"
        serializers = catalog.all("serializer")
        assert one.serializer in serializers, (
            f"no serializer {one.serializer!r}{suggestion(one.serializer, serializers)}"
        )
        assert sum(way is not None for way in (one.lines, one.documents, one.copy)) == 1
        tables = catalog.all("table")
        unknown = [f"{table!r}{suggestion(table, tables)}" for table in one.reads if table not in tables]
        parts = [part for part in self.subject().declared("format part").values() if part.format == one.name]
        known = {*tables, *self.foreign_tables}
        unknown += [f"{table!r} ({part.name})" for part in parts for table in part.reads if table not in known]
        assert not unknown, f"it reads tables that no installed plugin declares: {', '.join(unknown)}"
        journey = [event for event in catalog.all("event type").values() if event.handle and not event.each_person]
        result = generate(rows.plain_people(20, (), journey), catalog=catalog, workspace=tmp_path / "home")
        written = [export_formats(result.scenario, [one], tmp_path / turn, catalog)[0] for turn in ("one", "two")]
        made = {table for table, count in result.counts.items() if count}
        if made == {"persons"}:
            pytest.skip("no installed plugin makes rows")
        assert written[0].files or written[0].notes, f"wrote nothing of {sorted(made)} and did not say why"
        assert written[0].files == written[1].files
        for file in written[0].files:
            first, second = ((each.folder / file).read_bytes() for each in written)
            assert first == second, f"{file} differs when written again"

    def test_references_and_code_sets_say_their_source_and_licence(self):
        found = {**self.subject().declared("reference"), **self.subject().declared("code set")}
        silent = [name for name, one in found.items() if not (one.source.strip() and one.licence.strip())]
        assert not silent, f"without source or licence: {', '.join(silent)}"
        for name, one in self.subject().declared("code set").items():
            codes = [(code.category, code.code, code.severity) for code in one.codes()]
            assert codes and len(set(codes)) == len(codes), f"{name} has no codes, or one twice"

    def test_skills_say_what_they_are_and_what_they_apply_to(self):
        wrong = []
        for name, one in self.subject().declared("skill").items():
            wrong += [f"{name}: no {part}" for part in ("name", "version", "description") if not getattr(one, part)]
            if not one.applies_to:
                wrong.append(f"{name}: applies_to nothing")
        assert not wrong, "\n".join(wrong)
