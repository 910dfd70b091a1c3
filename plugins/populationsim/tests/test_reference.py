"""Core's question about a place gets the whole answer: distributions, conditions, ZIP codes, fingerprint."""

from __future__ import annotations

import pytest

from populationsim import facts, loading, reference, zips
from populationsim.figures import retired_counties

HARRIS = {"type": "county", "fips": "48201"}


def test_people_of_a_county_live_in_its_zip_codes(tmp_path):
    places = reference.resolve(HARRIS, tmp_path).places
    assert {(place.state, place.county_fips) for place in places} == {("TX", "48201")}
    assert "77002" in {place.zip_code for place in places}
    assert sum(place.weight for place in places) == pytest.approx(1)


def test_people_of_a_state_live_in_its_counties_by_population(tmp_path):
    places = reference.resolve({"type": "state", "state": "TX"}, tmp_path).places
    harris = sum(place.weight for place in places if place.county_fips == "48201")
    assert harris == pytest.approx(4726177 / 29243342, rel=1e-3)


def test_a_connecticut_region_has_the_zip_codes_of_its_towns():
    cities = {place.city for place in zips.county_places("09190")}
    assert {"Stamford", "Danbury", "New Milford"} <= cities
    assert "Bridgeport" not in cities
    assert "Stamford" in {place.city for place in zips.county_places("09001")}


def test_every_county_has_a_zip_code():
    assert [fips for fips in facts.counties() if not zips.county_places(fips)] == []


def test_no_state_counts_a_person_twice(tmp_path):
    places = reference.resolve({"type": "state", "state": "CT"}, tmp_path).places
    assert not {place.county_fips for place in places} & retired_counties()


def test_the_fingerprint_changes_with_the_figures(tmp_path, places_file):
    before = reference.resolve(HARRIS, tmp_path).fingerprint
    assert reference.resolve(HARRIS, tmp_path / "elsewhere").fingerprint == before
    loading.load_reference(tmp_path / "reference.duckdb", places_file)
    assert reference.resolve(HARRIS, tmp_path).fingerprint != before


def test_facts_say_what_was_borrowed(tmp_path):
    known = reference.resolve({"type": "county", "fips": "48301"}, tmp_path).facts
    assert known["population"] == 96
    assert any("Texas" in note for note in known["notes"])


def test_an_unknown_county_is_a_value_error(tmp_path):
    with pytest.raises(ValueError, match="did you mean '48201'"):
        reference.resolve({"type": "county", "fips": "48202"}, tmp_path)
