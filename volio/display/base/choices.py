"""Settings with a closed list of values: their names, and the descriptor that checks them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.caller import warn_caller
from volio.errors import UsageError

__all__ = [
    "BLENDINGS",
    "DEPICTIONS",
    "INTERPOLATIONS",
    "RENDERINGS",
    "Choice",
    "as_number",
    "as_numbers",
    "chosen",
]

BLENDINGS = (
    *("translucent", "translucent_no_depth", "additive", "minimum", "opaque", "multiplicative"),
)
RENDERINGS = (*("mip", "minip", "average", "attenuated_mip", "additive", "translucent", "iso"),)
DEPICTIONS = ("volume", "plane")
MODES = ("pan_zoom", "transform")
PROJECTIONS = ("none", "sum", "mean", "max", "min")
CURSORS = (
    *("standard", "circle", "circle_frozen", "square", "square_small", "cross", "crosshair"),
    *("forbidden", "pointing"),
)
INTERPOLATIONS = (
    *("bessel", "blackman", "catrom", "cubic", "custom", "gaussian", "hamming", "hanning"),
    *("hermite", "kaiser", "lanczos", "linear", "mitchell", "nearest", "spline16", "spline36"),
)


def chosen(name: str, value: Any, choices: tuple[str, ...]) -> str:
    """Return a value that is one of a list, in lower case.

    Raises
    ------
    UsageError
        If it is none of them.
    """
    asked = str(getattr(value, "value", value)).lower()
    if asked not in choices:
        raise UsageError(f"{name}: must be one of {', '.join(choices)}, got {value!r}")
    return asked


def as_number(name: str, value: Any) -> float:
    """Return a number.

    Raises
    ------
    UsageError
        If it is none.
    """
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{name}: must be a number, got {value!r}") from error


def as_numbers(name: str, value: Any) -> NDArray[np.float64]:
    """Return a copy of numbers, an array of any shape.

    Raises
    ------
    UsageError
        If they are none.
    """
    try:
        return np.array(value, np.float64)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{name}: must be numbers, got {value!r}") from error


def interpolation_2d(value: Any) -> str:
    """Return an interpolation of slices.

    Raises
    ------
    UsageError
        If there is none of this name.
    """
    asked = str(getattr(value, "value", value)).lower()
    if asked == "bilinear":
        raise UsageError("interpolation2d: 'bilinear' is called 'linear'")
    if asked == "bicubic":
        warn_caller("interpolation2d: 'bicubic' is called 'cubic'", DeprecationWarning)
        return "cubic"
    return chosen("interpolation2d", value, INTERPOLATIONS)


def interpolation_3d(value: Any) -> str:
    """Return an interpolation of volumes.

    Raises
    ------
    UsageError
        If there is none of this name.
    """
    if str(getattr(value, "value", value)).lower() == "custom":
        raise UsageError("interpolation3d: 'custom' is for slices only")
    return chosen("interpolation3d", value, INTERPOLATIONS)


class Choice:
    """An attribute of a layer with a list of values; setting it emits the event of its name.

    Parameters
    ----------
    choices : tuple of str
    default : str
    doc : str
        What the attribute is.
    """

    def __init__(self, choices: tuple[str, ...], default: str, doc: str) -> None:
        self.choices = choices
        self.default = default
        self.__doc__ = f"{doc} One of {', '.join(choices)}."

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, layer: Any, owner: type | None = None) -> str:
        if layer is None:
            return self  # type: ignore[return-value]
        value: str = layer.__dict__.get(self.name, self.default)
        return value

    def __set__(self, layer: Any, value: Any) -> None:
        layer.__dict__[self.name] = chosen(self.name, value, self.choices)
        layer.events[self.name](value=layer.__dict__[self.name])
