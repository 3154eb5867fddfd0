"""Axes of NRRD files: which are of space, which hold colours, and in what order an image has them.

An image has its three axes of space first, in the order of the file, then time, then the others. A
first axis of the kind RGB-color, RGBA-color or complex is part of the voxels.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import NamedTuple

import numpy as np

from volio.arrays.axis_map import Arrangement
from volio.arrays.dtypes import RGB, RGBA, DType
from volio.formats.nrrd.fields import Vector
from volio.formats.nrrd.space import millimetres
from volio.images.headers.text_lines import as_number

__all__ = [
    "NO_AXIS",
    "OF_SPACE",
    "PACKED",
    "SAMPLING",
    "Axis",
    "NewAxis",
    "Packed",
    "arranged",
    "packed_as",
    "reshaped",
    "sampled",
]

#: Kinds of axes of space, where no directions are stated.
OF_SPACE = ("domain", "space", "???", "none")


class Packed(NamedTuple):
    """A first axis that is part of the voxels.

    Attributes
    ----------
    kind : str
    size : int
    scalar : numpy.dtype
        Of the numbers along it, in native byte order.
    dtype : numpy.dtype
        Of the voxels.
    """

    kind: str
    size: int
    scalar: DType
    dtype: DType


PACKED = (
    Packed("RGB-color", 3, np.dtype(np.uint8), RGB),
    Packed("RGBA-color", 4, np.dtype(np.uint8), RGBA),
    Packed("complex", 2, np.dtype(np.float32), np.dtype(np.complex64)),
    Packed("complex", 2, np.dtype(np.float64), np.dtype(np.complex128)),
)


class Axis(NamedTuple):
    """One axis of a file.

    Attributes
    ----------
    size : int
    kind : str
        In lower case; '???' where it is not stated.
    direction : tuple of float or None
        Step of one sample, in the space of the file; None without a direction.
    has_space : bool
        Whether the file states directions: an axis without one is then not of space.
    """

    size: int
    kind: str = "???"
    direction: Vector | None = None
    has_space: bool = False

    @property
    def time_step(self) -> float:
        """Step of an axis that leads along the time of a space alone; 0 for others."""
        if self.direction is None or len(self.direction) < 4 or any(self.direction[:3]):
            return 0.0
        return abs(self.direction[3])

    @property
    def of_time(self) -> bool:
        """Whether it leads along time."""
        return self.kind == "time" or self.time_step > 0

    @property
    def of_space(self) -> bool:
        """Whether it is an axis of space."""
        if not self.has_space:
            return self.kind in OF_SPACE
        if self.direction is None:
            return False
        return len(self.direction) < 4 or any(self.direction[:3])


#: An axis of an image that the file does not have.
NO_AXIS = Axis(1)


def packed_as(axes: Sequence[Axis], scalar: DType) -> Packed | None:
    """Return what the first axis is as part of the voxels; None if it is an axis of the image."""
    if len(axes) < 2 or (axes[0].has_space and axes[0].of_space):
        return None
    wanted = (axes[0].kind, axes[0].size, scalar)
    found = (each for each in PACKED if (each.kind.lower(), each.size, each.scalar) == wanted)
    return next(found, None)


def arranged(axes: Sequence[Axis]) -> Arrangement:
    """Return how the axes of an image are arranged in the file (without a packed one)."""
    space = [place for place, axis in enumerate(axes) if axis.of_space][:3]
    others = [place for place in range(len(axes)) if place not in space]
    others.sort(key=lambda place: not (axes[place].of_time or axes[place].of_space))
    missing = [None] * (3 - len(space)) if others else []
    return Arrangement((*space, *missing, *others))


#: Fields with the sampling along each axis, as `sampled` takes their entries.
SAMPLING = ("spacings", "axis mins", "axis maxs", "units", "centerings")


def sampled(
    length: int, spacing: str, low: str, high: str, unit: str, centering: str
) -> tuple[float, float]:
    """Return the spacing of an axis and the position of its first sample, mm.

    Parameters
    ----------
    length : int
        Of the axis.
    spacing, low, high, unit, centering : str
        Its entries in the fields of `SAMPLING`.
    """
    step = as_number("spacings", spacing)
    first, last = (as_number("axis mins, axis maxs", entry) for entry in (low, high))
    is_node = centering.lower() == "node"
    # The range is from the first node to the last; of cells it is from edge to edge.
    steps = length - 1 if is_node else length
    if not isfinite(step) and steps > 0:
        step = (last - first) / steps
    if not isfinite(step):
        step = 1.0
    start = first if is_node else first + step / 2
    factor = millimetres(unit.strip('"'))
    return step * factor, start * factor if isfinite(first) else 0.0


class NewAxis(NamedTuple):
    """An axis of a file for an image of another shape.

    Attributes
    ----------
    before : int or None
        The axis that it was; None for a new one.
    place : int
        The axis of the image.
    """

    before: int | None
    place: int


def reshaped(old: Arrangement, lengths: Sequence[int]) -> list[NewAxis]:
    """Return the axes of a file for an image of another shape.

    Axes that are kept stay in their order, new ones come last.

    Parameters
    ----------
    old : Arrangement
        Of the image before.
    lengths : sequence of int
        Shape of the image.
    """
    known = dict(enumerate(old.axes))
    kept: list[NewAxis] = []
    new: list[NewAxis] = []
    for place, length in enumerate(lengths):
        before = known.get(place)
        # A slice axis that the file does without stays away while later axes follow it.
        stays_away = place in known and before is None and length == 1 and len(lengths) > 3
        if before is not None:
            kept.append(NewAxis(before, place))
        elif not stays_away:
            new.append(NewAxis(None, place))
    return [*sorted(kept), *new]
