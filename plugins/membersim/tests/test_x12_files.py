"""What MemberSim's X12 files promise: valid for pyx12, balanced, and silent about nothing they leave out."""

import datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import golden
import pytest

import membersim.entities
import networksim.entities
from healthsim_core.export import Source, export
from healthsim_core.persons import PERSONS
from healthsim_x12.testing import judge, segments
from membersim.formats import OUTPUT_FORMATS, x12_834, x12_835, x12_claims

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


FILES = [(name, payer) for name in ("x12_834", "x12_837p", "x12_837i", "x12_835") for payer in ("HSCO1", "HSMA1")]


@pytest.mark.parametrize("name, payer", FILES)
def test_pyx12_finds_no_error(written, name, payer):
    pytest.importorskip("pyx12")
    assert judge(file(written, name, payer)) == []


@pytest.mark.parametrize("name, payer", FILES)
def test_the_file_is_the_one_that_was_read_by_eye(written, name, payer):
    golden.same(file(written, name, payer).read_text(), HERE / "golden" / name / f"{payer}.x12")


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


@pytest.mark.parametrize(
    "name, old, new, complaint",
    [
        ("x12_837i", "CL1*3*1*01~\n", "", "CL1"),
        ("x12_837i", "DTP*434*RD8*20250610-20250613~\n", "", "Statement Dates"),
        ("x12_837i", "HI*DR:397~", "HI*XX:397~", "XX"),
        ("x12_837i", ":::::::Y~", ":::::::Z~", "Z"),
        ("x12_837i", "*9000*DA*3", "*9000*XX*3", "SV204"),
        ("x12_835", "CLP*C1*1*", "CLP*C1*7*", "CLP02"),
        ("x12_835", "*94*46*12*", "*94*46*CI*", "CLP06"),
        ("x12_835", "CAS*PR*2*16", "CAS*QQ*2*16", "CAS*QQ"),
        ("x12_835", "SVC*HC:99214*302.4", "SVC*ZZ:99214*302.4", "ZZ"),
        ("x12_835", "DTM*050*20250206", "DTM*050*20250236", "20250236"),
        ("x12_835", "PER*BL*TEST DATA DESK*TE*2025550100~\n", "", "PER"),
    ],
)
def test_the_judge_knows_institutional_claims_and_payments(written, tmp_path, name, old, new, complaint):
    pytest.importorskip("pyx12")
    text = file(written, name, "HSCO1").read_text()
    assert old in text
    broken = tmp_path / "broken.x12"
    broken.write_text(text.replace(old, new, 1))
    assert complaint in " ".join(judge(broken))


@pytest.mark.parametrize("name, line_segment, charge", [("x12_837p", "SV1", 2), ("x12_837i", "SV2", 3)])
def test_claims_balance_and_levels_point_to_levels_before_them(written, name, line_segment, charge):
    for payer in ("HSCO1", "HSMA1"):
        found = segments(file(written, name, payer))
        charges, lines = {}, {}
        for one in found:
            if one[0] == "CLM":
                claim, charges[one[1]] = one[1], Decimal(one[2])
            if one[0] == line_segment:
                lines[claim] = lines.get(claim, 0) + Decimal(one[charge])
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
    versions = (("x12_834", "005010X220A1"), ("x12_837p", "005010X222A1"), ("x12_837i", "005010X223A2"))
    for name, version in (*versions, ("x12_835", "005010X221A1")):
        found = segments(file(written, name, "HSCO1"))
        assert values(found, "GS", 8) == [version]
        # The guide of the 835 does not use ST03.
        assert [one[3:] for one in found if one[0] == "ST"][0] == ([] if name == "x12_835" else [version])
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
    assert written["x12_837i"].counts == {"claim": 4, "skipped claim": 4}
    assert list(written["x12_837i"].notes) == [
        "HSCO1.x12: claim skipped, a line has no revenue code: I92",
        "HSCO1.x12: claim skipped, a stay without date, type or source of admission: I90",
        "HSCO1.x12: claim skipped, its principal diagnosis is an external cause: I93",
        "HSCO1.x12: claim skipped, no attending provider: I91",
    ]
    assert written["x12_835"].counts == {"claim": 10, "payment": 9, "skipped claim": 2}
    assert list(written["x12_835"].notes) == [
        "HSCO1.x12: claim skipped, its lines do not add up to its charge and payment: C92, C4"
    ]
    assert written["x12_834"].counts == {"subscriber": 2, "dependent": 2, "skipped member": 1}
    assert list(written["x12_834"].notes) == ["HSMA1.x12: member skipped, no address_line: M32"]


