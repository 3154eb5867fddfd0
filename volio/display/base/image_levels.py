"""The levels of an image: its voxels at each resolution, and the positions of all axes."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from volio.display.base.level_grids import is_aligned
from volio.space.affines import append_diag

__all__ = ["ImageLevels", "affine_of_all_axes", "image_levels", "level_for_limits"]

Matrix = NDArray[np.float64]

#: So many values are enough to find contrast limits in.
ENOUGH = 2**14
#: Voxels of a volume that is handed on as one array: 512 MiB of float32.
MOST_VOXELS = 2**27


class ImageLevels(NamedTuple):
    """The voxels of an image, the finest level first.

    Attributes
    ----------
    arrays : list of array-like
        Lazy ones stay lazy.
    matrices : list of ndarray, or None
        From voxels of each level to those of the finest, (n + 1, n + 1); None for one level.
    """

    arrays: list[Any]
    matrices: list[Matrix] | None

    @property
    def multiscale(self) -> bool:
        """Whether there are several."""
        return self.matrices is not None

    @property
    def sized_for_memory(self) -> int:
        """The finest level of which a graphics card holds a volume: 2**27 voxels at most.

        The only one is that whatever its size; of several that are all larger, the coarsest.
        """
        small = [n for n, array in enumerate(self.arrays) if prod(array.shape) <= MOST_VOXELS]
        return small[0] if small else len(self.arrays) - 1

    @property
    def settings(self) -> dict[str, Any]:
        """The settings of a layer that say how its levels lie to each other."""
        return {"multiscale": self.multiscale, "level_matrices": self.matrices}

    @property
    def data(self) -> Any:
        """The data of a layer: the array, or a list of levels."""
        return self.arrays if self.multiscale else self.arrays[0]


def level_for_limits(levels: Sequence[Any]) -> Any:
    """Return the level that contrast limits are found in: the coarsest with 16,384 values or more.

    Of fewer, outliers are not found. Where there is none it is the finest.
    """
    large = [level for level in levels if prod(level.shape) >= ENOUGH]
    return large[-1] if large else levels[0]


def image_levels(img: Any) -> ImageLevels:
    """Return the levels of an image by their affines.

    Parameters
    ----------
    img : SpatialImage

    Notes
    -----
    Levels that run along other axes than the finest, and those that have no fewer voxels than the
    one before, are left out: no view is of them.
    """
    finest = img.dataobj
    arrays = [finest]
    coarser = getattr(img, "levels", (img,))[1:]
    if not coarser:
        return ImageLevels(arrays, None)
    matrices = [np.eye(len(finest.shape) + 1)]
    to_finest = np.linalg.inv(affine_of_all_axes(img))
    for level in coarser:
        array = level.dataobj
        matrix = _with_offsets_of_later_axes(to_finest @ affine_of_all_axes(level))
        is_coarser = array.ndim == finest.ndim and prod(array.shape) < prod(arrays[-1].shape)
        if is_coarser and is_aligned(matrix):
            arrays.append(array)
            matrices.append(matrix)
    return ImageLevels(arrays, matrices if len(arrays) > 1 else None)


def _with_offsets_of_later_axes(matrix: Matrix) -> Matrix:
    """Return a matrix to finest voxels in which axes after the third begin at the same edge.

    Affines hold the positions of the first three axes alone.
    """
    moved = matrix.copy()
    later = np.arange(3, len(matrix) - 1)
    moved[later, -1] = (matrix[later, later] - 1) / 2
    return moved


def affine_of_all_axes(img: Any) -> Matrix:
    """Return the affine of all axes of an image (n + 1, n + 1).

    Axes after the third have their steps, and are mixed with no other.
    """
    ndim = len(img.dataobj.shape)
    spatial = np.eye(4) if img.affine is None else np.asarray(img.affine, np.float64)
    if ndim < 3:
        kept = [*range(ndim), 3]
        return spatial[np.ix_(kept, kept)]
    return append_diag(spatial, _later_steps(img, ndim - 3)) if ndim > 3 else spatial


def _later_steps(img: Any, count: int) -> list[float]:
    """Return the steps of axes after the third; 1 where there is none."""
    header = getattr(img, "header", None)
    zooms = () if header is None or not hasattr(header, "get_zooms") else header.get_zooms()
    steps = [step if step > 0 else 1.0 for step in zooms[3 : 3 + count]]
    return steps + [1.0] * (count - len(steps))
