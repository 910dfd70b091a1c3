"""Networks: narrow ones are narrow, nobody is in one whose clinic is not, and everybody in one is somebody."""

import numpy as np
import pytest

from networksim.directory import build
from networksim.networks import terms


@pytest.fixture(scope="module")
def made(county):
    return build(county("48201", 133), 5, {})


def members(made, network, kind):
    """Return the keys of a kind in a network."""
    rows = made["network_participations"]
    keys = rows[f"{kind}_id"][rows["network_id"].isin({network})]
    return keys[keys >= 0]


def test_each_row_names_one_participant_and_no_two_rows_are_alike(made):
    rows = made["network_participations"]
    given = sum((rows[f"{kind}_id"] >= 0).astype(int) for kind in ("provider", "facility", "pharmacy"))
    assert (given == 1).all() and len(np.unique(rows["participation_id"])) == rows.length
    assert set(rows["tier"].tolist()) == {1, 2}
    assert 0.8 < rows["accepts_new_patients"][rows["provider_id"] >= 0].mean() < 0.9


def test_an_hmo_is_narrower_than_a_ppo(made):
    sizes = {one: len(members(made, one, "provider")) for one in ("HMO_CORE", "EPO_SELECT", "PPO_BROAD")}
    assert sizes["HMO_CORE"] < sizes["EPO_SELECT"] < sizes["PPO_BROAD"] < made["providers"].length


def test_providers_are_in_with_their_facility(made):
    providers = made["providers"]
    for one in terms():
        if one.network_type == "pharmacy":
            assert len(members(made, one.network_id, "provider")) == 0
            continue
        rows = np.searchsorted(providers["provider_id"], members(made, one.network_id, "provider"))
        assert np.isin(providers["facility_id"][rows], members(made, one.network_id, "facility")).all()


def test_every_network_has_a_hospital_a_clinic_and_a_laboratory_in_the_smallest_county(county):
    small = build(county("48301", 1), 5, {})
    kind = small["facilities"]["facility_type"].decode()
    for one in terms():
        inside = np.isin(small["facilities"]["facility_id"], members(small, one.network_id, "facility"))
        assert one.network_type == "pharmacy" or set(kind[inside]) == {"hospital", "clinic", "laboratory"}
        assert one.network_type != "pharmacy" or len(members(small, one.network_id, "pharmacy")) >= 4


def test_every_plan_of_membersim_has_one_network():
    reference = pytest.importorskip("membersim.reference")
    served = [plan for one in terms() for plan in (one.plans or "").split()]
    assert sorted(served) == sorted(reference.plans())
