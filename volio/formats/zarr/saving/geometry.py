"""Geometry: sizes, positions and directions of axes, as OME-Zarr has them of an affine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from volio.errors import HeaderDataError
from volio.images.named_axes import ORIENTATIONS

__all__ = ["Geometry", "geometry_of"]


@dataclass(frozen=True)
class Geometry:
    """What OME-Zarr holds of an affine: sizes and positions along z, y, x, in mm.

    Parameters
    ----------
    scale, translation : tuple of float
    orientations : tuple of str
        Where each axis runs, "" for axes of a microscope.
    matrix : ndarray, shape (3, 4), or None
        Voxels z, y, x to mm along axes of `orientations`, where it is not just the above.
    """

    scale: tuple[float, ...]
    translation: tuple[float, ...]
    orientations: tuple[str, ...]
    matrix: NDArray[np.float64] | None = None


def geometry_of(affine: NDArray[np.float64], *, anatomical: bool) -> Geometry:
    """Return what OME-Zarr holds of an affine.

    Parameters
    ----------
    affine : (4, 4) array
        Voxels x, y, z to mm.
    anatomical : bool
        Whether it leads to RAS+: then axes may run along any of its axes, in both directions.
    """
    directions = affine[:3, :3]
    sizes = _finite_sizes(directions)
    scale = tuple(sizes[::-1].tolist())
    along = _axes_along(directions) if anatomical else np.arange(3)
    signs = np.sign(directions[along, range(3)]) if anatomical else np.ones(3)
    if not _runs_along(directions, sizes, along, signs):
        translation = tuple(affine[2::-1, 3].tolist())
        words = _words([0, 1, 2], [1, 1, 1], anatomical)
        return Geometry(scale, translation, words, affine[2::-1, [2, 1, 0, 3]])
    positions = signs * affine[along, 3]
    words = _words(along.tolist(), signs.tolist(), anatomical)
    return Geometry(scale, tuple(positions[::-1].tolist()), words)


def _finite_sizes(directions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the size of a voxel along each axis, mm."""
    with np.errstate(over="ignore"):
        sizes: NDArray[np.float64] = np.sqrt((directions**2).sum(axis=0))
    if not np.isfinite(sizes).all():
        largest = np.abs(directions).max()
        raise HeaderDataError(f"affine: voxel sizes are too large, got {largest:g} mm")
    return sizes


def _axes_along(directions: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return for each axis of the image that of the head along which it mostly runs."""
    return np.asarray(np.abs(directions).argmax(axis=0))


def _runs_along(
    directions: NDArray[np.float64],
    sizes: NDArray[np.float64],
    along: NDArray[np.intp],
    signs: NDArray[np.float64],
) -> bool:
    """Return whether axes of the image run along those axes, each along one of its own."""
    ideal = np.zeros((3, 3))
    ideal[along, range(3)] = sizes * signs
    is_straight = np.allclose(directions, ideal, rtol=0, atol=1e-6 * sizes)
    return sorted(along) == [0, 1, 2] and is_straight


def _words(along: Sequence[int], signs: Sequence[float], anatomical: bool) -> tuple[str, ...]:
    """Return where axes z, y, x run, from what x, y, z run along; "" for those of microscopes."""
    if not anatomical:
        return ("",) * 3
    names = {known: name for name, known in ORIENTATIONS.items()}
    words = [names[int(axis), int(sign)] for axis, sign in zip(along, signs, strict=True)]
    return tuple(reversed(words))
