"""Accumulators: what the samples along rays add up to.

An accumulator takes the samples of many rays, the nearest to the viewer first, a sheet at a time,
and keeps what it needs for the picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from volio.display.colour.colours import mapped
from volio.display.colour.contrast import ZEROS

__all__ = [
    "Accumulator",
    "Keep",
    "RaySettings",
    "Sheet",
    "Where",
    "alpha_of",
    "luminance",
    "premultiplied",
]

#: One sample of each ray; of colours the channels are the last axis.
Sheet = NDArray[np.float32]
Mask = NDArray[np.bool_]
#: Which of the rays: rows and columns.
Where = tuple[slice, ...]
#: Samples that count; None for all.
Keep = Mask | None

#: Entries of a colour table: a quarter of a screen's step.
ENTRIES = 1024
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
    hidden : (low, high), optional
        Samples between the two do not count.
    """

    limits: tuple[float, float]
    gamma: float = 1.0
    colormap: Any = None
    attenuation: float = 0.05
    length: float = 1.0
    threshold: float = 0.5
    hidden: tuple[float, float] | None = None

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
        # NaN, between a voxel of plus and one of minus infinity, has the first entry.
        np.fmax(entry, 0, out=entry)
        np.fmin(entry, ENTRIES - 1, out=entry)
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

    def __init__(self, shape: tuple[int, ...], settings: RaySettings, channels: int) -> None:
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

    def seen(self, sheet: Sheet, keep: Keep) -> Keep:
        """Return which samples of a sheet count: those kept whose values are not hidden."""
        if self.settings.hidden is None:  # as of all colours
            return keep
        if self.settings.hidden == ZEROS:
            seen: Mask = sheet != 0
        else:
            low, high = self.settings.hidden
            seen = (sheet <= np.float32(low)) | (sheet >= np.float32(high))
        return seen if keep is None else seen & keep

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


def alpha_of(colours: Sheet) -> Sheet:
    """Return the alpha of colours, 1 for those without."""
    if colours.shape[-1] == 4:
        alpha: Sheet = colours[..., 3]
        return alpha
    return np.ones(colours.shape[:-1], np.float32)


def luminance(colours: Sheet) -> Sheet:
    """Return how bright colours are: the weighted sum of red, green and blue, times alpha."""
    light: Sheet = colours[..., :3] @ LUMINANCE
    return light * colours[..., 3] if colours.shape[-1] == 4 else light


def premultiplied(colour: Sheet, has_any: Mask) -> Sheet:
    """Return RGBA with alpha multiplied in, transparent where there is nothing."""
    rgba = np.zeros((*has_any.shape, 4), np.float32)
    rgba[..., 3] = has_any * alpha_of(colour)
    rgba[..., :3] = colour[..., :3] * rgba[..., 3:]
    return rgba
