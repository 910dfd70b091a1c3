"""What PatientSim's HL7 v2 feeds promise: valid for hl7apy, one message an event, in time order, silent about nothing."""

import datetime
from pathlib import Path

import duckdb
import golden
import pytest

from healthsim_core.export import Source, export
from healthsim_core.facts import read_csv
from healthsim_core.generation.run import generate
from healthsim_core.persons import PERSONS
from healthsim_hl7v2 import unescape
from healthsim_hl7v2.testing import envelope_problems, fields, judge, messages, order_problems
from patientsim.entities import TABLES
from patientsim.formats import OUTPUT_FORMATS, reading

HERE = Path(__file__).parent
FORMATS = {one.name: one for one in OUTPUT_FORMATS}
FILES = [(name, f"{name.removeprefix('hl7v2_')}_0001.hl7") for name in FORMATS]


def scenario(more=""):
    """Return the fixture as a scenario, after `more` was done to it."""
    connection = duckdb.connect()
    for table in (PERSONS, *TABLES):
        connection.execute(table.ddl())
    connection.execute((HERE / "hl7_fixture.sql").read_text("utf-8") + more)
    names = [row[0] for row in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
    tables = frozenset(name for name in names if connection.execute(f'SELECT 1 FROM "{name}" LIMIT 1').fetchall())
    return Source(connection, "family", "family-1", datetime.date(2025, 1, 1), tables)


@pytest.fixture(scope="module")
def source():
    return scenario()


@pytest.fixture(scope="module")
def written(source, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    return {name: export(source, one, out) for name, one in FORMATS.items()}


def read(written, name):
    """Return a feed's messages."""
    return [one for file in sorted(written[name].files) for one in messages(raw(written[name].folder / file))]


def raw(path):
    return path.read_bytes().decode("utf-8")


def of(found, trigger):
    return [one for one in found if fields(one, "MSH")[0][9].split("^")[1] == trigger]


def only(found, **wanted):
    """Return the one message whose trigger and visit number are as wanted."""
    (one,) = [
        one for one in of(found, wanted["trigger"]) if fields(one, "PV1")[0][19].startswith(wanted["visit"] + "^")
    ]
    return one


@pytest.mark.parametrize("name, file", FILES)
def test_the_file_is_the_one_that_was_read_by_eye(written, name, file):
    # One segment a line, so that people and git can read it.
    text = raw(written[name].folder / file).replace("\r", "\n")
    golden.same(text, HERE / "golden" / name / f"{file}.txt")


@pytest.mark.parametrize("name", FORMATS)
def test_hl7apy_finds_no_error_and_every_segment_is_in_its_place(written, name):
    pytest.importorskip("hl7apy")
    found = read(written, name)
    assert found and [problem for one in found for problem in judge(one) + order_problems(one)] == []


@pytest.mark.parametrize("name, file", FILES)
def test_the_batch_counts_its_messages_and_no_control_id_comes_twice(written, name, file):
    assert envelope_problems(raw(written[name].folder / file)) == []


@pytest.mark.parametrize("name", FORMATS)
def test_messages_are_in_time_order(written, name):
    times = [fields(one, "MSH")[0][7] for one in read(written, name)]
    assert times == sorted(times)


def test_there_is_one_message_for_each_movement_that_can_be_told(source, written):
    found = read(written, "hl7v2_adt")
    told = source.cursor("SELECT count(*) FROM movements").fetchone()[0] - 2
    assert len(found) == told == sum(n for kind, n in written["hl7v2_adt"].counts.items() if kind.startswith("ADT"))
    assert list(written["hl7v2_adt"].notes) == [
        "movement skipped, its encounter is not known: MV40",
        "movement skipped, no message tells of 'teleport': MV41",
    ]


def test_an_emergency_visit_that_becomes_a_stay_is_told_from_door_to_door(written):
    found = [one for one in read(written, "hl7v2_adt") if "MRN16^" in one and fields(one, "MSH")[0][7] > "202502"]
    triggers = [fields(one, "MSH")[0][9] for one in found]
    assert triggers == [
        "ADT^A04^ADT_A01", "ADT^A08^ADT_A01", "ADT^A03^ADT_A03", "ADT^A01^ADT_A01", "ADT^A02^ADT_A02", "ADT^A03^ADT_A03",
    ]  # fmt: skip
    assert all(fields(one, "EVN")[0][1] == fields(one, "MSH")[0][9][4:7] for one in found)
    assert [fields(one, "PV1")[0][2] for one in found] == ["E"] * 3 + ["I"] * 3


def test_a_transfer_says_from_where_to_where(written):
    visit = fields(only(read(written, "hl7v2_adt"), trigger="A02", visit="E3"), "PV1")[0]
    assert (visit[3], visit[6]) == ("STEPDOWN^601^B^F1^^N", "ICU^512^A^F1^^N")


def test_the_diagnoses_are_admitting_at_the_door_and_final_at_the_end(written):
    found = read(written, "hl7v2_adt")
    at_door = fields(only(found, trigger="A01", visit="E3"), "DG1")
    at_end = fields(only(found, trigger="A03", visit="E3"), "DG1")
    assert [(one[3].split("^")[0], one[6]) for one in at_door] == [("E11.65", "A")]
    assert [(one[3].split("^")[0], one[6], one[15]) for one in at_end] == [("E11.65", "F", "1"), ("I10", "F", "2")]


def test_a_reaction_of_more_than_one_word_fits_its_field(tmp_path):
    # AL1-5 repeats and holds 15 characters (HL7 v2.5.1, 3.4.6); what the reference names fits it once its parts are told apart.
    told = scenario("UPDATE allergies SET reaction = 'Nausea and vomiting' WHERE allergy_id = 'AG1';")
    found = read({"hl7v2_adt": export(told, FORMATS["hl7v2_adt"], tmp_path)}, "hl7v2_adt")
    assert fields(only(found, trigger="A01", visit="E3"), "AL1")[0][5] == "Nausea~Vomiting"
    reactions = {
        one.split(":")[0]
        for row in read_csv("patientsim.reference", "allergens.csv")
        for one in row["reactions"].split("|")
    }
    assert [part for one in reactions for part in one.split(" and ") if len(part) > 15] == []


def test_only_what_was_known_at_the_time_is_told(written):
    found = read(written, "hl7v2_adt")
    office, stay = only(found, trigger="A04", visit="E1"), only(found, trigger="A01", visit="E3")
    assert [len(fields(one, "AL1")) for one in (office, stay)] == [1, 2]
    assert [fields(one, "IN1")[0][2].split("^")[0] for one in (office, stay)] == ["PPO", "MA-HMO"]
    assert all(not one.split("PV1|")[1].split("\r")[0].count("20250204") for one in of(found, "A01"))


def test_next_of_kin_and_the_insured_are_said_as_seen_from_the_patient(written):
    child = only(read(written, "hl7v2_adt"), trigger="A04", visit="E5")
    assert fields(child, "NK1")[0][3] == fields(child, "IN1")[0][17] == "PAR^Parent^HL70063"


def test_who_died_is_dead_when_the_stay_ends_and_not_before(written):
    found = read(written, "hl7v2_adt")
    at_end = fields(only(found, trigger="A03", visit="E4"), "PID")[0]
    assert at_end[29:31] == ["20250205030000", "Y"]
    assert len(fields(only(found, trigger="A01", visit="E4"), "PID")[0]) < 29


def test_separators_in_names_come_back_as_they_were(written):
    patient = fields(only(read(written, "hl7v2_adt"), trigger="A04", visit="E1"), "PID")[0]
    assert [unescape(part) for part in patient[5].split("^")[:2]] == ["O'Brien|Obie^", "María"]
    assert unescape(patient[11].split("^")[0]) == "12 Back\\slash & Co St"


def test_an_order_has_one_message_with_all_its_results(written):
    found = read(written, "hl7v2_oru")
    assert written["hl7v2_oru"].counts == {"ORU^R01": 5} and len(found) == 5
    (panel,) = [one for one in found if "24323-8" in one]
    assert [one[5:9] for one in fields(panel, "OBX")] == [
        ["140", "mg/dL^mg/dL^UCUM", "70-99", "H"],
        ["0.9", "mg/dL^mg/dL^UCUM", "<1.3", "N"],
    ]
    assert fields(panel, "ORC")[0][2] == fields(panel, "OBR")[0][2] == "LO1^HEALTHSIM"
    assert fields(panel, "MSH")[0][7] == fields(panel, "OBR")[0][22] == "20250108080500"


def test_a_result_without_order_or_visit_has_no_placers_number_and_no_visit(written):
    for one in [one for one in read(written, "hl7v2_oru") if "MRN160^" in one]:
        assert fields(one, "OBR")[0][2] == "" and fields(one, "PV1") == []


def test_results_that_are_no_numbers_are_codes_or_text(written):
    results = [one[2:6] for message in read(written, "hl7v2_oru") for one in fields(message, "OBX")]
    assert ["CE", "882-1^Blood group^LN", "", "LA19709-7^Group A \\T\\ Rh positive^LN"] in results
    assert ["ST", "630-4^Urine culture^LN", "", "No growth \\S\\ 48 h"] in results


def test_every_order_is_placed_and_its_number_is_the_one_its_results_answer(written):
    placed = [fields(one, "ORC")[0][1:3] for one in read(written, "hl7v2_orm")]
    assert placed == [["NW", f"{key}^HEALTHSIM"] for key in ("LO1", "LO3", "LO2")]
    answered = {fields(one, "OBR")[0][2] for one in read(written, "hl7v2_oru")} - {""}
    assert answered <= {number for _, number in placed}


def test_a_vaccine_given_here_is_new_and_one_known_from_elsewhere_is_historical(written):
    old, measles, rotavirus = read(written, "hl7v2_vxu")
    source = [fields(one, "RXA")[0][9].split("^")[0] for one in (old, measles, rotavirus)]
    assert source == ["01", "00", "00"]
    assert fields(measles, "RXR")[0][1:] == ["SC^Subcutaneous^HL70162", "LT^Left thigh^HL70163"]
    assert fields(rotavirus, "RXR") == []
    assert fields(measles, "NK1")[0][3] == "PAR^Parent^HL70063"


def test_a_prescription_says_how_much_to_give_or_is_not_written(written):
    pills, pen = (fields(one, "RXE")[0] for one in read(written, "hl7v2_rde"))
    assert (pills[3], pills[5], pills[10:13]) == ("1", "^tablet", ["60", "^tablet", "11"])
    assert (pen[3], pen[5], pen[10:13]) == ("0.5", "mg^mg^UCUM", ["3", "", "0"])
    assert list(written["hl7v2_rde"].notes) == ["medication order skipped, its dosage names no amount or no route: MO3"]


def test_the_charges_of_an_encounter_are_one_message(written):
    found = [[one[7].split("^")[::2] for one in fields(message, "FT1")] for message in read(written, "hl7v2_dft")]
    assert found == [[["36415", "C4"]], [["G0108", "HCPCS"]], [["3E033VG", "I10P"], ["3E0336Z", "I10P"]]]


def test_a_long_feed_is_split_into_files_that_each_stand_alone(source, written, tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "MESSAGES_PER_FILE", 4)
    split = export(source, FORMATS["hl7v2_adt"], tmp_path)
    assert list(split.files) == ["adt_0001.hl7", "adt_0002.hl7", "adt_0003.hl7"]
    assert [envelope_problems(raw(split.folder / file)) for file in split.files] == [[], [], []]
    assert read({"split": split}, "split") == read(written, "hl7v2_adt")
    assert (split.counts, split.notes) == (written["hl7v2_adt"].counts, written["hl7v2_adt"].notes)


def test_other_products_are_not_needed(source, tmp_path):
    core = {
        "persons",
        "patients",
        "encounters",
        "movements",
        "observations",
        "lab_orders",
        "immunizations",
        "medication_orders",
        "procedures",
    }
    alone = Source(source.connection, "family", "family-1", source.as_of, frozenset(core))
    found = {name: export(alone, one, tmp_path) for name, one in FORMATS.items()}
    assert {fields(one, "PV1")[0][7] for one in read(found, "hl7v2_adt")} == {""}
    assert not any("IN1|" in one or "AL1|" in one for one in read(found, "hl7v2_adt"))


def test_a_scenario_without_movements_says_that_nothing_was_written(source, tmp_path):
    still = Source(source.connection, "family", "family-1", source.as_of, source.tables - {"movements"})
    result = export(still, FORMATS["hl7v2_adt"], tmp_path)
    assert (result.files, result.notes) == ({}, ("hl7v2_adt: nothing to write, the scenario has no movements",))


def test_a_scenario_without_laboratory_results_says_so(tmp_path):
    signs = scenario("DELETE FROM observations WHERE category = 'laboratory'")
    result = export(signs, FORMATS["hl7v2_oru"], tmp_path)
    assert (result.files, result.notes) == ({}, ("nothing to write, the scenario has no laboratory results",))


def test_a_generated_cohort_has_a_valid_message_for_every_movement_and_order(tmp_path):
    pytest.importorskip("hl7apy")
    made = generate(
        "healthy-adult",
        "acute-care-episode",
        25,
        ["patientsim"],
        list(FORMATS),
        out=tmp_path,
        workspace=tmp_path / "home",
    )
    feeds = {one.format: one for one in made.written}
    found = {name: read(feeds, name) for name in FORMATS}
    assert len(found["hl7v2_adt"]) == made.counts["movements"] and len(found["hl7v2_oru"]) > 0
    # Each takes hl7apy 80 ms: every seventh, and one of each kind at least.
    sample = [one for each in found.values() for one in each[::7]] + [of(found["hl7v2_adt"], "A02")[0]]
    assert [problem for one in sample for problem in judge(one) + order_problems(one)] == []
