"""Coordinate transformations of OME-Zarr as matrices, in the axis order of the file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.errors import HeaderDataError
from volio.formats.containers.documents import Document, field

__all__ = ["Matrix", "matrix_of", "product_of"]

#: Homogeneous: one more row and column than there are axes.
Matrix = NDArray[np.float64]

DEEPEST = 8  # sequences within sequences


def product_of(transforms: Sequence[Any], ndim: int, what: str, depth: int = 0) -> Matrix:
    """Return the matrix of transformations that are applied one after the other.

    Raises
    ------
    HeaderDataError
        If one of them makes no sense, or is not a matrix.
    """
    matrix = np.eye(ndim + 1)
    for transform in transforms:
        if not isinstance(transform, dict):
            raise HeaderDataError(f"{what}: coordinateTransformations: must be mappings")
        matrix = matrix_of(transform, ndim, what, depth) @ matrix
    return matrix


def matrix_of(transform: Document, ndim: int, what: str, depth: int = 0) -> Matrix:
    """Return the matrix of one transformation; errors as for `product_of`.

    Parameters
    ----------
    transform : mapping
    ndim : int
        Axes of the space that it starts from, and of the one that it leads to.
    what : str
        For messages.
    depth : int
        Of sequences around it.
    """
    kind = field(transform, "type", str, f"{what}: coordinateTransformations")
    if kind not in _MATRICES or depth > DEEPEST:
        raise HeaderDataError(
            f"{what}: coordinateTransformations: {kind!r} is not read; {', '.join(_MATRICES)} are"
        )
    matrix = _MATRICES[kind](transform, ndim, what, depth)
    if not np.isfinite(matrix).all():
        raise HeaderDataError(f"{what}: coordinateTransformations: {kind}: must be finite")
    return matrix


def _numbers(transform: Document, name: str, shape: tuple[int, ...], what: str) -> Matrix:
    values = field(transform, name, list, f"{what}: coordinateTransformations")
    try:
        found = np.array(values, np.float64)
    except (ValueError, TypeError, OverflowError):
        found = np.zeros(0)
    if found.shape != shape:
        raise HeaderDataError(
            f"{what}: coordinateTransformations: {name}: must be {shape} numbers, "
            f"got {values!r:.60}"
        )
    return found


def _identity(transform: Document, ndim: int, what: str, depth: int) -> Matrix:
    return np.eye(ndim + 1)


def _scale(transform: Document, ndim: int, what: str, depth: int) -> Matrix:
    scale = _numbers(transform, "scale", (ndim,), what)
    if (scale <= 0).any():
        raise HeaderDataError(
            f"{what}: coordinateTransformations: scale: must be above 0, got {scale.tolist()}"
        )
    return np.diag([*scale, 1.0])


def _translation(transform: Document, ndim: int, what: str, depth: int) -> Matrix:
    matrix = np.eye(ndim + 1)
    matrix[:ndim, ndim] = _numbers(transform, "translation", (ndim,), what)
    return matrix


def _affine(transform: Document, ndim: int, what: str, depth: int) -> Matrix:
    matrix = np.eye(ndim + 1)
    matrix[:ndim] = _numbers(transform, "affine", (ndim, ndim + 1), what)
    return matrix


def _rotation(transform: Document, ndim: int, what: str, depth: int) -> Matrix:
    matrix = np.eye(ndim + 1)
    matrix[:ndim, :ndim] = _numbers(transform, "rotation", (ndim, ndim), what)
    return matrix


def _map_axis(transform: Document, ndim: int, what: str, depth: int) -> Matrix:
    """Return the matrix of axes in another order: output axis i is input axis order[i]."""
    order = _numbers(transform, "mapAxis", (ndim,), what)
    if sorted(order) != list(range(ndim)):
        raise HeaderDataError(
            f"{what}: coordinateTransformations: mapAxis: must name each axis once"
        )
    matrix = np.zeros((ndim + 1, ndim + 1))
    matrix[range(ndim), order.astype(int)] = 1
    matrix[ndim, ndim] = 1
    return matrix


def _sequence(transform: Document, ndim: int, what: str, depth: int) -> Matrix:
    inner = field(transform, "transformations", list, f"{what}: sequence")
    return product_of(inner, ndim, what, depth + 1)


def _by_dimension(transform: Document, ndim: int, what: str, depth: int) -> Matrix:
    """Return the matrix of transformations of some axes each, from which every axis comes once."""
    where = f"{what}: byDimension"
    matrix = np.zeros((ndim + 1, ndim + 1))
    matrix[ndim, ndim] = 1
    come: list[int] = []
    for item in field(transform, "transformations", list, where):
        if not isinstance(item, dict):
            raise HeaderDataError(f"{where}: transformations: must be mappings, got {item!r:.60}")
        inputs, outputs = _axes_of_part(item, ndim, where)
        count = len(inputs)
        inner = matrix_of(field(item, "transformation", dict, where), count, where, depth + 1)
        matrix[np.ix_(outputs, inputs)] = inner[:count, :count]
        matrix[outputs, ndim] = inner[:count, count]
        come += outputs
    if sorted(come) != list(range(ndim)):
        raise HeaderDataError(f"{where}: each of {ndim} axes must come out once, got {come}")
    return matrix


def _axes_of_part(item: Document, ndim: int, where: str) -> tuple[list[int], list[int]]:
    """Return the numbers of the axes that a transformation starts from, and of as many others."""
    inputs = _axis_numbers(item, "input", ndim, where)
    outputs = _axis_numbers(item, "output", ndim, where)
    if len(outputs) != len(inputs):
        raise HeaderDataError(f"{where}: {len(inputs)} axes become {len(outputs)}")
    return inputs, outputs


def _axis_numbers(item: Document, end: str, ndim: int, where: str) -> list[int]:
    """Return the numbers of the axes at an end of a transformation; drafts spell it otherwise."""
    draft = f"{end}_axes"
    name = draft if draft in item else f"{end}Axes"
    found = field(item, name, list, where)
    if not all(type(number) is int and 0 <= number < ndim for number in found):
        raise HeaderDataError(f"{where}: {name}: must be numbers of axes, got {found!r:.60}")
    return found


_MATRICES = {
    "identity": _identity,
    "scale": _scale,
    "translation": _translation,
    "affine": _affine,
    "rotation": _rotation,
    "mapAxis": _map_axis,
    "sequence": _sequence,
    "byDimension": _by_dimension,
}
