"""Parallel projection slice by slice: shift each slice, fold it in, warp the sum once.

After P. Lacroute and M. Levoy, Fast volume rendering using a shear-warp factorization (SIGGRAPH
1994). Rays of an orthographic view are straight and parallel in voxels too, whatever the affine.
Walking along the axis that is closest to them, each slice is moved by less than a voxel against
the one before: a shift by fractions that are the same for all its voxels.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from math import ceil, floor
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from volio.display.projection.accumulators import Accumulator
from volio.display.projection.geometry import Cut, Rays
from volio.display.projection.slice_batches import Slab, slabs
from volio.display.sampling.kernels import reach_of, taps

__all__ = ["Shear", "accumulate_slices", "warp", "warp_nearest"]

Sheet = NDArray[np.float32]
STRIP = 65536  # samples that stay in a core's cache, with what is kept of them
FINEST = 4  # samples per voxel along each axis of a sheet


Span = tuple[int, int]
#: For each slice and each phase between voxels: voxels that count, from the sample's, and weights.
Shifts = list[list[list[tuple[int, float]]]]


class Side(NamedTuple):
    """One axis of the sheet: sample P lies at voxel ``start + P / fine + slope * slice``."""

    axis: int
    slope: float
    start: float
    samples: int
    fine: int
    length: int

    def span(self, number: int) -> tuple[int, int]:
        """Return the samples inside the volume at a slice, first and last but one."""
        low = -0.5 - self.slope * number - self.start
        first = ceil(low * self.fine - 1e-9)
        last = floor((low + self.length) * self.fine + 1e-9) + 1
        return max(0, first), min(self.samples, last)

    def shifts(self, slices: int, name: str) -> Shifts:
        """Return how each slice is shifted: the same for all samples of a phase."""
        phases = np.arange(self.fine) / self.fine
        places = self.start + phases + self.slope * np.arange(slices)[:, np.newaxis]
        found = taps(places, name)
        return [
            [
                [
                    (int(found.first[number, phase]) + tap, float(weight))
                    for tap, weight in enumerate(found.weights[:, number, phase])
                    if abs(weight) > 1e-6
                ]
                for phase in range(self.fine)
            ]
            for number in range(slices)
        ]


class Shear:
    """How slices lie behind each other, seen along rays.

    Parameters
    ----------
    rays : Rays
    """

    def __init__(self, rays: Rays) -> None:
        self.rays = rays
        self.axis = int(np.argmax(np.abs(rays.direction)))
        self.speed = float(rays.direction[self.axis])  # slices per mm
        self.backward = self.speed < 0
        # Rows of a sheet are rows in memory, whatever the order of the array.
        others = [axis for axis in rays.block.storage_order if axis != self.axis]
        slopes = rays.direction / self.speed
        self.down = (rays.down - slopes * rays.down[self.axis])[others]
        self.right = (rays.right - slopes * rays.right[self.axis])[others]
        self.origin = (rays.origin - slopes * rays.origin[self.axis])[others]
        pixel = max(np.abs([self.down, self.right]).max(), 1e-9)  # voxels
        fine = int(np.clip(round(1 / pixel), 1, FINEST))
        self.sides = [self._side(axis, float(slopes[axis]), fine) for axis in others]

    def _side(self, axis: int, slope: float, fine: int) -> Side:
        """Lay samples symmetrically about the middle, so that a flipped volume looks the same."""
        length, far = self.rays.block.shape[axis], slope * (self.rays.block.shape[self.axis] - 1)
        half = ceil((length + abs(far)) / 2 * fine) + 1
        on_voxels = 0.5 if length % 2 == 0 and fine % 2 else 0.0  # of the middle slice
        start = (length - 1 - far) / 2 - (half + on_voxels) / fine
        return Side(axis, slope, start, 2 * half + 1 + round(2 * on_voxels), fine, length)

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

    def places(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the sample of the sheet that each pixel sees, rows and columns."""
        rows, columns = np.arange(self.rays.size[0])[:, np.newaxis], np.arange(self.rays.size[1])
        first, second = (
            (self.origin[n] + rows * self.down[n] + columns * self.right[n] - side.start)
            * side.fine
            for n, side in enumerate(self.sides)
        )
        return first, second

    @property
    def last(self) -> int:
        """Number of the last slice."""
        return self.rays.block.shape[self.axis] - 1

    def depth(self, steps: NDArray[Any]) -> NDArray[np.float64]:
        """Return depths in mm along the rays of pixels, for steps from slice to slice."""
        crossing = self.rays.starts()[..., self.axis]
        slices = self.last - steps if self.backward else steps
        result: NDArray[np.float64] = (slices - crossing) / self.speed
        return result


