"""Bring images onto other grids by spline interpolation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.caller import warn_caller
from volio.errors import AffineError, UsageError, UsageTypeError, VoxelsWarning
from volio.formats.nifti1 import Nifti1Image
from volio.images.kinds import check_kind
from volio.images.spatial import SpatialImage
from volio.ops.axes import with_axes_of_space
from volio.ops.derive import affine_of, derived
from volio.ops.filters import filterable
from volio.ops.interpolation import Edge, VolumeSampler
from volio.ops.orient import reorient
from volio.ops.volumes import iterate_volumes
from volio.space.affines import check_affine, rescale_affine
from volio.space.grids import vox2out_vox
from volio.space.transforms import compose, invert

__all__ = ["conform", "resample_from_to", "resample_to_output"]

Affine = NDArray[np.float64]


def resample_from_to(
    from_img: SpatialImage,
    to_vox_map: SpatialImage | tuple[Sequence[int], ArrayLike],
    order: int = 3,
    mode: str = "constant",
    cval: float = 0.0,
    out_class: type[SpatialImage] | None = Nifti1Image,
    *,
    edge: Edge = "voxel",
) -> SpatialImage:
    """Sample an image at the voxels of another grid.

    Parameters
    ----------
    from_img : SpatialImage
        Three axes or more. Axes after the third are kept; each volume is sampled by itself, so
        that memory is needed for the result and two volumes.
    to_vox_map : image or (shape, affine)
        The grid: an object with ``shape`` and ``affine``, or the two; the affine (4, 4), voxels
        to RAS+ mm. Axes after the third may be left out; those that are there must be as long as
        the image's.
    order : int, optional
        Of the spline, 0 (nearest voxel, for labels) to 5.
    mode : str, optional
        What is outside the image, as in ``scipy.ndimage.affine_transform``: 'constant',
        'nearest', 'reflect', 'mirror', 'wrap', 'grid-constant', 'grid-mirror', 'grid-wrap'.
    cval : float, optional
        Value outside for the constant modes.
    out_class : image class or None, optional
        Class of the result; None for the class of `from_img`.
    edge : {"voxel", "centre"}, optional
        Where the mode 'constant' begins to be outside. "voxel": a voxel reaches half a voxel
        around its centre along each axis, as in ITK; within the outer half of the outermost
        voxels, orders 0 and 1 take the nearest values and higher ones the spline mirrored at
        the centres. "centre": right after the centres of the outermost voxels, as in
        `scipy.ndimage` and nibabel.

    Returns
    -------
    image
        Of the dtype of the voxels of `from_img`; integers are rounded. Voxels of `from_img`
        that are NaN or infinite spoil those in which they have a weight, less than
        ``(order + 1) / 2`` voxels away along each axis, and no others: for these they have the
        value of the nearest finite voxel.

    Raises
    ------
    AffineError
        If an image has no affine, less than three axes, or voxels that span no volume.
    UsageError
        If an argument is outside its range or the axes after the third differ.
    ImageDataError
        If the voxels have fields (RGB).

    Warns
    -----
    VoxelsWarning
        If voxels are NaN or infinite.

    Examples
    --------
    >>> img = volio.Nifti1Image(np.ones((4, 4, 4)), np.diag([2, 2, 2, 1]))
    >>> volio.resample_from_to(img, ((8, 8, 8), np.eye(4)), order=1).shape
    (8, 8, 8)
    """
    check_kind(from_img, "volume", "resample_from_to")
    affine = affine_of(from_img, "from_img")
    if len(from_img.shape) < 3:
        raise AffineError(f"from_img: must have three axes or more, got shape {from_img.shape}")
    shape, to_affine = _grid(to_vox_map, from_img.shape)
    # Rounding errors must not put voxels on the border of the image outside it.
    to_from = np.round(compose(invert(affine), to_affine), 10)
    sampler = VolumeSampler(
        to_from,
        (*from_img.shape[:3],),
        (*shape[:3], 1, 1)[:3],
        order=order,
        mode=mode,
        cval=cval,
        edge=edge,
    )
    data = _sampled(from_img.dataobj, sampler).reshape(shape, order="F")
    _warn_of_spoiling(sampler.spoiling, order)
    made: SpatialImage = derived(from_img, data, to_affine, out_class)
    return made


def _warn_of_spoiling(count: int, order: int) -> None:
    """Warn where voxels that are NaN or infinite have spoiled the samples around them."""
    if count:
        reach = (order + 1) / 2
        warn_caller(
            f"{count} voxels are NaN or infinite: so are samples less than {reach:g} voxels away "
            "from them",
            VoxelsWarning,
        )


def _grid(to_vox_map: Any, from_shape: Sequence[int]) -> tuple[tuple[int, ...], Affine]:
    """Return shape and affine of the grid to sample at, with the volumes of the image."""
    if hasattr(to_vox_map, "shape") and hasattr(to_vox_map, "affine"):
        to_vox_map = to_vox_map.shape, affine_of(to_vox_map, "to_vox_map")
    try:
        given, affine = to_vox_map
    except (TypeError, ValueError) as error:
        wanted = "must be an image, or a shape and an affine"
        raise UsageTypeError(f"to_vox_map: {wanted}, got {to_vox_map!r:.60}") from error
    shape = tuple(int(length) for length in given)
    return _with_volumes(shape, from_shape), check_affine(affine)


def _with_volumes(shape: tuple[int, ...], from_shape: Sequence[int]) -> tuple[int, ...]:
    """Return the shape of a grid with the volumes of the image that is sampled."""
    volumes = tuple(from_shape[3:])
    has_others = len(shape) > 3 and shape[3:] != volumes
    if not shape or has_others or (len(shape) < 3 and volumes):
        raise UsageError(
            f"to_vox_map: the shape {shape} does not fit an image of shape {tuple(from_shape)}; "
            "give (shape[:3], affine) to sample each volume on one grid"
        )
    return (*shape[:3], *volumes)


def _sampled(data: Any, sampler: VolumeSampler) -> NDArray[Any]:
    """Sample each volume of an array."""
    out = np.empty((*sampler.grid, *data.shape[3:]), filterable(data.dtype), order="F")
    for place, volume in iterate_volumes(data):
        where: tuple[Any, ...] = (..., *place)
        sampler.sample(volume.astype(out.dtype, copy=False), out[where])
    return out


def resample_to_output(
    in_img: SpatialImage,
    voxel_sizes: float | Sequence[float] | None = None,
    order: int = 3,
    mode: str = "constant",
    cval: float = 0.0,
    out_class: type[SpatialImage] | None = Nifti1Image,
    *,
    edge: Edge = "voxel",
) -> SpatialImage:
    """Bring an image onto a grid along the axes of the world, just large enough to hold it.

    Parameters
    ----------
    in_img : SpatialImage
        Of one axis or more; axes after the third are kept.
    voxel_sizes : float or sequence of float, optional
        Voxel sizes of the result in mm, one for all or one per axis of space; 1 when left out.
    order, mode, cval, out_class, edge
        As for `resample_from_to`.

    Returns
    -------
    image
        Of three axes or more, with a diagonal affine: RAS+ axes.

    Raises
    ------
    AffineError, UsageError, ImageDataError
        As for `resample_from_to`.

    Examples
    --------
    >>> img = volio.Nifti1Image(np.ones((4, 4, 4)), np.diag([2, 2, 2, 1]))
    >>> volio.resample_to_output(img, voxel_sizes=(1, 1, 1)).header.get_zooms()
    (1.0, 1.0, 1.0)
    """
    check_kind(in_img, "volume", "resample_to_output")
    affine = affine_of(in_img, "in_img")
    shape = (*in_img.shape, 1, 1)[: max(3, len(in_img.shape))]
    volume = derived(in_img, in_img.dataobj.reshape(shape), affine)
    grid = vox2out_vox((shape[:3], affine), _sizes(voxel_sizes, len(in_img.shape)))
    return resample_from_to(volume, grid, order, mode, cval, out_class, edge=edge)


def _sizes(voxel_sizes: float | Sequence[float] | None, ndim: int) -> list[float]:
    """Return the sizes of a voxel along three axes; 1 for axes that the image does not have."""
    axes = min(ndim, 3)
    given = np.asarray(1.0 if voxel_sizes is None else voxel_sizes, np.float64)
    if given.shape not in ((), (axes,), (3,)):
        raise UsageError(f"voxel_sizes: must be one number or {axes}, got {voxel_sizes!r}")
    if given.ndim == 0:
        given = np.full(axes, given)
    return [*given.tolist(), 1.0, 1.0][:3]


def conform(
    from_img: SpatialImage,
    out_shape: Sequence[int] = (256, 256, 256),
    voxel_size: Sequence[float] = (1.0, 1.0, 1.0),
    order: int = 3,
    mode: str = "constant",
    cval: float = 0.0,
    orientation: str = "RAS",
    out_class: type[SpatialImage] | None = None,
    *,
    edge: Edge = "voxel",
) -> SpatialImage:
    """Bring an image to a shape, voxel size and orientation, its centre kept in the centre.

    The image is turned first and then sampled on a grid with its own directions: an oblique image
    stays oblique. With the defaults and ``orientation="LIA"`` the grid is that of FreeSurfer's
    ``mri_convert --conform`` up to obliqueness; values keep their range and dtype.

    Parameters
    ----------
    from_img : SpatialImage
        Axes after the third are kept; a plane counts as one slice.
    out_shape : sequence of int, optional
        Voxels along the three axes of the result.
    voxel_size : sequence of float, optional
        Voxel sizes of the result in mm.
    order, mode, cval
        As for `resample_from_to`.
    orientation : str, optional
        Axis codes of the result.
    out_class : image class, optional
        Class of the result; that of `from_img` when left out.
    edge : {"voxel", "centre"}, optional
        As for `resample_from_to`.

    Returns
    -------
    image

    Raises
    ------
    AffineError, UsageError, ImageDataError
        As for `resample_from_to`.
    OrientationError
        If `orientation` is not valid.

    Examples
    --------
    >>> img = volio.Nifti1Image(np.ones((4, 4, 4)), np.diag([-2, 2, 2, 1]))
    >>> conformed = volio.conform(img, out_shape=(8, 8, 8), voxel_size=(1, 1, 1))
    >>> conformed.shape, volio.aff2axcodes(conformed.affine)
    ((8, 8, 8), ('R', 'A', 'S'))
    """
    for name, values in (("out_shape", out_shape), ("voxel_size", voxel_size)):
        if len(values) != 3 or not all(value > 0 for value in values):
            raise UsageError(f"{name}: must be three values above 0, got {values!r}")
    check_kind(from_img, "volume", "conform")
    turned = reorient(with_axes_of_space(from_img), orientation)
    affine = rescale_affine(affine_of(turned), turned.shape[:3], voxel_size, out_shape)
    grid = (out_shape, affine)
    return resample_from_to(turned, grid, order, mode, cval, out_class, edge=edge)
