"""What the CDISC syntax promises: the standard's variables, study days without a day 0, and files two readers agree on."""

import datetime
import json
import math

import duckdb
import pytest

from healthsim_cdisc import closed_terms, dataset, derive, encode, encode_json, refine
from healthsim_cdisc.standard import datasets
from healthsim_cdisc.testing import judge_records, read

AS_OF = datetime.date(2025, 1, 9)
DEVIATIONS = """
SELECT 'S1' AS STUDYID, 'DV' AS DOMAIN, * FROM (VALUES
  ('S1-2', 'D3', 'Café closed', 'A', 'MAJOR', 'TREATMENT', DATE '2024-03-01', DATE '2024-03-01'),
  ('S1-1', 'D2', repeat('x', 250), NULL, 'MINOR', 'SCREENING', DATE '2024-02-29', DATE '2024-03-01'),
  ('S1-1', 'D1', 'Late', '', 'MINOR', 'SCREENING', DATE '2024-01-31', DATE '2024-03-01'),
  ('S1-3', 'D4', 'Not treated', 'B', 'MINOR', 'SCREENING', DATE '2024-02-29', NULL)
) x(USUBJID, DVSPID, DVTERM, DVDECOD, DVCAT, EPOCH, DVSTDTC, RFSTDTC)
"""


@pytest.fixture
def records():
    return duckdb.sql(derive(dataset("DV"), DEVIATIONS)).df()


def write(tmp_path, records, as_of=AS_OF):
    path = tmp_path / "dv.xpt"
    path.write_bytes(b"".join(encode(dataset("DV"), records, as_of)))
    return path


def test_names_and_labels_fit_a_transport_file():
    for one in datasets().values():
        assert len(set(one.names)) == len(one.names)
        for variable in one.variables:
            assert len(variable.name) <= 8 and 0 < len(variable.label) <= 40
            assert variable.type in ("Char", "Num") and variable.core in ("Req", "Exp", "Perm")


def test_every_dataset_begins_with_its_identifiers():
    for one in datasets().values():
        assert one.names[:2] == ("STUDYID", "DOMAIN")
        assert not one.within or f"{one.name}SEQ" in one.names
        assert "USUBJID" not in one.names or one.names[2] == "USUBJID"


def test_the_first_day_of_treatment_is_day_1_and_the_day_before_it_day_minus_1(records):
    days = dict(zip(records["DVSPID"], records["DVSTDY"], strict=True))
    assert (days["D3"], days["D2"], days["D1"]) == (1, -1, -30)
    assert math.isnan(days["D4"])


def test_records_are_numbered_within_a_subject_in_order_of_time(records):
    assert list(records["DVSPID"]) == ["D1", "D2", "D3", "D4"]
    assert list(records["DVSEQ"]) == [1, 2, 1, 1]


def test_text_is_ascii_and_200_bytes_at_most(records):
    assert records["DVTERM"].str.len().max() == 200
    assert "Cafe closed" in set(records["DVTERM"])


def test_two_readers_read_what_was_written(tmp_path, records):
    found, faults = read(write(tmp_path, records))
    assert faults == []
    for name in records.columns:
        assert list(found[name].astype(object).fillna("")) == list(records[name].astype(object).fillna(""))


def test_the_same_records_are_the_same_bytes_and_carry_the_scenarios_date(tmp_path, records):
    one, other = write(tmp_path, records).read_bytes(), write(tmp_path, records).read_bytes()
    assert one == other
    assert one.count(b"09JAN25:00:00:00") == 4
    later = write(tmp_path, records, datetime.date(2026, 1, 9)).read_bytes()
    assert later.replace(b"09JAN26", b"09JAN25") == one


def test_a_file_without_records_is_not_written(records):
    assert list(encode(dataset("DV"), records[:0], AS_OF)) == []


def test_a_record_without_what_is_required_is_left_out_and_named(records):
    records.loc[records["DVSPID"] == "D1", "DVTERM"] = ""
    kept, notes = refine(dataset("DV"), records)
    assert list(kept["DVSPID"]) == ["D2", "D3", "D4"]
    assert notes == ["record left out, no DVTERM: S1-1 1.0 D1"]


def test_a_value_outside_a_closed_codelist_is_not_written():
    facts = (
        "SELECT 'S' AS STUDYID, 'TA' AS DOMAIN, 'S-1' AS USUBJID, DATE '2024-01-01' AS RFSTDTC, 'no race' AS RACE, "
        "'Q' AS SEX, "
        + ", ".join(
            f"NULL AS {name}"
            for name in dataset("DM").names
            if name not in {"STUDYID", "DOMAIN", "USUBJID"} | {"RFSTDTC", "RACE", "SEX", "DMDY"}
        )
    )
    kept, notes = refine(dataset("DM"), duckdb.sql(derive(dataset("DM"), facts)).df())
    assert kept.empty and "record left out, SEX is not of codelist SEX (Q): S-1" in notes
    assert any(note.startswith("value left out, RACE is not of codelist RACE (no race)") for note in notes)


def test_closed_codelists_are_those_of_the_variables():
    used = {variable.codelist for one in datasets().values() for variable in one.variables}
    assert set(closed_terms()) <= used


def test_the_judge_sees_a_day_0_a_repeated_number_and_a_missing_term(records):
    records["DVSTDY"] = 0.0
    records["DVSEQ"] = 1.0
    records.loc[0, "DVTERM"] = ""
    faults = " ".join(judge_records({"DV": records}))
    for fault in ("DVSTDY has a day 0", "DVSEQ is not unique", "DVTERM is required and null", "DM: missing"):
        assert fault in faults


def test_the_judge_sees_a_damaged_file(tmp_path, records):
    path = write(tmp_path, records)
    path.write_bytes(path.read_bytes().replace(b"Protocol Deviation Term", b"Protocol Deviation Word"))
    assert "labels" in " ".join(read(path)[1])


def test_dataset_json_has_whole_numbers_dates_and_nulls(records):
    said = json.loads("".join(encode_json(dataset("DV"), records, "S1", AS_OF)))
    columns = {one["name"]: one for one in said["columns"]}
    assert {columns[name]["dataType"] for name in ("DVSEQ", "DVSTDY")} == {"integer"}
    assert columns["DVSTDTC"] == {
        "itemOID": "IT.DV.DVSTDTC",
        "name": "DVSTDTC",
        "label": "Start Date/Time of Deviation",
        "dataType": "date",
        "keySequence": 3,
    }
    assert said["rows"][0] == ["S1", "DV", "S1-1", 1, "D1", "Late", None, "MINOR", "SCREENING", "2024-01-31", -30]
    assert said["rows"][3][-1] is None
    assert list(encode_json(dataset("DV"), records[:0], "S1", AS_OF)) == []
