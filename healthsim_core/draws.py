"""Chance as an address: a draw is a pure function of (seed, path, entity, occurrence), in any order, alone or in a crowd.

The compatibility promise: the word at an address is word `unit % 4` of the Philox4x64-10 block whose key is the 16-byte
BLAKE2b digest of `"{seed}\\x1f{path}"` (two little-endian 64-bit words) and whose counter is
`(unit // 4 + 1, occurrence, slot, 0)`, where unit = entity // 16 and slot = entity % 16. Its upper 52 bits, centred,
are the uniform. This will not change without a major version and a line in the changelog.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable

import numpy as np

SLOT_BITS = 4
SLOTS = 1 << SLOT_BITS
"""Persons a unit can hold: entity = unit * SLOTS + slot."""

DENSE_FRACTION = 0.04
"""Below this share of a span's units, scattered counters (126 ns each) beat drawing the whole run (4 ns each)."""

FEW = 64
"""Up to so many rows of several planes are drawn all at once: somebody alone is made in two thirds of the time."""

Draw = Callable[[str], np.ndarray]
"""`draw(name)` gives one uniform in (0, 1) per row of the thing it belongs to."""

_OWN = threading.local()
"""A thread's generator: a new one takes ten times as long to make as this one to be set."""
_FRESH = {
    "bit_generator": "Philox",
    "buffer": np.zeros(4, np.uint64),
    "buffer_pos": 4,
    "has_uint32": 0,
    "uinteger": 0,
}


def stream_key(seed: int, path: str) -> np.ndarray:
    """Return the Philox key of a stream: two uint64 words."""
    digest = hashlib.blake2b(f"{seed}\x1f{path}".encode(), digest_size=16).digest()
    return np.frombuffer(digest, dtype="<u8").astype(np.uint64)


def to_uniform(words: np.ndarray) -> np.ndarray:
    """Return 64-bit words as float64 strictly inside (0, 1), on a grid of 2**-52 half-steps."""
    uniform = (words >> np.uint64(12)).astype(np.float64)
    uniform += 0.5
    uniform *= 2.0**-52
    return uniform


