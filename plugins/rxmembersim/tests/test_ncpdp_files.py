"""What RxMemberSim's D.0 files promise: well-formed for two readers, equal to the tables, and silent about nothing left out."""

import datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import golden
import pytest

import networksim.entities
import rxmembersim.entities
from healthsim_core.export import Source, export
from healthsim_core.persons import PERSONS
from healthsim_ncpdp import FIELDS, decode, parse_request, parse_response
from healthsim_ncpdp.testing import judge, lines, problems_of
from rxmembersim.formats import OUTPUT_FORMATS

HERE = Path(__file__).parent
FORMAT = OUTPUT_FORMATS[0]
FILES = [f"{number}/{kind}.d0" for number in ("990001", "990002") for kind in ("requests", "responses")]


def make_source():
    connection = duckdb.connect()
    for table in (PERSONS, *rxmembersim.entities.TABLES, *networksim.entities.TABLES):
        connection.execute(table.ddl())
    connection.execute((HERE / "formats_fixture.sql").read_text())
    tables = frozenset(row[0] for row in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall())
    return Source(connection, "family", "family-1", datetime.date(2025, 1, 1), tables)


@pytest.fixture(scope="module")
def source():
    return make_source()


@pytest.fixture(scope="module")
def written(source, tmp_path_factory):
    return export(source, FORMAT, tmp_path_factory.mktemp("out"))


@pytest.fixture(scope="module")
def exchanges(written):
    """Return every exchange by the authorization number of its answer."""
    found = {}
    for number in ("990001", "990002"):
        requests, responses = (lines(written.folder / number / f"{one}.d0") for one in ("requests", "responses"))
        for request, response in zip(requests, responses, strict=True):
            answer = parse_response(response)
            found[answer.values("21")["F3"]] = parse_request(request), answer
    return found


def value(transmission, segment, field):
    return decode(field, transmission.values(segment)[field])


@pytest.mark.parametrize("file", FILES)
def test_neither_dzero_python_nor_we_find_an_error(written, file):
    pytest.importorskip("dzero_python")
    assert judge(written.folder / file, "requests" in file) == []


@pytest.mark.parametrize("file", FILES)
def test_the_file_is_the_one_that_was_read_by_eye(written, file):
    golden.same((written.folder / file).read_bytes(), HERE / "golden/ncpdp_d0" / file)


def test_dzero_python_reads_the_values_of_the_tables(written, source):
    dzero = pytest.importorskip("dzero_python")
    found = {}
    for number in ("990001", "990002"):
        for line in lines(written.folder / number / "requests.d0"):
            one = dzero.Request.parse(line)
            claim = one.transaction_groups[0].segments[0]
            key = (
                one.header["transaction_code"],
                claim["prescription_reference_number"],
                one.header["date_of_service"],
            )
            found[key] = (one.header["bin_number"], one.header["processor_control_number"], one.header["service_provider_id"], claim["product_service_id"])  # fmt: skip
    rows = source.connection.execute("""
        SELECT transaction_code, lpad(prescription_number, 12, '0'), strftime(service_date, '%Y%m%d'), bin, pcn, npi, ndc_code
        FROM rx_claims JOIN prescriptions USING (prescription_id) JOIN rx_members ON rx_members.rx_member_id = rx_claims.rx_member_id
        JOIN pharmacies ON pharmacies.pharmacy_id = prescriptions.pharmacy_id
        WHERE substr(rx_claim_id, 3)::INTEGER < 90""").fetchall()
    assert found == {row[:3]: row[3:] for row in rows}


def test_paid_amounts_are_the_fills_to_the_cent(exchanges, source):
    query = "SELECT authorization_number, {} FROM rx_claims JOIN fills USING (fill_id) WHERE substr(rx_claim_id, 3)::INTEGER < 90 AND transaction_code <> 'B2'"
    columns = {"F6": "ingredient_cost_amount", "F7": "dispensing_fee_amount", "F5": "patient_pay_amount", "F9": "plan_paid_amount", "FH": "deductible_amount", "FI": "copay_amount"}  # fmt: skip
    paid = source.connection.execute(query.format(", ".join(columns.values()))).fetchall()
    assert len(paid) == 9
    for number, *amounts in paid:
        assert [Decimal(value(exchanges[number][1], "23", one)) / 100 for one in columns] == amounts


def test_a_request_and_its_response_are_about_one_prescription(exchanges):
    assert len(exchanges) == 13
    for request, response in exchanges.values():
        assert request.values("07")["D2"] == response.values("22")["D2"]
        for part in ("transaction_code", "count", "qualifier", "provider", "service_date"):
            assert request.header[part] == response.header[part]


def test_a_reversal_names_the_billing_it_takes_back(exchanges):
    billing, reversal = exchanges["000000000003"][0], exchanges["000000000004"][0]
    assert (billing.header["transaction_code"], reversal.header["transaction_code"]) == ("B1", "B2")
    assert reversal.header["service_date"] == billing.header["service_date"]
    assert reversal.values("07").items() <= billing.values("07").items()
    assert exchanges["000000000004"][1].values("21")["AN"] == "A"


