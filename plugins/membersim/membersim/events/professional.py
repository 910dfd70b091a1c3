"""Professional claims: from services and diagnoses to an adjudicated claim with its lines, for whoever renders them."""

from __future__ import annotations

import numpy as np
from attrs import evolve

from healthsim_core.columns import Array, Coded, Columns
from healthsim_core.events import Events, EventType, Field, match
from membersim.adjudication import Shares
from membersim.events import deciding, denying
from membersim.events.accumulating import shares_of
from membersim.events.billing import IN_HOSPITAL, ROLES, VISITS, role_of, settle_billing
from membersim.events.contracted import network_status
from membersim.events.services import USUAL, priced
from membersim.reference import benefit


def outcomes(events: Events) -> dict[str, Array]:
    """Return the days of service of claims that nothing else dates."""
    given, end = events["service_time"], events["end_time"]
    begin = np.where(np.isnat(given), events.time, given)
    return {"service_time": begin, "end_time": np.where(np.isnat(end), begin, np.maximum(end, begin))}


def settle(events: Events) -> dict[str, Array]:
    """Return who bills, the coverage that answers, why it is denied, and the amounts the year's balances are made of."""
    found = settle_billing(events, role_of(events))
    events.fields.update(found)
    leads = events.select(found["bill"] == events.key)
    cover = deciding.cover(leads, leads["diagnosis_1"].codes >= 0)
    leads.fields.update(cover)
    leads.fields["denial"] = denying.deny(leads, cover["covered"], leads["service_time"], _suited(leads))
    lines = priced(events, leads)
    allowed = deciding.total(lines["allowed"], lines["owner"], len(leads))
    flat = deciding.total(lines["flat"], lines["owner"], len(leads))
    free = allowed - flat - deciding.total(lines["weight"], lines["owner"], len(leads))
    inclusive = benefit(cover["plan"], "inpatient_copay") > 0
    inclusive &= benefit(cover["plan"], "inpatient_holds_physicians") > 0
    stay = leads["billing_role"].isin(["attending", "operating", "anesthesia"])
    status = network_status(leads, cover["plan"], provider=leads["rendering"], facility=leads["rendered_at"])
    # Nobody chooses who comes in an emergency or works in a hospital: the law asks for no more than in the network.
    outside = status.isin(["out"]) & ~leads["billing_role"].isin([ROLES[place] for place in IN_HOSPITAL])
    # A claim whose services all turn out to be another one's is none.
    empty = np.bincount(lines["owner"], minlength=len(leads)) == 0
    own = {
        **cover,
        "coverage": np.where(empty, -1, cover["coverage"]),
        "denial": leads["denial"],
        "allowed": allowed,
        "free": np.where(inclusive & stay, allowed, free),
        "network_status": status,
        "flat": flat,
        **deciding.benefits_of(cover["plan"], benefit(cover["plan"], "copay"), outside),
    }
    return {**found, "service_time": events["service_time"], **_to_all(events, leads, own)}


def _suited(leads: Events) -> dict[str, np.ndarray]:
    """Return which claims each kind of reason for denials suits."""
    role = leads["billing_role"]
    planned, tests = role.isin(["imaging"]), role.isin(["laboratory"])
    operating = role.isin(["operating"]) & ~leads["admission_type_code"].isin(["1"])
    planned |= operating
    return denying.suited(leads["plan"], planned, planned | tests, role.isin(["practice"]))


def _to_all(events: Events, leads: Events, own: dict[str, Array]) -> dict[str, Array]:
    """Return the leading events' fields for all events; what joins another claim has its coverage and plan, but no amounts."""
    place = match(events["bill"], leads.key)
    leading = place >= 0
    alone = events["bill"] == events.key
    found: dict[str, Array] = {}
    for name, column in own.items():
        if isinstance(column, Coded):
            codes = np.full(len(events), -1, np.int32)
            codes[leading] = column.codes[place[leading]]
            found[name] = Coded(codes, column.words)
        else:
            rows = leading if name in ("coverage", "covered") else alone
            values = np.full(len(events), -1 if name == "coverage" else 0, column.dtype)
            values[rows] = column[place[rows]]
            found[name] = values
    return found


