"""What the plugin declares holds together."""

from __future__ import annotations

import importlib
import json

from healthsim_core.specs import ProfileSpecification, ScenarioSpecification
from populationsim import plugin


def test_every_exported_name_is_there():
    (product,) = plugin.healthsim_products()
    for name, home in product.exports.items():
        assert hasattr(importlib.import_module(home), name)


def test_templates_are_well_formed_and_named_by_their_file():
    found = {template.name: template for template in plugin.healthsim_templates()}
    assert set(found) == {
        "medicare-diabetic",
        "commercial-healthy",
        "medicaid-pediatric",
        "medicare-advantage-complex",
        "commercial-maternity",
        "county-snapshot",
        "state-families",
        "us-population",
        "county-population",
        "medicare-county",
        "medicaid-county",
        "high-sdoh-risk",
        "oswald-family",
    }
    for name, template in found.items():
        content = json.loads(template.path.read_text())
        if template.kind == "scenario":
            assert len(ScenarioSpecification.model_validate(content).profile.members) == 3
        else:
            assert ProfileSpecification.model_validate(content).id == name


def test_commands_are_click_commands():
    commands = plugin.healthsim_commands()
    assert {command.name for command in commands} == {"init", "compare-counties"}
    assert all(command.name == command.load().name for command in commands)
