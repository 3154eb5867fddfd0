"""Filling a GIFTI image with what another class of surfaces holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from volio.formats.gifti.image import GiftiImage
    from volio.surfaces.contents import SurfaceContents

__all__ = ["fill"]


def fill(image: GiftiImage, contents: SurfaceContents) -> None:
    """Fill an empty image with what GIFTI can hold of some contents."""
    image.vertices = contents.vertices
    image.faces = contents.faces
    image.structure = contents.structure
    if contents.vertices is not None:
        image.space = contents.space
        # Beside a space that is stated, the geometry would say nothing.
        image.geometry = contents.geometry if contents.space == "tkras" else None
        if contents.matrices:
            image.matrices = dict(contents.matrices)
    for array in contents.arrays:
        image.data.put(array)
    image.indices = contents.indices
    image.colors = contents.colours
