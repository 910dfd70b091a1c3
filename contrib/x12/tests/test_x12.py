"""The envelope and its elements, and a judge that is not asleep."""

import datetime

import pytest

from healthsim_x12 import Interchange, Levels, amount, clean, component, day, segment

ENVELOPE = Interchange("834", "005010X220A1", "BE", "HEALTHSIM", "PAYER1", datetime.date(2025, 1, 1), 42)


def test_elements_are_made_safe():
    assert clean("O'Neil*~:^ & Søn\n2") == "O'NEIL & S N 2"
    assert clean("a much too long name", 9) == "A MUCH TO"
    assert clean(None) == ""


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (100, "100"),
        ("100.00", "100"),
        ("0.50", "0.5"),
        (0, "0"),
        ("1234.05", "1234.05"),
        ("0.00", "0"),
        (10.10, "10.1"),
    ],
)
def test_numbers_carry_no_needless_zeros(value, text):
    assert amount(value) == text


def test_segments_leave_out_empty_ends():
    assert segment("N4", "HOUSTON", "TX", "", "") == "N4*HOUSTON*TX~\n"
    assert component("HC", "99213", "") == "HC:99213"
    assert day(datetime.date(2025, 3, 4)) == "20250304"


def test_an_interchange_counts_what_goes_by():
    text = "".join(
        ENVELOPE.pieces([iter([segment("BGN", "00", "1")]), iter([segment("BGN", "00", "2"), segment("DTP", "007")])])
    )
    lines = [line.rstrip("~").split("*") for line in text.splitlines()]
    assert [line[0] for line in lines] == ["ISA", "GS", "ST", "BGN", "SE", "ST", "BGN", "DTP", "SE", "GE", "IEA"]
    assert lines[4] == ["SE", "3", "000000001"] and lines[8] == ["SE", "4", "000000002"]
    assert lines[9] == ["GE", "2", "42"] and lines[10] == ["IEA", "1", "000000042"]
    assert lines[0][15] == "T" and len(text.splitlines()[0]) == 106
    assert lines[1][8] == lines[2][3] == "005010X220A1"
    assert "".join(ENVELOPE.pieces([])) == ""


def test_levels_are_numbered_within_a_transaction():
    levels = Levels()
    assert [levels.segment("20", None, True), levels.segment("22", 1, False)] == ["HL*1**20*1~\n", "HL*2*1*22*0~\n"]
