"""Requests: what a numpy index asks of each axis, worked out before anything is read."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from itertools import accumulate
from types import EllipsisType
from typing import Any, NamedTuple, SupportsIndex, TypeAlias

import numpy as np
import numpy.typing as npt

from volio.errors import IndexingError

__all__ = ["Box", "Index", "Indices", "Points", "Range", "Request", "parse_index", "whole"]

Box = tuple[tuple[int, int], ...]  # start and stop along each axis
Indices = npt.NDArray[np.intp]

#: What numpy takes as an index, of one axis or, in a tuple, of several.
AxisIndex: TypeAlias = "SupportsIndex | slice | EllipsisType | npt.ArrayLike | None"
Index: TypeAlias = "AxisIndex | tuple[Any, ...]"


class Range(NamedTuple):
    """Indices ``start, start + step, ...`` along one axis, `length` of them.

    The step may be negative, but not 0.
    """

    start: int
    step: int
    length: int

    def ascending(self) -> Range:
        """Return the range of the same indices with a positive step."""
        if self.step > 0:
            return self
        last = self.start + self.step * (self.length - 1)
        return Range(last, -self.step, self.length)

    def part(self, inner: Range) -> Range:
        """Return the range of those of its indices that another range, counted in it, takes."""
        start = self.start + inner.start * self.step
        return Range(start, self.step * inner.step, inner.length)


class Points(NamedTuple):
    """What index arrays and masks select.

    Attributes
    ----------
    indices : dict of int to ndarray of intp, shape (n,)
        Index of each of n points along each axis that arrays and masks select from. Empty for a
        single True or False, which selects from no axis.
    shape : tuple of int
        Of the result's dimensions that stand for the points; n is its product.
    position : int
        How many of the other result dimensions stand before these.
    """

    indices: dict[int, Indices]
    shape: tuple[int, ...]
    position: int


class Request(NamedTuple):
    """What an index asks for.

    Attributes
    ----------
    ranges : tuple of Range
        One per axis of the array; of one index for integers, and where `points` select.
    result_axes : tuple of int or None
        The dimensions of the result that slices give (as the axis of the array) and newaxis
        gives (as None), in their order.
    points : Points or None
        None when the index has only integers, slices, Ellipsis and newaxis.
    scalar : bool
        True when numpy would give a scalar, not an array.
    """

    ranges: tuple[Range, ...]
    result_axes: tuple[int | None, ...]
    points: Points | None
    scalar: bool

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the result."""
        lengths = [1 if axis is None else self.ranges[axis].length for axis in self.result_axes]
        if self.points is not None:
            lengths[self.points.position : self.points.position] = self.points.shape
        return tuple(lengths)

    @property
    def box(self) -> Box | None:
        """The box of what `ranges` ask for; None where steps leave indices out."""
        sides = []
        for start, step, length in self.ranges:
            if step != 1 and length > 1:
                return None
            sides.append((start, start + length))
        return tuple(sides)


class _Mask(NamedTuple):
    """A boolean array, as the indices where it is True; it takes as many axes as it has itself."""

    shape: tuple[int, ...]
    indices: tuple[Indices, ...]


def whole(shape: Sequence[int]) -> tuple[Range, ...]:
    """Return the ranges of a whole array of this shape."""
    return tuple(Range(0, 1, length) for length in shape)


def parse_index(index: Index, shape: Sequence[int]) -> Request:
    """Work out what a numpy index asks of an array.

    Parameters
    ----------
    index : anything numpy takes as an index
        Integers, slices, Ellipsis, newaxis, boolean masks, integer arrays, or a tuple of them.
    shape : sequence of int
        Shape of the array.

    Returns
    -------
    Request

    Raises
    ------
    IndexingError
        Where numpy raises IndexError.
    """
    given = index if isinstance(index, tuple) else (index,)
    items = _expanded([_classified(item) for item in given], len(shape))
    if any(map(_is_array, items)):
        return _with_points(items, shape)
    return _without_points(items, shape)


