"""Lengths of patches, overlaps and axes: one check for all who take them."""

from __future__ import annotations

from collections.abc import Sequence
from operator import index

import numpy as np

from volio.errors import UsageError

__all__ = ["box_at", "check_overlaps", "check_sizes", "per_axis"]


def check_sizes(name: str, sizes: Sequence[int], ndim: int | None = None) -> tuple[int, ...]:
    """Return lengths as integers; they must be at least 1.

    Parameters
    ----------
    name : str
        Of the argument, for errors.
    sizes : sequence of int
        One length per axis.
    ndim : int, optional
        How many there must be.

    Raises
    ------
    UsageError
        For another number of lengths, or one that is not an integer above 0.
    """
    lengths = _integers(name, sizes)
    if ndim is not None and len(lengths) != ndim:
        raise UsageError(f"{name}: must be {ndim} lengths, one per axis, got {lengths}")
    if min(lengths, default=1) < 1:
        raise UsageError(f"{name}: lengths must be at least 1, got {lengths}")
    return lengths


def check_overlaps(overlaps: Sequence[int], patch_size: Sequence[int]) -> tuple[int, ...]:
    """Return overlaps of patches as integers, one per axis and shorter than the patch.

    Raises
    ------
    UsageError
        For another number of overlaps, or one that is negative or not shorter than the patch.
    """
    lengths = _integers("overlaps", overlaps)
    fit = len(lengths) == len(patch_size) and all(
        0 <= overlap < size for overlap, size in zip(lengths, patch_size, strict=True)
    )
    if not fit:
        raise UsageError(
            f"overlaps: must be one per axis, from 0 to less than the patch {tuple(patch_size)}, "
            f"got {lengths}"
        )
    return lengths


def box_at(first: Sequence[int], lengths: Sequence[int]) -> tuple[slice, ...]:
    """Return the slices of a box from its first index and its length along each axis."""
    sides = zip(first, lengths, strict=True)
    return tuple([slice(start, start + length) for start, length in sides])


def per_axis(value: int | Sequence[int], ndim: int) -> Sequence[int]:
    """Return one number for each axis, the same for all where only one is given."""
    return [value] * ndim if isinstance(value, int | np.integer) else value


def _integers(name: str, values: Sequence[int]) -> tuple[int, ...]:
    try:
        return tuple(map(index, values))
    except TypeError:
        raise UsageError(f"{name}: must be integers, one per axis, got {values!r}") from None
