from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from volio.arrays.lazy import LazyArray
from volio.arrays.proxy import ArrayProxy
from volio.arrays.select import Selection
from volio.arrays.slabs import iterate_slabs
from volio.arrays.views import (
    lazy_concatenate,
    lazy_flip,
    lazy_slice,
    lazy_squeeze,
    lazy_stack,
    lazy_transpose,
)
from volio.errors import UsageError
from volio.tests.arrays.arrays import Counting, numbered, shapes, slices


def changed(data, lazy, array):
    """Apply one random step to a lazy array and to the same array in memory."""
    step = data.draw(st.sampled_from(["slice", "transpose", "flip", "squeeze", "join", "new"]))
    if step == "slice":
        index = tuple(data.draw(slices(n) | st.integers(-n, n - 1) if n else slices(n))
                      for n in array.shape)  # fmt: skip
        return lazy_slice(lazy, index), np.asarray(array[index])
    if step == "transpose":
        order = data.draw(st.permutations(range(array.ndim)))
        return lazy_transpose(lazy, order), array.transpose(order)
    if step == "new" and array.ndim < 5:
        return lazy_slice(lazy, (..., None)), array[..., None]
    if step == "squeeze" or not array.ndim:
        return lazy_squeeze(lazy), array.squeeze()
    axis = data.draw(st.integers(-array.ndim, array.ndim - 1))
    if step == "flip":
        return lazy_flip(lazy, axis), np.flip(array, axis)
    parts = [lazy, array, lazy_flip(lazy, 0)]
    return lazy_concatenate(parts, axis), np.concatenate([array, array, array[::-1]], axis)


@given(shapes, st.data())
def test_steps_one_after_the_other_give_what_numpy_gives(shape, data):
    array = numbered(shape, "i2")
    lazy = ArrayProxy(array.tobytes("F"), (shape, "i2"))
    for _ in range(data.draw(st.integers(0, 4))):
        lazy, array = changed(data, lazy, array)
    assert isinstance(lazy, LazyArray)
    assert (lazy.shape, lazy.dtype) == (array.shape, array.dtype)
    np.testing.assert_array_equal(np.asarray(lazy), array)
    np.testing.assert_array_equal(lazy.read((), "f4"), array)
    np.testing.assert_array_equal(lazy[array % 3 == 0], array[array % 3 == 0])
    if array.ndim:
        np.testing.assert_array_equal(lazy[::-2], array[::-2])
        order = "F" if isinstance(lazy, ArrayProxy) else "C"
        np.testing.assert_array_equal(lazy.reshape(-1)[:], array.reshape(-1, order=order))
        np.testing.assert_array_equal(lazy.reshape(-1, order="F"), array.reshape(-1, order="F"))
        np.testing.assert_array_equal(lazy.reshape(-1, order="C"), array.reshape(-1))


def test_views_read_nothing_but_what_is_asked_of_them():
    base = Counting(numbered((10, 10, 10)))
    view = lazy_transpose(lazy_flip(lazy_slice(base, np.s_[2:8, :, ::3]), 0))
    assert view.shape == (4, 10, 6)
    assert base.boxes == []
    expected = base.array[2:8, :, ::3][::-1].T
    np.testing.assert_array_equal(view[1, 2:4], expected[1, 2:4])
    assert base.boxes == [((2, 8), (2, 4), (3, 4))]


def test_views_of_views_keep_gaps_and_blocks_in_their_axes():
    base = Counting(numbered((10, 20, 30)), order=(2, 1, 0), gaps=(9, 4, 0))
    view = lazy_slice(base, np.s_[:, 3, ::-1, None])
    assert view.layout == ((2, 1, 0), (9, 0, 1), False)
    assert view.chunks == (10, 30, 1)


def opened_counts(lazy):
    """How often each array that a lazy one reads from is opened in going through its slabs."""
    opened = [0]

    class Opened(Counting):
        @contextmanager
        def open(self):
            opened[0] += 1
            yield self.fill

    return opened, lazy(Opened(numbered((6, 5, 4))))


@pytest.mark.parametrize(
    ("lazy", "expected"),
    [
        (lambda a: a, 1),
        (lambda a: lazy_transpose(a, (1, 2, 0)), 1),
        (lambda a: lazy_flip(a, 0), 1),
        (lambda a: lazy_slice(a, np.s_[::2, 1:, None]), 1),
        (lambda a: lazy_slice(a, np.s_[::-3, ::2]), 1),
        (lambda a: a.reshape(20, 6), 1),
        (lambda a: Selection(a, [3, 1, 0], (3,)), 1),
        (lambda a: lazy_concatenate([a, a, a], 2), 3),
        (lambda a: lazy_stack([a, lazy_flip(a, 1)]), 2),
    ],
)
def test_slabs_open_what_they_are_read_from_once(lazy, expected):
    opened, array = opened_counts(lazy)
    whole = np.asarray(array)
    opened[0] = 0
    for where, values in iterate_slabs(array, nbytes=1):
        np.testing.assert_array_equal(values, whole[where])
    assert opened[0] == expected


