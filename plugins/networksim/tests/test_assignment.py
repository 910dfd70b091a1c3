"""Assignment: the nearest there is, families together, panels even."""

import numpy as np
import pytest

from healthsim_core.columns import Coded, Span
from healthsim_core.declarations import Place
from healthsim_core.errors import SpecificationError
from healthsim_core.generation.profile import sample
from healthsim_core.generation.run import generate
from healthsim_core.people import People
from networksim import specialty_of
from networksim.assignment import assign
from networksim.directory import build


def people_of(facts, count=1800, start=0, network=None, rosters=None, slots=1):
    """Return households of adults, spread in turn over the places."""
    units = np.repeat(np.arange(start, start + count, dtype=np.int64), slots)
    entity = units * 16 + np.tile(np.arange(slots), count)
    columns = {"place": units % len(facts["places"]), "age": np.full(len(units), 40)}
    rosters = rosters or build(facts, 5, {})
    known = {**facts, "network": {"primary_care_provider": network or {}}}
    return People(5, Span(start, start + count), entity, columns, rosters, facts=known)


def numbers(assigned):
    """Return what was assigned as numbers, the network too."""
    return {name: getattr(column, "codes", column) for name, column in assigned.items()}


def facility_zips(people, key):
    """Return the ZIP (int) of the facility of that key, for every person."""
    facilities = people.rosters["facilities"]
    return np.array(facilities["zip_code"].decode(), int)[np.searchsorted(facilities["facility_id"], key)]


def test_everybody_sees_the_nearest_practice(county):
    people = people_of(county("48201", 60, 150_000), 600)
    home = 77001 + people["place"]
    mine = facility_zips(people, assign(people)["pcp_facility"])
    facilities, providers = people.rosters["facilities"], people.rosters["providers"]
    primary = providers["specialty"].isin({"family_medicine", "internal_medicine"})
    walk_in = facilities["facility_id"][facilities["facility_type"].isin({"urgent_care"})]
    at = np.setdiff1d(providers["facility_id"][primary], walk_in)
    clinics = facility_zips(people, at)
    # ZIPs are numbered along a line.
    assert (abs(mine - home) == abs(clinics[None, :] - home[:, None]).min(axis=1)).all()
    assert (mine == home).any() and (mine != home).any()


def test_emergency_physicians_are_those_of_ones_hospital(county):
    people = people_of(county("48201", 90, 450_000), 300)
    found = assign(people)
    providers = people.rosters["providers"]
    for specialty in ("emergency_medicine", "hospital_medicine", "general_surgery", "radiology"):
        row = np.searchsorted(providers["provider_id"], found[f"specialist.{specialty}"])
        assert (providers["facility_id"][row] == found["hospital_facility"]).all()
    assert len(np.unique(found["hospital_facility"])) in (3, 4)


def test_without_coordinates_the_county_serves(places):
    known = places("48201")["places"][0]
    facts = {"places": (known, Place("77099", "Houston", "TX", "48201", "A County", 1.0))}
    people = people_of(facts)
    assert all((column >= 0).all() for name, column in assign(people).items() if name != "network")


def test_panels_are_even(places):
    people = people_of(places("48201"), network={"assignment": "in_turn"})
    whole = assign(people)
    providers, facilities = people.rosters["providers"], people.rosters["facilities"]
    walk_in = facilities["facility_id"][facilities["facility_type"].isin({"urgent_care"})]
    primary = providers["specialty"].isin({"family_medicine", "internal_medicine"})
    doctors = (primary & ~np.isin(providers["facility_id"], walk_in)).sum()
    for name, many in (("pcp_provider", doctors), ("pharmacy", 2), ("specialty_pharmacy", 2)):
        sizes = np.unique(whole[name], return_counts=True)[1]
        assert len(sizes) == many and sizes.max() - sizes.min() <= 1, name
    half = people_of(places("48201"), 900, 900, {"assignment": "in_turn"}, people.rosters)
    for name, column in numbers(assign(half)).items():
        assert (column == numbers(whole)[name][900:]).all(), name


def test_one_specialist_does_not_tell_the_other(county):
    found = assign(people_of(county("48201", 1, 100_000), 3000))
    pair = [found["specialist.cardiology"], found["specialist.endocrinology"]]
    kinds = [len(np.unique(one)) for one in pair]
    pairs = np.unique(np.stack(pair), axis=1, return_counts=True)[1]
    assert min(kinds) > 1 and len(pairs) == kinds[0] * kinds[1] and pairs.min() > 3000 / len(pairs) / 2


