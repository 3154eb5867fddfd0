"""How far the pieces of work of a command are, in one line that is drawn over and over."""

from __future__ import annotations

import sys
import time
from typing import TextIO

from volio.progress import LiveLine

__all__ = ["Progress"]

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
        self._start = time.monotonic()
        self._line = LiveLine(self.line)

    def __enter__(self) -> Progress:
        self._line.__enter__()
        return self

    def __exit__(self, *raised: object) -> None:
        self._line.__exit__(*raised)

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
        with self._line.cleared():
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
