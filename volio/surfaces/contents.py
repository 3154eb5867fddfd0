"""What a surface holds, in words no format owns, and what a conversion loses of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.images.label_tables.losses import lost_of_rows
from volio.images.labels import Labels
from volio.space.volume_geometry import VolumeGeometry
from volio.surfaces.vertex_data import VertexArray

__all__ = ["SurfaceContents", "copied_contents", "lost_contents"]


@dataclass(frozen=True)
class SurfaceContents:
    """Everything that can be handed from one class of surfaces to another.

    Attributes
    ----------
    vertices : array, shape (V, 3), or None
    faces : array of int32, shape (F, 3), or None
    arrays : tuple of VertexArray
        Values per vertex.
    space : str
        Of the vertices.
    structure : str
        ``"cortex_left"``, ...; "" where it is not known.
    geometry : VolumeGeometry or None
        Of the volume that the surface was made from.
    matrices : mapping of str to array, shape (4, 4)
        Stated ways from `space` to other spaces.
    colours : array of uint8, shape (V, 4), or None
    indices : array of int, shape (V,), or None
        Numbers of the vertices in the whole surface that they are a part of.
    meta : mapping of str to str
        Free texts.
    only_here : tuple of str
        What else there is that surfaces of no other class have a place for, in words.
    """

    vertices: NDArray[Any] | None = None
    faces: NDArray[np.int32] | None = None
    arrays: tuple[VertexArray, ...] = ()
    space: str = "unknown"
    structure: str = ""
    geometry: VolumeGeometry | None = None
    matrices: Mapping[str, Any] = field(default_factory=dict)
    colours: NDArray[np.uint8] | None = None
    indices: NDArray[np.int64] | None = None
    meta: Mapping[str, str] = field(default_factory=dict)
    only_here: tuple[str, ...] = ()


def copied_contents(contents: SurfaceContents) -> SurfaceContents:
    """Return contents whose arrays are of their own."""

    def own(array: Any) -> Any:
        return None if array is None else np.array(array)

    arrays = [
        type(array)(array.name, own(array.values), array.labels, dict(array.meta))
        for array in contents.arrays
    ]
    return SurfaceContents(
        own(contents.vertices),
        own(contents.faces),
        tuple(arrays),
        contents.space,
        contents.structure,
        contents.geometry,
        {name: own(matrix) for name, matrix in contents.matrices.items()},
        own(contents.colours),
        own(contents.indices),
        dict(contents.meta),
        contents.only_here,
    )


def lost_contents(before: SurfaceContents, after: SurfaceContents) -> list[str]:
    """Return what of a surface is not in what another class made of it, as words for a warning."""
    others = [words for words in before.only_here if words not in after.only_here]
    return [*_lost_mesh(before, after), *_lost_arrays(before, after), *others]


def _lost_mesh(before: SurfaceContents, after: SurfaceContents) -> Iterator[str]:
    for name in ("vertices", "faces", "geometry", "colours", "indices"):
        if getattr(before, name) is not None and getattr(after, name) is None:
            yield name
    yield from _lost_vertices(before, after)
    # Vertices that a matrix of the surface has moved are still where they were.
    if before.space not in ("unknown", after.space) and after.space not in before.matrices:
        yield f"the space ({before.space})"
    if before.structure and before.structure != after.structure:
        yield f"the structure ({before.structure})"
    if set(before.matrices) - set(after.matrices) - {after.space}:
        yield "matrices to other spaces"
    if texts := [key for key in before.meta if after.meta.get(key) != before.meta[key]]:
        yield f"texts ({', '.join(texts[:8])}{', …' if len(texts) > 8 else ''})"


def _lost_vertices(before: SurfaceContents, after: SurfaceContents) -> Iterator[str]:
    """Tell of vertices that a format numbers anew, which values of other files would need."""
    if before.vertices is None or after.vertices is None:
        return
    if missing := len(before.vertices) - len(after.vertices):
        yield f"{missing} vertices without a face, or at the place of another"
    elif before.faces is None or after.faces is None:
        return
    elif not np.array_equal(before.faces, after.faces):
        yield "the numbers of vertices"


def _lost_arrays(before: SurfaceContents, after: SurfaceContents) -> Iterator[str]:
    """Tell of values that are not there, of their names and of their labels."""
    there = {array.name: array for array in after.arrays}
    renamed = [array for array in before.arrays if array.name not in there]
    joined = _only_new(before, after)
    if joined is not None and _columns([joined]) != _columns(renamed):
        joined = None  # it is not all of them, one after the other
    if joined is not None and len(renamed) > 1:
        yield f"the names of values ({', '.join(array.name for array in renamed)})"
    for place, array in enumerate(before.arrays):
        found = there.get(array.name, joined)
        # Of as many arrays each is that at its place, whatever it is called.
        if found is None and len(before.arrays) == len(after.arrays):
            found = after.arrays[place]
            yield f"the name of {array.name!r}"
        if found is None:
            yield f"the values {array.name!r}"
        elif array.labels is not None:
            yield from _lost_labels(array.name, array.labels, found.labels)


def _lost_labels(name: str, before: Labels, after: Labels | None) -> Iterator[str]:
    """Tell what of a table of labels is not there."""
    if after is None:
        yield f"the labels of {name!r}"
    elif before.keys != after.keys:
        yield f"the keys of the labels of {name!r}, which are numbered from 0"
    else:
        for words in lost_of_rows(before.rows, after.rows):
            yield f"{words} of the labels of {name!r}"


def _only_new(before: SurfaceContents, after: SurfaceContents) -> Any:
    """Return the array of a name of its own, where there is one: files may have no place for names.

    It may hold all values that have other names, one after the other.
    """
    known = {array.name for array in before.arrays}
    new = [array for array in after.arrays if array.name not in known]
    return new[0] if len(new) == 1 else None


def _columns(arrays: list[VertexArray]) -> int:
    """Return how many values each vertex has."""
    return sum(array.values.shape[1] if array.values.ndim == 2 else 1 for array in arrays)
