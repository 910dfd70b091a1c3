"""Conditions of one person go together as often as surveys and claims say, and nobody's depend on what else is asked."""

from __future__ import annotations

import numpy as np
import pytest
from people_of import people_of

from patientsim.reference.diagnoses import diagnosis_loadings
from populationsim import prevalence

OF_NHIS = ("M19", "Z85", "J44", "I25", "J45", "E11", "I10", "Z86.73", "N18")
OF_BRFSS = (*OF_NHIS, "E66", "E78", "F32")
OF_MEDICARE = (
    "I10",
    "E78",
    "I25",
    "M19",
    "E11",
    "I50",
    "N18",
    "F32",
    "J44",
    "I48",
    "Z85",
    "J45",
    "Z86.73",
    "M81",
    "G30",
)


PRODUCTS = ("populationsim", "patientsim")


@pytest.fixture(scope="module")
def americans(tmp_path_factory):
    return people_of({"type": "nation"}, 100_000, tmp_path_factory.mktemp("home"), PRODUCTS)


def test_people_with_several_conditions_are_as_common_as_they_are(americans):
    age = americans["age"]

    def shares(codes, rows):
        number = sum(americans[f"has.{code}"][rows].astype(int) for code in codes)
        return [(number >= least).mean() for least in (1, 2)]

    adult, old = age >= 18, age >= 65
    assert shares(OF_NHIS, adult) == pytest.approx([0.518, 0.272], abs=0.05)
    assert shares(OF_BRFSS, adult) == pytest.approx([0.764, 0.514], abs=0.05)
    assert shares(OF_BRFSS, adult & (age < 35)) == pytest.approx([0.595, 0.271], abs=0.05)
    assert shares(OF_BRFSS, old) == pytest.approx([0.930, 0.788], abs=0.05)
    # Surveys ask whether somebody was ever told; claims of one year know fewer.
    number = sum(americans[f"has.{code}"][old].astype(int) for code in OF_MEDICARE)
    assert 0.684 < (number >= 2).mean() < 0.84
    assert (number >= 4).mean() == pytest.approx(0.364, abs=0.05)


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        ("E11", "I10", 2, 4.5),
        ("E11", "E66", 1.8, 3.5),
        ("E11", "N18", 2, 5),
        ("I25", "I50", 5, 12),
        ("F32", "F41", 4, 10),
        ("F17", "J44", 1.8, 5),
        ("E11", "E03", 0.8, 1.7),
    ],
)
def test_of_one_age_those_with_one_condition_have_its_kin_more_often(americans, first, second, low, high):
    age = americans["age"]
    rows = (age >= 50) & (age < 65)
    one, other = americans[f"has.{first}"][rows], americans[f"has.{second}"][rows]
    both, neither = (one & other).sum(), (~one & ~other).sum()
    assert low < both * neither / ((one & ~other).sum() * (~one & other).sum()) < high


def test_another_condition_changes_nobody_elses(tmp_path):
    plain = people_of({"type": "county", "fips": "48201"}, 5_000, tmp_path, PRODUCTS)
    clinical = {"comorbidities": [{"code": "K21", "prevalence": 0.2}, {"code": "I10", "prevalence": 0.3}]}
    more = people_of({"type": "county", "fips": "48201"}, 5_000, tmp_path, PRODUCTS, clinical=clinical)
    for code in prevalence.curves():
        assert code == "I10" or np.array_equal(plain[f"has.{code}"], more[f"has.{code}"]), code
    assert more["has.I10"].mean() == pytest.approx(0.3, abs=0.025)
    odds = more["has.K21"][more["has.I10"]].mean() / more["has.K21"][~more["has.I10"]].mean()
    assert odds > 1.1


def test_no_factor_takes_more_than_all_of_a_condition():
    for code, factors in diagnosis_loadings().items():
        assert sum(value**2 for value in factors.values()) < 0.9, code
