"""Arrays with a border of one value, lazy where what they surround is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from volio.arrays.dtypes import Array
from volio.arrays.indexing.box_reads import FillBox
from volio.arrays.indexing.request import Box
from volio.arrays.indexing.runs import StorageLayout, lengths_of, part_of
from volio.arrays.lazy import DerivedArray, LazyArray
from volio.errors import ImageDataError, UsageError

__all__ = ["Padded", "lazy_pad"]

Widths = Sequence[tuple[int, int]]


class Padded(DerivedArray):
    """A lazy array with a border of one value.

    Parameters
    ----------
    base : LazyArray
    widths : sequence of (int, int)
        Per axis how many indices are added before and after those of `base`.
    value : scalar
        Of the border, in the dtype of `base`.
    """

    def __init__(self, base: LazyArray, widths: Widths, value: Any) -> None:
        self.base = base
        self.before = tuple([before for before, _ in widths])
        self.value = value
        self.shape = _padded_shape(base.shape, widths)
        self.dtype = base.dtype
        self.order = base.order

    @property
    def chunks(self) -> tuple[int, ...]:
        """Blocks of the base."""
        return self.base.chunks

    @property
    def layout(self) -> StorageLayout:
        """The order of the base's axes."""
        return self.base.layout

    def fill_from(self, fill_base: FillBox, out: Array, box: Box) -> None:
        """Fill `out` with the value, and with what the base has of the box."""
        inner = []  # of the base
        where = []  # the same within `out`
        for (start, stop), before, length in zip(box, self.before, self.base.shape, strict=True):
            first = min(max(start - before, 0), length)
            last = min(max(stop - before, first), length)
            inner.append((first, last))
            shift = before - start
            where.append(slice(first + shift, last + shift))
        lengths = lengths_of(tuple(inner))
        if lengths != out.shape:
            out[...] = self.value
        if 0 not in lengths:
            fill_base(part_of(out, where), tuple(inner))


def lazy_pad(array: LazyArray | Array, widths: Widths, value: Any = 0) -> LazyArray | Array:
    """Return an array with a border of one value.

    Parameters
    ----------
    array : LazyArray or ndarray
    widths : sequence of (int, int)
        Per axis how many indices are added before and after; 0 or more.
    value : number, optional
        Of the border; 0 is also the zero of arrays with fields.

    Returns
    -------
    LazyArray or ndarray
        Lazy for a lazy array; of the dtype of `array`.

    Raises
    ------
    UsageError
        If there is not one pair of widths for each axis, or a width is negative.
    ImageDataError
        If the dtype cannot hold the value.
    """
    if len(widths) != array.ndim or any(min(pair) < 0 for pair in widths):
        raise UsageError(
            f"widths: must be two numbers, 0 or more, for each of {array.ndim} axes, got {widths}"
        )
    border = _as_stored(value, array.dtype)
    if not any(map(any, widths)):
        return array
    if isinstance(array, LazyArray):
        return Padded(array, widths, border)
    padded = np.full(_padded_shape(array.shape, widths), border, array.dtype, order="F")
    inside = [slice(before, before + n) for (before, _), n in zip(widths, array.shape, strict=True)]
    padded[tuple(inside)] = array
    return padded


def _padded_shape(shape: Sequence[int], widths: Widths) -> tuple[int, ...]:
    return tuple([n + before + after for n, (before, after) in zip(shape, widths, strict=True)])


def _as_stored(value: Any, dtype: np.dtype[Any]) -> Any:
    """Return a value in a dtype, which must hold it (floats round)."""
    if dtype.names and value == 0:
        return np.zeros((), dtype)[()]
    if np.iscomplexobj(value) and dtype.kind != "c":
        raise ImageDataError(f"value: {value!r} is complex, and {dtype} is not")
    try:
        with np.errstate(all="ignore"):
            stored = np.asarray(value).astype(dtype)[()]
            kept = _is_kept(value, stored, dtype)
    except (TypeError, ValueError):
        kept = False
    if not kept:
        raise ImageDataError(f"value: {value!r} cannot be stored as {dtype}")
    return stored


def _is_kept(value: Any, stored: Any, dtype: np.dtype[Any]) -> bool:
    """Return whether a stored value stands for the one that was asked for."""
    if dtype.kind in "fc":
        return bool(np.isfinite(stored) or not np.isfinite(value))
    return dtype.names is None and bool(stored == value)
