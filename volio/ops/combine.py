"""Join images into one, take them apart, and drop axes of length 1."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from os import PathLike
from typing import Any

import numpy as np

from volio.arrays.views import lazy_concatenate, lazy_slice, lazy_squeeze, lazy_stack
from volio.errors import ImageDataError, UsageError, UsageTypeError
from volio.flags import as_flag
from volio.images.headers.volume_metadata import HeaderVolume, volumes_of
from volio.images.kinds import check_kind
from volio.images.spatial import SpatialImage
from volio.io import load
from volio.ops.axes import Volume
from volio.ops.derive import derived
from volio.space.affines import Affine, apply_affine, voxel_sizes
from volio.space.grids import corners

__all__ = ["concat_images", "four_to_three", "squeeze_image"]

#: How far apart voxels of one place may be by two affines, as a part of the voxel size.
SAME_PLACE = 0.01


def concat_images(
    images: Iterable[SpatialImage | str | PathLike[str]],
    check_affines: bool = True,
    axis: int | None = None,
) -> SpatialImage:
    """Join images along a new last axis, or along one they have.

    Parameters
    ----------
    images : iterable of images or file names
    check_affines : bool, optional
        Refuse images with voxels that are more than 0.01 of the smallest voxel size away from
        those of the first one, as the affines have them; smaller differences are taken for
        rounding, and the affine is that of the first. Affines are compared as they are: voxel
        indices to RAS+, in mm unless a NIfTI header states another unit.
    axis : int, optional
        Axis to join along; lengths may differ along it. A new last one when left out.

    Returns
    -------
    image
        Of the class of the first image, with its affine and header. The voxels stay lazy unless
        all images are in memory; their dtype is the one that numpy gives the joined array.

    Raises
    ------
    UsageError
        If there are no images or no such axis, or a shape or an affine does not fit those of
        the first image; the message names the voxel that is furthest away, and how far it is.
    ImageDataError
        If no dtype holds the voxels of all (RGB and numbers).

    Notes
    -----
    Images along a spatial axis have, as a rule, different affines: join them with
    ``check_affines=False``; the affine is that of the first.

    Examples
    --------
    >>> runs = [volio.Nifti1Image(np.full((2, 2, 2), run), np.eye(4)) for run in (1, 2, 3)]
    >>> volio.concat_images(runs).shape
    (2, 2, 2, 3)
    """
    as_flag("check_affines", check_affines)
    if isinstance(images, str | PathLike) or hasattr(images, "dataobj"):
        raise UsageTypeError(f"images: must be several, as a list, got {type(images).__name__}")
    loaded = [load(img) if isinstance(img, str | PathLike) else img for img in images]
    _check_fitting(loaded, check_affines, axis)
    arrays = [img.dataobj for img in loaded]
    data = lazy_stack(arrays) if axis is None else lazy_concatenate(arrays, axis)
    first = loaded[0]
    joined: SpatialImage = derived(first, data, first.affine, volumes=_volumes(loaded, axis))
    return joined


def _check_fitting(images: Sequence[Any], check_affines: bool, axis: int | None) -> None:
    """Refuse images that cannot be joined along an axis."""
    if not images:
        raise UsageError("images: at least one is needed")
    for img in images:
        check_kind(img, "volume", "concat_images")
    first = images[0]
    ndim = len(first.shape)
    if axis is not None and not -ndim <= axis < ndim:
        raise UsageError(f"axis: {axis} is outside the {ndim} axes of the images; None adds one")
    for number, img in enumerate(images[1:], start=1):
        _check_shape(number, img, first, axis)
        if check_affines:
            _check_affine(number, img, first)
    _check_dtypes(images)


def _volumes(images: Sequence[Any], axis: int | None) -> list[HeaderVolume] | None:
    """Return where each volume of the joined image comes from; None where they stay."""
    ndim = len(images[0].shape)
    along = ndim if axis is None else axis % ndim
    if along < 3:
        return None
    if along != max(3, ndim - (axis is not None)):
        return []  # volumes of one image would lie among those of another
    return [volume for img in images for volume in volumes_of(img.header)]


def _check_shape(number: int, img: Any, first: Any, axis: int | None) -> None:
    shape = list(img.shape)
    wanted = list(first.shape)
    if axis is not None and len(shape) == len(wanted):
        shape[axis] = wanted[axis]
    if shape != wanted:
        along = "a new axis" if axis is None else f"axis {axis}"
        raise UsageError(
            f"images: shape {tuple(img.shape)} of {_name(number, img)} does not fit shape "
            f"{tuple(first.shape)} of {_name(0, first)} along {along}"
        )


def _check_affine(number: int, img: Any, first: Any) -> None:
    """Refuse an image whose voxels are elsewhere, by more than affines are rounded."""
    if img.affine is None and first.affine is None:
        return
    whose = f"the affine of {_name(number, img)} differs from that of {_name(0, first)}"
    how = "; resample_from_to brings it onto the same grid, check_affines=False takes it as it is"
    if img.affine is None or first.affine is None:
        raise UsageError(f"images: {whose}: one of them has none{how}")
    index, distance = _largest_distance(img.affine, first.affine, first.shape)
    size = float(voxel_sizes(first.affine).min())
    if not distance <= SAME_PLACE * size:
        raise UsageError(
            f"images: {whose}: voxel {index} is {distance:.3g} mm away, more than {SAME_PLACE:g} "
            f"of a voxel of {size:.3g} mm{how}"
        )


def _largest_distance(
    one: Affine, other: Affine, shape: Sequence[int]
) -> tuple[tuple[int, ...], float]:
    """Return the corner voxel that two affines take furthest apart, and how far, mm."""
    ends = corners(np.eye(4), [max(1, length) for length in shape])
    distances = np.linalg.norm(apply_affine(one, ends) - apply_affine(other, ends), axis=1)
    furthest = int(np.argmax(distances))
    return tuple(ends[furthest].astype(int).tolist()), float(distances[furthest])


def _check_dtypes(images: Sequence[Any]) -> None:
    dtypes = [img.dataobj.dtype for img in images]
    try:
        np.result_type(*dtypes)
    except TypeError as error:
        found = ", ".join(dict.fromkeys(map(str, dtypes)))
        raise ImageDataError(f"images: no dtype holds voxels of all of {found}") from error


def _name(number: int, img: Any) -> str:
    filename = getattr(img, "get_filename", lambda: None)()
    return f"image {number}" + (f" ({filename})" if filename else "")


def four_to_three(img: Volume) -> list[Volume]:
    """Take a 4-D image apart into its volumes.

    Parameters
    ----------
    img : SpatialImage
        With four axes.

    Returns
    -------
    list of images
        Of the same class, in the order of the last axis; lazy voxels stay lazy.

    Raises
    ------
    UsageError
        If the image has not four axes.

    Examples
    --------
    >>> series = volio.Nifti1Image(np.zeros((4, 4, 2, 10)), np.eye(4))
    >>> volumes = volio.four_to_three(series)
    >>> len(volumes), volumes[0].shape
    (10, (4, 4, 2))
    """
    check_kind(img, "volume", "four_to_three")
    if len(img.shape) != 4:
        raise UsageError(f"img: must have four axes to be taken apart, got shape {img.shape}")
    return [
        derived(img, lazy_slice(img.dataobj, (..., at)), img.affine, volumes=[(img.header, at)])
        for at in range(img.shape[3])
    ]


def squeeze_image(img: Volume) -> Volume:
    """Drop axes of length 1 from the end, as far as the fourth.

    Parameters
    ----------
    img : SpatialImage

    Returns
    -------
    image
        A new one of the same class with three axes or more (as many as it had, if fewer); lazy
        voxels stay lazy.

    Examples
    --------
    >>> img = volio.Nifti1Image(np.zeros((4, 4, 2, 1)), np.eye(4))
    >>> volio.squeeze_image(img).shape
    (4, 4, 2)
    """
    check_kind(img, "volume", "squeeze_image")
    data = lazy_squeeze(img.dataobj, _last_ones(img.shape))
    squeezed: Volume = derived(img, data, img.affine)
    return squeezed


def _last_ones(shape: Sequence[int]) -> list[int]:
    axes: list[int] = []
    for axis in reversed(range(3, len(shape))):
        if shape[axis] != 1:
            break
        axes.append(axis)
    return axes
