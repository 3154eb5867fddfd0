"""Which axes of a layer are shown, and where along the others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.display.base.choices import PROJECTIONS, as_numbers
from volio.display.base.settings import Setting, one_of
from volio.display.layers.parts.part import LayerPart
from volio.errors import UsageError

__all__ = ["Slicing"]

Point = NDArray[np.float64]


class Slicing(LayerPart):
    """Of n axes two or three are shown, the others at a point, or in a slab around it.

    Parameters
    ----------
    ndim : int
        Number of axes n.
    projection_mode : {"mean", "sum", "max", "min", "none"}
        What becomes of the slices of a slab.
    """

    further_events = ("dims_displayed", "dims_point", "dims_thickness")

    projection_mode = Setting(
        one_of(*PROJECTIONS),
        "What becomes of slices that are shown together: none (the nearest), sum, mean, max, min. "
        "It matters where `dims_thickness` holds more than one slice.",
        repeats=False,
    )

    def __init__(self, ndim: int, *, projection_mode: str = "mean") -> None:
        super().__init__()
        self.projection_mode = projection_mode
        self._displayed: tuple[int, ...] = (ndim - 2, ndim - 1)
        self._point = np.zeros(ndim)
        self._thickness = np.zeros(ndim)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self._point.size

    def resize(self, ndim: int) -> None:
        """Fit to another number of axes: leading ones are added or left out."""
        missing = np.zeros(max(0, ndim - self.ndim))
        self._displayed = (ndim - 2, ndim - 1)
        self._point = np.concatenate([missing, self._point])[-ndim:]
        self._thickness = np.concatenate([missing, self._thickness])[-ndim:]

    @property
    def dims_displayed(self) -> tuple[int, ...]:
        """The axes shown: two for a slice, three for a volume; at first the last two."""
        return self._displayed

    @dims_displayed.setter
    def dims_displayed(self, value: Sequence[int]) -> None:
        axes = range(self.ndim)
        known = [axes[axis] for axis in value if -self.ndim <= axis < self.ndim]
        if len(value) not in (2, 3) or len(set(known)) != len(value):
            raise UsageError(
                f"dims_displayed: must be two or three of {self.ndim} axes, got {tuple(value)}"
            )
        self._displayed = tuple(known)
        self.events.dims_displayed(value=self._displayed)

    @property
    def hidden(self) -> list[int]:
        """The axes that are not displayed."""
        return [axis for axis in range(self.ndim) if axis not in self._displayed]

    @property
    def dims_point(self) -> Point:
        """The point in world coordinates (n,) whose slice is shown; at first the origin."""
        return self._point

    @dims_point.setter
    def dims_point(self, value: ArrayLike) -> None:
        self._point = self._finite("dims_point", value)
        self.events.dims_point(value=self._point)

    @property
    def dims_thickness(self) -> Point:
        """Thickness in world units (n,) of what is shown, along each axis of the data.

        It counts along axes that are not displayed: the slices whose centres are less than half
        of it away from `dims_point` are reduced to one by `projection_mode`; at first 0,
        which is the nearest slice.
        """
        return self._thickness

    @dims_thickness.setter
    def dims_thickness(self, value: ArrayLike) -> None:
        thickness = self._finite("dims_thickness", value)
        if (thickness < 0).any():
            raise UsageError(f"dims_thickness: must be 0 or more, got {value!r}")
        self._thickness = thickness
        self.events.dims_thickness(value=thickness)

    def _finite(self, name: str, value: ArrayLike) -> Point:
        numbers = as_numbers(name, value)
        if numbers.shape != (self.ndim,) or not np.isfinite(numbers).all():
            raise UsageError(f"{name}: must be {self.ndim} finite numbers, got {value!r}")
        return numbers
