"""How two matrices of greyordinates differ: in axes, metadata and values."""

from __future__ import annotations

from dataclasses import dataclass

from volio.formats.cifti2 import Cifti2Image
from volio.ops.comparison.differences import check_comparable, differing_texts, dtype_name
from volio.ops.comparison.voxels import VoxelDifference, compare_voxels
from volio.ops.greyordinates.axes import axis_facts, named_index

__all__ = ["GreyordinateDifference", "compare_greyordinates"]


@dataclass(frozen=True)
class GreyordinateDifference:
    """What `compare_greyordinates` finds; pairs hold what the first and the second have.

    Attributes
    ----------
    formats, dtypes : pair of str
    shapes : pair of tuple of int
    axes : dict of int to pair of str
        Axes that are not equal, as people call them.
    fields : dict of str to pair of str
        Texts of the matrix that are not the same, or in one only ("").
    values : VoxelDifference or None
        None where the shapes differ.
    place : str
        What the value is that differs most: ``"'MyelinMap' at cortex_left, vertex 17"``.
    """

    formats: tuple[str, str]
    dtypes: tuple[str, str]
    shapes: tuple[tuple[int, ...], tuple[int, ...]]
    axes: dict[int, tuple[str, str]]
    fields: dict[str, tuple[str, str]]
    values: VoxelDifference | None
    place: str


def compare_greyordinates(
    a: Cifti2Image, b: Cifti2Image, rtol: float = 0.0, atol: float = 0.0
) -> GreyordinateDifference:
    """Compare two matrices of greyordinates, slab by slab.

    Parameters
    ----------
    a, b : Cifti2Image
    rtol, atol : float, optional
        A value differs if ``|a - b| > atol + rtol * |b|``. NaN is equal to NaN.

    Raises
    ------
    UsageError
        If a tolerance is negative, or one of them is of another kind.
    """
    check_comparable((a, b), "greyordinates", "compare_greyordinates", rtol, atol)
    values = compare_voxels(a.dataobj, b.dataobj, rtol, atol)
    return GreyordinateDifference(
        (type(a).__name__, type(b).__name__),
        (dtype_name(a), dtype_name(b)),
        (a.shape, b.shape),
        _differing_axes(a, b),
        differing_texts(a.header.matrix.metadata or {}, b.header.matrix.metadata or {}),
        values,
        "" if values is None or values.where is None else _place(a, values.where),
    )


def _differing_axes(a: Cifti2Image, b: Cifti2Image) -> dict[int, tuple[str, str]]:
    found = {}
    for number in range(max(a.ndim, b.ndim)):
        axes = [img.header.get_axis(number) if number < img.ndim else None for img in (a, b)]
        if axes[0] != axes[1]:
            one, other = ("none" if axis is None else axis_facts(axis).text for axis in axes)
            found[number] = (one, other)
    return found


def _place(img: Cifti2Image, where: tuple[int, ...]) -> str:
    """Return what a value is, by the names of its indices."""
    names = [named_index(img.header.get_axis(axis), index) for axis, index in enumerate(where)]
    return " at ".join(names)
