"""The bench's journey as one writes it without columns: one Python object per person, per event and per row.

Kept only to be compared with: `python tests/bench/objects.py 1000` prints what it took. It reads the profile, journey
and tables of facts that the engine reads and fills the same tables (but for the county's directory of 46 rows), with
chance from one `random.Random` a person and nothing of the engine. Rows agree in number and distribution, not one by one.
"""

from __future__ import annotations

import importlib.resources
import json
import sys
import tempfile
import time
from bisect import bisect
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from itertools import accumulate, count
from operator import attrgetter
from pathlib import Path
from random import Random

import attrs
import duckdb
import numpy as np

import membersim.entities
import membersim.reference
import patientsim.attributes
import patientsim.entities
import patientsim.reference
import populationsim.reference
from healthsim_core.persons import PERSONS
from healthsim_core.skills import in_package

PROFILE = json.loads((Path(__file__).parent / "harris.json").read_text("utf-8"))
AS_OF = date.fromisoformat(PROFILE["generation"]["as_of"])
STORED = {  # dtype of a column's array, SQL from its values; texts and timestamps go as objects
    "BIGINT": (np.int64, "{}"),
    "DOUBLE": (np.float64, "{}"),
    "DATE": (np.float64, "DATE '0001-01-01' + ({} - 1)::INTEGER"),
    "DECIMAL(12,2)": (np.int64, "{}::DECIMAL(18,0) * 0.01::DECIMAL(3,2)"),
}
BATCH = 1000  # people whose rows are held before they are inserted
LABS, DRUGS = patientsim.reference.labs(), patientsim.reference.drugs()
CODES, LABELS = patientsim.reference.diagnosis_codes(), patientsim.reference.diagnosis_labels()
PLANS, FEES = membersim.reference.plans(), membersim.reference.fees()
PROVIDERS = [(f"PR48201{n:03d}", f"F48201{n % 4 + 1:02d}") for n in range(18)]  # primary care at its 4 practices
SECTIONS = {"encounter": "visits", "diagnosis": "codes", "lab_order": "labs", "medication_order": "medications"}
SECTIONS |= {"procedure": "procedures"}
MEASURES = (("weight", "29463-7", "Body weight", "kg"), ("height", "8302-2", "Body height", "cm"))
TABLES = (PERSONS, *patientsim.entities.TABLES, *membersim.entities.TABLES)
# Plain classes with the tables' columns: objects of the frozen ones that declare the schema take longer to make.
KINDS = [attrs.make_class(one.entity.__name__, [c.name for c in one.columns], slots=True, eq=False) for one in TABLES]
Person, Patient, Encounter, Diagnosis, LabOrder, Observation, MedicationOrder, Procedure = KINDS[:8]
Member, Coverage, Claim, ClaimLine, ClaimDiagnosis = KINDS[8:]


def normal(rng, mean, std_dev, low, high):
    """Return a normal value inside the bounds."""
    while not low <= (value := rng.gauss(mean, std_dev)) <= high:
        pass
    return value


def sampler(spec):
    """Return a function (rng, attributes) -> value for a distribution as specifications write it."""
    if not isinstance(spec, dict):
        return lambda rng, known: spec
    if spec["type"] == "normal":
        shape = [spec[name] for name in ("mean", "std_dev", "min", "max")]
        return lambda rng, known: normal(rng, *shape)
    if spec["type"] == "categorical":
        words, edges = list(spec["weights"]), list(accumulate(spec["weights"].values()))
        return lambda rng, known: words[bisect(edges, rng.random() * edges[-1])]
    rules = [(compile(r["if"], "rule", "eval"), sampler(r.get("distribution", r.get("value")))) for r in spec["rules"]]
    rules.append((compile("True", "rule", "eval"), sampler(spec["default"])))
    return lambda rng, known: next(draw for test, draw in rules if eval(test, known))(rng, known)


@attrs.define(eq=False)
class Event:
    """Something that happens to a person on a day; `known` is when a test's value is there."""

    kind: str
    parameters: dict
    day: datetime
    key: int
    value: float | None = None
    known: datetime | None = None


