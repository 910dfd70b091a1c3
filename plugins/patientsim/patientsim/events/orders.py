"""Diagnoses, medication orders and procedures."""

from __future__ import annotations

import numpy as np

from healthsim_core.columns import Array, Coded, Columns, stack
from healthsim_core.events import Events, EventType, Field, SkillUse, match
from patientsim.events.encounters import DIAGNOSES, diagnosis_rows
from patientsim.events.onsets import chronic_codes
from patientsim.events.placing import PLACED, POSITIVE, VISITS, WHOLE, midnight, moment, place, place_and_bill
from patientsim.events.prevention import allergic
from patientsim.reference import diagnosis_labels, drugs, procedure_labels
from patientsim.reference.care import alternatives

INTEREST = ("C", "D0", "I21", "I22", "I26", "I61", "I63", "O09", "O24", "Z34", "Z79", "Z8", "Z9")
"""How codes begin that are kept in mind though they pass or are no disease."""


def is_problem(code: str) -> bool:
    """Return whether a diagnosis goes on the problem list: chronic diseases and what is worth keeping in mind."""
    if code in chronic_codes() or code.startswith(INTEREST):
        return True
    return code not in diagnosis_labels() and not code.startswith(("Z", "R", "S", "T", "V", "W", "X", "Y"))


def handle_diagnosis(events: Events) -> dict[str, Columns]:
    """Return problem list entries; of what passes, a diagnosis of its encounter where that does not carry it already."""
    code = events["code"]
    problem = code.lookup({word: is_problem(word) for word in code.words}, True, bool)
    made = []
    for category, rank, rows in (
        ("problem-list-item", 1, problem),
        ("encounter-diagnosis", DIAGNOSES + 1, ~problem & ~_carried(events)),
    ):
        mine = events.select(rows)
        if len(mine):
            made.append(diagnosis_rows(mine, mine["code"], mine.sub_key(0), mine["encounter"], category, rank))
    return {"diagnoses": stack(made)} if made else {}


def _carried(events: Events) -> np.ndarray:
    """Return which diagnoses their encounters have among their own."""
    found = np.zeros(len(events), bool)
    code = events["code"]
    for visits in filter(None, map(events.timeline, VISITS)):
        place = match(events["encounter"], visits.key)
        for rank in range(1, DIAGNOSES + 1):
            theirs = visits[f"diagnosis_{rank}"]
            same = theirs.lookup({word: number for number, word in enumerate(code.words)}, -2, np.int64)
            found |= (place >= 0) & (same[place] == code.codes)
    return found


def without_allergens(events: Events) -> Coded:
    """Return the drugs, where the person brings an allergy against one along the one given instead of it."""
    drug = events["drug"]
    words = list(dict.fromkeys([*drug.words, *drugs()]))
    codes = drug.codes.astype(np.int64).copy()
    for _ in range(2):  # what is given instead may be as bad
        asked = codes.copy()
        for name, reasons in alternatives().items():
            rows = np.flatnonzero(asked == words.index(name))
            for allergen, instead in reasons if len(rows) else ():
                bad = rows[allergic(events.select(rows), allergen)]
                codes[bad] = _first_free(events.select(bad), instead, words) if len(bad) else codes[bad]
    return Coded(codes, words)


def _first_free(events: Events, instead: tuple[str, ...], words: list[str]) -> np.ndarray:
    """Return the first drug of a list that nothing speaks against, else the last."""
    chosen = np.full(len(events), words.index(instead[-1]))
    for name in reversed(instead):
        bad = np.zeros(len(events), bool)
        for allergen, _ in alternatives().get(name, ()):
            bad |= allergic(events, allergen)
        chosen = np.where(bad, chosen, words.index(name))
    return chosen


def order_outcomes(events: Events) -> dict[str, Array]:
    """Return drug and quantities of an order: what the journey says, else the drug's usual ones."""
    drug = without_allergens(events)
    # What a journey says of another drug's packages says nothing of the one given instead.
    same = drug.isin(events["drug"].words) & (drug.decode() == events["drug"].decode())
    usual = {
        "quantity": {name: one.quantity for name, one in drugs().items()},
        "days_supply": {name: float(one.days_supply) for name, one in drugs().items()},
        "refills": {name: float(one.refills) for name, one in drugs().items()},
    }
    found = {}
    for name, by_drug in usual.items():
        given = np.where(same, events[name], np.nan)
        found[name] = np.where(np.isnan(given), drug.lookup(by_drug, np.nan, float), given)
    return {"drug": drug, **found, "rxnorm_code": drug.recode({name: one.code for name, one in drugs().items()})}


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
    "A condition is diagnosed; chronic ones and those worth keeping in mind go on the problem list.",
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