def claim_of(written, name, payer, start):
    text = file(written, name, payer).read_text()
    begin = text.index(start)
    ends = [text.find(one, begin + 1) for one in ("\nCLM*", "\nHL*", "\nCLP*", "\nSE*")]
    return text[begin : min(end for end in ends if end > 0)].splitlines()


def test_a_stay_is_billed_with_its_days_its_drg_and_what_was_present_on_admission(written):
    stay = claim_of(written, "x12_837i", "HSCO1", "CLM*I1*")
    assert stay[0].endswith("***11:A:1**A*Y*Y~")
    assert [one for one in stay if one[:3] in ("DTP", "CL1")] == [
        "DTP*096*TM*1125~",
        "DTP*434*RD8*20250610-20250613~",
        "DTP*435*DT*202506100740~",
        "CL1*3*1*01~",
    ]
    # The code that is exempt from the indicator has none.
    assert [one for one in stay if one[:2] == "HI"] == [
        "HI*ABK:K3580:::::::Y~",
        "HI*ABJ:K3580~",
        "HI*DR:397~",
        "HI*ABF:E119:::::::Y*ABF:Z794*ABF:J189:::::::N~",
        "HI*BBR:0DTJ4ZZ:D8:20250610~",
        "HI*BBQ:3E0T3BZ:D8:20250611~",
        "HI*BE:80:::3~",
    ]
    assert "SV2*0120**9000*DA*3~" in stay and "SV2*0360**12000*UN*1~" in stay
    assert {one[:8] for one in stay if one[:3] == "NM1"} == {"NM1*71*1", "NM1*72*1"}


def test_an_emergency_visit_says_why_the_patient_came_and_how_it_came_about(written):
    visit = claim_of(written, "x12_837i", "HSCO1", "CLM*I2*")
    assert [one for one in visit if one[:2] == "HI"] == [
        "HI*ABK:S52501A~",
        "HI*APR:S52501A~",
        "HI*ABN:W091XXA~",
        "HI*ABF:J45909~",
        "HI*BH:05:D8:20250704~",
    ]
    assert [one for one in visit if one[:3] == "SV2"] == [
        "SV2*0450*HC:99284:25*1100*UN*1~",
        "SV2*0320*HC:73110*540*UN*1~",
    ]
    assert sum(one == "DTP*472*D8*20250704~" for one in visit) == 2
    assert not any(one.startswith(("DTP*096", "DTP*435")) for one in visit)


def test_a_denied_claim_is_billed_like_any_other_and_remitted_with_the_reason(written):
    assert claim_of(written, "x12_837i", "HSCO1", "CLM*I3*")[0] == "CLM*I3*410***13:A:1**A*Y*Y~"
    denial = claim_of(written, "x12_835", "HSCO1", "CLP*I3*")
    assert denial[0] == "CLP*I3*1*410*0*0*12*HSI3*13*1~"
    assert denial[-4:] == ["SVC*HC:80053*410*0*0300*0**1~", "DTM*472*20250720~", "CAS*CO*197*410~", "LQ*HE*N54~"]


@pytest.mark.parametrize("payer", ["HSCO1", "HSMA1"])
def test_payments_balance_from_the_line_to_the_bank(written, payer):
    """BPR02 = sum of CLP04; charge - adjustments = paid for claims and lines; CLP05 = what is the patient's."""
    for transaction in parts_of(segments(file(written, "x12_835", payer)), "BPR"):
        claims = parts_of(transaction, "CLP")
        assert Decimal(transaction[0][2]) == sum(Decimal(one[0][4]) for one in claims)
        for clp, *rest in claims:
            owed = total = paid = Decimal(0)
            for line in parts_of(rest, "SVC"):
                why = [(one[1], Decimal(amount)) for one in line if one[0] == "CAS" for amount in one[3::3]]
                assert Decimal(line[0][2]) - sum(amount for _, amount in why) == Decimal(line[0][3])
                owed += sum(amount for group, amount in why if group == "PR")
                total, paid = total + Decimal(line[0][2]), paid + Decimal(line[0][3])
            assert (Decimal(clp[3]), Decimal(clp[4]), Decimal(clp[5])) == (total, paid, owed)