# Items of an index. Each is brought to one of six kinds first: None, Ellipsis, slice, int, _Mask,
# or an array of at least one axis (np.intp).


def _classified(item: Any) -> Any:
    """Return one item of an index as None, Ellipsis, slice, int, index array or mask."""
    if item is None or item is Ellipsis or isinstance(item, slice):
        return item
    if not isinstance(item, bool | np.bool_ | np.ndarray):
        try:
            return operator.index(item)
        except TypeError:
            pass
    try:
        array = np.asarray(item)
    except ValueError as error:
        raise IndexingError(f"index: {item!r:.80} has rows of unequal lengths") from error
    if array.size == 0 and not isinstance(item, np.ndarray):
        array = array.astype(np.intp)  # an empty list has dtype float64
    if array.dtype == np.bool_:
        return _mask(array)
    if array.dtype.kind not in "iu":
        raise IndexingError(
            f"index: {item!r} is not an index; use integers, slices, Ellipsis, newaxis, or arrays "
            "of integers or booleans"
        )
    return array.astype(np.intp) if array.ndim else int(array)


def _mask(array: npt.NDArray[np.bool_]) -> _Mask:
    if array.ndim:
        return _Mask(array.shape, np.nonzero(array))
    # A single True or False selects from no axis, but makes a dimension of length 1 or 0.
    return _Mask((), (np.zeros(int(array), np.intp),))


def _is_array(item: Any) -> bool:
    return isinstance(item, np.ndarray | _Mask)


def _axis_count(item: Any) -> int:
    """Return how many axes of the array an item takes."""
    if isinstance(item, _Mask):
        return len(item.shape)
    return 0 if item is None or item is Ellipsis else 1


def _expanded(items: list[Any], ndim: int) -> list[Any]:
    """Put in full slices for the Ellipsis and for the axes that are not named."""
    missing = ndim - sum([_axis_count(item) for item in items])
    if missing < 0:
        raise IndexingError(f"index: names {ndim - missing} axes, the array has {ndim}")
    places = [place for place, item in enumerate(items) if item is Ellipsis]
    if len(places) > 1:
        raise IndexingError("index: holds more than one Ellipsis (...)")
    # The Ellipsis itself stays before its slices: even where it stands for no axis at all, numpy
    # takes index arrays to its left and right as separate.
    place = places[0] + 1 if places else len(items)
    return [*items[:place], *[slice(None)] * missing, *items[place:]]


def _without_points(items: list[Any], shape: Sequence[int]) -> Request:
    """Return the request of integers, slices, Ellipsis and newaxis."""
    ranges: list[Range] = []
    result_axes: list[int | None] = []
    for item in items:
        axis = len(ranges)  # every range before this one took one axis
        if item is None:
            result_axes.append(None)
        elif isinstance(item, slice):
            ranges.append(_range_of_slice(item, shape[axis]))
            result_axes.append(axis)
        elif item is not Ellipsis:
            ranges.append(_range_of_integer(item, axis, shape[axis]))
    scalar = not result_axes and Ellipsis not in items
    return Request(tuple(ranges), tuple(result_axes), None, scalar)


def _range_of_slice(item: slice, length: int) -> Range:
    indices = range(*item.indices(length))
    return Range(indices.start, indices.step, len(indices))


def _range_of_integer(item: int, axis: int, length: int) -> Range:
    if not -length <= item < length:
        raise _outside(item, axis, length)
    return Range(item % length, 1, 1)


def _outside(index: int, axis: int, length: int) -> IndexingError:
    return IndexingError(f"index {index} is outside axis {axis}, which has length {length}")


# Index arrays and masks.


