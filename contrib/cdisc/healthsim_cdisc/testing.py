"""Judgement of a study's SDTM folder: two readers that must agree, and the rules of SDTMIG 3.4 that can be checked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from healthsim_cdisc.standard import Dataset, closed_terms, dataset, datasets

if TYPE_CHECKING:
    import pandas

    Frames = dict[str, pandas.DataFrame]

_ISO_DATE = r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?)?"


def judge(folder: Path) -> list[str]:
    """Return every fault of the transport files in a study's folder."""
    faults: list[str] = []
    frames = {}
    for path in sorted(folder.glob("*.xpt")):
        name = path.stem.upper()
        if name not in datasets():
            faults.append(f"{path.name}: not a dataset that HealthSim knows")
            continue
        frames[name], said = read(path)
        faults += said
    return faults + judge_records(frames)


def read(path: Path) -> tuple[pandas.DataFrame, list[str]]:
    """Return a file's records as pyreadstat reads them, with what is wrong with the file and what pandas reads."""
    import pandas
    import pyreadstat

    standard = dataset(path.stem.upper())
    records, about = pyreadstat.read_xport(str(path))
    other = pandas.read_sas(path, format="xport", encoding="ascii")
    said = {
        "dataset name": (about.table_name, standard.name),
        "dataset label": (about.file_label, standard.label),
        "variables": (list(records.columns), list(standard.names)),
        "labels": (about.column_names_to_labels, standard.labels),
    }
    faults = [f"{what} {found}, not {wanted}" for what, (found, wanted) in said.items() if found != wanted]
    faults += [f"label of {name} is longer than 40" for name, label in standard.labels.items() if len(label) > 40]
    faults += [f"{name} is wider than 200" for name, width in about.variable_storage_width.items() if width > 200]
    if not _alike(records, other):
        faults.append("pyreadstat and pandas read different records")
    return records, [f"{path.name}: {fault}" for fault in faults]


def _alike(one: pandas.DataFrame, other: pandas.DataFrame) -> bool:
    if list(one.columns) != list(other.columns) or len(one) != len(other):
        return False
    return all(_same(one[name], other[name]) for name in one.columns)


def _same(one: pandas.Series, other: pandas.Series) -> bool:
    if one.dtype.kind != "f":
        return bool((one.fillna("") == other.fillna("")).all())
    # pandas reads a zero of IBM's as 5.4e-79.
    return bool((one.isna() == other.isna()).all() and ((one - other).abs().fillna(0) < 1e-9).all())


def judge_records(frames: Frames) -> list[str]:
    """Return every fault in the records of a study's datasets, given by name."""
    faults = [f"{name}: {fault}" for name, records in frames.items() for fault in _each(dataset(name), records, frames)]
    for rules in (_demographics, _exposure, _elements, _visits, _adverse_events, _dispositions, _findings, _deaths):
        faults += rules(frames)
    return faults


def _each(standard: Dataset, records: pandas.DataFrame, frames: Frames) -> Iterator[str]:
    """Yield what breaks the rules of all datasets."""
    for one in standard.variables:
        values = records[one.name]
        empty = values.isna() if one.type == "Num" else values.fillna("") == ""
        if one.core == "Req" and empty.any():
            yield f"{one.name} is required and null"
        terms = closed_terms().get(one.codelist)
        if terms and not values[~empty].isin(terms).all():
            yield f"{one.name} is not of codelist {one.codelist}"
        if one.name.endswith("DTC") and not values[~empty].str.fullmatch(_ISO_DATE).all():
            yield f"{one.name} is no ISO 8601 date"
        if one.name.endswith("DY") and (values == 0).any():
            yield f"{one.name} has a day 0"
    if set(records["DOMAIN"]) - {standard.name} or records["STUDYID"].nunique() > 1:
        yield "another DOMAIN or STUDYID"
    if standard.within and records.duplicated([standard.within, f"{standard.name}SEQ"]).any():
        yield f"{standard.name}SEQ is not unique within {standard.within}"
    yield from _across(standard, records, frames)


def _across(standard: Dataset, records: pandas.DataFrame, frames: Frames) -> Iterator[str]:
    """Yield what disagrees with DM and TA."""
    name = standard.name
    if "USUBJID" in records and "DM" in frames and not records["USUBJID"].isin(frames["DM"]["USUBJID"]).all():
        yield "USUBJID is not in DM"
    if "EPOCH" in records and "TA" in frames and not records["EPOCH"].isin({*frames["TA"]["EPOCH"], ""}).all():
        yield "EPOCH is not in TA"
    if name == "DM" or "USUBJID" not in records or "DM" not in frames:
        return
    start = records["USUBJID"].map(frames["DM"].drop_duplicates("USUBJID").set_index("USUBJID")["RFSTDTC"])
    if not _in_epoch(name, records, frames):
        yield f"EPOCH is not that of the subject's elements on {name}STDTC"
    for day in (one for one in standard.names if one.endswith("DY") and one != "VISITDY"):
        if not _study_days(records[f"{day[:-2]}DTC"], start).equals(records[day].astype(float)):
            yield f"{day} is not the study day of {day[:-2]}DTC"
    first, last = f"{name}STDTC", f"{name}ENDTC"
    if last in records and ((records[last] != "") & (records[last] < records[first])).any():
        yield f"{last} is before {first}"


