"""Diagnoses, medication orders and procedures."""

from __future__ import annotations

import numpy as np

from healthsim_core.columns import Array, Coded, Columns
from healthsim_core.events import Events, EventType, Field, SkillUse
from patientsim.events.encounters import diagnosis_rows
from patientsim.events.labs import LINK
from patientsim.reference import drugs

_LINKED = (Field("provider", "key", "Who."), Field("encounter", "key", "The encounter it belongs to; -1 for none."))

# Our own plain labels of the procedures our journeys name; CPT descriptions are licensed.
PROCEDURE_LABELS = {
    "76805": "Ultrasound of a pregnancy after the first trimester",
    "59409": "Vaginal delivery",
    "10E0XZZ": "Delivery of products of conception",
    "92250": "Photograph of the retina",
    "45378": "Diagnostic colonoscopy",
}


def handle_diagnosis(events: Events) -> dict[str, Columns]:
    """Return problem list entries."""
    return {
        "diagnoses": diagnosis_rows(
            events, events["code"], events.sub_key(0), events["encounter"], "problem-list-item", 1
        )
    }


def order_outcomes(events: Events) -> dict[str, Array]:
    """Return the quantities of an order: what the journey says, else the drug's usual ones."""
    drug = events["drug"]
    usual = {
        "quantity": {name: one.quantity for name, one in drugs().items()},
        "days_supply": {name: float(one.days_supply) for name, one in drugs().items()},
        "refills": {name: float(one.refills) for name, one in drugs().items()},
    }
    found = {}
    for name, by_drug in usual.items():
        given = events[name]
        found[name] = np.where(np.isnan(given), drug.lookup(by_drug, np.nan, float), given)
    return {**found, "rxnorm_code": drug.recode({name: one.code for name, one in drugs().items()})}


def handle_medication_order(events: Events) -> dict[str, Columns]:
    """Return the prescriptions written."""
    drug = events["drug"]
    return {
        "medication_orders": Columns(
            {
                "medication_order_id": events.key,
                "patient_id": events.entity,
                "encounter_id": events["encounter"],
                "code": events["rxnorm_code"],
                "description": drug.recode({name: one.label for name, one in drugs().items()}),
                "dosage": drug.recode({name: one.dosage for name, one in drugs().items()}),
                "quantity": events["quantity"],
                "days_supply": events["days_supply"].astype(np.int64),
                "refill_count": events["refills"].astype(np.int64),
                "reason_code": events["reason"],
                "status": Coded.constant("active", len(events)),
                "ordered_datetime": events.time + np.timedelta64(10, "h"),
                "provider_id": events["provider"],
            }
        )
    }


def handle_procedure(events: Events) -> dict[str, Columns]:
    """Return the procedures done."""
    code = events["code"]
    labels = {word: PROCEDURE_LABELS.get(word, f"Procedure {word}") for word in code.words}
    return {
        "procedures": Columns(
            {
                "procedure_id": events.key,
                "patient_id": events.entity,
                "encounter_id": events["encounter"],
                "code": code,
                "system": events["system"],
                "description": code.recode(labels),
                "performed_datetime": events.time + np.timedelta64(13, "h"),
                "provider_id": events["provider"],
            }
        )
    }


DIAGNOSIS = EventType(
    "diagnosis",
    "patientsim",
    "A condition is diagnosed and goes on the problem list.",
    (
        Field("code", "diagnosis", "The condition's category or code.", "Z00.00"),
        Field("severity", "text", "How severe, in the profile's words."),
        Field("generates_claim", "boolean", "Whether it is billed where no encounter bills it.", True),
        *_LINKED,
    ),
    handle_diagnosis,
    skill=SkillUse("codes", condition="code"),
    writes=("diagnoses",),
    links=(LINK,),
)
MEDICATION_ORDER = EventType(
    "medication_order",
    "patientsim",
    "A drug is prescribed.",
    (
        Field("drug", "code", "Which drug, e.g. metformin.", "metformin", tuple(drugs())),
        Field("reason", "diagnosis", "What it is for."),
        Field("quantity", "number", "How much at a time; the drug's usual where absent."),
        Field("days_supply", "number", "Days that lasts."),
        Field("refills", "number", "Refills allowed."),
        Field("rxnorm_code", "code", "The drug's RxCUI; computed."),
        Field("generates_fill", "boolean", "Whether it is filled.", True),
        *_LINKED,
    ),
    handle_medication_order,
    order_outcomes,
    skill=SkillUse("medications", {"drug": "drug"}, "reason"),
    writes=("medication_orders",),
    links=(LINK,),
)
TRIAL_ELIGIBLE = EventType(
    "trial_eligible",
    "patientsim",
    "The patient is found to meet a study's criteria; it writes no rows.",
    (Field("study", "text", "Which study."), *_LINKED),
    links=(LINK,),
)
PROCEDURE = EventType(
    "procedure",
    "patientsim",
    "Something is done to the patient.",
    (
        Field("code", "code", "A CPT, HCPCS or ICD-10-PCS code.", "76805", pattern=r"[0-9A-Z]{5}|[0-9A-Z]{7}"),
        Field("system", "code", "CPT, HCPCS or ICD-10-PCS.", "CPT", ("CPT", "HCPCS", "ICD-10-PCS")),
        *_LINKED,
    ),
    handle_procedure,
    skill=SkillUse("procedures", {"code": "code", "system": "system"}),
    writes=("procedures",),
    links=(LINK,),
)
