"""What brings claims and care plans about: data, never code. Meets other products by name only."""

from healthsim_core.conditions import Condition
from healthsim_core.events import Delay, Trigger
from membersim.events.deciding import DIAGNOSES

_SUBMITTED = Delay(4, 1, 7, "uniform")
_BILLED = Condition("generates_claim", "eq", True)
_VISIT = {
    **{name: name for name in DIAGNOSES},
    "encounter": "key",
    "cpt_codes": "cpt_codes",
    "provider": "provider",
    "facility": "facility",
}
_ENDED = {"service_time": "start_time", "end_time": "end_time"}
_HOSPITAL = {**_VISIT, **_ENDED}
_STAY = {
    **_HOSPITAL,
    **{
        name: name
        for name in ("admission_type_code", "admission_source_code", "discharge_status_code", "length_of_stay_days")
    },
}
_PROCEDURE = {
    "procedure_code": "code",
    "procedure_system": "system",
    "encounter": "encounter",
    "service_time": "time",
    "provider": "provider",
    "referrer": "provider",
}
_DRUG = {name: name for name in ("drug", "quantity", "days_supply", "reason", "rxnorm_code")}
_FILL = {**_DRUG, "fill": "key", "prescriber": "prescriber", "ndc_code": "ndc_code", "service_time": "time"}

TRIGGERS = [
    Trigger(
        "encounter-to-professional-claim",
        "patientsim.encounter",
        "membersim.claim_professional",
        "A visit outside hospitals is billed 1 to 7 days later.",
        _SUBMITTED,
        at="start_time",
        when=(Condition("encounter_type", "in", ("office", "telehealth", "preventive", "home")), _BILLED),
        carry={
            **_VISIT,
            "encounter_type": "encounter_type",
            "service_time": "start_time",
            "place_of_service_code": "place_of_service_code",
        },
        priority=80,
    ),
    Trigger(
        "hospital-encounter-to-professional-claim",
        "patientsim.encounter",
        "membersim.claim_professional",
        "The physician of an emergency department bills each visit, that of a ward each hospital encounter, 1 to 7 days later.",
        _SUBMITTED,
        at="end_time",
        when=(Condition("encounter_type", "in", ("ed", "inpatient")), _BILLED),
        carry={**_HOSPITAL, "encounter_type": "encounter_type", "admission_type_code": "admission_type_code"},
        priority=70,
    ),
    Trigger(
        "admission-to-professional-claim",
        "patientsim.admission",
        "membersim.claim_professional",
        "The attending physician bills the days of a stay 1 to 7 days after it ends.",
        _SUBMITTED,
        at="end_time",
        when=(_BILLED,),
        carry={
            **_HOSPITAL,
            "length_of_stay_days": "length_of_stay_days",
            "admission_type_code": "admission_type_code",
        },
        priority=80,
    ),
    Trigger(
        "procedure-to-professional-claim",
        "patientsim.procedure",
        "membersim.claim_professional",
        "Who operates in a stay, and who does what no visit lists, bills it 1 to 7 days later.",
        _SUBMITTED,
        carry=_PROCEDURE,
        priority=60,
    ),
    Trigger(
        "procedure-to-anesthesia-claim",
        "patientsim.procedure",
        "membersim.claim_anesthesia",
        "Who gives anesthesia for a procedure of a stay bills it 1 to 7 days later.",
        _SUBMITTED,
        when=(Condition("system", "eq", "ICD-10-PCS"),),
        carry=_PROCEDURE,
        priority=60,
    ),
    Trigger(
        "lab-order-to-professional-claim",
        "patientsim.lab_order",
        "membersim.claim_professional",
        "A laboratory bills the tests that no visit lists 1 to 7 days later.",
        _SUBMITTED,
        at="ordered_time",
        carry={"test": "test", "encounter": "encounter", "service_time": "ordered_time", "referrer": "provider"},
        priority=60,
    ),
    Trigger(
        "immunization-to-professional-claim",
        "patientsim.immunization",
        "membersim.claim_professional",
        "A vaccine that no visit lists is billed 1 to 7 days later.",
        _SUBMITTED,
        carry={"vaccine": "vaccine", "encounter": "encounter", "service_time": "time", "provider": "provider"},
        priority=60,
    ),
    Trigger(
        "diagnosis-to-professional-claim",
        "patientsim.diagnosis",
        "membersim.claim_professional",
        "A diagnosis that no encounter bills is billed 1 to 7 days later.",
        _SUBMITTED,
        when=(Condition("billed", "eq", False), _BILLED),
        carry={"diagnosis_1": "code", "service_time": "time", "provider": "provider"},
        priority=40,
    ),
    Trigger(
        "emergency-to-institutional-claim",
        "patientsim.encounter",
        "membersim.claim_institutional",
        "An emergency visit is billed by the hospital 1 to 7 days later, unless the stay that follows is.",
        _SUBMITTED,
        at="end_time",
        when=(Condition("encounter_type", "eq", "ed"), Condition("admitted", "eq", False), _BILLED),
        carry={**_HOSPITAL, "encounter_type": "encounter_type"},
        priority=80,
    ),
    Trigger(
        "inpatient-encounter-to-institutional-claim",
        "patientsim.encounter",
        "membersim.claim_institutional",
        "A hospital encounter is billed 1 to 7 days after it ends.",
        _SUBMITTED,
        at="end_time",
        when=(Condition("encounter_type", "eq", "inpatient"), _BILLED),
        carry={**_HOSPITAL, "encounter_type": "encounter_type"},
        priority=80,
    ),
    Trigger(
        "admission-to-institutional-claim",
        "patientsim.admission",
        "membersim.claim_institutional",
        "A stay is billed 1 to 7 days after it ends.",
        _SUBMITTED,
        at="end_time",
        when=(_BILLED,),
        carry=_STAY,
        priority=80,
    ),
    Trigger(
        "fill-to-pharmacy-claim",
        "rxmembersim.fill",
        "membersim.claim_pharmacy",
        "A fill that was paid is the payer's claim of the same day.",
        when=(Condition("status", "eq", "paid"),),
        carry={**_FILL, "order": "order"},
        priority=60,
    ),
    Trigger(
        "refill-to-pharmacy-claim",
        "rxmembersim.refill",
        "membersim.claim_pharmacy",
        "A refill that was paid is the payer's claim of the same day.",
        when=(Condition("status", "eq", "paid"),),
        carry=_FILL,
        priority=60,
    ),
    Trigger(
        "medication-order-to-pharmacy-claim",
        "patientsim.medication_order",
        "membersim.claim_pharmacy",
        "A prescription is billed within 3 days, where nobody keeps fills.",
        Delay(1, 0, 3, "uniform"),
        at="ordered_time",
        when=(Condition("generates_fill", "eq", True),),
        carry={**_DRUG, "order": "key", "prescriber": "provider"},
        priority=60,
        unless="rxmembersim",
    ),
    Trigger(
        "gap-to-care-plan-update",
        "membersim.gap_identified",
        "patientsim.care_plan_update",
        "A care gap goes into the care plan 3 to 14 days later.",
        Delay(7, 3, 14, "uniform"),
        when=(Condition("eligible", "eq", True),),
        carry={"title": "title", "reason": "reason", "care_gap": "key"},
        priority=40,
    ),
]
