"""Turn images so that their axes run another way; no voxel moves in the world."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.errors import AffineError, OrientationError
from volio.flags import as_flag
from volio.images.kinds import check_kind
from volio.images.spatial import SpatialImage
from volio.ops.axes import Volume, drop_axes, with_axes_of_space
from volio.space.orientations import axcodes2ornt, io_orientation, ornt_transform

__all__ = ["as_closest_canonical", "reorient"]


def as_closest_canonical(img: Volume, enforce_diag: bool = False) -> Volume:
    """Turn an image so that its axes run nearly to the right, to the front and up.

    Parameters
    ----------
    img : SpatialImage
        Of any number of axes, which may be oblique; see `reorient` for one or two.
    enforce_diag : bool, optional
        Refuse an image whose axes then still are not exactly those of the world.

    Returns
    -------
    SpatialImage
        Of the same class, its axes in the order and direction nearest to RAS+; lazy voxels stay
        lazy. The image itself if its axes run so already.

    Raises
    ------
    OrientationError
        With `enforce_diag`, if the affine would not be diagonal; if an axis has no direction.
    AffineError
        If the image has no affine.
    UsageError
        If the image is not a volume.

    Examples
    --------
    >>> img = volio.Nifti1Image(np.arange(8).reshape(2, 2, 2), np.diag([-1, 1, 1, 1]))
    >>> canonical = volio.as_closest_canonical(img)
    >>> volio.aff2axcodes(img.affine), volio.aff2axcodes(canonical.affine)
    (('L', 'A', 'S'), ('R', 'A', 'S'))
    """
    as_flag("enforce_diag", enforce_diag)
    check_kind(img, "volume", "as_closest_canonical")
    canonical = _turned(img, "RAS")
    if enforce_diag and not _is_diagonal(canonical.affine):
        raise OrientationError(
            "img: its voxel axes are not parallel to those of the world, so that turning and "
            "flipping them cannot make the affine diagonal; resample_to_output can"
        )
    return canonical


def reorient(img: Volume, axcodes: Sequence[str] = "RAS") -> Volume:
    """Turn an image so that its axes run most nearly to given directions.

    Parameters
    ----------
    img : SpatialImage
        Of any number of axes. Those that a plane or a row lacks are taken to have one voxel; the
        result has them where they come before one that the image has.
    axcodes : str or sequence of str
        For each voxel axis where it shall run to: one each of R or L, A or P, S or I, such as
        ``"LPS"``.

    Returns
    -------
    SpatialImage
        Of the same class; lazy voxels stay lazy. The image itself if its axes run so already.

    Raises
    ------
    OrientationError
        If the codes are not one of each pair, or an axis has no direction.
    AffineError
        If the image has no affine.
    UsageError
        If the image is not a volume.
    """
    check_kind(img, "volume", "reorient")
    return _turned(img, axcodes)


def _turned(img: Volume, axcodes: Sequence[str]) -> Volume:
    """Return an image whose axes run to given directions; itself if they do so already."""
    ornt = _turn_to(img, axcodes)
    volume = with_axes_of_space(img)
    turned = volume.as_reoriented(ornt)
    if turned is volume:
        return img
    # Axes that the image lacks have one voxel: they go where they are the last ones again.
    lacking = set(ornt[len(img.shape) :, 0].astype(int).tolist())
    dropped = 0
    while 2 - dropped in lacking:
        dropped += 1
    return drop_axes(turned, dropped)


def _turn_to(img: SpatialImage, axcodes: Sequence[str]) -> NDArray[np.float64]:
    if img.affine is None:
        raise AffineError("img: has no affine, so it is unknown which way its axes run")
    wanted = axcodes2ornt(axcodes.upper() if isinstance(axcodes, str) else axcodes)
    if sorted(wanted[:, 0]) != [0, 1, 2]:
        raise OrientationError(
            f"axcodes: must be one each of R or L, A or P, S or I, got {axcodes!r}"
        )
    found = io_orientation(img.affine)
    if np.isnan(found).any():
        raise OrientationError(
            f"img: a voxel axis has no direction of its own in the affine {img.affine.tolist()}"
        )
    return ornt_transform(found, wanted)


def _is_diagonal(affine: Any) -> bool:
    linear = affine[:3, :3]
    return bool(np.allclose(linear, np.diag(np.diag(linear))))
