"""The author kit, on the example plugin as it is and with one thing of it broken at a time."""

import sys
import types

import example_plugin
import numpy as np
import pytest
from attrs import evolve, frozen

from healthsim_core.catalog import hookspecs
from healthsim_core.declarations import CodeSet, Document, OutputFormat
from healthsim_core.distributions import Distribution
from healthsim_core.testing import PluginConformance, subjects

EXAMPLES = ({"type": "triangle", "min": 2, "max": 5},)


class TestConformance(PluginConformance):
    module = "example_plugin"
    name = "example"
    distribution_examples = EXAMPLES


@pytest.fixture
def broken(monkeypatch, request):
    """A function that gives the conformance of the example plugin with some hooks replaced."""

    def conformance(**hooks):
        names = {name: one for name, one in vars(example_plugin).items() if name.startswith("healthsim_")}
        hooks = {f"healthsim_{kind}": hookspecs.hookimpl(lambda made=made: made) for kind, made in hooks.items()}
        module = types.ModuleType("broken_example")
        vars(module).update({**names, **hooks})
        monkeypatch.setitem(sys.modules, "broken_example", module)
        request.addfinalizer(subjects.examine.cache_clear)
        subjects.examine.cache_clear()
        kind = {"module": "broken_example", "name": "example", "distribution_examples": EXAMPLES}
        return type("Broken", (PluginConformance,), kind)()

    return conformance


def replaced(name, **changes):
    """Return the example's event types, one of them changed."""
    return [evolve(one, **changes) if one.name == name else one for one in example_plugin.healthsim_event_types()]


def test_a_handler_that_numbers_its_rows_by_their_place_is_noticed(broken, tmp_path):
    def handle(events):
        rows = example_plugin.handle_visit(events)["visits"]
        return {"visits": rows.adding(visit_id=np.arange(rows.length))}

    with pytest.raises(AssertionError, match="in one span and in spans of 7 differ"):
        broken(
            event_types=replaced("visit", handle=handle)
        ).test_event_type_makes_the_same_sound_rows_however_people_are_cut("example.visit", tmp_path)


def test_a_key_that_two_events_of_a_person_share_is_noticed(broken, tmp_path):
    def handle(events):
        return {"visits": example_plugin.handle_visit(events)["visits"].adding(visit_id=events.entity)}

    with pytest.raises(pytest.fail.Exception, match="primary key"):
        broken(
            event_types=replaced("visit", handle=handle)
        ).test_event_type_makes_the_same_sound_rows_however_people_are_cut("example.visit", tmp_path)


def test_a_reference_to_no_row_is_noticed(broken, tmp_path):
    def handle(events):
        rows = example_plugin.handle_visit(events)["visits"]
        return {"visits": rows.adding(room_id=np.full(rows.length, 99))}

    with pytest.raises(AssertionError, match=r"visits.room_id: 1 values are in no row of rooms.room_id, e.g. 99"):
        broken(
            event_types=replaced("visit", handle=handle)
        ).test_event_type_makes_the_same_sound_rows_however_people_are_cut("example.visit", tmp_path)


def test_a_handler_that_makes_no_rows_is_noticed(broken, tmp_path):
    event_types = replaced("visit", handle=lambda events: {})
    with pytest.raises(AssertionError, match="made no rows"):
        broken(event_types=event_types).test_event_type_makes_the_same_sound_rows_however_people_are_cut(
            "example.visit", tmp_path
        )


def test_outcomes_that_need_a_column_of_an_absent_product_are_noticed(broken, tmp_path):
    event_types = replaced("visit", outcomes=lambda events: {"score": events.person("mood")})
    with pytest.raises(pytest.fail.Exception, match="events.has_person.*KeyError: 'mood'"):
        broken(event_types=event_types).test_event_type_may_be_named_where_its_product_takes_no_part(
            "example.visit", tmp_path
        )


@pytest.mark.parametrize(
    ("ppf", "said"),
    [
        (lambda self, u, columns=None: self.max - (self.max - self.min) * u, "ppf falls somewhere"),
        (lambda self, u, columns=None: self.min + np.sort(u)[::-1].argsort() * 1e-3, "depends on its neighbours"),
        (lambda self, u, columns=None: self.min + 9 * u, "above max 5"),
        (lambda self, u, columns=None: np.subtract(u, 0.001, out=u), "changes the uniforms"),
        (lambda self, u, columns=None: u[1:], "values for"),
    ],
)
def test_a_family_that_is_no_quantile_function_is_noticed(broken, ppf, said):
    @frozen
    class Wrong(Distribution):
        """Something else."""

        kind = "triangle"
        min: float = 2
        max: float = 5

    Wrong.ppf = ppf
    with pytest.raises(AssertionError, match=said):
        broken(distributions=[Wrong]).test_distributions_are_quantile_functions()


