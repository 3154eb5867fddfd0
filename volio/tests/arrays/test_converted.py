"""Values of stored arrays: scaled and clipped, in pieces, whichever part is asked for."""

from __future__ import annotations

import pickle
from contextlib import contextmanager

import numpy as np
import pytest

from volio.arrays import converted
from volio.arrays.converted import ConvertedArray
from volio.arrays.lazy import LazyArray
from volio.files.sources.source import BytesSource
from volio.tests.arrays.arrays import numbered

SHAPE = (7, 3, 4)


class Stored(LazyArray):
    """An array in memory in chunks of two rows, which remembers the boxes that were asked for."""

    chunks = (2, 3, 4)

    def __init__(self):
        self.values = numbered(SHAPE).astype(np.int16)
        self.shape = SHAPE
        self.dtype = self.values.dtype
        self.boxes = []

    def fill(self, out, box):
        self.boxes.append(box)
        out[...] = self.values[tuple(slice(*side) for side in box)]

    @contextmanager
    def open(self):
        yield self.fill


def made(**options) -> ConvertedArray:
    return ConvertedArray(BytesSource(b"", "a"), Stored(), **options)


SLOPES = np.array([1.0, 2, 3, 4, 5, 6, 7]).reshape(7, 1, 1)


@pytest.mark.parametrize(
    "index", [(), 3, np.s_[::-2, 1:, ::3], np.s_[[4, 0], 2], np.s_[1:1], np.s_[..., None, 2]]
)
def test_values_are_clipped_and_scaled_before_they_are_chosen(index):
    array = made(slope=SLOPES, inter=0.5, valid_range=(5, 60))
    expected = np.clip(numbered(SHAPE), 5, 60) * SLOPES + 0.5
    assert (array.dtype, array.on_disk_dtype) == (np.float64, np.int16)
    np.testing.assert_array_equal(array[index], expected[index])
    np.testing.assert_array_equal(array.get_unscaled(), numbered(SHAPE))
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(array))[index], expected[index])


def test_pieces_end_where_chunks_do(monkeypatch):
    monkeypatch.setattr(converted, "PIECE", 2 * 12 * 2)  # bytes of two rows
    array = made(slope=2.0)
    np.testing.assert_array_equal(array[1:6], numbered(SHAPE)[1:6] * 2.0)
    rows = [box[0] for box in array.stored.boxes]
    assert rows == [(1, 2), (2, 4), (4, 6)]


def test_values_that_are_what_is_stored_are_read_at_once(monkeypatch):
    monkeypatch.setattr(converted, "PIECE", 1)
    array = made()
    assert array.dtype == np.int16
    np.testing.assert_array_equal(array[1:6], numbered(SHAPE)[1:6])
    assert [box[0] for box in array.stored.boxes] == [(1, 6)]
    assert array.chunks == (2, 3, 4)
    assert repr(array) == "ConvertedArray('a', shape=(7, 3, 4), dtype=int16)"
