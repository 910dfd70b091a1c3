"""The figures of TrialSim in the summary of a scenario."""

from __future__ import annotations

from healthsim_core.declarations import Statistic

STATISTICS = (
    Statistic(
        "arms",
        "How many subjects of each arm; screen failures have none.",
        ("subjects",),
        "SELECT coalesce(arm_code, 'none') AS value, count(*) AS count FROM subjects GROUP BY 1 ORDER BY 2 DESC, 1",
        rank=2,
    ),
    Statistic(
        "subject_status",
        "How many subjects completed, left, or failed screening.",
        ("subjects",),
        "SELECT status AS value, count(*) AS count FROM subjects GROUP BY 1 ORDER BY 2 DESC, 1",
        rank=3,
    ),
)
