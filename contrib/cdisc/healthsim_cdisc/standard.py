"""What SDTMIG 3.4 says of each dataset: variables in order, labels, types, core and codelists."""

from __future__ import annotations

import functools

from attrs import frozen

from healthsim_core.facts import read_csv


@frozen
class Variable:
    """One variable of a dataset."""

    name: str
    label: str
    type: str
    """Char or Num."""
    core: str
    """Req: never null; Exp: always there; Perm."""
    codelist: str = ""
    """CDISC submission value of its codelist, where it has one."""


@frozen
class Dataset:
    """One dataset: variables in the order of the standard, and what its records are counted within and ordered by."""

    name: str
    label: str
    structure: str
    within: str
    """The variable in which --SEQ counts; empty where the dataset has none."""
    order: tuple[str, ...]
    """What orders the records, and --SEQ with them; SQL, so that `DSCAT DESC` can be said."""
    variables: tuple[Variable, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Return the variables' names in order."""
        return tuple(one.name for one in self.variables)

    @property
    def labels(self) -> dict[str, str]:
        """Return the variables' labels by name."""
        return {one.name: one.label for one in self.variables}


@functools.cache
def datasets() -> dict[str, Dataset]:
    """Return the datasets by name."""
    variables: dict[str, list[Variable]] = {}
    for row in read_csv("healthsim_cdisc.reference", "sdtmig_variables.csv"):
        one = Variable(row["variable"], row["label"], row["type"], row["core"], row["codelist"])
        variables.setdefault(row["dataset"], []).append(one)
    return {
        row["dataset"]: Dataset(
            row["dataset"],
            row["label"],
            row["structure"],
            row["within"],
            tuple(row["order"].split(";")),
            tuple(variables[row["dataset"]]),
        )
        for row in read_csv("healthsim_cdisc.reference", "sdtmig_datasets.csv")
    }


def dataset(name: str) -> Dataset:
    """Return the dataset of a name such as AE."""
    return datasets()[name]


@functools.cache
def closed_terms() -> dict[str, frozenset[str]]:
    """Return the terms of the codelists that sponsors may not extend, by codelist."""
    terms: dict[str, set[str]] = {}
    for row in read_csv("healthsim_cdisc.reference", "terms.csv"):
        terms.setdefault(row["codelist"], set()).add(row["term"])
    return {name: frozenset(found) for name, found in terms.items()}
