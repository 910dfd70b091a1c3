"""What can go wrong, and how it is told: where, what, and what instead."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from attrs import field, frozen


class HealthSimError(Exception):
    """The root of every error HealthSim raises on purpose; `exit_code` is what the command line returns."""

    exit_code = 1


class UserError(HealthSimError):
    """The user asked for something that cannot be done as asked."""

    exit_code = 2


class PluginError(HealthSimError):
    """A plugin broke its contract; the message names the plugin and what it was doing."""

    exit_code = 3


@frozen
class Problem:
    """One thing wrong at one place of a specification."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class SpecificationError(UserError):
    """Everything wrong with a specification, all at once; `problems` holds each with its path."""

    def __init__(self, problems: Iterable[Problem]):
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def suggestion(word: object, options: Iterable[str]) -> str:
    """Return `; did you mean 'x'?` for the nearest option, the valid values where none is near, or nothing."""
    names = sorted({str(option) for option in options})
    folded = {name.casefold().replace("_", "-"): name for name in names}
    near = difflib.get_close_matches(str(word).casefold().replace("_", "-"), folded, n=1, cutoff=0.6)
    if near:
        return f"; did you mean {folded[near[0]]!r}?"
    if 0 < len(names) <= 12:
        return "; valid: " + ", ".join(names)
    return ""


@frozen
class Problems:
    """A collector, so that a reader can go on after the first mistake and report them all."""

    found: list[Problem] = field(factory=list)

    def add(self, path: str, message: str) -> None:
        if not any(problem.path == path and problem.message == message for problem in self.found):
            self.found.append(Problem(path, message))

    def unknown(self, path: str, what: str, word: object, options: Iterable[str]) -> None:
        """Report a word that names nothing, with what was probably meant."""
        self.add(path, f"unknown {what} {word!r}{suggestion(word, options)}")

    def raise_if_any(self) -> None:
        if self.found:
            raise SpecificationError(self.found)
