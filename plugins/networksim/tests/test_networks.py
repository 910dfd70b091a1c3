"""Networks: narrow ones are narrow, nobody is in one whose clinic is not, and everybody in one is somebody."""

import numpy as np
import pytest

from networksim.directory import build
from networksim.networks import terms
from networksim.sites import kinds


@pytest.fixture(scope="module")
def made(county):
    return build(county("48201", 133, 1_200_000), 5, {})


KINDS = {one.kind for one in kinds("facilities.csv")}


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


def test_every_network_has_a_site_of_each_kind_in_the_smallest_county(county):
    small = build(county("48301", 1), 5, {})
    kind = small["facilities"]["facility_type"].decode()
    for one in terms():
        inside = np.isin(small["facilities"]["facility_id"], members(small, one.network_id, "facility"))
        assert one.network_type == "pharmacy" or set(kind[inside]) == KINDS
        assert one.network_type != "pharmacy" or len(members(small, one.network_id, "pharmacy")) >= 4


def test_every_plan_of_membersim_has_one_network():
    reference = pytest.importorskip("membersim.reference")
    served = [plan for one in terms() for plan in (one.plans or "").split()]
    assert sorted(served) == sorted(reference.plans())


def test_contracts_hold_where_facilities_take_part_and_only_there(made):
    rows, today = made["plan_contracts"], np.datetime64("2025-01-01", "s")
    assert (rows["effective_date"] < today).all()
    end = rows["end_date"]
    assert (np.isnat(end) | (end > rows["effective_date"])).all()
    in_force = np.isnat(end) | (end >= today)
    assert 0.01 < (~in_force).mean() < 0.1 and 0.6 < np.isnat(end).mean() < 0.8
    for one in terms():
        who = "pharmacy" if one.network_type == "pharmacy" else "facility"
        mine = rows["network_id"].isin({one.network_id})
        assert set(rows[f"{who}_id"][mine & in_force].tolist()) == set(members(made, one.network_id, who).tolist())
        lapsed = set(rows[f"{who}_id"][mine & ~in_force].tolist())
        assert not lapsed & set(members(made, one.network_id, who).tolist())


def test_private_networks_pay_hospitals_more_than_medicare_and_medicaid_less(made):
    rows = made["plan_contracts"]
    hospitals = made["facilities"]["facility_id"][made["facilities"]["facility_type"].isin({"hospital"})]
    is_hospital = np.isin(rows["facility_id"], hospitals)
    percent = {
        one.network_id: rows["fee_schedule_percent"][rows["network_id"].isin({one.network_id}) & is_hospital].mean()
        for one in terms()
        if one.network_type != "pharmacy"
    }
    assert 230 < percent["PPO_BROAD"] < 280 and percent["HMO_CORE"] < percent["PPO_BROAD"]
    assert percent["MEDICARE_PARTICIPATING"] == 100 and percent["MEDICAID_STATE"] == 88
    assert (rows["fee_schedule_percent"][rows["pharmacy_id"] >= 0] == -1).all()


def test_who_works_in_a_hospital_is_of_its_staff_and_physicians_of_clinics_admit_to_one_of_the_county(made):
    rows, providers, facilities = made["provider_affiliations"], made["providers"], made["facilities"]
    hospitals = facilities["facility_id"][facilities["facility_type"].isin({"hospital"})]
    assert np.isin(rows["facility_id"], hospitals).all() and len(np.unique(rows["affiliation_id"])) == rows.length
    at = providers["facility_id"][np.searchsorted(providers["provider_id"], rows["provider_id"])]
    staff = rows["role"].isin({"staff"})
    assert (at[staff] == rows["facility_id"][staff]).all() and not np.isin(at[~staff], hospitals).any()
    family = providers["provider_id"][providers["specialty"].isin({"family_medicine"})]
    assert np.isin(family, rows["provider_id"]).all()
    assert len(np.unique(rows["facility_id"][~staff])) == len(hospitals)