def accumulate_slices(shear: Shear, fold: Accumulator, name: str, cuts: Sequence[Cut] = ()) -> None:
    """Accumulator all slices of a volume, the nearest to the viewer first.

    Parameters
    ----------
    shear : Shear
    fold : Accumulator
        Of the sheet's shape; its depth will be in slices from the front.
    name : str
        Interpolation.
    cuts : sequence of Cut
        What is left out.
    """
    pad = max(1, reach_of(name))
    shifts = [side.shifts(shear.rays.block.shape[shear.axis], name) for side in shear.sides]
    height = max(8, STRIP // shear.shape[1])
    strips = [(top, min(top + height, shear.shape[0])) for top in range(0, shear.shape[0], height)]
    # One thread reads, one folds: numpy's calls here are too short to share the interpreter.
    with closing(slabs(shear.rays.block, shear.axes, shear.backward, name, pad)) as read:
        for slab in read:
            for strip in strips:
                _strip(shear, fold, shifts, cuts, slab, pad, strip)
            if fold.done():
                break


def _strip(
    shear: Shear,
    fold: Accumulator,
    shifts: list[Shifts],
    cuts: Sequence[Cut],
    slab: Slab,
    pad: int,
    strip: tuple[int, int],
) -> None:
    rows, columns = shear.sides
    for place, number in enumerate(slab.numbers):
        step = shear.last - number if shear.backward else number
        first, last = rows.span(number)
        first, last = max(first, strip[0]), min(last, strip[1])
        left, right = columns.span(number)
        if first >= last or left >= right:
            continue
        spans = (first, last), (left, right)
        sheet = _shifted(slab.sheets[place], shear, number, spans, shifts, pad)
        keep = _kept(shear, number, spans, cuts) if cuts else None
        if slab.weights is not None:
            weight = _shifted(slab.weights[place], shear, number, spans, shifts, pad)
            some = weight >= 0.5
            keep = some if keep is None else keep & some
            weight = np.where(some, weight, 1)
            sheet = sheet / (weight[..., np.newaxis] if sheet.ndim == 3 else weight)
        fold.add(sheet, step, (slice(first, last), slice(left, right)), keep)


def _shifted(
    slice_: Sheet,
    shear: Shear,
    number: int,
    spans: tuple[Span, Span],
    shifts: list[Shifts],
    pad: int,
) -> Sheet:
    """Sample a slice where the rays meet it: along rows, then along columns."""
    sides = zip(shear.sides, spans, shifts, strict=True)
    for axis, (side, span, one) in enumerate(sides):
        slice_ = _shifted_along(slice_, axis, side, number, span, one, pad)
    return slice_


def _shifted_along(
    slice_: Sheet, axis: int, side: Side, number: int, span: Span, shifts: Shifts, pad: int
) -> Sheet:
    if side.fine == 1:
        return _one_phase(slice_, axis, side, number, span, shifts, pad)
    shape = list(slice_.shape)
    shape[axis] = span[1] - span[0]
    result = np.empty(shape, np.float32)
    for phase in range(min(side.fine, shape[axis])):
        where = [slice(None)] * slice_.ndim
        where[axis] = slice(phase, None, side.fine)
        part = span[0] + phase, span[1]
        result[tuple(where)] = _one_phase(slice_, axis, side, number, part, shifts, pad)
    return result


def _one_phase(
    slice_: Sheet, axis: int, side: Side, number: int, span: Span, shifts: Shifts, pad: int
) -> Sheet:
    """Return samples a voxel apart: the same weights for all of them."""
    count = -(-(span[1] - span[0]) // side.fine)
    voxels, phase = divmod(span[0], side.fine)
    total: Any = None
    for offset, weight in shifts[number][phase]:
        first = voxels + offset + pad
        where = [slice(None)] * slice_.ndim
        where[axis] = slice(first, first + count)
        part = slice_[tuple(where)]
        if total is None:
            total = part if weight > 1 - 1e-6 else part * weight
        else:
            total += part * weight
    return np.asarray(total, np.float32)


def _kept(
    shear: Shear, number: int, spans: tuple[Span, Span], cuts: Sequence[Cut]
) -> NDArray[np.bool_]:
    """Tell which samples of a slice no plane cuts off: linear in rows and columns."""
    places = [
        side.start + np.arange(*span) / side.fine + side.slope * number
        for side, span in zip(shear.sides, spans, strict=True)
    ]
    result = np.ones((len(places[0]), len(places[1])), np.bool_)
    for cut in cuts:
        down, along = (cut.normal[s.axis] * at for s, at in zip(shear.sides, places, strict=True))
        result &= down[:, np.newaxis] + along >= cut.limit - cut.normal[shear.axis] * number
    return result


def warp(sheet: Sheet, shear: Shear, covered: NDArray[np.bool_]) -> Sheet:
    """Bring what was folded onto the pixels of the picture.

    Parameters
    ----------
    sheet : ndarray, shape of the shear, perhaps with colours
        NaN for nothing; colours with alpha multiplied in.
    covered : ndarray of bool, of the view's size
        Pixels whose rays meet the volume.

    Returns
    -------
    ndarray of float32, of the view's size
        Values, NaN where there is nothing; colours as they are.
    """
    rows, columns = shear.places()
    colours = sheet.ndim == 3
    values = sheet if colours else np.nan_to_num(sheet)
    there = np.ones(sheet.shape[:2], np.float32) if colours else (~np.isnan(sheet)).astype("f4")
    total = np.zeros((*rows.shape, *sheet.shape[2:]), np.float32)
    weight = np.zeros(rows.shape, np.float32)
    top, left = np.floor(rows).astype(np.intp), np.floor(columns).astype(np.intp)
    for down in (0, 1):
        for along in (0, 1):
            part = (1 - np.abs(rows - top - down)) * (1 - np.abs(columns - left - along))
            i, j = top + down, left + along
            inside = (i >= 0) & (i < sheet.shape[0]) & (j >= 0) & (j < sheet.shape[1])
            flat = np.where(inside, i * sheet.shape[1] + j, 0)
            counts = np.where(inside, part, 0).astype(np.float32) * there.reshape(-1)[flat]
            found = values.reshape(-1, *sheet.shape[2:])[flat]
            total += found * (counts[..., np.newaxis] if colours else counts)
            weight += counts
    if colours:
        return total
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(covered & (weight > 0), total / weight, np.float32(np.nan))


def warp_nearest(sheet: NDArray[Any], shear: Shear) -> NDArray[Any]:
    """Return for each pixel what the nearest sample of the sheet holds, NaN outside."""
    rows, columns = (np.rint(place).astype(np.intp) for place in shear.places())
    inside = (rows >= 0) & (rows < sheet.shape[0]) & (columns >= 0) & (columns < sheet.shape[1])
    return np.where(inside, sheet[np.where(inside, rows, 0), np.where(inside, columns, 0)], np.nan)
