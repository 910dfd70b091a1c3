"""What brings claims and care plans about: data, never code. Meets other products by name only."""

from healthsim_core.conditions import Condition
from healthsim_core.events import Delay, Trigger

_SUBMITTED = Delay(4, 1, 7, "uniform")
_BILLED = Condition("generates_claim", "eq", True)
_VISIT = {
    **{f"diagnosis_{rank}": f"diagnosis_{rank}" for rank in range(1, 5)},
    "encounter": "key",
    "cpt_codes": "cpt_codes",
    "provider": "provider",
    "facility": "facility",
}
_HOSPITAL = {**_VISIT, "service_time": "start_time", "end_time": "end_time"}
_STAY = {
    **_HOSPITAL,
    **{
        name: name
        for name in ("admission_type_code", "admission_source_code", "discharge_status_code", "length_of_stay_days")
    },
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
        when=(Condition("encounter_type", "in", ("office", "telehealth", "preventive", "home")), _BILLED),
        carry={**_VISIT, "service_time": "time", "place_of_service_code": "place_of_service_code"},
        priority=80,
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
