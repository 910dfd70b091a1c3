"""The views: templates, an executor whose people know whom they see, and generate()."""

import pytest

import networksim
from networksim.generation import NETWORK_PROFILE_TEMPLATES, NetworkProfileExecutor, create_network_profile


@pytest.fixture(autouse=True)
def workspace(tmp_path, monkeypatch):
    monkeypatch.setenv("HEALTHSIM_HOME", str(tmp_path))


def test_entities_know_whom_they_see():
    profile = create_network_profile(generation={"count": 12, "seed": 3}, household={"size": 3})
    executor = NetworkProfileExecutor(profile)
    entities = executor.execute().entities
    assert len(entities) == 36
    for name, prefix in (("pcp_provider", "PR"), ("pcp_facility", "F"), ("pharmacy", "PH"), ("mail_pharmacy", "PH")):
        key = entities[7].attributes[name]
        assert key.startswith(prefix) and key[len(prefix) :].startswith(str(int(entities[7].attributes["county_fips"])))
    assert executor.generate_entity(7) == entities[7] == entities[6:9][1] == list(entities)[7]


def test_templates_make_a_care_system():
    pytest.importorskip("populationsim")
    assert set(NETWORK_PROFILE_TEMPLATES) == {"urban-network", "rural-network"}
    urban, rural = networksim.generate(count=5), networksim.generate("rural-network", count=5)
    for result in (urban, rural):
        counts = result.scenario.counts()
        tables = ("persons", "providers", "facilities", "pharmacies", "networks", "network_participations")
        assert all(counts[table] > 0 for table in tables)
    assert urban.scenario.counts()["pharmacies"] > 3 * rural.scenario.counts()["pharmacies"]