def days_after(it, rng, turn):
    """Return the days from the event another one depends on, or from the start, to its n-th turn."""
    delay, repeat = it.get("delay", {}), it.get("repeat", {})
    vary = it.get("variance_days", 0) + repeat.get("jitter_days", 0)
    days = it.get("day", 0) + turn * repeat.get("every_days", 0) + (rng.randint(-vary, vary) if vary else 0)
    if "distribution" not in delay:
        return days + delay.get("days", 0)
    low, high = delay["days_min"], delay["days_max"]
    if delay["distribution"] == "uniform":
        return days + rng.randint(low, high)
    return days + round(normal(rng, delay["days"], (high - low) / 4, low, high))


class World:
    """What holds for everybody: distributions, places, names and the journey; read once."""

    def __init__(self):
        reference = populationsim.reference.resolve(PROFILE["demographics"]["reference"], Path("none"))
        clinical, primary = PROFILE["clinical"], PROFILE["clinical"]["primary_condition"]
        specs = {**reference.attributes, "age": PROFILE["demographics"]["age"], "severity": primary["severity"]}
        specs |= {one.name: one.default for one in patientsim.attributes.ATTRIBUTES if one.default}
        specs |= {"plan": {"type": "categorical", "weights": PROFILE["coverage"]["plan_distribution"]}}
        specs = {name: specs[name] for name in ("age", "gender", "ethnicity", *specs)} | clinical["lab_values"]
        self.attributes = {name: sampler(spec) for name, spec in specs.items()}
        said = {one["code"]: one["prevalence"] for one in (primary, *clinical["comorbidities"])}
        conditions = said | {code: share for code, share in reference.conditions.items() if code not in said}
        self.conditions = [(c, sampler(s), [x for x in CODES if x.code.startswith(c)]) for c, s in conditions.items()]
        self.places = reference.places
        self.names = json.loads(importlib.resources.files("healthsim_core").joinpath("data/names.json").read_text())
        path = importlib.resources.files("patientsim") / f"templates/journeys/{PROFILE['journey']['template']}.json"
        self.journey = [one for one in json.loads(path.read_text("utf-8"))["events"] if one["product"] == "patientsim"]
        skills = {one.name: one for one in in_package("patientsim")}
        for it in self.journey:
            self.ask(skills, it)
        self.diagnosed = {it["parameters"]["reason"] for it in self.journey if it["event_type"] == "diagnosis"}

    def ask(self, skills, it):
        """Fill in what an event of the journey leaves to a skill."""
        said = it["parameters"]
        skill = skills[said.pop("skill_ref")]
        it["parameters"] = {"reason": skill.applies_to[0], **skill.rows(SECTIONS[it["event_type"]], said)[0], **said}
        if "skill_ref" in it.get("repeat", {}):
            row = skill.rows("follow_up", {"event": it["event_type"]})[0]
            it["repeat"]["every_days"] = int(row["interval_days"])


