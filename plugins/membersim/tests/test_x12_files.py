"""What MemberSim's X12 files promise: valid for pyx12, balanced, and silent about nothing they leave out."""

import datetime
import os
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

import membersim.entities
import networksim.entities
from healthsim_core.export import Source, export
from healthsim_core.persons import PERSONS
from healthsim_x12.testing import judge, segments
from membersim.formats import OUTPUT_FORMATS, x12_834, x12_837p

HERE = Path(__file__).parent
FORMATS = {one.name: one for one in OUTPUT_FORMATS}


@pytest.fixture(scope="module")
def source():
    connection = duckdb.connect()
    for table in (PERSONS, *membersim.entities.TABLES, *networksim.entities.TABLES):
        connection.execute(table.ddl())
    connection.execute((HERE / "fixture.sql").read_text())
    tables = frozenset(row[0] for row in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall())
    yield Source(connection, "family", "family-1", datetime.date(2025, 1, 1), tables)
    connection.close()


@pytest.fixture(scope="module")
def written(source, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    return {name: export(source, one, out) for name, one in FORMATS.items()}


def file(written, format_name, payer):
    return written[format_name].folder / f"{payer}.x12"


def values(found, name, element):
    return [one[element] for one in found if one[0] == name]


FILES = [(name, payer) for name in ("x12_834", "x12_837p") for payer in ("HSCO1", "HSMA1")]


@pytest.mark.parametrize("name, payer", FILES)
def test_pyx12_finds_no_error(written, name, payer):
    pytest.importorskip("pyx12")
    assert judge(file(written, name, payer)) == []


@pytest.mark.parametrize("name, payer", FILES)
def test_the_file_is_the_one_that_was_read_by_eye(written, name, payer):
    text = file(written, name, payer).read_text()
    golden = HERE / "golden" / name / f"{payer}.x12"
    if os.environ.get("HEALTHSIM_WRITE_GOLDEN"):
        golden.write_text(text)
    assert text == golden.read_text()


@pytest.mark.parametrize(
    "old, new, complaint",
    [
        ("\nSE*", "\nSE*9", "SE count"),
        ("\nGE*1*", "\nGE*2*", "GE count"),
        ("\nIEA*1*", "\nIEA*2*", "IEA count"),
        ("HI*ABK:E119*ABF:I10~\n", "", "(HI) missing"),
        ("HI*ABK:E119", "HI*XXX:E119", "HI*XXX:E119"),
        ("*Y*A*Y*Y~", "*Y*Q*Y*Y~", "CLM07"),
        ("DMG*D8*19830203*M~", "DMG*D8*19831503*M~", "19831503"),
        ("SBR*P*18*", "XBR*P*18*", "XBR"),
        ("SV1*HC:99214*302.4*", "SV1*HC:99214**", "SV102"),
        ("HL*2*1*22*0", "HL*5*1*22*0", "HL"),
    ],
)
def test_the_judge_sees_what_is_wrong(written, tmp_path, old, new, complaint):
    pytest.importorskip("pyx12")
    text = file(written, "x12_837p", "HSCO1").read_text()
    assert old in text
    broken = tmp_path / "broken.x12"
    broken.write_text(text.replace(old, new, 1))
    assert complaint in " ".join(judge(broken))


def test_claims_balance_and_levels_point_to_levels_before_them(written):
    for payer in ("HSCO1", "HSMA1"):
        found = segments(file(written, "x12_837p", payer))
        charges, lines = {}, {}
        for one in found:
            if one[0] == "CLM":
                claim, charges[one[1]] = one[1], Decimal(one[2])
            if one[0] == "SV1":
                lines[claim] = lines.get(claim, 0) + Decimal(one[2])
        assert charges == lines
        parents = {"20": "", "22": "20", "23": "22"}
        level = {}
        for number, one in enumerate((one for one in found if one[0] == "HL"), 1):
            assert one[1] == str(number) and level.get(one[2], "") == parents[one[3]]
            level[one[1]] = one[3]
        children = {one[2] for one in found if one[0] == "HL"}
        assert all((one[1] in children) == (one[4] == "1") for one in found if one[0] == "HL")


def test_a_dependents_claim_stands_under_the_subscribers_level(written):
    found = segments(file(written, "x12_837p", "HSCO1"))
    assert values(found, "HL", 3) == ["20", "22", "22", "23", "23"]
    assert [one[2] for one in found if one[0] == "SBR"] == ["18", ""]
    assert values(found, "PAT", 1) == ["01", "19"]
    assert {one[9] for one in found if one[0] == "NM1" and one[1] == "IL"} == {"M1"}
    assert values(found, "CLM", 1) == ["C1", "C2", "C3", "C4"]


def test_the_filing_code_says_what_kind_of_payer(written):
    assert set(values(segments(file(written, "x12_837p", "HSCO1")), "SBR", 9)) == {"12"}
    assert set(values(segments(file(written, "x12_837p", "HSMA1")), "SBR", 9)) == {"16"}


def test_versions_are_exact_and_files_are_marked_as_test(written):
    for name, version in (("x12_834", "005010X220A1"), ("x12_837p", "005010X222A1")):
        found = segments(file(written, name, "HSCO1"))
        assert values(found, "GS", 8) == values(found, "ST", 3) == [version]
        assert values(found, "ISA", 15) == ["T"]


def test_no_service_is_later_than_the_file(written):
    for payer in ("HSCO1", "HSMA1"):
        found = segments(file(written, "x12_837p", payer))
        assert max(one[3] for one in found if one[0] == "DTP") <= values(found, "BHT", 4)[0]


def test_no_two_files_share_a_control_number(written):
    numbers = [values(segments(file(written, *one)), "ISA", 13)[0] for one in FILES]
    assert len(set(numbers)) == len(FILES)


def test_an_inpatient_claim_says_when_the_patient_was_admitted_and_where(written):
    text = file(written, "x12_837p", "HSCO1").read_text()
    stay = text[text.index("CLM*C2*") : text.index("CLM*C3*")]
    assert "DTP*435*D8*20250304~" in stay and "NM1*77*2*YARROWDALE HOSPITAL*" in stay
    assert text.count("NM1*77*") == 1


def test_what_lacks_something_is_named_and_not_written(written):
    assert written["x12_837p"].counts == {"claim": 5, "skipped claim": 5}
    assert list(written["x12_837p"].notes) == [
        "HSCO1.x12: claim skipped, it replaces or voids a claim whose number is not known: C94",
        "HSCO1.x12: claim skipped, its lines do not add up to its charge: C92",
        "HSCO1.x12: claim skipped, no billing provider with NPI, tax number and address: C90",
        "HSCO1.x12: claim skipped, no diagnosis: C91",
        "HSMA1.x12: claim skipped, the patient has no address: C93",
    ]
    assert written["x12_834"].counts == {"subscriber": 2, "dependent": 2, "skipped member": 1}
    assert list(written["x12_834"].notes) == ["HSMA1.x12: member skipped, no address_line: M32"]


def test_the_roster_is_full_and_the_subscriber_comes_first(written):
    found = segments(file(written, "x12_834", "HSCO1"))
    assert values(found, "BGN", 8) == ["4"]
    assert [one[1:5] for one in found if one[0] == "INS"] == [
        ["Y", "18", "030", "XN"],
        ["N", "01", "030", "XN"],
        ["N", "19", "030", "XN"],
    ]
    assert [one[2] for one in found if one[:2] == ["REF", "0F"]] == ["M1"] * 3
    assert [one[2] for one in found if one[:2] == ["REF", "23"]] == ["M1", "M2", "M3"]


def test_a_member_with_two_coverages_is_listed_once(written):
    text = file(written, "x12_834", "HSCO1").read_text()
    subscriber = text[text.index("INS*Y") : text.index("INS*N")]
    assert subscriber.count("HD*030") == 2
    assert "DTP*348*D8*20240101~\nDTP*349*D8*20241231~\nHD*" in subscriber


def test_the_same_scenario_gives_the_same_bytes(source, written, tmp_path):
    again = export(source, FORMATS["x12_837p"], tmp_path)
    assert (
        file({"x12_837p": again}, "x12_837p", "HSCO1").read_bytes() == file(written, "x12_837p", "HSCO1").read_bytes()
    )


def test_many_claims_are_split_into_transactions_that_stand_alone(source, tmp_path, monkeypatch):
    pytest.importorskip("pyx12")
    monkeypatch.setattr(x12_837p, "CLAIMS_PER_TRANSACTION", 1)
    monkeypatch.setattr(x12_834, "MEMBERS_PER_TRANSACTION", 1)
    claims = export(source, FORMATS["x12_837p"], tmp_path)
    roster = export(source, FORMATS["x12_834"], tmp_path)
    split = segments(claims.folder / "HSCO1.x12")
    assert len(values(split, "ST", 1)) == 4 == len(set(values(split, "BHT", 3)))
    assert [one[1] for one in split if one[0] == "HL" and one[3] == "20"] == ["1"] * 4
    assert judge(claims.folder / "HSCO1.x12") == judge(roster.folder / "HSCO1.x12") == []


def test_without_a_directory_no_claim_is_written_and_it_is_said(source, tmp_path):
    alone = Source(source.connection, "family", "family-1", source.as_of, source.tables - {"facilities", "providers"})
    result = export(alone, FORMATS["x12_837p"], tmp_path)
    assert (result.files, result.counts) == ({}, {})
    assert "HSCO1.x12: no claim was written: the scenario has no facilities" in result.notes[0]
