"""What people's means do to their care: the uninsured come less often, poor counties have fewer check-ups, gaps stay open."""

from __future__ import annotations

import json

import numpy as np
import pytest

from healthsim_core import catalog as catalogs
from healthsim_core import generate
from healthsim_core.columns import Span
from healthsim_core.generation.journey import unfold
from healthsim_core.generation.profile import sample
from healthsim_core.generation.resolving import resolve

POOR_AND_VULNERABLE, RICH_AND_SAFE = "48215", "08035"
"""Hidalgo County, Texas, and Douglas County, Colorado: ranks 0.98 and 0.02 of the Social Vulnerability Index 2022."""
A_YEAR = [
    {"template": "annual-wellness"},
    {"template": "chronic-care-management", "when": "age >= 18 and 'I10' in conditions"},
]


@pytest.fixture(scope="module")
def catalog():
    return catalogs.build()


@pytest.fixture(scope="module")
def scenario(tmp_path_factory):
    spec = {
        "id": "a-year",
        "generation": {"count": 4_000, "seed": 6, "products": ["populationsim", "patientsim", "membersim", "rxmembersim"]},
        "demographics": {"source": "populationsim", "reference": {"type": "county", "fips": "48201"}},
        "journeys": [*A_YEAR, {"template": "quality-gap-closure", "when": "age >= 50"}],
    }  # fmt: skip
    return generate(spec, workspace=tmp_path_factory.mktemp("means")).scenario


def asked(scenario, query):
    with scenario.connect() as connection:
        return connection.execute(query).fetchall()


def happened(catalog, home, count, spec, journeys=A_YEAR, products=("patientsim", "populationsim")):
    """Return people and their timeline, without any rows."""
    generation = {"count": count, "seed": 6, "products": list(products)}
    plan = resolve({"id": "p", "generation": generation, **spec, "journeys": journeys}, catalog, home)
    people = sample(plan, Span(0, count), plan.build_rosters())
    return plan, people, unfold(plan, people)


def test_the_uninsured_have_fewer_encounters_than_the_insured_of_their_age(scenario):
    # Published, at all ages under 65: 2.6 visits a year for 4.1 of the privately insured, or 0.63; other surveys say about half.
    ((bare, bare_count), (insured, count)) = asked(scenario, """
        SELECT avg(coalesce(visits, 0)), count(*) FROM residents
        JOIN patients USING (person_id) JOIN persons USING (person_id)
        LEFT JOIN (SELECT patient_id, count(*) AS visits FROM encounters GROUP BY 1) USING (patient_id)
        WHERE date_sub('year', persons.birth_date, DATE '2025-01-01') BETWEEN 18 AND 64
        GROUP BY insurance <> 'uninsured' ORDER BY insurance <> 'uninsured'
    """)  # fmt: skip
    assert min(bare_count, count) > 500
    assert 0.5 < bare / insured < 0.72


def test_the_uninsured_are_in_no_payers_books(scenario):
    ((residents, members, rx_members, claims),) = asked(scenario, """
        SELECT count(*), count(members.member_id), count(rx_member_id), count(claim) FROM residents
        LEFT JOIN members USING (person_id) LEFT JOIN rx_members USING (person_id)
        LEFT JOIN (SELECT DISTINCT member_id AS claim FROM claims) ON claim = members.member_id
        WHERE insurance = 'uninsured'
    """)  # fmt: skip
    assert residents > 500 and (members, rx_members, claims) == (0, 0, 0)


def test_everybody_insured_is_enrolled_in_the_line_of_their_insurance(scenario):
    found = asked(scenario, """
        SELECT DISTINCT insurance, lower(coverage_type) FROM residents
        LEFT JOIN members USING (person_id) LEFT JOIN coverages USING (member_id) ORDER BY ALL
    """)  # fmt: skip
    lines = ("commercial", "exchange", "medicaid", "medicare")
    assert found == [*((one, one) for one in lines), ("uninsured", None)]


def test_those_who_seek_care_less_leave_more_gaps_open(scenario):
    shares = dict(asked(scenario, """
        SELECT care_seeking >= 1, avg((closed_date IS NOT NULL)::INT) FROM care_gaps
        JOIN members USING (member_id) JOIN residents USING (person_id) GROUP BY 1
    """))  # fmt: skip
    assert shares[True] > shares[False] + 0.05


def test_vulnerable_counties_have_fewer_check_ups_at_equal_age(catalog, tmp_path):
    shares = {}
    for county in (POOR_AND_VULNERABLE, RICH_AND_SAFE):
        demographics = {"source": "populationsim", "reference": {"type": "county", "fips": county}, "age": 45}
        _, people, timeline = happened(catalog, tmp_path, 4_000, {"demographics": demographics}, A_YEAR[:1])
        visits = timeline["patientsim.encounter"]
        check_ups = visits.select(visits["encounter_type"].isin(["preventive"]))
        shares[county] = len(np.unique(check_ups.entity)) / len(people)
    assert 0.5 < shares[POOR_AND_VULNERABLE] < shares[RICH_AND_SAFE] - 0.04 < 0.85


def test_people_of_no_place_live_as_if_journeys_knew_no_propensity(catalog, tmp_path):
    spec = {"demographics": {"age": {"type": "uniform_int", "min": 18, "max": 80}}}
    names = [one["template"] for one in A_YEAR]
    stripped = []
    for name in names:
        text = catalog.template("journey", name).path.read_text("utf-8")
        assert '"propensity": "care_seeking"' in text
        journey = json.loads(text.replace('"propensity": "care_seeking",', ""))
        stripped.append({"journey": {"id": name, **journey}})
    found = []
    for journeys in ([{"template": name} for name in names], stripped):
        _, people, timeline = happened(catalog, tmp_path, 1_000, spec, journeys, ("patientsim",))
        assert "care_seeking" not in people
        found.append(timeline["patientsim.encounter"])
    assert np.array_equal(found[0].key, found[1].key) and np.array_equal(found[0].time, found[1].time)
