"""The preview of a surface in a notebook: a small picture from two sides."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.display.pictures.preview import small_png
from volio.display.pictures.surfaces import plot_one_surface
from volio.display.surfaces.hemispheres import stated_hemisphere

__all__ = ["surface_preview", "surface_preview_png"]

#: Pixels of the longest side of a view.
SIZE = 200


def surface_preview(surface: Any) -> NDArray[np.uint8]:
    """Return pictures of a surface from two sides, with its first values.

    Parameters
    ----------
    surface : Surface
        Lateral and medial of a hemisphere, where it says which; else from the left and the right.

    Returns
    -------
    (rows, columns, 4) uint8 array
    """
    views = ("lateral", "medial") if stated_hemisphere(surface) else ("left", "right")
    return plot_one_surface(surface, views=views, size=SIZE, colorbar=False, annotate=False)


def surface_preview_png(surface: Any) -> bytes | None:
    """Return a preview as a small PNG file; None for a surface that has no faces."""
    if surface.vertices is None or surface.faces is None or not len(surface.faces):
        return None
    return small_png(surface_preview(surface))
