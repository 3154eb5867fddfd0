"""How far long work is: whoever wants to know is called as voxels are written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from volio.errors import UsageError

__all__ = ["Watcher", "report_progress", "watched"]

#: Called with the bytes of voxels that are done, and with all there are to do.
Watcher = Callable[[int, int], object]

_watcher: ContextVar[Watcher | None] = ContextVar("watcher", default=None)


@contextmanager
def watched(watcher: Watcher | None) -> Iterator[None]:
    """Call a function as this thread writes voxels, as long as a ``with`` statement lasts.

    Parameters
    ----------
    watcher : callable or None
        ``watcher(done, total)``; an exception that it raises ends the work. None leaves all as it
        is.

    Raises
    ------
    UsageError
        If it cannot be called.
    """
    if watcher is None:
        yield
        return
    if not callable(watcher):
        raise UsageError(f"progress: must be a function of (done, total), got {watcher!r}")
    token = _watcher.set(watcher)
    try:
        yield
    finally:
        _watcher.reset(token)


def report_progress(done: int, total: int) -> None:
    """Tell whoever watches how many bytes of voxels have been written."""
    watcher = _watcher.get()
    if watcher is not None:
        watcher(done, total)
