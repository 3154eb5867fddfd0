"""Checks of headers as data: the same tuple drives reading, reports and repair."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from volio.errors import HeaderDataError
from volio.images.headers import error_levels
from volio.images.headers.error_context import warn_of_content, with_file_name

__all__ = [
    "REPAIRED",
    "Check",
    "Report",
    "find_problems",
    "finite_check",
    "known_code_check",
    "not_negative_check",
    "run_checks",
    "set_to",
    "value_check",
]

#: Severity from which reading repairs a fault; what is only suspicious stays as the file has it.
REPAIRED = 30


#: What is wrong with a header; None for nothing.
Problem = str | None

#: Repairs a header and describes what it did.
Repair = Callable[[Any], str]


@dataclass(frozen=True)
class Check:
    """One thing that must hold in a header.

    Parameters
    ----------
    field : str
        The field looked at.
    find : callable
        ``find(header)`` describes the problem, or gives None when there is none.
    level : int
        Severity, as in `logging`: 10 cosmetic, 20 suspicious, 30 repaired on reading, 40 an error.
    repair : callable, optional
        ``repair(header)`` repairs the header and describes what it did.
    category : type, optional
        Of the warning that a repair on reading gives, in place of a record in the log.
    has_one_answer : bool
        Reading repairs it whatever its level, since the other fields leave one answer.
    """

    field: str
    find: Callable[[Any], Problem]
    level: int
    repair: Repair | None = None
    category: type[Warning] | None = None
    has_one_answer: bool = False

    def run(self, header: Any, fix: bool = False) -> Report:
        """Look at `header` (and repair it, with `fix`); level 0 in the report means fine."""
        problem = self.problem(header)
        return Report(field=self.field) if problem is None else self.report(header, problem, fix)

    def problem(self, header: Any) -> Problem:
        """Describe what is wrong with `header`; None for nothing."""
        try:
            return self.find(header)
        except HeaderDataError:  # of another field, which has a check of its own
            return None

    def report(self, header: Any, problem: str, fix: bool) -> Report:
        """Report a problem that was found, and repair it, with `fix`."""
        done = self.repair(header) if fix and self.repair is not None else ""
        text = f"{self.field}: {problem}"
        category = self.category if done else None
        return Report(HeaderDataError, self.level, text, done, self.field, category)


@dataclass
class Report:
    """What a check found.

    Parameters
    ----------
    error : type
        The error to raise when the level is too high.
    problem_level : int
        0 for no problem, else as in `logging`.
    problem_msg, fix_msg : str
        What is wrong, and what was done about it ("" for nothing).
    field : str
        The field the check looked at.
    category : type, optional
        Of the warning to give of a repair; None for a record in the log.
    """

    error: type[Exception] | None = HeaderDataError
    problem_level: int = 0
    problem_msg: str = ""
    fix_msg: str = ""
    field: str = ""
    category: type[Warning] | None = None

    @property
    def message(self) -> str:
        """Problem and remedy in one line."""
        return f"{self.problem_msg}; {self.fix_msg}" if self.fix_msg else self.problem_msg

    def log_raise(self, logger: logging.Logger, error_level: int = 40) -> None:
        """Log the problem, with the file that is read; raise it from `error_level` on."""
        if not self.problem_level:
            return
        is_error = self.problem_level >= error_level
        if self.category is None:
            logger.log(self.problem_level, with_file_name(self.message))
        elif not is_error:
            warn_of_content(self.message, self.category)
        if is_error:
            raise (self.error or HeaderDataError)(self.problem_msg)

    def __str__(self) -> str:
        return f"Level {self.problem_level}: {self.message}" if self.problem_level else ""


def find_problems(
    header: Any, checks: Iterable[Check], *, fix: bool, reading: bool = False
) -> Iterator[Report]:
    """Run checks and yield a report of each problem, in the order of the checks.

    Parameters
    ----------
    header : Header
    checks : iterable of Check
    fix : bool
        Repair what can be repaired.
    reading : bool
        What is only suspicious is left as it is, and what has one answer is not an error.
    """
    for check in checks:
        problem = check.problem(header)
        if problem is None:
            continue
        report = check.report(header, problem, fix and (check.level >= REPAIRED or not reading))
        if reading and check.has_one_answer:
            report.problem_level = REPAIRED
        yield report


def run_checks(
    header: Any,
    checks: Iterable[Check],
    *,
    fix: bool,
    reading: bool = False,
    logger: logging.Logger | None = None,
    error_level: int | None = None,
) -> list[Report]:
    """Run every check; log and raise by their levels.

    Parameters
    ----------
    header, checks, fix, reading
        As for `find_problems`.
    logger : logging.Logger, optional
        Where problems go (default: the logger of `volio.images.headers.error_levels`).
    error_level : int, optional
        Level from which a problem raises (default: `error_levels.error_level`).

    Returns
    -------
    list of Report
        Of the problems found, in the order of the checks.

    Raises
    ------
    HeaderDataError
        When a problem reaches `error_level`.
    """
    log = error_levels.logger if logger is None else logger
    limit = error_levels.error_level if error_level is None else error_level
    found = []
    warned = []
    for report in find_problems(header, checks, fix=fix, reading=reading):
        found.append(report)
        if report.category is None:
            report.log_raise(log, limit)
        else:
            warned.append(report)  # an error may follow, and then no repair is worth a word
    for report in warned:
        report.log_raise(log, limit)
    return found


# Checks that many formats make of their fields; each is an error.


def value_check(field: str, value: Any) -> Check:
    """Return a check that a field has the one value that it can have."""

    def find(header: Any) -> Problem:
        found = header[field].item()
        return None if found == value else f"must be {value!r}, got {found!r}"

    return Check(field, find, 40)


def set_to(field: str, value: Any) -> Repair:
    """Return a repair that stores a value in a field, or what a function returns for the header."""

    def repair(header: Any) -> str:
        stored = value(header) if callable(value) else value
        header[field] = stored
        return f"set to {stored}"

    return repair


def not_negative_check(field: str, level: int = 40, repair: Repair | None = None) -> Check:
    """Return a check that no number of a field is negative."""

    def find(header: Any) -> Problem:
        found = header.unpacked[field]
        lowest = min(found) if isinstance(found, tuple) else found
        return f"must not be negative, got {header[field].tolist()}" if lowest < 0 else None

    return Check(field, find, level, repair)


def finite_check(*fields: str) -> Check:
    """Return a check that all numbers of some fields are finite, named after the first."""

    def find(header: Any) -> Problem:
        for field in fields:
            if not np.isfinite(header[field]).all():
                what = "" if field == fields[0] else f"{field} "
                return f"{what}must be finite, got {header[field].tolist()}"
        return None

    return Check(fields[0], find, 40)


def known_code_check(field: str) -> Check:
    """Return a check that a field has the code of a kind of voxel that can be read."""

    def find(header: Any) -> Problem:
        code = header.unpacked[field]
        dtypes = header.data_types.dtype
        if code in dtypes and dtypes[code].itemsize:
            return None
        known = sorted(each for each in header.data_types.value_set() if dtypes[each].itemsize)
        return f"must be one of {known}, got {code}"

    return Check(field, find, 40)
