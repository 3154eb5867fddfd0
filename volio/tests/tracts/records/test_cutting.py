"""Cutting records and rows: what a plain loop over the bytes finds, whatever is in them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from volio.tracts.records import cutting
from volio.tracts.records.cutting import cut_rows, find_records, join_records, take_records

#: Words that are hard to tell from counts: zero, small integers, denormals, floats, NaN, negatives.
WORDS = st.one_of(
    st.sampled_from([0, 1, 2, 3, 4, (1 << 22) - 1, 1 << 22, 0x3F800000, 0x7FC00000, 0x80000001]),
    st.integers(0, 2**32 - 1),
)


@st.composite
def blocks(draw) -> tuple[list[tuple[np.ndarray, np.ndarray]], int, int]:
    """Lines as rows and further words, the columns of a row, and the number of further words."""
    columns = draw(st.integers(3, 6))
    extra = draw(st.integers(0, 3))
    lines = []
    for _ in range(draw(st.integers(0, 6))):
        count = draw(st.integers(0, 4))
        size = count * columns + extra
        words = np.array(draw(st.lists(WORDS, min_size=size, max_size=size)), np.uint32)
        rows = words[: count * columns].reshape(count, columns)
        lines.append((rows, words[count * columns :]))
    return lines, columns, extra


def packed(lines) -> np.ndarray:
    """Words of lines, one after the other."""
    parts = [np.zeros(0, np.uint32)]
    for rows, values in lines:
        parts += [np.array([len(rows)], np.uint32), rows.ravel(), values]
    return np.concatenate(parts)


@settings(max_examples=100, deadline=None)
@given(blocks(), st.integers(0, 12))
def test_records_are_those_of_a_loop(block, missing):
    lines, columns, extra = block
    whole = packed(lines)
    words = whole[: max(0, len(whole) - missing)]
    ends = np.cumsum([1 + rows.size + extra for rows, _ in lines])
    complete = int((ends <= len(words)).sum())
    found = find_records(words, columns, extra)
    assert found.counts.tolist() == [len(rows) for rows, _ in lines[:complete]]
    assert found.end == (ends[complete - 1] if complete else 0)
    rows, values = take_records(words, found, columns, extra)
    np.testing.assert_array_equal(
        rows, np.concatenate([np.zeros((0, columns)), *[rows for rows, _ in lines[:complete]]])
    )
    assert values.tolist() == [each.tolist() for _, each in lines[:complete]]
    again = join_records(rows, found.counts, values)
    np.testing.assert_array_equal(again, words[: found.end])


def plain(counts: list[int], columns: int = 3, extra: int = 0) -> np.ndarray:
    """Words of lines with coordinates as programs write them."""
    random = np.random.default_rng(len(counts))
    lines = []
    for count in counts:
        values = random.normal(size=count * columns + extra).astype("f4").view(np.uint32)
        lines.append((values[: count * columns].reshape(-1, columns), values[count * columns :]))
    return packed(lines)


def test_usual_lines_need_no_loop():
    for columns, extra in ((3, 0), (5, 2)):
        counts = np.random.default_rng(0).integers(1, 30, 500).tolist()
        words = plain(counts, columns, extra)
        for cut, expected in ((words, counts), (words[:-1], counts[:-1])):
            chained = cutting._chained(cut, columns, extra)
            assert chained is not None
            assert chained.counts.tolist() == expected
            assert find_records(cut, columns, extra).counts.tolist() == expected


@pytest.mark.parametrize(
    ("place", "word"),
    [(1, 3), (5, 1), (2, 0x000FFFFF), (30, 1)],
    ids=["first coordinate", "chain of its own", "denormal", "last line"],
)
def test_words_like_counts_are_left_to_the_loop(place, word):
    words = plain([4, 2, 5])
    words[place] = word
    assert cutting._chained(words, 3, 0) is None
    assert find_records(words, 3, 0).counts.tolist() == [4, 2, 5]


def test_words_like_counts_in_a_line_that_is_not_complete_do_not_matter():
    words = plain([4, 2, 5])
    words[30] = 7
    assert find_records(words, 3, 0).counts.tolist() == [4, 2, 5]
    assert find_records(words[:-1], 3, 0).counts.tolist() == [4, 2]


@pytest.mark.parametrize("counts", [[2, 0], [2, 0, 0, 1], [3, 1, 0, 4, 0]])
def test_lines_without_points_after_others(counts):
    for extra in (0, 1):
        words = plain(counts, extra=extra)
        assert find_records(words, 3, extra).counts.tolist() == counts


def test_lines_without_points_are_left_to_the_loop():
    words = plain([2, 0, 0, 3], extra=1)
    assert cutting._chained(words, 3, 1) is None
    assert find_records(words, 3, 1).counts.tolist() == [2, 0, 0, 3]


def test_a_negative_count_ends_the_records():
    words = plain([2, 3, 1])
    words[7] = 2**32 - 5
    found = find_records(words, 3, 0)
    assert (found.counts.tolist(), found.end) == ([2], 7)


def test_counts_above_those_that_are_marked():
    count = cutting.MARKED
    words = np.full(1 + 3 * count, 0x3F800000, np.uint32)
    words[0] = count
    assert find_records(words, 3, 0).counts.tolist() == [count]


def test_first_records():
    words = plain([2, 3, 1], columns=4, extra=2)
    found = find_records(words, 4, 2)
    assert found.first(3, 4, 2) is found
    assert found.first(2, 4, 2) == (pytest.approx([0, 11]), pytest.approx([2, 3]), 26)
    assert found.first(0, 4, 2).end == 0


ROWS = st.sampled_from(
    [
        (1.0, 2.0, 3.0),
        (np.nan,) * 3,
        (np.nan, 1.0, np.nan),
        (1.0, np.nan, np.nan),
        (np.inf, np.nan, 2.0),
        (np.inf, 1.0, np.inf),
        (-0.0, 5e-324, 7.5),
    ]
)


@settings(max_examples=100, deadline=None)
@given(st.lists(ROWS, max_size=12), st.sampled_from(["f4", "f8"]), st.sampled_from([None, 1, -1]))
def test_rows_are_those_of_a_loop(rows, dtype, end):
    array = np.array(rows, dtype).reshape(-1, 3)
    if end is not None:
        array = np.concatenate([array, np.full((1, 3), end * np.inf, dtype), array])
    points: list[bytes] = []
    ends = []
    is_last = False
    for row in array:
        if np.isnan(row).all():
            ends.append(len(points))
        elif np.isinf(row).all():
            is_last = True
            break
        else:
            points.append(row.tobytes())
    found = cut_rows(array.copy())
    assert [row.tobytes() for row in found.rows] == points
    assert found.ends.tolist() == ends
    assert found.is_last == is_last
