"""Conditions and the small grammar of rules."""

import numpy as np
import pytest

from healthsim_core.columns import Coded
from healthsim_core.conditions import Condition, Expression

COLUMNS = {
    "age": np.array([20, 40, 60]), "bmi": np.array([22.0, np.nan, 31.0]), "sex": Coded.encode(["F", "M", None]),
    "glad": np.array([True, False, True]), "seen": np.array(["2025-01-01", "NaT", "2025-06-01"], "datetime64[s]"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("field", "operator", "value", "expected"),
    [
        ("age", "eq", 40, [0, 1, 0]), ("age", "ne", 40, [1, 0, 1]), ("age", "gt", 40, [0, 0, 1]), ("age", "gte", 40, [0, 1, 1]),
        ("age", "lt", 40, [1, 0, 0]), ("age", "lte", 40, [1, 1, 0]), ("age", "in", [20, 60], [1, 0, 1]), ("age", "not_in", [20], [0, 1, 1]),
        ("bmi", "gt", 1, [1, 0, 1]), ("bmi", "ne", 22.0, [0, 0, 1]), ("bmi", "exists", None, [1, 0, 1]), ("bmi", "exists", False, [0, 1, 0]),
        ("sex", "eq", "F", [1, 0, 0]), ("sex", "ne", "F", [0, 1, 0]), ("sex", "in", ["F", "M"], [1, 1, 0]), ("sex", "contains", "F", [1, 0, 0]),
        ("sex", "eq", 1, [0, 0, 0]), ("age", "eq", "forty", [0, 0, 0]), ("glad", "eq", True, [1, 0, 1]),
        ("seen", "gt", "2025-03-01", [0, 0, 1]), ("seen", "gt", "spring", [0, 0, 0]), ("nothing", "ne", 1, [0, 0, 0]), ("nothing", "exists", None, [0, 0, 0]),
    ],
)  # fmt: skip
def test_operators(field, operator, value, expected):
    assert Condition(field, operator, value).holds(COLUMNS.get, 3).tolist() == [bool(one) for one in expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("age >= 40 and sex == 'M'", [0, 1, 0]), ("age < 30 or not glad", [1, 1, 0]), ("sex in ['F', 'M'] and not (age == 20)", [0, 1, 0]),
        ("'M' in sex", [0, 1, 0]), ("'F' not in sex and age > 20", [0, 1, 1]), ("'x' in unknown", [0, 0, 0]),
        ("sex not in ['F']", [0, 1, 0]), ("bmi > 30", [0, 0, 1]), ("unknown == 1", [0, 0, 0]),
    ],
)  # fmt: skip
def test_rules(text, expected):
    assert Expression.read(text).holds(COLUMNS.get, 3).tolist() == [bool(one) for one in expected]


@pytest.mark.parametrize(
    "text",
    ["__import__('os')", "age.real > 1", "age > age", "1 < age", "age == x", "[age]", "age > 1 > 0", "lambda: 1", "age in 5", "1 in age", "'a' in ['a']", "age +", "f'{age}' == 'x'",
     "(age := 1)", "age == (1).__class__", "glad if age else glad"],
)  # fmt: skip
def test_nothing_outside_the_grammar_is_read(text):
    with pytest.raises(ValueError, match="expression"):
        Expression.read(text)
