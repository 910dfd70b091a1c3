"""What brings claims about: data, never code. Meets PatientSim by name only."""

from healthsim_core.conditions import Condition
from healthsim_core.events import Delay, Trigger

_SUBMITTED = Delay(4, 1, 7, "uniform")
_DIAGNOSES = {f"diagnosis_{rank}": f"diagnosis_{rank}" for rank in range(1, 5)}

TRIGGERS = [
    Trigger(
        "encounter-to-professional-claim",
        "patientsim.encounter",
        "membersim.claim_professional",
        "A visit outside hospitals is billed 1 to 7 days later.",
        _SUBMITTED,
        when=(
            Condition("encounter_type", "in", ("office", "telehealth", "preventive", "home")),
            Condition("generates_claim", "eq", True),
        ),
        carry={
            **_DIAGNOSES,
            "encounter": "key",
            "service_time": "time",
            "cpt_codes": "cpt_codes",
            "provider": "provider",
            "facility": "facility",
            "place_of_service_code": "place_of_service_code",
        },
        priority=80,
    ),
    Trigger(
        "diagnosis-to-professional-claim",
        "patientsim.diagnosis",
        "membersim.claim_professional",
        "A diagnosis that no encounter bills is billed 1 to 7 days later.",
        _SUBMITTED,
        when=(Condition("encounter", "lt", 0), Condition("generates_claim", "eq", True)),
        carry={"diagnosis_1": "code", "service_time": "time", "provider": "provider"},
        priority=40,
    ),
]
