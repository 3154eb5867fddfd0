"""Which bytes a slice of an array in a file needs: the planning part of ``nibabel.fileslice``.

Shapes and indices are in file order here: the first axis varies fastest. An axis can be read
beyond what is wanted, where that saves seeks; the plan then says what to take from the result.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from volio.compat.nibabel.fileslice.slicers import (
    ALL,
    Slicer,
    canonical_slicers,
    fill_slicer,
    predict_shape,
    whole,
)
from volio.errors import UsageError

__all__ = [
    "SKIP_THRESH",
    "calc_slicedefs",
    "optimize_read_slicers",
    "optimize_slicer",
    "slicers2segments",
    "threshold_heuristic",
]

Heuristic = Callable[[Slicer, int, int], str | None]

SKIP_THRESH = 2**8
"""Bytes that are cheaper to read than to skip."""


def threshold_heuristic(
    slicer: Slicer, dim_len: int, stride: int, skip_thresh: int = SKIP_THRESH
) -> str | None:
    """Return whether to read more of an axis than asked, so as to skip less.

    Parameters
    ----------
    slicer : int or slice
        What is wanted of the axis, with all numbers filled in.
    dim_len : int
        Length of the axis.
    stride : int
        Bytes from one element to the next.
    skip_thresh : int, optional
        Largest gap in bytes that is read over.

    Returns
    -------
    {'full', 'contiguous', None}
        Read the whole axis, from the first to the last wanted element, or as asked.
    """
    if not isinstance(slicer, slice):
        return "full" if (dim_len - 1) * stride <= skip_thresh else None
    if abs(slicer.step) * stride > skip_thresh:
        return None
    wanted = _ascending(slicer, dim_len)
    around = wanted.start + dim_len - wanted.stop
    return "full" if around * stride <= skip_thresh else "contiguous"


def _ascending(slicer: slice, length: int) -> slice:
    """Return the slice that takes the same elements in rising order."""
    wanted = range(*slicer.indices(length))
    if not wanted:
        return slice(max(0, wanted.start), max(0, wanted.start), abs(wanted.step))
    if wanted.step > 0:
        return slice(wanted.start, wanted.stop, wanted.step)
    return slice(wanted[-1], wanted.start + 1, -wanted.step)


def optimize_slicer(
    slicer: Slicer,
    dim_len: int,
    all_full: bool,
    is_slowest: bool,
    stride: int,
    heuristic: Heuristic = threshold_heuristic,
) -> tuple[Slicer, Slicer]:
    """Plan one axis: what to read of it, and what to take from what was read.

    Parameters
    ----------
    slicer : int or slice
        What is wanted of the axis.
    dim_len, stride : int
        Its length, and the bytes between elements.
    all_full : bool
        Whether all faster axes are read whole; only then can reading more save a seek.
    is_slowest : bool
        Whether no slower axis follows: reading it whole saves nothing then.
    heuristic : callable, optional
        See `threshold_heuristic`.

    Returns
    -------
    to_read, post_slice
        The second is ``'dropped'`` when the first is an integer.
    """
    advice = heuristic if all_full else _as_asked
    if isinstance(slicer, slice):
        return _optimize_slice(slicer, dim_len, is_slowest, stride, advice)
    number = whole(slicer) + (dim_len if slicer < 0 else 0)
    action = _checked(advice(number, dim_len, stride))
    if action == "contiguous":
        raise UsageError("heuristic: 'contiguous' does not apply to an integer")
    return (ALL, number) if action == "full" and not is_slowest else (number, "dropped")


def _optimize_slice(
    slicer: slice, dim_len: int, is_slowest: bool, stride: int, advice: Heuristic
) -> tuple[slice, slice]:
    slicer = fill_slicer(slicer, dim_len)
    wanted = _ascending(slicer, dim_len)
    order = ALL if slicer.step > 0 else slice(None, None, -1)
    if wanted == slice(0, dim_len, 1):
        return ALL, order
    action = _checked(advice(slicer, dim_len, stride))
    if action == "full" and not is_slowest:
        return ALL, slicer
    if action is None or wanted.step == 1:
        return wanted, order
    return slice(wanted.start, wanted.stop, 1), slice(None, None, slicer.step)


def _as_asked(slicer: Slicer, dim_len: int, stride: int) -> None:
    """Advise to read nothing beyond what is wanted."""


def _checked(action: str | None) -> str | None:
    if action not in ("full", "contiguous", None):
        raise UsageError(f"heuristic: must give 'full', 'contiguous' or None, got {action!r}")
    return action


def optimize_read_slicers(
    sliceobj: Any, in_shape: Sequence[int], itemsize: int, heuristic: Heuristic
) -> tuple[tuple[Slicer, ...], tuple[Slicer, ...]]:
    """Plan all axes: what to read, and what to take from what was read.

    Parameters
    ----------
    sliceobj : index
    in_shape : sequence of int
        Shape of the array in the file.
    itemsize : int
        Bytes per element.
    heuristic : callable
        See `threshold_heuristic`.

    Returns
    -------
    read_slicers, post_slicers : tuple
    """
    to_read: list[Slicer] = []
    post: list[Slicer] = []
    stride = itemsize
    axis = 0
    all_full = True
    for slicer in canonical_slicers(sliceobj, in_shape):
        if slicer is None:
            to_read.append(None)
            post.append(ALL)
            continue
        length = in_shape[axis]
        slowest = axis == len(in_shape) - 1
        read, take = optimize_slicer(slicer, length, all_full, slowest, stride, heuristic)
        to_read.append(read)
        if take != "dropped":
            post.append(take)
        all_full = all_full and read == ALL
        stride = stride * length
        axis = axis + 1
    return tuple(to_read), tuple(post)


def slicers2segments(
    read_slicers: Sequence[Slicer], in_shape: Sequence[int], offset: int, itemsize: int
) -> list[list[int]]:
    """Return the pieces of a file that hold what is to be read, as [offset, bytes].

    Parameters
    ----------
    read_slicers : sequence
        One entry per axis, as `optimize_read_slicers` gives them.
    in_shape : sequence of int
        Shape of the array in the file.
    offset, itemsize : int
        Byte of its first element, and bytes per element.
    """
    segments = [[offset, itemsize]]
    stride = itemsize
    whole_axes = True
    lengths = iter(in_shape)
    for slicer in read_slicers:
        if slicer is None:
            continue
        length = next(lengths)
        places = _places(slicer, length)
        if whole_axes and places.step == 1:
            segments = [[offset + places.start * stride, len(places) * stride]]
            offset = segments[0][0]
        else:
            segments = [[at + place * stride, n] for place in places for at, n in segments]
        whole_axes = whole_axes and places == range(length)
        stride *= length
    return segments


def _places(slicer: Slicer, length: int) -> range:
    if isinstance(slicer, slice):
        return range(*slicer.indices(length))
    return range(slicer, slicer + 1)


def calc_slicedefs(
    sliceobj: Any,
    in_shape: Sequence[int],
    itemsize: int,
    offset: int,
    order: str,
    heuristic: Heuristic = threshold_heuristic,
) -> tuple[list[list[int]], tuple[int, ...], tuple[Slicer, ...]]:
    """Plan the reading of a slice.

    Parameters
    ----------
    sliceobj : index
    in_shape : sequence of int
        Shape of the array.
    itemsize, offset : int
        Bytes per element, and byte of the first element.
    order : {'F', 'C'}
        Which axis varies fastest in the file: the first ('F') or the last.
    heuristic : callable, optional
        See `threshold_heuristic`.

    Returns
    -------
    segments : list of [offset, bytes]
        What to read.
    read_shape : tuple of int
        Shape of the array that the pieces make, in the same order.
    post_slicers : tuple
        Index into that array; empty when it is what was asked for.
    """
    if order not in ("F", "C"):
        raise UsageError(f"order: must be 'F' or 'C', got {order!r}")
    back = slice(None, None, -1 if order == "C" else None)
    wanted = canonical_slicers(sliceobj, in_shape)[back]
    shape = tuple(in_shape)[back]
    to_read, post = optimize_read_slicers(wanted, shape, itemsize, heuristic)
    segments = slicers2segments(to_read, shape, offset, itemsize)
    if all(slicer == ALL for slicer in post):
        post = ()
    return segments, predict_shape(to_read, shape)[back], post[back]
