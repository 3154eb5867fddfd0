"""nibabel's ``processing``: its numbers in resampling, where an image ends at voxel centres."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.formats.nifti1 import Nifti1Image
from volio.ops import resample
from volio.space.affines import append_diag, from_matvec, to_matvec

__all__ = [
    "SIGMA2FWHM",
    "adapt_affine",
    "conform",
    "resample_from_to",
    "resample_to_output",
]

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


def resample_from_to(
    from_img: Any,
    to_vox_map: Any,
    order: int = 3,
    mode: str = "constant",
    cval: float = 0.0,
    out_class: type[Any] | None = Nifti1Image,
) -> Any:
    """Sample an image at the voxels of another grid; see `volio.resample_from_to`."""
    return resample.resample_from_to(
        from_img, to_vox_map, order, mode, cval, out_class, edge="centre"
    )


def resample_to_output(
    in_img: Any,
    voxel_sizes: float | Sequence[float] | None = None,
    order: int = 3,
    mode: str = "constant",
    cval: float = 0.0,
    out_class: type[Any] | None = Nifti1Image,
) -> Any:
    """Bring an image onto a grid along the axes of the world; see `volio.resample_to_output`."""
    return resample.resample_to_output(
        in_img, voxel_sizes, order, mode, cval, out_class, edge="centre"
    )


def conform(
    from_img: Any,
    out_shape: Sequence[int] = (256, 256, 256),
    voxel_size: Sequence[float] = (1.0, 1.0, 1.0),
    order: int = 3,
    mode: str = "constant",
    cval: float = 0.0,
    orientation: str = "RAS",
    out_class: type[Any] | None = None,
) -> Any:
    """Bring an image to a shape, voxel size and orientation; see `volio.conform`."""
    return resample.conform(
        from_img,
        out_shape,
        voxel_size,
        order,
        mode,
        cval,
        orientation,
        out_class,
        edge="centre",
    )
