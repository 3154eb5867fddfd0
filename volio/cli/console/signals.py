"""Signals that end a command as Ctrl-C does: in good order, with nothing left half written."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

__all__ = ["ENDING", "Terminated", "disregard", "end_in_order", "ending_in_order"]

#: What batch systems and closed terminals send, where the system has it.
ENDING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))


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

    On threads other than the main one, which alone gets signals, nothing is changed.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, *ENDING)}
    for number in ENDING:
        if before[number] is not signal.SIG_IGN:
            signal.signal(number, end_in_order)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)
