"""The one way from values to colours, of sections, renderings, pages and windows alike."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import floor
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from volio.display.base.choices import as_numbers
from volio.display.colour.colours import colorize, colorize_rgb
from volio.display.colour.contrast import Pair
from volio.display.colour.srgb import Picture
from volio.errors import UsageError

__all__ = ["ValueColours", "threshold_pair"]

#: Samples are float32: limits that are farther from 0 than so many times their distance from
#: each other leave them fewer than 16 steps for each of the 256 levels of a screen.
FAR = 4096.0
#: The narrowest limits, and those farthest from 0, of pictures.
NARROWEST = 1e-34
FARTHEST = 1e38


@dataclass(frozen=True)
class ValueColours:
    """How the values of a layer become colours.

    Parameters
    ----------
    limits : (float, float)
        Values of the first and the last colour.
    gamma : float
        Exponent between the two.
    colormap : colour map or None
    opacity : float
        From 0 to 1.
    hidden : (float, float), optional
        Values between the two are transparent.
    rgb : bool
        Values are colours: limits and what is hidden do not count.
    """

    limits: Pair
    gamma: float = 1.0
    colormap: Any = None
    opacity: float = 1.0
    hidden: Pair | None = None
    rgb: bool = False

    @classmethod
    def of(cls, layer: Any) -> Self:
        """Return how a layer, of `volio.display.base.layer_protocol.Shown`, is coloured."""
        if layer.rgb:  # colours of volumes are those that are stored
            return cls((0.0, 1.0), opacity=layer.opacity, rgb=True)
        low, high = layer.contrast_limits
        return cls((low, high), layer.gamma, layer.colormap, layer.opacity, layer.hidden_values)

    def colours(self, values: NDArray[Any], alpha: Any = None) -> Picture:
        """Return values in colours, transparent where they are hidden or NaN.

        Parameters
        ----------
        values : array, shape (rows, columns), with colours last if RGB
        alpha : array, shape (rows, columns), optional
            Multiplies the opacity.

        Returns
        -------
        float32 array, shape (rows, columns, 4)
        """
        opacity = self.opacity if alpha is None else self.opacity * alpha
        if self.rgb:
            return colorize_rgb(values, None, self.gamma, opacity)
        picture = colorize(values, self.limits, self.gamma, self.colormap, opacity)
        if self.hidden is not None:
            low, high = self.hidden
            picture[(values > low) & (values < high), 3] = 0
        return picture

    @property
    def hides_middle(self) -> bool:
        """Whether there are colours on both sides of the values that are hidden."""
        if self.hidden is None:
            return False
        return self.limits[0] < self.hidden[0] and self.hidden[1] < self.limits[1]

    def origin(self, dtype: np.dtype[Any]) -> float:
        """Return what is to be taken from voxels before they become float32; mostly 0.

        It is the lower limit where float32 would not tell values between the limits apart.

        Raises
        ------
        UsageError
            If the voxels are out of the reach of pictures.
        """
        if self.rgb or _fits_float32(dtype):
            return 0.0
        self._check_reach()
        low, high = self.limits
        if max(-low, high) <= FAR * (high - low):
            return 0.0
        return floor(low) if dtype.kind in "iu" else low

    def _check_reach(self) -> None:
        low, high = self.limits
        if high - low < NARROWEST or max(-low, high) > FARTHEST:
            raise UsageError(
                f"image: values from {low:g} to {high:g} are out of the reach of pictures, "
                f"{NARROWEST:g} to {FARTHEST:g}; bring them nearer to 1 first"
            )

    def less(self, origin: float) -> Self:
        """Return the colours of the same values less a number."""
        if not origin:
            return self
        low, high = (float(limit - origin) for limit in self.limits)
        hidden = self.hidden and (self.hidden[0] - origin, self.hidden[1] - origin)
        return replace(self, limits=(low, high), hidden=hidden)

    def ramp(self, count: int) -> Picture:
        """Return so many colours from that of the first to that of the last, (count, 1, 4)."""
        near = self.less(self.limits[0])
        return near.colours(np.linspace(*near.limits, count)[:, np.newaxis])


def threshold_pair(threshold: float | tuple[float, float]) -> Pair:
    """Return the values between which nothing is shown, of a threshold.

    Parameters
    ----------
    threshold : float or (float, float)
        One number hides the values that are nearer to 0.

    Raises
    ------
    UsageError
        If it is less than 0, or a pair that does not rise.
    """
    given = as_numbers("threshold", threshold)
    if given.ndim == 0:
        given = np.array([-given, given])
    if given.shape != (2,) or not given[0] <= given[1]:
        raise UsageError(f"threshold: must be 0 or more, or a pair that rises, got {threshold!r}")
    return float(given[0]), float(given[1])


def _fits_float32(dtype: np.dtype[Any]) -> bool:
    """Return whether float32 holds every value of a dtype."""
    most = 2 if dtype.kind in "iu" else 4
    return dtype.kind == "b" or dtype.itemsize <= most
