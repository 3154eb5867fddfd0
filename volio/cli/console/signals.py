"""Signals that end a command as Ctrl-C does: in good order, with nothing left half written."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, NoReturn

__all__ = ["ENDING", "Terminated", "disregard", "end_in_order", "ending_in_order"]

#: What batch systems and closed terminals send, where the system has it.
ENDING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
#: Seconds after which a signal comes again whose exception went unheard.
AGAIN = 1


class Terminated(KeyboardInterrupt):
    """A signal that ends the process has come; work ends for it as for Ctrl-C.

    Parameters
    ----------
    number : int
        Of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def disregard(number: int, frame: Any = None) -> None:
    """Do nothing, as the handler of a signal.

    Under ``SIG_IGN`` Python would print an error about a signal that came just before it.
    """


def end_in_order(number: int, frame: Any = None) -> NoReturn:
    """Raise `Terminated`, as the handler of a signal; another one does not disturb the end."""
    for each in (signal.SIGINT, *ENDING):
        signal.signal(each, disregard)
    raise Terminated(number)


@contextmanager
def ending_in_order() -> Iterator[None]:
    """Let SIGTERM and SIGHUP raise `Terminated` meanwhile; one that is ignored stays so (nohup).

    Where the exception goes unheard, the signal comes again a moment later (on POSIX).

    On threads other than the main one, which alone gets signals, nothing is changed.
    """
    if not _is_main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, *ENDING)}
    for number in ENDING:
        if before[number] is not signal.SIG_IGN:
            signal.signal(number, end_in_order)
    report = sys.unraisablehook
    sys.unraisablehook = partial(_report_or_repeat, report)
    try:
        yield
    finally:
        sys.unraisablehook = report
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)


def _report_or_repeat(report: Callable[[Any], Any], ignored: Any) -> None:
    """Report an exception that Python ignores, but let a signal come again that raised it.

    Python ignores what is raised in a finalizer, or in the callback of a weak reference, and a
    signal may come during one.
    """
    error = ignored.exc_value
    is_ours = isinstance(error, KeyboardInterrupt) and hasattr(signal, "SIGALRM")
    if not is_ours or not hasattr(signal, "alarm") or not _is_main_thread():
        report(ignored)
        return
    number = signal.SIGINT
    if isinstance(error, Terminated):
        number = signal.Signals(error.number)
        signal.signal(number, end_in_order)
    # By then the signal may be one that is disregarded: the work that it was to end has ended.
    usual = signal.signal(signal.SIGALRM, lambda alarm, _: _repeat(number, alarm, usual))
    signal.alarm(AGAIN)


def _is_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _repeat(number: int, alarm: int, usual: Any) -> None:
    """Send a signal to this process again, and put the handler of alarms back."""
    signal.signal(alarm, usual or signal.SIG_DFL)
    signal.raise_signal(number)
