"""Institutional claims: a hospital bills a stay (by DRG) or an emergency visit (service by service)."""

from __future__ import annotations

import numpy as np

from healthsim_core.columns import Array, Coded, Columns, concatenate
from healthsim_core.events import DAY, Events, EventType, Field, match
from membersim.adjudication import Shares
from membersim.drg import drgs
from membersim.events import deciding, denying
from membersim.events.accumulating import shares_of
from membersim.events.contracted import network_status
from membersim.events.services import drug_units_of
from membersim.events.stays import PROCEDURES, emergencies_before, procedures_of, stay_lines_of
from membersim.reference import (
    UNLISTED,
    benefit,
    drg_weights,
    fees,
    longest_beginning,
    of_plan,
    outpatient_revenue,
    presence,
)

BASE_RATE = 700_000
"""Cents paid for a stay of weight 1 at Medicare's rate: operating and capital rate of FY2025 together, rounded."""
STAY_CHARGES = 4.0
"""Charges of a stay as a multiple of Medicare's payment: about the national ratio of charges to cost."""
OUTPATIENT_CHARGE_PERCENT = 450
ED_HOURS = np.timedelta64(4, "h")
ED_USUAL = "99284"
BENEFIT_PERIOD = 60 * DAY
"""How long after a stay another one is still of Medicare's same benefit period."""


def outcomes(events: Events) -> dict[str, Array]:
    """Return when the service began and ended, where nothing else says so."""
    given, end = events["service_time"], events["end_time"]
    begin = np.where(np.isnat(given), events.time, given)
    days = np.maximum(np.nan_to_num(events["length_of_stay_days"], nan=3.0), 1).astype(np.int64)
    usual = np.where(events["encounter_type"].isin(["ed"]), begin + ED_HOURS, begin + days * DAY)
    end = np.where(np.isnat(end), usual, np.maximum(end, begin))
    # A hospital bills when the patient has left.
    return {"service_time": begin, "end_time": end}


def settle(events: Events) -> dict[str, Array]:
    """Return the coverage that answers, why it is denied, DRG, charges and what the contract allows."""
    cover = deciding.cover(events, events["diagnosis_1"].codes >= 0)
    inpatient = ~events["encounter_type"].isin(["ed"])
    procedures = procedures_of(events)
    emergency = emergencies_before(events)
    planned = inpatient & ~emergency & ~events["admission_type_code"].isin(["1"])
    suits = denying.suited(cover["plan"], planned, inpatient, np.zeros(len(events), bool))
    denial = denying.deny(events, cover["covered"], events["end_time"], suits)
    drg = _drg(events, inpatient, procedures)
    weight = drg.lookup(drg_weights(), 1.0, float)
    charge = _round(weight * BASE_RATE * STAY_CHARGES * (0.85 + 0.3 * events.draw("charges")))
    rate = benefit(cover["plan"], "hospital_percent")
    stay = np.minimum(charge, _round(weight * BASE_RATE * rate / 100))
    events.fields.update({"plan": cover["plan"], "denial": denial})
    lines = _services(events)
    visit = deciding.total(lines["allowed"], lines["owner"], len(events))
    allowed = np.where(inpatient, np.where((denial.codes >= 0) | (rate == 0), 0, stay), visit)
    copay = np.where(inpatient, benefit(cover["plan"], "inpatient_copay"), benefit(cover["plan"], "ed_copay"))
    settled = copay > 0
    # A hospital insurance's deductible is for a benefit period, which a new stay within 60 days goes on with.
    copay = np.where(inpatient & _is_deductible(cover["plan"]) & _goes_on(events, inpatient), 0, copay)
    parties = _parties(events, inpatient)
    status = network_status(events, cover["plan"], facility=parties["hospital"])
    return {
        **cover,
        **parties,
        "network_status": status,
        "denial": denial,
        "drg": Coded(np.where(inpatient, drg.codes, -1), drg.words),
        "stay_charge": charge,
        "allowed": allowed,
        "free": np.zeros(len(events), np.int64),
        "flat": np.where(settled, allowed, 0),
        "emergency": emergency,
        **procedures,
        # Nobody chooses where an emergency leads: the law asks for no more than in the network.
        **deciding.benefits_of(cover["plan"], copay, status.isin(["out"]) & inpatient & ~emergency),
    }


def _is_deductible(plan: Coded) -> np.ndarray:
    return of_plan(plan, "inpatient_is").isin(["deductible"])


