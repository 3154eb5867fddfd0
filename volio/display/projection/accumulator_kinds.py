"""The accumulators of each way of rendering."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from volio.display.projection.accumulators import (
    NAN,
    Accumulator,
    Keep,
    Sheet,
    Where,
    alpha_of,
    luminance,
    premultiplied,
)

__all__ = ["ACCUMULATORS", "Farthest"]

#: Light that still comes through, below which nothing more is seen.
OPAQUE = 0.004
#: What is larger than no sample.
NOTHING = np.float32(-np.inf)


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
            np.copyto(value, NOTHING, where=~keep)
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
            return premultiplied(self.colour, has_any)
        return np.where(has_any, self.sign * self.best, NAN)


class Minimum(Maximum):
    """The smallest value."""

    sign = -1


class Farthest(Maximum):
    """The value farthest from those that are hidden in the middle of the range."""

    def prepare(self, shape: tuple[int, ...]) -> None:
        """Make what is kept."""
        super().prepare(shape)
        self.value = np.full(shape, np.nan, np.float32)
        low, high = self.settings.hidden or (0.0, 0.0)
        self.middle = np.float32((low + high) / 2)

    def add(self, sheet: Sheet, step: int, where: Where, keep: Keep) -> None:
        """Take a sheet of samples."""
        distance = np.abs(sheet - self.middle)
        if keep is not None:
            np.copyto(distance, NOTHING, where=~keep)
        is_farther = distance > self.best[where]
        np.copyto(self.best[where], distance, where=is_farther)
        np.copyto(self.value[where], sheet, where=is_farther)
        np.copyto(self.found[where], np.uint32(step + 1), where=is_farther)

    def result(self) -> Sheet:
        """Return values."""
        return np.where(self.found > 0, self.value, NAN)


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
            return premultiplied(mean, has_any)
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
        alpha = alpha_of(sheet)
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
        alpha = self._alpha_of_step(alpha_of(sheet))
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
    found: list[int] = []
    for number, column in enumerate(columns):
        same = (first for first in set(found) if np.array_equal(columns[first], column))
        found.append(next(same, number))
    return found


ACCUMULATORS: dict[str, type[Accumulator]] = {
    "mip": Maximum,
    "minip": Minimum,
    "attenuated_mip": AttenuatedMaximum,
    "average": Average,
    "additive": Additive,
    "translucent": Translucent,
}
