"""Axes from the maps of indices of a header, and a header from axes."""

from __future__ import annotations

from collections.abc import Iterable

from volio.errors import HeaderDataError
from volio.formats.cifti2.axes.axis import MatrixAxis
from volio.formats.cifti2.axes.brain_models import BrainModelAxis
from volio.formats.cifti2.axes.named import LabelAxis, ScalarAxis
from volio.formats.cifti2.axes.parcels import ParcelsAxis
from volio.formats.cifti2.axes.series import SeriesAxis
from volio.formats.cifti2.codes import BRAIN_MODELS, LABELS, PARCELS, SCALARS, SERIES
from volio.formats.cifti2.elements.indices_map import Cifti2MatrixIndicesMap
from volio.formats.cifti2.elements.matrix import Cifti2Matrix
from volio.formats.cifti2.header import Cifti2Header

__all__ = ["from_index_mapping", "to_header"]

CLASSES: dict[str | None, type[MatrixAxis]] = {
    BRAIN_MODELS: BrainModelAxis,
    PARCELS: ParcelsAxis,
    SERIES: SeriesAxis,
    SCALARS: ScalarAxis,
    LABELS: LabelAxis,
}


def from_index_mapping(mim: Cifti2MatrixIndicesMap) -> MatrixAxis:
    """Return the axis of a map of indices, of the class for its type.

    Raises
    ------
    HeaderDataError
        If its type is not one of CIFTI-2, or it does not say what each index stands for.
    """
    kind = mim.indices_map_to_data_type
    if kind not in CLASSES:
        raise HeaderDataError(
            f"MatrixIndicesMap: IndicesMapToDataType: must be one of "
            f"{', '.join(map(str, CLASSES))}, got {kind!r}"
        )
    return CLASSES[kind].from_index_mapping(mim)


def to_header(axes: Iterable[MatrixAxis]) -> Cifti2Header:
    """Return the header of a matrix with these axes, the first for its rows.

    Axes that are equal share one map of indices, as those of connectivity matrices do.

    Parameters
    ----------
    axes : iterable of MatrixAxis
        One for each dimension of the matrix.

    Raises
    ------
    HeaderError
        If a header cannot state them.
    """
    dimensions: list[tuple[MatrixAxis, list[int]]] = []
    for dimension, axis in enumerate(axes):
        known = [numbers for other, numbers in dimensions if other is axis or other == axis]
        if known:
            known[0].append(dimension)
        else:
            dimensions.append((axis, [dimension]))
    matrix = Cifti2Matrix()
    for axis, numbers in dimensions:
        mim = axis.to_mapping(numbers[0])
        mim.applies_to_matrix_dimension = numbers
        matrix.append(mim)
    return Cifti2Header(matrix)
