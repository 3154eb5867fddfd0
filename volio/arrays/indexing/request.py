"""What a numpy index asks of each axis, worked out before anything is read."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from volio.errors import IndexingError

__all__ = ["Range", "Request", "parse_index", "whole"]

Indices = npt.NDArray[np.intp]


class Range(NamedTuple):
    """Indices ``start, start + step, ...`` along one axis, `length` of them."""

    start: int
    step: int
    length: int


class Request(NamedTuple):
    """What an index asks for.

    Attributes
    ----------
    ranges : tuple of Range
        One per axis of the array; a range of one index where the axis is picked by `points`.
    kept : tuple of int or None
        The dimensions of the result that come from slices (the axis) and from newaxis (None).
    points : dict of int to ndarray of intp, or None
        For index arrays and masks: the index of each picked point along each axis they pick
        from, flattened. None when the index has only integers, slices, Ellipsis and newaxis.
    picked : tuple of int
        Shape of the dimensions that index arrays and masks give.
    at : int
        How many of the `kept` dimensions stand before the picked ones.
    scalar : bool
        True when numpy would give a scalar, not an array.
    """

    ranges: tuple[Range, ...]
    kept: tuple[int | None, ...]
    points: dict[int, Indices] | None
    picked: tuple[int, ...]
    at: int
    scalar: bool

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the result."""
        kept = tuple(1 if axis is None else self.ranges[axis].length for axis in self.kept)
        return (*kept[: self.at], *self.picked, *kept[self.at :])


class _Mask(NamedTuple):
    """A boolean array, as the indices where it holds; it takes `shape` of the array's axes."""

    shape: tuple[int, ...]
    indices: tuple[Indices, ...]


def whole(shape: Sequence[int]) -> tuple[Range, ...]:
    """Return the ranges of a whole array of this shape."""
    return tuple(Range(0, 1, length) for length in shape)


def parse_index(index: Any, shape: Sequence[int]) -> Request:
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
    items = [_classify(item) for item in (index if isinstance(index, tuple) else (index,))]
    scalar = bool(items or not shape) and all(isinstance(item, int) for item in items)
    items = _expand(items, len(shape))
    axes = _axes(items)
    if any(_is_array(item) for item in items):
        return _with_points(items, axes, shape)
    ranges = tuple(
        _range(item, axis, shape)
        for item, axis in zip(items, axes, strict=True)
        if isinstance(item, int | slice)
    )
    return Request(ranges, _kept(items, axes), None, (), 0, scalar)


def _classify(item: Any) -> Any:
    """Turn one item of an index into None, Ellipsis, slice, int, index array or mask."""
    if item is None or item is Ellipsis or isinstance(item, slice):
        return item
    if not isinstance(item, bool | np.bool_ | np.ndarray):
        try:
            return operator.index(item)
        except TypeError:
            pass
    array = np.asarray(item)
    if array.size == 0 and not isinstance(item, np.ndarray):
        array = array.astype(np.intp)
    if array.dtype == np.bool_:
        return _Mask(array.shape, _nonzero(array))
    if array.dtype.kind not in "iu":
        raise IndexingError(
            f"index: {item!r} is no index; use integers, slices, Ellipsis, newaxis, or arrays of "
            "integers or booleans"
        )
    return array.astype(np.intp) if array.ndim else int(array)


def _nonzero(mask: npt.NDArray[np.bool_]) -> tuple[Indices, ...]:
    # A single True or False picks from no axis, but makes a dimension of length 1 or 0.
    return np.nonzero(mask) if mask.ndim else (np.zeros(int(mask), np.intp),)


def _is_array(item: Any) -> bool:
    return isinstance(item, np.ndarray | _Mask)


def _takes(item: Any) -> int:
    """Count the axes of the array that an item takes."""
    if isinstance(item, _Mask):
        return len(item.shape)
    return 0 if item is None or item is Ellipsis else 1


