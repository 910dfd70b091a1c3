"""Draws are addresses."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from healthsim_core.draws import dense_words, scattered_words, stream_key, to_uniform, uniforms

SLOTS = st.integers(0, 15)
GOLDEN = ["d2eeb27c9abfbdd3", "8f16513fc87f5822", "683ad02ef36f8ad6"]


def test_the_words_of_the_compatibility_promise_have_not_moved():
    key = stream_key(42, "attribute.age")
    assert [f"{word:016x}" for word in dense_words(key, 0, 3, 0, 0)] == GOLDEN
    assert uniforms(42, "attribute.age", np.array([0]))[0] == to_uniform(np.array([int(GOLDEN[0], 16)], np.uint64))[0]


@given(st.integers(0, 10**9), st.integers(1, 40), SLOTS, st.integers(0, 4000), st.integers(-(2**40), 2**40))
def test_scattered_and_dense_draws_are_the_same(start, length, slot, occurrence, seed):
    key = stream_key(seed, "a.path")
    units = np.arange(start, start + length)
    dense = dense_words(key, start, start + length, slot, occurrence)
    assert (dense == scattered_words(key, units, np.full(length, slot), np.full(length, occurrence))).all()


@given(st.lists(st.tuples(st.integers(0, 5000), SLOTS, st.integers(0, 3)), min_size=1, max_size=60), st.randoms())
def test_order_and_company_do_not_matter(addresses, shuffler):
    def draw(rows):
        entity = np.array([unit * 16 + slot for unit, slot, _ in rows])
        return uniforms(7, "x", entity, np.array([occurrence for *_, occurrence in rows])).tolist()

    together = dict(zip(addresses, draw(addresses), strict=True))
    shuffled = addresses[:]
    shuffler.shuffle(shuffled)
    assert dict(zip(shuffled, draw(shuffled), strict=True)) == together
    assert {one: draw([one])[0] for one in addresses} == together


def test_uniforms_are_uniform_inside_the_open_interval_and_streams_independent():
    entity = np.arange(100_000) * 16
    one, other = uniforms(1, "one", entity), uniforms(1, "other", entity)
    assert 0 < one.min() and one.max() < 1
    assert stats.kstest(one, "uniform").pvalue > 0.001
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.012
    assert to_uniform(np.array([0, 2**64 - 1], np.uint64)).tolist()[0] > 0
    assert to_uniform(np.array([0, 2**64 - 1], np.uint64)).tolist()[1] < 1


def test_seed_path_slot_and_occurrence_all_count():
    entity = np.array([160])
    drawn = {
        uniforms(1, "x", entity)[0], uniforms(2, "x", entity)[0], uniforms(1, "y", entity)[0], uniforms(1, "x", entity, 1)[0],
        uniforms(1, "x", entity + 1)[0], uniforms(-1, "x", entity)[0],
    }  # fmt: skip
    assert len(drawn) == 6
