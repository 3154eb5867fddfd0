"""Deprecated names, kept with a `DeprecationWarning`."""

from __future__ import annotations

from functools import partial
from typing import Any

from volio.caller import warn_caller

__all__ = ["DeprecatedGetter", "DeprecatedMethod"]


class DeprecatedMethod:
    """The former name of a method.

    Parameters
    ----------
    new : str
        Name of the method today.
    """

    def __init__(self, new: str) -> None:
        self.new = new
        self.__doc__ = f"Former name of `{new}`."

    def __set_name__(self, owner: type, name: str) -> None:
        self.old = name

    def __get__(self, instance: Any, owner: type) -> Any:
        return partial(self._call, owner if instance is None else instance)

    def _call(self, target: Any, *args: Any, **options: Any) -> Any:
        warn_caller(f"{self.old} is deprecated: use {self.new}", DeprecationWarning)
        return getattr(target, self.new)(*args, **options)


class DeprecatedGetter(DeprecatedMethod):
    """A former method that returned what is an attribute today.

    Parameters
    ----------
    new : str
        Name of the attribute.
    """

    def _call(self, target: Any, *args: Any, **options: Any) -> Any:
        warn_caller(f"{self.old}() is deprecated: use {self.new}", DeprecationWarning)
        return getattr(target, self.new)