def handle(events: Events) -> dict[str, Columns]:
    """Return claims with lines, diagnoses, adjustments and remittances, adjudicated in the order of service."""
    shares = shares_of(events)
    told = np.flatnonzero((events["bill"] >= 0) & (events["coverage"] >= 0))
    events = events.select(told)
    first = np.flatnonzero(events["bill"] == events.key)
    if not len(first):
        return {}
    leads, mine = events.select(first), told[first]
    shares = Shares(shares.deductible[mine], shares.copay[mine], shares.coinsurance[mine])
    lines = priced(events, leads)
    owner, charge = lines["owner"], lines["charge"]
    rows, adjustments = deciding.line_rows(
        leads,
        shares,
        owner,
        charge,
        lines["allowed"],
        lines["weight"],
        lines["flat"],
        procedure_code=lines["code"],
        modifier_code=lines["modifier"],
        unit_count=lines["units"],
        service_date=lines["day"],
    )
    claims = deciding.claim_rows(
        leads,
        "professional",
        deciding.total(charge, owner, len(leads)),
        leads["allowed"],
        shares,
        encounter_id=leads["encounter"],
        billing_role=leads["billing_role"],
        network_status=leads["network_status"],
        place_of_service_code=leads["place_code"],
        billing_facility_id=leads["rendered_at"],
        rendering_provider_id=leads["rendering"],
        referring_provider_id=leads["ordered_by"],
        facility_id=leads["rendered_at"],
        admission_datetime=_admitted(leads),
    )
    return {
        **claims,
        "claim_lines": rows,
        "claim_adjustments": adjustments,
        "claim_diagnoses": deciding.diagnosis_rows(leads),
    }


def _admitted(leads: Events) -> np.ndarray:
    """Return when the stay began, on claims of care in it."""
    stay = leads["place_code"].isin(["21"])
    return np.where(stay, leads["admitted"], np.datetime64("NaT", "s"))


def _fields(procedure: str | None) -> tuple[Field, ...]:
    return (
        Field("encounter", "key", "The encounter it bills."),
        Field("encounter_type", "code", "What kind of visit: in hospital (ed, inpatient) its physician bills."),
        Field("service_time", "datetime", "When the service was rendered."),
        Field("end_time", "datetime", "When a stay ended."),
        Field("length_of_stay_days", "number", "Nights of a stay.", pattern=deciding.WHOLE),
        Field("admission_type_code", "code", "4 for newborns."),
        Field("diagnosis_1", "diagnosis", "The main diagnosis.", "Z00.00"),
        *deciding.other_diagnoses(),
        Field(
            "cpt_codes",
            "text",
            "The services, CPT or HCPCS numbers separated by commas.",
            USUAL,
            pattern=deciding.SERVICES,
        ),
        Field("procedure_code", "code", "A procedure that is billed by itself.", procedure),
        Field("procedure_system", "code", "CPT, HCPCS or ICD-10-PCS.", "ICD-10-PCS" if procedure else None),
        Field("test", "code", "A laboratory test, by its name in orders."),
        Field("vaccine", "code", "A vaccine, by its name in orders."),
        Field(
            "place_of_service_code",
            "code",
            "CMS place of service, of visits outside hospitals; 11 gives way to that of the facility.",
            "11",
        ),
        Field("provider", "key", "Who rendered it."),
        Field("referrer", "key", "Who ordered it."),
        Field("facility", "key", "Where, and who bills."),
    )


CLAIM_PROFESSIONAL = EventType(
    "claim_professional",
    "membersim",
    "A practice, a physician of a hospital or a laboratory bills a service and the payer decides.",
    _fields(None),
    handle,
    outcomes,
    settle=settle,
    after=(*deciding.COVERAGE_EVENTS, *VISITS),
    writes=("claims", "claim_lines", "claim_diagnoses", "claim_adjustments", "remittances"),
    reads=("fills",),
    posthumous=True,
)
CLAIM_ANESTHESIA = evolve(
    CLAIM_PROFESSIONAL,
    name="claim_anesthesia",
    doc="An anesthesiologist bills a procedure of a stay and the payer decides.",
    fields=_fields("0FT44ZZ"),
)
