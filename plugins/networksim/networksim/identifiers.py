"""Identifiers of providers and facilities: well-formed, and never anybody's."""

from __future__ import annotations

import numpy as np

from healthsim_core.columns import Coded

NPI_FIRST = {"provider": 0, "facility": 55_000_000, "pharmacy": 80_000_000}
"""Added to a number of that sort before its NPI is made, so that no two share one."""

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


def certification_number(number: np.ndarray) -> Coded:
    """Return six characters in the form of a CMS certification number, missing for -1: a letter from Z to Q, and digits.

    CMS's numbers begin with a state code, and none of them begins with these letters.
    """
    given = np.flatnonzero(number >= 0)
    letters, digits = np.divmod(number[given] % 1_000_000, 100_000)
    texts = [
        f"{'ZYXWVUTSRQ'[letter]}{rest:05d}" for letter, rest in zip(letters.tolist(), digits.tolist(), strict=True)
    ]
    codes = np.full(len(number), -1, np.int32)
    codes[given] = np.arange(len(given))
    return Coded(codes, texts)


def ncpdp(number: np.ndarray) -> np.ndarray:
    """Return seven-digit NCPDP provider numbers (int64): 99 down to 70, which no state has, four digits, a check digit.

    The first two digits of those in use say the state, from 01 to 56. The check digit is the last digit of the first,
    third and fifth digit plus twice the second, fourth and sixth.
    """
    prefix, rest = np.divmod(np.asarray(number, np.int64) % 300_000, 10_000)
    body = (99 - prefix) * 10_000 + rest
    digits = [body // 10**place % 10 for place in range(6)]
    return body * 10 + (sum(digits[1::2]) + 2 * sum(digits[0::2])) % 10
