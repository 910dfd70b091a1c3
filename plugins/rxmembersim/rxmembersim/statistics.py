"""The figures of RxMemberSim in the summary of a scenario."""

from __future__ import annotations

from healthsim_core.declarations import Statistic

STATISTICS = (
    Statistic(
        "fill_dates",
        "First and last fill.",
        ("fills",),
        "SELECT min(fill_date) AS first, max(fill_date) AS last FROM fills",
        rank=3,
    ),
    Statistic(
        "fill_totals_usd",
        "What all fills come to, in dollars.",
        ("fills",),
        "SELECT sum(total_amount) AS total, sum(plan_paid_amount) AS plan, sum(patient_pay_amount) AS patient FROM fills",
        rank=2,
    ),
    Statistic(
        "top_drugs",
        "How many fills of each drug.",
        ("fills", "drugs"),
        "SELECT drug AS value, count(*) AS count FROM fills JOIN drugs USING (ndc_code) GROUP BY 1 ORDER BY 2 DESC, 1",
        rank=4,
    ),
)