def test_a_refill_too_soon_is_answered_with_the_fill_before(exchanges):
    answer = exchanges["000000000002"][1]
    assert answer.values("21") | {"AN": "R", "FB": "79", "FQ": "REFILL TOO SOON"} == answer.values("21")
    assert (value(answer, "24", "FU"), value(answer, "24", "FV")) == (datetime.date(2025, 2, 1), 60)
    assert "23" not in answer.segments


def test_a_rejected_billing_asks_for_the_drugs_typical_cost(exchanges):
    request, answer = exchanges["000000000007"]
    assert value(request, "11", "DU") == value(request, "11", "D9") == 692_110
    assert answer.values("21")["FB"] == "75"


def test_a_schedule_ii_drug_says_what_was_prescribed_and_others_do_not(exchanges):
    assert value(exchanges["000000000005"][0], "07", "ET") == 20
    assert "ET" not in exchanges["000000000001"][0].values("07")


def test_part_d_stages_add_up_to_the_cost_or_are_left_out(exchanges):
    split, crossing, whole = (exchanges[f"{number:012d}"][1] for number in (11, 9, 10))

    def stages(answer):
        pairs = answer.groups[0][2][1]
        amounts = [decode(one, text) for one, text in pairs if one == "MW"]
        return dict(zip([text for one, text in pairs if one == "MV"], amounts, strict=True))

    assert stages(split) == {"01": 500, "02": 1140}
    assert stages(whole) == {"04": 692_510}
    assert stages(crossing) == {}


def test_long_names_are_cut_and_a_long_plan_is_left_out(exchanges):
    request, answer = exchanges["000000000006"]
    assert request.values("01")["CA"] == "MAXIMILIANA-" and len(request.values("01")["CB"]) == FIELDS["CB"].length
    assert request.values("04") | {"CC": "JOSE", "CD": "NUNEZ", "C3": "003"} == request.values("04")
    assert "FO" not in answer.values("25") and "03" not in request.segments


def test_what_cannot_be_written_is_named_with_its_reason(written):
    assert written.counts == {
        "B1 request": 10, "B2 request": 2, "B3 request": 1, "skipped claim": 9, "B1 paid response": 8,
        "B1 rejected response": 2, "B2 approved response": 1, "B2 rejected response": 1, "B3 paid response": 1,
    }  # fmt: skip
    said = "\n".join(written.notes)
    for claim, why in {
        "RC90": "its pharmacy has no NPI",
        "RC91": "cost and fee are not what patient and plan pay",
        "RC92": "deductible and copay are not what the patient pays",
        "RC93": "(409-D9) has room for 8 digits",
        "RC94": "the patient has no date of birth",
        "RC95": "no price of its drug is known",
        "RC96": "it was paid, but its fill is not there",
        "RC97": "it was rejected without a reason",
        "RC98": "there is no answer A to B1",
    }.items():
        assert any(claim in line and why in line for line in said.splitlines()), (claim, said)


def test_a_scenario_without_pharmacies_or_fills_says_so(tmp_path):
    source = make_source()
    source.connection.execute("DELETE FROM rx_claims WHERE response_status <> 'R' OR transaction_code = 'B2'")
    there = source.tables - {"pharmacies", "fills", "drugs", "providers", "persons"}
    written = export(Source(source.connection, "family", "family-1", source.as_of, there), FORMAT, tmp_path)
    assert written.files == {}
    assert "healthsim-networksim" in written.notes[0]


@pytest.mark.parametrize(
    "old, new, complaint",
    [
        ("990001D0", "99000 D0", "BIN"),
        ("D0B1", "51B1", "version"),
        ("HSCOMM    1", "HSCOMM    2", "announces 2"),
        ("\x1cD90000048{", "\x1cD90000049{", "430-DU"),
        ("\x1cDU0000065E", "\x1cDU00000655", "no signed amount"),
        ("\x1cE70000060000", "\x1cE760000", "not 10"),
        ("\x1cC51", "\x1cC5X", "not of digits"),
        ("\x1d\x1e\x1cAM07", "\x1e\x1cAM07", "announces 1"),
        ("\x1cEM1\x1cD2000001000001", "\x1cD2000001000001\x1cEM1", "begins with"),
        ("\x1cAM11", "\x1cAM99", "segment 11 is missing"),
        ("\x1cDN05", "\x1cZ905", "unknown field Z9"),
        ("\x1cVE1", "\x1cVE2", "VE says 2"),
    ],
)
def test_the_judge_sees_what_is_wrong(written, old, new, complaint):
    pytest.importorskip("dzero_python")
    line = lines(written.folder / "990001/requests.d0")[0]
    assert old in line
    assert complaint in " ".join(problems_of(line.replace(old, new, 1), True))


def test_the_bytes_are_the_same_every_time(written, tmp_path):
    again = export(make_source(), FORMAT, tmp_path)
    assert {one: (again.folder / one).read_bytes() for one in again.files} == {
        one: (written.folder / one).read_bytes() for one in written.files
    }
