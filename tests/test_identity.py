"""Identity: every id of a person leads to the same person, and records of one person are told from those of others."""

import datetime
import itertools
import types

import example_plugin
import pytest
from attrs import frozen

from healthsim_core import catalog as catalogs
from healthsim_core import hookimpl
from healthsim_core.declarations import Product
from healthsim_core.errors import UserError
from healthsim_core.generation.run import generate
from healthsim_core.generation.views import Entities
from healthsim_core.identity import IdScheme, best_matches, entity_at, find_persons, match_score, unit_and_slot
from healthsim_core.tables import key, refers, table_from


@frozen
class Lodger:
    """A person as an inn knows them."""

    lodger_id: str = key("PL", "The lodger's key.")
    person_id: str = refers("persons.person_id", "P", "The person this lodger is.")


def inn():
    module = types.ModuleType("inn")
    module.healthsim_products = hookimpl(named("healthsim_products", [Product("inn", "An inn.", "lodger")]))
    module.healthsim_tables = hookimpl(named("healthsim_tables", [table_from(Lodger, "lodgers")]))
    return module


def named(name, declared):
    def implementation():
        return declared

    implementation.__name__ = name
    return implementation


@pytest.fixture(scope="module")
def two_products():
    return catalogs.build([("example", "healthsim-example", "1.0", lambda: example_plugin), ("inn", "inn", "1.0", inn)])


@pytest.fixture(scope="module")
def scenario(catalog, profile, tmp_path_factory):
    return generate(profile, catalog=catalog, workspace=tmp_path_factory.mktemp("home")).scenario


# Ids


def test_a_product_that_declares_its_persons_is_in_the_scheme(two_products):
    scheme = IdScheme.of(two_products)
    assert scheme.ids(160) == {"person_id": "P160", "lodger_id": "PL160"}
    assert scheme.ids("PL0") == {"person_id": "P0", "lodger_id": "PL0"}


def test_every_id_and_the_bare_number_lead_to_the_entity(two_products):
    scheme = IdScheme.of(two_products)
    assert {scheme.entity(one) for one in (161, "161", " P161 ", "PL161")} == {161}


def test_a_table_of_what_persons_do_has_no_ids_of_persons(catalog):
    assert IdScheme.of(catalog).ids(7) == {"person_id": "P7"}  # a visit refers to a person, but its key is its own


def test_only_tables_that_take_part_give_ids(two_products):
    assert IdScheme.of(two_products, among=["visits"]).ids(16) == {"person_id": "P16"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("V160", "'V160' is a key of visits, not a person's id; persons' ids look like P160"),
        ("pl160", "did you mean 'PL160'"),
        ("P007", "did you mean 'P7'"),
        ("PX160", "'PX160' is not a person's id; persons' ids look like P160 (person_id), PL160 (lodger_id), or the number"),
        ("P", "'P' is not a person's id"),
        ("-3", "'-3' is not a person's id"),
        ("P1²", "is not a person's id"),
        ("", "'' is not a person's id"),
    ],
)  # fmt: skip
def test_what_is_nobodys_id_is_refused_with_advice(two_products, text, message):
    with pytest.raises(UserError) as caught:
        IdScheme.of(two_products).entity(text)
    assert message in str(caught.value)


def test_a_person_is_a_place_in_a_household():
    assert unit_and_slot(entity_at(10, 3)) == (10, 3) and entity_at(10, 3) == 163
    with pytest.raises(UserError, match="no person at place 16 of household 0"):
        entity_at(0, 16)


def test_generated_entities_carry_their_ids_and_no_others(catalog, profile, tmp_path):
    result = generate(profile, catalog=catalog, workspace=tmp_path, count=20)
    one = Entities(result.plan, catalog)[7]
    assert (one.entity_id, one.attributes["person_id"]) == ("P112", "P112") and "visit_id" not in one.attributes


# Matching

MARY = {
    "ssn": "912-34-5678",
    "birth_date": datetime.date(1980, 3, 7),
    "given_name": "Mary",
    "family_name": "O'Neil",
    "gender": "F",
}


