"""Identity: one person and their ids in every product, and whether two records are about the same person.

A person is an integer, the entity: unit * 16 + slot, where the unit is the household. Every id of a person is a prefix
and that integer: P160, PT160, M160. Which prefixes there are is read from the declared products and tables.

Matching weighs what two records agree on, in bits, as Fellegi and Sunter do: the weight of a field is log2 of how many
people one would have to ask, at random, to find one who agrees by chance.

===========  ====  =====================================  ============================================
field        bits  why                                    counts in part
===========  ====  =====================================  ============================================
ssn          20    nine digits, less what is mistyped     0.8: one digit wrong, or two neighbours swapped
birth_date   15    365 days of 80 years                   0.8: month and day swapped; 0.5: one of year,
                                                          month, day wrong
family_name   9    1 in 500                               how alike they are, from 0.75 up; 0.8: given
given_name    7    1 in 128                               and family name swapped
gender        1    1 in 2
===========  ====  =====================================  ============================================

The score is the bits that agree among the bits compared. A value missing on either side is no evidence, and its bits are
left out; but what is compared counts as no less than 25 bits (one person in 33 million), so that agreeing on little is
not certainty. At 0.8 twins of one sex stay apart, and a person who married and took another name stays one.
"""

from __future__ import annotations

import datetime
import difflib
import unicodedata
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from attrs import frozen

from healthsim_core.draws import SLOTS
from healthsim_core.errors import UserError

if TYPE_CHECKING:
    from healthsim_core.catalog import Catalog
    from healthsim_core.state.store import Scenario

WEIGHTS = {"ssn": 20.0, "birth_date": 15.0, "family_name": 9.0, "given_name": 7.0, "gender": 1.0}
"""How many bits of evidence a field's agreement is."""

LEAST_EVIDENCE = 25.0
"""Bits that what is compared counts as, where it is less."""

ALIKE = 0.75
"""Names less alike than this do not agree at all."""


@frozen
class PersonKey:
    """A table's key that is a person's: `prefix` and the person's integer."""

    table: str
    name: str
    prefix: str


@frozen
class IdScheme:
    """The ids a person has, and the person that an id means; `others` are the prefixes of other tables' keys."""

    keys: tuple[PersonKey, ...]
    others: Mapping[str, str]

    @classmethod
    def of(cls, catalog: Catalog, among: Iterable[str] | None = None) -> IdScheme:
        """Return the scheme of what a catalog declares, or of the tables `among` it.

        A product's own table of persons has a single key, named after what the product calls a person, and a column that
        refers to persons; a table with any other key (visits of persons, say) has persons, but is not about one each.
        """
        names = {"person_id", *(f"{product.entity}_id" for product in catalog.all("product").values())}
        keys, others = [], {}
        for table in catalog.all("table").values():
            if not table.primary_key or not (key := table.column(table.primary_key[0])).prefix:
                continue
            refers = table.name == "persons" or any(one.references == "persons.person_id" for one in table.columns)
            if table.primary_key != (key.name,) or key.name not in names or not refers:
                others[key.prefix] = table.name
            elif among is None or table.name in among or table.name == "persons":
                keys.append(PersonKey(table.name, key.name, key.prefix))
        keys.sort(key=lambda one: (one.table != "persons", one.table))
        return cls(tuple(keys), others)

    def ids(self, person: int | str) -> dict[str, str]:
        """Return all ids of a person, given as an entity or as any of the ids: {"person_id": "P160", …}."""
        entity = self.entity(person)
        return {key.name: f"{key.prefix}{entity}" for key in self.keys}

    def entity(self, person: int | str) -> int:
        """Return the entity that an id means, or that a bare number is; UserError where it is nobody's id."""
        text = str(person).strip()
        if _is_number(text):
            return int(text)
        for key in sorted(self.keys, key=lambda one: -len(one.prefix)):
            if text.startswith(key.prefix) and _is_number(text[len(key.prefix) :]):
                return int(text[len(key.prefix) :])
        raise UserError(self._complaint(text))

    def _complaint(self, text: str) -> str:
        prefix = text.rstrip("0123456789")
        number = text[len(prefix) :]
        examples = ", ".join(f"{key.prefix}160 ({key.name})" for key in self.keys)
        if number and prefix in self.others:
            return f"{text!r} is a key of {self.others[prefix]}, not a person's id; persons' ids look like {examples}"
        meant = [key.prefix for key in self.keys if key.prefix.casefold() == prefix.casefold()]
        hint = f"; did you mean '{meant[0]}{int(number)}'?" if meant and number else ""
        return f"{text!r} is not a person's id{hint}; persons' ids look like {examples}, or the number alone"


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and str(int(text)) == text


def unit_and_slot(entity: int) -> tuple[int, int]:
    """Return a person's household number and place in it."""
    return divmod(entity, SLOTS)


def entity_at(unit: int, slot: int = 0) -> int:
    """Return the person at a place of a household; UserError where a household has no such place."""
    if unit < 0 or not 0 <= slot < SLOTS:
        raise UserError(
            f"no person at place {slot} of household {unit}: households count from 0, places from 0 to {SLOTS - 1}"
        )
    return unit * SLOTS + slot


@frozen
class Match:
    """A record that may be about the person asked for, and its score."""

    score: float
    record: Mapping[str, Any]


