"""Which bytes hold a box, how they are read, and which boxes hold a run of voxels."""

from __future__ import annotations

from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from volio.arrays.indexing.boxes import run_boxes
from volio.arrays.indexing.runs import (
    StoredBox,
    byte_strides,
    empty,
    full_box,
    is_one_run,
    part_along,
    part_of,
    slab_shape,
    slices_of,
    spans,
    with_side,
)
from volio.errors import ArrayTooLargeError, LimitError
from volio.files.sources.source import BytesSource


@st.composite
def boxes(draw):
    shape = tuple(draw(st.lists(st.integers(0, 5), max_size=5)))
    ends = [sorted(draw(st.tuples(*[st.integers(0, n)] * 2))) for n in shape]
    return shape, tuple(map(tuple, ends))


@pytest.mark.parametrize("axis", range(4))
def test_a_part_along_an_axis_is_a_view_of_all_of_the_others(axis):
    array = np.arange(3 * 4 * 5 * 6).reshape(3, 4, 5, 6)
    found = part_along(array, axis, 1, 3)
    np.testing.assert_array_equal(found, array.take([1, 2], axis))
    assert np.shares_memory(found, array)


def test_a_box_with_another_side_keeps_the_others():
    box = ((0, 1), (2, 3), (4, 5))
    assert with_side(box, 0, 7, 9) == ((7, 9), (2, 3), (4, 5))
    assert with_side(box, 1, 7, 9) == ((0, 1), (7, 9), (4, 5))
    assert with_side(box, 2, 7, 9) == ((0, 1), (2, 3), (7, 9))


@given(boxes(), st.sampled_from([0, 3, 10, 1000]), st.sampled_from([1, 8, 40, 1 << 20]))
def test_spans_bring_the_box_in_ascending_order(case, gap, block):
    shape, box = case
    array = np.arange(prod(shape), dtype="i2").reshape(shape)
    memory = array.tobytes()
    expected = array[(..., *slices_of(box))]
    out = np.full(expected.shape, -1, "i2")
    end = 0
    for offset, nbytes, where in spans(shape, box, 2, gap=gap, block=block):
        target = part_of(out, where)
        assert np.all(target == -1)  # each voxel is read once
        piece = memory[offset : offset + nbytes]
        target[...] = np.ndarray(target.shape, "i2", piece, 0, byte_strides(shape, 2))
        assert offset >= end
        assert nbytes <= max(block, 2)
        assert nbytes <= target.nbytes + gap * target.size
        end = offset + nbytes
    np.testing.assert_array_equal(out, expected)


def reads(shape, box, gap=0, block=1 << 20):
    """First byte and length of each read of 2-byte voxels."""
    return [(offset, nbytes) for offset, nbytes, _ in spans(shape, box, 2, gap=gap, block=block)]


def test_spans_join_what_follows_closely():
    assert reads((5, 6, 7), ((1, 4), (0, 6), (0, 7))) == [(84, 252)]
    rows = [(84 + 14 * row, 12) for row in range(18)]
    assert reads((5, 6, 7), ((1, 4), (0, 6), (0, 6))) == rows
    assert reads((5, 6, 7), ((1, 4), (0, 6), (0, 6)), gap=1) == rows
    assert reads((5, 6, 7), ((1, 4), (0, 6), (0, 6)), gap=2) == [(84, 250)]


