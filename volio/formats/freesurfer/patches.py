"""Parts of surfaces: the numbers of their vertices in the whole, and which are at the border."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from volio.errors import HeaderDataError, ImageDataError, SaveError
from volio.surfaces.contents import SurfaceContents
from volio.surfaces.surface import Surface
from volio.surfaces.vertex_data import VertexArray

__all__ = [
    "BORDER",
    "check_numbers",
    "faces_within",
    "flags_of",
    "kept_flags",
    "numbers_in_whole",
    "renumbered",
    "signed_numbers",
]

#: The array that says which vertices are at the border.
BORDER = "border"
LARGEST = 2**31 - 2


def flags_of(surf: Surface, name: str) -> NDArray[np.bool_]:
    """Return what an array says of each vertex; False where there is no such array."""
    if name in surf.data:
        return surf.data[name].astype(bool)
    return np.zeros(surf.n_vertices, bool)


def kept_flags(contents: SurfaceContents, name: str) -> list[VertexArray]:
    """Return the array of a name, where it is 0 and 1 and has any 1."""
    arrays = [array for array in contents.arrays if array.name == name and array.labels is None]
    values = arrays[0].values if arrays else np.zeros(0)
    if values.ndim != 1 or not np.isin(values, (0, 1)).all() or not values.any():
        return []
    return [VertexArray(name, values.astype(np.uint8))]


def numbers_in_whole(surf: Surface) -> NDArray[np.int64]:
    """Return the numbers of vertices in the whole surface; their own where they are all of it."""
    return np.arange(surf.n_vertices) if surf.indices is None else surf.indices


def signed_numbers(surf: Surface) -> NDArray[np.int64]:
    """Return the numbers as files have them: from 1, and less than 0 at the border."""
    numbers = numbers_in_whole(surf) + 1
    signed: NDArray[np.int64] = np.where(flags_of(surf, BORDER), -numbers, numbers)
    return signed


def check_numbers(indices: NDArray[np.int64]) -> None:
    """Refuse numbers that files cannot have.

    Raises
    ------
    SaveError
    """
    if indices.size and not 0 <= indices.min() <= indices.max() <= LARGEST:
        raise SaveError(
            f"FreeSurfer's patches: vertices are numbered from 0 to {LARGEST}, got "
            f"{indices.min()} to {indices.max()}"
        )


def faces_within(surface: Surface, indices: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return the faces of a surface that have all corners in a part of it, numbered as in the part.

    Parameters
    ----------
    surface : Surface
    indices : array of int, shape (V,)
        Numbers of the part's vertices in the surface.

    Raises
    ------
    ImageDataError
        If the surface has no faces.
    HeaderDataError
        If the part has vertices that the surface does not have.
    """
    if surface.faces is None:
        raise ImageDataError("with_faces: the whole surface has no faces")
    if indices.size and not 0 <= indices.min() <= indices.max() < surface.n_vertices:
        raise HeaderDataError(
            f"indices: vertices {indices.min()} to {indices.max()}, the whole surface has "
            f"{surface.n_vertices}"
        )
    place = np.full(surface.n_vertices, -1, np.int32)
    place[indices] = np.arange(len(indices))
    within = place[surface.faces]
    return within[(within >= 0).all(axis=1)]


def renumbered(faces: NDArray[np.int32], indices: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return faces that name vertices by their numbers in the whole, as they are in the part.

    Raises
    ------
    HeaderDataError
        If they name a vertex that is not in the part, or the part has a vertex twice.
    """
    order = np.argsort(indices, kind="stable")
    known = indices[order]
    if (known[1:] == known[:-1]).any():
        twice = known[1:][known[1:] == known[:-1]][0]
        raise HeaderDataError(f"vertices: {twice} is there twice")
    place = np.minimum(np.searchsorted(known, faces), max(len(known) - 1, 0))
    is_there = known[place] == faces if len(known) else np.zeros(faces.shape, bool)
    if not is_there.all():
        raise HeaderDataError(f"faces: vertex {faces[~is_there][0]} is not in the patch")
    return order[place].astype(np.int32)
