"""Accumulators: what the samples along rays add up to, one class for each way of rendering.

An accumulator takes the samples of many rays, the nearest to the viewer first, a sheet at a time,
and keeps what it needs for the picture.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from volio.display.colour.colours import mapped

__all__ = ["ACCUMULATORS", "Accumulator", "Keep", "RaySettings", "Sheet", "Where", "luminance"]

#: One sample of each ray; of colours the channels are the last axis.
Sheet = NDArray[np.float32]
Mask = NDArray[np.bool_]
#: Which of the rays: rows and columns.
Where = tuple[slice, ...]
#: Samples that count; None for all.
Keep = Mask | None

#: Entries of a colour table: a quarter of a screen's step.
ENTRIES = 1024
#: Light that still comes through, below which nothing more is seen.
OPAQUE = 0.004
#: Weights of red, green and blue in brightness (ITU-R BT.709).
LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)
NAN = np.float32(np.nan)


@dataclass(frozen=True)
class RaySettings:
    """How the values along a ray are shown.

    Parameters
    ----------
    limits : (low, high)
    gamma : float
    colormap : colour map or None
    attenuation : float
    length : float
        Of a step along the ray, in voxels.
    threshold : float
        Of the isosurface.
    """

    limits: tuple[float, float]
    gamma: float = 1.0
    colormap: Any = None
    attenuation: float = 0.05
    length: float = 1.0
    threshold: float = 0.5

    def table(self) -> Sheet:
        """Return the colours of `ENTRIES` equal steps between the limits, shape (n, 4)."""
        steps = np.linspace(0, 1, ENTRIES, dtype=np.float32)
        return mapped(steps ** np.float32(self.gamma), self.colormap)

    def entries(self, values: Sheet) -> NDArray[np.intp]:
        """Return the entry in the table of each value."""
        low, high = self.limits
        scale = (ENTRIES - 1) / (high - low)
        entry = values * np.float32(scale)
        entry += np.float32(0.5 - low * scale)  # cut off below, this rounds
        np.clip(entry, 0, ENTRIES - 1, out=entry)
        return entry.astype(np.intp)


class Accumulator:
    """Samples of many rays, added one sheet after the other.

    Parameters
    ----------
    shape : tuple of int
        Of the rays.
    settings : RaySettings
    channels : int
        0 for values, 3 or 4 for colours.
    """

    #: Whether the result is values, coloured at the end, or RGBA.
    scalar: ClassVar[bool] = True

    def __init__(self, shape: tuple[int, ...], settings: RaySettings, channels: int = 0) -> None:
        self.settings = settings
        self.channels = channels
        #: The sheet that first counts for each ray; NaN for none.
        self.first = np.full(shape, np.nan, np.float32)
        self.prepare(shape)

    def prepare(self, shape: tuple[int, ...]) -> None:
        """Make what is kept."""
        raise NotImplementedError

    def add(self, sheet: Sheet, step: int, where: Where, keep: Keep) -> None:
        """Take a sheet of samples.

        Parameters
        ----------
        sheet : ndarray of float32
            Values; colours have the last axis. May be overwritten.
        step : int
            Number of the sheet along the rays, one more than that of the sheet before.
        where : tuple of slice
            Which of the rays.
        keep : ndarray of bool or None
            Samples that count; None for all.
        """
        raise NotImplementedError

    def note_first(self, step: int, where: Where, counts: Keep) -> None:
        """Note the first sheet whose samples count; None for all."""
        first = self.first[where]
        is_first = np.isnan(first)
        if counts is not None:
            is_first &= counts
        np.copyto(first, np.float32(step), where=is_first)

    def done(self) -> bool:
        """Return whether further samples cannot change the picture."""
        return False

    def depth(self) -> Sheet:
        """Return the sheet in which each ray finds what it shows, NaN for none."""
        return self.first

    def result(self) -> Sheet:
        """Return values, NaN for none, or RGBA with alpha multiplied in."""
        raise NotImplementedError


class Maximum(Accumulator):
    """The largest value; of colours that with the most light."""

    sign: ClassVar[int] = 1

    def prepare(self, shape: tuple[int, ...]) -> None:
        """Make what is kept."""
        self.best = np.full(shape, -np.inf, np.float32)
        #: The sheet of the best, counted from 1; 0 for none.
        self.found = np.zeros(shape, np.uint32)
        self.colour = np.zeros((*shape, self.channels), np.float32) if self.channels else None

    def compared(self, sheet: Sheet, where: Where, keep: Keep) -> Sheet:
        """Return the numbers of which the larger wins."""
        value = luminance(sheet) if self.channels else sheet
        if self.sign < 0:
            value = np.negative(value)
        if keep is not None:
            value[~keep] = -np.inf
        return value

    def add(self, sheet: Sheet, step: int, where: Where, keep: Keep) -> None:
        """Take a sheet of samples."""
        value = self.compared(sheet, where, keep)
        best = self.best[where]
        is_larger = value > best
        np.maximum(best, value, out=best)
        found = self.found[where]
        # The largest number is that of the last sheet: faster than a masked copy.
        np.maximum(found, is_larger * np.uint32(step + 1), out=found)
        if self.colour is not None:
            np.copyto(self.colour[where], sheet, where=is_larger[..., np.newaxis])

    def depth(self) -> Sheet:
        """Return the sheet of the best."""
        return np.where(self.found > 0, self.found - np.float32(1), NAN)

    def result(self) -> Sheet:
        """Return values or colours."""
        has_any = self.found > 0
        if self.colour is not None:
            return _premultiplied(self.colour, has_any)
        return np.where(has_any, self.sign * self.best, NAN)


class Minimum(Maximum):
    """The smallest value."""

    sign = -1


class AttenuatedMaximum(Maximum):
    """The largest value, weaker the more is before it.

    A value v counts as ``low + (v - low) * exp(-attenuation * (s - 1))``, where s is the sum of
    normalised values before it, per voxel of way.
    """

    def prepare(self, shape: tuple[int, ...]) -> None:
        """Make what is kept."""
        super().prepare(shape)
        self.passed = np.zeros(shape, np.float32)

    def compared(self, sheet: Sheet, where: Where, keep: Keep) -> Sheet:
        """Return the values as they arrive at the front."""
        low, high = (0.0, 1.0) if self.channels else self.settings.limits
        value = luminance(sheet) if self.channels else sheet
        value = value - np.float32(low)
        half = self._half_of_sum(value, high - low)
        if keep is not None:
            half[~keep] = 0
        value *= self._attenuation(half, where)
        value += np.float32(low)
        if keep is not None:
            value[~keep] = -np.inf
        return value

    def _half_of_sum(self, value: Sheet, full: float) -> Sheet:
        """Return half of what the step adds to the sum: a sample is in the middle of its step."""
        half = np.clip(value, 0, full)
        half *= np.float32(0.5 * self.settings.length / full)
        return half

    def _attenuation(self, half: Sheet, where: Where) -> Sheet:
        """Return the factors of samples; the sum goes on to the end of their step."""
        passed = self.passed[where]
        passed += half
        factor = passed - np.float32(1)
        passed += half
        factor *= np.float32(-self.settings.attenuation)
        np.exp(factor, out=factor)
        return factor


class Average(Accumulator):
    """The mean of all samples."""

    def prepare(self, shape: tuple[int, ...]) -> None:
        """Make what is kept."""
        self.total = np.zeros((*shape, self.channels) if self.channels else shape, np.float32)
        self.count = np.zeros(shape, np.float32)

    def add(self, sheet: Sheet, step: int, where: Where, keep: Keep) -> None:
        """Take a sheet of samples."""
        if keep is not None:
            sheet = np.where(keep[..., np.newaxis] if self.channels else keep, sheet, 0)
        self.total[where] += sheet
        self.count[where] += 1 if keep is None else keep
        self.note_first(step, where, keep)

    def result(self) -> Sheet:
        """Return values or colours."""
        has_any = self.count > 0
        count = np.where(has_any, self.count, np.float32(1))
        if self.channels:
            mean = (self.total / count[..., np.newaxis]).astype(np.float32)
            return _premultiplied(mean, has_any)
        return np.where(has_any, self.total / count, NAN)


class Additive(Accumulator):
    """Colours added up as light on a screen: ``1 - product of (1 - colour) ** length``.

    What is summed are logarithms of ``1 - colour``, the darkness that is left.
    """

    scalar = False

    def prepare(self, shape: tuple[int, ...]) -> None:
        """Make what is kept."""
        darkness = self._log_darkness(np.minimum(self.settings.table(), np.float32(1)))
        self.columns = [np.ascontiguousarray(darkness[:, c]) for c in range(4)]
        self.source = list(range(4)) if self.channels else _same_columns(self.columns)
        self.total = {c: np.zeros(shape, np.float32) for c in set(self.source)}

    def _log_darkness(self, colour: Sheet) -> Sheet:
        """Return the logarithm of the darkness that a step of colours up to 1 leaves."""
        with np.errstate(divide="ignore"):
            darkness = np.log1p(-colour)
        darkness *= np.float32(self.settings.length)
        return darkness

    def add(self, sheet: Sheet, step: int, where: Where, keep: Keep) -> None:
        """Take a sheet of samples."""
        self.note_first(step, where, keep)
        darkness = self._of_colours(sheet) if self.channels else self._of_values(sheet)
        for column, total in self.total.items():
            if keep is not None:
                darkness[column][~keep] = 0
            total[where] += darkness[column]

    def _of_values(self, sheet: Sheet) -> Mapping[int, Sheet]:
        entry = self.settings.entries(sheet)
        return {column: self.columns[column].take(entry) for column in self.total}

    def _of_colours(self, sheet: Sheet) -> Mapping[int, Sheet]:
        alpha = _alpha(sheet)
        channels = [sheet[..., 0] * alpha, sheet[..., 1] * alpha, sheet[..., 2] * alpha, alpha]
        return dict(enumerate(self._log_darkness(np.clip(c, 0, 1)) for c in channels))

    def result(self) -> Sheet:
        """Return colours."""
        light = {c: -np.expm1(total) for c, total in self.total.items()}
        rgba = np.stack([light[c] for c in self.source], axis=-1)
        rgba[..., :3] *= rgba[..., 3:]
        return rgba


class Translucent(Accumulator):
    """Colours over each other, from the front; n steps of a voxel are as opaque as n voxels."""

    scalar = False

    def prepare(self, shape: tuple[int, ...]) -> None:
        """Make what is kept."""
        table = self.settings.table()
        alpha = self._alpha_of_step(table[:, 3])
        colours = [np.ascontiguousarray(table[:, c] * alpha) for c in range(3)]
        self.columns = [*colours, np.ascontiguousarray(1 - alpha)]
        self.source = list(range(3)) if self.channels else _same_columns(colours)
        self.total = {c: np.zeros(shape, np.float32) for c in set(self.source)}
        #: Light that still comes through.
        self.clear = np.ones(shape, np.float32)

    def _alpha_of_step(self, alpha: Sheet) -> Sheet:
        """Return the alpha of a step of this length, for that of one voxel."""
        clear = np.clip(1 - alpha, 0, 1)
        return np.asarray(1 - clear ** np.float32(self.settings.length), np.float32)

    def add(self, sheet: Sheet, step: int, where: Where, keep: Keep) -> None:
        """Take a sheet of samples."""
        columns = self._of_colours(sheet) if self.channels else self._of_values(sheet)
        passed = columns[3] if keep is None else np.where(keep, columns[3], 1)
        self.note_first(step, where, passed < 1)
        clear = self.clear[where]
        for column, total in self.total.items():
            light = columns[column] * clear
            if keep is not None:
                light[~keep] = 0
            total[where] += light
        clear *= passed

    def _of_values(self, sheet: Sheet) -> Mapping[int, Sheet]:
        """Return light by channel, and at 3 what comes through."""
        entry = self.settings.entries(sheet)
        return {c: self.columns[c].take(entry) for c in (*self.total, 3)}

    def _of_colours(self, sheet: Sheet) -> Mapping[int, Sheet]:
        alpha = self._alpha_of_step(_alpha(sheet))
        red, green, blue = (sheet[..., c] * alpha for c in range(3))
        return {0: red, 1: green, 2: blue, 3: 1 - alpha}

    def done(self) -> bool:
        """Return whether further samples cannot change the picture."""
        return bool(self.clear.max() < OPAQUE)

    def result(self) -> Sheet:
        """Return colours."""
        channels = [self.total[c] for c in self.source]
        return np.stack([*channels, 1 - self.clear], axis=-1)


def _same_columns(columns: Sequence[Sheet]) -> list[int]:
    """Return for each column the first one with the same numbers: it is added up once."""
    return [
        next(c for c in range(column + 1) if np.array_equal(columns[c], columns[column]))
        for column in range(len(columns))
    ]


def _alpha(colours: Sheet) -> Sheet:
    """Return the alpha of colours, 1 for those without."""
    if colours.shape[-1] == 4:
        alpha: Sheet = colours[..., 3]
        return alpha
    return np.ones(colours.shape[:-1], np.float32)


def luminance(colours: Sheet) -> Sheet:
    """Return how bright colours are: the weighted sum of red, green and blue, times alpha."""
    light: Sheet = colours[..., :3] @ LUMINANCE
    return light * colours[..., 3] if colours.shape[-1] == 4 else light


def _premultiplied(colour: Sheet, has_any: Mask) -> Sheet:
    """Return RGBA with alpha multiplied in, transparent where there is nothing."""
    rgba = np.zeros((*has_any.shape, 4), np.float32)
    rgba[..., 3] = has_any * _alpha(colour)
    rgba[..., :3] = colour[..., :3] * rgba[..., 3:]
    return rgba


ACCUMULATORS: dict[str, type[Accumulator]] = {
    "mip": Maximum,
    "minip": Minimum,
    "attenuated_mip": AttenuatedMaximum,
    "average": Average,
    "additive": Additive,
    "translucent": Translucent,
}
