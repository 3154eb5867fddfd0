"""A slope and an intercept for each slice."""

from __future__ import annotations

import numpy as np
import pytest

from volio.images.saving import slice_scaling


@pytest.mark.parametrize(
    ("value", "dtype", "pair"),
    [
        (5.0, "i2", (1, 0)),
        (100_000.0, "i2", (1, 100_000)),  # whole: stored as 0
        (0.1, "i2", (0.1, 0)),  # the ends of the range, 32768 away, would swallow it
        (-0.1, "i2", (0.1, 0)),
        (0.1, "u1", (1, 0.1)),
        (0.0, "u1", (1, 0)),
    ],
)
def test_slices_of_one_value_come_back_bit_for_bit(value: float, dtype: str, pair: tuple):
    found = slice_scaling._fit(np.full((2, 3), value), np.dtype(dtype), [])
    assert (found.slope, found.inter) == pair
    assert (found.error, found.replaced) == (0, 0)


def test_a_pair_that_was_read_is_taken_again_where_it_is_exact():
    values = np.array([[0.5, 1.0], [np.nan, 1.5]])
    found = slice_scaling._fit(values, np.dtype("i2"), [(2.0, 0.0), (0.25, 0.5)])
    assert found == (0.25, 0.5, 0, 1)


@pytest.mark.parametrize(
    ("error", "replaced", "words"),
    [
        ([0, 0], [0, 0], ()),
        ([0, 0.25], [0, 0], ("are rounded to int16, a slope and an intercept for each slice",)),
        ([0, 0], [0, 2], ("NaN is stored as zero is",)),
        ([0.5, 0.25], [1, 0], ("largest error 0.5", "NaN is stored as zero is")),
    ],
)
def test_what_is_lost_is_one_note(error: list, replaced: list, words: tuple):
    notes = slice_scaling._notes(np.dtype("i2"), np.array(error), np.array(replaced))
    assert len(notes) == bool(words)
    for each in words:
        assert each in notes[0]
    assert all(note.count("NaN") == ("NaN is stored as zero is" in words) for note in notes)
    assert all(("rounded" in note) == any(error) for note in notes)
