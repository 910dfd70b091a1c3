"""What the X12 syntax promises: safe elements, exact numbers, an envelope that counts and streams."""

import datetime
import itertools
from decimal import Decimal

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthsim_core import catalog as catalogs
from healthsim_x12 import Interchange, Levels, amount, batches, cents, clean, component, day, period, plugin, segment

ENVELOPE = Interchange("837", "005010X222A1", "HC", "HEALTHSIM", "PAYER1", datetime.date(2025, 3, 9), 42)


def test_the_plugin_declares_the_serializer():
    catalog = catalogs.build([("x12", "healthsim-x12", "0.1.0", lambda: plugin)])
    assert catalog.get("serializer", "x12").extension == "x12"


def test_an_element_has_no_separators_accents_or_lower_case():
    assert clean("José~Núñez* & Søn:s^") == "JOSE NUNEZ & SON S"
    assert clean("O’Brien–Groß") == "O'BRIEN-GROSS"
    assert clean(None) == ""


def test_a_long_element_is_cut_without_a_blank_at_its_end():
    assert clean("ONE TWO THREE", 8) == "ONE TWO"


@given(st.text())
def test_no_text_can_break_out_of_its_element(text):
    assert not set(clean(text)) & set("*:^~\n\r\t")
    assert clean(clean(text)) == clean(text)


@given(st.integers(-(10**11), 10**11))
def test_money_is_exact_and_has_no_needless_zeros(value):
    text = cents(value)
    assert Decimal(text) * 100 == value
    assert text == amount(Decimal(value) / 100)
    assert "." not in text or not text.endswith("0")


def test_dates_and_composites():
    first, last = datetime.date(2025, 3, 9), datetime.date(2025, 4, 1)
    assert (day(first), period(first, last)) == ("20250309", "20250309-20250401")
    assert component("HC", "99213", "", "") == "HC:99213"
    assert segment("NM1", "85", "2", "NAME", "", "") == "NM1*85*2*NAME~\n"


def test_the_interchange_header_is_106_characters_and_says_test():
    header = next(iter(ENVELOPE.pieces([[segment("BHT", "0019")]]))).split("\n")[0]
    assert len(header) == 106
    assert header[82:89] == "^*00501"
    assert header.split("*")[13:16] == ["000000042", "0", "T"]


def test_counts_and_control_numbers_match_from_head_to_tail():
    bodies = [[segment("BHT", "0019") + segment("NM1", "41")], [segment("BHT", "0019")]]
    found = [one.split("*") for one in "".join(ENVELOPE.pieces(bodies)).replace("\n", "").split("~")[:-1]]
    assert [one[0] for one in found] == ["ISA", "GS", "ST", "BHT", "NM1", "SE", "ST", "BHT", "SE", "GE", "IEA"]
    heads, tails = [one for one in found if one[0] == "ST"], [one for one in found if one[0] == "SE"]
    assert [one[1] for one in tails] == ["4", "3"]
    assert [one[2] for one in heads] == [one[2] for one in tails] == ["000000001", "000000002"]
    assert all(one[3] == found[1][8] == "005010X222A1" for one in heads)
    assert found[-2] == ["GE", "2", found[1][6]]
    assert found[-1] == ["IEA", "1", found[0][13]]


def test_a_guide_that_does_not_use_st03_is_named_in_the_group_only():
    text = "".join(attrs.evolve(ENVELOPE, names_guide=False).pieces([[segment("BPR", "I")]]))
    assert "ST*837*000000001~" in text and "*X*005010X222A1~" in text


def test_an_interchange_of_no_transactions_is_empty():
    assert list(ENVELOPE.pieces([])) == []


def test_an_endless_transaction_streams():
    endless = ENVELOPE.pieces([itertools.repeat(segment("LX", "1"))])
    assert sum(1 for _ in itertools.islice(endless, 10_000)) == 10_000


def test_hierarchical_levels_count_up_and_point_to_their_parents():
    levels = Levels()
    assert levels.segment("20", None, True) == "HL*1**20*1~\n"
    assert levels.segment("22", 1, False) == "HL*2*1*22*0~\n"


@given(st.lists(st.integers(1, 7)), st.integers(7, 20))
def test_batches_keep_order_and_weight(items, limit):
    found = [list(batch) for batch in batches(items, limit, lambda item: item)]
    assert list(itertools.chain(*found)) == items
    assert all(0 < sum(batch) <= limit for batch in found)


@pytest.mark.parametrize("limit", [1, 3])
def test_batches_count_items_where_no_weight_is_given(limit):
    assert [len(list(batch)) for batch in batches("abcdefg", limit)] == {1: [1] * 7, 3: [3, 3, 1]}[limit]
