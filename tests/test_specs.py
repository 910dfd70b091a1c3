"""What users get wrong is told at once, each with its path; what they get right is run."""

import json

import pytest

from healthsim_core.errors import SpecificationError, UserError
from healthsim_core.generation import run
from healthsim_core.generation.asking import Asked
from healthsim_core.generation.resolving import resolve
from healthsim_core.specs import JourneySpecification, ProfileSpecification

BROKEN = {
    "id": "broken profile!",
    "generation": {"count": "ten", "seed": 42, "products": ["example", "exampel"]},
    "demographics": {
        "age": {"type": "normall", "mean": 72, "std_dev": 8},
        "gender": {"type": "categorical", "weights": {"M": 0.7, "F": 0.7}},
        "gendre": {"type": "uniform", "min": 150, "max": 190},
    },
    "clinical": {"primary_condition": {"code": "E11", "prevalence": 1.4}},
    "journey": {"template": "pregnancy-jurney"},
    "nottes": 1,
}


def problems(specification, catalog, tmp_path, **asked):
    with pytest.raises(SpecificationError) as caught:
        resolve(specification, catalog, tmp_path, Asked(**asked))
    return {problem.path: problem.message for problem in caught.value.problems}


def test_all_mistakes_of_a_profile_are_told_at_once(catalog, tmp_path):
    found = problems(BROKEN, catalog, tmp_path)
    assert set(found) == {
        "profile.id", "profile.generation.count", "profile.generation.products[1]", "profile.demographics.age.type",
        "profile.demographics.gender.weights", "profile.demographics.gendre", "profile.clinical.primary_condition.prevalence",
        "profile.journey.template", "profile.nottes",
    }  # fmt: skip
    assert "did you mean 'normal'" in found["profile.demographics.age.type"]
    assert "did you mean 'gender'" in found["profile.demographics.gendre"]
    assert "did you mean 'example'" in found["profile.generation.products[1]"]
    assert "did you mean 'pregnancy-journey'" in found["profile.journey.template"]


@pytest.mark.parametrize(
    ("event", "path", "message"),
    [
        ({"event_id": "b", "event_type": "visitt"}, "events[1].event_type", "did you mean 'visit'"),
        ({"event_id": "a", "event_type": "visit"}, "events[1].event_id", "used twice"),
        ({"event_id": "b", "event_type": "visit", "depends_on": "aa"}, "events[1].depends_on", "unknown event 'aa'"),
        ({"event_id": "b", "event_type": "visit", "delay": {"days": -3}}, "events[1].delay", "negative"),
        (
            {"event_id": "b", "event_type": "visit", "delay": {"days": 9, "days_max": 5}},
            "events[1].delay",
            "lies outside",
        ),
        ({"event_id": "b", "event_type": "visit", "probability": 1.5}, "events[1].probability", "between 0 and 1"),
        (
            {"event_id": "b", "event_type": "visit", "parameters": {"reasn": "E11"}},
            "events[1].parameters.reasn",
            "did you mean 'reason'",
        ),
        (
            {"event_id": "b", "event_type": "visit", "parameters": {"reason": "E12"}},
            "events[1].parameters.reason",
            "no installed code set",
        ),
        (
            {
                "event_id": "b",
                "event_type": "visit",
                "conditions": [{"field": "c.score", "operator": "gt", "value": 1}],
            },
            "events[1].conditions[0].field",
            "neither",
        ),
        (
            {"event_id": "b", "event_type": "visit", "conditions": [{"field": "entity.agee"}]},
            "events[1].conditions[0].field",
            "did you mean 'age'",
        ),
        (
            {"event_id": "b", "event_type": "visit", "conditions": [{"field": "a.score", "operator": "above"}]},
            "events[1].conditions[0].operator",
            "valid:",
        ),
        ({"event_id": "b", "event_type": "visit", "day": 500}, "events[1]", "after the journey's duration_days"),
        (
            {"event_id": "b", "event_type": "visit", "repeat": {"count": 0, "every_days": 3}},
            "events[1].repeat.count",
            "between 1",
        ),
        ({"event_id": "b", "event_type": "visit", "evry": 3}, "events[1].evry", "unknown key"),
    ],
)
def test_mistakes_in_a_journey_are_told_before_anything_is_made(event, path, message, catalog, tmp_path):
    journey = {"id": "j", "duration_days": 365, "events": [{"event_id": "a", "event_type": "visit"}, event]}
    found = problems({"generation": {"products": ["example"]}, "journey": journey}, catalog, tmp_path)
    mine = [text for where, text in found.items() if where.endswith(path)]
    assert mine and message in mine[0], found


