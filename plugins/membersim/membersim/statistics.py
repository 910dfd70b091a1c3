"""The figures of MemberSim in the summary of a scenario."""

from __future__ import annotations

from healthsim_core.declarations import Statistic
from healthsim_core.persons import people_statistics

STATISTICS = (
    *people_statistics("members", unless=("persons", "patients")),
    Statistic(
        "plan_mix",
        "How many coverages of each plan.",
        ("coverages",),
        "SELECT plan_code AS value, count(*) AS count FROM coverages GROUP BY 1 ORDER BY 2 DESC, 1",
        rank=2,
    ),
    Statistic(
        "claim_dates",
        "First and last day of service.",
        ("claims",),
        "SELECT min(service_date) AS first, max(service_date) AS last FROM claims",
        rank=3,
    ),
    Statistic(
        "claim_totals_usd",
        "What all claims come to, in dollars.",
        ("claims",),
        """
        SELECT sum(charge_amount) AS charged, sum(allowed_amount) AS allowed, sum(paid_amount) AS paid,
        sum(member_amount) AS member FROM claims
        """,
        rank=2,
    ),
    Statistic(
        "claim_status",
        "How many claims were paid and denied.",
        ("claims",),
        "SELECT status AS value, count(*) AS count FROM claims GROUP BY 1 ORDER BY 2 DESC, 1",
        rank=4,
    ),
)
