"""Positions of the voxels of several levels: what one voxel of a level is of the finest level."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.display.base.choices import as_numbers
from volio.errors import UsageError
from volio.space.affines import from_matvec, to_matvec

__all__ = ["LevelGrids", "is_aligned"]

Floats = NDArray[np.float64]

#: Of a voxel of a level: what is less is rounding.
ROUNDING = 1e-5
#: A pixel and a voxel are of one size if they differ by no more than this share.
SAME_SIZE = 1e-3


class LevelGrids(NamedTuple):
    """The positions of the voxels of L levels with n axes.

    Voxel p of level l has its centre at ``p * factors[l] + offsets[l]``, in voxels of the finest
    level.

    Attributes
    ----------
    factors : (L, n) array
        Voxels of the finest level in one of each level.
    offsets : (L, n) array
        The centre of voxel 0 of each level.
    """

    factors: Floats
    offsets: Floats

    @classmethod
    def of(cls, shapes: ArrayLike, matrices: Sequence[ArrayLike] | None) -> Self:
        """Return the positions of levels by their matrices, without these by their shapes."""
        return cls.of_shapes(shapes) if matrices is None else cls.of_matrices(matrices, shapes)

    @classmethod
    def of_shapes(cls, shapes: ArrayLike) -> Self:
        """Return the positions of levels (L, n) that all cover the same box.

        Edges of levels are on edges then, not centres on centres: a level of factor 2 begins
        halfway between the first two voxels of the finest level.
        """
        lengths = np.asarray(shapes, np.float64)
        factors = lengths[0] / lengths
        return cls(factors, (factors - 1) / 2)

    @classmethod
    def of_matrices(cls, matrices: Sequence[ArrayLike], shapes: ArrayLike) -> Self:
        """Return the positions of levels by their matrices (n + 1, n + 1), to finest voxels.

        Raises
        ------
        UsageError
            If there is not one for each level, or one is not a scale above 0 and an offset.
        """
        count, ndim = np.shape(shapes)
        given = [as_numbers("level_matrices", matrix) for matrix in _listed(matrices)]
        _check_matrices(given, count, ndim)
        factors = [np.diag(matrix)[:-1] for matrix in given]
        return cls(np.array(factors), np.array([matrix[:-1, -1] for matrix in given]))

    @property
    def matrices(self) -> list[Floats]:
        """From voxels of each level to those of the finest, (n + 1, n + 1)."""
        sides = zip(self.factors, self.offsets, strict=True)
        return [from_matvec(np.diag(factors), offsets) for factors, offsets in sides]

    def of_axes(self, axes: Sequence[int]) -> Self:
        """Return the positions along some of the axes."""
        return type(self)(self.factors[:, list(axes)], self.offsets[:, list(axes)])

    def to_level(self, level: int, points: ArrayLike) -> Floats:
        """Return points (..., n) of the finest level in voxels of another."""
        moved = np.asarray(points, np.float64) - self.offsets[level]
        in_level: Floats = moved / self.factors[level]
        return in_level

    def to_finest(self, level: int, points: ArrayLike) -> Floats:
        """Return points (..., n) of a level in voxels of the finest."""
        scaled = np.asarray(points, np.float64) * self.factors[level]
        in_finest: Floats = scaled + self.offsets[level]
        return in_finest

    def fitting(self, sizes: ArrayLike, pixel: float) -> int:
        """Return the coarsest level whose voxels are no larger than a pixel.

        Parameters
        ----------
        sizes : (n,) array-like
            Of a voxel of the finest level, as they are seen.
        pixel : float

        Returns
        -------
        int
            0 if the voxels of all others are larger. Along axes where even those of the finest
            level are, a level must have voxels as small as these.
        """
        seen = np.asarray(sizes, np.float64)
        largest = np.maximum(seen, pixel) * (1 + SAME_SIZE)
        is_fine = (seen * self.factors <= largest).all(axis=1)
        return int(np.flatnonzero(is_fine)[-1]) if is_fine.any() else 0


def _listed(matrices: Any) -> list[Any]:
    """Return the matrices of levels as a list."""
    if not isinstance(matrices, Iterable):
        raise UsageError(f"level_matrices: must be a list of matrices, got {matrices!r}")
    return list(matrices)


def _check_matrices(matrices: Sequence[Floats], count: int, ndim: int) -> None:
    """Refuse matrices of levels that are not of n axes, or mix or mirror them."""
    shapes = [matrix.shape for matrix in matrices]
    if shapes != [(ndim + 1, ndim + 1)] * count:
        raise UsageError(
            f"level_matrices: must be {count} of {ndim + 1} x {ndim + 1} numbers, "
            f"got shapes {shapes}"
        )
    for matrix in matrices:
        if not is_aligned(matrix):
            raise UsageError(
                "level_matrices: must be scales above 0 and offsets, along the axes of the "
                f"finest level; got {matrix.tolist()}"
            )


def is_aligned(matrix: NDArray[Any]) -> bool:
    """Return whether a matrix is a scale above 0 and an offset along each axis."""
    linear, _ = to_matvec(matrix)
    scales = np.diag(linear)
    if not np.isfinite(matrix).all() or not (scales > 0).all():
        return False
    return bool((np.abs(linear - np.diag(scales)) <= ROUNDING * scales).all())
