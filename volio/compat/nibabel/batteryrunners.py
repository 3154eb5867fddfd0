"""Checks run one after another over an object: nibabel's ``batteryrunners`` names.

volio's headers declare their checks as data (`volio.images.headers.checks`); this is for programs
that bring functions of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TextIO

from volio.images.headers import checks
from volio.images.headers.error_context import with_file_name

__all__ = ["BatteryRunner", "Report"]


class Report(checks.Report):
    """What a check found, with the exception to raise when it is too severe.

    Parameters
    ----------
    error : type, optional
        The exception; with None nothing is raised.
    problem_level : int, optional
        0 for no problem, else as in `logging`.
    problem_msg, fix_msg : str, optional
        What is wrong, and what was done about it.
    """

    def __init__(
        self,
        error: type[Exception] | None = Exception,
        problem_level: int = 0,
        problem_msg: str = "",
        fix_msg: str = "",
    ) -> None:
        super().__init__(error, problem_level, problem_msg, fix_msg)

    def log_raise(self, logger: Any, error_level: int = 40) -> None:
        """Log the problem; raise it when its level reaches `error_level`."""
        if self.problem_level:
            logger.log(self.problem_level, with_file_name(self.message))
        self._raise_from(error_level)

    def write_raise(self, stream: TextIO, error_level: int = 40, log_level: int = 30) -> None:
        """Write a problem of at least `log_level` as a line; raise it from `error_level` on."""
        if self.problem_level and self.problem_level >= log_level:
            stream.write(f"Level {self.problem_level}: {self.message}\n")
        self._raise_from(error_level)

    def _raise_from(self, error_level: int) -> None:
        if self.problem_level and self.problem_level >= error_level and self.error:
            raise self.error(self.problem_msg)


Check = Callable[..., tuple[Any, Report]]


class BatteryRunner:
    """A list of checks.

    Parameters
    ----------
    checks : iterable of callable
        Each is called as ``check(obj, fix)`` and returns the object, repaired if `fix` is True, and
        a report.
    """

    def __init__(self, checks: Iterable[Check]) -> None:
        self._checks = tuple(checks)

    def check_only(self, obj: Any) -> list[Report]:
        """Return the report of every check; the object stays as it is."""
        return [check(obj, False)[1] for check in self._checks]

    def check_fix(self, obj: Any) -> tuple[Any, list[Report]]:
        """Hand the object from check to check, each repairing it; return it with the reports."""
        reports = []
        for check in self._checks:
            obj, report = check(obj, True)
            reports.append(report)
        return obj, reports

    def __len__(self) -> int:
        return len(self._checks)
