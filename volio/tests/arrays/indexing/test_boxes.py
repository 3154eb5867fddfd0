"""How ranges and points are cut: what is read, and what of it is wanted."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from volio.arrays.indexing.boxes import Part, cut_range, group_points, reads_between
from volio.arrays.indexing.request import Range


@given(
    st.integers(0, 5),
    st.integers(1, 6),
    st.integers(0, 12),
    st.integers(0, 6),
    st.none() | st.integers(1, 20),
)
def test_parts_bring_each_wanted_index_once_and_in_order(start, step, count, gap, max_length):
    wanted = Range(start, step, count)
    parts = cut_range(wanted, gap, max_length)
    found: list[int] = []
    targets: list[int] = []
    for part in parts:
        found += range(part.low, part.high)[part.wanted]
        targets += range(count)[part.target]
    assert found == [start + step * n for n in range(count)]
    assert targets == list(range(count))
    for part in parts:
        single = part.target.stop - part.target.start == 1
        assert part.length == len(range(part.low, part.high))
        assert single or step - 1 <= gap
        assert single or max_length is None or part.length <= max_length


def test_few_unwanted_indices_are_read_along():
    assert cut_range(Range(2, 3, 4), 2) == [Part(2, 12, slice(None, None, 3), slice(0, 4))]
    apart = cut_range(Range(2, 3, 2), 1)
    assert [(part.low, part.high, part.target) for part in apart] == [
        (2, 3, slice(0, 1)),
        (5, 6, slice(1, 2)),
    ]
    assert cut_range(Range(2, 3, 0), 9) == []


def test_bounded_parts_are_as_long_as_they_may_be():
    parts = cut_range(Range(10, 2, 7), 1, 6)  # three wanted indices and what is between: 5
    assert [(part.low, part.high) for part in parts] == [(10, 15), (16, 21), (22, 23)]
    assert [part.target for part in parts] == [slice(0, 3), slice(3, 6), slice(6, 7)]
    assert [part.length for part in cut_range(Range(0, 1, 10), 0, 4)] == [4, 4, 2]
    assert [part.length for part in cut_range(Range(0, 5, 3), 4, 2)] == [1, 1, 1]


@pytest.mark.parametrize(
    ("step", "length", "gap", "expected"),
    [(1, 5, 9, False), (2, 5, 1, True), (2, 5, 0, False), (3, 5, 2, True), (4, 5, 2, False),
     (2, 1, 9, False), (2, 2, 1, True)],
)  # fmt: skip
def test_what_is_between_wanted_indices_is_read_where_it_is_little(step, length, gap, expected):
    assert reads_between(Range(0, step, length), gap) is expected


def boxes_of(indices: dict[int, list[int]], order: list[int], gaps: list[int], max_volume=10**9):
    """The boxes of groups of points, and the points in each."""
    points = {axis: np.array(found) for axis, found in indices.items()}
    groups = group_points(points, order, gaps, max_volume)
    return [(list(group.box.values()), group.points.tolist()) for group in groups]


def test_points_side_by_side_share_a_box():
    assert boxes_of({0: [4, 6, 5, 4]}, [0], [0]) == [([(4, 7)], [0, 1, 2, 3])]
    # Two of three indices are wanted, each index once: with no gap the third one is too many.
    assert boxes_of({0: [4, 6, 4, 6]}, [0], [0]) == [([(4, 5)], [0, 2]), ([(6, 7)], [1, 3])]


def test_four_voxels_are_read_for_each_point_where_reading_on_is_cheap():
    assert boxes_of({0: [0, 7]}, [0], [1]) == [([(0, 8)], [0, 1])]
    assert boxes_of({0: [0, 8]}, [0], [1]) == [([(0, 1)], [0]), ([(8, 9)], [1])]
    # A gap of more than three: as many as it has.
    assert boxes_of({0: [0, 11]}, [0], [5]) == [([(0, 12)], [0, 1])]
    assert boxes_of({0: [0, 12]}, [0], [5]) == [([(0, 1)], [0]), ([(12, 13)], [1])]


@pytest.mark.parametrize("gap", [0, 1, 6])
@pytest.mark.parametrize("max_volume", [10**9, 5])
def test_every_point_of_a_line_is_in_one_box_that_it_pays_for(gap, max_volume):
    indices = np.random.default_rng(gap).integers(0, 400, 120)
    found = boxes_of({0: indices.tolist()}, [0], [gap], max_volume)
    assert sorted(number for _, numbers in found for number in numbers) == list(range(120))
    starts = [start for ((start, _),), _ in found]
    assert starts == sorted(starts)
    worth = max(4, 1 + gap) if gap else 1
    for ((start, stop),), numbers in found:
        wanted = np.unique(indices[numbers])
        assert (wanted[0], wanted[-1]) == (start, stop - 1)
        assert stop - start <= worth * len(wanted)
        assert stop - start <= max(1, max_volume)
    # The next point was left out because with it the box would not pay, or be too long.
    for (box, numbers), (following, _) in pairwise(found):
        length = following[0][0] + 1 - box[0][0]
        count = len(np.unique(indices[numbers])) + 1
        assert length > min(max_volume, worth * count)


def test_boxes_of_thin_points_are_no_wider_than_the_gap_of_slower_axes():
    near = {0: [0, 2], 1: [0, 3]}  # 3 * 4 voxels for two points
    assert boxes_of(near, [0, 1], [2, 5]) == [([(0, 3), (0, 4)], [0, 1])]
    assert len(boxes_of(near, [0, 1], [1, 5])) == 2
    assert len(boxes_of(near, [0, 1], [2, 4])) == 2
    # Along three axes both slower ones count.
    thick = {0: [0, 1], 1: [0, 2], 2: [0, 1]}  # 2 * 3 * 2
    assert len(boxes_of(thick, [0, 1, 2], [1, 2, 5])) == 1
    assert len(boxes_of(thick, [0, 1, 2], [0, 2, 5])) == 2
    assert len(boxes_of(thick, [0, 1, 2], [1, 1, 5])) == 2


def test_points_along_several_axes_count_even_where_they_are_equal():
    same = {0: [0, 0, 3], 1: [0, 0, 0]}  # three points, two voxels: 4 * 1 <= 3 * 4
    assert len(boxes_of(same, [0, 1], [0, 1])) == 1
    assert len(boxes_of({0: [0, 0, 3]}, [0], [0])) == 2


def test_boxes_are_halved_along_the_slowest_axis_until_they_are_small():
    square = {0: [0, 0, 1, 1], 1: [0, 1, 0, 1]}
    assert boxes_of(square, [0, 1], [9, 9], max_volume=2) == [
        ([(0, 1), (0, 2)], [0, 1]),
        ([(1, 2), (0, 2)], [2, 3]),
    ]
    assert boxes_of(square, [1, 0], [9, 9], max_volume=2) == [
        ([(0, 1), (0, 2)], [0, 2]),
        ([(1, 2), (0, 2)], [1, 3]),
    ]
    assert [points for _, points in boxes_of(square, [0, 1], [9, 9], 1)] == [[0], [1], [2], [3]]
