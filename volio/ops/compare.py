"""How two images differ: in their headers, places and voxels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.arrays.encodings.decimals import shown_sizes
from volio.images.kinds import check_kind
from volio.io import load
from volio.ops.comparison.differences import check_tolerances, dtype_name
from volio.ops.comparison.voxels import VoxelDifference, compare_voxels
from volio.space.rotations import affine_difference

__all__ = ["FieldDifference", "ImageDifference", "compare"]


@dataclass(frozen=True)
class FieldDifference:
    """A field of two headers that is not the same.

    Parameters
    ----------
    field : str
    a, b : object
        Its two values: Python numbers, text or lists.
    """

    field: str
    a: Any
    b: Any


@dataclass(frozen=True)
class ImageDifference:
    """What `compare` finds; pairs hold what the first and the second image have.

    Parameters
    ----------
    formats : pair of str
        Names of the image classes.
    shapes : pair of tuple of int
    dtypes : pair of str
        Of the voxels in the files.
    zooms : pair of tuple of float
        mm, and the unit of the header for the fourth axis.
    fields : tuple of FieldDifference
        Fields of the headers that are not the same; of different formats those that both have.
    degrees, mm : float or None
        Angle between the directions of the axes, and the largest distance between the two places
        of one voxel. None if the shapes differ in space or an affine is unknown.
    voxels : VoxelDifference or None
        None if the shapes differ, or only one has fields (RGB).
    """

    formats: tuple[str, str]
    shapes: tuple[tuple[int, ...], tuple[int, ...]]
    dtypes: tuple[str, str]
    zooms: tuple[tuple[float, ...], tuple[float, ...]]
    fields: tuple[FieldDifference, ...]
    degrees: float | None
    mm: float | None
    voxels: VoxelDifference | None

    @property
    def same_voxels(self) -> bool:
        """Whether shapes are equal and no voxel differs by more than the tolerances."""
        return self.voxels is not None and not self.voxels.differing

    @property
    def same_place(self) -> bool:
        """Whether both affines are unknown, or every voxel has the same place in both."""
        return self.mm == 0 or (self.mm is None and self._no_affines)

    @property
    def same(self) -> bool:
        """Whether nothing at all differs (voxels by no more than the tolerances)."""
        pairs = (self.formats, self.dtypes, self.zooms)
        alike = all(one == other for one, other in pairs)
        return alike and not self.fields and self.same_place and self.same_voxels

    _no_affines: bool = False


def compare(a: Any, b: Any, rtol: float = 0.0, atol: float = 0.0) -> ImageDifference:
    """Compare two images.

    Parameters
    ----------
    a, b : SpatialImage or file name
        Voxels are read slab by slab.
    rtol, atol : float, optional
        A voxel differs if ``|a - b| > atol + rtol * |b|``, or if just one of the two is NaN.

    Returns
    -------
    ImageDifference

    Raises
    ------
    UsageError
        If a tolerance is negative, or one of them is not a volume.
    """
    check_tolerances(rtol, atol)
    one = _loaded(a)
    other = _loaded(b)
    degrees, mm = _place_difference(one, other)
    return ImageDifference(
        formats=(type(one).__name__, type(other).__name__),
        shapes=(tuple(one.shape), tuple(other.shape)),
        dtypes=(dtype_name(one), dtype_name(other)),
        zooms=(_zooms(one), _zooms(other)),
        fields=tuple(_field_differences(one.header, other.header)),
        degrees=degrees,
        mm=mm,
        voxels=compare_voxels(one.dataobj, other.dataobj, rtol, atol),
        _no_affines=one.affine is None and other.affine is None,
    )


def _loaded(img: Any) -> Any:
    """Return an image, which must be a volume, loaded where a file is named."""
    loaded = load(img) if isinstance(img, str | PathLike) else img
    check_kind(loaded, "volume", "compare")
    return loaded


def _zooms(img: Any) -> tuple[float, ...]:
    return tuple(shown_sizes(img.header.get_zooms()))


def _place_difference(a: Any, b: Any) -> tuple[float | None, float | None]:
    unknown = a.affine is None or b.affine is None
    if unknown or a.shape[:3] != b.shape[:3]:
        return None, None
    return affine_difference(a.affine, b.affine, a.shape)


def _field_differences(a: Any, b: Any) -> Iterator[FieldDifference]:
    if not (hasattr(a, "keys") and hasattr(b, "keys")):
        return
    for name in a:
        if name in b and not _same(a[name], b[name]):
            yield FieldDifference(name, _scalar(a[name]), _scalar(b[name]))
    one = list(getattr(a, "extensions", ()))
    other = list(getattr(b, "extensions", ()))
    if one != other:
        yield FieldDifference("extensions", list(map(repr, one)), list(map(repr, other)))


def _same(a: Any, b: Any) -> bool:
    one = np.asarray(a)
    other = np.asarray(b)
    return np.array_equal(one, other, equal_nan=one.dtype.kind == other.dtype.kind == "f")


def _scalar(value: NDArray[Any]) -> Any:
    """Return the value of a field as a Python number, text or list."""
    scalar = np.asarray(value).tolist()
    return scalar.decode("latin-1") if isinstance(scalar, bytes) else scalar
