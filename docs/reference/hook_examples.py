"""One small declaration for every hook: a plugin's module as it could be, read by the reference and by a test."""

from pathlib import Path

from healthsim_core import hookimpl


@hookimpl
def healthsim_products():
    from healthsim_core.declarations import Product

    return [Product("sleepsim", "Nights in a sleep laboratory.", entity="sleeper")]


@hookimpl
def healthsim_distributions():
    import numpy as np
    from attrs import field, frozen

    from healthsim_core.distributions import Distribution

    @frozen
    class Triangle(Distribution):
        """Rises in a straight line from `min`, where nothing lies, to `max`, where most does."""

        kind = "sleepsim_triangle"
        min: float = field()
        max: float = field()

        def ppf(self, u, columns=None):
            return self.min + (self.max - self.min) * np.sqrt(u)

    return [Triangle]


@hookimpl
def healthsim_attributes():
    from healthsim_core.declarations import Attribute

    usual = {"type": "normal", "mean": 7, "std_dev": 1}
    return [
        Attribute(
            "sleep_hours", "clinical", "Hours slept a night.", default=usual, decimals=1, unit="h", low=0, high=24
        )
    ]


@hookimpl
def healthsim_derivations():
    from healthsim_core.declarations import Derivation

    def derive(people):
        return {"short_sleeper": people["sleep_hours"] < 6}

    return [
        Derivation(
            "sleepsim.short", "Who sleeps little.", ("sleep_hours",), ("short_sleeper",), derive, product="sleepsim"
        )
    ]


@hookimpl
def healthsim_tables():
    import datetime

    from attrs import frozen

    from healthsim_core.tables import column, key, refers, table_from

    @frozen
    class Night:
        """One night in the laboratory."""

        night_id: str = key("NT", "The night's key.")
        person_id: str = refers("persons.person_id", "P", "Who slept.")
        night_date: datetime.date = column("The evening's date.")
        hours: float = column("Hours slept.", unit="h", decimals=1)

    @frozen
    class Bed:
        """A bed of the laboratory."""

        bed_id: str = key("BD", "The bed's key.")

    return [table_from(Night, "nights"), table_from(Bed, "beds")]


@hookimpl
def healthsim_event_types():
    from healthsim_core.columns import Columns
    from healthsim_core.events import EventType, Field

    def handle(events):
        rows = {"night_id": events.key, "person_id": events.entity, "night_date": events.time}
        return {"nights": Columns({**rows, "hours": events.person("sleep_hours")})}

    return [
        EventType("night", "sleepsim", "Somebody sleeps in the laboratory.", (), handle, writes=("nights",)),
        EventType("call", "sleepsim", "The laboratory calls.", (Field("night", "key", "The night it is about."),)),
    ]


@hookimpl
def healthsim_triggers():
    from healthsim_core.events import Delay, Trigger

    soon = Delay(2, 1, 3, "uniform")
    return [
        Trigger(
            "night-to-call", "sleepsim.night", "sleepsim.call", "A night is talked about.", soon, carry={"night": "key"}
        )
    ]


@hookimpl
def healthsim_rosters():
    import numpy as np

    from healthsim_core.columns import Columns
    from healthsim_core.declarations import Roster

    def build(facts, seed, rosters):
        return {"beds": Columns({"bed_id": np.arange(8)})}

    return [Roster("sleepsim.beds", "The laboratory's beds.", writes=("beds",), build=build, product="sleepsim")]


@hookimpl
def healthsim_templates():
    from healthsim_core.declarations import Template

    # healthsim_core.templates.in_package("sleepsim") finds all templates a package ships.
    return [Template("profile", "short-sleepers", Path("sleepsim/templates/profiles/short-sleepers.json"))]


@hookimpl
def healthsim_references():
    from healthsim_core.declarations import Reference, ReferenceProfile

    def resolve(request, workspace):
        if request.get("type") != "night-shift":
            raise ValueError('expected {"type": "night-shift"}')
        sleep = {"type": "normal", "mean": 5.5, "std_dev": 1}
        return ReferenceProfile("night shift", attributes={"sleep_hours": sleep}, source="a survey", fingerprint="1")

    return [
        Reference(
            "sleepsim", "Sleep by kind of work.", "a survey of 2024", "CC0", resolve=resolve, kinds=("night-shift",)
        )
    ]


@hookimpl
def healthsim_code_sets():
    from healthsim_core.declarations import CodeSet, ConditionCode

    leaves = (ConditionCode("G47.3", "G47.33", "Obstructive sleep apnea"),)
    return [CodeSet("sleepsim.codes", "Disorders of sleep.", "ICD-10-CM FY2025", "public domain", lambda: leaves)]


@hookimpl
def healthsim_skills():
    from healthsim_core.skills import read_skill

    # healthsim_core.skills.in_package("sleepsim") reads the files of a package's `skills` folder.
    head = "---\nname: sleep-apnea\nversion: '1.0'\ndescription: Care of sleep apnea.\napplies_to: [G47.3]\n---\n"
    return [
        read_skill(head + "## Codes\n\n| code | label |\n| --- | --- |\n| G47.33 | Sleep apnea |\n", "sleep-apnea.md")
    ]


@hookimpl
def healthsim_serializers():
    from healthsim_core.declarations import Serializer

    return [Serializer("edf", "European Data Format: signals of a night.", "application/edf", "edf")]


@hookimpl
def healthsim_output_formats():
    from healthsim_core.declarations import Lines, OutputFormat

    def lines(source):
        yield Lines("nights.ndjson", "SELECT to_json(n)::VARCHAR FROM nights n ORDER BY night_id", "night")

    return [OutputFormat("sleepsim_nights", "A JSON object a night.", "ndjson", lines=lines, reads=("nights",))]


@hookimpl
def healthsim_format_parts():
    from healthsim_core.declarations import FormatPart

    sql = """
    SELECT person_id AS subject, night_id AS id, json_object('resourceType', 'Observation', 'id', night_id) AS content
    FROM nights
    """
    return [FormatPart("fhir_r4", "Observation", "sleepsim", reads=("nights",), sql=sql, doc="Nights as observations.")]


@hookimpl
def healthsim_statistics():
    from healthsim_core.declarations import Statistic

    sql = "SELECT min(night_date) AS first, max(night_date) AS last FROM nights"
    return [Statistic("nights", "First and last night.", ("nights",), sql)]


@hookimpl
def healthsim_commands():
    from healthsim_core.declarations import Command

    def load():
        import click

        return click.Command("beds", callback=lambda: click.echo("8 beds"), help="Count the beds.")

    return [Command("beds", "Count the beds.", load)]
