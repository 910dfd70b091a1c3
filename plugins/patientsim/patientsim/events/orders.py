"""Diagnoses, medication orders and procedures."""

from __future__ import annotations

import numpy as np

from healthsim_core.columns import Array, Coded, Columns
from healthsim_core.events import Events, EventType, Field, SkillUse
from patientsim.events.encounters import diagnosis_rows
from patientsim.events.placing import PLACED, POSITIVE, VISITS, WHOLE, midnight, moment, place, place_and_bill
from patientsim.reference import drugs, procedure_labels


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


def settle_medication_order(events: Events) -> dict[str, Array]:
    """Return the encounter an order belongs to, and when inside it the order is written."""
    placed = place(events)
    events.fields.update(placed)
    return {**placed, "ordered_time": moment(events, midnight(events.time) + np.timedelta64(10, "h"), 15)}


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
                "ordered_datetime": events["ordered_time"],
                "provider_id": events["provider"],
            }
        )
    }


def handle_procedure(events: Events) -> dict[str, Columns]:
    """Return the procedures done."""
    code = events["code"]
    labels = {word: procedure_labels().get(word, f"Procedure {word}") for word in code.words}
    return {
        "procedures": Columns(
            {
                "procedure_id": events.key,
                "patient_id": events.entity,
                "encounter_id": events["encounter"],
                "code": code,
                "system": events["system"],
                "description": code.recode(labels),
                "performed_datetime": moment(events, midnight(events.time) + np.timedelta64(13, "h"), 12),
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
        Field("billed", "boolean", "Whether an encounter bills it; settled.", False),
        *PLACED,
    ),
    handle_diagnosis,
    skill=SkillUse("codes", condition="code"),
    writes=("diagnoses",),
    settle=place_and_bill,
    after=VISITS,
)
MEDICATION_ORDER = EventType(
    "medication_order",
    "patientsim",
    "A drug is prescribed.",
    (
        Field("drug", "code", "Which drug, e.g. metformin.", "metformin", tuple(drugs())),
        Field("reason", "diagnosis", "What it is for."),
        Field("quantity", "number", "How much at a time; the drug's usual where absent.", pattern=POSITIVE),
        Field("days_supply", "number", "Days that lasts.", pattern=POSITIVE),
        Field("refills", "number", "Refills allowed.", pattern=WHOLE),
        Field("rxnorm_code", "code", "The drug's RxCUI; computed."),
        Field("generates_fill", "boolean", "Whether it is filled.", True),
        Field("ordered_time", "datetime", "When it is written; computed."),
        *PLACED,
    ),
    handle_medication_order,
    order_outcomes,
    skill=SkillUse("medications", {"drug": "drug"}, "reason"),
    writes=("medication_orders",),
    settle=settle_medication_order,
    after=VISITS,
)
PROCEDURE = EventType(
    "procedure",
    "patientsim",
    "Something is done to the patient.",
    (
        Field("code", "code", "A CPT, HCPCS or ICD-10-PCS code.", "76805", pattern=r"[0-9A-Z]{5}|[0-9A-Z]{7}"),
        Field("system", "code", "CPT, HCPCS or ICD-10-PCS.", "CPT", ("CPT", "HCPCS", "ICD-10-PCS")),
        *PLACED,
    ),
    handle_procedure,
    skill=SkillUse("procedures", {"code": "code", "system": "system"}),
    writes=("procedures",),
    settle=place,
    after=VISITS,
)
