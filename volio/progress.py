"""How far long work is: called as it goes on, and drawn in one line."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from threading import Event, Lock, Thread
from typing import Any, Self

from volio.errors import UsageError

__all__ = ["LiveLine", "TileProgress", "Watcher", "report_progress", "watched"]

#: Called with what is done, and with all there is to do: bytes of voxels, or tiles.
Watcher = Callable[[int, int], object]

WAIT = 1.0  # seconds before anything is shown
PAUSE = 0.2  # seconds between two drawings

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


class LiveLine:
    """A line that is drawn again and again while work is under way, and is gone at its end.

    It is on standard error of a terminal, or below the cell of a notebook; elsewhere, and where
    the work takes less than a second, nothing is drawn.

    Parameters
    ----------
    text : callable
        Returns the line; called from another thread.
    shows : bool, optional
        False draws nothing.
    """

    def __init__(self, text: Callable[[], str], shows: bool = True) -> None:
        self._text = text
        self._screen = _screen() if shows else None
        self._drawn = False
        self._drawing = Lock()
        self._finished = Event()
        # A notebook knows by the context below which cell a thread draws.
        context = copy_context()
        self._thread = Thread(target=context.run, args=(self._draw_often,), daemon=True)

    def __enter__(self) -> Self:
        if self._screen is not None:
            self._thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._finished.set()
        if self._screen is not None:
            self._thread.join()
            self._clear()

    @contextmanager
    def cleared(self) -> Iterator[None]:
        """Print something, inside ``with``, without the line getting in its way."""
        with self._drawing:
            self._clear()
            yield

    def _draw_often(self) -> None:
        pause = WAIT
        while not self._finished.wait(pause):
            pause = PAUSE
            with self._drawing:
                self._drawn = True
                if self._screen is not None:
                    self._screen.draw(self._text())

    def _clear(self) -> None:
        if self._drawn and self._screen is not None:
            self._screen.clear()
        self._drawn = False


class TileProgress:
    """How many of the tiles of a read are done; drawn in one line, and told to a watcher.

    Parameters
    ----------
    total : int
    watcher : callable, optional
        ``watcher(done, total)``; an exception that it raises ends the work.
    shows : bool, optional
        False draws nothing.
    """

    def __init__(self, total: int, watcher: Watcher | None = None, shows: bool = True) -> None:
        self._total = total
        self._watcher = watcher
        self._done = 0
        self._nbytes = 0
        self._lock = Lock()
        self._start = time.monotonic()
        self._line = LiveLine(self.line, shows)

    def __enter__(self) -> Self:
        self._line.__enter__()
        return self

    def __exit__(self, *raised: object) -> None:
        self._line.__exit__(*raised)

    def step(self, nbytes: int) -> None:
        """Count one more tile as done.

        Parameters
        ----------
        nbytes : int
            What it has in memory.
        """
        with self._lock:  # a watcher sees numbers in their order
            self._done += 1
            self._nbytes += nbytes
            if self._watcher is not None:
                self._watcher(self._done, self._total)

    def line(self) -> str:
        """Return the line that shows how far the work is."""
        seconds = max(time.monotonic() - self._start, 1e-6)
        rate = self._done / seconds
        left = f", {(self._total - self._done) / rate:.0f} s left" if self._done else ""
        megabytes = self._nbytes / 1e6
        return f"{self._done}/{self._total} tiles, {megabytes:.1f} MB, {rate:.0f} tiles/s{left}"


class _Terminal:
    """Standard error of a terminal."""

    def draw(self, line: str) -> None:
        width = _width()
        self._write(f"\r{line[:width]:<{width}}")

    def clear(self) -> None:
        self._write("\r" + " " * _width() + "\r")

    def _write(self, text: str) -> None:
        sys.stderr.write(text)
        sys.stderr.flush()


def _width() -> int:
    """Return how many characters fit into a line without beginning another."""
    from shutil import get_terminal_size  # loading an image need not import it

    return get_terminal_size().columns - 1


class _Notebook:
    """One output below the cell of a notebook, which is updated."""

    def __init__(self, display: Callable[..., Any]) -> None:
        self._display = display
        self._handle: Any = None

    def draw(self, line: str) -> None:
        content = {"text/plain": line}
        if self._handle is None:
            self._handle = self._display(content, raw=True, display_id=True)
        else:
            self._handle.update(content, raw=True)

    def clear(self) -> None:
        if self._handle is not None:
            self._handle.update({"text/plain": ""}, raw=True)


def _screen() -> _Terminal | _Notebook | None:
    """Return where a line can be drawn; None where nobody looks."""
    ipython = sys.modules.get("IPython")  # a notebook has imported it
    shell = None if ipython is None else ipython.get_ipython()
    if shell is not None and hasattr(shell, "kernel"):
        from IPython.display import display

        return _Notebook(display)
    if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        return _Terminal()
    return None
