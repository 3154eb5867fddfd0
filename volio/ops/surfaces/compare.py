"""How two surfaces differ: in mesh, space and values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.images.labels import Labels
from volio.ops.comparison.differences import (
    check_comparable,
    differing_labels,
    differing_names,
    differing_texts,
    differing_values,
)
from volio.surfaces.surface import Surface

__all__ = ["SurfaceDifference", "compare_surfaces"]

Values = NDArray[Any]


@dataclass(frozen=True)
class SurfaceDifference:
    """What `compare_surfaces` finds; pairs hold what the first and the second surface have.

    Attributes
    ----------
    formats, spaces, structures : pair of str
    vertices : pair of int
    mm : float or None
        Largest distance between the two positions of one vertex; None where their numbers differ
        or one has no vertices.
    same_faces : bool
    arrays : mapping of str to str
        What differs in the values of a name.
    fields : mapping of str to pair of str
        Texts that are not the same, or in one only ("").
    """

    formats: tuple[str, str]
    spaces: tuple[str, str]
    structures: tuple[str, str]
    vertices: tuple[int, int]
    mm: float | None
    same_faces: bool
    arrays: dict[str, str]
    fields: dict[str, tuple[str, str]]


def compare_surfaces(
    a: Surface, b: Surface, rtol: float = 0.0, atol: float = 0.0
) -> SurfaceDifference:
    """Compare two surfaces.

    Parameters
    ----------
    a, b : Surface
    rtol, atol : float, optional
        A value differs if ``|a - b| > atol + rtol * |b|``, or if just one of the two is NaN.

    Returns
    -------
    SurfaceDifference

    Raises
    ------
    UsageError
        If a tolerance is negative, or one of them is not a surface.
    """
    check_comparable((a, b), "surface", "compare_surfaces", rtol, atol)
    return SurfaceDifference(
        (type(a).__name__, type(b).__name__),
        (a.space, b.space),
        (a.structure, b.structure),
        (a.n_vertices, b.n_vertices),
        _distance(a.vertices, b.vertices),
        _same(a.faces, b.faces),
        _differing_arrays(a, b, rtol, atol),
        differing_texts(a.meta, b.meta),
    )


def _distance(one: NDArray[Any] | None, other: NDArray[Any] | None) -> float | None:
    """Return the largest distance between two positions of a vertex, in mm."""
    if one is None or other is None or one.shape != other.shape:
        return None
    apart = np.linalg.norm(one.astype(float) - other, axis=1)
    is_nan = np.isnan(one).any(axis=1)
    if (is_nan != np.isnan(other).any(axis=1)).any():
        return np.inf
    return float(apart[~is_nan].max(initial=0))


def _same(one: NDArray[Any] | None, other: NDArray[Any] | None) -> bool:
    if one is None or other is None:
        return one is other
    return np.array_equal(one, other)


def _differing_arrays(a: Surface, b: Surface, rtol: float, atol: float) -> dict[str, str]:
    """Return what differs in the values of each name."""

    def difference(name: str) -> str:
        arrays = (a.data[name], b.data[name])
        tables = (a.data.labels[name], b.data.labels[name])
        if None not in tables and arrays[0].shape == arrays[1].shape:
            found = differing_labels(*arrays)
        else:
            found = differing_values(*arrays, rtol, atol)
        if found:
            return found + _place(arrays, tables, a.indices)
        return "" if tables[0] == tables[1] else "other labels"

    return dict(differing_names(a.data, b.data, difference))


def _place(
    arrays: tuple[Values, Values],
    tables: tuple[Labels | None, Labels | None],
    numbers: Values | None,
) -> str:
    """Return the vertex that differs most, and what the two have there; "" for other shapes.

    Where there are numbers of vertices in a whole surface, it is that one.
    """
    one, other = arrays
    if one.shape != other.shape:
        return ""
    # Keys are not quantities: the first that differs will do.
    apart = _apart(one, other) if None in tables else one != other
    most = np.unravel_index(apart.argmax(), one.shape)
    row = f", row {most[1]}" if len(most) > 1 else ""
    first, second = (
        _shown(values[most], labels) for values, labels in zip(arrays, tables, strict=True)
    )
    vertex = most[0] if numbers is None else numbers[most[0]]
    return f"; vertex {vertex}{row}: {first} and {second}"


def _apart(one: Values, other: Values) -> Values:
    """Return how far values are apart: infinitely where one of them is NaN or infinite."""
    with np.errstate(invalid="ignore"):  # infinity less itself
        apart: Values = np.abs(one.astype(float) - other)
    is_same = (one == other) | ((one != one) & (other != other))
    apart[is_same] = 0
    apart[np.isnan(apart)] = np.inf
    return apart


def _shown(value: Any, labels: Labels | None) -> str:
    """Return a value as text; of a label also its name."""
    if labels is None:
        return f"{value:.6g}"
    return f"{value} {labels.name_of(value)!r}" if value in labels else f"{value} (no label)"
