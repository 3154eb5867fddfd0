"""Beside the resampling itself: nibabel's other ``processing`` names."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.space.affines import append_diag, from_matvec, to_matvec

__all__ = ["SIGMA2FWHM", "adapt_affine"]

SIGMA2FWHM = math.sqrt(8 * math.log(2))
"""Width of a Gaussian at half its height, as a multiple of its standard deviation."""


def adapt_affine(affine: ArrayLike, n_dim: int) -> NDArray[np.float64]:
    """Return an affine for an array with fewer or more axes than three.

    Parameters
    ----------
    affine : array-like, shape (4, 4)
        Voxels to RAS+ mm.
    n_dim : int
        Axes of the array.

    Returns
    -------
    array, shape (4, n_dim + 1) or, above three, (n_dim + 1, n_dim + 1)
        Axes that are missing lose their column; those after the third get a unit of their own.
    """
    matrix, vector = to_matvec(np.asarray(affine, float))
    adapted: NDArray[np.float64] = from_matvec(matrix[:, : min(n_dim, 3)], vector)
    if n_dim > 3:
        adapted = append_diag(adapted, np.ones(n_dim - 3))
    return adapted
