"""Statistics of a surface: its mesh, and its values per vertex."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from volio.arrays.encodings.decimals import shown_sizes
from volio.ops.label_counts import LabelCounts, count_labels, count_values
from volio.space.meshes import boundary_edges, enclosed_volume, euler_number, triangle_areas
from volio.surfaces.surface import Surface
from volio.surfaces.vertex_data import VertexArray

__all__ = [
    "ArrayStatistics",
    "MeshStatistics",
    "describe_arrays",
    "describe_mesh",
]


@dataclass(frozen=True)
class MeshStatistics:
    """Facts of a mesh.

    Attributes
    ----------
    vertices, faces : int
    area : float
        mm²; vertices that are NaN do not count.
    volume : float or None
        mm³ inside; None for open surfaces. Negative where the faces look inwards.
    euler : int
        Vertices - edges + faces: 2 for what can be blown up to a sphere.
    bounds : list of list of float
        Lowest and highest coordinates, mm.
    """

    vertices: int
    faces: int
    area: float
    volume: float | None
    euler: int
    bounds: list[list[float]]


@dataclass(frozen=True)
class ArrayStatistics:
    """Statistics of one array of values; NaN does not count.

    Attributes
    ----------
    name : str
    dtype : str
    values_per_vertex : int
    minimum, maximum, mean, std : float
        NaN where there are no values.
    nan : int
        How many values are NaN.
    labels : LabelCounts or None
        How often labels occur; None for other values.
    """

    name: str
    dtype: str
    values_per_vertex: int
    minimum: float
    maximum: float
    mean: float
    std: float
    nan: int
    labels: LabelCounts | None


def describe_mesh(surf: Surface) -> MeshStatistics | None:
    """Return the facts of a surface's mesh; None where it has no faces."""
    if surf.vertices is None or surf.faces is None:
        return None
    is_closed = len(surf.faces) > 0 and not len(boundary_edges(surf.faces))
    areas = triangle_areas(surf.vertices, surf.faces)
    return MeshStatistics(
        surf.n_vertices,
        len(surf.faces),
        float(np.nansum(areas)),
        enclosed_volume(surf.vertices, surf.faces) if is_closed else None,
        euler_number(surf.faces),
        [] if surf.bounds is None else list(map(shown_sizes, surf.bounds)),
    )


def describe_arrays(surf: Surface) -> Iterator[ArrayStatistics]:
    """Go through the statistics of the values of a surface."""
    for array in surf.data.arrays():
        yield _statistics(array)


def _statistics(array: VertexArray) -> ArrayStatistics:
    values: Any = array.values
    known = values[~np.isnan(values)] if values.dtype.kind == "f" else values.ravel()
    numbers = np.asarray(known, float)
    is_empty = not len(numbers)
    return ArrayStatistics(
        array.name,
        values.dtype.name,
        1 if values.ndim == 1 else values.shape[1],
        np.nan if is_empty else float(numbers.min()),
        np.nan if is_empty else float(numbers.max()),
        np.nan if is_empty else float(numbers.mean()),
        np.nan if is_empty else float(numbers.std()),
        int(values.size - len(numbers)),
        None if array.labels is None else count_labels(array.labels, count_values(known)),
    )
