"""Settings: attributes that are checked when they are set and then reported, and their checks."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import isfinite
from typing import Any, Generic, Protocol, Self, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from volio.display.base.choices import as_number, chosen
from volio.errors import UsageError

__all__ = [
    "Check",
    "Setting",
    "SettingsOwner",
    "finite_number",
    "number_from",
    "numbers",
    "one_of",
    "setting_names",
    "text",
]

T = TypeVar("T")

#: Takes the name of a setting and what it is set to; returns what is kept, or raises UsageError.
Check = Callable[[str, Any], T]


class SettingsOwner(Protocol):
    """An object with settings."""

    def setting_changed(self, name: str, value: Any) -> None:
        """Report that a setting of this name was set, and now has a value."""


class Setting(Generic[T]):
    """An attribute that is checked when it is set; its owner then reports the change.

    Parameters
    ----------
    check : callable
        Takes the name and what is set; returns what is kept.
    doc : str
        What the attribute is.
    repeats : bool
        Whether setting the value that it has already is reported as well.
    """

    def __init__(self, check: Check[T], doc: str, repeats: bool = True) -> None:
        self.check = check
        self.repeats = repeats
        self.__doc__ = doc

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, owner: None, kind: type | None = None) -> Self: ...
    @overload
    def __get__(self, owner: SettingsOwner, kind: type | None = None) -> T: ...
    def __get__(self, owner: SettingsOwner | None, kind: type | None = None) -> Self | T:
        if owner is None:
            return self
        value: T = owner.__dict__[self.name]
        return value

    def __set__(self, owner: SettingsOwner, value: Any) -> None:
        checked = self.check(self.name, value)
        kept = owner.__dict__
        same = not self.repeats and self.name in kept and kept[self.name] == checked
        kept[self.name] = checked
        if not same:
            owner.setting_changed(self.name, checked)


@cache
def setting_names(owner: type) -> tuple[str, ...]:
    """Return the names of the settings of a class, those of its bases first."""
    names: dict[str, None] = {}
    for cls in reversed(owner.__mro__):
        names.update(
            dict.fromkeys(n for n, found in vars(cls).items() if isinstance(found, Setting))
        )
    return tuple(names)


def one_of(*choices: str) -> Check[str]:
    """Return a check for one of several names, in any case."""
    return lambda name, value: chosen(name, value, choices)


def text(name: str, value: Any) -> str:
    """Return a value as text."""
    return str(value)


def finite_number(name: str, value: Any) -> float:
    """Return a finite number.

    Raises
    ------
    UsageError
        If it is not one.
    """
    number = as_number(name, value)
    if not isfinite(number):
        raise UsageError(f"{name}: must be a finite number, got {value!r}")
    return number


def number_from(low: float = -np.inf, high: float = np.inf) -> Check[float]:
    """Return a check for a finite number in a range, both ends included."""

    def check(name: str, value: Any) -> float:
        number = as_number(name, value)
        if not (isfinite(number) and low <= number <= high):
            raise UsageError(f"{name}: must be a number from {low} to {high}, got {value!r}")
        return number

    return check


def numbers(count: int, single: bool = False, zeros: str = "all") -> Check[NDArray[np.float64]]:
    """Return a check for so many finite numbers.

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
        if not _zeros_allowed(found, zeros):
            raise UsageError(f"{name}: {value!r} leaves nothing of a volume")
        return found.copy()

    return check


def _zeros_allowed(found: NDArray[np.float64], zeros: str) -> bool:
    if zeros == "all":
        return True
    return bool(found.any() if zeros == "some" else found.all())