def _expand(items: list[Any], ndim: int) -> list[Any]:
    """Put full slices for the Ellipsis and for the axes that are not named."""
    missing = ndim - sum(map(_takes, items))
    if missing < 0:
        raise IndexingError(f"index: names {ndim - missing} axes, the array has {ndim}")
    places = [place for place, item in enumerate(items) if item is Ellipsis]
    if len(places) > 1:
        raise IndexingError("index: holds more than one Ellipsis (...)")
    place = places[0] if places else len(items)
    # The Ellipsis stays: even when it stands for no axis, numpy takes arrays beside it as apart.
    return [*items[: place + len(places)], *[slice(None)] * missing, *items[place + len(places) :]]


def _axes(items: Iterable[Any]) -> list[int]:
    """First axis of the array that each item takes."""
    axes, axis = [], 0
    for item in items:
        axes.append(axis)
        axis += _takes(item)
    return axes


def _kept(items: Iterable[Any], axes: Iterable[int]) -> tuple[int | None, ...]:
    return tuple(
        None if item is None else axis
        for item, axis in zip(items, axes, strict=True)
        if item is None or isinstance(item, slice)
    )


def _range(item: Any, axis: int, shape: Sequence[int]) -> Range:
    """Range of a slice or an integer."""
    length = shape[axis]
    if isinstance(item, slice):
        indices = range(*item.indices(length))
        return Range(indices.start, indices.step, len(indices))
    if not -length <= item < length:
        raise _outside(item, axis, length)
    return Range(item % length, 1, 1)


def _outside(index: int, axis: int, length: int) -> IndexingError:
    return IndexingError(f"index {index} is outside axis {axis}, which has length {length}")


def _with_points(items: list[Any], axes: list[int], shape: Sequence[int]) -> Request:
    """Join the index arrays, masks and integers, which numpy broadcasts together."""
    arrays: dict[int, Any] = {}
    loose: list[Indices] = []  # from a single True or False: they take no axis
    for item, axis in zip(items, axes, strict=True):
        if isinstance(item, _Mask):
            _check_mask(item, axis, shape)
            if item.shape:
                arrays.update(enumerate(item.indices, axis))
            else:
                loose.extend(item.indices)
        elif isinstance(item, int | np.ndarray):
            arrays[axis] = np.asarray(item)
    picked = _broadcast([*arrays.values(), *loose])
    points, ranges = {}, list(whole(shape))
    for axis, array in arrays.items():
        indices = _checked(array, axis, shape[axis], empty=0 in picked and array.ndim > 0)
        if array.ndim:
            points[axis] = np.broadcast_to(indices, picked).reshape(-1)
        ranges[axis] = Range(int(indices) if array.ndim == 0 else 0, 1, 1)
    for item, axis in zip(items, axes, strict=True):
        if isinstance(item, slice):
            ranges[axis] = _range(item, axis, shape)
    return Request(tuple(ranges), _kept(items, axes), points, picked, _place(items), False)


def _check_mask(mask: _Mask, axis: int, shape: Sequence[int]) -> None:
    found = tuple(shape[axis : axis + len(mask.shape)])
    # Numpy takes a mask of length 0 along any axis: it picks nothing.
    if any(length not in (0, other) for length, other in zip(mask.shape, found, strict=True)):
        raise IndexingError(
            f"index: a mask of shape {mask.shape} does not fit axes of shape {found} (from axis "
            f"{axis} on)"
        )


def _broadcast(arrays: list[Indices]) -> tuple[int, ...]:
    try:
        return np.broadcast_shapes(*(array.shape for array in arrays))
    except ValueError:
        shapes = ", ".join(str(array.shape) for array in arrays)
        raise IndexingError(f"index: arrays of shapes {shapes} do not broadcast together") from None


def _checked(array: Indices, axis: int, length: int, *, empty: bool) -> Indices:
    """Count from the start. Numpy does not look at the indices when nothing is picked."""
    if empty:
        return np.zeros_like(array)
    low, high = int(array.min()), int(array.max())
    if low < -length or high >= length:
        raise _outside(low if low < -length else high, axis, length)
    return np.where(array < 0, array + length, array) if low < 0 else array


def _place(items: list[Any]) -> int:
    """Count the kept dimensions before the picked ones: none if arrays stand apart."""
    fancy = [isinstance(item, int) or _is_array(item) for item in items]
    first, count = fancy.index(True), sum(fancy)
    if not all(fancy[first : first + count]):
        return 0
    return sum(item is not Ellipsis for item in items[:first])
