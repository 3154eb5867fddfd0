"""What becomes of the samples along a ray: one class for each way of rendering.

A fold takes the samples of many rays, the nearest to the viewer first, a sheet at a time, and
keeps what it needs for the picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from volio.display.colour.colours import mapped

__all__ = ["ACCUMULATORS", "Accumulator", "Settings", "luminance"]

Sheet = NDArray[np.float32]
ENTRIES = 1024  # of a colour table: a quarter of a screen's step
OPAQUE = 0.004  # light that still comes through, below which nothing more is seen
LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)


@dataclass(frozen=True)
class Settings:
    """How a layer's values are shown.

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
        places = np.linspace(0, 1, ENTRIES, dtype=np.float32)
        return mapped(places ** np.float32(self.gamma), self.colormap)

    def entries(self, values: Sheet) -> NDArray[np.intp]:
        """Return the entry in the table of each value."""
        scale = (ENTRIES - 1) / (self.limits[1] - self.limits[0])
        place = values * np.float32(scale)
        place += np.float32(0.5 - self.limits[0] * scale)
        np.clip(place, 0, ENTRIES - 1, out=place)
        return place.astype(np.intp)


class Accumulator:
    """Samples of many rays, folded one sheet after the other.

    Parameters
    ----------
    shape : tuple of int
        Of the rays.
    settings : Settings
    channels : int
        0 for values, 3 or 4 for colours.
    """

    #: Whether the result is values, coloured at the end, or RGBA.
    scalar: ClassVar[bool] = True

    def __init__(self, shape: tuple[int, ...], settings: Settings, channels: int = 0) -> None:
        self.settings = settings
        self.channels = channels
        self.first = np.full(shape, np.nan, np.float32)  # sheet that first counts; NaN for none
        self.prepare(shape)

    def prepare(self, shape: tuple[int, ...]) -> None:
        """Make what is kept."""
        raise NotImplementedError

    def add(self, sheet: Sheet, step: int, where: tuple[slice, ...], keep: Any) -> None:
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

    def begin(self, step: int, where: tuple[slice, ...], counts: Any) -> None:
        """Note the first sheet whose samples count; None for all."""
        first = self.first[where]
        fresh = np.isnan(first)
        if counts is not None:
            fresh &= counts
        np.copyto(first, np.float32(step), where=fresh)

    def done(self) -> bool:
        """Tell whether nothing that comes can be seen."""
        return False

    def depth(self) -> Sheet:
        """Return the sheet in which each ray finds what it shows, NaN for none."""
        return self.first

    def result(self) -> Sheet:
        """Return values, NaN for none, or RGBA with alpha multiplied in."""
        raise NotImplementedError


class Extreme(Accumulator):
    """The largest value; of colours that with the most light."""

    sign: ClassVar[int] = 1

    def prepare(self, shape: tuple[int, ...]) -> None:
        """Make what is kept."""
        self.best = np.full(shape, -np.inf, np.float32)
        self.seen = np.zeros(shape, np.uint32)  # sheet of the best, from 1; 0 for none
        self.colour = np.zeros((*shape, self.channels), np.float32) if self.channels else None

    def weigh(self, sheet: Sheet, where: tuple[slice, ...], keep: Any) -> Sheet:
        """Return what is compared: larger wins."""
        value = luminance(sheet) if self.channels else sheet
        value = value if self.sign > 0 else np.negative(value)
        if keep is not None:
            value[~keep] = -np.inf
        return value

    def add(self, sheet: Sheet, step: int, where: tuple[slice, ...], keep: Any) -> None:
        """Take a sheet of samples."""
        value, best = self.weigh(sheet, where, keep), self.best[where]
        larger = value > best
        np.maximum(best, value, out=best)
        seen = self.seen[where]  # the largest number is the last: faster than a masked copy
        np.maximum(seen, larger * np.uint32(step + 1), out=seen)
        if self.colour is not None:
            np.copyto(self.colour[where], sheet, where=larger[..., np.newaxis])

    def depth(self) -> Sheet:
        """Return the sheet of the best."""
        return np.where(self.seen > 0, self.seen - np.float32(1), np.float32(np.nan))

    def result(self) -> Sheet:
        """Return values or colours."""
        found = self.seen > 0
        if self.colour is not None:
            return _premultiplied(self.colour, found)
        return np.where(found, self.sign * self.best, np.float32(np.nan))


