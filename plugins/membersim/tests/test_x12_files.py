"""MemberSim's X12, on a small family read by eye: golden files, balances, and pyx12's judgement."""

import datetime
from pathlib import Path

import duckdb
import pytest

import membersim.entities
import networksim.entities
from healthsim_core.export import Source, export
from healthsim_core.persons import PERSONS
from healthsim_x12.testing import judge, segments
from membersim.formats import OUTPUT_FORMATS

HERE = Path(__file__).parent
F834, F837P = OUTPUT_FORMATS


@pytest.fixture
def source():
    connection = duckdb.connect()
    tables = (PERSONS, *membersim.entities.TABLES, *networksim.entities.TABLES)
    for table in tables:
        connection.execute(table.ddl())
    connection.execute((HERE / "fixture.sql").read_text())
    return Source(
        connection, "family", "the family", datetime.date(2025, 1, 1), frozenset(table.name for table in tables)
    )


@pytest.mark.parametrize("output_format", OUTPUT_FORMATS, ids=lambda one: one.name)
def test_files_are_those_that_were_read(output_format, source, tmp_path):
    written = export(source, output_format, tmp_path)
    assert sorted(written.files) == ["HSCO1.x12", "HSMA1.x12"]
    for name in written.files:
        assert (tmp_path / output_format.name / name).read_text() == (
            HERE / "golden" / output_format.name / name
        ).read_text()


@pytest.mark.parametrize("output_format", OUTPUT_FORMATS, ids=lambda one: one.name)
def test_pyx12_finds_nothing_wrong(output_format, source, tmp_path):
    pytest.importorskip("pyx12")
    for name in export(source, output_format, tmp_path).files:
        assert judge(tmp_path / output_format.name / name) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [("SE*", "SE*9"), ("DMG*D8*", "DMG*D9*"), ("BHT*0019*00*", "BHT*0018*00*"), ("SBR*P*18", "XBR*P*18"), ("SV1*HC:99214*302*UN*1", "SV1*HC:99214**UN*1"),
     ("HI*ABK:E1165", "HI*XXX:E1165"), ("HL*2*1*22*0", "HL*5*1*22*0"), ("DTP*472*D8*20250203", "DTP*472*D8*20251503"), ("GE*1*", "GE*2*")],
)  # fmt: skip
def test_the_judge_is_not_asleep(old, new, source, tmp_path):
    pytest.importorskip("pyx12")
    export(source, F837P, tmp_path)
    path = tmp_path / "x12_837p/HSCO1.x12"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    assert judge(path) != []


def test_a_claim_nobody_bills_is_reported_and_left_out(source, tmp_path):
    written = export(source, F837P, tmp_path)
    assert written.counts == {"claim": 4, "skipped claim": 1}
    assert written.notes == ("HSCO1.x12: claim skipped: no billing provider: C4",)
    assert "CLM*C4*" not in (tmp_path / "x12_837p/HSCO1.x12").read_text()


def test_lines_balance_and_levels_have_their_parents(source, tmp_path):
    export(source, F837P, tmp_path)
    found = segments(tmp_path / "x12_837p/HSCO1.x12")
    charges, levels = {}, {}
    for line in found:
        if line[0] == "CLM":
            claim = line[1]
            charges[claim] = [float(line[2]), 0.0]
        elif line[0] == "SV1":
            charges[claim][1] += float(line[2])
        elif line[0] == "HL":
            levels[line[1]] = (line[2], line[3], line[4])
    assert all(abs(total - lines) < 0.005 for total, lines in charges.values())
    assert list(levels) == [str(number) for number in range(1, len(levels) + 1)]
    parents = {parent for parent, _, _ in levels.values() if parent}
    assert {number for number, (_, _, children) in levels.items() if children == "1"} == parents
    assert all({"22": "20", "23": "22"}[code] == levels[parent][1] for parent, code, _ in levels.values() if parent)


def test_a_transaction_holds_at_most_its_number_of_claims(source, tmp_path, monkeypatch):
    pytest.importorskip("pyx12")
    monkeypatch.setattr("membersim.formats.x12_837p.CLAIMS_PER_TRANSACTION", 2)
    export(source, F837P, tmp_path)
    path = tmp_path / "x12_837p/HSCO1.x12"
    assert [line[0] for line in segments(path)].count("ST") == 2
    assert judge(path) == []


def test_without_a_directory_no_claim_is_written_and_it_is_said(source, tmp_path):
    bare = Source(source.connection, "family", "x", source.as_of, source.tables - {"facilities", "providers"})
    written = export(bare, F837P, tmp_path)
    assert written.counts == {} and "no facilities" in written.notes[0]
    assert written.files == {}
