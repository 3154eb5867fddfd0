"""Selections: some indices along the dimensions of a matrix, still lazy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from volio.arrays.dtypes import Array
from volio.arrays.lazy import LazyArray
from volio.arrays.views import lazy_concatenate, lazy_slice
from volio.errors import UsageError
from volio.formats.cifti2.axes import BrainModelAxis, MatrixAxis, ParcelsAxis
from volio.formats.cifti2.axes.axis import Indices, positions, whole_number
from volio.formats.cifti2.axes.named import NamedAxis
from volio.formats.cifti2.axes.names import plain_name
from volio.formats.cifti2.axes.runs import numbered
from volio.surfaces.structures import structure_named

__all__ = ["columns_of_structures", "indices_of_names", "part_of_axis", "rows_of", "taken"]


def columns_of_structures(axis: BrainModelAxis, names: str | Iterable[str]) -> Indices:
    """Return the indices of structures, in the order of the axis.

    Parameters
    ----------
    axis : BrainModelAxis
    names : str or iterable of str
        However spelled; ``"cortex"`` means left and right, where these are distinguished.

    Raises
    ------
    UsageError
        If the axis has none of that name.
    """
    known = [plain_name(run.name) for run in axis.runs]
    wanted: set[str] = set()
    for name in [names] if isinstance(names, str) else names:
        wanted |= _meant(name, known)
    found = []
    for offset, run in numbered(axis.runs):
        if plain_name(run.name) in wanted:
            found.append(np.arange(offset, offset + len(run)))
    return np.concatenate(found)


def _meant(name: str, known: Sequence[str]) -> set[str]:
    """Return the structures that a name means: both sides, where it names none."""
    spelled = structure_named(name)
    meant = {spelled, f"{spelled}_left", f"{spelled}_right"} & set(known)
    if not meant:
        raise UsageError(f"structure: there is no {name!r}, only {', '.join(dict.fromkeys(known))}")
    return meant


def indices_of_names(axis: NamedAxis | ParcelsAxis, names: str | Iterable[str]) -> Indices:
    """Return the index of each of some maps or parcels.

    Raises
    ------
    UsageError
        If none has the name, or several have.
    """
    found = []
    for name in [names] if isinstance(names, str) else names:
        places = np.flatnonzero(axis.name == name)
        if len(places) != 1:
            several = f"{len(places)} are" if len(places) else "none is"
            raise UsageError(
                f"name: {several} called {name!r} of {', '.join(map(repr, axis.name.tolist()))}"
            )
        found.append(int(places[0]))
    return np.array(found, np.int64)


def rows_of(axis: MatrixAxis, wanted: Any) -> Indices:
    """Return the indices of maps, or points of a series.

    Parameters
    ----------
    axis : MatrixAxis
    wanted : str, int, slice, or sequence of these kinds
        Names, or anything that indexes one axis.
    """
    if isinstance(wanted, str):
        wanted = [wanted]
    is_names = not isinstance(wanted, slice | int) and all(isinstance(each, str) for each in wanted)
    if is_names and len(wanted):
        if not isinstance(axis, NamedAxis | ParcelsAxis):
            raise UsageError(f"maps: a {type(axis).__name__} has no names, got {wanted!r}")
        return indices_of_names(axis, wanted)
    number = whole_number(wanted)
    return positions(wanted if number is None else [number], len(axis))


def part_of_axis(axis: MatrixAxis, chosen: Indices) -> MatrixAxis:
    """Return the axis of some indices; where they are at equal steps, as of a slice."""
    if not len(chosen):
        return axis.part(chosen)
    first = int(chosen[0])
    step = int(chosen[1]) - first if len(chosen) > 1 else 1
    if not step or not np.array_equal(chosen, first + step * np.arange(len(chosen))):
        return axis.part(chosen)
    # The index after the last one; before the first of the axis a slice has no number.
    stop: int | None = int(chosen[-1]) + (1 if step > 0 else -1)
    if stop is not None and stop < 0:
        stop = None
    return axis.part(slice(first, stop, step))


def taken(data: LazyArray | Array, dimension: int, chosen: Indices) -> LazyArray | Array:
    """Return some indices along a dimension of an array, lazy for a lazy one."""
    if not isinstance(data, LazyArray):
        return np.take(data, chosen, axis=dimension)
    before = (slice(None),) * dimension
    parts = [lazy_slice(data, (*before, run)) for run in _slices(chosen)]
    return lazy_concatenate(parts, dimension) if len(parts) > 1 else parts[0]


def _slices(chosen: Indices) -> Sequence[slice]:
    """Return indices as slices of those that follow each other; at least one."""
    borders = [0, *(np.flatnonzero(np.diff(chosen) != 1) + 1).tolist(), len(chosen)]
    if not len(chosen):
        return [slice(0, 0)]
    return [
        slice(int(chosen[first]), int(chosen[last - 1]) + 1) for first, last in pairwise(borders)
    ]