class Lowest(Extreme):
    """The smallest value."""

    sign = -1


class Attenuated(Extreme):
    """The largest value, weaker the more lies before it.

    A value v counts as ``low + (v - low) * exp(-attenuation * (s - 1))``, where s is the sum of
    normalised values before it, per voxel of way.
    """

    def prepare(self, shape: tuple[int, ...]) -> None:
        """Make what is kept."""
        super().prepare(shape)
        self.passed = np.zeros(shape, np.float32)

    def weigh(self, sheet: Sheet, where: tuple[slice, ...], keep: Any) -> Sheet:
        low, high = (0.0, 1.0) if self.channels else self.settings.limits
        value = luminance(sheet) if self.channels else sheet
        value = value - np.float32(low)
        part = np.clip(value, 0, high - low)
        part *= np.float32(0.5 * self.settings.length / (high - low))
        if keep is not None:
            part[~keep] = 0
        passed = self.passed[where]
        passed += part
        factor = passed - np.float32(1)
        passed += part
        factor *= np.float32(-self.settings.attenuation)
        value *= np.exp(factor, out=factor)
        value += np.float32(low)
        if keep is not None:
            value[~keep] = -np.inf
        return value


class Average(Accumulator):
    """The mean of all samples."""

    def prepare(self, shape: tuple[int, ...]) -> None:
        """Make what is kept."""
        self.total = np.zeros((*shape, self.channels) if self.channels else shape, np.float32)
        self.count = np.zeros(shape, np.float32)

    def add(self, sheet: Sheet, step: int, where: tuple[slice, ...], keep: Any) -> None:
        """Take a sheet of samples."""
        if keep is not None:
            sheet = np.where(keep[..., np.newaxis] if self.channels else keep, sheet, 0)
        self.total[where] += sheet
        self.count[where] += 1 if keep is None else keep
        self.begin(step, where, keep)

    def result(self) -> Sheet:
        """Return values or colours."""
        found = self.count > 0
        count = np.where(found, self.count, np.float32(1))
        if self.channels:
            return _premultiplied((self.total / count[..., np.newaxis]).astype(np.float32), found)
        return np.where(found, self.total / count, np.float32(np.nan))


class Additive(Accumulator):
    """Colours added up as light on a screen: ``1 - product of (1 - colour) ** length``."""

    scalar = False

    def prepare(self, shape: tuple[int, ...]) -> None:
        """Make what is kept."""
        with np.errstate(divide="ignore"):
            dark = np.log1p(-np.minimum(self.settings.table(), np.float32(1)))
        dark *= np.float32(self.settings.length)
        self.columns = [np.ascontiguousarray(dark[:, c]) for c in range(4)]
        same = [_first_same(self.columns, c) for c in range(4)]
        self.source = list(range(4)) if self.channels else same
        self.total = {c: np.zeros(shape, np.float32) for c in set(self.source)}

    def add(self, sheet: Sheet, step: int, where: tuple[slice, ...], keep: Any) -> None:
        """Take a sheet of samples."""
        self.begin(step, where, keep)
        if self.channels:
            self._add_colours(sheet, where, keep)
            return
        entry = self.settings.entries(sheet)
        for column, total in self.total.items():
            dark = self.columns[column].take(entry)
            if keep is not None:
                dark[~keep] = 0
            total[where] += dark

    def _add_colours(self, sheet: Sheet, where: tuple[slice, ...], keep: Any) -> None:
        alpha = sheet[..., 3] if self.channels == 4 else np.ones(sheet.shape[:-1], np.float32)
        for column in range(4):
            colour = alpha if column == 3 else sheet[..., column] * alpha
            with np.errstate(divide="ignore"):
                dark = np.log1p(-np.clip(colour, 0, 1)) * np.float32(self.settings.length)
            if keep is not None:
                dark[~keep] = 0
            self.total[column][where] += dark

    def result(self) -> Sheet:
        """Return values or colours."""
        light = {c: -np.expm1(total) for c, total in self.total.items()}
        found = np.stack([light[c] for c in self.source], axis=-1)
        found[..., :3] *= found[..., 3:]
        return found


