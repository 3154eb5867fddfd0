"""Contrast limits: the values that get the first and the last colour."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from volio.arrays.dtypes import integer_limits
from volio.display.base.far_numbers import middle
from volio.display.base.settings import Setting, one_of
from volio.display.colour.contrast import (
    RULES,
    FoundLimits,
    Pair,
    checked_pair,
    find_limits,
    joined,
    survey,
)
from volio.display.layers.parts.part import LayerPart
from volio.errors import UsageError
from volio.flags import as_flag

__all__ = ["ContrastLimits", "Values"]


class Values(Protocol):
    """The values that limits are found in."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Dtype of one channel."""

    @property
    def rgb(self) -> bool:
        """Whether they are colours."""

    @property
    def in_memory(self) -> bool:
        """Whether all of them are an array in memory."""

    def level_for_limits(self, rule: str) -> Any:
        """Return all of them; of several resolutions a coarse one with enough values for a rule."""

    def slice_values(self) -> NDArray[Any] | None:
        """Return those that are shown; None if there are none."""


class ContrastLimits(LayerPart):
    """Contrast limits, found when they are first asked for unless they are given.

    Parameters
    ----------
    values : Values
        Where limits are found.
    auto_contrast : bool
        Find limits anew for every slice.
    contrast_limits : (float, float), optional
    contrast_rule : {"robust", "napari", "exact", "dtype"}
        How limits are found: see `volio.display.find_limits`.

    Raises
    ------
    UsageError
        If the limits are not two numbers that rise, or there is no such rule.
    """

    further_events = ("auto_contrast", "contrast_limits", "contrast_limits_range")

    contrast_rule = Setting(one_of(*RULES), f"How limits are found: one of {', '.join(RULES)}.")

    def __init__(
        self,
        values: Values,
        *,
        auto_contrast: bool = False,
        contrast_limits: Any = None,
        contrast_rule: str = "robust",
    ) -> None:
        super().__init__()
        self.values = values
        self.contrast_rule = contrast_rule
        self._auto_contrast = as_flag("auto_contrast", auto_contrast)
        self._limits: Pair | None = None
        if contrast_limits is not None:
            self._limits = checked_pair("contrast_limits", contrast_limits)
        self._range = self._limits
        # Limits that were set before anyone asked for the range, which has to hold them.
        self._set_before_range: Pair | None = None
        #: The range of display that the image itself asks for, if any.
        self.window: Pair | None = None
        self._labels: bool | None = None
        self._hidden_values: Pair | None = None
        self._are_found = False

    @property
    def contrast_limits(self) -> list[float]:
        """Values of the first and the last colour.

        Until they are set they are found by `contrast_rule` when they are first asked for: of
        several levels in the coarsest that has 16,384 values or more, whatever level is shown.
        Setting them widens `contrast_limits_range` to hold them.
        """
        return list(self.limits)

    @contrast_limits.setter
    def contrast_limits(self, value: Any) -> None:
        limits = checked_pair("contrast_limits", value)
        self._widen_range(limits)
        self._limits = limits
        self._are_found = False
        self.events.contrast_limits(value=list(limits))

    @property
    def limits(self) -> Pair:
        """`contrast_limits` as a pair."""
        if self._limits is None:
            self._limits = self.window or self._first_limits()
            self._are_found = True
        return self._limits

    @property
    def are_known_labels(self) -> bool:
        """Whether it is known already, without a look at the values, that they are labels."""
        return bool(self._labels)

    @property
    def labels(self) -> bool:
        """Whether values are labels, which have no colours and numbers between them."""
        if self._labels is None:
            self._labels = not self.values.rgb and self._survey().labels
        return self._labels

    @labels.setter
    def labels(self, value: bool) -> None:
        self._labels = as_flag("labels", value)

    @property
    def hidden_values(self) -> Pair | None:
        """Values between the two are not shown, and do not count where limits are found."""
        return self._hidden_values

    @hidden_values.setter
    def hidden_values(self, value: Pair | None) -> None:
        if value == self._hidden_values:
            return
        self._hidden_values = value
        if self._are_found and self.window is None:
            self._limits = None
            self._range = None

    def _survey(self) -> FoundLimits:
        """Look at the values; limits that nobody has set are found by the way."""
        values = self.values.level_for_limits("robust")
        found = survey(values, "robust", self.values.rgb, self._hidden_values, self._labels)
        self._labels = found.labels
        if self._limits is None and self.window is None and self.contrast_rule == "robust":
            self._limits = found.limits
            self._are_found = True
        return found

    def _first_limits(self) -> Pair:
        """Find the limits of a layer that was given none."""
        if self.contrast_rule == "robust":
            return self._survey().limits
        sliced = self.contrast_rule == "napari" and not self.values.in_memory
        return self._found_limits("slice" if sliced else "data")

    def _widen_range(self, limits: Pair) -> None:
        """Make the range hold limits; one that nobody has asked for is found when it is."""
        if self._range is None:
            self._set_before_range = joined(self._set_before_range, limits)
            return
        wider = joined(self._range, limits)
        if wider != self._range:
            self._range = wider
            self.events.contrast_limits_range(value=list(wider))

    @property
    def contrast_limits_range(self) -> list[float]:
        """Least and greatest limit that a front end offers.

        Until it is set it holds the limits that `contrast_rule` finds, and those that were set.
        """
        if self._range is None:
            self._range = joined(self._set_before_range, self._first_range())
        return list(self._range)

    @contrast_limits_range.setter
    def contrast_limits_range(self, value: Any) -> None:
        low, high = self._checked_range(value)
        self._range = (low, high)
        self.events.contrast_limits_range(value=[low, high])
        first, last = (min(max(limit, low), high) for limit in self.limits)
        self.contrast_limits = (first, last) if first < last else (low, high)

    def _checked_range(self, value: Any) -> Pair:
        """Return a range; None leaves an end as it is."""
        kept = self.contrast_limits_range
        try:
            given = [old if new is None else new for new, old in zip(value, kept, strict=True)]
        except (TypeError, ValueError) as error:
            raise UsageError(
                f"contrast_limits_range: must be two numbers, got {value!r}"
            ) from error
        return checked_pair("contrast_limits_range", given)

    def _first_range(self) -> Pair:
        lazy_integers = not self.values.in_memory and self.values.dtype.kind in "iu"
        if self.contrast_rule == "napari" and lazy_integers:
            return integer_limits(self.values.dtype)
        return self._first_limits() if self._set_before_range else self.limits

    def middle_of_range(self) -> float:
        """Return the middle of `contrast_limits_range` that is seen; 0.5, for colours."""
        if self.values.rgb:
            return 0.5
        low, high = self.contrast_limits_range
        half = middle(low, high)
        if self._hidden_values is None:
            return half
        # What is hidden ends where the first value is seen.
        below, above = self._hidden_values
        return above if below < half < above < high else half

    @property
    def auto_contrast(self) -> bool:
        """Whether limits are found anew for every slice that is shown."""
        return self._auto_contrast

    @auto_contrast.setter
    def auto_contrast(self, value: bool) -> None:
        self._auto_contrast = as_flag("auto_contrast", value)
        self.events.auto_contrast(value=self._auto_contrast)
        self.follow_slice()

    def follow_slice(self) -> None:
        """Find the limits of the slice that is shown now, if `auto_contrast` is on."""
        if self._auto_contrast:
            self.reset_contrast_limits("slice")

    def reset_contrast_limits(self, mode: str | None = None, rule: str | None = None) -> None:
        """Find the contrast limits again.

        Parameters
        ----------
        mode : {"slice", "data"}, optional
            In what is shown (default), or in all the data: if multiscale in the
            coarsest level that has 16,384 values or more.
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
        if self.values.dtype.kind in "iu":
            self.contrast_limits_range = integer_limits(self.values.dtype)
        else:
            self.contrast_limits_range = self._found_limits(mode or "slice")

    def _found_limits(self, mode: str, rule: str | None = None) -> Pair:
        if mode not in ("slice", "data"):
            raise UsageError(f"mode: must be 'slice' or 'data', got {mode!r}")
        shown = self.values.slice_values() if mode == "slice" else None
        rule = rule or self.contrast_rule
        searched = self.values.level_for_limits(rule) if shown is None else shown
        return find_limits(searched, rule, self.values.rgb, self._hidden_values, self._labels)
