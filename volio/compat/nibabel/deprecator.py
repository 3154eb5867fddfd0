"""Warnings for what will go away: nibabel's ``deprecator`` names."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from volio.errors import UsageError

__all__ = ["Deprecator", "ExpiredDeprecationError"]

Function = TypeVar("Function", bound=Callable[..., Any])


class ExpiredDeprecationError(RuntimeError):
    """Something was used that was to go away by now."""


class Deprecator:
    """Makes decorators that warn of a function or class that will go away.

    Parameters
    ----------
    version_comparator : callable
        Returns -1, 0 or 1 for a version string older than, equal to or newer than the package.
    warn_class : type, optional
        The warning until then.
    error_class : type, optional
        The error from then on.
    """

    def __init__(
        self,
        version_comparator: Callable[[str], int],
        warn_class: type[Warning] = DeprecationWarning,
        error_class: type[Exception] = ExpiredDeprecationError,
    ) -> None:
        self.version_comparator = version_comparator
        self.warn_class = warn_class
        self.error_class = error_class

    def is_bad_version(self, version_str: str) -> bool:
        """Return whether the package has reached a version."""
        return self.version_comparator(version_str) < 1

    def __call__(
        self,
        message: str,
        since: str = "",
        until: str = "",
        warn_class: type[Warning] | None = None,
        error_class: type[Exception] | None = None,
    ) -> Callable[[Function], Function]:
        """Return a decorator.

        Parameters
        ----------
        message : str
            What to use instead.
        since, until : str, optional
            Version since which it is deprecated, and from which on it is an error.
        warn_class, error_class : type, optional
            In place of those of this object.
        """
        warning = warn_class or self.warn_class
        error = error_class or self.error_class
        notes = [f"* deprecated from version: {since}"] if since else []
        if until:
            verb = "Raises" if self.is_bad_version(until) else "Will raise"
            notes.append(f"* {verb} {error} as of version: {until}")
        text = "\n".join([message, "", *notes]) if notes else message

        def say() -> None:
            if until and self.is_bad_version(until):
                raise error(text)
            warnings.warn(text, warning, stacklevel=3)

        return lambda function: _speaking(function, say, text)


def _speaking(thing: Any, say: Callable[[], None], text: str) -> Any:
    """Return a function that speaks when called; of a class, its construction does."""
    if inspect.isclass(thing):
        raise UsageError(f"{thing.__name__}: decorate its __init__, not the class")

    @wraps(thing)
    def speaking(*args: Any, **kwargs: Any) -> Any:
        say()
        return thing(*args, **kwargs)

    speaking.__doc__ = "\n\n".join([*filter(None, [inspect.getdoc(thing)]), f"{text}\n"])
    return speaking
