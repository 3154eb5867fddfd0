"""The values that a picture of a surface shows: by name, from another file, or an array."""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.display.base.channels import magnitude
from volio.errors import ImageDataError, UsageError
from volio.surfaces.row_volumes import is_row, row_contents
from volio.surfaces.vertex_data import VertexArray

__all__ = ["BACKGROUNDS", "all_maps", "default_values", "one_map", "vertex_values"]

#: Names of arrays that are for the background, not for colours.
BACKGROUNDS = ("sulc", "curv")


def vertex_values(
    surface: Any, given: Any, column: int = 0, what: str = "values"
) -> VertexArray | None:
    """Return one value for each vertex of a surface.

    Parameters
    ----------
    surface : Surface
    given : str, path, Surface, VertexArray or array-like
        A name of ``surface.data``, or of a file; a surface that was loaded from one; an array of
        shape (V,) or (V, T). Of a patch, which has `indices`, values of the whole surface will do.
        None gives None.
    column : int
        Which of several: arrays of a file, or columns of an array.
    what : str
        Name of the parameter, for messages.

    Returns
    -------
    VertexArray
        Of shape (V,), complex values as their magnitude.

    Raises
    ------
    UsageError
        If there is no such array.
    ImageDataError
        If it does not have a value for each vertex.
    """
    if given is None:
        return None
    return _of_vertices(surface, one_map(_arrays(surface, given, what), column, what), what)


def all_maps(surface: Any, given: Any, what: str = "values") -> list[VertexArray]:
    """Return all values that something names or holds, each of shape (V,).

    Columns of an array of shape (V, T) have the number of the column after their name. Parameters
    and errors are those of `vertex_values`.
    """
    found = []
    for array in _arrays(surface, given, what):
        columns = 1 if array.values.ndim == 1 else array.values.shape[1]
        for column in range(columns):
            one = _of_vertices(surface, one_map([array], column, what), what)
            name = array.name if array.values.ndim == 1 else f"{array.name} [{column}]"
            found.append(VertexArray(name, one.values, one.labels, one.meta))
    return found


def default_values(surface: Any, column: int = 0) -> VertexArray | None:
    """Return the values that are shown where none are asked for; None without any.

    They are the first of its arrays, or another one by number, that is not for the background.
    """
    names = [name for name in surface.data if name not in BACKGROUNDS]
    if not names:
        return None
    arrays = [surface.data.array(name) for name in names]
    return _of_vertices(surface, one_map(arrays, column, "surface"), "values")


def _arrays(surface: Any, given: Any, what: str) -> list[VertexArray]:
    """Return the arrays that something names or holds."""
    if isinstance(given, VertexArray):
        return [given]
    if isinstance(given, str) and given in surface.data:
        return [surface.data.array(given)]
    if isinstance(given, str | PathLike):
        return _arrays_of_file(surface, given, what)
    if getattr(given, "kind", None) == "surface" or is_row(given):
        return _arrays_of_surface(given, what)
    values = np.asarray(given)
    if values.dtype.kind not in "biufc" or values.ndim not in (1, 2):
        raise UsageError(
            f"{what}: a name, a file or numbers of shape (V,) or (V, T) are needed, got "
            f"{type(given).__name__}"
        )
    return [VertexArray(what, values)]


def _arrays_of_file(surface: Any, given: str | PathLike[str], what: str) -> list[VertexArray]:
    """Return the arrays of a file."""
    from volio.io import load

    if isinstance(given, str) and not Path(given).exists():
        raise UsageError(
            f"{what}: neither an array of the surface nor a file is called {given!r}; arrays are "
            f"{_listed(surface.data)}"
        )
    return _arrays_of_surface(load(given), what)


def _arrays_of_surface(given: Any, what: str) -> list[VertexArray]:
    """Return all arrays of a surface, or of a volume of one row, which has values of vertices."""
    if is_row(given):
        return list(row_contents(given).arrays)
    if getattr(given, "kind", None) != "surface":
        raise UsageError(f"{what}: a file of values per vertex is needed, got {given!r}")
    if not len(given.data):
        raise UsageError(f"{what}: {given!r} has no values")
    return list(given.data.arrays())


def one_map(arrays: list[VertexArray], column: int, what: str) -> VertexArray:
    """Return the values of one of all columns of some arrays.

    Raises
    ------
    UsageError
        If there are not so many.
    """
    counts = [1 if array.values.ndim == 1 else array.values.shape[1] for array in arrays]
    if not 0 <= column < sum(counts):
        raise UsageError(f"map: {what} has {sum(counts)}, numbered from 0; got {column}")
    place = column
    for array, count in zip(arrays, counts, strict=True):
        if place < count:
            values = array.values if array.values.ndim == 1 else array.values[:, place]
            return VertexArray(array.name, values, array.labels, array.meta)
        place -= count
    raise AssertionError("the counts add up to more than the column")


def _of_vertices(surface: Any, found: VertexArray, what: str) -> VertexArray:
    """Return a real value for each vertex; of a patch those that its vertices have in the whole."""
    values: NDArray[Any] = found.values
    indices = surface.indices
    if len(values) != surface.n_vertices:
        if indices is None or not len(indices) or indices.max() >= len(values):
            raise ImageDataError(
                f"{what}: {found.name} has {len(values)} values, the surface has "
                f"{surface.n_vertices} vertices"
            )
        values = values[indices]
    if values.dtype.kind == "c":
        values = magnitude(values)
    return VertexArray(found.name, values, found.labels, found.meta)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(repr, names)) or "none"
