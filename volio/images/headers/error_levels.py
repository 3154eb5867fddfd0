"""How severe a fault in a header must be to be an error, and where lesser ones are logged."""

from __future__ import annotations

import logging

__all__ = ["ErrorLevel", "LoggingOutputSuppressor", "error_level", "log_level", "logger"]

#: Faults at or above this level raise when a header is read (levels as in `logging`).
error_level = 40

#: Faults at or above this level are logged.
log_level = 30

logger = logging.getLogger("volio")


class ErrorLevel:
    """Context manager: another `error_level` for a while.

    Parameters
    ----------
    level : int
        50 lets everything through that can be read at all; 10 is the strictest.
    """

    def __init__(self, level: int) -> None:
        self.level = level

    def __enter__(self) -> ErrorLevel:
        global error_level
        self._before = error_level
        error_level = self.level
        return self

    def __exit__(self, *raised: object) -> None:
        global error_level
        error_level = self._before


class LoggingOutputSuppressor:
    """Context manager: the log of header faults is silent for a while."""

    def __enter__(self) -> LoggingOutputSuppressor:
        self._before = logger.disabled
        logger.disabled = True
        return self

    def __exit__(self, *raised: object) -> None:
        logger.disabled = self._before
