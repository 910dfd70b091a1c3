"""The eight tools: each asks the state service one thing and answers as data and as markdown.

They run in threads, and open a scenario only for as long as one question or one batch takes.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from attrs import frozen
from mcp.server.mcpserver import Context
from mcp_types import CallToolResult, TextContent
from pydantic import BaseModel, Field

from healthsim_core import catalog as catalogs
from healthsim_core.catalog import Catalog
from healthsim_core.errors import UserError
from healthsim_core.generation.run import generate
from healthsim_core.state.finding import find
from healthsim_core.state.naming import sanitize_name
from healthsim_core.state.service import AutoPersistService
from healthsim_core.state.store import Scenario
from healthsim_core.state.summary import generate_summary
from healthsim_mcp import answers
from healthsim_mcp.failing import AdvisedError
from healthsim_mcp.markdown import told
from healthsim_mcp.work import Progress, Work

ScenarioId = Annotated[str, Field(description="The scenario's id (or how it begins, 8 letters or more), or its name.")]
EntityType = Annotated[str, Field(description="A type such as patient, member, claim; the plural means the same.")]

SMALLEST_SPAN, LARGEST_SPAN = 500, 10_000


def _answer(model: BaseModel) -> CallToolResult:
    text = TextContent(type="text", text=told(model))
    return CallToolResult(content=[text], structured_content=model.model_dump(mode="json"))


@frozen
class Tools:
    """The tools on one workspace."""

    service: AutoPersistService
    catalog: Catalog
    work: Work

    @classmethod
    def of(cls, workspace: Path | None, catalog: Catalog | None, work: Work) -> Tools:
        """Return the tools of a workspace, by default the one of $HEALTHSIM_HOME."""
        catalog = catalog or catalogs.build()
        return cls(AutoPersistService(workspace, catalog), catalog, work)

    def persist_entities(
        self,
        entities: Annotated[list[dict[str, Any]], Field(description="The entities, each an object of its fields.")],
        entity_type: EntityType,
        context: Context,
        scenario_id: Annotated[str | None, Field(description="Add to this scenario, by id or name.")] = None,
        scenario_name: Annotated[
            str | None, Field(description="Add to the scenario of this name, or make a new one: a-z, 0-9, hyphens.")
        ] = None,
        context_keywords: Annotated[
            list[str] | str | None, Field(description="What the entities are about; names a new scenario.")
        ] = None,
    ) -> Annotated[CallToolResult, answers.Persisted]:
        """Save entities of one type, in a new scenario or in one that is there; answers with a summary, not the data.

        Entities go in batches of 50, each saved whole or not at all, with progress. Entities whose key is there already
        are skipped, so a call that was interrupted can be repeated. Fields that are not given are empty, a key that is
        not given is made. Wrong fields are all reported at once, with the entity's place and the field's name.
        """
        result = self.service.persist_entities(
            entities,
            entity_type,
            self._found(scenario_id).name if scenario_id is not None else None,
            scenario_name,
            context_keywords,
            progress=Progress(self.work, context, entity_type),
        )
        return _answer(answers.Persisted.of(result))

    def get_scenario_summary(
        self,
        scenario_id: Annotated[str | None, Field(description="The scenario's id or name.")] = None,
        scenario_name: Annotated[
            str | None, Field(description="The scenario's name, or words of it that only one has.")
        ] = None,
        include_samples: Annotated[bool, Field(description="Whether a few entities of each type are shown.")] = True,
        samples_per_type: Annotated[int, Field(ge=1, le=10)] = 3,
    ) -> Annotated[CallToolResult, answers.Summary]:
        """Sum up a scenario: entities by type, figures, tags, where it comes from, a few samples.

        About 500 tokens without samples, at most about 3,500 with them. Give scenario_id or scenario_name.
        """
        summary = self.service.get_scenario_summary(scenario_id, scenario_name, include_samples, samples_per_type)
        return _answer(answers.Summary.of(summary))

    def query_scenario(
        self,
        scenario_id: ScenarioId,
        query: Annotated[str, Field(description="One SELECT (DuckDB's SQL), or DESCRIBE, SHOW TABLES, SUMMARIZE.")],
        limit: Annotated[int, Field(ge=1, le=100, description="Rows of this page.")] = 20,
        offset: Annotated[int, Field(ge=0, description="Rows to leave out first.")] = 0,
    ) -> Annotated[CallToolResult, answers.QueryPage]:
        """Answer a SELECT about one scenario, a page at a time; nothing can be changed with it.

        The scenario's entity types are its tables. Ask for next_offset while has_more is true; better, let SQL count and
        sum. Ages: date_diff('year', birth_date, as-of date); every `_date` column is a DATE.
        """
        found = self._found(scenario_id)
        return _answer(answers.QueryPage.of(found.name, self.service.query_scenario(found.name, query, limit, offset)))

    def list_scenarios(
        self,
        filter_pattern: Annotated[
            str | None, Field(description="Text in the name or description, or a pattern with * and ?.")
        ] = None,
        limit: Annotated[int, Field(ge=1, le=1000)] = 20,
        sort_by: Annotated[
            Literal["updated_at", "name", "entity_count"], Field(description="Newest, first by name, or largest first.")
        ] = "updated_at",
    ) -> Annotated[CallToolResult, answers.ScenarioList]:
        """List saved scenarios with their sizes, tags and times."""
        found = self.service.list_scenarios(filter_pattern, None, sort_by)
        shown = [answers.ListedScenario.of(one) for one in found.entries[:limit]]
        unreadable = answers.few(found.unreadable)
        total = len(found.entries)
        return _answer(
            answers.ScenarioList(scenarios=shown, total=total, has_more=total > len(shown), unreadable=unreadable)
        )

    def rename_scenario(
        self,
        scenario_id: ScenarioId,
        new_name: Annotated[str, Field(description="The new name; becomes a-z, 0-9 and hyphens.", min_length=1)],
    ) -> Annotated[CallToolResult, answers.Renamed]:
        """Give a scenario another name; its id stays, and a name that is taken is refused."""
        found = self._found(scenario_id)
        about = found.about()
        new = (
            found.name if sanitize_name(new_name) == found.name else self.service.rename_scenario(found.name, new_name)
        )
        return _answer(answers.Renamed(scenario_id=about["scenario_id"], old_name=found.name, new_name=new))

    def delete_scenario(
        self,
        scenario_id: ScenarioId,
        confirm: Annotated[bool, Field(description="True only after the user agreed to this deletion.")],
    ) -> Annotated[CallToolResult, answers.Deleted]:
        """Delete a scenario for good, once the user has agreed; without confirm=true nothing happens but an error."""
        found = self._found(scenario_id)
        if not confirm:
            raise AdvisedError(
                f"deleting scenario {found.name!r} is for good, and was not confirmed; nothing was deleted",
                f"ask the user; if they agree, call delete_scenario again with scenario_id={found.name!r} and confirm=true.",
            )
        freed = self.service.delete_scenario(found.name, confirm)
        return _answer(answers.Deleted(scenario_name=found.name, bytes_freed=freed))

    def get_entity_samples(
        self,
        scenario_id: ScenarioId,
        entity_type: EntityType,
        count: Annotated[int, Field(ge=1, le=20)] = 3,
        strategy: Annotated[
            Literal["diverse", "random", "recent"],
            Field(description="Entities as different as can be, any (the same each time), or the latest."),
        ] = "diverse",
    ) -> Annotated[CallToolResult, answers.Samples]:
        """Show a few whole entities of one type."""
        found = self._found(scenario_id)
        rows = self.service.get_entity_samples(found.name, entity_type, count, strategy)
        shown = [{name: answers.plain(value) for name, value in row.items()} for row in rows]
        return _answer(
            answers.Samples(scenario_name=found.name, entity_type=entity_type, strategy=strategy, samples=shown)
        )

    def generate_scenario(
        self,
        context: Context,
        specification: Annotated[
            dict[str, Any] | None, Field(description="A profile or scenario, written out. Or give template.")
        ] = None,
        template: Annotated[
            str | None, Field(description="The name of a template or of a saved profile. Or give specification.")
        ] = None,
        count: Annotated[int | None, Field(ge=1, description="People, or households; else as specified.")] = None,
        seed: Annotated[int | None, Field(description="The same seed gives the same data; else as specified.")] = None,
        name: Annotated[str | None, Field(description="The scenario's name; a taken one is refused.")] = None,
    ) -> Annotated[CallToolResult, answers.Generated]:
        """Generate a scenario from a specification or a template and save it, with progress; answers with a summary.

        A specification may be as short as {"generation": {"products": ["patientsim"]}, "demographics": {"age": {"type":
        "normal", "mean": 72, "std_dev": 8, "min": 65, "max": 95}}, "journey": {"template": "diabetic-first-year"}};
        everything wrong in it is reported at once, each with its path. Nothing is saved unless all of it is.
        """
        result = generate(
            self._who(specification, template),
            count=count,
            seed=seed,
            name=name,
            catalog=self.catalog,
            workspace=self.service.workspace,
            span_size=min(LARGEST_SPAN, max(SMALLEST_SPAN, (count or 0) // 10)),
            progress=Progress(self.work, context, "people"),
            command="mcp generate_scenario",
        )
        summary = generate_summary(result.scenario, include_samples=False, catalog=self.catalog)
        return _answer(answers.Generated.of(result, summary))

    def _found(self, wanted: str) -> Scenario:
        try:
            return find(self.service.store, wanted)
        except UserError as error:
            raise AdvisedError(str(error), "call list_scenarios for names and ids.") from None

    def _who(self, specification: dict[str, Any] | None, template: str | None) -> dict[str, Any] | str:
        if (specification is None) == (template is None):
            raise UserError("give either specification or template")
        if template is None:
            return specification
        # Never a path: an agent names templates, and reads no files.
        if not re.fullmatch(r"[\w-]+(@[\w.]+)?", template):
            raise UserError(f"template: expected a name such as diabetic-senior, got {template!r}")
        return template
