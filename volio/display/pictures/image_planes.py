"""The three planes of an image through a point, as pictures with their places in space."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.display.colour.drawing import Bytes
from volio.display.pictures.plots import AXES, SectionSheet

__all__ = ["ImagePlane", "planes_for_tracts"]

NAMES = {"x": "sagittal", "y": "coronal", "z": "axial"}
#: Pixels of the longest side.
SIZE = 256


class ImagePlane(NamedTuple):
    """A picture of a plane, and where it is.

    Attributes
    ----------
    name : str
        'sagittal', 'coronal' or 'axial'.
    picture : (rows, columns, 4) uint8 array
        RGBA; row 0 is the highest.
    corner : array, shape (3,)
        The upper left corner of the picture, mm.
    down, across : array, shape (3,)
        From there to the lower left and to the upper right corner, mm.
    """

    name: str
    picture: Bytes
    corner: NDArray[np.float64]
    down: NDArray[np.float64]
    across: NDArray[np.float64]


def planes_for_tracts(
    tracts: Any, image: Any, point: ArrayLike | None = None, black_bg: bool = True
) -> list[ImagePlane]:
    """Return the planes of an image through a point, or through the middle of tracts.

    Parameters
    ----------
    tracts : Tractogram
    image : SpatialImage, ImageLayer, Overlay, array-like, or path of an image
        Where it is not at the middle of the tracts, planes go through its own.
    point : (3,) array-like, optional
        Scanner RAS+ mm.
    black_bg : bool
        Of what is behind the image.

    Raises
    ------
    UsageError
        If the point is outside of the image.
    """
    sheet = SectionSheet(image, (), SIZE, annotate=False, black_bg=black_bg)
    if point is None:
        middle = tracts.bounds().mean(axis=0)
        is_inside = np.isfinite(middle).all() and sheet.sections.inside(middle)
        point = middle if is_inside else None
    voxel = sheet.voxel_at(point)
    scale = sheet.scale((0, 1, 2))
    return [_plane(sheet, name, voxel, scale) for name in AXES]


def _plane(sheet: SectionSheet, name: str, voxel: NDArray[np.intp], scale: float) -> ImagePlane:
    """Return one plane through a voxel."""
    section = sheet.sections[AXES[name]]
    picture = sheet.style.draw(section, voxel, scale)
    rows, columns = picture.shape[:2]
    indices: Sequence[float] = voxel.tolist()
    place = section.plane(indices, (rows, columns), down=True)
    # The corner of the first pixel is half a pixel before its centre.
    corner = place.origin - (place.u + place.v) / 2
    return ImagePlane(NAMES[name], picture, corner, rows * place.u, columns * place.v)
