"""Scenarios of all products merged, cloned and imported: directories are shared, people are not, every key leads somewhere."""

import duckdb
import pytest
from orphans import orphans

from healthsim_core import catalog, generate
from healthsim_core.generation.run import export_formats
from healthsim_core.state.collections import clone, merge
from healthsim_core.state.store import Store
from healthsim_core.state.tracing import provenance
from healthsim_core.state.transfer import import_tables

CATALOG = catalog.build()
SPEC = {
    "id": "clinic",
    "generation": {"count": 20, "seed": 1, "products": ["networksim", "patientsim", "membersim", "rxmembersim", "trialsim"]},
    "household": {},
    "demographics": {"age": {"type": "uniform_int", "min": 40, "max": 60}},
    "clinical": {"primary_condition": {"code": "E11", "prevalence": 1.0}},
    "journeys": ["diabetic-first-year", "trial-participation"],
}  # fmt: skip


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    generate(SPEC, name="spring", workspace=home)
    generate(SPEC, name="autumn", count=25, seed=2, workspace=home)
    return Store(home)


def look(scenario, sql):
    with scenario.connect() as connection:
        return connection.execute(sql).fetchall()


def lost(scenario):
    with scenario.connect() as connection:
        return orphans(CATALOG, connection, scenario.counts())


def test_what_both_have_alike_is_one_row_and_people_are_others(store):
    both = merge(store, "both", ["spring", "autumn"], "rename", CATALOG).scenario
    spring, autumn, counts = store.get("spring").counts(), store.get("autumn").counts(), both.counts()
    assert lost(both) == []
    for table in ("drugs", "studies", "arms", "trial_criteria", "networks"):
        assert counts[table] == spring[table] == autumn[table], table
    assert counts["persons"] == spring["persons"] + autumn["persons"]
    assert counts["claims"] == spring["claims"] + autumn["claims"]
    assert look(both, "SELECT count(*) FROM drugs WHERE ndc_code LIKE '%-%'") == [(0,)]


def test_families_and_cards_of_two_scenarios_are_not_mixed(store):
    both = merge(store, "families", ["spring", "autumn"], "rename", CATALOG).scenario
    assert look(
        both,
        "SELECT count(*) FROM (SELECT household_id FROM persons GROUP BY 1 HAVING count(DISTINCT address_line) > 1)",
    ) == [(0,)]
    homes = sum(
        look(store.get(name), "SELECT count(DISTINCT household_id) FROM persons")[0][0] for name in ("spring", "autumn")
    )
    assert look(both, "SELECT count(DISTINCT household_id) FROM persons") == [(homes,)]
    mixed = """SELECT count(*) FROM rx_members m JOIN persons p USING (person_id) JOIN rx_members h ON h.rx_member_id = m.cardholder_id
        JOIN persons q ON q.person_id = h.person_id WHERE p.household_id <> q.household_id"""
    assert look(both, mixed) == [(0,)]


def test_a_network_that_differs_is_another_and_all_that_name_it_follow(store):
    other = clone(store, "spring", "other", catalog=CATALOG).path
    with duckdb.connect(str(other)) as connection:
        connection.execute("CREATE TABLE changed AS SELECT * FROM networks")
        connection.execute("UPDATE changed SET name = 'Another name' WHERE network_type = 'pharmacy'")
        connection.execute("DROP VIEW networks; ALTER TABLE changed RENAME TO networks")
    merged = merge(store, "networked", ["spring", "other"], "rename", CATALOG).scenario
    assert lost(merged) == []
    (pharmacies,) = look(store.get("spring"), "SELECT count(*) FROM networks WHERE network_type = 'pharmacy'")[0]
    renamed = look(
        merged, "SELECT network_id, network_type, pharmacy_network_id FROM networks WHERE network_id LIKE '%-2'"
    )
    assert sum(kind == "pharmacy" for _, kind, _ in renamed) == pharmacies > 0
    assert all(theirs.endswith("-2") for _, kind, theirs in renamed if kind != "pharmacy")
    named = (
        "SELECT count(*) > 0 FROM network_participations JOIN networks USING (network_id) WHERE name = 'Another name'"
    )
    assert look(merged, named) == [(True,)]


def test_a_clone_with_new_ids_names_all_it_has_anew_but_codes(store):
    made = clone(store, "spring", "twins", new_ids=True, catalog=CATALOG)
    original = store.get("spring")
    assert made.counts() == original.counts() and lost(made) == []
    joined = "SELECT count(*), count(DISTINCT network_id) FROM network_participations JOIN networks USING (network_id)"
    assert look(made, joined) == look(original, joined)
    trials = "SELECT title, arm_name, count(*) FROM subjects JOIN studies USING (study_id) JOIN arms USING (study_id, arm_code) GROUP BY ALL ORDER BY ALL"
    assert look(made, trials) == look(original, trials) != []
    assert look(made, "SELECT count(*) FROM studies WHERE study_id NOT LIKE '%-2'") == [(0,)]
    assert look(made, "FROM drugs ORDER BY ALL") == look(original, "FROM drugs ORDER BY ALL")
    both = merge(store, "side-by-side", ["spring", "twins"], "skip", CATALOG).scenario
    assert lost(both) == [] and both.counts()["persons"] == 2 * original.counts()["persons"]


def test_a_merged_study_s_name_is_traced_as_it_is(store):
    merge(store, "traced", ["spring", "autumn"], "rename", CATALOG)
    found = provenance("traced", "HS-DM-201", table="studies", catalog=CATALOG, workspace=store.root)
    assert found.taken_from == ({"scenario": "spring", "id": "HS-DM-201"},)


def test_an_import_says_which_names_lead_nowhere(store, tmp_path):
    spring = store.get("spring")
    export_formats(spring, [CATALOG.get("output format", "csv")], tmp_path, CATALOG)
    path = tmp_path / "csv/networks.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join(line for line in lines if not line.startswith("PPO")) + "\n")
    made = import_tables(store, tmp_path / "csv", "imported", catalog=CATALOG).scenario
    notices = made.about()["notices"]
    assert any(one.startswith("network_participations.network_id: ") for one in notices), notices
