"""Axes of NRRD files: which are of space, which hold colours, and in what order an image has them.

An image has its three axes of space first, in the order of the file, then time, then the others. A
first axis of the kind RGB-color, RGBA-color or complex is part of the voxels.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite, nan
from typing import NamedTuple

import numpy as np

from volio.arrays.axis_map import AxisMap
from volio.arrays.dtypes import RGB, RGBA, DType
from volio.formats.nrrd.fields import Vector
from volio.images.headers.units import millimetres_in

__all__ = [
    "NO_AXIS",
    "OF_SPACE",
    "PACKED",
    "Axis",
    "PackedAxis",
    "arranged",
    "packed_as",
    "reshaped",
    "sampling_of",
]

#: Kinds of axes of space, where no directions are stated.
OF_SPACE = ("domain", "space", "???", "none")


class PackedAxis(NamedTuple):
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
    PackedAxis("RGB-color", 3, np.dtype(np.uint8), RGB),
    PackedAxis("RGBA-color", 4, np.dtype(np.uint8), RGBA),
    PackedAxis("complex", 2, np.dtype(np.float32), np.dtype(np.complex64)),
    PackedAxis("complex", 2, np.dtype(np.float64), np.dtype(np.complex128)),
)


class Axis(NamedTuple):
    """One axis of a file.

    Attributes
    ----------
    size : int
    kind : str
        In lower case; '???' where it is not stated.
    direction : tuple of float or None
        Step of one sample, in the space of the file; () for an axis without a direction, which is
        not of space then; None where the file states no directions at all.
    """

    size: int
    kind: str = "???"
    direction: Vector | None = None

    @property
    def time_step(self) -> float:
        """Step of an axis that leads along the time of a space alone; 0 for others.

        It is negative from later to earlier.
        """
        direction = self.direction or ()
        return direction[3] if len(direction) > 3 and not any(direction[:3]) else 0.0

    @property
    def of_time(self) -> bool:
        """Whether it leads along time."""
        return self.kind == "time" or self.time_step != 0

    @property
    def of_space(self) -> bool:
        """Whether it is an axis of space."""
        if self.direction is None:
            return self.kind in OF_SPACE
        return 0 < len(self.direction) < 4 or any(self.direction[:3])


#: An axis of an image that the file does not have.
NO_AXIS = Axis(1)


def packed_as(axes: Sequence[Axis], scalar: DType) -> PackedAxis | None:
    """Return what the first axis is as part of the voxels; None if it is an axis of the image."""
    if len(axes) < 2 or (axes[0].direction and axes[0].of_space):
        return None
    wanted = (axes[0].kind, axes[0].size, scalar)
    found = (each for each in PACKED if (each.kind.lower(), each.size, each.scalar) == wanted)
    return next(found, None)


def arranged(axes: Sequence[Axis]) -> AxisMap:
    """Return how the axes of an image are arranged in the file (without a packed one)."""
    space = [place for place, axis in enumerate(axes) if axis.of_space][:3]
    others = [place for place in range(len(axes)) if place not in space]
    others.sort(key=lambda place: not (axes[place].of_time or axes[place].of_space))
    missing = [None] * (3 - len(space)) if others else []
    return AxisMap((*space, *missing, *others))


def sampling_of(
    length: int, spacing: float, low: float, high: float, centering: str, unit: str
) -> tuple[float, float]:
    """Return step and position of the first sample of an axis without a direction, mm.

    Parameters
    ----------
    length : int
    spacing, low, high : float
        Step, and range from "axis mins" to "axis maxs"; NaN where they are not stated.
    centering, unit : str
        Entries of the axis in "centerings" and "units".

    Returns
    -------
    step : float
        1 of its unit where nothing states it.
    start : float
        0 where nothing states it.
    """
    mm = millimetres_in(unit.strip('"')) or 1.0
    is_node = centering.lower() == "node"  # the range is from sample to sample, not edge to edge
    steps = length - is_node
    from_range = (high - low) / steps if steps > 0 else nan
    stated = (step for step in (spacing, from_range) if isfinite(step))
    step = next(stated, 1.0) * mm
    start = low * mm if is_node else low * mm + step / 2
    return step, start if isfinite(low) else 0.0


def reshaped(file_axes: Sequence[int | None], lengths: Sequence[int]) -> list[int]:
    """Return the axis of an image for each axis of its file, for an image of another shape.

    Axes that are kept stay in their order, new ones come last.

    Parameters
    ----------
    file_axes : sequence of int or None
        Of the image before: for each of its axes the one of the file.
    lengths : sequence of int
        Shape of the image.
    """
    before = enumerate(file_axes[: len(lengths)])
    kept = sorted((axis, place) for place, axis in before if axis is not None)
    places = [place for _, place in kept]
    for place, length in enumerate(lengths):
        # An axis of one slice that the file does without stays away while later axes follow it.
        stays_away = place < len(file_axes) and length == 1 and len(lengths) > 3
        if place not in places and not stays_away:
            places.append(place)
    return places
