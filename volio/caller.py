"""Warnings that point at the line of the caller, at whatever depth below it they arise."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any, TypeVar

__all__ = ["is_called_by", "keep_caller", "warn_caller"]

T = TypeVar("T")

PACKAGE = __name__.partition(".")[0]
#: Parts of the package that call it as its users do.
USERS = (f"{PACKAGE}.tests.", f"{PACKAGE}.testing.")
#: Modules that pass a call on: decorators, ``with`` statements and imports.
PASSING_ON = ("contextlib.", "functools.", "importlib.")


def warn_caller(message: str, category: type[Warning]) -> None:
    """Give a warning that points at the line by which the caller came into this package.

    That is the first line, from the innermost call outwards, which is neither this package's nor
    that of a method by which a subclass replaces one of this package's: a format that lives in
    another package, or a subclass in a script, is looked through.

    Parameters
    ----------
    message : str
    category : type
        Of the warning.
    """
    frame = _caller(sys._getframe(1))
    warnings.warn_explicit(
        message,
        category,
        filename=frame.f_code.co_filename,
        lineno=frame.f_lineno or 1,
        module=frame.f_globals.get("__name__", "<unknown>"),
        # Where the interpreter notes what has been shown once for each line.
        registry=frame.f_globals.setdefault("__warningregistry__", {}),
    )


def keep_caller(work: Callable[..., T], *args: Any) -> Callable[[], T]:
    """Return work for another thread, whose warnings point at the caller that asks for it here.

    Parameters
    ----------
    work : callable
    *args
        For it.
    """
    return partial(_run_for, sys._getframe(1), work, *args)


def is_called_by(name: str) -> bool:
    """Return whether the function that asks was called by one of a name, or inside of it.

    Parameters
    ----------
    name : str
        With that of its class.
    """
    frame = sys._getframe(1).f_back
    return frame is not None and f"{frame.f_code.co_qualname}.".startswith(f"{name}.")


def _run_for(asker: FrameType, work: Callable[..., T], *args: Any) -> T:
    return work(*args)


def _caller(innermost: FrameType) -> FrameType:
    """Return the frame of the caller; the outermost one where all are this package's."""
    frame = innermost
    while _is_looked_through(frame):
        outer = _outer_frame(frame)
        if outer is None:
            break
        frame = outer
    return frame


def _outer_frame(frame: FrameType) -> FrameType | None:
    """Return the calling frame; for work on another thread, that of the call that asked for it."""
    if frame.f_code is _run_for.__code__:
        asker: FrameType = frame.f_locals["asker"]
        return asker
    return frame.f_back


def _is_looked_through(frame: FrameType) -> bool:
    module = frame.f_globals.get("__name__", "")
    return _is_own(module) or f"{module}.".startswith(PASSING_ON) or _overrides_own_method(frame)


def _is_own(module: str) -> bool:
    dotted = f"{module}."
    return dotted.startswith(f"{PACKAGE}.") and not dotted.startswith(USERS)


def _overrides_own_method(frame: FrameType) -> bool:
    """Return whether a frame runs a method by which a subclass replaces one of this package's."""
    code = frame.f_code
    if not code.co_argcount:
        return False
    owner = frame.f_locals.get(code.co_varnames[0])  # self, or cls
    classes = (owner if isinstance(owner, type) else type(owner)).__mro__
    is_method = any(code.co_qualname == f"{cls.__qualname__}.{code.co_name}" for cls in classes)
    return is_method and any(
        code.co_name in vars(cls) for cls in classes if _is_own(str(cls.__module__))
    )