@pytest.mark.parametrize(
    ("other", "score"),
    [
        (MARY, 1.0),
        ({"ssn": "912345678", "birth_date": "1980-03-07", "name": "mary ONEIL", "sex": "female"}, 1.0),
        ({"birth_date": "1980-03-07", "name": "O’Neil, Mary", "sex": None}, 1.0),
        ({**MARY, "ssn": "912345687"}, (0.8 * 20 + 32) / 52),
        ({**MARY, "ssn": "912345679"}, (0.8 * 20 + 32) / 52),
        ({**MARY, "ssn": "912340000"}, 32 / 52),
        ({**MARY, "birth_date": datetime.date(1980, 7, 3)}, (37 + 0.8 * 15) / 52),
        ({**MARY, "birth_date": datetime.date(1980, 3, 8)}, (37 + 0.5 * 15) / 52),
        ({**MARY, "birth_date": datetime.date(1981, 4, 7)}, 37 / 52),
        ({**MARY, "given_name": "O'Neil", "family_name": "Mary"}, (36 + 0.8 * 16) / 52),
        ({**MARY, "family_name": "Abernathy"}, 43 / 52),
        ({"ssn": "912345678"}, 20 / 25),
        ({"sex": "F"}, 1 / 25),
        ({"ssn": "5678", "gender": "unknown"}, 0.0),
        ({}, 0.0),
    ],
)
def test_the_score_is_the_share_of_the_evidence_that_agrees(other, score):
    assert match_score(MARY, other) == pytest.approx(score) == match_score(other, MARY)


def test_names_that_are_nearly_alike_count_in_part():
    def like(name):
        return match_score(MARY, {**MARY, "given_name": name})

    assert match_score(MARY, {}) < like("Bob") < like("Marey") < like("Mary") == 1.0


def test_a_bride_stays_one_and_twins_stay_two():
    assert match_score(MARY, {**MARY, "family_name": "Abernathy"}) >= 0.8
    known = {name: value for name, value in MARY.items() if name != "ssn"}
    assert match_score(known, {**known, "given_name": "Joan"}) < 0.8


def test_the_best_matches_come_first_and_the_others_not_at_all():
    near, far = {**MARY, "ssn": None, "birth_date": "1980-07-03"}, {**MARY, "ssn": "955012222", "birth_date": None}
    assert [one.record for one in best_matches(MARY, [far, near, MARY])] == [MARY, near]
    assert len(best_matches(MARY, [far, near, MARY], at_least=0.0)) == 3


def test_a_birth_date_that_is_none_is_refused():
    with pytest.raises(UserError, match="birth_date: expected YYYY-MM-DD, got '7 March'"):
        match_score(MARY, {"birth_date": "7 March"})


def persons(scenario):
    with scenario.connect() as connection:
        answer = connection.execute("SELECT * FROM persons ORDER BY length(person_id), person_id")
        names = [one[0] for one in answer.description]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def test_everybody_is_found_in_a_scenario_by_a_damaged_record(scenario):
    for one in persons(scenario)[:60]:
        damaged = {
            "ssn": one["ssn"][:7] + one["ssn"][8] + one["ssn"][7],
            "birth_date": str(one["birth_date"]),
            "name": f"{one['given_name'].upper()} {one['family_name']}e",
        }
        found = find_persons(scenario, damaged)
        assert found[0].record["person_id"] == one["person_id"] and 0.8 <= found[0].score < 1


def test_a_person_is_found_by_ssn_alone_or_by_a_birth_date_with_month_and_day_swapped(scenario):
    one = next(one for one in persons(scenario) if one["birth_date"].day <= 12 != one["birth_date"].month)
    assert [match.record["person_id"] for match in find_persons(scenario, {"ssn": one["ssn"]})] == [one["person_id"]]
    day = one["birth_date"]
    swapped = {"birth_date": datetime.date(day.year, day.day, day.month), "given_name": one["given_name"], "family_name": "Changed"}  # fmt: skip
    assert one["person_id"] in [match.record["person_id"] for match in find_persons(scenario, swapped, at_least=0.4)]


def test_strangers_are_not_taken_for_one_another(scenario):
    records = persons(scenario)
    confused = [pair for pair in itertools.combinations(records[:150], 2) if match_score(*pair) >= 0.8]
    assert confused == []


def test_a_search_needs_something_to_look_for(scenario):
    with pytest.raises(UserError, match="give at least one of ssn, birth_date and family_name"):
        find_persons(scenario, {"given_name": "Mary"})