class Translucent(Accumulator):
    """Colours laid over each other from the front; a way of n voxels is as opaque as n voxels."""

    scalar = False

    def prepare(self, shape: tuple[int, ...]) -> None:
        """Make what is kept."""
        table = self.settings.table()
        alpha = self._opaque(table[:, 3])
        self.columns = [np.ascontiguousarray(table[:, c] * alpha) for c in range(3)]
        self.columns.append(np.ascontiguousarray(1 - alpha))
        same = [_first_same(self.columns[:3], c) for c in range(3)]
        self.source = list(range(3)) if self.channels else same
        self.total = {c: np.zeros(shape, np.float32) for c in set(self.source)}
        self.clear = np.ones(shape, np.float32)

    def _opaque(self, alpha: Sheet) -> Sheet:
        """Return the alpha of a step of this length, for that of one voxel."""
        clear = np.clip(1 - alpha, 0, 1)
        return np.asarray(1 - clear ** np.float32(self.settings.length), np.float32)

    def add(self, sheet: Sheet, step: int, where: tuple[slice, ...], keep: Any) -> None:
        """Take a sheet of samples."""
        columns = self._colours(sheet) if self.channels else self._mapped(sheet)
        clear = self.clear[where]
        passed = columns[3] if keep is None else np.where(keep, columns[3], 1)
        self.begin(step, where, passed < 1)
        for column, total in self.total.items():
            light = columns[column] * clear
            if keep is not None:
                light[~keep] = 0
            total[where] += light
        clear *= passed

    def _mapped(self, sheet: Sheet) -> dict[int, Sheet]:
        entry = self.settings.entries(sheet)
        return {c: self.columns[c].take(entry) for c in (*self.total, 3)}

    def _colours(self, sheet: Sheet) -> dict[int, Sheet]:
        alpha = sheet[..., 3] if self.channels == 4 else np.ones(sheet.shape[:-1], np.float32)
        alpha = self._opaque(alpha)
        return {**{c: sheet[..., c] * alpha for c in range(3)}, 3: 1 - alpha}

    def done(self) -> bool:
        """Tell whether nothing that comes can be seen."""
        return bool(self.clear.max() < OPAQUE)

    def result(self) -> Sheet:
        """Return values or colours."""
        return np.stack([*(self.total[c] for c in self.source), 1 - self.clear], axis=-1)


def _first_same(columns: list[Sheet], column: int) -> int:
    """Return the first column with the same numbers."""
    return next(c for c in range(column + 1) if np.array_equal(columns[c], columns[column]))


def luminance(colours: Sheet) -> Sheet:
    """Return how bright colours are: red, green and blue weighed, times alpha."""
    light = colours[..., :3] @ LUMINANCE
    return light * colours[..., 3] if colours.shape[-1] == 4 else light


def _premultiplied(colour: Sheet, found: NDArray[np.bool_]) -> Sheet:
    result = np.zeros((*found.shape, 4), np.float32)
    result[..., 3] = found * (colour[..., 3] if colour.shape[-1] == 4 else np.float32(1))
    result[..., :3] = colour[..., :3] * result[..., 3:]
    return result


ACCUMULATORS: dict[str, type[Accumulator]] = {
    "mip": Extreme,
    "minip": Lowest,
    "attenuated_mip": Attenuated,
    "average": Average,
    "additive": Additive,
    "translucent": Translucent,
}
