"""Randomization in permuted blocks, as a function of a person's index and never of who came before."""

from __future__ import annotations

import numpy as np

from healthsim_core.draws import SLOTS, uniforms
from trialsim.reference import arms, studies

LIST_SIZE = 10_000_000
"""Numbers of one list; every place in the household has a list of its own."""


def cohorts(study: str) -> int:
    """Return how many cohorts a study's dose escalation has; 0 where it has none."""
    return max(one.cohort for one in arms() if one.study_id == study)


def cohort_of(study: str, entity: np.ndarray) -> np.ndarray:
    """Return the cohort each person would be in (int64): block after block through the cohorts, and from the first again."""
    count = cohorts(study)
    block = entity // SLOTS // studies()[study].block_size
    return block % count + 1 if count else np.zeros(len(entity), np.int64)


def block_list(study: str, cohort: int = 0) -> list[int]:
    """Return a block before it is permuted: places of arms among all arms, each as often as its ratio says."""
    own = [(place, one) for place, one in enumerate(arms()) if one.study_id == study and one.cohort in (0, cohort)]
    total, size = sum(one.ratio for _, one in own), studies()[study].block_size
    return [place for place, one in own for _ in range(one.ratio * size // total)]


def randomize(seed: int, study: str, entity: np.ndarray) -> np.ndarray:
    """Return each person's arm (place among all arms).

    Block b of the study holds the people with index // size == b; its permutation is drawn at an address of its own.
    """
    size = studies()[study].block_size
    unit, slot = entity // SLOTS, entity % SLOTS
    block = unit // size
    # Each place of the block draws a number at the block's own address; their order is the permutation.
    draws = np.stack(
        [uniforms(seed, f"trialsim.randomization.{study}", block * SLOTS + slot, place) for place in range(size)]
    )
    position = np.argsort(np.argsort(draws, axis=0, kind="stable"), axis=0, kind="stable")
    mine = position[unit % size, np.arange(len(entity))]
    if not cohorts(study):
        return np.array(block_list(study))[mine]
    table = np.array([block_list(study, cohort) for cohort in range(1, cohorts(study) + 1)])
    return table[cohort_of(study, entity) - 1, mine]


def randomization_number(entity: np.ndarray) -> np.ndarray:
    """Return each person's number in the study's list."""
    return entity % SLOTS * LIST_SIZE + entity // SLOTS + 1