@pytest.mark.parametrize("how", ["nearest", "in_turn", "round_robin", "random"])
def test_families_share_doctors_and_pharmacy(how, county):
    people = people_of(county("48201", 20), 100, network={"assignment": how}, slots=3)
    for name, column in numbers(assign(people)).items():
        assert (column.reshape(100, 3) == column.reshape(100, 3)[:, :1]).all(), name


def test_a_wanted_specialty_is_had_and_children_see_paediatricians(county):
    people = people_of(county("48201", 20), 100, network={"specialty": "internal_medicine"})
    people.columns["age"][:50] = 7
    providers = people.rosters["providers"]
    row = np.searchsorted(providers["provider_id"], assign(people)["pcp_provider"])
    specialty = providers["specialty"].decode()[row]
    assert set(specialty[:50]) == {"pediatrics"} and set(specialty[50:]) == {"internal_medicine"}


@pytest.mark.parametrize(
    ("network", "meant"),
    [({"specialty": "internal_medecine"}, "internal_medicine"), ({"assignment": "nearst"}, "nearest")],
)
def test_an_unknown_word_is_refused_with_what_was_meant(network, meant, places):
    with pytest.raises(SpecificationError, match=f"did you mean '{meant}'"):
        assign(people_of(places("48201"), 1, network=network))


def test_all_that_is_wrong_with_a_network_is_said_at_once(tmp_path):
    asked = {"specialty": "family_medecine", "assignment": "nearst", "assign": "nearest"}
    profile = {
        "generation": {"count": 1, "products": ["networksim"]},
        "network": {"directry": "full", "primary_care_provider": asked},
    }
    with pytest.raises(SpecificationError) as caught:
        generate(profile, workspace=tmp_path)
    at = "profile.network"
    found = {one.path: one.message.partition("did you mean ")[2] for one in caught.value.problems}
    assert found == {
        f"{at}.directry": "'directory'?",
        f"{at}.primary_care_provider.specialty": "'family_medicine'?",
        f"{at}.primary_care_provider.assignment": "'nearest'?",
        f"{at}.primary_care_provider.assign": "'assignment'?",
    }


def with_plans(people, *plans):
    """Return the people, each with one of the plans in turn."""
    people.columns["plan"] = Coded(np.arange(len(people)) % len(plans), list(plans))
    return people


def of_network(people, network, who):
    """Return the keys of those in a network."""
    rows = people.rosters["network_participations"]
    return rows[f"{who}_id"][rows["network_id"].isin({network})]


@pytest.mark.parametrize("how", ["nearest", "in_turn", "round_robin", "random"])
def test_whoever_has_a_plan_finds_everybody_in_its_network(how, county):
    people = with_plans(
        people_of(county("48201", 60, 900_000), 600, network={"assignment": how}), "HMO", "EPO", "Medicaid-MCO"
    )
    found = assign(people)
    assert found["network"].decode()[:3].tolist() == ["HMO_CORE", "EPO_SELECT", "MEDICAID_MANAGED"]
    for name, column in found.items():
        who = "provider" if name.startswith("specialist.") else name.rpartition("_")[2]
        if who not in ("provider", "facility") or name.startswith("emergency_"):
            continue
        for turn, network in enumerate(("HMO_CORE", "EPO_SELECT", "MEDICAID_MANAGED")):
            assert np.isin(column[turn::3], of_network(people, network, who)).all(), (name, network)
    assert np.isin(found["pharmacy"][0::3], of_network(people, "RX_PREFERRED", "pharmacy")).all()
    assert not np.isin(found["pharmacy"][1::3], of_network(people, "RX_PREFERRED", "pharmacy")).all()
    # An emergency asks for no plan: everybody goes to the nearest hospital.
    assert (
        found["emergency_facility"] == assign(people_of(people.facts, 600, rosters=people.rosters))["hospital_facility"]
    ).all()


def test_a_few_of_a_ppo_go_outside_and_nobody_is_held_without_a_plan(county):
    people = people_of(county("48201", 60, 900_000), 4000, network={"assignment": "random"})
    people = with_plans(people, "PPO", "None")
    found = assign(people)
    inside = np.isin(found["pcp_provider"], of_network(people, "PPO_BROAD", "provider"))
    assert 0.95 < inside[0::2].mean() < 0.975
    assert (found["network"].codes[1::2] == -1).all()
    free = assign(people_of(people.facts, 4000, network={"assignment": "random"}, rosters=people.rosters))
    for name in ("pcp_provider", "hospital_facility", "pharmacy", "specialist.cardiology"):
        assert (found[name][1::2] == free[name][1::2]).all(), name


