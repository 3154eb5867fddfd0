"""Problems told in one line each on standard error: the command, the file, what is wrong."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from volio.cli.table import printable
from volio.errors import VolioError, VolioWarning

__all__ = ["DIFFERENT", "DONE", "INTERRUPTED", "PIPE_CLOSED", "TROUBLE", "Reporter", "print_line"]

#: What every command returns.
DONE = 0
DIFFERENT = 1
TROUBLE = 2
INTERRUPTED = 130
PIPE_CLOSED = 141


def print_line(line: str) -> None:
    """Print a line on standard error."""
    print(line, file=sys.stderr, flush=True)


class Reporter:
    """Tell about problems, and remember whether there were any.

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
        """Tell that something failed."""
        self.failed = True
        self._tell("", message)

    def warn(self, message: str) -> None:
        """Tell that something is odd; the same thing about the same file only once."""
        told = f"{self._subject}: {message}"
        if told not in self._warned:
            self._warned.add(told)
            self._tell("warning: ", message)

    def _tell(self, kind: str, message: str) -> None:
        subject = printable(self._subject)
        lines = message.replace(self._subject, subject).splitlines() if subject else [message]
        text = printable(" ".join(line.strip() for line in lines)) or "failed"
        about = "" if not subject or subject in text else f"{subject}: "
        self.write(f"{self.program}: {kind}{about}{text}")

    @contextmanager
    def about(self, subject: object) -> Iterator[None]:
        """Name a file in what is told inside; an error there is told, and ends only the block."""
        before = self._subject
        self._subject = str(subject)
        try:
            yield
        except BrokenPipeError:
            raise  # whoever reads our output has gone: nothing about this file
        except Exception as error:
            self._tell_exception(error)
        finally:
            self._subject = before

    def _tell_exception(self, error: Exception) -> None:
        if self.debug:
            import traceback

            self.write(traceback.format_exc().rstrip())
        self.error(describe_error(error))

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Tell warnings and what is logged inside, one line each."""
        logger = logging.getLogger("volio")
        before = logger.handlers, logger.propagate
        logger.handlers = [_ToReporter(self)]
        logger.propagate = False
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("always", VolioWarning)
                warnings.showwarning = self._show_warning
                yield
        finally:
            logger.handlers, logger.propagate = before

    def _show_warning(self, message: Warning | str, *_: Any, **__: Any) -> None:
        self.warn(str(message))


class _ToReporter(logging.Handler):
    """Hand what is logged to a reporter."""

    def __init__(self, reporter: Reporter) -> None:
        super().__init__(logging.WARNING)
        self.reporter = reporter

    def emit(self, record: logging.LogRecord) -> None:
        self.reporter.warn(record.getMessage())


def describe_error(error: Exception) -> str:
    """Say in one line what an exception means to the user of a command."""
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
