"""distributions.md: every family of core, its parameters, and an example with what it gives."""

from __future__ import annotations

import json
from typing import Any

import attrs
import numpy as np

from healthsim_core.columns import Coded
from healthsim_core.distributions import FAMILIES, base, create_distribution, parameters_of
from reference_pages import markdown as md

# Family → (which values there are, an example).
EXAMPLES: dict[str, tuple[str, dict[str, Any]]] = {
    "normal": ("all numbers", {"mean": 72, "std_dev": 8, "min": 65, "max": 95}),
    "log_normal": ("numbers above 0", {"median": 20, "sigma": 0.5}),
    "uniform": ("numbers from `min` to `max`", {"min": 3, "max": 6}),
    "uniform_int": ("whole numbers from `min` to `max`", {"min": 1, "max": 6}),
    "categorical": ("the words given", {"weights": {"M": 0.48, "F": 0.52}}),
    "age_bands": ("whole years; `65+` means 65 to 100", {"bands": {"0-17": 0.2, "18-64": 0.6, "65+": 0.2}}),
    "explicit": ("the values given", {"values": [1, 2, 4], "weights": [0.3, 0.35, 0.35]}),
    "conditional": (
        "what its branches give",
        {
            "rules": [
                {"if": "severity == 'controlled'", "distribution": {"type": "normal", "mean": 6.5, "std_dev": 0.3}}
            ],
            "default": {"type": "normal", "mean": 9.0, "std_dev": 1.0},
        },
    ),
    "constant": ("the value given", {"value": 42}),
    "gamma": ("numbers above 0", {"shape": 2, "scale": 3}),
    "beta": ("numbers between 0 and 1", {"alpha": 8, "beta": 2}),
    "weibull": ("numbers above 0", {"shape": 1.5, "scale": 365, "max": 1095}),
    "poisson": ("whole numbers from 0", {"mean": 3.2}),
    "negative_binomial": ("whole numbers from 0", {"mean": 3.2, "dispersion": 1.5}),
    "bernoulli": ("true, false", {"p": 0.3}),
    "empirical": ("numbers from the first quantile to the last", {"quantiles": {"0": 12, "0.5": 24, "1": 60}}),
}
AT = (0.05, 0.5, 0.95)
LIMITS = {base.number: "finite", base.positive: "greater than 0", base.fraction: "0 to 1"}
READ_APART = {
    "conditional": {
        "rules": "objects of `if` and `distribution` (or `value`); the first whose `if` holds counts",
        "default": "what those get for whom no rule holds; absent: nothing",
    }
}
"""Parameters whose shape the class does not say, because a specification writes them otherwise."""


def _limit(one: attrs.Attribute) -> str:
    return LIMITS.get(getattr(one.validator, "validator", one.validator), "")


def _parameters(family: type) -> str:
    apart = READ_APART.get(family.kind, {})
    rows = [
        (md.code(name), "" if name in apart else md.type_of(one), md.default_of(one), apart.get(name) or _limit(one))
        for name, one in parameters_of(family).items()
    ]
    return md.table(("parameter", "type", "default", "must be"), rows)


def example_of(kind: str) -> dict[str, Any]:
    """Return an example of a family as a specification writes it."""
    return {"type": kind, **EXAMPLES[kind][1]}


def _quantiles(kind: str) -> str:
    values = create_distribution(example_of(kind)).ppf(np.array(AT), {})
    texts = (
        values.decode()
        if isinstance(values, Coded)
        else [f"{one:.4g}" if values.dtype.kind == "f" else str(one) for one in values]
    )
    return ", ".join(f"{u:g} → {text}" for u, text in zip(AT, texts, strict=True))


def distributions() -> str:
    """Return the page."""
    parts = [
        "Every attribute of a profile, and whatever else is drawn, is a constant or one of these. A plugin can add families "
        "(`healthsim_distributions`); `healthsim plugins -v` lists all that are there.",
        "A distribution is a quantile function: one uniform `u` in (0, 1) gives one value. So `min` and `max` are exact, and a "
        "person keeps their rank when a parameter changes ([randomness](../explanation/randomness.md)). Below each example "
        f"stands what it gives at u = {', '.join(f'{u:g}' for u in AT)}.",
        "Any distribution may carry `null_fraction`, the share of values that are missing, and `description`, which is not "
        'read. Weights sum to 1 (± 0.001) unless `"normalize": true` stands beside them. `age_bands` may be written short, '
        "its bands beside the type. Rules of `conditional` compare one attribute with one literal (`age >= 65`, "
        "`race in ['white', 'black']`), joined by `and`, `or` and `not`.",
    ]
    for family in FAMILIES:
        kind = family.kind
        if kind not in EXAMPLES:
            raise SystemExit(f"scripts/reference_pages/distributions.py: EXAMPLES has none of {kind!r}")
        parts += [
            f"## {kind}",
            md.docstring(family),
            _parameters(family),
            f"Values: {EXAMPLES[kind][0]}.",
            md.fenced("json", json.dumps(example_of(kind))),
            _quantiles(kind),
        ]
    return md.page("Distributions", *parts)
