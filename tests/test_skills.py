"""Skills: read from markdown, answered deterministically by `skill_ref`, recorded with what used them."""

import copy

import numpy as np
import pytest
from scipy import stats

from healthsim_core.columns import Span
from healthsim_core.errors import PluginError, SpecificationError
from healthsim_core.generation.journey import unfold
from healthsim_core.generation.profile import sample
from healthsim_core.generation.resolving import resolve
from healthsim_core.skills import read_skill

HEAD = "---\nname: a\nversion: '1'\ndescription: b\napplies_to: [E11]\n---\n"


def unfolded(catalog, tmp_path, profile, *events):
    profile = {**copy.deepcopy(profile), "journey": {"id": "j", "events": list(events)}}
    profile["generation"]["count"] = 4_000
    plan = resolve(profile, catalog, tmp_path)
    timeline = unfold(plan, sample(plan, Span(0, plan.count), plan.build_rosters()))
    return plan, {part.definition.event_id: timeline.parts[n] for n, part in enumerate(plan.parts) if part.definition}


def asking(event_id="a", day=1, **parameters):
    return {
        "event_id": event_id,
        "event_type": "visit",
        "day": day,
        "parameters": {"skill_ref": "sugar-care", **parameters},
    }


def said(catalog, tmp_path, profile, *events):
    with pytest.raises(SpecificationError) as caught:
        unfolded(catalog, tmp_path, profile, *events)
    return str(caught.value)


def test_a_skill_is_front_matter_and_tables(catalog):
    skill = catalog.get("skill", "sugar-care")
    assert (skill.version, skill.applies_to, skill.label) == ("2.1", ("E11",), "sugar-care@2.1")
    assert skill.tables["follow_up"] == ({"event": "visit", "severity": "", "interval_days": "40"},)
    assert [leaf.code for leaf in skill.leaves("E11")] == ["E11.9", "E11.65"]
    assert skill.covers("E11.9") and not skill.covers("I10")
    assert skill.matches("INSULIN e11") and not skill.matches("insulin I10")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# No front matter", "must begin with front matter"),
        ("---\nname: a\n---\n", "front matter lacks version"),
        (HEAD.replace("[E11]", "E11"), "applies_to must be a list of codes"),
        (HEAD + "## Codes\n| code | weight |\n| --- | --- |\n| E11.9 |\n", "line 4 has 1 cells for 2 columns"),
    ],
)
def test_a_broken_skill_says_what_is_wrong(text, message):
    with pytest.raises(PluginError, match=message):
        read_skill(text, "broken.md")


def test_versions_are_text_and_tables_are_read_as_markdown_means_them():
    text = (
        "\ufeff"
        + HEAD.replace("'1'", "1.10")
        + """## Codes

| code | label | severity |
| --- | --- | --- |
| E11.9 | sweet \\| sour ||

```text
# no heading
| not | a table |
```
"""
    )
    skill = read_skill(text, "a.md")
    assert skill.label == "a@1.10"
    assert dict(skill.tables) == {"codes": ({"code": "E11.9", "label": "sweet | sour", "severity": ""},)}


def test_an_event_takes_its_condition_and_its_row_from_the_skill(catalog, profile, tmp_path):
    _, found = unfolded(catalog, tmp_path, profile, asking(line="1"))
    assert set(found["a"]["remedy"].decode()) == {"tea"}
    assert set(found["a"]["reason"].decode()) == {"E11.9", "E11.65"}
    assert np.array_equal(found["a"]["reason"].decode(), found["a"].person("code.E11").decode())


def test_rows_are_chosen_by_each_persons_severity_and_by_weight(catalog, profile, tmp_path):
    _, found = unfolded(catalog, tmp_path, profile, asking(line=2, severity="${entity.severity}"))
    events = found["a"]
    high = events.person("severity").isin(["high"])
    assert set(events["remedy"][~high].decode()) == {"walks"}
    pills = events["remedy"].isin(["pills"])
    assert set(events["remedy"][high].decode()) == {"pills", "insulin"}
    assert stats.binomtest(int(pills.sum()), int(high.sum()), 0.75).pvalue > 0.001


def test_the_journeys_own_parameter_wins(catalog, profile, tmp_path):
    _, found = unfolded(catalog, tmp_path, profile, asking(line="2", severity="low", remedy="soup", reason="I10"))
    assert set(found["a"]["remedy"].decode()) == {"soup"} and set(found["a"]["reason"].decode()) == {"I10"}


def test_a_follow_up_interval_comes_from_the_skill(catalog, profile, tmp_path):
    event = {**asking(line="1"), "repeat": {"skill_ref": "sugar-care", "count": 3}}
    _, found = unfolded(catalog, tmp_path, profile, event)
    one = found["a"].entity == found["a"].entity[0]
    assert list(np.diff(found["a"].time[one]).astype("timedelta64[D]").astype(int)) == [40, 40]


def test_the_plan_knows_which_skill_and_version_each_event_used(catalog, profile, tmp_path):
    plan, _ = unfolded(catalog, tmp_path, profile, asking(line="1"), {"event_id": "b", "event_type": "visit", "day": 3})
    skills = {
        part.definition.event_id: part.definition.skill and part.definition.skill.label
        for part in plan.parts
        if part.definition
    }
    assert skills == {"a": "sugar-care@2.1", "b": None}
    assert {one.category: one.skill for one in plan.conditions} == {"E11": "sugar-care@2.1", "I10": None}


def test_mistakes_about_skills_are_all_said(catalog, profile, tmp_path):
    message = said(
        catalog, tmp_path, profile,
        asking("a", line="3"),
        {"event_id": "b", "event_type": "visit", "day": 1, "parameters": {"skill_ref": "sugar-car"}},
        {"event_id": "c", "event_type": "bill", "day": 1, "parameters": {"skill_ref": "sugar-care"}},
        {"event_id": "d", "event_type": "visit", "day": 1, "repeat": {"skill_ref": "nothing", "count": 2}},
    )  # fmt: skip
    assert (
        "journey.events[0].parameters.skill_ref: skill 'sugar-care' has nothing under 'medications' for line '3'; valid: 1, 2"
        in message
    )
    assert "events[1].parameters.skill_ref: unknown skill 'sugar-car'; did you mean 'sugar-care'?" in message
    assert "events[2].parameters.skill_ref: bill takes nothing from skills; visit do" in message
    assert "events[3].repeat.skill_ref: unknown skill 'nothing'" in message