def _with_points(items: list[Any], shape: Sequence[int]) -> Request:
    """Return the request of an index with arrays, which numpy broadcasts with the integers."""
    placed = list(zip(_first_axes(items), items, strict=True))
    ranges = list(whole(shape))
    for axis, item in placed:
        if isinstance(item, slice):
            ranges[axis] = _range_of_slice(item, shape[axis])
    arrays, point_shape = _arrays_per_axis(placed, shape)
    indices: dict[int, Indices] = {}
    for axis, array in arrays.items():
        length = shape[axis]
        if array.ndim:
            indices[axis] = _point_indices(array, point_shape, axis, length)
            ranges[axis] = Range(0, 1, 1)
        else:
            ranges[axis] = _range_of_integer(int(array), axis, length)
    points = Points(indices, point_shape, _position(items))
    return Request(tuple(ranges), _result_axes(placed), points, scalar=False)


def _point_indices(array: Indices, shape: Sequence[int], axis: int, length: int) -> Indices:
    """Return the index of each point along an axis, counted from its start, shape (points,)."""
    found = _from_start(array, axis, length, unchecked=0 in shape)
    return np.broadcast_to(found, shape).reshape(-1)


def _result_axes(placed: list[tuple[int, Any]]) -> tuple[int | None, ...]:
    given = [(axis, item) for axis, item in placed if item is None or isinstance(item, slice)]
    return tuple([None if item is None else axis for axis, item in given])


def _first_axes(items: list[Any]) -> list[int]:
    """Return the first axis of the array that each item takes."""
    counts = [_axis_count(item) for item in items]
    return list(accumulate(counts[:-1], initial=0))


def _arrays_per_axis(
    placed: list[tuple[int, Any]], shape: Sequence[int]
) -> tuple[dict[int, Indices], tuple[int, ...]]:
    """Return the index array of each axis that has one, and the shape they broadcast to.

    Integers are arrays of no axes here, masks one array for each of their axes.
    """
    arrays: dict[int, Indices] = {}
    without_axis: list[Indices] = []  # of a single True or False
    for axis, item in placed:
        if isinstance(item, int | np.ndarray):
            arrays[axis] = np.asarray(item)
        elif isinstance(item, _Mask) and item.shape:
            _check_mask(item, axis, shape)
            arrays.update(enumerate(item.indices, axis))
        elif isinstance(item, _Mask):
            without_axis.extend(item.indices)
    return arrays, _broadcast_shape([*arrays.values(), *without_axis])


def _check_mask(mask: _Mask, axis: int, shape: Sequence[int]) -> None:
    found = tuple(shape[axis : axis + len(mask.shape)])
    # Numpy takes a mask of length 0 along any axis: it selects nothing.
    if any(length not in (0, other) for length, other in zip(mask.shape, found, strict=True)):
        raise IndexingError(
            f"index: a mask of shape {mask.shape} does not fit axes of shape {found} (from axis "
            f"{axis} on)"
        )


def _broadcast_shape(arrays: list[Indices]) -> tuple[int, ...]:
    try:
        return np.broadcast_shapes(*[array.shape for array in arrays])
    except ValueError:
        shapes = ", ".join(str(array.shape) for array in arrays)
        raise IndexingError(f"index: arrays of shapes {shapes} do not broadcast together") from None


def _from_start(array: Indices, axis: int, length: int, *, unchecked: bool) -> Indices:
    """Return indices counted from the start of the axis, negative ones too.

    Numpy does not look at them (`unchecked`) where no point is selected.
    """
    if unchecked:
        return np.zeros_like(array)
    low = int(array.min())
    high = int(array.max())
    if low < -length:
        raise _outside(low, axis, length)
    if high >= length:
        raise _outside(high, axis, length)
    return np.where(array < 0, array + length, array) if low < 0 else array


def _position(items: list[Any]) -> int:
    """Return how many result dimensions stand before those of the points.

    Where arrays and integers follow each other the points take their place; where a slice, an
    Ellipsis or a newaxis separates them, the points come first.
    """
    selects = [isinstance(item, int) or _is_array(item) for item in items]
    first = selects.index(True)
    count = sum(selects)
    if not all(selects[first : first + count]):
        return 0
    return sum(item is not Ellipsis for item in items[:first])
