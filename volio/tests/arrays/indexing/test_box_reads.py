"""Which boxes are read for an index, in which order, and what is done with each."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from volio.arrays.indexing import box_reads
from volio.arrays.indexing.box_reads import BoxRead, fill_boxes, point_reads, range_reads
from volio.arrays.indexing.request import Range
from volio.arrays.indexing.runs import StorageLayout
from volio.tests.arrays.arrays import Counting, numbered


def volume(box) -> int:
    return int(np.prod([stop - start for start, stop in box]))


def storage_places(array: np.ndarray, order, box) -> tuple[int, int]:
    """The first and the last place in storage of the voxels of a box."""
    places = np.arange(array.size).reshape([array.shape[axis] for axis in order])
    part = places.transpose(np.argsort(order))[tuple(slice(*side) for side in box)]
    return int(part.min()), int(part.max())


@st.composite
def five_axes(draw):
    shape = tuple(draw(st.lists(st.integers(1, 5), min_size=5, max_size=5)))
    index = tuple(slice(None, None, draw(st.sampled_from([1, 2, 3, -1, -2]))) for _ in shape)
    order = tuple(draw(st.permutations(range(5))))
    gaps = tuple(draw(st.sampled_from([0, 1, 2, 9])) for _ in shape)
    return shape, index, order, gaps


@given(five_axes(), st.sampled_from([1, 3, 8, 40]))
def test_steps_along_five_axes_in_bounded_boxes(case, most):
    shape, index, order, gaps = case
    lazy = Counting(numbered(shape), order, gaps)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(box_reads, "TEMPORARY", most * 8)
        np.testing.assert_array_equal(lazy[index], lazy.array[index])
    wanted = lazy.array[index].size
    if any(map(box_reads.reads_between, ranges_of(index, shape), gaps)):
        assert max(map(volume, lazy.boxes)) <= most
    else:
        assert lazy.asked == wanted
    starts = [storage_places(lazy.array, order, box)[0] for box in lazy.boxes]
    assert starts == sorted(starts)


def ranges_of(index, shape) -> list[Range]:
    found = [range(*item.indices(length)) for item, length in zip(index, shape, strict=True)]
    return [Range(each.start, each.step, len(each)).ascending() for each in found]


def test_parts_that_lie_apart_while_boxes_are_bounded(monkeypatch):
    # Along axis 0 single indices, along axis 1 runs of two wanted of three indices: 16 voxels
    # along axis 2 leave room for three.
    monkeypatch.setattr(box_reads, "TEMPORARY", 48 * 8)
    lazy = Counting(numbered((12, 10, 16)), gaps=(0, 1, 0))
    np.testing.assert_array_equal(lazy[2::3, 1::2], lazy.array[2::3, 1::2])
    assert lazy.boxes == [
        ((row, row + 1), side, (0, 16))
        for row in (2, 5, 8, 11)
        for side in ((1, 2), (3, 4), (5, 6), (7, 8), (9, 10))
    ]
    lazy.boxes.clear()
    monkeypatch.setattr(box_reads, "TEMPORARY", 64 * 8)
    np.testing.assert_array_equal(lazy[2::3, 1::2], lazy.array[2::3, 1::2])
    assert lazy.boxes == [
        ((row, row + 1), side, (0, 16))
        for row in (2, 5, 8, 11)
        for side in ((1, 4), (5, 8), (9, 10))
    ]


def test_a_gap_along_one_axis_only():
    lazy = Counting(numbered((6, 7, 8)), gaps=(0, 3, 0))
    np.testing.assert_array_equal(lazy[:, ::3, ::2], lazy.array[:, ::3, ::2])
    assert lazy.boxes == [((0, 6), (0, 7), (column, column + 1)) for column in (0, 2, 4, 6)]


def test_sources_that_go_forward_never_go_back(monkeypatch):
    indices = (np.s_[::2, ::3], np.s_[:, [5, 1], ::2], np.s_[[4, 1], :, [0, 7]], np.s_[:, 3])
    for order in ((0, 1, 2), (2, 0, 1)):
        lazy = Counting(numbered((6, 7, 8)), order, gaps=(0, 0, 0), forward=True)
        for index in indices:
            lazy.boxes.clear()
            np.testing.assert_array_equal(lazy[index], lazy.array[index])
            places = [storage_places(lazy.array, order, box) for box in lazy.boxes]
            for (_, last), (first, _) in pairwise(places):
                assert last < first
    # Slower axes are read whole where nothing leads back.
    lazy = Counting(numbered((6, 7, 8)), gaps=(0, 0, 0), forward=True)
    assert lazy[::2].shape == (3, 7, 8)
    assert lazy.boxes == [((row, row + 1), (0, 7), (0, 8)) for row in (0, 2, 4)]
    # Others read larger boxes, and go back.
    lazy = Counting(numbered((6, 7, 8)), gaps=(0, 0, 0))
    assert lazy[:, ::3].shape == (6, 3, 8)
    assert len(lazy.boxes) == 3


def test_how_much_is_read_of_points_and_ranges(monkeypatch):
    lazy = Counting(numbered((10, 12, 6)), gaps=(0, 2, 0))
    np.testing.assert_array_equal(lazy[:, [1, 4], 2:4], lazy.array[:, [1, 4], 2:4])
    assert lazy.boxes == [((0, 10), (1, 5), (2, 4))]
    lazy.boxes.clear()
    np.testing.assert_array_equal(lazy[3, [11, 0]], lazy.array[3, [11, 0]])
    assert lazy.boxes == [((3, 4), (0, 1), (0, 6)), ((3, 4), (11, 12), (0, 6))]
    # Boxes of 4 * 6 voxels for each index along axis 0: two at a time.
    lazy.boxes.clear()
    monkeypatch.setattr(box_reads, "TEMPORARY", 48 * 8)
    np.testing.assert_array_equal(lazy[:5, [1, 4]], lazy.array[:5, [1, 4]])
    assert lazy.boxes == [((low, min(low + 2, 5)), (1, 5), (0, 6)) for low in (0, 2, 4)]


@pytest.mark.parametrize("index", [np.s_[True], np.s_[None, :, True], np.s_[np.True_, 1:, ::2]])
def test_a_single_true_reads_what_the_rest_asks_for(index):
    lazy = Counting(numbered((4, 6)))
    np.testing.assert_array_equal(lazy[index], lazy.array[index])
    assert lazy.asked == lazy.array[index].size


def test_reads_are_done_one_after_the_other():
    done = []

    def reads():
        for number in range(3):
            done.append(f"asked {number}")
            out = np.empty((1,), int)
            yield BoxRead(((number, number + 1),), out, lambda n=number: done.append(f"done {n}"))

    fill_boxes(lambda out, box: done.append(f"filled {box[0][0]}"), reads())
    assert done == [f"{step} {n}" for n in range(3) for step in ("asked", "filled", "done")]


def test_a_box_that_is_wanted_whole_is_a_part_of_the_result():
    out = np.zeros((4, 3), order="F")
    layout = StorageLayout((1, 0), (0, 0))
    (read,) = range_reads(layout, out, [Range(5, -1, 4), Range(2, 1, 3)])
    assert read.box == ((2, 6), (2, 5))
    assert np.shares_memory(read.out, out)
    assert read.on_done is None
    read.out[0] = 7
    assert out[3].tolist() == [7, 7, 7]


def test_a_point_that_is_read_alone_is_a_part_of_the_result():
    out = np.zeros((3, 4))
    layout = StorageLayout((1, 0), (0, 0))
    points = {1: np.array([7, 2, 2])}
    twice, alone = point_reads(layout, out, points, [Range(5, -1, 4), Range(0, 1, 1)], [0])
    assert (twice.box, alone.box) == (((2, 6), (2, 3)), ((2, 6), (7, 8)))
    assert not np.shares_memory(twice.out, out)
    assert twice.on_done is not None
    assert np.shares_memory(alone.out, out)
    assert alone.on_done is None
    alone.out[:, 0] = [2, 3, 4, 5]
    assert out.tolist() == [[5, 4, 3, 2], [0, 0, 0, 0], [0, 0, 0, 0]]


def test_a_point_with_indices_between_those_that_are_wanted_is_copied():
    out = np.zeros((1, 2))
    layout = StorageLayout((1, 0), (1, 0))
    points = {1: np.array([3])}
    (read,) = point_reads(layout, out, points, [Range(0, 2, 2), Range(0, 1, 1)], [0])
    assert read.box == ((0, 3), (3, 4))
    assert not np.shares_memory(read.out, out)
    read.out[:, 0] = [4, 5, 6]
    read.on_done()
    assert out.tolist() == [[4, 6]]
