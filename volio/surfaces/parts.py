"""Surfaces cut to some of their vertices, and put together from several."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.caller import warn_caller
from volio.errors import ImageDataError, IndexingError, LossWarning, SpaceError
from volio.images.kinds import check_kind
from volio.space.volume_geometry import VolumeGeometry
from volio.surfaces.contents import SurfaceContents
from volio.surfaces.mesh_arrays import checked_faces
from volio.surfaces.vertex_data import VertexArray

if TYPE_CHECKING:
    from volio.surfaces.surface import Surface

__all__ = ["cut_contents", "joined_contents"]

Numbers = NDArray[np.int64]


def cut_contents(contents: SurfaceContents, where: ArrayLike, count: int) -> SurfaceContents:
    """Return what a surface holds at some of its vertices, in arrays of their own.

    Parameters
    ----------
    contents : SurfaceContents
    where : array-like of bool, shape (V,), or of int, shape (n,)
    count : int
        Of the vertices.

    Raises
    ------
    IndexingError
        If they are not vertices of the surface, or one is named twice.
    """
    chosen = _numbers(where, count)
    whole = np.arange(count) if contents.indices is None else contents.indices
    return replace(
        contents,
        vertices=_rows(contents.vertices, chosen),
        faces=None if contents.faces is None else _faces_within(contents.faces, chosen, count),
        arrays=tuple([replace(array, values=array.values[chosen]) for array in contents.arrays]),
        colours=_rows(contents.colours, chosen),
        indices=whole[chosen],
        only_here=(),
    )


def _numbers(where: ArrayLike, count: int) -> Numbers:
    """Return the numbers of vertices that a mask or a list names, in its order."""
    given = np.asarray(where)
    if given.dtype == bool:
        if given.shape != (count,):
            raise IndexingError(f"where: one for each of {count} vertices, got {given.shape}")
        return np.flatnonzero(given)
    if given.ndim != 1 or (given.dtype.kind not in "iu" and given.size):
        raise IndexingError(
            f"where: must be numbers of vertices or a mask, got {given.dtype} {given.shape}"
        )
    outside = given[(given < 0) | (given >= count)]
    if len(outside):
        there_are = f"vertices 0 to {count - 1}" if count else "none, for there are no vertices"
        raise IndexingError(f"where: must be {there_are}, got {outside[0]}")
    numbers = given.astype(np.int64)
    once, times = np.unique(numbers, return_counts=True)
    if len(once) < len(numbers):
        raise IndexingError(f"where: vertex {once[times > 1][0]} is named twice")
    return numbers


def _rows(array: NDArray[Any] | None, chosen: Numbers) -> NDArray[Any] | None:
    return None if array is None else array[chosen]


def _faces_within(faces: NDArray[np.int32], chosen: Numbers, count: int) -> NDArray[np.int32]:
    """Return the faces whose vertices are all chosen, with the numbers that these have now."""
    new_number = np.full(count, -1, np.int32)
    new_number[chosen] = np.arange(len(chosen), dtype=np.int32)
    renumbered = new_number[faces]
    return renumbered[(renumbered >= 0).all(axis=1)]


def joined_contents(surfaces: Sequence[Surface]) -> SurfaceContents:
    """Return what several surfaces hold, the vertices of one after those of the other.

    Raises and warns as `Surface.join`, and raises UsageError for what is not a surface.
    """
    for surface in surfaces:
        check_kind(surface, "surface", "join")
    every = [surface.contents() for surface in surfaces]
    names = [surface._name() for surface in surfaces]
    _check_alike(every, names)
    lost: list[str] = []
    first = every[0]
    joined = SurfaceContents(
        vertices=_joined([contents.vertices for contents in every]),
        faces=_joined_faces(every),
        arrays=_joined_arrays(every, lost),
        space=first.space,
        structure=_structure_of_all([contents.structure for contents in every]),
        geometry=_geometry_of_all(every),
        matrices=_matrices_of_all(every),
        colours=_joined([contents.colours for contents in every]),
        meta=_texts_of_all(every),
    )
    if joined.colours is None and any(contents.colours is not None for contents in every):
        lost.append("colors (not of all surfaces)")
    if any(contents.indices is not None for contents in every):
        lost.append("indices (of vertices in several surfaces)")
    if lost:
        warn_caller(f"{names[0]}: is joined without {', '.join(lost)}", LossWarning)
    return joined


def _check_alike(every: Sequence[SurfaceContents], names: Sequence[str]) -> None:
    first = every[0]
    for name, other in zip(names, every, strict=True):
        if other.space != first.space:
            raise SpaceError(
                f"{name}: is in the space {other.space!r}, {names[0]} in {first.space!r}; "
                "surf.to_space(name) brings both into one"
            )
        for what in ("vertices", "faces"):
            if (getattr(other, what) is None) != (getattr(first, what) is None):
                raise ImageDataError(f"{name}: {what}: all surfaces must have them, or none")


def _joined(arrays: Sequence[NDArray[Any] | None]) -> NDArray[Any] | None:
    """Return arrays one after the other; None where one is None."""
    there = [array for array in arrays if array is not None]
    return np.concatenate(there) if len(there) == len(arrays) else None


def _joined_faces(every: Sequence[SurfaceContents]) -> NDArray[np.int32] | None:
    """Return all faces; their vertices are numbered after those of the surfaces before."""
    found = []
    before = 0
    for contents in every:
        if contents.vertices is None or contents.faces is None:
            return None
        found.append(contents.faces.astype(np.int64) + before)
        before += len(contents.vertices)
    return checked_faces(np.concatenate(found), before)


def _joined_arrays(every: Sequence[SurfaceContents], lost: list[str]) -> tuple[VertexArray, ...]:
    """Return the values that all surfaces have; those of others are added to what is lost."""
    arrays_of = [{array.name: array for array in contents.arrays} for contents in every]
    joined = []
    for name in dict.fromkeys(name for arrays in arrays_of for name in arrays):
        found = [arrays[name] for arrays in arrays_of if name in arrays]
        widths = {array.values.shape[1:] for array in found}
        is_label = {array.labels is not None for array in found}
        if len(found) < len(every):
            lost.append(f"the values {name!r} (not of all surfaces)")
        elif len(widths) > 1 or len(is_label) > 1:
            lost.append(f"the values {name!r} (of several kinds)")
        else:
            joined.append(_joined_array(found))
    return tuple(joined)


def _joined_array(arrays: Sequence[VertexArray]) -> VertexArray:
    """Return values one after the other, with the labels of all."""
    first, *others = arrays
    labels = first.labels
    for other in others:
        if labels is not None and other.labels is not None:
            labels = labels.merge(other.labels)
    values = np.concatenate([array.values for array in arrays])
    same = {key: text for key, text in first.meta.items() if _all_have(others, key, text)}
    return VertexArray(first.name, values, labels, same)


def _all_have(others: Iterable[VertexArray | SurfaceContents], key: str, text: str) -> bool:
    return all(other.meta.get(key) == text for other in others)


def _structure_of_all(structures: Sequence[str]) -> str:
    """Return the structure that surfaces have in common: 'cortex' of both hemispheres; or ""."""
    different = set(structures)
    if len(different) > 1:
        different = {re.sub("_(left|right)$", "", structure) for structure in structures}
    return different.pop() if len(different) == 1 else ""


def _geometry_of_all(every: Sequence[SurfaceContents]) -> VolumeGeometry | None:
    first = every[0].geometry
    return first if all(contents.geometry == first for contents in every) else None


def _matrices_of_all(every: Sequence[SurfaceContents]) -> dict[str, Any]:
    first, *others = [contents.matrices for contents in every]
    known = dict(first)
    for other in others:
        for space in list(known):
            if not np.array_equal(known[space], other.get(space, ())):
                del known[space]
    return known


def _texts_of_all(every: Sequence[SurfaceContents]) -> dict[str, str]:
    first, *others = every
    return {key: text for key, text in first.meta.items() if _all_have(others, key, text)}
