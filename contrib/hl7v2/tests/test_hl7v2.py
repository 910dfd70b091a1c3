"""What the ER7 syntax promises: text that cannot break out, segments by position, files that count and stream."""

import datetime
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthsim_core import catalog as catalogs
from healthsim_hl7v2 import (
    Batch,
    components,
    day,
    escape,
    message_header,
    number,
    plugin,
    repetitions,
    segment,
    split,
    subcomponents,
    time,
    unescape,
)
from healthsim_hl7v2.testing import envelope_problems, judge, messages, order_problems

NOON = datetime.datetime(2025, 3, 9, 12, 0)
BATCH = Batch("adt_0001.hl7", "HEALTHSIM", NOON, "A000000042")
HEAD = message_header("HEALTHSIM", "F1", NOON, "ADT", "A04", "ADT_A01", "A000000042000000001")
REST = ["EVN||20250309120000\r", "PID|1||MRN1^^^HEALTHSIM^MR||Poe^Ann\r", "PV1|1|O\r"]


def test_the_plugin_declares_the_serializer():
    catalog = catalogs.build([("hl7v2", "healthsim-hl7v2", "0.1.0", lambda: plugin)])
    assert catalog.get("serializer", "er7").extension == "hl7"


def test_separators_become_escape_sequences():
    assert escape("a|b^c~d\\e&f") == "a\\F\\b\\S\\c\\R\\d\\E\\e\\T\\f"
    assert escape("one\rtwo") == "one\\X0D\\two"
    assert escape(None) == ""


@given(st.text())
def test_no_text_can_break_out_of_its_component_and_all_of_it_comes_back(text):
    assert not set(escape(text)) & set("|^~&\r\n")
    assert unescape(escape(text)) == text.strip()


@given(st.text(), st.integers(1, 9))
def test_a_cut_never_splits_an_escape_sequence(text, longest):
    assert unescape(escape(text, longest)) == text.strip()[:longest].rstrip()


@given(st.integers(-(10**8), 10**8))
def test_numbers_are_exact_plain_and_short(hundredths):
    text = number(hundredths / 100)
    assert float(text) == hundredths / 100
    assert "e" not in text and not (text.endswith("0") and "." in text) and text != "-0"


def test_fields_stand_at_their_positions_and_end_where_content_ends():
    assert segment("PV1", {1: "1", 4: "E", 7: ""}) == "PV1|1|||E\r"
    assert segment("PV2", {3: ""}) == ""
    assert components("Poe", "Ann", "", "") == "Poe^Ann"
    assert subcomponents("NPI", "2.16", "") == "NPI&2.16"
    assert repetitions("a", "", "b") == "a~b"
    assert (day(NOON), time(NOON), time(None)) == ("20250309", "20250309120000", "")


def test_a_file_counts_its_messages_from_head_to_tail():
    text = "".join(BATCH.pieces([HEAD + "".join(REST)]))
    assert [one[:3] for one in text.split("\r")] == ["FHS", "BHS", "MSH", "EVN", "PID", "PV1", "BTS", "FTS", ""]
    assert text.startswith("FHS|^~\\&|HEALTHSIM|HEALTHSIM|||20250309120000||adt_0001.hl7||A000000042F00001\rBHS|^~\\&|")
    assert text.endswith("BTS|1\rFTS|1\r")
    assert envelope_problems(text) == []
    assert messages(text) == [HEAD + "".join(REST)]


def test_a_file_of_no_messages_is_empty():
    assert list(BATCH.pieces([])) == []


def test_an_endless_batch_streams():
    assert sum(1 for _ in itertools.islice(BATCH.pieces(itertools.repeat(HEAD)), 10_000)) == 10_000


@given(st.lists(st.integers()), st.integers(1, 7))
def test_splitting_keeps_every_item_in_order(items, limit):
    found = [list(part) for part in split(iter(items), limit)]
    assert list(itertools.chain(*found)) == items
    assert all(0 < len(part) <= limit for part in found)


def test_the_judges_accept_a_plain_message():
    pytest.importorskip("hl7apy")
    assert judge(HEAD + "".join(REST)) == order_problems(HEAD + "".join(REST)) == []


@pytest.mark.parametrize(
    "wrong, complaint",
    [
        (HEAD + REST[0] + REST[2], "Missing required child ADT_A01.PID"),
        (HEAD + "".join(REST) + "OBR|1\r", "another message"),
        (HEAD + "".join(REST) + "DG1||I10|E11.9^^I10|||F\r", "DG1_1"),
        (HEAD + REST[0] + "PID|1||MRN1||Poe^Ann||20251399\r" + REST[2], "20251399"),
    ],
)
def test_the_judge_sees_what_is_wrong(wrong, complaint):
    pytest.importorskip("hl7apy")
    assert complaint in " ".join(judge(wrong))


def test_the_order_of_segments_is_looked_at():
    pytest.importorskip("hl7apy")
    assert order_problems(HEAD + REST[0] + REST[2] + REST[1]) == ["ADT_A01: PID is missing after MSH EVN"]
    late = HEAD + "".join(REST) + "DG1|1||E11.9^^I10|||F\rAL1|1||Peanut\r"
    assert "no place for AL1" in order_problems(late)[0]


def test_a_wrong_count_or_a_control_id_used_twice_is_seen():
    text = "".join(BATCH.pieces([HEAD + "".join(REST)] * 2))
    assert envelope_problems(text) == ["control ids are not unique"]
    assert "counts" in envelope_problems(text.replace("BTS|2", "BTS|3"))[0]
