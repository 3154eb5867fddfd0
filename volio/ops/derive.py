"""An image with other voxels or on another grid, in the same world as the one it is made from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import ArrayLike

from volio.errors import AffineError
from volio.images.headers.volume_metadata import HeaderVolume
from volio.space.affines import Affine

__all__ = ["affine_of", "derived"]


def affine_of(img: Any, name: str = "img") -> Affine:
    """Return the affine of an image, shape (4, 4), voxels to RAS+ mm.

    Raises
    ------
    AffineError
        If it has none; the message calls the image `name`.
    """
    if img.affine is None:
        raise AffineError(f"{name}: has no affine, so the places of its voxels are unknown")
    affine: Affine = img.affine
    return affine


def derived(
    img: Any,
    data: Any,
    affine: ArrayLike | None,
    out_class: type[Any] | None = None,
    volumes: Sequence[HeaderVolume] | None = None,
    voxels: ArrayLike | None = None,
) -> Any:
    """Make an image with the metadata of another one, on the same or another grid.

    Parameters
    ----------
    img : image
        What the new one is made from. Any object with ``header`` will do.
    data : array
    affine : (4, 4) array-like or None
        Voxels of `data` to the same RAS+ mm as those of `img`; None for unknown.
    out_class : image class, optional
        That of `img` when left out.
    volumes : sequence of (header, int), optional
        Where each volume comes from, where that is not the one of the same number.
    voxels : (4, 4) array-like, optional
        Voxel indices of the new image to those of `img` (default: by the two affines).

    Raises
    ------
    HeaderDataError
        If the class cannot hold such voxels.
    """
    if not hasattr(img, "_derived"):  # images of other packages
        return (out_class or type(img))(data, affine, img.header)
    new = img._derived(data, affine, volumes=volumes, voxels=voxels)
    return new if out_class in (None, type(new)) else out_class.from_image(new)
