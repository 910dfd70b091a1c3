"""What follows from PatientSim's own events."""

from healthsim_core.conditions import Condition
from healthsim_core.events import Delay, Trigger

TRIGGERS = [
    Trigger(
        "lab-order-to-result",
        "patientsim.lab_order",
        "patientsim.lab_result",
        "A laboratory order is answered 1 to 5 days later.",
        at="result_time",
        carry={
            "test": "test",
            "value": "value",
            "order": "key",
            "ordered_time": "ordered_time",
            "encounter": "encounter",
            "provider": "provider",
        },
        priority=80,
    ),
    Trigger(
        "medication-order-to-fill",
        "patientsim.medication_order",
        "rxmembersim.fill",
        "A prescription is filled within 3 days.",
        Delay(1, 0, 3, "uniform"),
        at="ordered_time",
        when=(Condition("generates_fill", "eq", True),),
        carry={
            "order": "key",
            "drug": "drug",
            "quantity": "quantity",
            "days_supply": "days_supply",
            "refills": "refills",
            "reason": "reason",
            "prescriber": "provider",
        },
        priority=80,
    ),
    Trigger(
        "trial-eligible-to-screening",
        "patientsim.trial_eligible",
        "trialsim.screening",
        "Who is eligible for a study is screened 3 to 14 days later.",
        Delay(7, 3, 14, "uniform"),
        carry={"study": "study"},
        priority=60,
    ),
]
