"""Identifiers of providers and facilities: well-formed, and never anybody's."""

from __future__ import annotations

import numpy as np

ORGANIZATIONS = 60_000_000
"""Added to a facility's number before its NPI is made, so that facilities and people never share one."""


def npi(number: np.ndarray) -> np.ndarray:
    """Return ten-digit NPIs (int64) for distinct numbers below 100 million: first digit 2, Luhn check digit over 80840 and the nine digits.

    Source: CMS, NPI check digit standard. All NPIs issued so far begin with 1.
    """
    body = 200_000_000 + np.asarray(number, np.int64)
    return body * 10 + check_digit(body)


def check_digit(body: np.ndarray) -> np.ndarray:
    """Return the Luhn check digit of nine-digit numbers prefixed with 80840."""
    total = np.full(body.shape, 24, np.int64)  # what the prefix 80840 adds
    rest = body.copy()
    for place in range(9):
        rest, digit = np.divmod(rest, 10)
        if place % 2 == 0:
            digit = digit * 2
            digit = digit - 9 * (digit > 9)
        total += digit
    return -total % 10


def employer_number(number: np.ndarray) -> np.ndarray:
    """Return nine-digit employer numbers with prefix 89, which the IRS does not assign, from numbers modulo ten million."""
    return 890_000_000 + np.asarray(number, np.int64) % 10_000_000
