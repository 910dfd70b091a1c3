"""The figures of PatientSim in the summary of a scenario."""

from __future__ import annotations

from healthsim_core.declarations import Statistic
from healthsim_core.persons import people_statistics

STATISTICS = (
    *people_statistics("patients", unless=("persons",)),
    Statistic(
        "top_conditions",
        "The most frequent diagnoses, by patients; one of a claim or visit is not counted where it is on the problem list.",
        ("diagnoses",),
        """
        SELECT code || coalesce(' ' || description, '') AS value, count(*) AS count FROM diagnoses
        WHERE category IS DISTINCT FROM 'encounter-diagnosis' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 5
        """,
        rank=2,
    ),
    Statistic(
        "encounter_dates",
        "First and last day of encounters.",
        ("encounters",),
        "SELECT min(start_datetime)::DATE AS first, max(start_datetime)::DATE AS last FROM encounters",
        rank=2,
    ),
    Statistic(
        "encounter_types",
        "How many encounters of each type.",
        ("encounters",),
        "SELECT encounter_type AS value, count(*) AS count FROM encounters GROUP BY 1 ORDER BY 2 DESC, 1",
        rank=4,
    ),
)
