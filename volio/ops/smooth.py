"""Smooth images with a Gaussian kernel."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.errors import AffineError, UsageError
from volio.formats.nifti1 import Nifti1Image
from volio.images.kinds import check_kind
from volio.images.spatial import SpatialImage
from volio.ops.derive import affine_of, derived
from volio.ops.filters import check_mode, filterable
from volio.ops.volumes import iterate_volumes
from volio.space.affines import voxel_sizes

__all__ = ["fwhm2sigma", "sigma2fwhm", "smooth_image"]

#: Full width at half maximum of a Gaussian of standard deviation 1.
FWHM = float(np.sqrt(8 * np.log(2)))


def fwhm2sigma(fwhm: ArrayLike) -> np.float64 | NDArray[np.float64]:
    """Return the standard deviation of a Gaussian from its full width at half maximum.

    Parameters
    ----------
    fwhm : number or array-like

    Returns
    -------
    number or array

    Examples
    --------
    >>> round(float(volio.fwhm2sigma(6)), 3)
    2.548
    """
    return np.asarray(fwhm) / FWHM


def sigma2fwhm(sigma: ArrayLike) -> np.float64 | NDArray[np.float64]:
    """Return the full width at half maximum of a Gaussian from its standard deviation.

    Parameters
    ----------
    sigma : number or array-like

    Returns
    -------
    number or array

    Examples
    --------
    >>> round(float(volio.sigma2fwhm(2.548)), 3)
    6.0
    """
    return np.asarray(sigma) * FWHM


def smooth_image(
    img: SpatialImage,
    fwhm: ArrayLike,
    mode: str = "nearest",
    cval: float = 0.0,
    out_class: type[SpatialImage] | None = Nifti1Image,
) -> SpatialImage:
    """Smooth an image along its voxel axes with a Gaussian kernel.

    Parameters
    ----------
    img : SpatialImage
        Of one axis or more; read and smoothed volume by volume unless `fwhm` is for all axes.
    fwhm : float or sequence of float
        Full width at half maximum of the kernel, in mm. One number smooths the first three axes;
        a sequence has one for each axis of the image, those after the third in voxels.
    mode : str, optional
        What is outside the image, as in ``scipy.ndimage.gaussian_filter``.
    cval : float, optional
        Value outside for the mode 'constant'.
    out_class : image class or None, optional
        Class of the result; None for the class of `img`.

    Returns
    -------
    image
        Of the dtype of the voxels of `img`. Integers are computed in integers, which drops
        fractions after each axis: smooth ``img.get_fdata(dtype="float32")`` to keep them.

    Raises
    ------
    AffineError
        If the image has no affine, or a voxel axis of no length.
    UsageError
        If `fwhm` or `mode` are none of these.
    ImageDataError
        If the voxels have fields (RGB).

    Examples
    --------
    >>> point = np.zeros((9, 9, 9))
    >>> point[4, 4, 4] = 1
    >>> smooth = volio.smooth_image(volio.Nifti1Image(point, np.eye(4)), fwhm=3)
    >>> round(float(smooth.get_fdata().sum()), 2)
    1.0
    """
    from scipy.ndimage import gaussian_filter

    check_kind(img, "volume", "smooth_image")
    smooth: Any = gaussian_filter
    check_mode(mode)
    sigma = _sigma_in_voxels(img, fwhm)
    out = np.empty(img.shape, filterable(img.dataobj.dtype), order="F")
    for place, values in _parts(img, apart=not np.any(sigma[3:])):
        where: tuple[Any, ...] = (..., *place)
        source = values.astype(out.dtype, copy=False)
        smooth(source, sigma[: source.ndim], output=out[where], mode=mode, cval=cval)
    made: SpatialImage = derived(img, out, img.affine, out_class)
    return made


def _parts(img: Any, apart: bool) -> Iterable[tuple[tuple[int, ...], NDArray[Any]]]:
    """Return what is smoothed at once: each volume, or everything."""
    return iterate_volumes(img.dataobj) if apart else [((), np.asarray(img.dataobj))]


def _sigma_in_voxels(img: Any, fwhm: ArrayLike) -> NDArray[np.float64]:
    """Return the standard deviation of the kernel along each axis, in voxels."""
    sizes = np.ones(len(img.shape))
    sizes[:3] = voxel_sizes(affine_of(img))[: len(sizes[:3])]
    if not np.all(sizes > 0):
        raise AffineError(f"img: has a voxel axis of no length: {sizes[:3].tolist()}")
    sigma: NDArray[np.float64] = fwhm2sigma(_widths(fwhm, img.shape)) / sizes
    return sigma


def _widths(fwhm: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Return the width along each axis: mm for those of space, else voxels."""
    ndim = len(shape)
    widths = np.asarray(fwhm, np.float64)
    if widths.ndim == 0:
        widths = np.where(np.arange(ndim) < 3, widths, 0.0)
    if widths.shape != (ndim,) or not np.all(np.isfinite(widths)) or np.any(widths < 0):
        raise UsageError(
            f"fwhm: must be one number, or {ndim} for an image of shape {shape}, finite and not "
            f"negative; got {fwhm!r}"
        )
    return widths
