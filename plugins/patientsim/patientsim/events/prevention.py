"""Vaccines that are given, and allergies that are written down."""

from __future__ import annotations

import numpy as np

from healthsim_core.columns import Array, Coded, Columns
from healthsim_core.draws import uniforms
from healthsim_core.events import DAY, Events, EventType, Field, match
from patientsim.events.ages import age_at
from patientsim.events.placing import PLACED, VISITS, day_inside, midnight, moment, place
from patientsim.reference.care import ADULT_DOSE, Vaccine, allergens, vaccines

THIGH_UNTIL = 2
"""Younger children are vaccinated in the thigh."""

_LOTS = tuple(f"HS{number:04d}" for number in range(2000))


def settle_immunization(events: Events) -> dict[str, Array]:
    """Return the encounter, and which dose it is: by age for children, else one after the other, as journeys give them."""
    dose, vaccine = events["dose"].copy(), events["vaccine"]
    order = np.lexsort((events.key, events.time, vaccine.codes, events.entity))
    new = np.ones(len(events), bool)
    new[1:] = (np.diff(events.entity[order]) != 0) | (np.diff(vaccine.codes[order]) != 0)
    number = np.arange(len(events))
    turn = np.empty(len(events))
    turn[order] = number - np.maximum.accumulate(np.where(new, number, 0)) + 1
    age = age_at(events)
    for code, name in enumerate(vaccine.words):
        rows = np.flatnonzero((vaccine.codes == code) & np.isnan(dose))
        if len(rows):
            dose[rows] = _dose(vaccines()[name], age[rows], turn[rows])
    return {**place(events), "dose": dose}


def _dose(one: Vaccine, age: np.ndarray, turn: np.ndarray) -> np.ndarray:
    # Half a month of grace: visits do not fall on birthdays.
    due = sum((age * 12 + 0.5 >= months).astype(float) for months in one.ages)
    return np.clip(np.where(age < ADULT_DOSE, np.maximum(due, turn), turn), 1, one.doses)


def handle_immunization(events: Events) -> dict[str, Columns]:
    """Return the vaccines given."""
    vaccine, age = events["vaccine"], age_at(events)
    child = vaccine.recode({name: one.code for name, one in vaccines().items()})
    adult = vaccine.recode({name: one.adult_code for name, one in vaccines().items()})
    code = adult.where(age >= ADULT_DOSE, child)
    for name, one in vaccines().items():
        for years, product in one.by_age:
            theirs = vaccine.isin([name]) & (age >= years)
            code = Coded.constant(product, len(events)).where(theirs, code) if theirs.any() else code
    left = np.where(events.draw("site") < 0.6, 0, 1)
    oral = vaccine.lookup({name: one.oral for name, one in vaccines().items()}, False, bool)
    site = np.where(oral, -1, left + np.where(age < THIGH_UNTIL, 2, 0))
    lot = np.floor(events.draw("lot") * len(_LOTS)).astype(np.int64)
    return {
        "immunizations": Columns(
            {
                "immunization_id": events.key,
                "patient_id": events.entity,
                "encounter_id": events["encounter"],
                "code": code,
                "description": vaccine.recode({name: one.label for name, one in vaccines().items()}),
                "status": Coded.constant("completed", len(events)),
                "dose_number": events["dose"].astype(np.int64),
                "lot_number": Coded(lot, _LOTS),
                "site_code": Coded(site, ["LA", "RA", "LT", "RT"]),
                "occurrence_datetime": moment(events, midnight(events.time) + np.timedelta64(10, "h"), 20),
                "provider_id": events["provider"],
            }
        )
    }


def allergy_rows(
    events: Events, allergen: Coded, key: np.ndarray, recorded: np.ndarray, encounter: np.ndarray
) -> Columns:
    """Return allergies with a reaction and how dangerous they are, by draws of the events."""
    facts = allergens()
    words = list(dict.fromkeys(words for one in facts.values() for words, _ in one.reactions))
    reaction = np.full(len(events), -1, np.int64)
    u = events.draw("reaction")
    for code, name in enumerate(allergen.words):
        rows = np.flatnonzero(allergen.codes == code)
        edges = np.cumsum([weight for _, weight in facts[name].reactions])
        place = np.array([words.index(each) for each, _ in facts[name].reactions])
        reaction[rows] = place[np.minimum(np.searchsorted(edges, u[rows], side="right"), len(place) - 1)]
    severe = allergen.lookup({name: one.severe for name, one in facts.items()}, 0.0, float)
    dangerous = (events.draw("severe") < severe) | (reaction == words.index("Anaphylaxis"))
    return Columns(
        {
            "allergy_id": key,
            "patient_id": events.entity,
            "encounter_id": encounter,
            "category": allergen.recode({name: one.category for name, one in facts.items()}),
            "code": allergen.recode({name: one.code for name, one in facts.items()}),
            "description": allergen.recode({name: one.label for name, one in facts.items()}),
            "reaction": Coded(reaction, words),
            "criticality": Coded(dangerous.astype(np.int32), ["low", "high"]),
            "clinical_status": Coded.constant("active", len(events)),
            "recorded_date": recorded,
            "provider_id": events.fields.get("provider", np.full(len(events), -1, np.int64)),
        }
    )


def handle_allergy(events: Events) -> dict[str, Columns]:
    """Return the allergies written down."""
    return {
        "allergies": allergy_rows(
            events, events["allergen"], events.sub_key(0), day_inside(events), events["encounter"]
        )
    }


def allergic(events: Events, allergen: str) -> np.ndarray:
    """Return whether each event's person brings an allergy along."""
    u = uniforms(events.people.seed, f"patientsim.allergy.{allergen}", events.entity)
    return u < allergens()[allergen].prevalence


def known_allergies(events: Events, years: int) -> list[Columns]:
    """Return the allergies that people bring along, each written down in the last `years`; none that a journey finds."""
    found = events.timeline("patientsim.allergy")
    batches = []
    for number, name in enumerate(allergens(), 1):
        rows = allergic(events, name)
        if found is not None:
            rows &= match(events.entity, found.entity[found["allergen"].isin([name])]) < 0
        mine = events.select(rows)
        if not len(mine):
            continue
        ago = np.floor(mine.draw(f"recorded.{name}") * years * 365).astype(np.int64) + 1
        # fmax, unlike maximum, leaves aside a birth date that is missing.
        since = np.fmax(events.people.as_of - ago * DAY, mine.person("birth_date"))
        nowhere = np.full(len(mine), -1, np.int64)
        batches.append(allergy_rows(mine, Coded.constant(name, len(mine)), mine.sub_key(number), since, nowhere))
    return batches


IMMUNIZATION = EventType(
    "immunization",
    "patientsim",
    "A vaccine is given.",
    (
        Field("vaccine", "code", "Which, e.g. influenza.", "influenza", tuple(vaccines())),
        Field("dose", "number", "Which dose of the series; by age and what was given before where absent."),
        *PLACED,
    ),
    handle_immunization,
    writes=("immunizations",),
    settle=settle_immunization,
    after=VISITS,
)
ALLERGY = EventType(
    "allergy",
    "patientsim",
    "An allergy is found and written down.",
    (Field("allergen", "code", "To what, e.g. penicillin.", "penicillin", tuple(allergens())), *PLACED),
    handle_allergy,
    writes=("allergies",),
    settle=place,
    after=VISITS,
)
