"""What TrialSim's SDTM datasets promise: SDTMIG 3.4, two readers that agree, and no word lost between tables and files."""

import datetime
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import duckdb
import golden
import pytest

import trialsim.entities
from healthsim_cdisc.testing import judge, judge_records, read
from healthsim_core.export import Source, export
from trialsim.formats import OUTPUT_FORMATS
from trialsim.reference import rows, studies

HERE = Path(__file__).parent
FIXTURE = HERE / "fixture.sql"
DATASETS = ("ae", "dm", "ds", "dv", "ex", "ie", "lb", "se", "sv", "ta", "te", "ti", "ts", "tv", "vs")
STUDY = "HS-DM-201"
(SDTM,) = OUTPUT_FORMATS


@pytest.fixture(scope="module")
def source():
    connection = duckdb.connect()
    for table in trialsim.entities.TABLES:
        connection.execute(table.ddl())
    connection.execute(FIXTURE.read_text("utf-8"))
    tables = frozenset(row[0] for row in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall())
    yield Source(connection, "trials", "trials-1", datetime.date(2025, 1, 1), tables)
    connection.close()


@pytest.fixture(scope="module")
def written(source, tmp_path_factory):
    return export(source, SDTM, tmp_path_factory.mktemp("out"))


@pytest.fixture(scope="module")
def frames(written):
    return {path.stem.upper(): read(path)[0] for path in (written.folder / STUDY).glob("*.xpt")}


def of(records, number, *names):
    """Return a subject's records as rows of some variables."""
    mine = records[records["USUBJID"].str.endswith(f"-{number:08d}")]
    return [tuple(row) for row in mine[list(names)].astype(object).fillna("").itertuples(index=False)]


@pytest.mark.parametrize("study", [STUDY, "HS-HV-101"])
def test_the_judge_finds_no_fault(written, study):
    assert judge(written.folder / study) == []


def test_a_study_has_its_folder_and_a_study_of_nobody_has_none(written):
    assert {path.name for path in written.folder.iterdir()} == {STUDY, "HS-HV-101"}
    assert sorted(name for name in written.files if name.startswith(STUDY)) == [
        f"{STUDY}/{name}.{kind}" for name in DATASETS for kind in ("json", "xpt")
    ]
    assert "HS-HV-101/ae.xpt" not in written.files


@pytest.mark.parametrize("dataset", DATASETS)
def test_the_dataset_is_the_one_that_was_read_by_eye(written, dataset):
    text = (written.folder / STUDY / f"{dataset}.json").read_text("utf-8")
    version = json.loads(text)["sourceSystem"]["version"]
    golden.same(text.replace(f'"version": "{version}"', '"version": "VERSION"'), HERE / f"golden/sdtm/{dataset}.json")


def test_the_transport_files_hold_the_same_bytes_as_when_they_were_read_by_eye(written):
    files = [(name, (written.folder / STUDY / f"{name}.xpt").read_bytes()) for name in DATASETS]
    golden.same(
        "".join(f"{hashlib.sha256(data).hexdigest()}  {name}.xpt\n" for name, data in files),
        HERE / "golden/sdtm/xpt.sha256",
    )


def test_a_screen_failure_has_no_arm_and_says_why(frames):
    arms = ("ARMCD", "ARM", "ACTARMCD", "ACTARM", "ARMNRS", "RFSTDTC", "RFENDTC")
    assert of(frames["DM"], 4, *arms) == [("", "", "", "", "SCREEN FAILURE", "", "")]
    assert of(frames["DM"], 7, *arms) == [
        ("GLU10", "Glucorin 10 mg", "", "", "ASSIGNED, NOT TREATED", "", "2024-02-20")
    ]
    assert of(frames["DM"], 8, *arms) == [("", "", "", "", "NOT ASSIGNED", "", "")]


def test_death_is_said_once_and_everywhere_alike(frames):
    assert of(frames["DM"], 6, "DTHFL", "DTHDTC", "RFPENDTC") == [("Y", "2024-04-03", "2024-04-03")]
    assert of(frames["AE"], 6, "AESER", "AESDTH", "AEOUT", "EPOCH") == [("Y", "Y", "FATAL", "FOLLOW-UP")]
    assert (frames["DM"]["DTHFL"] == "Y").sum() == 1


def test_missed_and_unplanned_visits_are_told_apart(frames):
    visits = of(frames["SV"], 1, "VISITNUM", "SVPRESP", "SVOCCUR", "VISITDY", "SVSTDTC", "SVSTDY")
    assert visits[2] == (3.0, "Y", "N", 29.0, "", "")
    assert visits[3] == (3.1, "", "", "", "2024-03-20", 35.0)


