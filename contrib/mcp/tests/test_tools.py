"""Each tool, as a client sees it: what it answers, how it pages, what it says when something is wrong."""

import json

import pytest

PARAMETERS = {
    "persist_entities": (
        "entities",
        "entity_type",
        "scenario_id?",
        "scenario_name?",
        "context_keywords?",
    ),
    "get_scenario_summary": ("scenario_id?", "scenario_name?", "include_samples?", "samples_per_type?"),
    "query_scenario": ("scenario_id", "query", "limit?", "offset?"),
    "list_scenarios": ("filter_pattern?", "limit?", "sort_by?"),
    "rename_scenario": ("scenario_id", "new_name"),
    "delete_scenario": ("scenario_id", "confirm"),
    "get_entity_samples": ("scenario_id", "entity_type", "count?", "strategy?"),
    "generate_scenario": ("specification?", "template?", "count?", "seed?", "name?"),
}
READING = {"get_scenario_summary", "query_scenario", "list_scenarios", "get_entity_samples"}


@pytest.fixture(scope="module")
def cohort(agent, make_members):
    """Return the id of a scenario of 100 members."""
    answer = agent.call(
        "persist_entities", entities=make_members(100), entity_type="members", scenario_name="medicare-members"
    )
    assert not answer.error, answer.text
    return answer.data["scenario_id"]


def test_the_tools_have_these_names_and_parameters(agent, cohort):
    found = {
        name: tuple(
            one if one in tool.input_schema.get("required", ()) else f"{one}?"
            for one in tool.input_schema["properties"]
        )
        for name, tool in agent.tools.items()
    }
    assert found == PARAMETERS


def test_defaults_and_bounds_stand_in_the_schema(agent, cohort):
    query = agent.tools["query_scenario"].input_schema["properties"]
    assert (query["limit"]["default"], query["limit"]["maximum"], query["offset"]["default"]) == (20, 100, 0)
    summary = agent.tools["get_scenario_summary"].input_schema["properties"]
    assert (summary["include_samples"]["default"], summary["samples_per_type"]["default"]) == (True, 3)
    listing = agent.tools["list_scenarios"].input_schema["properties"]
    assert listing["sort_by"]["enum"] == ["updated_at", "name", "entity_count"] and listing["limit"]["default"] == 20
    assert agent.tools["get_entity_samples"].input_schema["properties"]["count"]["default"] == 3


def test_annotations_say_what_reads_and_what_destroys(agent, cohort):
    hints = {name: tool.annotations for name, tool in agent.tools.items()}
    assert {name for name, one in hints.items() if one.read_only_hint} == READING
    assert {name for name, one in hints.items() if one.destructive_hint} == {"delete_scenario"}
    assert {name for name, one in hints.items() if one.idempotent_hint} == READING | {
        "rename_scenario",
        "delete_scenario",
    }
    for tool in agent.tools.values():
        assert tool.annotations.open_world_hint is False
        assert tool.title and tool.description and tool.output_schema["description"]


def test_a_hundred_members_are_saved_in_batches_with_progress(agent, make_members):
    answer = agent.call(
        "persist_entities", entities=make_members(100), entity_type="member", context_keywords=["over-65", "medicare"]
    )
    assert [one[:2] for one in answer.progress] == [(50, 100), (100, 100)]
    assert answer.progress[0][2] == "50 of 100 member"
    data = answer.data
    assert data["is_new_scenario"] and (data["entities_persisted"], data["batches"], data["batches_saved"]) == (
        100,
        2,
        2,
    )
    assert data["scenario_name"].startswith("over-65-medicare-20") and len(data["entity_ids"]) == 20
    assert data["more_ids"] == 80 and data["summary"]["entity_counts"] == {"members": 100}


