"""The part of a layer that turns values into colours: limits, gamma, colour map, thumbnail."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.arrays.dtypes import integer_limits
from volio.display.base.choices import as_number
from volio.display.colour.colormaps import Colormap, as_colormap, colormap_names
from volio.display.colour.contrast import RULES, checked_pair, find_limits, joined
from volio.display.layers.rendering import DrawnLayer
from volio.display.layers.thumbnail import black, thumbnail_of
from volio.errors import UsageError

__all__ = ["ShadedLayer"]

Pair = tuple[float, float]


class ShadedLayer(DrawnLayer):
    """Values as colours: ``colormap(((value - low) / (high - low)) ** gamma)``.

    Parameters
    ----------
    colormap : anything `volio.display.colour.colormaps.as_colormap` takes
    contrast_limits : (float, float) or None
    contrast_rule : str
    auto_contrast : bool
    gamma : float
    **drawn
        For `DrawnLayer`.
    """

    def __init__(
        self,
        data: Any,
        *,
        colormap: Any,
        contrast_limits: Any,
        contrast_rule: str,
        auto_contrast: bool,
        gamma: float,
        **drawn: Any,
    ) -> None:
        super().__init__(data, **drawn)
        given = (
            None if contrast_limits is None else checked_pair("contrast_limits", contrast_limits)
        )
        self._limits: Pair | None = given
        self._limits_range: Pair | None = given
        self._stretched: Pair | None = None  # limits that were set before the range was known
        self.contrast_rule = contrast_rule
        self._auto_contrast = bool(auto_contrast)
        self._gamma = _positive(gamma)
        self._colormap = as_colormap(colormap)
        self._thumbnail: NDArray[np.uint8] | None = None

    # Limits.

    @property
    def contrast_rule(self) -> str:
        """How limits are found: one of `volio.display.colour.contrast.RULES`."""
        return self._rule

    @contrast_rule.setter
    def contrast_rule(self, value: str) -> None:
        if value not in RULES:
            raise UsageError(f"contrast_rule: must be one of {', '.join(RULES)}, got {value!r}")
        self._rule = value

    @property
    def contrast_limits(self) -> list[float]:
        """Values of the first and the last colour.

        Until they are set they are found by `contrast_rule` when they are first asked for.
        Setting them widens `contrast_limits_range` to hold them.
        """
        if self._limits is None:
            self._limits = self._first_limits()
        return list(self._limits)

    @contrast_limits.setter
    def contrast_limits(self, value: Any) -> None:
        low, high = checked_pair("contrast_limits", value)
        self._widen_range(low, high)
        self._limits = (low, high)
        self._thumbnail_changed()
        self.events.contrast_limits(value=[low, high])

    def _first_limits(self) -> Pair:
        """Find the limits of a layer that was given none."""
        whole = self._in_memory() or self.contrast_rule != "napari"
        return self._found_limits("data" if whole else "slice")

    def _known_limits(self) -> Pair:
        low, high = self.contrast_limits
        return low, high

    def _in_memory(self) -> bool:
        return isinstance(self._levels[-1], np.ndarray)

    def _widen_range(self, low: float, high: float) -> None:
        """Make the range hold limits; one that nobody has asked for is found when it is."""
        if self._limits_range is None:
            self._stretched = joined(self._stretched, (low, high))
            return
        wider = joined(self._limits_range, (low, high))
        if wider != self._limits_range:
            self._limits_range = wider
            self.events.contrast_limits_range(value=list(wider))

    @property
    def contrast_limits_range(self) -> list[float]:
        """Least and greatest limit that a front end offers.

        Until it is set it holds the limits that `contrast_rule` finds, and those that were set.
        """
        if self._limits_range is None:
            if self.contrast_rule == "napari" and not self._in_memory() and self.dtype.kind in "iu":
                found: Pair = integer_limits(self.dtype)
            else:
                found = self._first_limits() if self._stretched else self._known_limits()
            self._limits_range = joined(self._stretched, found)
        return list(self._limits_range)

    @contrast_limits_range.setter
    def contrast_limits_range(self, value: Any) -> None:
        kept = self.contrast_limits_range
        try:
            given = [old if new is None else new for new, old in zip(value, kept, strict=True)]
        except (TypeError, ValueError) as error:
            raise UsageError(
                f"contrast_limits_range: must be two numbers, got {value!r}"
            ) from error
        low, high = checked_pair("contrast_limits_range", given)
        self._limits_range = (low, high)
        self.events.contrast_limits_range(value=[low, high])
        first, last = (float(limit) for limit in np.clip(self.contrast_limits, low, high))
        self.contrast_limits = (first, last) if first < last else (low, high)

    @property
    def auto_contrast(self) -> bool:
        """Whether limits are found anew for every slice that is shown."""
        return self._auto_contrast

    @auto_contrast.setter
    def auto_contrast(self, value: bool) -> None:
        self._auto_contrast = bool(value)
        self.events.auto_contrast(value=self._auto_contrast)
        if self._auto_contrast:
            self.reset_contrast_limits("slice")

    def reset_contrast_limits(self, mode: str | None = None, rule: str | None = None) -> None:
        """Find the contrast limits again.

        Parameters
        ----------
        mode : {"slice", "data"}, optional
            In what is shown (default), or in all the data: its coarsest level if multiscale.
        rule : str, optional
            One of `volio.display.colour.contrast.RULES` (default: `contrast_rule`).

        Raises
        ------
        UsageError
            If there is no such mode or rule.
        """
        self.contrast_limits = self._found_limits(mode or "slice", rule)

    def reset_contrast_limits_range(self, mode: str | None = None) -> None:
        """Set the range to what the dtype can hold, for floats to the limits found in the values.

        Parameters
        ----------
        mode : {"slice", "data"}, optional
            As for `reset_contrast_limits`.
        """
        if self.dtype.kind in "iu":
            self.contrast_limits_range = integer_limits(self.dtype)
        else:
            self.contrast_limits_range = self._found_limits(mode or "slice")

    def _found_limits(self, mode: str, rule: str | None = None) -> Pair:
        if mode not in ("slice", "data"):
            raise UsageError(f"mode: must be 'slice' or 'data', got {mode!r}")
        shown = self.slice_values() if mode == "slice" else None
        values = self._levels[-1] if shown is None else shown
        return find_limits(values, rule or self.contrast_rule, self.rgb)

    def _default_threshold(self) -> float:
        low, high = self.contrast_limits_range
        return (low + high) / 2

    def _slice_changed(self) -> None:
        super()._slice_changed()
        if self._auto_contrast:
            self.reset_contrast_limits("slice")

    # Colours.

    @property
    def gamma(self) -> float:
        """Exponent between limits and colours, above 0: less than 1 brightens."""
        return self._gamma

    @gamma.setter
    def gamma(self, value: float) -> None:
        self._gamma = _positive(value)
        self._thumbnail_changed()
        self.events.gamma(value=self._gamma)

    @property
    def colormap(self) -> Colormap:
        """The colour map; may be set by all that `volio.display.as_colormap` takes."""
        return self._colormap

    @colormap.setter
    def colormap(self, value: Any) -> None:
        self._colormap = as_colormap(value)
        self._thumbnail_changed()
        self.events.colormap(value=self._colormap)

    @property
    def colormaps(self) -> list[str]:
        """Names of the colour maps there are."""
        return colormap_names()

    @property
    def thumbnail(self) -> NDArray[np.uint8]:
        """A small picture of what is shown, (32, 32, 4) uint8; made when it is asked for."""
        if self._thumbnail is None:
            self._thumbnail = self._small_picture()
        return self._thumbnail

    def _small_picture(self) -> NDArray[np.uint8]:
        last = len(self._levels) - 1
        values = self.slice_values() if self.data_level == last else self._read_slice(last)
        if values is None:
            return black()
        low, high = (0.0, 1.0) if self.rgb else self.contrast_limits
        return thumbnail_of(values, (low, high), self.gamma, self.colormap, self.opacity, self.rgb)

    def _thumbnail_changed(self) -> None:
        self._thumbnail = None
        super()._thumbnail_changed()


def _positive(gamma: float) -> float:
    number = as_number("gamma", gamma)
    if not 0 < number < float("inf"):
        raise UsageError(f"gamma: must be above 0, got {gamma!r}")
    return number
