"""Statistics of greyordinates: of all values, of each map, of each structure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.arrays.slabs import as_array, iterate_slabs
from volio.formats.cifti2 import BrainModelAxis, Cifti2Image, LabelAxis, MatrixAxis, ScalarAxis
from volio.images.kinds import check_kind
from volio.ops.greyordinates.axes import axis_facts
from volio.ops.greyordinates.moments import AxisMoments, PartStatistics
from volio.ops.label_counts import LabelCounts, count_labels, count_values

__all__ = ["MatrixStatistics", "describe_greyordinates"]


@dataclass(frozen=True)
class MatrixStatistics:
    """Statistics of a matrix and of its parts.

    Attributes
    ----------
    values : PartStatistics
        Of all.
    maps : list of (str, PartStatistics)
        Of each map of scalars or labels, by name.
    labels : list of (str, LabelCounts)
        Of each map of labels, by name.
    structures : list of (str, PartStatistics)
        Of each structure of greyordinates; one that is there twice is listed twice.
    """

    values: PartStatistics
    maps: list[tuple[str, PartStatistics]]
    labels: list[tuple[str, LabelCounts]]
    structures: list[tuple[str, PartStatistics]]


def describe_greyordinates(img: Cifti2Image) -> MatrixStatistics:
    """Describe the values of greyordinates, in one pass and bounded memory.

    Raises
    ------
    UsageError
        If it is an image of another kind.
    """
    check_kind(img, "greyordinates", "describe_greyordinates")
    axes: list[Any] = [img.header.get_axis(number) for number in range(img.ndim)]
    # Numbers of the axes whose indices are described one by one; None where there is none.
    maps = _first(axes, (ScalarAxis, LabelAxis))
    tables = _first(axes, (LabelAxis,))
    structures = _first(axes, (BrainModelAxis,))
    described = {axis for axis in (maps, structures) if axis is not None}
    moments = {axis: AxisMoments(img.shape[axis]) for axis in described or {0}}
    table_count = 0 if tables is None else len(axes[tables])
    counts = [Counter[float]() for _ in range(table_count)]
    for slab in iterate_slabs(as_array(img.dataobj)):
        values = np.asarray(slab.values)
        for axis, found in moments.items():
            found.add(values, axis, slab.where[axis].start)
        if tables is not None:
            _add_counts(counts, np.moveaxis(values, tables, 0), slab.where[tables].start)
    of_any_axis = next(iter(moments.values()))  # all have all values
    return MatrixStatistics(
        of_any_axis.of(slice(None)),
        [] if maps is None else _of_maps(axes[maps], moments[maps]),
        [] if tables is None else _of_labels(axes[tables], counts),
        [] if structures is None else _of_structures(axes[structures], moments[structures]),
    )


def _first(axes: Sequence[MatrixAxis], kinds: tuple[type[MatrixAxis], ...]) -> int | None:
    """Return the number of the first axis of some kinds; None where there is none."""
    return next((number for number, axis in enumerate(axes) if isinstance(axis, kinds)), None)


def _of_maps(axis: Any, moments: AxisMoments) -> list[tuple[str, PartStatistics]]:
    return [(str(name), moments.of(number)) for number, name in enumerate(axis.name)]


def _add_counts(counts: list[Counter[float]], rows: NDArray[Any], start: int) -> None:
    """Add how often each value is in rows, the first of which is the one of the number `start`."""
    for number, row in enumerate(rows, start):
        counts[number].update(count_values(row))


def _of_labels(axis: Any, counts: list[Counter[float]]) -> list[tuple[str, LabelCounts]]:
    names = map(str, axis.name)
    return [
        (name, count_labels(labels, values))
        for name, labels, values in zip(names, axis.labels, counts, strict=True)
    ]


def _of_structures(axis: MatrixAxis, moments: AxisMoments) -> list[tuple[str, PartStatistics]]:
    return [
        (part.name, moments.of(slice(part.start, part.stop)))
        for part in axis_facts(axis).structures
    ]