def test_spans_are_as_long_as_a_block_allows():
    whole = ((0, 5), (0, 7))
    assert reads((5, 7), whole, block=42) == [(0, 42), (42, 28)]
    assert reads((5, 7), whole, block=41) == [(0, 28), (28, 28), (56, 14)]
    # Of rows of 14 bytes the bytes from 4 to 10 are wanted: the last row needs no gap after it.
    box = ((1, 5), (2, 5))
    assert reads((5, 7), box, gap=8, block=34) == [(18, 34), (60, 6)]
    assert reads((5, 7), box, gap=8, block=33) == [(18, 20), (46, 20)]
    assert reads((5, 7), box, gap=7, block=34) == [(18, 6), (32, 6), (46, 6), (60, 6)]
    # A row that is longer than a block is cut, a voxel is not.
    assert [nbytes for _, nbytes in reads((2, 7), ((0, 2), (0, 7)), block=5)] == 2 * [4, 4, 4, 2]
    assert [span.nbytes for span in spans((3,), ((0, 3),), 8, block=5)] == [8, 8, 8]
    assert [span.nbytes for span in spans((), (), 8, block=5)] == [8]


@pytest.mark.parametrize("shape", [(2, 0, 3), (0,), (3, 0)])
def test_no_bytes_hold_an_empty_box(shape):
    assert reads(shape, full_box(shape)) == []
    assert run_boxes(shape, 0, 0) == []
    assert reads((4, 5), ((1, 3), (2, 2))) == []


@st.composite
def stored_boxes(draw):
    """An array, a box of it that is not empty, and the bytes before the array."""
    shape = tuple(draw(st.lists(st.integers(1, 5), max_size=5)))
    sides = []
    for length in shape:
        start = draw(st.integers(0, length - 1))
        sides.append((start, draw(st.integers(start + 1, length))))
    array = np.arange(prod(shape), dtype="<i2").reshape(shape)
    return array, tuple(sides), draw(st.integers(0, 9))


@given(stored_boxes(), st.sampled_from([0, 2, 5, 20, 1000]), st.sampled_from([1, 6, 30, 1 << 20]))
def test_parts_of_a_box_are_read_and_viewed(case, gap, max_nbytes):
    array, box, offset = case
    reader = BytesSource(bytes(offset) + array.tobytes()).open()
    stored = StoredBox.of(box, byte_strides(array.shape, 2), 2, offset)
    axis = stored.joined_axis(gap)
    expected = array[(..., *slices_of(box))]
    out = np.full(expected.shape, -1, "<i2")
    end = 0
    for where in stored.cut(axis, max_nbytes):
        part = stored.part(where)
        memory = np.empty(part.held(axis), np.uint8)
        part.read(reader, axis, memory)
        assert np.all(part_of(out, where) == -1)  # each voxel is read once
        part_of(out, where)[...] = part.view(memory, axis, array.dtype)
        ranges = list(part.byte_ranges(axis))
        assert sum(stop - start for start, stop in ranges) == memory.size
        assert ranges == sorted(ranges)
        assert ranges[0][0] >= end
        assert memory.size <= max(2, max_nbytes)
        end = ranges[-1][1]
    np.testing.assert_array_equal(out, expected)


def test_a_part_holds_as_many_reads_as_fit():
    # Of 2 * 3 rows of 20 bytes the bytes from 2 to 6: reads of 4 bytes that are held together.
    stored = StoredBox.of(((0, 2), (0, 3), (1, 3)), byte_strides((2, 3, 10), 2), 2)
    axis = stored.joined_axis(15)
    assert axis == 2
    assert stored.held(axis) == 6 * 4
    starts = (2, 22, 42, 62, 82, 102)
    assert list(stored.byte_ranges(axis)) == [(start, start + 4) for start in starts]

    def rows(max_nbytes):
        return [(where[0], where[1]) for where in stored.cut(axis, max_nbytes)]

    first, second = slice(0, 1), slice(1, 2)
    assert rows(24) == [(slice(0, 2), slice(0, 3))]
    assert rows(23) == rows(12) == [(first, slice(0, 3)), (second, slice(0, 3))]
    of_one = [slice(0, 2), slice(2, 3)]
    assert (
        rows(11)
        == rows(8)
        == [(first, side) for side in of_one] + [(second, side) for side in of_one]
    )
    assert [where[2] for where in stored.cut(axis, 3)] == 6 * [first, second]