def _goes_on(events: Events, inpatient: np.ndarray) -> np.ndarray:
    """Return which stays begin within a benefit period, so many days after the person's stay before."""
    stays = np.flatnonzero(inpatient)
    stays = stays[np.lexsort((events.key[stays], events["service_time"][stays], events.entity[stays]))]
    entity, begin, end = (one[stays] for one in (events.entity, events["service_time"], events["end_time"]))
    found = np.zeros(len(events), bool)
    found[stays[1:]] = (entity[1:] == entity[:-1]) & (begin[1:] - end[:-1] <= BENEFIT_PERIOD)
    return found


def _parties(events: Events, inpatient: np.ndarray) -> dict[str, np.ndarray]:
    """Return hospital and attending: those given, else the person's, in an emergency the nearest hospital's."""
    stay = {
        "hospital": deciding.or_usual(events, "facility", "hospital_facility"),
        "attending": deciding.or_usual(events, "provider", "specialist.hospital_medicine", "pcp_provider"),
    }
    physicians = ("emergency_provider", "specialist.emergency_medicine", "pcp_provider")
    visit = {
        "hospital": deciding.or_usual(events, "facility", "emergency_facility", "hospital_facility"),
        "attending": deciding.or_usual(events, "provider", *physicians),
    }
    return {name: np.where(inpatient, stay[name], visit[name]) for name in stay}


def _round(cents: np.ndarray) -> np.ndarray:
    return np.rint(cents).astype(np.int64)


def _drg(events: Events, inpatient: np.ndarray, procedures: dict[str, Array]) -> Coded:
    """Return each stay's DRG, nothing for other visits."""
    rows = np.flatnonzero(inpatient)
    if not len(rows) or not events.has_person("birth_date"):
        return Coded.constant(None, len(events))
    stays = events.select(rows)
    age = (stays["service_time"] - stays.person("birth_date")) / (365.2425 * DAY)
    found = drgs(
        np.floor(np.nan_to_num(age, nan=40)).astype(np.int64),
        stays.person("gender"),
        stays["discharge_status_code"],
        [stays[name] for name in deciding.DIAGNOSES],
        [procedures[f"procedure_{rank}"][rows] for rank in range(PROCEDURES)],
    )
    codes = np.full(len(events), -1, np.int32)
    codes[rows] = found.codes
    return Coded(codes, found.words)


