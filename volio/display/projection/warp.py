"""From the sheet of a shear-warp projection onto the pixels of the picture."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.display.projection.accumulators import Sheet
from volio.display.projection.shearwarp import Shear

__all__ = ["warp", "warp_nearest"]

Indices = NDArray[np.intp]


def warp(sheet: Sheet, shear: Shear, covered: NDArray[np.bool_]) -> Sheet:
    """Interpolate what was added up between the four samples around each pixel.

    Parameters
    ----------
    sheet : ndarray, shape of the shear, perhaps with colours
        NaN for nothing; colours with alpha multiplied in.
    covered : ndarray of bool, of the view's size
        Pixels whose rays meet the volume.

    Returns
    -------
    ndarray of float32, of the view's size
        Values, NaN where there is nothing; colours as they are.
    """
    if sheet.ndim == 3:
        total, _ = _weighted_sum(sheet, np.ones(sheet.shape[:2], np.float32), shear)
        return total
    known = (~np.isnan(sheet)).astype(np.float32)
    total, weight = _weighted_sum(np.nan_to_num(sheet), known, shear)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(covered & (weight > 0), total / weight, np.float32(np.nan))


def _weighted_sum(values: Sheet, known: Sheet, shear: Shear) -> tuple[Sheet, Sheet]:
    """Return the weighted sums of the samples around each pixel, and the sums of the weights."""
    rows, columns = shear.samples()
    samples = values.reshape(-1, *values.shape[2:])
    counted = known.reshape(-1)
    total = np.zeros((*rows.shape, *values.shape[2:]), np.float32)
    weight = np.zeros(rows.shape, np.float32)
    for index, share in _shares_around(rows, columns, known.shape):
        counts = share * counted[index]
        total += samples[index] * (counts[..., np.newaxis] if values.ndim == 3 else counts)
        weight += counts
    return total, weight


def _shares_around(
    rows: NDArray[np.floating[Any]], columns: NDArray[np.floating[Any]], shape: tuple[int, ...]
) -> Iterator[tuple[NDArray[np.intp], Sheet]]:
    """Yield, for each of the four samples around points, its flat index and its share of them."""
    top = np.floor(rows).astype(np.intp)
    left = np.floor(columns).astype(np.intp)
    for row in (top, top + 1):
        for column in (left, left + 1):
            share = (1 - np.abs(rows - row)) * (1 - np.abs(columns - column))
            index, inside = _flat_index(row, column, shape)
            yield index, np.where(inside, share, 0).astype(np.float32)


def _flat_index(
    row: Indices, column: Indices, shape: tuple[int, ...]
) -> tuple[Indices, NDArray[np.bool_]]:
    """Return indices into a flat sheet, 0 for samples outside, and which ones are inside."""
    inside = _inside(row, column, shape)
    return np.where(inside, row * shape[1] + column, 0), inside


def _inside(row: Indices, column: Indices, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    rows_inside = (row >= 0) & (row < shape[0])
    return np.asarray(rows_inside & (column >= 0) & (column < shape[1]))


def warp_nearest(sheet: NDArray[Any], shear: Shear) -> NDArray[Any]:
    """Return for each pixel the nearest sample of the sheet, NaN outside."""
    row, column = (np.rint(samples).astype(np.intp) for samples in shear.samples())
    index, inside = _flat_index(row, column, sheet.shape)
    return np.where(inside, sheet.reshape(-1)[index], np.nan)