def test_no_visit_is_missed_after_the_subject_has_left(frames):
    assert [one for (one,) in of(frames["SV"], 4, "VISITNUM")] == [1.0]
    assert [one for (one,) in of(frames["SV"], 5, "VISITNUM")] == [1.0, 2.0, 3.0]


def test_doses_not_given_are_no_exposure_but_placebo_is(frames):
    doses = of(frames["EX"], 3, "EXSEQ", "EXDOSE", "EXADJ", "EXSTDY", "EXENDY")
    assert doses == [(1.0, 20.0, "", 1.0, 29.0), (2.0, 10.0, "Nausea", 37.0, 85.0)]
    assert of(frames["EX"], 2, "EXTRT", "EXDOSE") == [("PLACEBO", 0.0)]


def test_an_event_that_goes_on_says_so(frames):
    names = ("AEENDTC", "AEENDY", "AEENRTPT", "AEENTPT")
    assert of(frames["AE"], 3, *names) == [("2024-03-27", 38.0, "", ""), ("", "", "ONGOING", "2024-06-10")]


def test_what_meddra_licenses_is_null(frames):
    licensed = ["AELLT", "AELLTCD", "AEPTCD", "AEHLT", "AEHLTCD", "AEHLGT", "AEHLGTCD", "AEBDSYCD", "AESOC", "AESOCCD"]
    assert not (frames["AE"][licensed].astype(object).fillna("") != "").any(axis=None)


def test_why_a_subject_left_is_in_their_words_and_the_codelists(frames):
    assert of(frames["DS"], 5, "DSTERM", "DSDECOD", "DSSCAT")[-1] == (
        "PNEUMONIA",
        "ADVERSE EVENT",
        "STUDY PARTICIPATION",
    )


def test_an_epoch_goes_by_the_date_and_randomization_comes_before_treatment(frames):
    assert of(frames["DS"], 1, "EPOCH", "DSSTDY") == [("SCREENING", -14.0), ("SCREENING", 1.0), ("FOLLOW-UP", 113.0)]
    assert [one for (one,) in of(frames["AE"], 3, "EPOCH")] == ["TREATMENT", "FOLLOW-UP"]


def test_the_files_hold_the_tables(source, frames):
    def count(sql):
        return source.cursor(sql).fetchone()[0]

    mine = f"SELECT subject_id FROM subjects WHERE study_id = '{STUDY}' AND site_id <> 'ST9' AND arm_code IS DISTINCT FROM 'GONE'"
    for dataset, table in (("DM", "subjects"), ("AE", "adverse_events"), ("DS", "dispositions")):
        assert len(frames[dataset]) == count(f"SELECT count(*) FROM {table} WHERE subject_id IN ({mine})")
    for variable, column in (("AESTDTC", "start_date"), ("AETERM", "upper(term)"), ("AESEV", "severity")):
        stored = source.cursor(f"SELECT {column}::VARCHAR FROM adverse_events ORDER BY adverse_event_id").fetchall()
        by_key = frames["AE"].sort_values("AESPID")
        assert list(by_key[variable]) == [value for (value,) in stored]
    doses = count(f"SELECT sum(dose) FROM exposures WHERE subject_id IN ({mine})")
    assert frames["EX"]["EXDOSE"].sum() == doses


def test_what_cannot_be_written_is_named(written):
    assert list(written.notes) == [
        f"{STUDY}/dm.xpt: value left out, RACE is not of codelist RACE (purple): {STUDY}-001-00000010",
        f"{STUDY}: subject left out, an arm that the study does not have: {STUDY}-002-00000011",
        f"{STUDY}: subject left out, no site: {STUDY}-001-00000012",
        f"{STUDY}: visit left out, the subject has another of that number: SV13",
        f"{STUDY}/ae.xpt: value left out, AEACN is not of codelist ACN (STOPPED): {STUDY}-001-00000009 1.0 AE6",
    ]


def test_dataset_json_says_what_the_transport_file_says(written, frames):
    for name, records in frames.items():
        said = json.loads((written.folder / STUDY / f"{name.lower()}.json").read_text("utf-8"))
        assert [column["name"] for column in said["columns"]] == list(records.columns)
        assert said["records"] == len(said["rows"]) == len(records)
        for at, column in enumerate(said["columns"]):
            values = [row[at] for row in said["rows"]]
            stored = [None if value == "" or value != value else value for value in records[column["name"]]]
            assert values == stored, (name, column["name"])
            kinds = {"string": str, "date": str, "integer": int, "float": float}
            assert {type(value) for value in values} <= {kinds[column["dataType"]], type(None)}


