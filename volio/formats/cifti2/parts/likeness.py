"""Axes for new data that are like those of another image."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from colorsys import hsv_to_rgb
from copy import deepcopy
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from volio.errors import UsageError
from volio.formats.cifti2.axes import (
    BrainModelAxis,
    LabelAxis,
    MatrixAxis,
    ParcelsAxis,
    ScalarAxis,
    SeriesAxis,
)
from volio.formats.cifti2.axes.named import LabelTable, table_of
from volio.formats.cifti2.elements.labels import Cifti2LabelTable
from volio.formats.cifti2.header import Cifti2Header
from volio.images.labels import Labels

if TYPE_CHECKING:
    from volio.formats.cifti2.parts.access import GreyordinateAccess

__all__ = ["NewRows", "header_like", "matrix_like", "row_axis"]

GOLDEN_RATIO = 0.6180339887


class NewRows(NamedTuple):
    """What the new axis of some data is to stand for.

    Attributes
    ----------
    names : str, iterable of str, or None
        Of maps.
    labels : Labels, mapping, sequence of these, or None
        What the values of maps stand for; names are needed, too.
    step : float or None
        From one point of a series to the next.
    """

    names: str | Iterable[str] | None = None
    labels: Any = None
    step: float | None = None

    @property
    def are_given(self) -> bool:
        """Whether anything is stated."""
        return any(given is not None for given in self)


def matrix_like(dataobj: Any, like: GreyordinateAccess) -> Any:
    """Return data with as many axes as a matrix has: a vector becomes one row."""
    if np.ndim(dataobj) == 1 and len(like.shape) == 2:
        return np.asarray(dataobj)[np.newaxis]
    return dataobj if hasattr(dataobj, "shape") else np.asarray(dataobj)


def header_like(shape: Sequence[int], like: GreyordinateAccess, new: NewRows) -> Cifti2Header:
    """Return the header of new data: the axis that fits is kept, the other one is new.

    Parameters
    ----------
    shape : sequence of int
        Of the data.
    like : image
        Whose vertices, voxels or parcels the columns of the data are; its texts are kept.
    new : NewRows
        What the rows are. Where nothing is stated and there are as many as before they are kept.

    Raises
    ------
    UsageError
        If no axis fits; the message says how long each is.
    """
    axes = like.axes
    if len(shape) != len(axes):
        raise UsageError(
            f"dataobj: has {len(shape)} axes, like= has {len(axes)}: {_described(axes)}"
        )
    if not new.are_given and tuple(shape) == tuple(map(len, axes)):
        return deepcopy(like.header)
    if len(axes) != 2:
        raise UsageError(f"dataobj: its shape {tuple(shape)} is not that of like=, {like.shape}")
    header = Cifti2Header.from_axes(_one_new(shape, axes, new))
    header.matrix.metadata = deepcopy(like.header.matrix.metadata)
    return header


def _one_new(shape: Sequence[int], axes: Sequence[MatrixAxis], new: NewRows) -> list[MatrixAxis]:
    """Return two axes, of which one is new."""
    columns = _fitting(shape[1], axes[::-1])
    if columns is not None:
        return [row_axis(shape[0], new), columns]
    rows = _fitting(shape[0], axes)
    if rows is not None:
        return [rows, row_axis(shape[1], new)]
    raise UsageError(
        f"dataobj: has {shape[0]} rows and {shape[1]} columns; like= has {_described(axes)}, and "
        "one of vertices, voxels or parcels must be as long"
    )


def _fitting(length: int, axes: Sequence[MatrixAxis]) -> MatrixAxis | None:
    """Return the first axis of vertices, voxels or parcels that has a length."""
    kept = [axis for axis in axes if isinstance(axis, BrainModelAxis | ParcelsAxis)]
    return next((axis for axis in kept if len(axis) == length), None)


def _described(axes: Sequence[MatrixAxis]) -> str:
    return ", ".join(f"{type(axis).__name__} of {len(axis)}" for axis in axes)


def row_axis(count: int, new: NewRows) -> MatrixAxis:
    """Return the axis of new maps, or of a series.

    Raises
    ------
    UsageError
        If nothing says what they are, or there are not as many names as maps.
    """
    if new.step is not None:
        if new.names is not None or new.labels is not None:
            raise UsageError("step: is of a series, which has no names= and labels=")
        return SeriesAxis(0.0, new.step, count)
    if new.names is None:
        raise UsageError(
            "names: what the rows are must be stated: names= of maps (and labels= of what their "
            "values stand for), or step= of a series, in seconds"
        )
    names = [new.names] if isinstance(new.names, str) else list(new.names)
    if len(names) != count:
        raise UsageError(f"names: one for each of {count} maps, got {len(names)}: {names[:8]}")
    if new.labels is None:
        return ScalarAxis(names)
    return LabelAxis(names, _tables(new.labels, count))


def _tables(labels: Any, count: int) -> list[LabelTable]:
    """Return the table of each map; one that is given for all is copied."""
    if isinstance(labels, Labels | Mapping):
        return [_table(labels) for _ in range(count)]
    tables = [_table(each) for each in labels]
    if len(tables) != count:
        raise UsageError(f"labels: one table for all, or one for each of {count} maps")
    return tables


def _table(labels: Labels | Mapping[int, Any]) -> LabelTable:
    """Return a table of labels as an axis has it.

    Parameters
    ----------
    labels : Labels or mapping
        Of a key to a name, or to a name and four colours from 0 to 1. Names alone get colours that
        differ; that of key 0, which stands for nothing, is transparent.
    """
    if isinstance(labels, Labels):
        return table_of(Cifti2LabelTable.from_labels(labels))
    table: LabelTable = {}
    for key, value in labels.items():
        name, colour = (value, _colour(key)) if isinstance(value, str) else value
        red, green, blue, alpha = map(float, colour)
        table[int(key)] = (name, (red, green, blue, alpha))
    return table


def _colour(key: int) -> tuple[float, float, float, float]:
    """Return a colour for a key: turning the hue by the golden ratio keeps them far apart."""
    red, green, blue = hsv_to_rgb(key * GOLDEN_RATIO % 1, 0.75, 0.95)
    return (round(red, 3), round(green, 3), round(blue, 3), 1.0 if key else 0.0)
