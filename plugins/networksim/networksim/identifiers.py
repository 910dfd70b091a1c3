"""Identifiers of providers and facilities: well-formed, and never anybody's."""

from __future__ import annotations

import numpy as np

ORGANIZATIONS = 60_000_000
"""Added to a facility's number before its NPI is made, so that facilities and people never share one."""

PHARMACIES = 70_000_000
"""The same for a pharmacy's number."""

FACILITY_PREFIX, PHARMACY_PREFIX = 89, 79
"""Prefixes of employer numbers that the IRS does not assign."""


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


def employer_number(number: np.ndarray, prefix: int = FACILITY_PREFIX) -> np.ndarray:
    """Return nine-digit employer numbers with a prefix that is not assigned, from numbers modulo ten million."""
    return prefix * 10_000_000 + np.asarray(number, np.int64) % 10_000_000


def ncpdp(number: np.ndarray) -> np.ndarray:
    """Return seven-digit NCPDP provider numbers (int64): 99, which no state has, four digits (`number` modulo 10,000), a check digit.

    The check digit is the last digit of the first, third and fifth digit plus twice the second, fourth and sixth.
    """
    body = 990_000 + np.asarray(number, np.int64) % 10_000
    digits = [body // 10**place % 10 for place in range(6)]
    return body * 10 + (sum(digits[1::2]) + 2 * sum(digits[0::2])) % 10
