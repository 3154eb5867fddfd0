"""Pyramid: the resolutions of a scene, found by the sizes of its tiles."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from volio.errors import HeaderDataError
from volio.formats.czi.entries import Subblocks
from volio.formats.czi.extents import Extents
from volio.formats.czi.mosaic import Mosaic

__all__ = ["mosaics_of"]

MOST_LEVELS = 32


def mosaics_of(table: Subblocks, extents: Extents, name: str) -> tuple[Mosaic, ...]:
    """Return the resolutions of a scene, the finest first.

    Raises
    ------
    HeaderDataError
        If there are more than 32.
    """
    finest = Mosaic(table.take(table.is_finest), extents)
    found = [finest]
    factors = _factors(table, name)
    for factor in np.unique(factors[factors > 1]).tolist():
        mosaic = Mosaic(table.take(factors == factor), extents, factor)
        if mosaic.is_complete and np.array_equal(mosaic.planes, finest.planes):
            found.append(mosaic)
    return tuple(found)


def _factors(table: Subblocks, name: str) -> NDArray[np.float64]:
    """Return how many pixels of the finest level are one of each tile; 1 for the finest.

    That is the size on the finest level by that in the file, which is rounded: the largest tiles
    say what factors there are, and the others have the one that fits best.
    """
    longer = table.stored.argmax(axis=1)[:, np.newaxis]
    stored = np.take_along_axis(table.stored, longer, axis=1)
    size = np.take_along_axis(table.size, longer, axis=1)
    kinds, kind_of = np.unique(np.hstack([-stored, size]), axis=0, return_inverse=True)
    known = [1.0]
    factors = []
    for minus_pixels, length in kinds.tolist():  # the largest first
        factor = _factor(length, -minus_pixels, known)
        if factor not in known:
            known.append(factor)
            _check_count(len(known), name)
        factors.append(factor)
    found = np.array(factors)[kind_of.reshape(-1)]
    return np.where(table.is_finest, 1.0, np.maximum(found, 1.0))


def _check_count(count: int, name: str) -> None:
    if count > MOST_LEVELS:
        raise HeaderDataError(f"{name}: more than {MOST_LEVELS} resolutions, which are not read")


def _factor(size: int, pixels: int, known: Sequence[float]) -> float:
    """Return how many of `size` pixels are one: a known factor if one fits, else a new one."""
    best = min(known, key=lambda factor: abs(size / factor - pixels))
    if _fits(size, pixels, best) and (best > 1 or size == pixels):
        return best
    ratio = size / pixels
    return float(round(ratio)) if _fits(size, pixels, round(ratio)) else ratio


def _fits(size: int, pixels: int, factor: float) -> bool:
    """Return whether as many pixels are made of `size` pixels by a factor, rounded up or down."""
    return abs(size / factor - pixels) < 1
