"""Planes of an image on a page, as compressed text with their places."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np

from volio.display.page.packing import as_text

__all__ = ["pack_plane"]


def pack_plane(plane: Any) -> dict[str, Any]:
    """Return what a page needs of a plane of an image.

    Parameters
    ----------
    plane : `volio.display.pictures.image_planes.ImagePlane`

    Returns
    -------
    dict
        ``pixels`` are deflated, row by row, ``parts`` bytes of each: one where all are grey, else
        three. ``corner``, ``down`` and ``across`` are those of the plane.
    """
    picture = plane.picture
    is_grey = (picture[..., :3] == picture[..., :1]).all()
    colours = np.ascontiguousarray(picture[..., :1] if is_grey else picture[..., :3])
    rows, columns, parts = colours.shape
    return {
        "name": plane.name,
        "rows": rows,
        "columns": columns,
        "parts": parts,
        "pixels": as_text(zlib.compress(colours.tobytes(), 9)),
        "corner": plane.corner.tolist(),
        "down": plane.down.tolist(),
        "across": plane.across.tolist(),
    }
