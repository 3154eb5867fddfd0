"""Cut blocks of voxels out of images, and put them back; no voxel moves in the world."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.arrays.filled.padded import lazy_pad
from volio.errors import ImageDataError, UsageError
from volio.images.kinds import check_kind, kind_of
from volio.ops.derive import affine_of, derived
from volio.ops.masks import has_same_grid, indices_inside, limits_in_voxels
from volio.space.affines import apply_affine, from_matvec, voxel_sizes
from volio.space.grids import bounding_box
from volio.space.rotations import affine_difference
from volio.space.transforms import invert

if TYPE_CHECKING:
    from volio.images.spatial import SpatialImage

__all__ = ["block_around_box", "block_around_mask", "crop_to_mask", "pad_image", "pad_to_image"]

Block = tuple[slice, ...]

#: Part of a voxel by which rounding may take a box beyond the edge of a voxel.
ROUNDING = 1e-6

#: Part of a voxel by which the voxels of a cropped image may be off the grid it was cut from.
OFF_GRID = 0.01


def crop_to_mask(
    img: SpatialImage, mask: SpatialImage | ArrayLike | None = None, margin: int | Sequence[int] = 0
) -> SpatialImage:
    """Crop an image to the smallest block of voxels that holds a mask.

    Parameters
    ----------
    img : SpatialImage
        Voxels (i, j, k, ...); axes after the third are kept.
    mask : SpatialImage or array, optional
        Voxels that are neither 0 nor NaN count, in any of its volumes. An array has the shape of
        the image, or of its first axes. An image may have a grid of its own: its voxels count
        where they are in the world, each up to half its size around its centre. By default the
        voxels of `img` itself that are not 0.
    margin : int or sequence of int, optional
        Voxels of `img` to keep around the block, for all axes of space or one for each; as far
        as the image reaches.

    Returns
    -------
    SpatialImage
        Of the same class; lazy voxels stay lazy, and voxels keep their positions in the world.
        Metadata of slices follow them. `pad_to_image` is the way back.

    Raises
    ------
    ImageDataError
        If all voxels of the mask are 0.
    UsageError
        If the mask has a shape that does not fit or is outside the image, a margin is negative,
        or the image is not a volume.

    See Also
    --------
    pad_image, pad_to_image

    Examples
    --------
    >>> data = np.zeros((10, 10, 10))
    >>> data[3:6, 4:8, 5] = 1
    >>> img = volio.Nifti1Image(data, np.diag([2, 2, 2, 1]))
    >>> cropped = volio.crop_to_mask(img, margin=1)
    >>> cropped.shape, cropped.affine[:3, 3]
    ((5, 6, 3), array([4., 6., 8.]))
    >>> volio.pad_to_image(cropped, img).shape
    (10, 10, 10)
    """
    check_kind(img, "volume", "crop_to_mask")
    cropped: SpatialImage = img.slicer[block_around_mask(img, mask, margin)]
    return cropped


def block_around_mask(img: Any, mask: Any = None, margin: int | Sequence[int] = 0) -> Block:
    """Return the smallest block of voxels of an image that holds a mask.

    Parameters and errors are those of `crop_to_mask`.

    Returns
    -------
    tuple of slice
        One for each axis of space.
    """
    margins = _margins(margin, len(img.shape[:3]))
    block = _block_of(mask, img)
    sides = zip(block, margins, img.shape[:3], strict=True)
    return tuple([_widened(part, width, length) for part, width, length in sides])


def _widened(part: slice, width: int, length: int) -> slice:
    """Return a range with so many more indices at each end, as far as the axis reaches."""
    return slice(max(part.start - width, 0), min(part.stop + width, length))


def _block_of(mask: Any, img: Any) -> Block:
    """Return the block of voxels of an image that holds a mask: its own voxels, an array, an image.

    The parameters are those of `crop_to_mask`.
    """
    if mask is None:
        return _block_inside(img.dataobj, "img")
    if kind_of(mask) is None:
        return _block_inside(_fitting_array(mask, img.shape), "mask")
    check_kind(mask, "volume", "mask")
    if has_same_grid(img, mask):
        return _block_inside(mask.dataobj, "mask")
    return _block_by_position(mask, img)


def _fitting_array(mask: ArrayLike, shape: Sequence[int]) -> NDArray[Any]:
    """Return a mask as an array, which must have the first axes of a shape."""
    data = np.asanyarray(mask)
    if data.ndim < len(shape[:3]) or data.shape != tuple(shape[: data.ndim]):
        raise UsageError(f"mask: shape {data.shape} does not fit an image of shape {tuple(shape)}")
    return data


def _block_by_position(mask: Any, img: Any) -> Block:
    """Return the block of voxels of an image that a mask on another grid covers."""
    if img.affine is None or mask.affine is None:
        raise UsageError(
            f"mask: shape {tuple(mask.shape)} does not fit an image of shape {tuple(img.shape)}, "
            "and one of them has no affine that says where it is"
        )
    limits = limits_in_voxels(mask, img)
    if limits is None:
        raise _nothing_inside("mask")
    block = _block_between(*limits, img.shape[:3])
    if block is None:
        raise UsageError(f"mask: is outside the image, {_extent(img)}")
    return block


def _block_inside(data: Any, name: str) -> Block:
    block = []
    for inside in indices_inside(data):
        found = np.flatnonzero(inside)
        if not len(found):
            raise _nothing_inside(name)
        block.append(slice(int(found[0]), int(found[-1]) + 1))
    return tuple(block)


def _nothing_inside(name: str) -> ImageDataError:
    return ImageDataError(f"{name}: has no voxel that is not 0, so there is nothing to keep")


def _margins(margin: int | Sequence[int], axes: int) -> list[int]:
    given = np.asarray(margin)
    if given.shape not in ((), (axes,)) or given.dtype.kind not in "iu" or (given < 0).any():
        raise UsageError(f"margin: must be one whole number or {axes}, 0 or more, got {margin!r}")
    widths: list[int] = np.broadcast_to(given, (axes,)).tolist()
    return widths


def block_around_box(img: Any, one: ArrayLike, other: ArrayLike) -> Block:
    """Return the smallest block of voxels of an image that covers a box in the world.

    Parameters
    ----------
    img : SpatialImage
    one, other : (3,) array-like
        Two opposite corners, RAS+ mm (or what the unit of the image is).

    Returns
    -------
    tuple of slice
        One for each axis of space.

    Raises
    ------
    AffineError
        If the image has no affine.
    UsageError
        If the box is outside the image.
    """
    to_voxels = invert(affine_of(img))
    sides = zip(np.asarray(one, float), np.asarray(other, float), strict=True)
    voxels = apply_affine(to_voxels, list(product(*sides)))
    block = _block_between(voxels.min(axis=0), voxels.max(axis=0), img.shape[:3])
    if block is None:
        raise UsageError(f"box: is outside the image, {_extent(img)}")
    return block


def _block_between(
    low: NDArray[np.float64], high: NDArray[np.float64], space: Sequence[int]
) -> Block | None:
    """Return the voxels that meet a box in voxel indices; None if none does.

    A voxel reaches from half an index before its own to half an index after it. A box without
    extent meets the voxel that it is in.
    """
    lengths = [*space, 1, 1][:3]
    # Rounding errors must not add a layer of voxels.
    first = np.floor(low + 0.5 + ROUNDING).astype(int)
    last = np.ceil(high + 0.5 - ROUNDING).astype(int)
    starts = np.maximum(first, 0).tolist()
    stops = np.minimum(np.maximum(last, first + 1), lengths).tolist()
    block = [slice(*ends) for ends in zip(starts, stops, strict=True)]
    if any(part.start >= part.stop for part in block):
        return None
    return tuple(block[: len(space)])


def _extent(img: Any) -> str:
    """Return from where to where the voxels of an image are, in mm, as the end of a sentence."""
    if 0 in img.shape[:3]:
        return f"which has no voxels, its shape is {tuple(img.shape)}"
    low, high = bounding_box(img.affine, img.shape, edges=True)
    ends = zip("xyz", low, high, strict=True)
    return "which has " + ", ".join(
        f"{axis} {start:.4g} to {stop:.4g}" for axis, start, stop in ends
    )


def pad_image(
    img: SpatialImage, widths: int | Sequence[int | tuple[int, int]], value: float = 0
) -> SpatialImage:
    """Add voxels of one value around an image; those it has keep their positions in the world.

    Parameters
    ----------
    img : SpatialImage
        Voxels (i, j, k, ...).
    widths : int or sequence
        Voxels to add at each end of each axis of space; or for each axis a number, or two:
        before the first voxel and after the last one.
    value : number, optional
        Of the new voxels, in the dtype of the voxels.

    Returns
    -------
    SpatialImage
        Of the same class; lazy voxels stay lazy. The affine leads to the new first voxel. Times
        of slices become unknown, with a warning, where there are new slices.

    Raises
    ------
    UsageError
        If the widths do not fit the axes, or the image is not a volume.
    ImageDataError
        If the dtype of the voxels cannot hold the value.

    See Also
    --------
    pad_to_image, crop_to_mask

    Examples
    --------
    >>> img = volio.Nifti1Image(np.ones((4, 4, 4), np.int16), np.diag([2, 2, 2, 1]))
    >>> padded = volio.pad_image(img, [(1, 2), 0, 3])
    >>> padded.shape, padded.affine[:3, 3]
    ((7, 4, 10), array([-2.,  0., -6.]))
    """
    check_kind(img, "volume", "pad_image")
    return _padded(img, _pairs(widths, len(img.shape[:3])), value)


def _pairs(widths: Any, axes: int) -> list[tuple[int, int]]:
    """Return the voxels before and after along each axis of space."""
    given = list(widths) if isinstance(widths, Sequence | np.ndarray) else [widths] * axes
    pairs = [np.ravel(width) for width in given]
    if len(pairs) != axes or not all(map(_is_width, pairs)):
        raise UsageError(
            f"widths: must be a whole number, 0 or more, or one or two for each of {axes} axes, "
            f"got {widths!r}"
        )
    return [(int(pair[0]), int(pair[-1])) for pair in pairs]


def _is_width(pair: NDArray[Any]) -> bool:
    """Return whether numbers are one or two integers that are not negative."""
    return pair.size in (1, 2) and pair.dtype.kind in "iu" and bool((pair >= 0).all())


def _padded(
    img: Any, pairs: Sequence[tuple[int, int]], value: float, affine: Any = None
) -> SpatialImage:
    """Return a padded image; its affine is worked out unless it is known."""
    later = [(0, 0)] * (len(img.shape) - len(pairs))
    data = lazy_pad(img.dataobj, [*pairs, *later], value)
    voxels = _moved_by([first for first, _ in pairs])
    if affine is None and img.affine is not None:
        affine = img.affine @ voxels
    padded: SpatialImage = derived(img, data, affine, voxels=voxels)
    return padded


def _moved_by(before: Sequence[int]) -> NDArray[np.float64]:
    """Return the matrix from voxel indices of a padded image to those of the one inside."""
    return from_matvec(np.eye(3), [-width for width in [*before, 0, 0][:3]])


def pad_to_image(img: SpatialImage, reference: SpatialImage, value: float = 0) -> SpatialImage:
    """Pad an image to the grid of another one that it is a part of.

    Parameters
    ----------
    img : SpatialImage
        Voxels (i, j, k, ...), as `crop_to_mask` or ``reference.slicer[...]`` give.
    reference : SpatialImage
        Its affine and the lengths of its axes of space are those of the result.
    value : number, optional
        Of the voxels that `img` has not, in the dtype of its voxels.

    Returns
    -------
    SpatialImage
        Of the class of `img`; lazy voxels stay lazy.

    Raises
    ------
    UsageError
        If voxels of `img` are not voxels of the reference, or one of them is not a volume.
    AffineError
        If one of them has no affine.
    ImageDataError
        If the dtype of the voxels cannot hold the value.

    See Also
    --------
    crop_to_mask, pad_image
    resample_from_to : for images on any grids.

    Examples
    --------
    >>> img = volio.Nifti1Image(np.ones((4, 4, 4), np.int16), np.diag([2, 2, 2, 1]))
    >>> part = img.slicer[1:3, :, :2]
    >>> back = volio.pad_to_image(part, img)
    >>> back.shape, int(back.dataobj[1, 0, 0]), int(back.dataobj[3, 0, 0])
    ((4, 4, 4), 1, 0)
    """
    for each in (img, reference):
        check_kind(each, "volume", "pad_to_image")
    return _padded(img, _widths_within(img, reference), value, reference.affine)


def _widths_within(img: Any, reference: Any) -> list[tuple[int, int]]:
    """Return the voxels of a reference before and after those of an image, along each axis."""
    starts = _first_voxel(img, reference)
    lengths = np.array([*img.shape[:3], 1, 1][:3])
    before = starts.tolist()
    after = ([*reference.shape[:3], 1, 1][:3] - starts - lengths).tolist()
    axes = len(img.shape[:3])
    if min(*before, *after) < 0 or any(before[axes:] + after[axes:]):
        raise UsageError(
            f"img: voxels {before} to {(starts + lengths - 1).tolist()} of the reference, "
            f"whose shape is {tuple(reference.shape)}, reach beyond it; slicer crops it first"
        )
    return list(zip(before, after, strict=True))[:axes]


def _first_voxel(img: Any, reference: Any) -> NDArray[np.int64]:
    """Return the index in a reference of the first voxel of an image on the same grid."""
    target = affine_of(reference, "reference")
    source = affine_of(img, "img")
    first = apply_affine(invert(target), source[:3, 3])
    starts: NDArray[np.int64] = np.rint(first).astype(np.int64)
    degrees, mm = affine_difference(source, target @ from_matvec(np.eye(3), starts), img.shape)
    if mm > OFF_GRID * voxel_sizes(target).min():
        raise UsageError(
            f"img: its voxels are not those of the reference: up to {mm:.3g} mm away from them, "
            f"axes turned by {degrees:.3g} degrees; resample_from_to brings it onto that grid"
        )
    return starts
