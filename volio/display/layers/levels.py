"""Images at several resolutions: their levels, and the one that fits a view."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import prod
from types import GeneratorType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.errors import UsageError
from volio.flags import as_flag

__all__ = ["as_levels", "choose_level", "level_corners"]


def as_levels(data: Any, multiscale: bool | None = None) -> tuple[list[Any], bool]:
    """Return the levels of an image, finest first, and whether it is one of several.

    Parameters
    ----------
    data : array-like, or a list, tuple or generator of these
    multiscale : bool, optional
        None finds out: arrays of strictly falling size are levels of one image.

    Returns
    -------
    levels : list of array-like
    multiscale : bool

    Raises
    ------
    UsageError
        If the arrays of a list are not ordered from large to small, or there are none.
    """
    if multiscale is not None:
        as_flag("multiscale", multiscale)
    if isinstance(data, GeneratorType):
        data = list(data)
    if not isinstance(data, list | tuple) or _is_nested_numbers(data):
        return [_as_array(data)], bool(multiscale)
    levels = [_as_array(level) for level in data]
    if not levels:
        raise UsageError("data: an empty list holds no image")
    if len(levels) == 1:
        return levels, bool(multiscale)
    if multiscale is False:
        return [_stacked(levels)], False
    _check_order(levels)
    return levels, True


def _is_nested_numbers(data: Sequence[Any]) -> bool:
    """Return whether nested lists are one array, written out."""
    return len(data) > 0 and not any(hasattr(part, "shape") for part in data)


def _as_array(data: Any) -> Any:
    return data if hasattr(data, "shape") and hasattr(data, "dtype") else np.asarray(data)


def _shapes(levels: Sequence[Any]) -> list[tuple[int, ...]]:
    return [tuple(level.shape) for level in levels]


def _stacked(levels: Sequence[Any]) -> NDArray[Any]:
    """Return arrays of one shape as one array."""
    if len(set(_shapes(levels))) > 1:
        raise UsageError(
            "data: arrays of a list that is not multiscale must have one shape, got "
            f"{_shapes(levels)}"
        )
    return np.stack([np.asarray(level) for level in levels])


def _check_order(levels: Sequence[Any]) -> None:
    """Refuse levels that are not ordered from the finest to the coarsest."""
    sizes = [prod(shape) for shape in _shapes(levels)]
    if any(fine <= coarse for fine, coarse in pairwise(sizes)):
        raise UsageError(
            f"data: levels must go from the finest to the coarsest, got shapes "
            f"{_shapes(levels)}; np.stack joins arrays of one size"
        )
    if len({len(shape) for shape in _shapes(levels)}) > 1:
        raise UsageError("data: levels must have the same number of axes")


def choose_level(factors: NDArray[np.float64], field: ArrayLike, canvas: ArrayLike) -> int:
    """Return the coarsest level that still has a voxel for each pixel of a picture.

    Parameters
    ----------
    factors : (L, n) array
        Voxels of the finest level in one of each level, along the axes shown.
    field : (n,) array-like
        What is seen, in voxels of the finest level.
    canvas : (n,) array-like or number
        Size of the picture in pixels.

    Returns
    -------
    int
        0 if even the finest level has fewer voxels than pixels.
    """
    voxels = np.asarray(field, np.float64) / np.asarray(factors, np.float64)
    fine_enough = np.flatnonzero((voxels > np.asarray(canvas)).all(axis=-1))
    return int(fine_enough[-1]) if fine_enough.size else 0


def level_corners(corners: ArrayLike, factors: ArrayLike, shape: ArrayLike) -> NDArray[np.intp]:
    """Return the first and last voxel of a level that a box touches.

    Parameters
    ----------
    corners : (2, n) array-like
        The box in voxels of the finest level.
    factors : (n,) array-like
        Voxels of the finest level in one of this level.
    shape : (n,) array-like
        Shape of this level.

    Returns
    -------
    (2, n) int array
    """
    low, high = np.asarray(corners, np.float64) / np.asarray(factors, np.float64)
    last = np.asarray(shape) - 1
    corners_of_level: NDArray[np.intp] = np.clip([np.floor(low), np.ceil(high)], 0, last).astype(
        np.intp
    )
    return corners_of_level