def test_reads_with_gaps_are_held_with_them():
    stored = StoredBox.of(((0, 2), (0, 3), (1, 3)), byte_strides((2, 3, 10), 2), 2)
    assert stored.joined_axis(16) == 0
    assert stored.held(0) == stored.reaches[0] == 5 * 20 + 4
    # Two rows are 24 bytes, all three of one index 44.
    assert [where[:2] for where in stored.cut(0, 44)] == [
        (slice(0, 1), slice(0, 3)),
        (slice(1, 2), slice(0, 3)),
    ]
    assert len(list(stored.cut(0, 43))) == 4
    assert len(list(stored.cut(0, 23))) == 6


def test_an_axis_of_one_index_has_no_gap():
    stored = StoredBox.of(((3, 4), (2, 3), (0, 5)), byte_strides((9, 9, 9), 2), 2)
    assert stored.joined_axis(0) == 0
    assert stored.reaches == (10, 10, 10, 2)
    assert stored.start == 3 * 162 + 2 * 18


@given(boxes())
def test_one_run(case):
    shape, box = case
    flat = np.arange(prod(shape)).reshape(shape)[(..., *slices_of(box))].ravel()
    if flat.size:
        assert is_one_run(shape, box) == bool(np.all(np.diff(flat) == 1))


@given(boxes(), st.data())
def test_run_boxes_are_the_run(case, data):
    shape, _ = case
    flat = np.arange(prod(shape))
    start, stop = sorted(data.draw(st.tuples(*[st.integers(0, flat.size)] * 2)))
    pieces = [
        flat.reshape(shape)[(..., *slices_of(box))].ravel() for box in run_boxes(shape, start, stop)
    ]
    assert np.concatenate([[], *pieces]).tolist() == flat[start:stop].tolist()
    assert all(piece.size for piece in pieces)
    assert len(pieces) <= max(1, 2 * len(shape))


def test_whole_rows_of_a_run_are_one_box():
    assert run_boxes((4, 3, 2), 6, 18) == [((1, 3), (0, 3), (0, 2))]
    assert run_boxes((4, 3, 2), 5, 19) == [
        ((0, 1), (2, 3), (1, 2)),
        ((1, 3), (0, 3), (0, 2)),
        ((3, 4), (0, 1), (0, 1)),
    ]
    assert run_boxes((), 0, 1) == [()]
    assert run_boxes((), 1, 1) == run_boxes((4,), 2, 2) == []


@pytest.mark.parametrize("shape", [(), (3,), (2, 0, 4)])
def test_full_box(shape):
    assert full_box(shape) == tuple((0, length) for length in shape)


@given(st.permutations(range(4)))
def test_new_arrays_have_their_axes_in_the_order_of_storage(order):
    array = empty((2, 3, 4, 5), "i2", order)
    assert array.shape == (2, 3, 4, 5)
    assert sorted(range(4), key=lambda axis: -array.strides[axis]) == order


def test_slabs_are_whole_along_the_fastest_axes():
    assert slab_shape((7, 6, 5), (0, 1, 2), 30) == (1, 6, 5)
    assert slab_shape((7, 6, 5), (0, 1, 2), 29) == (1, 5, 5)
    assert slab_shape((7, 6, 5), (2, 1, 0), 84) == (7, 6, 2)
    assert slab_shape((7, 6, 5), (2, 1, 0), 0) == (1, 1, 1)
    assert slab_shape((3, 0, 5), (0, 1, 2), 9) == (1, 1, 5)


def test_what_memory_does_not_hold_is_said_in_bytes():
    words = rf"shape \(3, {2**60}\) takes {3 * 2**61} bytes, there is not so much memory"
    with pytest.raises(ArrayTooLargeError, match=words) as raised:
        empty((3, 2**60), "<i2", (0, 1))
    assert isinstance(raised.value, LimitError)
    assert isinstance(raised.value, MemoryError)
