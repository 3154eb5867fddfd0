"""How far long work is, in one line that is drawn over and over."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from typing import TextIO

__all__ = ["Progress"]

WAIT = 1.0  # seconds before anything is shown
PAUSE = 0.2  # seconds between two drawings
BAR = 20


class Progress:
    """A bar on standard error; only on a terminal, and only when the work takes a while.

    Parameters
    ----------
    total : int
        How many pieces of work there are.

    Examples
    --------
    >>> with Progress(1) as progress:
    ...     progress.step("head.nii.gz")
    """

    def __init__(self, total: int) -> None:
        self.total = total
        self.done = 0
        self.part = 0.0  # of the piece under way
        self.last = ""
        self.shows = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._drawn = False
        self._start = time.monotonic()
        self._drawing = threading.Lock()
        self._finished = threading.Event()
        self._thread = threading.Thread(target=self._draw_often, daemon=True)

    def __enter__(self) -> Progress:
        if self.shows:
            self._thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._finished.set()
        if self.shows:
            self._thread.join()
            self._clear()

    def step(self, what: str) -> None:
        """Count one more piece as done."""
        self.part = 0.0
        self.done += 1
        self.last = what

    def watch(self, done: int, total: int) -> None:
        """Note how far the piece under way is."""
        self.part = done / max(total, 1)

    def print_line(self, line: str) -> None:
        """Print a line on standard error without the bar getting in its way."""
        self._print(line, sys.stderr)

    def print_text(self, text: str) -> None:
        """Print a text on standard output, unless it is empty."""
        if text:
            self._print(text, sys.stdout)

    def _print(self, text: str, stream: TextIO) -> None:
        with self._drawing:
            self._clear()
            print(text, file=stream, flush=True)

    def line(self) -> str:
        """Return the line that shows how far the work is."""
        done = self.done + self.part
        filled = int(BAR * done) // max(self.total, 1)
        seconds = time.monotonic() - self._start
        left = f", {seconds / done * (self.total - done):.0f} s left" if done else ""
        percent = f" + {self.part:.0%}" if self.part else ""
        bar = f"[{'#' * filled}{'.' * (BAR - filled)}] {self.done}/{self.total}{percent}"
        return f"{bar}, {seconds:.0f} s{left} {self.last}"

    def _draw_often(self) -> None:
        pause = WAIT
        while not self._finished.wait(pause):
            pause = PAUSE
            with self._drawing:
                self._drawn = True
                width = shutil.get_terminal_size().columns - 1
                sys.stderr.write(f"\r{self.line()[:width]:<{width}}")
                sys.stderr.flush()

    def _clear(self) -> None:
        if not self._drawn:
            return
        self._drawn = False
        sys.stderr.write("\r" + " " * (shutil.get_terminal_size().columns - 1) + "\r")
        sys.stderr.flush()
