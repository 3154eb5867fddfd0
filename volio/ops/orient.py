"""Turn images so that their axes run another way; no voxel moves in the world."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from volio.errors import AffineError, OrientationError
from volio.space.orientations import axcodes2ornt, io_orientation, ornt_transform, reorient_affine

__all__ = ["as_closest_canonical", "reorient"]


def as_closest_canonical(img: Any, enforce_diag: bool = False) -> Any:
    """Turn an image so that its axes run nearly to the right, to the front and up.

    Parameters
    ----------
    img : SpatialImage
        Three axes or more; voxel axes may be oblique.
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
        With `enforce_diag`, if the affine would not be diagonal; if the image has fewer than
        three axes or an axis without a direction.
    AffineError
        If the image has no affine.

    Examples
    --------
    >>> img = volio.Nifti1Image(np.arange(8).reshape(2, 2, 2), np.diag([-1, 1, 1, 1]))
    >>> canonical = volio.as_closest_canonical(img)
    >>> volio.aff2axcodes(img.affine), volio.aff2axcodes(canonical.affine)
    (('L', 'A', 'S'), ('R', 'A', 'S'))
    """
    ornt = _turn_to(img, "RAS")
    if enforce_diag and not _is_diagonal(reorient_affine(img.affine, img.shape, ornt)):
        raise OrientationError(
            "img: its voxel axes are not parallel to those of the world, so that turning and "
            "flipping them cannot make the affine diagonal; resample_to_output can"
        )
    return img.as_reoriented(ornt)


def reorient(img: Any, axcodes: Sequence[str] = "RAS") -> Any:
    """Turn an image so that its axes run most nearly as axis codes say.

    Parameters
    ----------
    img : SpatialImage
        Three axes or more.
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
        If the codes are not one of each pair; if the image has fewer than three axes or an axis
        without a direction.
    AffineError
        If the image has no affine.
    """
    return img.as_reoriented(_turn_to(img, axcodes))


def _turn_to(img: Any, axcodes: Sequence[str]) -> Any:
    if img.affine is None:
        raise AffineError("img: has no affine, so it is unknown which way its axes run")
    if len(img.shape) < 3:
        raise OrientationError(f"img: must have three axes to be turned, got shape {img.shape}")
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