def match_score(one: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    """Return how likely two records are about one person, 0 to 1: the share of the evidence that agrees.

    Records are mappings with any of ssn, birth_date, given_name, family_name (or name) and gender (or sex).
    """
    return _score(_normal(one), _normal(other))


def best_matches(
    person: Mapping[str, Any], candidates: Iterable[Mapping[str, Any]], at_least: float = 0.8
) -> list[Match]:
    """Return the candidates that score `at_least` so much, the best first, equal ones as they came."""
    wanted = _normal(person)
    found = [Match(_score(wanted, _normal(candidate)), candidate) for candidate in candidates]
    return sorted((match for match in found if match.score >= at_least), key=lambda match: -match.score)


_BLOCK = """
SELECT person_id, given_name, family_name, birth_date, gender, ssn FROM persons
WHERE ssn = $ssn OR birth_date IN ($day::DATE, $swapped::DATE)
   OR regexp_replace(lower(strip_accents(family_name)), '[^a-z]', '', 'g') = $family
ORDER BY length(person_id), person_id
"""


def find_persons(scenario: Scenario, record: Mapping[str, Any], at_least: float = 0.8) -> list[Match]:
    """Return a saved scenario's persons that a record may be about, the best first.

    Only persons who share the record's SSN, birth date (or month and day swapped) or family name are scored: DuckDB finds
    them; UserError where the record has none of the three.
    """
    wanted = _normal(record)
    day = wanted.get("birth_date")
    block = {
        "ssn": wanted.get("ssn"),
        "day": day,
        "swapped": _swapped(day) if day else None,
        "family": wanted.get("family_name"),
    }
    if not any(block.values()):
        raise UserError("to find a person, give at least one of ssn, birth_date and family_name")
    if "persons" not in scenario.counts():
        raise UserError(f"scenario {scenario.name!r} has no table persons to search")
    with scenario.connect() as connection:
        answer = connection.execute(_BLOCK, block)
        names = [one[0] for one in answer.description]
        candidates = [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
    return best_matches(record, candidates, at_least)


def _score(one: dict[str, Any], other: dict[str, Any]) -> float:
    compared = agreed = 0.0
    crossed = _crossed(one, other)
    for name, weight in WEIGHTS.items():
        if name not in one or name not in other:
            continue
        compared += weight
        agreement = _AGREEMENT[name](one[name], other[name])
        agreed += weight * (max(agreement, 0.8) if crossed and name.endswith("_name") else agreement)
    return agreed / max(compared, LEAST_EVIDENCE)


def _normal(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a record can be compared, each in one form; what is missing or says nothing is left out."""
    given, family = record.get("given_name"), record.get("family_name")
    if not given and not family and record.get("name"):
        given, family = _split(str(record["name"]))
    values = {
        "ssn": "".join(letter for letter in str(record.get("ssn") or "") if letter.isdigit()),
        "birth_date": _day(record.get("birth_date")),
        "family_name": _letters(family),
        "given_name": _letters(given),
        "gender": str(record.get("gender") or record.get("sex") or "").strip()[:1].upper(),
    }
    if len(values["ssn"]) != 9:
        del values["ssn"]
    if values["gender"] not in ("M", "F"):
        del values["gender"]
    return {name: value for name, value in values.items() if value}


def _split(name: str) -> tuple[str, str]:
    if "," in name:
        family, given = name.split(",", 1)
        return given, family
    given, _, family = name.strip().rpartition(" ")
    return given, family


def _letters(name: object) -> str:
    plain = unicodedata.normalize("NFKD", str(name or "")).casefold()
    return "".join(letter for letter in plain if "a" <= letter <= "z")


def _day(value: object) -> datetime.date | None:
    if value is None or value == "":
        return None
    if isinstance(value, datetime.datetime):
        return value.date()
    if isinstance(value, datetime.date):
        return value
    try:
        return datetime.date.fromisoformat(str(value)[:10])
    except ValueError:
        raise UserError(f"birth_date: expected YYYY-MM-DD, got {value!r}") from None


def _swapped(day: datetime.date) -> datetime.date | None:
    return datetime.date(day.year, day.day, day.month) if day.day <= 12 else None


def _crossed(one: dict[str, Any], other: dict[str, Any]) -> bool:
    names = [record.get(name) for record in (one, other) for name in ("given_name", "family_name")]
    return all(names) and names[0] == names[3] and names[1] == names[2]


def _same_ssn(one: str, other: str) -> float:
    wrong = [place for place in range(9) if one[place] != other[place]]
    if len(wrong) == 2:
        first, second = wrong
        near = second == first + 1 and one[first] == other[second] and one[second] == other[first]
        return 0.8 if near else 0.0
    return (1.0, 0.8)[len(wrong)] if len(wrong) < 2 else 0.0


def _same_day(one: datetime.date, other: datetime.date) -> float:
    if one == other:
        return 1.0
    if _swapped(one) == other:
        return 0.8
    same = (one.year == other.year) + (one.month == other.month) + (one.day == other.day)
    return 0.5 if same == 2 else 0.0


def _same_name(one: str, other: str) -> float:
    alike = difflib.SequenceMatcher(None, *sorted((one, other)), autojunk=False).ratio()
    return alike if alike >= ALIKE else 0.0


_AGREEMENT = {
    "ssn": _same_ssn,
    "birth_date": _same_day,
    "family_name": _same_name,
    "given_name": _same_name,
    "gender": lambda one, other: float(one == other),
}
