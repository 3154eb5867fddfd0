"""``volio doctor``: everything suspicious in image files, and repaired copies."""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from volio.cli.console.json_output import array_lines
from volio.cli.console.reporting import DIFFERENT, DONE, TROUBLE, Reporter
from volio.cli.console.streams import NamedBytes
from volio.cli.console.table import printable
from volio.cli.jobs import Job
from volio.cli.options.inputs import Input, find_inputs
from volio.cli.options.load_options import choices_for, expect_load_options, source_of
from volio.cli.outputs import check_targets
from volio.cli.results.rows import Row, print_rows
from volio.errors import LossWarning, UsageError, VolioWarning
from volio.files.names import is_there
from volio.images.headers.error_levels import LoggingOutputSuppressor
from volio.io import identify, load, save
from volio.ops.checks.issue import keep
from volio.ops.examine import Issue, examine, repair

__all__ = ["EXAMPLES", "ONE", "add_arguments", "run"]

ONE = "something is suspicious (with --fix: and could not be repaired)"
EXAMPLES = """\
%(prog)s scan.nii.gz
%(prog)s -r study                                  all images below a folder
%(prog)s scan.nii.gz --fix repaired.nii.gz         write a repaired copy
%(prog)s *.nii.gz --fix --out-dir repaired         of each file that needs one
%(prog)s --force scan.nii.gz --fix scan.nii.gz     over the file itself"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("files", nargs="*", metavar="FILE", help="file, folder or pattern")
    parser.add_argument("-r", "--recursive", action="store_true", help="folders below folders too")
    parser.add_argument(
        "--fix",
        nargs="?",
        const="",
        metavar="OUT",
        help="write a repaired copy, under this name or with --out-dir",
    )
    parser.add_argument("-o", "--out-dir", metavar="DIR", help="with --fix: folder for the copies")
    parser.add_argument("-f", "--force", action="store_true", help="replace files that are there")
    parser.add_argument("-q", "--quiet", action="store_true", help="do not list what is healthy")
    parser.add_argument("--json", action="store_true", help="print an array of objects")
    expect_load_options(parser)


def run(options: argparse.Namespace, reporter: Reporter) -> int:
    """Examine the files, and repair them when asked to."""
    inputs = _inputs(options)
    targets = _targets(inputs, options)
    codes = [DONE]

    def read(path: str, row: Row) -> None:
        choices = choices_for(path, options, reporter)
        issues = _examine(path, choices)
        target = targets.get(path)
        left = _repair(path, target, issues, choices) if target else None
        codes.append(_code(issues if left is None else left))
        row |= _result(path, issues, target, left)

    def texts(rows: Iterable[Row]) -> Iterable[str]:
        return array_lines(rows) if options.json else _texts(rows, options)

    print_rows(inputs, read, reporter, texts)
    return max(*codes, reporter.code)


def _texts(rows: Iterable[Row], options: argparse.Namespace) -> Iterator[str]:
    """Yield what is printed of each file that could be examined."""
    for row in rows:
        if row.get("issues") or ("issues" in row and not options.quiet):
            yield "\n".join(_lines(row))


def _inputs(options: argparse.Namespace) -> list[Input]:
    """Return the files to examine."""
    if options.fix and options.out_dir:  # `--fix a.nii b.nii --out-dir DIR`: a.nii is a file too
        options.files.insert(0, options.fix)
    inputs = find_inputs(options.files, options.recursive)
    if not inputs:
        raise UsageError(f"{', '.join(options.files) or 'FILE'}: no image to examine")
    return inputs


def _targets(inputs: Sequence[Input], options: argparse.Namespace) -> dict[str, str]:
    """Return the names of repaired copies, by the files that they are made from."""
    folder = options.out_dir
    if options.fix is None and not folder:
        return {}
    if not folder and (not options.fix or len(inputs) > 1):
        raise UsageError("--fix: takes the name of the new file for one file, else --out-dir DIR")
    usable = [each for each in inputs if not each.problem]
    jobs = [Job(each.path, f"{folder}/{each.name}" if folder else options.fix) for each in usable]
    check_targets(jobs, options.force)
    return dict(jobs)


def _examine(path: str, choices: Mapping[str, Any]) -> list[Issue]:
    """Return the issues of a file; what loading it warns of is among them."""
    with warnings.catch_warnings(record=True) as given, LoggingOutputSuppressor():
        warnings.simplefilter("always")
        issues = examine(source_of(path), **choices)
    known = tuple(issue.where for issue in issues)
    warned = [_of_warning(path, each) for each in given if issubclass(each.category, VolioWarning)]
    new = [issue for issue in warned if not issue.where.startswith(known)]
    return [*issues, *dict.fromkeys(new)]


def _of_warning(path: str, given: warnings.WarningMessage) -> Issue:
    """Return what reading a file warned of; a copy is saved as it was read.

    What volio has no place for is not a fault of the file, and a copy would not have it.
    """
    where, _, found = str(given.message).partition(": ")
    while found and (is_there(where) or where == NamedBytes.name):  # a file of the image
        where, _, found = found.partition(": ")
    if issubclass(given.category, LossWarning):
        return Issue("info", where if found else "file", found or where)
    repair = keep if identify(path).write else None
    return Issue("suspicious", where if found else "file", found or where, repair=repair)


def _repair(
    path: str, target: str, issues: list[Issue], choices: Mapping[str, Any]
) -> list[Issue] | None:
    """Write a repaired copy and return its issues; None if there is nothing to repair."""
    if not any(issue.fixable for issue in issues) or _code(issues) == TROUBLE:
        return None
    Path(target).parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings(), LoggingOutputSuppressor():
        warnings.simplefilter("ignore")
        img = load(source_of(path), **choices)
    save(repair(img, issues), target)
    return _examine(target, {})


def _code(issues: Iterable[Issue]) -> int:
    """Return the exit code for what was found in a file."""
    code = DONE
    for issue in issues:
        if issue.level == "error" and issue.where in ("file", "file size"):
            return TROUBLE
        if issue.level != "info":
            code = DIFFERENT
    return code


def _result(path: str, issues: list[Issue], target: str | None, left: list[Issue] | None) -> Row:
    return {
        "file": path,
        "issues": [_issue_row(issue, path) for issue in issues],
        "asked": target,
        "repaired": None if left is None else target,
        "left": None if left is None else [_issue_row(issue, path) for issue in left],
    }


def _issue_row(issue: Issue, path: str) -> Row:
    return {
        "level": issue.level,
        "where": issue.where,
        "found": issue.found.replace(f"{path}: ", "", 1),
        "advice": issue.advice,
        "fixable": issue.fixable,
    }


def _lines(result: Row) -> Iterator[str]:
    """Yield the lines about one file."""
    healthy = "" if _count_suspicious(result["issues"]) else " healthy"
    yield f"{printable(result['file'])}:{healthy}"
    repaired = result["repaired"]
    for issue in result["issues"]:
        yield f"  {issue['level']:<10}  {issue['where']}: {issue['found']}"
        hint = "--fix repairs it" if issue["fixable"] and repaired is None else ""
        if advice := "; ".join(filter(None, (issue["advice"], hint))):
            yield f"              -> {advice}"
    if repaired is not None:
        left = _count_suspicious(result["left"])
        state = f"still suspicious in it: {left}" if left else "nothing is suspicious in it"
        yield f"  repaired copy: {printable(repaired)}; {state}"
    elif result["asked"]:
        yield "  no copy written: there is nothing that can be repaired"


def _count_suspicious(issues: Sequence[Row]) -> int:
    """Return how many issues are more than worth knowing."""
    return sum(issue["level"] != "info" for issue in issues)