def parts_of(found, name):
    """Return the parts that begin with a segment."""
    parts = []
    for one in found:
        if one[0] == name:
            parts.append([])
        if parts:
            parts[-1].append(one)
    return parts


def test_every_payment_has_one_payee_one_day_and_a_trace_number_of_its_own(written):
    found = segments(file(written, "x12_835", "HSCO1"))
    payments = list(zip(values(found, "BPR", 16), [one[4] for one in found if one[:2] == ["N1", "PE"]], strict=True))
    assert len(payments) == len(set(payments)) == 7
    assert len(set(values(found, "TRN", 2))) == 7
    # What is paid by bank names the accounts; where nothing is paid there is a notification.
    assert {(one[1], one[2] == "0", one[4], len(one)) for one in found if one[0] == "BPR"} == {
        ("I", False, "ACH", 17),
        ("H", True, "NON", 17),
    }
    paid_by_bank = [one for one in found if one[0] == "BPR" and one[4] == "ACH"]
    assert {one[10] for one in paid_by_bank} == set(values(found, "TRN", 3)) == {"1893595952"}


def test_a_routing_number_is_well_formed_and_no_banks(written):
    found = segments(file(written, "x12_835", "HSCO1"))
    for number in {number for one in found if one[0] == "BPR" and one[4] == "ACH" for number in (one[7], one[13])}:
        digits = [int(digit) for digit in number]
        assert len(digits) == 9 and number.startswith("99")
        assert sum(weight * digit for weight, digit in zip((3, 7, 1) * 3, digits, strict=True)) % 10 == 0


def test_a_pharmacy_is_paid_for_drugs_by_its_prescriptions(written):
    known = claim_of(written, "x12_835", "HSCO1", "CLP*700000000001*")
    assert known[0] == "CLP*700000000001*1*18.4*4.1*10*13*HSX1~" and "SVC*N4:99900000101*18.4*4.1**60~" in known
    assert claim_of(written, "x12_835", "HSCO1", "CLP*X2*")[0] == "CLP*X2*1*95*0*95*13*HSX2~"
    assert "N1*PE*ALDER & SONS PHARMACY*XX*2606073106~\n" in file(written, "x12_835", "HSCO1").read_text()


def test_more_than_six_reasons_of_a_group_go_on_in_a_second_segment(written):
    claim = claim_of(written, "x12_835", "HSCO1", "CLP*C2*")
    assert [one.count("*") for one in claim if one.startswith("CAS*PR")] == [18, 3]


def test_a_medicare_stay_says_what_its_drg_is_worth(written):
    assert "MIA*0***11000.55~" in claim_of(written, "x12_835", "HSMA1", "CLP*I16*")


def test_a_payment_of_many_claims_is_made_in_parts_that_balance(source, tmp_path, monkeypatch):
    pytest.importorskip("pyx12")
    monkeypatch.setattr(x12_835, "CLAIMS_PER_TRANSACTION", 1)
    found = segments(export(source, FORMATS["x12_835"], tmp_path).folder / "HSCO1.x12")
    assert values(found, "BPR", 2) == values(found, "CLP", 4)
    assert len(set(values(found, "TRN", 2))) == len(values(found, "CLP", 1)) == 8
    assert judge(tmp_path / "x12_835" / "HSCO1.x12") == []


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
    for name, form in FORMATS.items():
        again = export(source, form, tmp_path).folder / "HSCO1.x12"
        assert again.read_bytes() == file(written, name, "HSCO1").read_bytes()


def test_many_claims_are_split_into_transactions_that_stand_alone(source, tmp_path, monkeypatch):
    pytest.importorskip("pyx12")
    monkeypatch.setattr(x12_claims, "CLAIMS_PER_TRANSACTION", 1)
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
