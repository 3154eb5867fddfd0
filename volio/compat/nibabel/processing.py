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
    """Return an affine for an array with fewer or more axes than it takes.

    Parameters
    ----------
    affine : array-like, shape (M + 1, N + 1)
        Voxels to RAS+ mm.
    n_dim : int
        Axes of the array.

    Returns
    -------
    array, shape (M + 1, n_dim + 1) or, with more than N axes, (M + 1 + n_dim - N, n_dim + 1)
        Axes that are missing lose their column; those that are too many get a unit of their own.
    """
    matrix, vector = to_matvec(np.asarray(affine, float))
    count = matrix.shape[1]
    adapted: NDArray[np.float64] = from_matvec(matrix[:, :n_dim], vector)
    if n_dim > count:
        adapted = append_diag(adapted, np.ones(n_dim - count))
    return adapted