def test_ones_doctors_do_not_depend_on_the_plans_of_others(county):
    facts = county("48201", 30, 600_000)
    mixed = with_plans(people_of(facts, 600), "HMO", "PPO", "MA-HMO")
    alike = with_plans(people_of(facts, 600, rosters=mixed.rosters), "HMO")
    one, other = numbers(assign(mixed)), numbers(assign(alike))
    for name in one:
        assert (one[name][0::3] == other[name][0::3]).all(), name


def test_the_specialist_of_the_condition_that_leads_follows_a_person(tmp_path):
    assert [specialty_of(one) for one in ("E11.9", "I50.22", "C50.911", "J06.9")] == [
        "endocrinology",
        "cardiology",
        "oncology",
        None,
    ]
    profile = {
        "generation": {"count": 400, "products": ["networksim", "patientsim"]},
        "clinical": {
            "primary_condition": {"code": "E11", "prevalence": 0.6},
            "comorbidities": [{"code": "I50", "prevalence": 0.3}, {"code": "I10", "prevalence": 0.5}],
        },
    }
    result = generate(profile, workspace=tmp_path)
    people = sample(result.plan, Span(0, 400), result.plan.build_rosters())
    specialty, key = people["lead_specialty"].decode(), people["lead_specialist"]
    heart, sugar = people["has.I50"], people["has.E11"]
    assert set(specialty[heart]) == {"cardiology"} and set(specialty[sugar & ~heart]) == {"endocrinology"}
    assert set(specialty[~sugar & ~heart]) == {None} and (key[~sugar & ~heart] == -1).all()
    providers = people.rosters["providers"]
    row = np.searchsorted(providers["provider_id"], key[heart | sugar])
    assert (providers["specialty"].decode()[row] == specialty[heart | sugar]).all()


def line_of(fips, zip_code, latitude, many=10, people=None):
    """Return ZIPs of a county on a line to the north, seven miles from one to the next."""
    return tuple(
        Place(
            f"{zip_code + one}",
            "Town",
            "TX",
            fips,
            "A County",
            1.0,
            latitude + one / 10,
            -104.0,
            (people or 5000) / many,
        )
        for one in range(many)
    )


def served(people, found, name, column="county_fips"):
    """Return what the provider's row says, for every person."""
    providers = people.rosters["providers"]
    return providers[column].decode()[np.searchsorted(providers["provider_id"], found[name])]


RURAL, CITY = "48377", "48141"  # Presidio and El Paso County, Texas


def test_a_small_county_s_people_see_specialists_of_the_next_city_and_their_own_family_doctor():
    facts = {
        "places": (*line_of(RURAL, 79840, 30.0), *line_of(CITY, 79901, 31.2, people=800_000)),
        "inhabited": (RURAL,),
    }
    people = people_of(facts, 400)
    people.columns["place"] %= 10  # all at home in the rural county
    found = assign(people)
    assert set(people.rosters["providers"]["county_fips"].words) == {RURAL, CITY}, "the city's directory is there"
    assert set(served(people, found, "specialist.cardiology")) == {CITY}
    assert set(served(people, found, "pcp_provider")) == {RURAL}
    assert (served(people, found, "specialist.emergency_medicine") == RURAL).mean() > 0.6, "the nearer hospital"


def test_no_city_within_reach_leaves_people_to_who_comes_to_their_county():
    facts = {"places": (*line_of(RURAL, 79840, 30.0), *line_of(CITY, 79901, 34.2, people=800_000))}
    people = people_of(facts, 400)
    people.columns["place"] %= 10
    assert set(served(people, assign(people), "specialist.cardiology")) == {RURAL}