def _in_epoch(name: str, records: pandas.DataFrame, frames: Frames) -> bool:
    """Whether each record began while its subject was in an element of its epoch; the day of a change is both's."""
    start = f"{name}STDTC"
    if "EPOCH" not in records or start not in records or "SE" not in frames or name == "SE":
        return True
    said = records[(records["EPOCH"] != "") & (records[start] != "")].assign(record=lambda found: range(len(found)))
    pairs = said[["record", "USUBJID", "EPOCH", start]].merge(frames["SE"], on=["USUBJID", "EPOCH"])
    inside = (pairs["SESTDTC"] <= pairs[start]) & (pairs[start] <= pairs["SEENDTC"])
    return pairs["record"][inside].nunique() == len(said)


def _study_days(dates: pandas.Series, start: pandas.Series) -> pandas.Series:
    import pandas

    days = (pandas.to_datetime(dates, errors="coerce") - pandas.to_datetime(start, errors="coerce")).dt.days
    return days.where(days < 0, days + 1).astype(float)


def _demographics(frames: Frames) -> Iterator[str]:
    if "DM" not in frames:
        yield "DM: missing"
        return
    subjects = frames["DM"]
    if subjects["USUBJID"].duplicated().any():
        yield "DM: more than one record for a subject"
    unassigned, untreated = subjects["ARMCD"] == "", subjects["ACTARMCD"] == ""
    rules = {
        "ARMCD and ARM are not null together": unassigned == (subjects["ARM"] == ""),
        "ACTARMCD and ACTARM are not null together": untreated == (subjects["ACTARM"] == ""),
        "ARMNRS does not say why an arm is null": (unassigned | untreated) == (subjects["ARMNRS"] != ""),
        "a screen failure has an arm": (subjects["ARMNRS"] != "SCREEN FAILURE") | (unassigned & untreated),
        "an untreated subject has RFSTDTC": (subjects["RFXSTDTC"] == "") == (subjects["RFSTDTC"] == ""),
        "a randomized subject has no RFENDTC": unassigned | (subjects["RFENDTC"] != ""),
        "death without its flag": (subjects["DTHDTC"] == "") | (subjects["DTHFL"] == "Y"),
        "DTHFL is neither Y nor null": subjects["DTHFL"].isin(["Y", ""]),
        "AGE without AGEU": subjects["AGE"].isna() == (subjects["AGEU"] == ""),
        "consent is after the end of participation": subjects["RFICDTC"] <= subjects["RFPENDTC"],
    }
    yield from (f"DM: {what}" for what, holds in rules.items() if not holds.all())
    if "TA" in frames:
        arms = set(zip(frames["TA"]["ARMCD"], frames["TA"]["ARM"], strict=True)) | {("", "")}
        if set(zip(subjects["ARMCD"], subjects["ARM"], strict=True)) - arms:
            yield "DM: an arm that is not in TA"


def _exposure(frames: Frames) -> Iterator[str]:
    if not {"EX", "DM"} <= set(frames):
        return
    doses, subjects = frames["EX"], frames["DM"].drop_duplicates("USUBJID").set_index("USUBJID")
    spans = doses.groupby("USUBJID").agg(first=("EXSTDTC", "min"), last=("EXENDTC", "max"))
    known = subjects.join(spans).fillna({"first": "", "last": ""})
    if not (known["RFXSTDTC"] == known["first"]).all() or not (known["RFXENDTC"] == known["last"]).all():
        yield "DM: RFXSTDTC and RFXENDTC are not the first and the last exposure"
    if ((doses["EXDOSE"] == 0) & ~doses["EXTRT"].str.upper().str.contains("PLACEBO")).any():
        yield "EX: a dose of nothing that is no placebo"


def _elements(frames: Frames) -> Iterator[str]:
    if "SE" not in frames:
        return
    elements = frames["SE"].sort_values(["USUBJID", "SESEQ"])
    following = elements.groupby("USUBJID")["SESTDTC"].shift(-1)
    if (following.notna() & (following != elements["SEENDTC"])).any():
        yield "SE: a gap between elements"
    if "TE" in frames and not elements["ETCD"].isin({*frames["TE"]["ETCD"], "UNPLAN"}).all():
        yield "SE: an element that is not in TE"
    if (elements["ETCD"].str.len() > 8).any():
        yield "SE: ETCD is longer than 8"


