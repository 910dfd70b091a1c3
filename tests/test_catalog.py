"""The catalog: plugins are sorted, contained and blamed; duplicates never win."""

import types

import pytest

from healthsim_core import catalog as catalogs
from healthsim_core import hookimpl
from healthsim_core.declarations import Serializer
from healthsim_core.errors import PluginError


def plugin(name, **hooks):
    module = types.SimpleNamespace(**{hook: hookimpl(function) for hook, function in hooks.items()})
    return (name, f"healthsim-{name}", "1.0", lambda: module)


def serializer(name):
    return lambda: [Serializer(name, "A syntax.", "text/plain", "txt")]


def broken(name, error):
    def load():
        raise error

    return (name, f"healthsim-{name}", "1.0", load)


def test_core_eats_its_own_cooking():
    found = catalogs.build([])
    assert found.plugins[0].name == "core" and not found.failed()
    assert "normal" in found.all("distribution") and found.owner("distribution", "normal") == "core"


def test_a_plugin_that_fails_to_import_is_shown_and_the_rest_works():
    found = catalogs.build(
        [
            broken("bad", ModuleNotFoundError("No module named 'nowhere'")),
            plugin("good", healthsim_serializers=serializer("morse")),
        ]
    )
    assert [one.name for one in found.failed()] == ["bad"]
    assert found.failed()[0].error == "ModuleNotFoundError: No module named 'nowhere'"
    assert found.get("serializer", "morse").extension == "txt"
    assert "plugin bad failed to load" in found.blame()


def test_a_hook_that_raises_is_contained_and_nothing_of_it_is_taken():
    def healthsim_tables():
        raise RuntimeError("no tables today")

    found = catalogs.build(
        [plugin("bad", healthsim_serializers=serializer("morse"), healthsim_tables=healthsim_tables)]
    )
    assert found.failed()[0].error == "RuntimeError: no tables today"
    assert found.get("serializer", "morse") is None


def test_a_misspelt_hook_is_an_error_with_a_suggestion():
    found = catalogs.build([plugin("bad", healthsim_serialisers=serializer("morse"))])
    assert "unknown hook 'healthsim_serialisers'; did you mean 'healthsim_serializers'?" in found.failed()[0].error


def test_two_owners_of_one_name_lose_both_and_are_both_named():
    one, other = (
        plugin("one", healthsim_serializers=serializer("morse")),
        plugin("other", healthsim_serializers=serializer("morse")),
    )
    for order in ([one, other], [other, one]):
        found = catalogs.build(order)
        assert "morse" not in found.all("serializer")
        with pytest.raises(PluginError, match="declared by both one and other"):
            found.get("serializer", "morse")


def test_two_distributions_with_one_plugin_name_are_told():
    first = ("same", "healthsim-a", "1.0", lambda: types.SimpleNamespace())
    second = ("same", "healthsim-b", "1.0", lambda: types.SimpleNamespace())
    assert "claimed by both healthsim-a and healthsim-b" in catalogs.build([second, first]).failed()[0].error


def test_declaring_a_name_twice_or_nothing_is_an_error():
    twice = plugin("twice", healthsim_serializers=lambda: serializer("x")() + serializer("x")())
    nothing = plugin("nothing", healthsim_serializers=lambda: None)
    errors = {one.name: one.error for one in catalogs.build([twice, nothing]).failed()}
    assert "declares serializer 'x' twice" in errors["twice"]
    assert "returned nothing" in errors["nothing"]


def test_templates_are_found_by_either_spelling_and_by_alias(tmp_path):
    from healthsim_core.declarations import Template

    path = tmp_path / "a-year.json"
    found = catalogs.build(
        [plugin("t", healthsim_templates=lambda: [Template("journey", "a-year", path, ("whole-year",))])]
    )
    assert found.template("journey", "a_year").path == path
    assert found.template("journey", "Whole_Year").path == path
    assert found.template("profile", "a-year") is None
