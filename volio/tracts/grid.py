"""Grid: the volume of voxels that tracts belong to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.errors import AffineError, UsageError
from volio.space.affines import check_affine, spans_space

__all__ = ["Grid"]


@dataclass(frozen=True, eq=False)
class Grid:
    """The volume of voxels that tracts belong to.

    Attributes
    ----------
    shape : tuple of int
        Voxels along i, j and k.
    affine : array of float64, shape (4, 4)
        Voxel indices (voxel centres at integers) to scanner RAS+ mm.
    """

    shape: tuple[int, int, int]
    affine: NDArray[np.float64]

    @classmethod
    def of(cls, reference: Any) -> Self:
        """Return the grid of an image, of ``(shape, affine)``, or of a grid.

        Raises
        ------
        UsageError
            If it is neither, or has fewer than three axes.
        AffineError
            If the affine cannot be inverted.
        """
        if isinstance(reference, tuple) and len(reference) == 2:
            shape, affine = reference
        else:
            shape = getattr(reference, "shape", None)
            affine = getattr(reference, "affine", None)
        if shape is None or affine is None or len(shape) < 3:
            raise UsageError(
                "reference: must be an image of three axes or more that has an affine, or "
                f"(shape, affine), got {type(reference).__name__}"
            )
        i, j, k = (int(length) for length in tuple(shape)[:3])
        return cls((i, j, k), invertible(affine))

    @classmethod
    def around(cls, bounds: NDArray[np.float64]) -> Self:
        """Return the smallest grid of 1 mm that holds points.

        Parameters
        ----------
        bounds : array, shape (2, 3)
            Lowest and highest coordinates, mm; NaN where there are no points.
        """
        if not np.isfinite(bounds).all():
            return cls((1, 1, 1), np.eye(4))
        first = np.floor(bounds[0] + 0.5)
        last = np.floor(bounds[1] + 0.5)
        affine = np.eye(4)
        affine[:3, 3] = first
        i, j, k = (int(length) for length in last - first + 1)
        return cls((i, j, k), affine)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Grid):
            return NotImplemented
        return self.shape == other.shape and np.array_equal(self.affine, other.affine)

    __hash__ = None  # type: ignore[assignment]


def invertible(affine: ArrayLike) -> NDArray[np.float64]:
    """Return an affine as float64, shape (4, 4).

    Raises
    ------
    AffineError
        If it cannot be inverted.
    """
    checked = check_affine(affine)
    if not spans_space(checked):
        raise AffineError(f"affine: cannot be inverted: {checked.tolist()}")
    return checked