def test_parts_are_read_for_what_of_them_is_wanted():
    parts = [Counting(numbered((3, n)) + 100 * n) for n in (2, 0, 3, 1)]
    joined = lazy_concatenate(parts, 1)
    expected = np.concatenate([part.array for part in parts], 1)
    assert joined.chunks == (3, 2)
    for part in parts:
        part.boxes.clear()
    np.testing.assert_array_equal(joined[1:, 1:5], expected[1:, 1:5])
    assert [part.boxes for part in parts] == [[((1, 3), (1, 2))], [], [((1, 3), (0, 3))], []]
    assert joined[2, 5] == expected[2, 5]
    assert joined[0, 1] == expected[0, 1]
    assert parts[3].boxes == [((2, 3), (0, 1))]
    assert parts[0].boxes[1:] == [((0, 1), (1, 2))]


def test_a_selection_reads_slices_in_the_order_of_the_base():
    base = Counting(numbered((3, 4, 6)))
    chosen = Selection(base, [5, 0, 3, 1, 0, 2], (3, 2))
    expected = base.array[..., [5, 0, 3, 1, 0, 2]].reshape(3, 4, 3, 2, order="F")
    np.testing.assert_array_equal(np.asarray(chosen), expected)
    assert [box[2][0] for box in base.boxes] == [0, 0, 1, 2, 3, 5]
    base.boxes.clear()
    np.testing.assert_array_equal(chosen[1:, 2, :2, 1], expected[1:, 2, :2, 1])
    assert base.boxes == [((1, 3), (2, 3), (0, 1)), ((1, 3), (2, 3), (1, 2))]
    np.testing.assert_array_equal(chosen[..., ::-2, 0], expected[..., ::-2, 0])
    assert chosen.layout == ((3, 2, 0, 1), (0, 0, 0, 0), False)
    assert chosen.chunks == (3, 4, 1, 1)
    assert Selection(base, [], (0, 2)).shape == (3, 4, 0, 2)


@pytest.mark.parametrize(
    ("places", "shape", "message"),
    [
        ([0, 1, 2], (2,), "3 of them do not fill shape"),
        ([0, 6], (2,), "must be within 0 to 5"),
        ([-1, 0], (2,), "must be within 0 to 5"),
    ],
)
def test_selections_that_the_base_does_not_have_are_refused(places, shape, message):
    base = Counting(numbered((3, 4, 6)))
    with pytest.raises(UsageError, match=message):
        Selection(base, places, shape)
    assert Selection(base, [5], (1,)).shape == (3, 4, 1)


def test_numpy_arrays_stay_numpy_views():
    array = numbered((3, 4, 1))
    for found in (lazy_slice(array, np.s_[1:]), lazy_transpose(array), lazy_flip(array, (0, 1))):
        assert np.shares_memory(found, array)
    assert lazy_squeeze(array, -1).shape == (3, 4)
    assert isinstance(lazy_concatenate([array, array], 2), np.ndarray)
    assert lazy_slice(array, [0, 2]).shape == (2, 4, 1)


def test_index_arrays_read_at_once():
    base = Counting(numbered((5, 2)))
    found = lazy_slice(base, [3, 1])
    assert isinstance(found, np.ndarray)
    np.testing.assert_array_equal(found, base.array[[3, 1]])


def test_stack_makes_a_new_axis():
    parts = [Counting(numbered((2, 3)) + k) for k in range(4)]
    for axis in (-1, 0, 1, -3):
        found = lazy_stack(parts, axis)
        np.testing.assert_array_equal(found[:], np.stack([p.array for p in parts], axis))
    for part in parts:
        part.boxes.clear()
    assert lazy_stack(parts)[1, 2, 3] == parts[3].array[1, 2]
    assert [len(part.boxes) for part in parts] == [0, 0, 0, 1]


def test_joined_dtype_holds_all_parts():
    parts = [numbered((2,), "u1"), Counting(numbered((2,), "i2")), Counting(numbered((3,), "f4"))]
    joined = lazy_concatenate(parts)
    assert joined.dtype == np.float32
    assert joined[:].tolist() == [0, 1, 0, 1, 0, 1, 2]


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda a: lazy_transpose(a, (0, 0)), "axes: must name each of 2 axes once"),
        (lambda a: lazy_flip(a, 2), "axis: 2 is outside 2 axes"),
        (lambda a: lazy_squeeze(a, 1), "axis: 1 is longer than 1"),
        (lambda a: lazy_concatenate([]), "at least one"),
        (lambda a: lazy_concatenate([a, lazy_transpose(a)]), "array 1 does not fit"),
        (lambda a: lazy_stack([a, lazy_transpose(a)]), "shapes must be equal"),
        (lambda a: lazy_stack([a], 3), "axis: 3 is outside 3 axes"),
        (lambda a: lazy_slice(a, 9), "index 9 is outside axis 0"),
    ],
)
def test_what_does_not_fit_is_refused(act, message):
    with pytest.raises(UsageError, match=message):
        act(Counting(numbered((2, 3))))