def _services(events: Events) -> dict[str, Array]:
    """Return the lines of emergency visits: owner, procedure, revenue code, charge, allowed."""
    rows = np.flatnonzero(events["encounter_type"].isin(["ed"]))
    owner, code = deciding.split(events["cpt_codes"][rows], ED_USUAL)
    owner = rows[owner]
    fee = code.lookup({name: one.facility_fee for name, one in fees().items()}, UNLISTED.facility_fee, np.int64)
    units = drug_units_of(events, owner, code)
    fee = fee * units
    charge = (fee * OUTPATIENT_CHARGE_PERCENT + 50) // 100
    rate = benefit(events["plan"], "hospital_percent")[owner]
    allowed = np.minimum(charge, (fee * rate + 50) // 100)
    known = outpatient_revenue()
    return {
        "owner": owner,
        "procedure_code": code,
        "revenue_code": code.recode({word: longest_beginning(word, known) for word in code.words}),
        "unit_count": units,
        "charge": charge,
        "allowed": np.where(events["denial"].codes[owner] >= 0, 0, allowed),
    }


def _lines(events: Events) -> dict[str, Array]:
    """Return all lines in the order of the claims: those of stays and those of emergency visits."""
    stays, visits = stay_lines_of(events), _services(events)
    owner = np.concatenate([stays["owner"], visits["owner"]])
    order = np.argsort(owner, kind="stable")
    return {name: concatenate([stays[name], visits[name]])[order] for name in visits}


def handle(events: Events) -> dict[str, Columns]:
    """Return claims with lines, diagnoses, procedures, adjustments and remittances."""
    shares = shares_of(events)
    told = np.flatnonzero(events["coverage"] >= 0)
    if not len(told):
        return {}
    events = events.select(told)
    flat = np.where(_is_deductible(events["plan"]), 0, events["flat"])
    copay = shares.copay[told]
    owed = np.where(flat > 0, 0, copay)
    shares = Shares(shares.deductible[told] + owed, copay - owed, shares.coinsurance[told])
    lines = _lines(events)
    owner = lines["owner"]
    line_rows, adjustments = deciding.line_rows(
        events,
        shares,
        owner,
        lines["charge"],
        lines["allowed"],
        np.where(flat[owner] > 0, 0, lines["allowed"]),
        np.where(flat[owner] > 0, lines["allowed"], 0),
        **{name: lines[name] for name in ("procedure_code", "revenue_code", "unit_count")},
    )
    return {
        **_claims(events, deciding.total(lines["charge"], owner, len(events)), shares),
        "claim_lines": line_rows,
        "claim_adjustments": adjustments,
        "claim_diagnoses": deciding.diagnosis_rows(events, _presence(events)),
        "claim_procedures": _procedures(events),
    }


def _claims(events: Events, charge: np.ndarray, shares: Shares) -> dict[str, Columns]:
    inpatient = events["drg"].codes >= 0
    facility = events["hospital"]
    kind, emergency = events["admission_type_code"], events["emergency"] | ~inpatient
    usual = Coded(np.where(emergency, 0, 1), ("1", "3"))
    source = events["admission_source_code"]
    return deciding.claim_rows(
        events,
        "institutional",
        charge,
        events["allowed"],
        shares,
        encounter_id=events["encounter"],
        billing_role=Coded.constant("facility", len(events)),
        network_status=events["network_status"],
        billing_facility_id=facility,
        rendering_provider_id=events["attending"],
        facility_id=facility,
        bill_type_code=Coded(np.where(inpatient, 0, 1), ("11", "13")),
        drg_code=events["drg"],
        admission_datetime=events["service_time"],
        admission_type_code=kind.where(kind.codes >= 0, usual),
        admission_source_code=source.where(source.codes >= 0, Coded.constant("1", len(events))),
        discharge_status_code=events["discharge_status_code"],
    )


def _presence(events: Events) -> dict[str, Coded]:
    """Return the present-on-admission indicators of stays, by diagnosis field."""
    inpatient = events["drg"].codes >= 0
    found = {}
    for name in deciding.DIAGNOSES:
        code = events[name]
        told = code.recode({word: longest_beginning(word.replace(".", ""), presence(), "Y") for word in code.words})
        found[name] = Coded(np.where(inpatient, told.codes, -1), told.words)
    return found


def _procedures(events: Events) -> Columns:
    """Return the stays' procedures by rank, on the day the procedure's own row tells."""
    rows = events.rows("procedures")
    batches = []
    for rank in range(PROCEDURES):
        code, key = events[f"procedure_{rank}"], events[f"procedure_key_{rank}"]
        mine = np.flatnonzero((code.codes >= 0) & (events["drg"].codes >= 0))
        begin, end = events["service_time"][mine], events["end_time"][mine]
        day = begin
        if rows is not None:
            place = match(key[mine], rows["procedure_id"])
            day = np.where(place >= 0, np.clip(rows["performed_datetime"][place], begin, end), begin)
        batches.append(
            {
                "claim_id": events.key[mine],
                "rank": np.full(len(mine), rank + 1, np.int64),
                "code": code[mine],
                "procedure_date": day,
            }
        )
    return Columns({name: concatenate([one[name] for one in batches]) for name in batches[0]})


CLAIM_INSTITUTIONAL = EventType(
    "claim_institutional",
    "membersim",
    "A hospital bills a stay or an emergency visit and the payer decides.",
    (
        Field("encounter", "key", "The encounter it bills."),
        Field("service_time", "datetime", "When the stay or visit began."),
        Field("end_time", "datetime", "When it ended."),
        Field("encounter_type", "code", "Which of the two.", "inpatient", ("ed", "inpatient")),
        Field("diagnosis_1", "diagnosis", "The principal diagnosis.", "R07.9"),
        *deciding.other_diagnoses(),
        Field("provider", "key", "The attending."),
        Field("facility", "key", "The hospital."),
        Field(
            "cpt_codes",
            "text",
            "The services of an emergency visit, CPT or HCPCS numbers separated by commas.",
            pattern=deciding.SERVICES,
        ),
        Field("admission_type_code", "code", "1 emergency, 2 urgent, 3 elective, 4 newborn."),
        Field("admission_source_code", "code", "Where the patient came from; 1, home, where absent."),
        Field("discharge_status_code", "code", "How it ended.", "01"),
        Field("length_of_stay_days", "number", "Nights, where no end is given.", 3, pattern=deciding.WHOLE),
    ),
    handle,
    outcomes,
    settle=settle,
    after=(*deciding.COVERAGE_EVENTS, "patientsim.procedure", "patientsim.encounter"),
    posthumous=True,
    writes=("claims", "claim_lines", "claim_diagnoses", "claim_procedures", "claim_adjustments", "remittances"),
    reads=("procedures", "fills"),
)
