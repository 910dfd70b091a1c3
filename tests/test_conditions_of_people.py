"""Who can have a condition, who has it with what else, and as which code it is written."""

import types

import numpy as np
import pytest

from healthsim_core import catalog as catalogs
from healthsim_core.columns import Span
from healthsim_core.declarations import CodeCombination, CodeLimit, CodeSet, ConditionCode, Product
from healthsim_core.generation.profile import sample
from healthsim_core.generation.resolving import resolve
from healthsim_core.hookspecs import hookimpl

COUNT = 20_000
CODES = (
    ConditionCode("A10", "A10.1", "Of men", weight=0.5),
    ConditionCode("A10", "A10.2", "Of women", weight=0.5),
    ConditionCode("B20", "B20", "Of the old"),
    ConditionCode("C30", "C30.1", "Alone"),
    ConditionCode("C30", "C30.9", "With others", weight=0.0),
    ConditionCode("D40", "D40.1", "Mild"),
    ConditionCode("D40", "D40.2", "Bad"),
)
LIMITS = (CodeLimit("A10.1", "A10.1", "M"), CodeLimit("A10.2", "A10.2", "F"), CodeLimit("B00", "B99", None, 50, 80))
COMBINATIONS = (CodeCombination("C30", "C30.9", (("D40.2",), ("B20",))), CodeCombination("C30", "C30.5", (("D40",),)))
LOADINGS = {"B20": {"years": 0.7}, "D": {"years": 0.7}, "D4": {"years": 0.0}}


def plugin(name, **facts):
    """Return a plugin of one product and one code set."""
    module = types.ModuleType(name)
    for hook, found in (
        ("healthsim_products", [Product(name, "A product.", name)]),
        ("healthsim_code_sets", [CodeSet(f"{name}.codes", "Codes.", "tests", "none", **facts)]),
    ):
        implementation = hookimpl(lambda found=found: found)
        implementation.__name__ = hook
        setattr(module, hook, implementation)
    return (name, f"healthsim-{name}", "1", lambda: module)


def stub(loadings=None, combinations=COMBINATIONS):
    return plugin(
        "stub",
        codes=lambda: CODES,
        limits=lambda: LIMITS,
        combinations=lambda: combinations,
        loadings=lambda: loadings or {},
    )


def people_of(plugins, home, prevalences, sampling="independent", **demographics):
    spec = {
        "generation": {"count": COUNT, "seed": 2, "products": ["stub"], "sampling": sampling},
        "demographics": {"age": {"type": "uniform_int", "min": 20, "max": 99}, **demographics},
        "clinical": {"comorbidities": [{"code": code, "prevalence": share} for code, share in prevalences.items()]},
    }
    plan = resolve(spec, catalogs.build(plugins), home)
    return sample(plan, Span(0, COUNT), plan.build_rosters())


def odds_ratio(one, other):
    return (one & other).sum() * (~one & ~other).sum() / ((one & ~other).sum() * (~one & other).sum())


def test_a_bound_leaves_out_and_of_the_others_as_many_have_it_as_asked(tmp_path):
    people = people_of([stub()], tmp_path, {"B20": 0.4})
    can = (people["age"] >= 50) & (people["age"] <= 80)
    assert not people["has.B20"][~can].any() and people["has.B20"][can].mean() == pytest.approx(0.4, abs=0.015)


def test_everybody_is_written_as_a_code_they_can_have(tmp_path):
    people = people_of([stub()], tmp_path, {"A10": 1.0})
    assert people["has.A10"].all()
    assert np.array_equal(people["code.A10"].isin(["A10.1"]), people["gender"].isin(["M"]))


def test_the_first_combination_that_holds_is_written(tmp_path):
    people = people_of([stub()], tmp_path, {"B20": 0.5, "C30": 0.5, "D40": 0.5})
    bad = people["has.D40"] & people["code.D40"].isin(["D40.2"])
    expected = np.select([bad & people["has.B20"], people["has.D40"]], ["C30.9", "C30.5"], "C30.1")
    assert np.array_equal(people["code.C30"].decode().astype(str), expected)


def test_a_combination_with_what_nobody_has_is_never_written(tmp_path):
    people = people_of([stub()], tmp_path, {"B20": 0.5, "C30": 0.5})
    assert set(people["code.C30"].decode()) == {"C30.1"}


def test_shared_factors_bring_conditions_together_and_leave_each_as_common(tmp_path):
    shares = {"B20": 0.3, "C30": 0.3, "D40": 0.2}
    apart = people_of([stub()], tmp_path, shares, age=60)
    together = people_of([stub({"B20": {"years": 0.7}, "D": {"years": 0.7}})], tmp_path, shares, age=60)
    assert odds_ratio(apart["has.B20"], apart["has.D40"]) == pytest.approx(1, abs=0.15)
    assert 3 < odds_ratio(together["has.B20"], together["has.D40"]) < 6
    for code, share in shares.items():
        assert together[f"has.{code}"].mean() == pytest.approx(share, abs=0.01)
    assert np.array_equal(together["has.C30"], apart["has.C30"])


def test_the_longest_beginning_says_what_a_condition_loads_on(tmp_path):
    people = people_of([stub(LOADINGS)], tmp_path, {"B20": 0.3, "D40": 0.3}, age=60)
    assert odds_ratio(people["has.B20"], people["has.D40"]) == pytest.approx(1, abs=0.15)


def test_what_everybody_or_nobody_has_stays_so_and_shifts_nothing(tmp_path):
    loadings = {"B20": {"years": 0.9}, "C30": {"years": 0.9}, "D40": {"years": 0.9}}
    people = people_of([stub(loadings)], tmp_path, {"B20": 1.0, "C30": 0.25, "D40": 0.0}, age=60)
    assert people["has.B20"].all() and not people["has.D40"].any()
    assert people["has.C30"].mean() == pytest.approx(0.25, abs=0.012)


def test_a_stratified_cohort_meets_its_prevalences_closely(tmp_path):
    loadings = {"B20": {"years": 0.7}, "D40": {"years": 0.7}}
    people = people_of([stub(loadings)], tmp_path, {"B20": 0.3, "D40": 0.2}, "stratified", age=60)
    assert people["has.B20"].mean() == pytest.approx(0.3, abs=1e-4)


def test_a_strangers_word_counts_for_the_strangers_codes_only(tmp_path):
    theirs = plugin(
        "theirs",
        codes=lambda: (ConditionCode("B20", "B20", "Theirs"), ConditionCode("E50", "E50.1", "New")),
        limits=lambda: (CodeLimit("A00", "Z99", "F"),),
        loadings=lambda: {"B20": {"years": 0.8}, "C30": {"years": 0.8}, "E50": {"years": 0.8}},
    )
    shares = {"B20": 0.3, "C30": 0.3}
    alone, beside = (people_of(plugins, tmp_path, shares) for plugins in ([stub()], [stub(), theirs]))
    for code in shares:
        assert np.array_equal(alone[f"has.{code}"], beside[f"has.{code}"])
    new = people_of([stub(), theirs], tmp_path, {"E50": 0.5})
    assert not new["has.E50"][new["gender"].isin(["M"])].any() and new["has.E50"].any()