def test_the_same_scenario_gives_the_same_bytes(source, written, tmp_path):
    again = export(source, SDTM, tmp_path)
    for name in written.files:
        assert (again.folder / name).read_bytes() == (written.folder / name).read_bytes()


def test_a_scenario_without_visits_or_events_has_the_other_datasets(source, tmp_path):
    few = Source(source.connection, "few", "few-1", source.as_of, frozenset({"studies", "arms", "sites", "subjects"}))
    result = export(few, SDTM, tmp_path)
    assert {Path(name).stem for name in result.files} == {"ta", "te", "ts", "dm", "se"}
    assert judge(result.folder / STUDY) == []
    assert set(read(result.folder / STUDY / "dm.xpt")[0]["ARMNRS"]) == {
        "SCREEN FAILURE",
        "NOT ASSIGNED",
        "ASSIGNED, NOT TREATED",
    }


@pytest.mark.parametrize(
    "dataset, variable, value, complaint",
    [
        ("DM", "ARMNRS", "", "ARMNRS does not say why"),
        ("DM", "RFXENDTC", "2020-01-01", "not the first and the last exposure"),
        ("DM", "DTHFL", "", "without its flag"),
        ("AE", "AESTDY", 0.0, "day 0"),
        ("AE", "AESER", "N", "serious event"),
        ("AE", "AEENDTC", "2020-01-01", "before AESTDTC"),
        ("AE", "USUBJID", "nobody", "not in DM"),
        ("SV", "SVOCCUR", "Y", "SVOCCUR is said of planned visits"),
        ("SV", "VISITNUM", 1.0, "VISITNUM is not unique"),
        ("SE", "SEENDTC", "2025-01-01", "gap"),
        ("EX", "EXTRT", "", "EXTRT is required"),
        ("DS", "EPOCH", "PARTY", "EPOCH is not in TA"),
        ("AE", "EPOCH", "FOLLOW-UP", "EPOCH is not that of the subject's elements"),
        ("DS", "DSSTDTC", "1.2.2024", "no ISO 8601 date"),
        ("DS", "DSTERM", "Whatever", "is not DSDECOD"),
    ],
)
def test_the_judge_sees_what_is_wrong(frames, dataset, variable, value, complaint):
    broken = {name: records.copy() for name, records in frames.items()}
    broken[dataset][variable] = value
    assert complaint in " ".join(judge_records(broken))


def test_declaring_the_format_reads_no_data_library():
    loaded = "import trialsim.formats, sys; print({'pandas', 'pyreadstat'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True).stdout.strip() == "set()"


def test_a_trial_summary_has_the_parameters_that_reviewers_look_for(frames):
    summary = frames["TS"].set_index("TSPARMCD")
    wanted = """ACTSUB ADAPT ADDON AGEMAX AGEMIN DCUTDESC DCUTDTC EXTTIND FCNTRY HLTSUBJI INDIC INTMODEL INTTYPE LENGTH NARMS
        NCOHORT OBJPRIM OBJSEC OUTMSPRI PCLAS PDPSTIND PDSTIND PIPIND PLANSUB RANDOM RDIND REGID SDTIGVER SDTMVER SENDTC
        SEXPOP SPONSOR SSTDTC STOPRULE STYPE TBLIND TCNTRL TDIGRP THERAREA TINDTP TITLE TPHASE TRT TTYPE"""
    assert set(wanted.split()) <= set(summary.index)
    assert ((summary["TSVAL"] == "") == (summary["TSVALNF"] != "")).all()
    assert summary.loc["AGEMIN", "TSVAL"] == "P18Y"
    assert summary.loc["SSTDTC", "TSVAL"] == frames["DM"].query("ARMCD != ''")["RFICDTC"].min()
    assert list(summary.loc[["TTYPE"], "TSVAL"]) == ["EFFICACY", "SAFETY"]


@pytest.mark.parametrize("study", studies())
def test_every_study_says_in_its_trial_summary_what_it_is_for(study):
    assert {"TRT", "TINDTP", "OBJPRIM", "OUTMSPRI", "ADDON"} <= {
        row["code"] for row in rows("trial_summary") if row["study_id"] == study
    }
