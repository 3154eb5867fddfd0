"""Parallel projection slice by slice: shift each slice, add it up, warp the sum once.

After P. Lacroute and M. Levoy, Fast volume rendering using a shear-warp factorization (SIGGRAPH
1994). Rays of an orthographic view are straight and parallel in voxels too, whatever the affine.
Walking along the axis that is closest to them, each slice is moved by less than a voxel against
the one before: a shift by fractions that are the same for all its voxels.

The slices add up in a *sheet*, a picture whose rows and columns are those of the slices.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from math import ceil, floor
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from volio.display.projection.accumulators import Accumulator, Sheet
from volio.display.projection.geometry import HalfSpace, Rays
from volio.display.projection.slice_batches import SliceBatch, SliceReader
from volio.display.sampling.kernels import reach_of, taps

__all__ = ["Shear", "accumulate_slices"]

Floats = NDArray[np.float64]

#: Samples that stay in a core's cache, with what is kept of them.
STRIP = 65536
#: Samples per voxel along each axis of a sheet.
FINEST = 4
#: Of a sample: rounding must not lose the one at the edge.
ROUNDING = 1e-9
#: Weights below this do not count, and those above 1 less this are 1.
NO_WEIGHT = 1e-6

#: First sample, and the one after the last.
Span = tuple[int, int]
#: For each slice and each phase between voxels: voxels that count, from the sample's, and weights.
Shifts = list[list[list[tuple[int, float]]]]


class SheetAxis(NamedTuple):
    """An axis of the sheet: sample P is at voxel ``start + P / fine + slope * slice``.

    Parameters
    ----------
    axis : int
        Of the volume.
    slope : float
        Voxels that rays move along it from slice to slice.
    start : float
    samples : int
        Along the sheet.
    fine : int
        Samples for each voxel.
    length : int
        Voxels of the volume.
    """

    axis: int
    slope: float
    start: float
    samples: int
    fine: int
    length: int

    def span(self, number: int) -> Span:
        """Return the samples inside the volume at a slice."""
        low = -0.5 - self.slope * number - self.start
        first = ceil(low * self.fine - ROUNDING)
        last = floor((low + self.length) * self.fine + ROUNDING) + 1
        return max(0, first), min(self.samples, last)

    def voxels(self, number: int, span: Span) -> Floats:
        """Return the voxels that samples are at in a slice."""
        voxels: Floats = self.start + np.arange(*span) / self.fine + self.slope * number
        return voxels

    def shifts(self, slices: int, interpolation: str) -> Shifts:
        """Return how each slice is shifted: the same for all samples of a phase."""
        phases = np.arange(self.fine) / self.fine
        positions = self.start + phases + self.slope * np.arange(slices)[:, np.newaxis]
        first, weights = taps(positions, interpolation)
        return [
            [_counting(first[n, phase], weights[:, n, phase]) for phase in range(self.fine)]
            for n in range(slices)
        ]


def _counting(first: int, weights: NDArray[np.float32]) -> list[tuple[int, float]]:
    """Return the voxels whose weights are not 0, and these."""
    return [
        (int(first) + tap, float(weight))
        for tap, weight in enumerate(weights)
        if abs(weight) > NO_WEIGHT
    ]


class Shear:
    """The slices of a volume behind each other, seen along rays.

    Parameters
    ----------
    rays : Rays
    """

    def __init__(self, rays: Rays) -> None:
        self.rays = rays
        #: The axis across slices: that which is closest to the rays.
        self.axis = int(np.argmax(np.abs(rays.direction)))
        #: Slices per mm.
        self.speed = float(rays.direction[self.axis])
        self.backward = self.speed < 0
        # Rows of a sheet are rows in memory, whatever the order of the array.
        self._others = [axis for axis in rays.volume.storage_order if axis != self.axis]
        self.down = self._in_slice_0(rays.down)
        self.right = self._in_slice_0(rays.right)
        self.origin = self._in_slice_0(rays.origin)
        fine = self._samples_per_voxel()
        self.sides = [self._side(axis, fine) for axis in self._others]

    def _in_slice_0(self, vector: Floats) -> Floats:
        """Return a point or a step moved along the rays to slice 0, where the sheet is."""
        moved: Floats = vector - self.rays.direction / self.speed * vector[self.axis]
        return moved[self._others]

    def _samples_per_voxel(self) -> int:
        pixel = max(np.abs([self.down, self.right]).max(), ROUNDING)  # in voxels
        return int(np.clip(round(1 / pixel), 1, FINEST))

    def _side(self, axis: int, fine: int) -> SheetAxis:
        """Return an axis of the sheet, its samples on both sides of the middle alike.

        A volume that is flipped then looks the same.
        """
        length = self.rays.volume.shape[axis]
        slope = float(self.rays.direction[axis] / self.speed)
        moved = slope * self.last  # of the last slice against the first
        half = ceil((length + abs(moved)) / 2 * fine) + 1
        # An even number of voxels has its middle between two: samples move there from voxels.
        is_between = length % 2 == 0 and fine % 2 == 1
        aside = 0.5 if is_between else 0.0
        start = (length - 1 - moved) / 2 - (half + aside) / fine
        return SheetAxis(axis, slope, start, 2 * half + 1 + round(2 * aside), fine, length)

    @property
    def shape(self) -> tuple[int, int]:
        """Shape of the sheet."""
        return self.sides[0].samples, self.sides[1].samples

    @property
    def axes(self) -> tuple[int, int, int]:
        """The axis across slices, and those along the rows and columns of the sheet."""
        return self.axis, self.sides[0].axis, self.sides[1].axis

    @property
    def step(self) -> float:
        """Way from slice to slice, in voxels."""
        return 1 / abs(self.speed) / self.rays.voxel

    @property
    def last(self) -> int:
        """Number of the last slice."""
        return self.rays.volume.shape[self.axis] - 1

    def step_of(self, number: int) -> int:
        """Return how many slices are before one on the way of the rays."""
        return self.last - number if self.backward else number

    def samples(self) -> tuple[Floats, Floats]:
        """Return the sample of the sheet that each pixel sees, rows and columns."""
        return self._samples_along(0), self._samples_along(1)

    def _samples_along(self, n: int) -> Floats:
        """Return the sample that each pixel sees, along the rows or the columns of the sheet."""
        rows = np.arange(self.rays.size[0])[:, np.newaxis]
        columns = np.arange(self.rays.size[1])
        voxels = self.origin[n] + rows * self.down[n] + columns * self.right[n]
        samples: Floats = (voxels - self.sides[n].start) * self.sides[n].fine
        return samples

    def depth(self, steps: NDArray[Any]) -> Floats:
        """Return depths in mm along the rays of pixels, for steps from slice to slice."""
        crossing = self.rays.starts()[..., self.axis]
        slices = self.last - steps if self.backward else steps
        depth: Floats = (slices - crossing) / self.speed
        return depth


def accumulate_slices(
    shear: Shear,
    accumulator: Accumulator,
    interpolation: str,
    spaces: Sequence[HalfSpace] = (),
) -> None:
    """Add up all slices of a volume, the nearest to the viewer first.

    Parameters
    ----------
    shear : Shear
    accumulator : Accumulator
        Of the sheet's shape; its depth will be in slices from the front.
    interpolation : str
    spaces : sequence of HalfSpace
        What clipping planes keep.
    """
    border = max(1, reach_of(interpolation))
    reader = SliceReader(shear.rays.volume, shear.axes, shear.backward, interpolation, border)
    shifts = [side.shifts(reader.length, interpolation) for side in shear.sides]
    shifter = Shifter(shear, accumulator, shifts, spaces, border)
    # One thread reads, one adds up: numpy's calls here are too short to share the interpreter.
    with closing(reader.batches()) as batches:
        for batch in batches:
            shifter.add(batch)
            if accumulator.done():
                break


@dataclass(frozen=True)
class Shifter:
    """Slices that are shifted and added up.

    Parameters
    ----------
    shear : Shear
    accumulator : Accumulator
    shifts : list of two Shifts
        Along the rows and the columns of the sheet.
    spaces : sequence of HalfSpace
        What clipping planes keep.
    border : int
        Of slices.
    """

    shear: Shear
    accumulator: Accumulator
    shifts: list[Shifts]
    spaces: Sequence[HalfSpace]
    border: int

    def add(self, batch: SliceBatch) -> None:
        """Add all slices of a batch, some rows of the sheet after the others."""
        rows, columns = self.shear.shape
        height = max(8, STRIP // columns)
        for top in range(0, rows, height):
            self._add_strip(batch, (top, min(top + height, rows)))

    def _add_strip(self, batch: SliceBatch, strip: Span) -> None:
        rows, columns = self.shear.sides
        for place, number in enumerate(batch.numbers):
            first, last = rows.span(number)
            down = max(first, strip[0]), min(last, strip[1])
            along = columns.span(number)
            if down[0] < down[1] and along[0] < along[1]:
                self._add(batch, place, (down, along))

    def _add(self, batch: SliceBatch, place: int, spans: tuple[Span, Span]) -> None:
        """Add the samples of one slice of a batch."""
        number = batch.numbers[place]
        sheet = self._shifted(batch.slices[place], number, spans)
        keep = self._within(number, spans) if self.spaces else None
        if batch.weights is not None:
            weight = self._shifted(batch.weights[place], number, spans)
            sheet, is_known = _without_nans(sheet, weight)
            keep = is_known if keep is None else keep & is_known
        where = (slice(*spans[0]), slice(*spans[1]))
        keep = self.accumulator.seen(sheet, keep)
        self.accumulator.add(sheet, self.shear.step_of(number), where, keep)

    def _shifted(self, values: Sheet, number: int, spans: tuple[Span, Span]) -> Sheet:
        """Sample a slice where the rays meet it: along rows, then along columns."""
        for axis, span in enumerate(spans):
            values = self._shifted_along(values, axis, number, span)
        return values

    def _shifted_along(self, values: Sheet, axis: int, number: int, span: Span) -> Sheet:
        fine = self.shear.sides[axis].fine
        if fine == 1:
            return self._one_phase(values, axis, number, span)
        shape = list(values.shape)
        shape[axis] = span[1] - span[0]
        shifted = np.empty(shape, np.float32)
        for phase in range(min(fine, shape[axis])):
            samples = _along(axis, slice(phase, None, fine), values.ndim)
            part = span[0] + phase, span[1]
            shifted[samples] = self._one_phase(values, axis, number, part)
        return shifted

    def _one_phase(self, values: Sheet, axis: int, number: int, span: Span) -> Sheet:
        """Return samples a voxel apart: the same weights for all of them."""
        fine = self.shear.sides[axis].fine
        count = ceil((span[1] - span[0]) / fine)
        voxel, phase = divmod(span[0], fine)
        total: Any = None
        for offset, weight in self.shifts[axis][number][phase]:
            first = voxel + offset + self.border
            part = values[_along(axis, slice(first, first + count), values.ndim)]
            total = _added(total, part, weight)
        return np.asarray(total, np.float32)

    def _within(self, number: int, spans: tuple[Span, Span]) -> NDArray[np.bool_]:
        """Return which samples of a slice no plane cuts off: linear in rows and columns."""
        rows, columns = self.shear.sides
        down = rows.voxels(number, spans[0])[:, np.newaxis]
        along = columns.voxels(number, spans[1])
        kept = np.ones((down.size, along.size), np.bool_)
        for space in self.spaces:
            distance = space.normal[rows.axis] * down + space.normal[columns.axis] * along
            kept &= distance >= space.limit - space.normal[self.shear.axis] * number
        return kept


def _added(total: Any, part: Sheet, weight: float) -> Any:
    """Add a weighted part in place; one alone with all the weight is not copied."""
    if total is None:
        return part if weight > 1 - NO_WEIGHT else part * weight
    total += part * weight
    return total


def _along(axis: int, part: slice, ndim: int) -> tuple[slice, ...]:
    """Return the index of a part of one axis."""
    index = [slice(None)] * ndim
    index[axis] = part
    return tuple(index)


def _without_nans(sheet: Sheet, weight: Sheet) -> tuple[Sheet, NDArray[np.bool_]]:
    """Return sums of voxels over the weights of those that are known, and where these are most."""
    is_known = weight >= 0.5
    divisor = np.where(is_known, weight, np.float32(1))
    mean = np.asarray(
        sheet / (divisor[..., np.newaxis] if sheet.ndim == 3 else divisor), sheet.dtype
    )
    return mean, is_known
