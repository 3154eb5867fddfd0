import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from volio.arrays.indexing import box_reads
from volio.arrays.indexing.request import Range
from volio.arrays.lazy import is_proxy
from volio.errors import IndexingError, UsageError
from volio.tests.arrays.arrays import Counting, numbered, shapes, shapes_and_indices


def found_or_error(array, index):
    try:
        return array[index]
    except IndexError:
        return IndexError


@given(shapes_and_indices(), st.randoms(), st.integers(0, 3))
def test_any_index_gives_what_numpy_gives(case, random, gap):
    shape, index = case
    array = numbered(shape)
    order = random.sample(range(array.ndim), array.ndim)
    lazy = Counting(array, tuple(order), (gap,) * array.ndim)
    expected, found = found_or_error(array, index), found_or_error(lazy, index)
    assert type(found) is type(expected)
    if expected is not IndexError:
        assert found.dtype == expected.dtype
        assert found.shape == expected.shape
        np.testing.assert_array_equal(found, expected)


@given(shapes_and_indices())
def test_without_gaps_only_what_is_wanted_is_read(case):
    shape, index = case
    array = numbered(shape)
    lazy = Counting(array)
    expected = found_or_error(array, index)
    if found_or_error(lazy, index) is not IndexError:
        points = sum(isinstance(item, list | np.ndarray) for item in index)
        # Of points along several axes boxes are read, which may hold others.
        assert points > 1 or lazy.asked == len(set(np.ravel(expected).tolist()))


def test_plain_slices_fill_the_result_itself(monkeypatch):
    lazy = Counting(numbered((4, 5, 6)))
    made = []
    monkeypatch.setattr(box_reads, "empty", lambda *args: made.append(args))
    out = np.empty((2, 5, 6), int)
    lazy.read_ranges(out, [Range(3, -1, 2), Range(0, 1, 5), Range(0, 1, 6)])
    np.testing.assert_array_equal(out, lazy.array[3:1:-1])
    assert lazy.boxes == [((2, 4), (0, 5), (0, 6))]
    assert made == []


def test_small_gaps_are_read_through_and_large_ones_are_not():
    lazy = Counting(numbered((40, 3)), gaps=(4, 0))
    np.testing.assert_array_equal(lazy[::5], lazy.array[::5])
    assert lazy.boxes == [((0, 36), (0, 3))]
    lazy.boxes.clear()
    np.testing.assert_array_equal(lazy[::10], lazy.array[::10])
    assert lazy.boxes == [((low, low + 1), (0, 3)) for low in (0, 10, 20, 30)]


def test_far_points_are_read_apart_and_in_the_order_of_storage():
    lazy = Counting(numbered((100, 100)), order=(1, 0), gaps=(1, 0))
    index = ([1, 2, 90, 91], [50, 50, 7, 7])
    np.testing.assert_array_equal(lazy[index], lazy.array[index])
    assert lazy.boxes == [((90, 92), (7, 8)), ((1, 3), (50, 51))]


def test_boxes_that_hold_more_than_is_wanted_are_bounded(monkeypatch):
    monkeypatch.setattr(box_reads, "TEMPORARY", 64 * 8)
    lazy = Counting(numbered((16, 16, 16)), order=(2, 1, 0), gaps=(20, 20, 20))
    for index in (np.s_[::2, ::3, ::-5], lazy.array % 3 == 0, np.s_[:, [0, 5, 9], ::2]):
        lazy.boxes.clear()
        np.testing.assert_array_equal(lazy[index], lazy.array[index])
        assert max(np.prod([b - a for a, b in box]) for box in lazy.boxes) <= 64


@given(shapes, st.sampled_from(["f4", ">f8", "c16", "O"]))
def test_values_are_cast_while_they_are_read(shape, dtype):
    lazy = Counting(numbered(shape))
    found = lazy.read((), dtype)
    assert found.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(found, lazy.array)


