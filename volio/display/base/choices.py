"""Names of the values that settings can have, and checks of names and numbers."""

from __future__ import annotations

from numbers import Real
from operator import index
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.caller import warn_caller
from volio.display.base.far_numbers import exact_number
from volio.errors import UsageError

__all__ = [
    "BLENDINGS",
    "DEPICTIONS",
    "INTERPOLATIONS",
    "RENDERINGS",
    "as_count",
    "as_number",
    "as_numbers",
    "chosen",
    "optional_text",
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
        If it is not one of them.
    """
    asked = _as_text(value)
    if asked not in choices:
        raise UsageError(f"{name}: must be one of {', '.join(choices)}, got {value!r}")
    return asked


def _as_text(value: Any) -> str:
    """Return a name, or that of a member of an enumeration, in lower case."""
    return str(getattr(value, "value", value)).lower()


def optional_text(name: str, value: Any) -> str | None:
    """Return text, or a number as text; None stays None.

    Raises
    ------
    UsageError
        If it is anything else.
    """
    if value is None:
        return None
    if not isinstance(value, str | Real):
        raise UsageError(f"{name}: must be text, got {type(value).__name__}")
    return str(value)


def as_number(name: str, value: Any) -> float:
    """Return a number as float; an integer that float64 may not hold as int.

    Raises
    ------
    UsageError
        If it is not one.
    """
    try:
        return exact_number(value)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{name}: must be a number, got {value!r}") from error


def as_count(name: str, value: Any, low: int = 1, high: int = 20_000) -> int:
    """Return a whole number in a range, both ends included.

    Raises
    ------
    UsageError
        If it is not one.
    """
    try:
        count = index(value)
    except TypeError as error:
        raise UsageError(f"{name}: must be a whole number, got {value!r}") from error
    if not low <= count <= high:
        raise UsageError(f"{name}: must be from {low} to {high}, got {value!r}")
    return count


def as_numbers(name: str, value: Any) -> NDArray[np.float64]:
    """Return a copy of numbers, an array of any shape.

    Raises
    ------
    UsageError
        If they are not numbers.
    """
    try:
        return np.array(value, np.float64)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{name}: must be numbers, got {value!r}") from error


def interpolation_2d(name: str, value: Any) -> str:
    """Return an interpolation of slices.

    Raises
    ------
    UsageError
        If there is none of this name.
    """
    asked = _as_text(value)
    if asked == "bilinear":
        raise UsageError(f"{name}: 'bilinear' is called 'linear'")
    if asked == "bicubic":
        warn_caller(f"{name}: 'bicubic' is called 'cubic'", DeprecationWarning)
        return "cubic"
    return chosen(name, value, INTERPOLATIONS)


def interpolation_3d(name: str, value: Any) -> str:
    """Return an interpolation of volumes.

    Raises
    ------
    UsageError
        If there is none of this name.
    """
    if _as_text(value) == "custom":
        raise UsageError(f"{name}: 'custom' is for slices only")
    return chosen(name, value, INTERPOLATIONS)