def test_between_two_cities_people_go_where_it_is_nearer():
    north, south = line_of(CITY, 79901, 31.2, people=400_000), line_of("48113", 75201, 30.2, people=400_000)
    people = people_of({"places": (*south, *north)}, 2000)
    found = assign(people)
    facilities = people.rosters["facilities"]
    row = np.searchsorted(facilities["facility_id"], found["hospital_facility"])
    where = {place.zip_code: place.latitude for place in people.facts["places"]}
    homes = np.array([place.latitude for place in people.facts["places"]])[people["place"]]
    sites = np.array([where[one] for one in facilities["zip_code"].decode()])
    hospital = facilities["facility_type"].isin({"hospital"})
    nearest = abs(sites[hospital][None, :] - homes[:, None]).min(axis=1)
    assert np.allclose(abs(sites[row] - homes), nearest)


def test_doctors_stay_when_a_growing_cohort_reaches_other_counties():
    places = (*line_of(RURAL, 79840, 30.0), *line_of(CITY, 79901, 31.2, people=800_000), *line_of("48243", 79734, 30.9))
    few, many = ({"places": places, "inhabited": one} for one in ((RURAL,), (RURAL, CITY, "48243")))
    found = [people_of(facts, 200) for facts in (few, many)]
    for people in found:
        people.columns["place"] %= 10
    one, other = (numbers(assign(people)) for people in found)
    for name in one:
        assert (one[name] == other[name]).all(), name


def test_specialists_are_near_and_none_of_them_sees_everybody(county):
    people = people_of(county("48201", 60, 900_000), 6000)
    found = assign(people)
    zips = served(people, found, "specialist.cardiology", "zip_code").astype(int)
    assert abs(zips - 77001 - people["place"]).mean() < 6, "of sixty ZIPs in a row"
    panels = np.unique(found["specialist.cardiology"], return_counts=True)[1]
    assert len(panels) > 60 and panels.max() < 4 * panels.mean()


def speaks(people, found, language):
    """Return whose primary care provider speaks a language (bool)."""
    return np.array([language in one.split() for one in served(people, found, "pcp_provider", "languages")])


def test_who_speaks_spanish_sees_who_does_and_the_others_doctors_stay_the_same(county):
    facts = county("48201", 60, 900_000)
    people = people_of(facts, 3000)
    everybody = people_of(facts, 3000, rosters=people.rosters)
    people.columns["language"] = Coded(np.arange(3000) // 60 % 2, ["en", "es"])
    found, before = assign(people), assign(everybody)
    spanish = people["language"].isin(["es"])
    assert speaks(people, found, "es")[spanish].mean() > 0.8 > 0.5 > speaks(everybody, before, "es")[spanish].mean()
    assert (found["pcp_provider"][~spanish] == before["pcp_provider"][~spanish]).all()
    # Nobody goes farther than to the next ZIP for it.
    there, here = (served(people, one, "pcp_provider", "zip_code").astype(int) for one in (found, before))
    assert abs(there - 77001 - people["place"]).max() <= abs(here - 77001 - people["place"]).max() + 1


def test_most_doctors_take_new_patients_and_nurse_practitioners_see_grown_ups_of_working_age(county):
    people = people_of(county("48201", 60, 3_000_000), 6000)
    people.columns["age"] = np.array([7, 40, 75])[np.arange(6000) // 60 % 3]
    found = assign(people)
    accepting = people.rosters["providers"]["accepting_patients"]
    assert accepting.mean() < 0.88
    row = np.searchsorted(people.rosters["providers"]["provider_id"], found["pcp_provider"])
    assert 0.93 < accepting[row].mean() < 1
    specialty, age = served(people, found, "pcp_provider", "specialty"), people["age"]
    assert 0.2 < (specialty[age == 40] == "nurse_practitioner").mean() < 0.3
    assert set(specialty[age == 75]) == {"family_medicine", "internal_medicine"}
    assert set(specialty[age == 7]) == {"pediatrics"}


def test_children_far_from_the_next_pediatrician_see_a_family_doctor(county):
    people = people_of(county("48301", 20, 9000), 400)
    people.columns["age"][:] = 7
    found = assign(people)
    specialty = served(people, found, "pcp_provider", "specialty")
    assert set(specialty) == {"pediatrics", "family_medicine"}
    providers = people.rosters["providers"]
    at = {one: providers["zip_code"].decode()[providers["specialty"].isin({one})].astype(int) for one in set(specialty)}
    away = {one: abs(zips[None, :] - 77001 - people["place"][:, None]).min(axis=1) for one, zips in at.items()}
    far = away["pediatrics"] > away["family_medicine"] + 4  # ZIPs are seven miles apart
    assert (specialty[far] == "family_medicine").all() and far.any()
    assert (specialty[~far] == "pediatrics").all()