def _visits(frames: Frames) -> Iterator[str]:
    if "SV" not in frames:
        return
    visits = frames["SV"]
    planned, missed = visits["SVPRESP"] == "Y", visits["SVOCCUR"] == "N"
    if visits.duplicated(["USUBJID", "VISITNUM"]).any():
        yield "SV: VISITNUM is not unique within USUBJID"
    rules = {
        "SVOCCUR is said of planned visits, and only of them": planned == (visits["SVOCCUR"] != ""),
        "a missed visit has a date": ~missed | (visits["SVSTDTC"] == ""),
        "an unplanned visit has VISITDY": planned | visits["VISITDY"].isna(),
        "SVUPDES is said of unplanned visits only": ~planned | (visits["SVUPDES"] == ""),
    }
    yield from (f"SV: not so: {what}" for what, holds in rules.items() if not holds.all())
    if "TV" in frames:
        schedule = set(zip(frames["TV"]["VISITNUM"], frames["TV"]["VISIT"], strict=True))
        if set(zip(visits["VISITNUM"][planned], visits["VISIT"][planned], strict=True)) - schedule:
            yield "SV: a planned visit that is not in TV"


def _adverse_events(frames: Frames) -> Iterator[str]:
    if "AE" not in frames:
        return
    events = frames["AE"]
    flags = ["AESCONG", "AESDISAB", "AESDTH", "AESHOSP", "AESLIFE", "AESMIE"]
    reasons = (events[flags] == "Y").any(axis=1)
    if (reasons != (events["AESER"] == "Y")).any():
        yield "AE: a serious event without a reason, or a reason without a serious event"
    fatal = events["AEOUT"] == "FATAL"
    if (fatal != (events["AESDTH"] == "Y")).any():
        yield "AE: AESDTH and AEOUT disagree about death"
    if "DM" in frames:
        dead = set(frames["DM"]["USUBJID"][frames["DM"]["DTHFL"] == "Y"])
        if set(events["USUBJID"][fatal]) - dead:
            yield "AE: a fatal event of a subject without DTHFL"


def _dispositions(frames: Frames) -> Iterator[str]:
    if not {"DS", "DM"} <= set(frames):
        return
    records, subjects = frames["DS"], frames["DM"]
    consent = records[records["DSDECOD"] == "INFORMED CONSENT OBTAINED"].groupby("USUBJID")["DSSTDTC"].min()
    agreed = subjects["USUBJID"].map(consent)
    if (agreed.notna() & (agreed != subjects["RFICDTC"])).any():
        yield "DS: consent is not on RFICDTC"
    milestones = (records["DSCAT"] == "PROTOCOL MILESTONE") | (records["DSDECOD"] == "COMPLETED")
    if (records["DSTERM"] != records["DSDECOD"])[milestones].any():
        yield "DS: DSTERM of a milestone or a completion is not DSDECOD"
    failed = set(subjects["USUBJID"][subjects["ARMNRS"] == "SCREEN FAILURE"])
    if set(records["USUBJID"][records["DSDECOD"] == "RANDOMIZED"]) & failed:
        yield "DS: a screen failure is randomized"


def _findings(frames: Frames) -> Iterator[str]:
    """Yield what is wrong with results: one last before exposure a test, ranges said as the values are, known visits."""
    for name in ("LB", "VS"):
        if name not in frames or "DM" not in frames:
            continue
        records = frames[name]
        flag, code = records[f"{name}LOBXFL"], f"{name}TESTCD"
        start = records["USUBJID"].map(frames["DM"].set_index("USUBJID")["RFSTDTC"])
        flagged = records[flag == "Y"]
        if flagged.duplicated(["USUBJID", code]).any():
            yield f"{name}: more than one last observation before exposure"
        if (records[f"{name}DTC"][flag == "Y"] > start[flag == "Y"]).any():
            yield f"{name}: the last observation before exposure is after it"
        if (records[code].str.len() > 8).any() or not records[code].str.fullmatch("[A-Z][A-Z0-9_]*").all():
            yield f"{name}: {code} is no short name"
        if records.groupby(code)[f"{name}TEST"].nunique().gt(1).any():
            yield f"{name}: one {code} has several names"
        if (records[f"{name}STRESC"].astype(float) - records[f"{name}STRESN"]).abs().gt(0.005).any():
            yield f"{name}: the result as text is not the number"
        if "SV" in frames:
            visits = set(zip(frames["SV"]["USUBJID"], frames["SV"]["VISITNUM"], strict=True))
            if set(zip(records["USUBJID"], records["VISITNUM"], strict=True)) - visits:
                yield f"{name}: a result of a visit that is not in SV"
    if "IE" in frames and "TI" in frames and not frames["IE"]["IETESTCD"].isin(frames["TI"]["IETESTCD"]).all():
        yield "IE: a criterion that is not in TI"


def _deaths(frames: Frames) -> Iterator[str]:
    """Yield what happens to subjects after their death."""
    if "DM" not in frames:
        return
    died = frames["DM"].set_index("USUBJID")["DTHDTC"]
    died = died[died != ""]
    for name, column in (("SV", "SVSTDTC"), ("EX", "EXENDTC"), ("AE", "AESTDTC"), ("DS", "DSSTDTC"), ("LB", "LBDTC")):
        if name in frames and len(died):
            records = frames[name][frames[name]["USUBJID"].isin(died.index)]
            if (records[column] > records["USUBJID"].map(died)).any():
                yield f"{name}: something after the death of its subject"
