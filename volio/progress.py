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

__all__ = [
    "LiveLine",
    "ReadCount",
    "TileProgress",
    "Watcher",
    "begin_asking",
    "draw_nothing",
    "drawn_saving",
    "read_count",
    "report_progress",
    "watched",
    "watched_read",
]

#: Called with what is done, and with all there is to do: bytes of voxels, or tiles.
Watcher = Callable[[int, int], object]

WAIT = 1.0  # seconds before anything is shown
PAUSE = 0.2  # seconds between two drawings

_watcher: ContextVar[Watcher | None] = ContextVar("watcher", default=None)

#: Held by the line that is drawn: there is one at a time, the outermost.
_DRAWING = Lock()


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
    _check_watcher(watcher)
    token = _watcher.set(watcher)
    try:
        yield
    finally:
        _watcher.reset(token)


def _check_watcher(watcher: Watcher) -> None:
    if not callable(watcher):
        raise UsageError(f"progress: must be a function of (done, total), got {watcher!r}")


def report_progress(done: int, total: int) -> None:
    """Tell the watcher how many bytes of voxels have been written."""
    watcher = _watcher.get()
    if watcher is not None:
        watcher(done, total)


class LiveLine:
    """A line that is drawn again and again while work is under way, and is gone at its end.

    It is on standard error of a terminal, or below the cell of a notebook; elsewhere, and where
    the work takes less than a second, nothing is drawn, nor while another line is.

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
        self._began = False
        self._drawn = False
        self._drawing = Lock()
        self._finished = Event()
        # A notebook knows by the context below which cell a thread draws.
        context = copy_context()
        self._thread = Thread(target=context.run, args=(self._draw_often,), daemon=True)

    def __enter__(self) -> Self:
        if self._screen is not None and _DRAWING.acquire(blocking=False):
            self._began = True
            self._thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._finished.set()
        if self._began:
            self._thread.join()
            self._clear()
            _DRAWING.release()

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
    """How many of the tiles of a read are done; drawn in one line, and passed to a watcher.

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


class _ByteLine:
    """A line of how much of an image is done, which is drawn once a server has been asked."""

    def __init__(self, nbytes: int, shows: bool = True) -> None:
        self._line: LiveLine | None = None
        self._shows = shows
        self._lock = Lock()
        self._start = time.monotonic()
        self._nbytes = nbytes
        self._share = 0.0

    def begin(self) -> None:
        """Begin to draw; called when a server is asked, from any thread."""
        with self._lock:
            if self._shows and self._line is None:
                self._line = LiveLine(self.line)
                self._line.__enter__()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        with self._lock:
            self._shows = False
        if self._line is not None:
            self._line.__exit__(*raised)

    def watch(self, done: int, total: int) -> None:
        """Note what is read or written, of which the more counts: some is written much later."""
        self._share = max(self._share, done / max(total, 1))

    def line(self) -> str:
        seconds = max(time.monotonic() - self._start, 1e-6)
        total = self._nbytes / 1e6
        done = self._share * total
        left = f", {seconds * (1 / self._share - 1):.0f} s left" if self._share else ""
        return f"{done:.1f}/{total:.1f} MB, {done / seconds:.1f} MB/s{left}"


class ReadCount:
    """How much of an array has been read, in bytes, for a watcher.

    Parameters
    ----------
    size : int
        Voxels.
    nbytes : int
        What they take in memory.
    watcher : callable
    """

    def __init__(self, size: int, nbytes: int, watcher: Watcher) -> None:
        self._size = size
        self._nbytes = nbytes
        self._watcher = watcher
        self._lock = Lock()
        self._done = 0

    def step(self, voxels: int) -> None:
        """Count voxels that have been read, from any thread."""
        with self._lock:  # a watcher sees numbers in their order
            before = self._done
            self._done = min(before + voxels, self._size)
            if self._done > before:
                self._watcher(self._done * self._nbytes // self._size, self._nbytes)

    def finish(self) -> None:
        """Tell that all is read, where it was not counted in parts."""
        self.step(self._size - self._done)


_byte_line: ContextVar[_ByteLine | None] = ContextVar("byte line", default=None)
_read_count: ContextVar[ReadCount | None] = ContextVar("read count", default=None)


@contextmanager
def watched_read(size: int, nbytes: int, watcher: Watcher | None) -> Iterator[None]:
    """Tell a watcher how much of an image is read, or draw it where a server is asked.

    Parameters
    ----------
    size : int
        Voxels.
    nbytes : int
        What they take in memory.
    watcher : callable or None
        ``watcher(done, total)`` in bytes; an exception that it raises ends the work.

    Raises
    ------
    UsageError
        If it cannot be called.
    """
    if watcher is not None:
        _check_watcher(watcher)
    with _ByteLine(nbytes, shows=watcher is None) as line:
        count = ReadCount(size, nbytes, watcher or line.watch)
        with _counted(line, count):
            yield
        count.finish()


@contextmanager
def drawn_saving(size: int, nbytes: int) -> Iterator[None]:
    """Draw how far the saving of an image of a server is, unless somebody watches it.

    Parameters
    ----------
    size : int
        Voxels.
    nbytes : int
        What they take in memory.
    """
    if _watcher.get() is not None:
        yield
        return
    with _ByteLine(nbytes) as line:
        count = ReadCount(size, nbytes, line.watch)
        with watched(line.watch), _counted(line, count):
            yield


@contextmanager
def _counted(line: _ByteLine, count: ReadCount) -> Iterator[None]:
    line_before = _byte_line.set(line)
    count_before = _read_count.set(count)
    try:
        yield
    finally:
        _read_count.reset(count_before)
        _byte_line.reset(line_before)


def begin_asking() -> None:
    """Take note that a server is asked for voxels, which may take long."""
    line = _byte_line.get()
    if line is not None:
        line.begin()


def read_count() -> ReadCount | None:
    """Return what counts the voxels that this thread reads; None where nothing does."""
    return _read_count.get()


def draw_nothing() -> None:
    """Never draw a line in this process, whose parent draws one."""
    _DRAWING.acquire(blocking=False)


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
