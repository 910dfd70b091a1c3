"""Rules of diagnosis codes as a plan keeps them: who can have one, and what is written instead."""

from __future__ import annotations

from attrs import frozen


@frozen
class Limit:
    """Who can have a code: of which sex, between which ages; None: whoever."""

    sex: str | None = None
    age_min: int | None = None
    age_max: int | None = None

    def __str__(self) -> str:
        who = {"M": "men", "F": "women"}.get(self.sex, "people")
        if self.age_min is None and self.age_max is None:
            return who
        if self.age_max is None:
            return f"{who} of {self.age_min} and older"
        return f"{who} aged {self.age_min or 0} to {self.age_max}"


@frozen
class Rewriting:
    """A code that is written instead of those that begin with `code` where the person has, or lacks, other conditions."""

    code: str
    writes: str
    beside: tuple[tuple[tuple[str, str], ...], ...] = ()
    """Of each group one: (category, what its code begins with; empty: any)."""
    without: tuple[tuple[str, str], ...] = ()
