"""Axes of NRRD files: which are of space, which hold colours, and in what order an image has them.

An image has its three axes of space first, in the order of the file, then time, then the others. A
first axis of the kind RGB-color, RGBA-color or complex is part of the voxels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from volio.arrays.axis_map import Arrangement
from volio.arrays.dtypes import DType

__all__ = ["OF_SPACE", "RGB", "RGBA", "Axis", "arranged", "packed_dtype", "packed_kind", "reshaped"]

RGB = np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")])
RGBA = np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1"), ("A", "u1")])

#: Kind and length of a first axis, and the type of its values, that make one voxel.
PACKED: dict[tuple[str, int, str], DType] = {
    ("rgb-color", 3, "uint8"): RGB,
    ("rgba-color", 4, "uint8"): RGBA,
    ("complex", 2, "float32"): np.dtype(np.complex64),
    ("complex", 2, "float64"): np.dtype(np.complex128),
}

KINDS = {"rgb-color": "RGB-color", "rgba-color": "RGBA-color", "complex": "complex"}

OF_SPACE = ("domain", "space", "???", "none")


class Axis(NamedTuple):
    """One axis of a file.

    Attributes
    ----------
    size : int
    kind : str
        In lower case; '???' where it is not stated.
    oriented : bool or None
        Whether it has a direction in space; None where no axis has one.
    of_time : bool
        Whether it leads along time.
    """

    size: int
    kind: str = "???"
    oriented: bool | None = None
    of_time: bool = False

    @property
    def of_space(self) -> bool:
        """Whether it is an axis of space."""
        return self.kind in OF_SPACE if self.oriented is None else self.oriented


def packed_dtype(axes: Sequence[Axis], dtype: DType) -> DType | None:
    """Return the dtype of voxels that the first axis is part of; None if it is not."""
    if len(axes) < 2 or axes[0].oriented:
        return None
    return PACKED.get((axes[0].kind, axes[0].size, dtype.newbyteorder("=").name))


def packed_kind(dtype: DType) -> tuple[str, int, DType] | None:
    """Return kind and length of the first axis, and the type, that voxels of a dtype need."""
    for (kind, size, scalar), found in PACKED.items():
        if found == dtype:
            return KINDS[kind], size, np.dtype(scalar)
    return None


def arranged(axes: Sequence[Axis]) -> Arrangement:
    """Return how the axes of an image lie among those of the file (without a packed one)."""
    space = [place for place, axis in enumerate(axes) if axis.of_space][:3]
    others = [place for place in range(len(axes)) if place not in space]
    others.sort(key=lambda place: not (axes[place].of_time or axes[place].of_space))
    missing = [None] * (3 - len(space)) if others else []
    return Arrangement((*space, *missing, *others))


def reshaped(old: Arrangement, lengths: Sequence[int]) -> list[tuple[int | None, int]]:
    """Return the axes of a file for an image of another shape.

    Parameters
    ----------
    old : Arrangement
        Of the image before.
    lengths : sequence of int
        Shape of the image.

    Returns
    -------
    list of (axis before or None, axis of the image)
        For each axis of the file; axes that are kept stay in their order, new ones come last.
    """
    before, places = dict(enumerate(old.axes)), range(len(lengths))
    kept = [(axis, place) for place in places if (axis := before.get(place)) is not None]
    absent = {p for p, axis in before.items() if axis is None and len(lengths) > 3}
    new = [
        place
        for place in places
        if before.get(place) is None and not (place in absent and lengths[place] == 1)
    ]
    return [*sorted(kept), *((None, place) for place in new)]