def test_a_family_without_an_example_is_noticed(broken):
    conformance = broken()
    conformance.distribution_examples = ()
    with pytest.raises(AssertionError, match="add to distribution_examples one of each of triangle"):
        conformance.test_distributions_are_quantile_functions()


def test_names_docs_fields_and_tables_that_are_off_are_noticed(broken, tmp_path):
    (trigger,) = example_plugin.healthsim_triggers()
    visit = example_plugin.healthsim_event_types()[0]
    with pytest.raises(AssertionError, match="trigger 'VisitToBill'"):
        broken(triggers=[evolve(trigger, name="VisitToBill")]).test_names_are_plain_words()
    for doc in ("", "No period", "Two. Sentences."):
        with pytest.raises(AssertionError, match="trigger visit-to-bill"):
            broken(triggers=[evolve(trigger, doc=doc)]).test_docs_are_one_sentence()
    with pytest.raises(AssertionError, match="no event type 'example.bil'; did you mean 'example.bill'"):
        broken(triggers=[evolve(trigger, target="example.bil")]).test_triggers_meet_event_types_by_name()
    with pytest.raises(AssertionError, match="example.visit has no field 'keys'"):
        broken(triggers=[evolve(trigger, carry={"visit": "keys"})]).test_triggers_meet_event_types_by_name()
    with pytest.raises(AssertionError, match="writes 'visit'; did you mean 'visits'"):
        broken(event_types=[evolve(visit, writes=("visit",))]).test_event_types_name_declared_tables_and_products()
    with pytest.raises(AssertionError, match="nobody makes the column 'mod'; did you mean 'mood'"):
        (glad,) = example_plugin.healthsim_derivations()
        broken(derivations=[evolve(glad, reads=("mod",))]).test_people_are_possible_and_the_same_however_they_are_cut(
            tmp_path
        )


def test_hooks_that_do_more_than_declare_are_noticed(broken, capfd):
    names = iter(("one", "two"))
    with pytest.raises(AssertionError, match="healthsim_tables returns generator, not a list"):
        broken(tables=(one for one in example_plugin.TABLES)).test_hooks_return_declarations_and_do_nothing_else(capfd)
    conformance = broken()
    module = sys.modules["broken_example"]
    module.healthsim_code_sets = hookspecs.hookimpl(lambda: [CodeSet(next(names), "", "", "", tuple)])
    with pytest.raises(AssertionError, match="healthsim_code_sets declares other things the second time"):
        conformance.test_hooks_return_declarations_and_do_nothing_else(capfd)
    with pytest.raises(AssertionError, match="healthsim_triggers returns Product"):
        broken(triggers=example_plugin.healthsim_products()).test_hooks_return_declarations_and_do_nothing_else(capfd)


def test_a_format_that_differs_when_written_again_or_has_no_syntax_is_noticed(broken, tmp_path):
    turns = iter(range(9))
    fickle = OutputFormat(
        "letters", "It counts.", "prose", lambda source: [Document("x.txt", iter([str(next(turns))]))]
    )
    fickle = evolve(fickle, lines=None, documents=fickle.lines)
    with pytest.raises(AssertionError, match="x.txt differs when written again"):
        broken(output_formats=[fickle]).test_format_names_a_serializer_and_writes_the_same_bytes_twice(
            "letters", tmp_path / "a"
        )
    with pytest.raises(AssertionError, match="no serializer 'pros'; did you mean 'prose'"):
        broken(
            output_formats=[evolve(fickle, serializer="pros")]
        ).test_format_names_a_serializer_and_writes_the_same_bytes_twice("letters", tmp_path / "b")


def test_a_plugin_that_cannot_be_imported_fails_the_first_claim_and_not_the_collection():
    class Missing(PluginConformance):
        module = "no_such_plugin.plugin"

    with pytest.raises(AssertionError, match="No module named 'no_such_plugin'"):
        Missing().test_loads_alone_with_core()