def test_those_over_65_are_read_page_by_page(agent, cohort):
    query = "SELECT member_id, birth_date FROM members WHERE birth_date < DATE '2025-01-01' - INTERVAL 65 YEAR"
    expected = sum(1930 + number % 70 < 1960 for number in range(100))
    seen, offset, pages = [], 0, 0
    while offset is not None:
        page = agent.call("query_scenario", scenario_id=cohort, query=query, offset=offset).data
        assert page["total"] == expected and page["page_size"] == 20 and len(page["rows"]) <= 20
        seen += [row[0] for row in page["rows"]]
        pages += 1
        assert page["page"] == pages and page["has_more"] == (page["next_offset"] is not None)
        offset = page["next_offset"]
    assert len(seen) == len(set(seen)) == expected and pages == -(-expected // 20)


def test_a_page_is_also_a_table_to_read(agent, cohort):
    answer = agent.call(
        "query_scenario", scenario_id=cohort, query="SELECT gender, 'a|b' AS x FROM members ORDER BY member_id", limit=2
    )
    assert answer.text.splitlines() == [
        "| gender | x |",
        "| --- | --- |",
        "| F | a\\|b |",
        "| M | a\\|b |",
        "",
        "rows 1 to 2 of 100; next page: offset=2",
    ]


def test_every_kind_of_value_comes_as_json(agent, cohort):
    query = (
        "SELECT 1.10::DECIMAL(5,2), DATE '2025-01-31', TIMESTAMP '2025-01-31 09:30:00', 'NaN'::DOUBLE, NULL, TRUE, "
        "[1, 2], {'a': DATE '2025-01-01'}, 2::HUGEINT ** 70, repeat('x', 5000)"
    )
    row = agent.call("query_scenario", scenario_id=cohort, query=query).data["rows"][0]
    assert row[:8] == [1.1, "2025-01-31", "2025-01-31T09:30:00", "nan", None, True, [1, 2], {"a": "2025-01-01"}]
    assert len(row[9]) == 2000 and row[9].endswith("…")


def test_questions_about_the_tables_are_answered(agent, cohort):
    tables = agent.call("query_scenario", scenario_id=cohort, query="SHOW TABLES").data
    assert ["members"] in tables["rows"]
    columns = agent.call("query_scenario", scenario_id=cohort, query="DESCRIBE members", limit=100).data
    assert "birth_date" in [row[0] for row in columns["rows"]]


def test_the_answer_does_not_grow_with_what_is_saved(agent, make_patients):
    small, large = (
        agent.call("persist_entities", entities=make_patients(count), entity_type="patients", context_keywords="clinic")
        for count in (100, 500)
    )
    assert len(large.progress) == 10 and large.data["entities_persisted"] == 500
    assert large.size <= small.size + 40 and large.size < 4_000
    assert "Zyxa" not in large.text and "Zyxa" not in json.dumps(large.data)


def test_the_summary_stays_in_its_bounds_and_is_found_by_words(agent, cohort):
    bare = agent.call("get_scenario_summary", scenario_id=cohort, include_samples=False)
    assert bare.size < 4 * 650 and bare.data["samples"] == {}
    full = agent.call("get_scenario_summary", scenario_name="Medicare Members", samples_per_type=2)
    assert full.data["scenario_id"] == cohort and len(full.data["samples"]["members"]) == 2
    assert full.size < 4 * 3_500 and full.data["statistics"]["members_sex"] == {"F": 50, "M": 50}
    assert "### members" in full.text and "| members | 100 |" in full.text


def test_what_is_saved_twice_is_there_once(agent, make_members):
    first = agent.call("persist_entities", entities=make_members(60), entity_type="member", scenario_name="twice")
    again = agent.call(
        "persist_entities", entities=make_members(80), entity_type="member", scenario_id=first.data["scenario_id"]
    )
    assert (again.data["entities_persisted"], again.data["entities_skipped"]) == (20, 60)
    assert not again.data["is_new_scenario"] and again.data["summary"]["entity_counts"] == {"members": 80}


def test_a_wrong_entity_is_told_with_its_place_and_only_its_batch_waits(agent, make_members):
    rows = make_members(120)
    rows[60]["birth_date"], rows[61]["gendr"] = "15.6.1990", "F"
    wrong = agent.call("persist_entities", entities=rows, entity_type="member", scenario_name="mended")
    assert wrong.error
    assert "member[60].birth_date: expected a date as YYYY-MM-DD, got '15.6.1990'" in wrong.text
    assert "member[61].gendr: unknown field 'gendr'; did you mean 'gender'?" in wrong.text
    assert "70 of 120" in wrong.text and "Next: " in wrong.text and "scenario_name='mended'" in wrong.text
    assert agent.call("get_scenario_summary", scenario_name="mended").data["status"] == "unfinished"
    right = agent.call("persist_entities", entities=make_members(120), entity_type="member", scenario_name="mended")
    assert (right.data["entities_persisted"], right.data["entities_skipped"]) == (50, 70)
    assert right.data["summary"]["status"] == "complete"


def test_entities_written_as_a_json_text_are_read(agent, make_members):
    answer = agent.call(
        "persist_entities", entities=json.dumps(make_members(3)), entity_type="member", scenario_name="text"
    )
    assert answer.data["entities_persisted"] == 3


def test_lists_are_filtered_sorted_and_limited(agent, make_members):
    for name, count in (("listed-b", 3), ("listed-c", 9), ("listed-a", 6)):
        agent.call("persist_entities", entities=make_members(count), entity_type="member", scenario_name=name)

    def names(**arguments):
        found = agent.call("list_scenarios", filter_pattern="listed-*", **arguments)
        return [one["scenario_name"] for one in found.data["scenarios"]]

    assert names() == ["listed-a", "listed-c", "listed-b"]
    assert names(sort_by="name") == ["listed-a", "listed-b", "listed-c"]
    assert names(sort_by="entity_count") == ["listed-c", "listed-a", "listed-b"]
    found = agent.call("list_scenarios", filter_pattern="listed", limit=2)
    assert (found.data["total"], found.data["has_more"], len(found.data["scenarios"])) == (3, True, 2)
    assert "2 of 3" in found.text
    assert agent.call("list_scenarios", filter_pattern="nothing-like-it").text == "No scenarios."


def test_renaming_keeps_the_id_and_refuses_a_name_that_is_taken(agent, make_members):
    made = agent.call("persist_entities", entities=make_members(2), entity_type="member", scenario_name="before").data
    renamed = agent.call("rename_scenario", scenario_id="before", new_name="After All")
    assert renamed.data == {"scenario_id": made["scenario_id"], "old_name": "before", "new_name": "after-all"}
    again = agent.call("rename_scenario", scenario_id=made["scenario_id"], new_name="after-all")
    assert not again.error and again.data["new_name"] == "after-all"
    agent.call("persist_entities", entities=make_members(2), entity_type="member", scenario_name="other")
    taken = agent.call("rename_scenario", scenario_id="other", new_name="after-all")
    assert taken.error and "exists already" in taken.text and "Next: " in taken.text
    assert agent.call("get_scenario_summary", scenario_id="other").data["scenario_name"] == "other"


def test_deleting_wants_to_be_confirmed(agent, home, make_members):
    agent.call("persist_entities", entities=make_members(2), entity_type="member", scenario_name="doomed")
    path = home / "scenarios" / "doomed.duckdb"
    for arguments in ({"confirm": False}, {}):
        refused = agent.call("delete_scenario", scenario_id="doomed", **arguments)
        assert refused.error and "Next: " in refused.text and path.exists()
    assert "ask the user" in agent.call("delete_scenario", scenario_id="doomed", confirm=False).text
    gone = agent.call("delete_scenario", scenario_id="doomed", confirm=True)
    assert gone.data["scenario_name"] == "doomed" and gone.data["bytes_freed"] > 0 and not path.exists()
    assert agent.call("delete_scenario", scenario_id="doomed", confirm=True).error


@pytest.mark.parametrize("strategy", ["diverse", "random", "recent"])
def test_samples_are_whole_entities(agent, cohort, strategy):
    found = agent.call("get_entity_samples", scenario_id=cohort, entity_type="member", count=4, strategy=strategy).data
    assert len(found["samples"]) == 4 and len({one["member_id"] for one in found["samples"]}) == 4
    assert all(one["given_name"] == "Zyxa" for one in found["samples"])


WRONG = {
    "an unknown scenario": ("query_scenario", {"scenario_id": "medicare-membrs", "query": "SELECT 1"},
                            ["no scenario", "did you mean 'medicare-members'?", "list_scenarios"]),
    "no scenario said": ("get_scenario_summary", {}, ["scenario_id or scenario_name", "list_scenarios"]),
    "an unknown type": ("persist_entities", {"entities": [{}], "entity_type": "membr"}, ["did you mean 'members'?"]),
    "a type it lacks": ("get_entity_samples", {"entity_type": "claims"}, ["has no 'claims'", "get_scenario_summary"]),
    "no entities": ("persist_entities", {"entities": [], "entity_type": "member"}, ["nothing to save"]),
    "a name that is none": ("persist_entities", {"entities": [{}], "entity_type": "member", "scenario_name": "A b"},
                            ["perhaps 'a-b'"]),
    "a page too large": ("query_scenario", {"query": "SELECT 1", "limit": 101}, ["limit: ", "100", "got 101"]),
    "an offset below 0": ("query_scenario", {"query": "SELECT 1", "offset": -1}, ["offset: ", "got -1"]),
    "an unknown argument": ("query_scenario", {"query": "SELECT 1", "limitt": 5}, ["limitt: unknown", "'limit'"]),
    "a missing argument": ("query_scenario", {}, ["query: field required"]),
    "an unknown column": ("query_scenario", {"query": "SELECT memberid FROM members"}, ["memberid", "DESCRIBE"]),
    "a write": ("query_scenario", {"query": "DELETE FROM members"}, ["only SELECT", "one SELECT"]),
    "a hidden write": ("query_scenario", {"query": "WITH x AS (DELETE FROM members RETURNING *) SELECT * FROM x"}, []),
    "a file": ("query_scenario", {"query": "SELECT * FROM read_text('/etc/passwd')"}, ["read_text"]),
    "two statements": ("query_scenario", {"query": "SELECT 1; SELECT 2"}, []),
    "an unknown order": ("list_scenarios", {"sort_by": "size"}, ["sort_by", "updated_at"]),
    "an unknown strategy": ("get_entity_samples", {"entity_type": "member", "strategy": "best"}, ["strategy", "diverse"]),
    "an unknown template": ("generate_scenario", {"template": "diabetic-seniors"}, ["did you mean 'diabetic-senior'?"]),
    "a path": ("generate_scenario", {"template": "/etc/hostname"}, ["expected a name"]),
    "neither of two": ("generate_scenario", {}, ["either specification or template"]),
    "both of two": ("generate_scenario", {"template": "diabetic-senior", "specification": {}}, ["either"]),
    "a name that is taken": ("generate_scenario", {"template": "diabetic-senior", "name": "medicare-members"}, ["exists already"]),
    "a specification": ("generate_scenario", {"specification": {"demografics": {}, "generation": {"count": "x"}}},
                        ["demografics", "did you mean 'demographics'?", "generation.count", "every path"]),
    "an unknown tool": ("query_scenarios", {}, ["did you mean 'query_scenario'?"]),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_mistake_is_told_with_what_to_do_next(agent, cohort, case):
    tool, arguments, words = WRONG[case]
    wants = PARAMETERS.get(tool, ())
    given = {"scenario_id": cohort, **arguments} if "scenario_id" in wants else arguments
    answer = agent.call(tool, **given)
    assert answer.error and answer.data is None
    *_, last = answer.text.splitlines()
    assert last.startswith("Next: ") and "Traceback" not in answer.text
    for word in words:
        assert word in answer.text
    count = agent.call("query_scenario", scenario_id=cohort, query="SELECT count(*) FROM members")
    assert count.data["rows"] == [[100]]


def test_a_scenario_is_generated_from_a_template_with_progress(agent, workspace):
    answer = agent.call("generate_scenario", template="diabetic-senior", count=1500, seed=7, name="seniors")
    done = [one[0] for one in answer.progress]
    assert done == sorted(set(done)) and len(done) >= 3 and answer.progress[-1][:2] == (1500, 1500)
    data = answer.data
    assert (data["scenario_name"], data["people"], data["seed"], data["status"]) == ("seniors", 1500, 7, "complete")
    assert data["summary"]["entity_counts"]["patients"] == 1500 and answer.size < 8_000

    from healthsim_core import generate
    from healthsim_core.state.store import Store

    here = generate("diabetic-senior", count=1500, seed=7, name="seniors-here").scenario
    assert Store().get("seniors").digest() == here.digest()
    assert Store().get("seniors").about()["executions"][-1]["command"] == "mcp generate_scenario"


def test_a_scenario_is_generated_from_a_specification(agent):
    specification = {
        "id": "few",
        "generation": {"count": 30, "products": ["membersim"]},
        "demographics": {"age": {"type": "uniform_int", "min": 70, "max": 80}},
    }
    made = agent.call("generate_scenario", specification=specification)
    assert not made.error, made.text
    assert made.data["scenario_name"] == "few" and "membersim" in made.data["products"]
    assert made.data["summary"]["entity_counts"]["members"] == 30
    assert agent.call("generate_scenario", specification=specification, count=5).data["scenario_name"] == "few-2"


def test_a_client_of_an_older_protocol_is_answered_too(start, tmp_path, make_members):
    with start(tmp_path, mode="legacy") as older:
        saved = older.call("persist_entities", entities=make_members(60), entity_type="member", scenario_name="old")
        assert [one[:2] for one in saved.progress] == [(50, 60), (60, 60)]
        assert older.call("query_scenario", scenario_id="old", query="SELECT 7 AS n").data["rows"] == [[7]]
