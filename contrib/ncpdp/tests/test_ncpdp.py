"""What the D.0 syntax promises: fields of their declared length, signed amounts, headers of fixed width, nothing that breaks out."""

import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthsim_core import catalog as catalogs
from healthsim_ncpdp import (
    FIELDS,
    DoesNotFit,
    RequestHeader,
    ResponseHeader,
    clean,
    decode,
    encode,
    from_overpunch,
    overpunch,
    parse_request,
    parse_response,
    plugin,
    segment,
    transmission,
)
from healthsim_ncpdp.testing import problems_of

DAY = datetime.date(2025, 3, 9)
REQUEST = RequestHeader("990001", "B1", "HSCOMM", "2606073015", DAY)
RESPONSE = ResponseHeader("B2", "A", "2606073015", DAY)


def test_the_plugin_declares_the_serializer():
    catalog = catalogs.build([("ncpdp", "healthsim-ncpdp", "0.1.0", lambda: plugin)])
    assert catalog.get("serializer", "ncpdp").extension == "d0"


@pytest.mark.parametrize(
    "cents, text",
    [
        (0, "0000000{"),
        (1234, "0000123D"),
        (-1234, "0000123M"),
        (-10, "0000001}"),
        (99_999_999, "9999999I"),
        (-9, "0000000R"),
    ],
)
def test_the_sign_is_punched_over_the_last_digit(cents, text):
    assert overpunch(cents) == text
    assert from_overpunch(text) == cents


@given(st.integers(-99_999_999, 99_999_999))
def test_every_amount_comes_back_and_has_eight_characters(cents):
    assert len(encode("D9", cents)) == 8
    assert decode("D9", encode("D9", cents)) == cents


@given(st.decimals(0, 9_999_999, places=3))
def test_every_quantity_comes_back(quantity):
    assert decode("E7", encode("E7", quantity)) == quantity


def test_a_quantity_has_three_decimals_implied():
    assert (encode("E7", 30), encode("E7", 7.5)) == ("0000030000", "0000007500")
    assert decode("E7", "0000007500") == Decimal("7.5")


def test_dates_and_numbers_have_their_declared_length():
    assert (encode("DE", DAY), encode("D2", "1000001"), encode("D5", 30)) == ("20250309", "000001000001", "030")


@pytest.mark.parametrize(
    "field, value", [("D9", 100_000_000), ("D5", 1000), ("D3", -1), ("D7", "1" * 20), ("E7", 10**7)]
)
def test_what_has_no_room_is_refused_by_the_fields_number(field, value):
    with pytest.raises(DoesNotFit, match=f"{FIELDS[field].number}-{field}"):
        encode(field, value)


@pytest.mark.parametrize("text", ["0000123", "000012345", "0000123", "", "00001234"])
def test_an_amount_without_a_sign_or_of_another_length_is_refused(text):
    with pytest.raises(ValueError):
        decode("D9", text)


def test_names_are_cut_and_plain():
    assert encode("CA", "Maximiliana Østergård") == "MAXIMILIANA"
    assert clean("José\x1cNúñez\n") == "JOSE NUNEZ"


@given(st.text())
def test_no_text_can_break_out_of_its_field(text):
    assert all(" " <= letter <= "~" for letter in clean(text))
    assert clean(clean(text)) == clean(text)


def test_headers_have_56_and_31_characters():
    assert REQUEST.text() == "990001D0B1HSCOMM    1012606073015     20250309HEALTHSIM "
    assert RESPONSE.text() == "D0B21A012606073015     20250309"
    assert (len(REQUEST.text()), len(RESPONSE.text())) == (56, 31)


def test_a_header_does_not_cut():
    with pytest.raises(DoesNotFit, match="10 characters of pcn"):
        RequestHeader("990001", "B1", "TOOLONGAPCN", "2606073015", DAY).text()


def test_an_empty_field_is_left_out():
    assert segment("04", ("C2", "A1"), ("C1", None), ("CC", "")) == "\x1e\x1cAM04\x1cC2A1"


def test_a_transmission_reads_back():
    text = transmission(
        REQUEST, [segment("04", ("C2", "A1"))], [segment("07", ("EM", "1"), ("D2", 7)), segment("11", ("DU", 5))]
    )
    found = parse_request(text)
    assert (found.header["bin"], found.header["provider"].strip(), found.segments) == (
        "990001",
        "2606073015",
        ["04", "07", "11"],
    )
    assert found.values("07") == {"EM": "1", "D2": "000000000007"}
    assert found.values("13") == {}


def test_the_count_of_the_header_is_kept():
    with pytest.raises(ValueError, match="announces 1"):
        transmission(REQUEST, [], ["a"], ["b"])


def test_a_transmission_of_two_transactions_is_judged_well():
    pytest.importorskip("dzero_python")
    header = RequestHeader("990001", "B2", "HSCOMM", "2606073015", DAY, count=2)
    groups = [
        [segment("07", ("EM", "1"), ("D2", number), ("E1", "03"), ("D7", "99990000101"), ("D3", 0))]
        for number in (1, 2)
    ]
    assert list(problems_of(transmission(header, [], *groups), True)) == []


@pytest.mark.parametrize(
    "text",
    ["", "990001D0B1", REQUEST.text() + "x\x1e\x1cAM04", REQUEST.text() + "\x1eAM04", REQUEST.text() + "\x1e\x1cC2A1"],
)
def test_what_is_no_request_is_refused(text):
    with pytest.raises(ValueError):
        parse_request(text)


def test_a_response_is_no_request():
    text = transmission(RESPONSE, [], [segment("21", ("AN", "A"), ("F3", "1")), segment("22", ("EM", "1"), ("D2", 1))])
    assert parse_response(text).values("21")["AN"] == "A"
    with pytest.raises(ValueError, match="56"):
        parse_request(text)