def test_events_that_wait_for_each_other_are_refused(catalog, tmp_path):
    events = [{"event_id": one, "event_type": "visit", "depends_on": other} for one, other in ("ab", "bc", "ca")]
    found = problems({"journey": {"id": "j", "events": events}}, catalog, tmp_path)
    assert any("in a circle: a → c → b → a" in text or "in a circle" in text for text in found.values())


@pytest.mark.parametrize(("asked", "message"), [({"count": 0}, "between 1"), ({"formats": ("lettters",)}, "did you mean 'letters'"),
                                                ({"formats": ("sdtm",)}, "pip install healthsim-trialsim"), ({"products": ("trialsim",)}, "pip install")])  # fmt: skip
def test_mistakes_on_the_command_line_are_told_too(asked, message, catalog, profile, tmp_path):
    assert any(message in text for text in problems(profile, catalog, tmp_path, **asked).values())


def test_what_a_file_asks_of_an_absent_product_is_noted_not_dropped(catalog, profile, tmp_path):
    wants = {**profile, "generation": {"products": ["example", "trialsim"]}, "outputs": ["letters", "sdtm_datasets"],
             "journeys": ["trial_participation"]}  # fmt: skip
    notices = "\n".join(resolve(wants, catalog, tmp_path).notices)
    for name in ("trialsim", "sdtm_datasets", "trial_participation"):
        assert name in notices


def test_nothing_is_written_when_something_is_wrong(catalog, tmp_path):
    with pytest.raises(SpecificationError):
        run.generate(BROKEN, catalog=catalog, workspace=tmp_path / "home", out=tmp_path / "out", output_formats=["csv"])
    assert list(tmp_path.iterdir()) == []


def test_files_are_read_as_json_and_yaml_and_say_where_they_cannot(catalog, profile, tmp_path):
    (tmp_path / "p.json").write_text(json.dumps(profile))
    (tmp_path / "p.yaml").write_text(json.dumps(profile, indent=1))
    assert (
        resolve(tmp_path / "p.json", catalog, tmp_path).count
        == resolve(tmp_path / "p.yaml", catalog, tmp_path).count
        == 300
    )
    (tmp_path / "bad.json").write_text('{"id": "x",\n "count" 3}')
    with pytest.raises(SpecificationError, match=r"bad.json:2:10: not valid JSON"):
        resolve(tmp_path / "bad.json", catalog, tmp_path)
    with pytest.raises(UserError, match="No such file"):
        resolve(tmp_path / "none.json", catalog, tmp_path)


def test_specifications_become_dicts_and_come_back():
    profile = ProfileSpecification.model_validate({"id": "a", "demographics": {"age": 5}, "generation": {"count": 3}})
    assert ProfileSpecification.model_validate(profile.to_dict()) == profile
    journey = {
        "id": "j",
        "events": [
            {"event_id": "a", "event_type": "visit", "delay": {"days": 3}, "conditions": [{"field": "entity.age"}]}
        ],
    }
    read = JourneySpecification.model_validate(journey)
    assert JourneySpecification.model_validate(read.to_dict()) == read


def test_a_journey_draws_what_the_profile_leaves_open_and_refuses_what_it_contradicts(catalog, tmp_path):
    journey = {"id": "j", "requires": [{"field": "entity.gender", "operator": "eq", "value": "F"}, {"field": "entity.age", "operator": "lte", "value": 49},
                                       {"field": "entity.age", "operator": "gte", "value": 15}],
               "events": [{"event_id": "a", "event_type": "visit"}]}  # fmt: skip
    result = run.generate(
        {"generation": {"count": 200, "products": ["example"]}, "journey": journey}, catalog=catalog, workspace=tmp_path
    )
    assert {one.attributes["gender"] for one in result.entities} == {"F"}
    assert all(15 <= one.attributes["age"] <= 49 for one in result.entities)
    assert result.counts["visits"] == 200
    found = problems({"demographics": {"gender": "M"}, "journey": journey}, catalog, tmp_path)
    assert any("requires entity.gender" in text for text in found.values())


def test_condition_prevalence_of_one_means_everybody(catalog, tmp_path):
    spec = {"generation": {"count": 500}, "clinical": {"primary_condition": {"code": "E11", "prevalence": 1.0}}}
    result = run.generate(spec, catalog=catalog, workspace=tmp_path)
    assert all(one.attributes["conditions"] == ["E11"] for one in result.entities)
