"""System calls that fail: each one that a save makes, one at a time."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import count
from typing import Any, NamedTuple

from volio.files.saving import atomic
from volio.testing.faults import FailingCall, failing_call

__all__ = ["CALLS", "Failure", "every_failure", "failing_system_call"]

#: The calls of a save that may fail, and what they fail with.
CALLS = {
    "open": errno.EMFILE,
    "write": errno.ENOSPC,
    "lseek": errno.EIO,
    "fsync": errno.EIO,
    "replace": errno.EACCES,
    "link": errno.EPERM,
    "chmod": errno.EPERM,
    "chown": errno.EPERM,
    "close": errno.EIO,
}


class Failure(NamedTuple):
    """A save of which one system call failed.

    Attributes
    ----------
    call : str
        Name of the function in `os`.
    n : int
        The first call is 1.
    error : BaseException
        What the call raised.
    raised : BaseException or None
        What the save raised; None where it went on.
    """

    call: str
    n: int
    error: BaseException
    raised: BaseException | None


def every_failure(
    save: Callable[[], Any], calls: Sequence[str] = tuple(CALLS), *, interrupt: bool = False
) -> Iterator[Failure]:
    """Save again and again, each time with another system call failing, until none is left.

    Parameters
    ----------
    save : callable
        Run anew for each failure.
    calls : sequence of str, optional
        Names of `CALLS`.
    interrupt : bool, optional
        Raise KeyboardInterrupt (when the call is done) rather than OSError.

    Yields
    ------
    Failure
        After the save, with all calls working again.

    Raises
    ------
    AssertionError
        If the save raises something that the failure does not explain.
    """
    for call in calls:
        for n in count(1):
            number = CALLS[call]
            error = KeyboardInterrupt() if interrupt else OSError(number, os.strerror(number))
            with failing_system_call(call, n, error) as failing:
                raised = _raised_by(save)
            if failing.count < n and raised is None:
                break  # there is no such call any more
            if raised is not None and error not in (raised, raised.__cause__):
                raise AssertionError(f"{call} {n} failed, the save raised {raised!r}") from raised
            yield Failure(call, n, error, raised)


def _raised_by(save: Callable[[], Any]) -> BaseException | None:
    """Return what a function raises; None for nothing."""
    try:
        save()
    except BaseException as raised:
        return raised
    return None


@contextmanager
def failing_system_call(name: str, n: int, error: BaseException) -> Iterator[FailingCall]:
    """Let the n-th call of a function of `os` fail inside a ``with`` statement.

    A file is closed all the same when closing it fails, and an interruption comes when the call
    is done.

    Parameters
    ----------
    name : str
    n : int
        The first call is 1.
    error : BaseException
        What it raises.
    """
    call = getattr(os, name)
    late = name == "close" or not isinstance(error, OSError)
    with ExitStack() as stack:
        failing = stack.enter_context(failing_call(os, name, n))
        failing.error = error
        failing.late = late
        if getattr(atomic, name, None) is call:
            before = getattr(atomic, name)
            setattr(atomic, name, failing)
            stack.callback(setattr, atomic, name, before)
        yield failing