def dense_words(key: np.ndarray, start: int, stop: int, slot: int, occurrence: int) -> np.ndarray:
    """Return the words of units start … stop-1 (uint64), drawn as one run."""
    first = start // 4
    blocks = -(-stop // 4) - first
    generator = getattr(_OWN, "generator", None)
    if generator is None:
        generator = _OWN.generator = np.random.Philox(key=key)
    # numpy's Philox steps its counter before it makes a block: hence the "+ 1" of the promise.
    counter = np.array([first, occurrence, slot, 0], dtype=np.uint64)
    generator.state = {**_FRESH, "state": {"counter": counter, "key": key}}
    return generator.random_raw(blocks * 4)[start - first * 4 : stop - first * 4]


def _multiply_high(a: np.uint64, b: np.ndarray) -> np.ndarray:
    low, shift = np.uint64(0xFFFFFFFF), np.uint64(32)
    a0, a1, b0, b1 = a & low, a >> shift, b & low, b >> shift
    middle = a1 * b0 + (a0 * b0 >> shift)
    cross = a0 * b1 + (middle & low)
    return a1 * b1 + (middle >> shift) + (cross >> shift)


def scattered_words(key: np.ndarray, units: np.ndarray, slots: np.ndarray, occurrences: np.ndarray) -> np.ndarray:
    """Return the words at scattered addresses (uint64): the same as `dense_words`, one Philox block each."""
    m0, m1 = np.uint64(0xD2E7470EE14C6C93), np.uint64(0xCA5A826395121157)
    weyl0, weyl1 = 0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B
    units = units.astype(np.uint64)
    c0 = (units >> np.uint64(2)) + np.uint64(1)
    c1, c2 = occurrences.astype(np.uint64), slots.astype(np.uint64)
    c3 = np.zeros_like(c0)
    k0, k1 = int(key[0]), int(key[1])
    for _ in range(10):
        high0, low0 = _multiply_high(m0, c0), m0 * c0
        high1, low1 = _multiply_high(m1, c2), m1 * c2
        c0, c1, c2, c3 = high1 ^ c1 ^ np.uint64(k0), low1, high0 ^ c3 ^ np.uint64(k1), low0
        k0, k1 = (k0 + weyl0) % 2**64, (k1 + weyl1) % 2**64
    lanes = np.stack([c0, c1, c2, c3])
    return lanes[(units & np.uint64(3)).astype(np.intp), np.arange(len(units))]


def uniforms(seed: int, path: str, entity: np.ndarray, occurrence: np.ndarray | int = 0) -> np.ndarray:
    """Return one uniform in (0, 1) per row (float64), for `entity` and `occurrence` (integers, aligned or one for all)."""
    entity = np.asarray(entity, dtype=np.int64)
    if len(entity) == 0:
        return np.empty(0)
    key = stream_key(seed, path)
    units, slots = entity >> SLOT_BITS, entity & (SLOTS - 1)
    start, stop = int(units.min()), int(units.max()) + 1
    # A plane is one (slot, occurrence): its units lie side by side in the stream.
    occurrences = np.asarray(occurrence, dtype=np.int64)
    planes = occurrences * SLOTS + slots
    first_plane = planes[0]
    if (planes == first_plane).all():
        return _plane(key, units, int(first_plane), start, stop)
    occurrences = np.broadcast_to(occurrences, entity.shape)
    if len(entity) <= FEW:
        return to_uniform(scattered_words(key, units, slots, occurrences))
    result = np.empty(len(entity))
    # numpy sorts 16-bit integers by radix, several times as fast; nearly all planes are that small.
    narrow = planes.astype(np.uint16) if planes.max() < 2**16 else planes
    order = np.argsort(narrow, kind="stable")
    sorted_planes = narrow[order]
    edges = np.flatnonzero(sorted_planes[1:] != sorted_planes[:-1]) + 1
    few = []
    for rows in np.split(order, edges):
        if len(rows) >= DENSE_FRACTION * (stop - start):
            result[rows] = _plane(key, units[rows], int(planes[rows[0]]), start, stop)
        else:
            few.append(rows)
    if few:
        # The thin planes (a household's fifth person, a tenth visit) are many: all of them at once.
        rows = np.concatenate(few)
        result[rows] = to_uniform(scattered_words(key, units[rows], slots[rows], occurrences[rows]))
    return result


_ROUNDS = 6
"""Rounds of the permutation's Feistel network; four make it pseudo-random, two are for good measure."""


def strata(seed: int, path: str, index: np.ndarray, count: int) -> np.ndarray:
    """Return for each index its own place among `count` (int64): a permutation that is a function of (seed, path, count).

    A Feistel network over the next power of four, walked on until the place is below `count`.
    """
    half = max(1, (max(count - 1, 1).bit_length() + 1) // 2)
    mask = np.uint64((1 << half) - 1)
    shift = np.uint64(half)
    keys = dense_words(stream_key(seed, f"{path}.strata"), 0, _ROUNDS, 0, 0)
    place = np.asarray(index, dtype=np.uint64)
    outside = np.ones(len(place), bool)
    while outside.any():
        left, right = place[outside] >> shift, place[outside] & mask
        for key in keys:
            left, right = right, left ^ (_mixed(right + key) & mask)
        place[outside] = (left << shift) | right
        outside = place >= np.uint64(count)
    return place.astype(np.int64)


def _mixed(words: np.ndarray) -> np.ndarray:
    """Return 64-bit words with every bit depending on every bit (the finalizer of SplitMix64)."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


def _plane(key: np.ndarray, units: np.ndarray, plane: int, start: int, stop: int) -> np.ndarray:
    occurrence, slot = divmod(plane, SLOTS)
    if len(units) >= DENSE_FRACTION * (stop - start):
        words = dense_words(key, start, stop, slot, occurrence)
        if len(units) != stop - start or not (units[1:] > units[:-1]).all():
            words = words[units - start]
    else:
        words = scattered_words(key, units, np.full(len(units), slot), np.full(len(units), occurrence))
    return to_uniform(words)
