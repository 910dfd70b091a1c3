"""Assignment: the nearest there is, families together, panels even."""

import numpy as np
import pytest

from healthsim_core.columns import Span
from healthsim_core.declarations import Place
from healthsim_core.errors import SpecificationError
from healthsim_core.people import People
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


def facility_zips(people, key):
    """Return the ZIP (int) of the facility of that key, for every person."""
    facilities = people.rosters["facilities"]
    return np.array(facilities["zip_code"].decode(), int)[np.searchsorted(facilities["facility_id"], key)]


def test_everybody_sees_the_nearest_practice(county):
    people = people_of(county("48201", 60), 600)
    home = 77001 + people["place"]
    mine = facility_zips(people, assign(people)["pcp_facility"])
    facilities = people.rosters["facilities"]
    clinics = np.array(facilities["zip_code"][facilities["facility_type"].isin({"clinic"})].decode(), int)
    # ZIPs are numbered along a line.
    assert (abs(mine - home) == abs(clinics[None, :] - home[:, None]).min(axis=1)).all()
    assert (mine == home).any() and (mine != home).any()


def test_emergency_physicians_are_those_of_ones_hospital(county):
    people = people_of(county("48201", 90), 300)
    found = assign(people)
    providers = people.rosters["providers"]
    for specialty in ("emergency_medicine", "hospital_medicine", "general_surgery", "radiology"):
        row = np.searchsorted(providers["provider_id"], found[f"specialist.{specialty}"])
        assert (providers["facility_id"][row] == found["hospital_facility"]).all()
    assert len(np.unique(found["hospital_facility"])) == 4


def test_without_coordinates_the_county_serves(places):
    known = places("48201")["places"][0]
    facts = {"places": (known, Place("77099", "Houston", "TX", "48201", "A County", 1.0))}
    people = people_of(facts)
    assert all((column >= 0).all() for column in assign(people).values())


def test_panels_are_even(places):
    people = people_of(places("48201"), network={"assignment": "in_turn"})
    whole = assign(people)
    for name, doctors in (("pcp_provider", 18), ("pharmacy", 6), ("specialty_pharmacy", 2)):
        sizes = np.unique(whole[name], return_counts=True)[1]
        assert len(sizes) == doctors and sizes.max() - sizes.min() <= 1, name
    half = people_of(places("48201"), 900, 900, {"assignment": "in_turn"}, people.rosters)
    for name, column in assign(half).items():
        assert (column == whole[name][900:]).all(), name


def test_one_specialist_does_not_tell_the_other(places):
    found = assign(people_of(places("48201"), 900))
    pairs = np.unique(
        np.stack([found["specialist.cardiology"], found["specialist.endocrinology"]]), axis=1, return_counts=True
    )
    assert len(pairs[1]) == 9 and pairs[1].min() > 60


@pytest.mark.parametrize("how", ["nearest", "in_turn", "random"])
def test_families_share_doctors_and_pharmacy(how, county):
    people = people_of(county("48201", 20), 100, network={"assignment": how}, slots=3)
    for name, column in assign(people).items():
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
