"""Problems, one line each on standard error: the command, the file, what is wrong."""

from __future__ import annotations

import logging
import os
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from volio.cli.console.streams import STREAM
from volio.cli.console.table import printable
from volio.errors import VolioError, VolioWarning

__all__ = [
    "DIFFERENT",
    "DONE",
    "INTERRUPTED",
    "PIPE_CLOSED",
    "SIGNALLED",
    "TROUBLE",
    "Outcome",
    "Reporter",
    "print_line",
]

#: What every command returns.
DONE = 0
DIFFERENT = 1
TROUBLE = 2
INTERRUPTED = 130
PIPE_CLOSED = 141
#: And after a signal: this and its number.
SIGNALLED = 128


def print_line(line: str) -> None:
    """Print a line on standard error."""
    print(line, file=sys.stderr, flush=True)


class Reporter:
    """Report problems, and remember whether there were any.

    Parameters
    ----------
    program : str
        The command as the user called it.
    debug : bool
        Show where in the source an error arose. The environment variable VOLIO_DEBUG asks for
        the same.
    write : callable, optional
        Takes each line (default: prints it on standard error).
    """

    def __init__(
        self, program: str, debug: bool = False, write: Callable[[str], None] = print_line
    ) -> None:
        self.program = program
        self.debug = debug or os.environ.get("VOLIO_DEBUG", "0") not in ("", "0")
        self.write = write
        self.failed = False
        self._subject = ""
        self._warned: set[str] = set()

    @property
    def code(self) -> int:
        """Exit code: TROUBLE when anything failed."""
        return TROUBLE if self.failed else DONE

    def error(self, message: str) -> None:
        """Report a failure."""
        self.failed = True
        self._report("", message)

    def warn(self, message: str) -> None:
        """Report something suspicious; the same about the same file only once."""
        warning = f"{self._subject}: {message}"
        if warning not in self._warned:
            self._warned.add(warning)
            self._report("warning: ", message)

    def _report(self, kind: str, message: str) -> None:
        """Write one line with the program, the file unless the message names it, the message."""
        name = printable(self._subject)
        lines = message.replace(self._subject, name).splitlines() if name else [message]
        text = printable(" ".join(line.strip() for line in lines)) or "failed"
        if name and name not in text:
            text = f"{name}: {text}"
        self.write(f"{self.program}: {kind}{text}")

    @contextmanager
    def for_file(self, name: object) -> Iterator[Outcome]:
        """Name a file in messages of the block; an error there is reported, and ends only it.

        Yields
        ------
        Outcome
            Its `error` is set where the block ended by one.
        """
        before = self._subject
        self._subject = "standard input" if name == STREAM else str(name)
        outcome = Outcome()
        try:
            yield outcome
        except BrokenPipeError:
            raise  # the program that reads the output has ended: not a fault of this file
        except Exception as error:
            outcome.error = describe_error(error)
            if self.debug:
                self.write(traceback.format_exc().rstrip())
            self.error(outcome.error)
        finally:
            self._subject = before

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Report warnings and log records of the block, one line each."""
        logger = logging.getLogger("volio")
        handlers = logger.handlers
        propagate = logger.propagate
        logger.handlers = [_ToReporter(self)]
        logger.propagate = False
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("always", VolioWarning)
                warnings.showwarning = self._show_warning
                yield
        finally:
            logger.handlers = handlers
            logger.propagate = propagate

    def _show_warning(self, message: Warning | str, *_: Any, **__: Any) -> None:
        self.warn(str(message))


@dataclass
class Outcome:
    """How the work on one file ended.

    Attributes
    ----------
    error : str or None
        What went wrong; None if nothing did.
    """

    error: str | None = None


class _ToReporter(logging.Handler):
    """Hand log records to a reporter."""

    def __init__(self, reporter: Reporter) -> None:
        super().__init__(logging.WARNING)
        self.reporter = reporter

    def emit(self, record: logging.LogRecord) -> None:
        self.reporter.warn(record.getMessage())


def describe_error(error: Exception) -> str:
    """Return in one line what an exception means to the user of a command."""
    if isinstance(error, VolioError):
        return str(error)
    if isinstance(error, MemoryError):
        return "not enough memory; close other programs or work on a part of it (volio roi)"
    if isinstance(error, OSError) and error.strerror:
        where = f"{os.fspath(error.filename)!s}: " if error.filename else ""
        return f"{where}{error.strerror}"
    return (
        f"internal error, {type(error).__name__}: {error}; please report it with what "
        "VOLIO_DEBUG=1 or --debug shows"
    )
