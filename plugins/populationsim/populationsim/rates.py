"""Rates by age and sex: a table to look up, one step however many people."""

from __future__ import annotations

import numpy as np
from attrs import field, frozen

from healthsim_core.distributions import Distribution


def _rising(instance, attribute, value) -> None:
    if not value or list(value) != sorted(set(value)) or value[0] != 0:
        raise ValueError(f"ages: expected the first age of each band, rising from 0, got {value!r}")


def _shares(instance, attribute, value) -> None:
    if len(value) != len(instance.ages) or not all(0 <= one <= 1 for one in value):
        raise ValueError(f"{attribute.name}: expected a number from 0 to 1 for each of {len(instance.ages)} ages")


@frozen
class RatesByAgeAndSex(Distribution):
    """A share from 0 to 1 that is the same for all of one sex in one band of ages, such as a prevalence."""

    kind = "age_sex_rates"
    ages: list[int] = field(validator=_rising)
    """The first age of each band, from 0; the last band has no end."""
    men: list[float] = field(validator=_shares)
    women: list[float] = field(validator=_shares)

    def reads(self):
        return ("age", "gender")

    def ppf(self, u, columns=None):
        """Return the rate of each row, whatever `u`; where sex is not known, the mean of both, and 0 where age is not."""
        columns = columns or {}
        table = np.array([self.men, self.women, np.mean([self.men, self.women], axis=0)])
        age = np.asarray(columns.get("age", np.zeros(len(u))))
        known = ~np.isnan(age) if age.dtype.kind == "f" else np.ones(len(age), bool)
        years = np.arange(int(self.ages[-1]) + 1)
        band_of = np.searchsorted(self.ages, years, side="right") - 1
        band = band_of[np.clip(np.where(known, age, 0).astype(np.int64), 0, years[-1])]
        sex = columns["gender"].lookup({"M": 0, "F": 1}, 2, np.int64) if "gender" in columns else np.full(len(u), 2)
        return np.where(known, table[sex, band], 0.0)
