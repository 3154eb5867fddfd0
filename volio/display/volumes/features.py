"""Attributes of volumes: checked, and told to handlers when they are set."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.display.base.choices import as_number, chosen
from volio.errors import UsageError

__all__ = ["Feature", "choice", "colour", "flag", "number", "numbers"]


class Feature:
    """An attribute that is checked when it is set, and emits the event of its name.

    Parameters
    ----------
    check : callable
        Takes the name and what is set; returns what is kept.
    doc : str
    modes : tuple of str
        Modes of rendering in which it can be set; any if empty.
    """

    def __init__(
        self, check: Callable[[str, Any], Any], doc: str, modes: tuple[str, ...] = ()
    ) -> None:
        self.check = check
        self.modes = modes
        self.__doc__ = doc + (f" Can be set in mode {' or '.join(modes)} only." if modes else "")

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, volume: Any, owner: type | None = None) -> Any:
        return self if volume is None else volume.__dict__[self.name]

    def __set__(self, volume: Any, value: Any) -> None:
        first = self.name not in volume.__dict__
        if not first and self.modes and volume.mode not in self.modes:
            raise TypeError(
                f"{self.name}: can be set in mode {' or '.join(self.modes)} only, "
                f"the mode is {volume.mode!r}"
            )
        volume.__dict__[self.name] = self.check(self.name, value)
        if not first:
            volume.handle_event(self.name, value=volume.__dict__[self.name])


def choice(*names: str) -> Callable[[str, Any], str]:
    """Return a check for one of several names."""
    return lambda name, value: chosen(name, value, names)


def number(low: float = -np.inf, high: float = np.inf) -> Callable[[str, Any], float]:
    """Return a check for a finite number in a range."""

    def check(name: str, value: Any) -> float:
        found = as_number(name, value)
        if not (np.isfinite(found) and low <= found <= high):
            raise UsageError(f"{name}: must be a number from {low} to {high}, got {value!r}")
        return found

    return check


def numbers(
    count: int, single: bool = False, zeros: str = "all"
) -> Callable[[str, Any], NDArray[np.float64]]:
    """Return a check for so many finite numbers; one may stand for all.

    Parameters
    ----------
    count : int
    single : bool
        Whether one number may stand for all.
    zeros : {"all", "some", "none"}
        How many of them may be 0.
    """

    def check(name: str, value: Any) -> NDArray[np.float64]:
        found = np.asarray(value, np.float64)
        if single and found.ndim == 0:
            found = np.full(count, found)
        if found.shape != (count,) or not np.isfinite(found).all():
            raise UsageError(f"{name}: must be {count} finite numbers, got {value!r}")
        if not {"all": True, "some": found.any(), "none": found.all()}[zeros]:
            raise UsageError(f"{name}: {value!r} leaves nothing of a volume")
        return found.copy()

    return check


def flag(name: str, value: Any) -> bool:
    """Return a truth value."""
    return bool(value)


def colour(name: str, value: Any) -> tuple[float, float, float]:
    """Return red, green and blue of a colour in 0..1."""
    from matplotlib.colors import to_rgb

    try:
        red, green, blue = to_rgb(value)
    except ValueError as error:
        raise UsageError(f"{name}: must be a colour, got {value!r}") from error
    return float(red), float(green), float(blue)