def test_array_protocol():
    lazy = Counting(numbered((2, 3)))
    assert np.asarray(lazy).dtype == np.int64
    assert np.asarray(lazy, dtype="f4").dtype == np.float32
    assert np.array(lazy, copy=True).tolist() == lazy.array.tolist()
    with pytest.raises(ValueError, match="copy=False"):
        lazy.__array__(copy=False)
    assert np.sum(lazy) == 15


def test_facts_and_iteration():
    lazy = Counting(numbered((3, 2), "i2"))
    assert (lazy.ndim, lazy.size, lazy.nbytes, lazy.chunks, len(lazy)) == (2, 6, 12, (3, 2), 3)
    assert [row.tolist() for row in lazy] == lazy.array.tolist()
    assert is_proxy(lazy)
    assert not is_proxy(lazy.array)
    with pytest.raises(TypeError, match="no length"):
        len(Counting(numbered(())))


@pytest.mark.parametrize(
    ("index", "message"),
    [
        (5, "index 5 is outside axis 0, which has length 3"),
        ((0, [0, -9]), "index -9 is outside axis 1"),
        ((0, 0, 0), "names 3 axes, the array has 2"),
        ((..., 0, ...), "more than one Ellipsis"),
        (1.0, "1.0 is not an index"),
        ("R", "'R' is not an index"),
        (np.ones((2, 2), bool), r"a mask of shape \(2, 2\) does not fit"),
        (([0, 1], [0, 1, 2]), "do not broadcast"),
    ],
)
def test_wrong_indices_say_what_is_wrong(index, message):
    lazy = Counting(numbered((3, 4)))
    with pytest.raises(IndexingError, match=message) as caught:
        lazy[index]
    assert isinstance(caught.value, IndexError)
    assert lazy.boxes == []


@given(shapes, st.randoms(), st.sampled_from("CF"))
def test_reshape_keeps_the_order_of_the_file(shape, random, order):
    lazy = Counting(numbered(shape))
    lazy.order = order
    parts = [n for length in shape for n in ((2, length // 2) if length == 4 else (length,))]
    random.shuffle(parts)
    found = lazy.reshape(parts)
    expected = lazy.array.reshape(parts, order=order)
    np.testing.assert_array_equal(np.asarray(found), expected)
    if expected.size:
        np.testing.assert_array_equal(found[::-1, ...] if parts else found[()], expected[::-1, ...]
                                      if parts else expected)  # fmt: skip
        np.testing.assert_array_equal(found[expected % 2 == 0], expected[expected % 2 == 0])


@pytest.mark.parametrize(("order", "expected"), [("F", (2, 1, 0)), ("C", (0, 1, 2))])
def test_what_is_reshaped_is_read_in_the_order_of_the_file(order, expected):
    lazy = Counting(numbered((4, 6)))
    lazy.order = order
    assert lazy.reshape(2, 3, 4).layout == (expected, (0, 0, 0), False)


def test_reshape_works_out_one_length():
    lazy = Counting(numbered((4, 6)))
    assert lazy.reshape(-1).shape == (24,)
    assert lazy.reshape(2, -1, 3).shape == (2, 4, 3)
    for shape in ((5, -1), (-1, -1), (4, 5), (-4, -6)):
        with pytest.raises(UsageError, match="does not hold the 24 values"):
            lazy.reshape(shape)


def test_many_threads_read_at_once():
    lazy = Counting(numbered((50, 40)))
    with ThreadPoolExecutor(8) as pool:
        rows = list(pool.map(lambda row: lazy[row, ::-1], range(50)))
    np.testing.assert_array_equal(rows, lazy.array[:, ::-1])


def test_pickles():
    lazy = pickle.loads(pickle.dumps(Counting(numbered((2, 3))).reshape(6)))
    assert lazy[:].tolist() == [0, 3, 1, 4, 2, 5]


def test_dask_reads_blocks():
    lazy = Counting(numbered((6, 7, 8)))
    found = lazy.to_dask(chunks=(3, 7, 4))
    lazy.boxes.clear()
    np.testing.assert_array_equal(found[4].compute(scheduler="sync"), lazy.array[4])
    assert lazy.asked == 2 * 7 * 4