class Individual:
    """One person: their own chance, attributes, conditions, balances and rows."""

    def __init__(self, index, world, rows):
        self.index, self.world, self.rows, self.known, self.codes = index, world, rows, {}, {}
        self.rng = Random(f"{PROFILE['generation']['seed']}-{index}")
        self.patient_id, self.member_id, self.keys = f"PT{index * 16}", f"M{index * 16}", count(index * 16 * 4096 + 1)
        for name, draw in world.attributes.items():
            self.known[name] = draw(self.rng, self.known)
        for category, share, leaves in world.conditions:
            if self.rng.random() < share(self.rng, self.known):
                mine = [one for one in leaves if one.severity == self.known["severity"]] or leaves
                self.codes[category] = self.rng.choices(mine, [one.weight for one in mine])[0].code
        self.condition_text = " ".join(word for pair in self.codes.items() for word in pair)
        self.levels = {"a1c": round(self.known["a1c"], 1)}
        self.provider_id, self.facility_id = PROVIDERS[index % len(PROVIDERS)]
        self.plan, self.coverage_id = PLANS[self.known["plan"]], f"CV{next(self.keys)}"
        self.visit, self.balances = None, defaultdict(lambda: [0, 0])  # by year: spent on the deductible, owed

    def keep(self, row):
        """Keep a row for its table; rows are made by position, in the order of the table's columns."""
        self.rows[type(row)].append(row)

    def live(self):
        """Enroll, and write what happens in the journey day by day."""
        self.enroll()
        for event in sorted(self.unfold(), key=lambda one: (one.day, one.kind != "encounter")):
            getattr(self, event.kind)(event)

    def enroll(self):
        """Write the person, the patient with the problem list from before, the member and the coverage."""
        rng, world, index, known, plan = self.rng, self.world, self.index, self.known, self.plan
        born = AS_OF.replace(year=AS_OF.year - round(known["age"]) - 1) + timedelta(rng.randint(1, 365))
        name = (rng.choice(world.names[known["gender"]]), rng.choice(world.names["family"]))
        who, race = (*name, born, known["gender"]), (known["race"], known["ethnicity"])
        street = f"{rng.randint(100, 9899)} {rng.choice(world.names['streets'])}"
        place, serial = rng.choice(world.places), index * 30_000_001 % 48_995_100
        where = (street, place.city, place.state, place.zip_code, place.county_fips)
        ssn = f"{900 + serial // 489_951}{1 + serial % 489_951 // 9999:02d}{1 + serial % 489_951 % 9999:04d}"
        reach = (f"71355501{rng.randint(0, 99):02d}", f"{name[0]}.{name[1]}{index}@example.com".lower())
        person_id, mrn = f"P{index * 16}", f"MRN{1_000_000 + index * 16}"
        self.keep(Person(person_id, f"HH{index}", "subscriber", *who, *race, *where, *reach, ssn))
        self.keep(Patient(self.patient_id, person_id, mrn, *who, *race, self.provider_id))
        self.keep(Member(self.member_id, person_id, self.member_id, "18", *who, self.provider_id))
        about = (plan.payer_id, plan.payer_name, plan.plan, plan.name, plan.coverage_type, None, "EMP", AS_OF, None)
        money = (plan.premium, plan.deductible, plan.out_of_pocket_max)
        self.keep(Coverage(self.coverage_id, self.member_id, *about, *money))
        for number, (category, code) in enumerate(self.codes.items(), 1):
            if category not in world.diagnosed:
                onset = max(AS_OF - timedelta(rng.randint(1, 3650)), born)
                self.keep_diagnosis(index * 16 * 4096 * 32 + number, None, "problem-list-item", code, 1, onset)

    def unfold(self):
        """Return the events of the journey."""
        happened, rng, start = {}, self.rng, datetime(AS_OF.year, AS_OF.month, AS_OF.day)
        for it in self.world.journey:
            mine = happened[it["event_id"]] = []
            for anchor in happened[it["depends_on"]] if "depends_on" in it else [None]:
                for turn in range(it["repeat"]["count"] if "repeat" in it else 1):
                    if rng.random() >= it.get("probability", 1):
                        continue
                    day = (anchor.day if anchor else start) + timedelta(days_after(it, rng, turn))
                    if all(self.holds(condition, happened, day) for condition in it.get("conditions", ())):
                        mine.append(Event(it["event_type"], it["parameters"], day, next(self.keys)))
                        if it["event_type"] == "lab_order":
                            mine[-1].value = self.measure(it["parameters"]["test"])
                            mine[-1].known = day + timedelta(rng.randint(1, 5), 60 * rng.randint(480, 1079))
        return [event for events in happened.values() for event in events]

    def holds(self, condition, happened, day):
        """Return whether a condition of the journey holds on a day."""
        if condition["operator"] == "contains":
            return condition["value"] in self.condition_text
        tests = [one for one in happened[condition["field"].split(".")[0]] if one.known <= day]
        return bool(tests) and max(tests, key=attrgetter("known")).value > condition["value"]

    def measure(self, test):
        """Return a result: the person's level of the test, moved a little."""
        lab = LABS[test]
        if test not in self.levels:
            mine = [one for one in lab.spreads if one.condition is None or one.condition in self.condition_text][-1]
            self.levels[test] = normal(self.rng, mine.mean, mine.std_dev, mine.min, mine.max)
        moved = self.levels[test] * (1 + 0.04 * normal(self.rng, 0, 1, -3, 3))
        low, high = min(one.min for one in lab.spreads), max(one.max for one in lab.spreads)
        return round(min(max(moved, low), high), lab.decimals)

    def keep_diagnosis(self, key, visit, category, code, rank, day):
        """Write a diagnosis."""
        self.keep(Diagnosis(f"D{key}", self.patient_id, visit, category, code, LABELS[code], rank, "active", day, day))

    def linked(self, event):
        """Return the encounter that an event belongs to, that of its day, and its provider."""
        if self.visit and self.visit.start_datetime.date() == event.day.date():
            return self.visit.encounter_id, self.visit.provider_id
        return None, None

    def encounter(self, event):
        """Write an office visit with its diagnoses and measures, and its claim."""
        start, reason = event.day + timedelta(minutes=480 + 15 * self.rng.randint(0, 35)), event.parameters["reason"]
        codes = [self.codes[reason], *(code for category, code in self.codes.items() if category != reason)][:4]
        about = ("AMB", "office", "finished", start, start + timedelta(minutes=25), codes[0])
        self.visit = Encounter(f"E{event.key}", self.patient_id, *about, self.provider_id, self.facility_id, None)
        self.keep(self.visit)
        ids, day = (self.patient_id, self.visit.encounter_id), event.day.date()
        for rank, code in enumerate(codes, 1):
            self.keep_diagnosis(event.key * 32 + rank, ids[1], "encounter-diagnosis", code, rank, day)
        rest = (None, None, None, start, start, self.provider_id)
        for number, (name, loinc, label, unit) in enumerate(MEASURES, 1):
            moved = 1 + 0.04 * (self.rng.random() - 0.5) if name == "weight" else 1
            about = ("vital-signs", loinc, label, round(self.known[name] * moved, 1), unit)
            self.keep(Observation(f"O{event.key * 32 + number}", *ids, None, *about, *rest))
        self.bill(event.parameters["cpt_codes"], codes, day)

    def bill(self, services, codes, day):
        """Write the visit's claim, adjudicated after the person's claims of the year so far."""
        plan, claim_id, lines = self.plan, f"C{next(self.keys)}", []
        for code in services.split(","):
            fee, preventive = FEES.get(code, (membersim.reference.UNLISTED_FEE, False))
            billed = (fee * 240 + 50) // 100
            agreed = min(billed, (fee * plan.fee_percent + 50) // 100)
            lines.append((code, billed, agreed, 0 if preventive else agreed))
        charge, allowed, subject = (sum(line[place] for line in lines) for place in (1, 2, 3))
        spent, owed_before = balance = self.balances[day.year]
        copay = min(plan.copay, subject)
        deductible = min(max(plan.deductible - spent, 0), subject - copay)
        coinsurance = ((subject - copay - deductible) * plan.coinsurance_percent + 50) // 100
        owed = copay + deductible + coinsurance
        balance[:] = spent + subject - copay, owed_before + owed
        # What the member still owes this year pays the copay first, so that coinsurance is the first to fall away.
        left = max(plan.out_of_pocket_max - owed_before, 0) if plan.out_of_pocket_max else owed
        copay = min(copay, left)
        deductible = min(deductible, left - copay)
        coinsurance = min(coinsurance, left - copay - deductible)
        owed = copay + deductible + coinsurance
        submitted = day + timedelta(self.rng.randint(1, 7))
        days = (day, day, submitted, submitted + timedelta(self.rng.randint(3, 14)))
        where = ("professional", "11", self.facility_id, self.provider_id, self.facility_id, "1")
        money = (charge, allowed, allowed - owed, owed, deductible, copay, coinsurance)
        self.keep(
            Claim(claim_id, self.member_id, self.coverage_id, self.visit.encounter_id, *where, *days, "paid", *money)
        )
        pointers = ":".join(str(rank) for rank in range(1, len(codes) + 1))
        running = given = 0
        for number, (code, billed, agreed, weight) in enumerate(lines, 1):
            running += weight
            share = (owed * running + subject // 2) // subject - given if subject else 0
            given += share
            money = (billed, agreed, agreed - share, share)
            self.keep(ClaimLine(claim_id, number, code, None, day, 1, pointers, *money))
        for rank, code in enumerate(codes, 1):
            self.keep(ClaimDiagnosis(claim_id, rank, code))

    def diagnosis(self, event):
        """Write a new entry of the problem list."""
        encounter_id, code = self.linked(event)[0], self.codes[event.parameters["reason"]]
        self.keep_diagnosis(event.key * 32, encounter_id, "problem-list-item", code, 1, event.day.date())

    def lab_order(self, event):
        """Write an order and the result that answers it."""
        lab, (encounter_id, provider_id) = LABS[event.parameters["test"]], self.linked(event)
        ids, ordered, value = (self.patient_id, encounter_id), self.visit.start_datetime, event.value
        self.keep(LabOrder(f"LO{event.key}", *ids, lab.code, lab.label, "completed", ordered, provider_id))
        low, high = value if lab.low is None else lab.low, value if lab.high is None else lab.high
        flag = "L" if value < low else "H" if value > high else "N"
        about = (lab.code, lab.label, value, lab.unit, lab.low, lab.high, flag, ordered, event.known, provider_id)
        self.keep(Observation(f"O{next(self.keys) * 32}", *ids, f"LO{event.key}", "laboratory", *about))

    def medication_order(self, event):
        """Write a medication order."""
        drug, (encounter_id, provider_id) = DRUGS[event.parameters["drug"]], self.linked(event)
        about = (drug.code, drug.label, drug.dosage, drug.quantity, drug.days_supply, drug.refills)
        rest = (self.codes[event.parameters["reason"]], "active", event.day + timedelta(hours=10), provider_id)
        self.keep(MedicationOrder(f"MO{event.key}", self.patient_id, encounter_id, *about, *rest))

    def procedure(self, event):
        """Write a procedure."""
        (encounter_id, provider_id), code = self.linked(event), event.parameters["code"]
        about = (code, "CPT", "Photograph of the retina", event.day + timedelta(hours=13), provider_id)
        self.keep(Procedure(f"PC{event.key}", self.patient_id, encounter_id, *about))


def insert(connection, table, rows):
    """Insert objects, a numpy array a column: the fastest of the ordinary ways (executemany takes 100 times longer)."""
    arrays, values = {}, []
    for one in table.columns:
        kind, decode = STORED.get(one.type, (object, "{}"))
        found = map(attrgetter(one.name), rows)
        found = (day and day.toordinal() for day in found) if one.type == "DATE" else found
        arrays[one.name] = np.array(list(found), kind)
        values.append(decode.format(one.name))
    connection.register("_rows", arrays)
    connection.execute(f"INSERT INTO {table.name} SELECT {', '.join(values)} FROM _rows")


def run(people: int, path: Path) -> dict[str, int]:
    """Generate people one by one into a new DuckDB file and return the rows of every table."""
    world, counts = World(), Counter()
    with duckdb.connect(str(path)) as connection:
        connection.execute(";".join(["BEGIN", *(table.ddl() for table in TABLES)]))
        for start in range(0, people, BATCH):
            rows = {kind: [] for kind in KINDS}
            for index in range(start, min(start + BATCH, people)):
                Individual(index, world, rows).live()
            for table, mine in zip(TABLES, rows.values(), strict=True):
                insert(connection, table, mine)
                counts[table.name] += len(mine)
        connection.execute("COMMIT; CHECKPOINT")
    return dict(counts)


def main() -> None:
    """Print the seconds and rows of a run as JSON; what is read once is read before."""
    World()
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        tables = run(int(sys.argv[1]), Path(folder) / "objects.duckdb")
        seconds = time.perf_counter() - started
    print(json.dumps({"seconds": round(seconds, 3), "rows": sum(tables.values()), "tables": tables}))


if __name__ == "__main__":
    main()
