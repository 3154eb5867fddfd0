"""``volio doctor``: everything odd in image files, and repaired copies."""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from volio.cli.inputs import Input, find_inputs
from volio.cli.jobs import Job
from volio.cli.json_output import array_lines
from volio.cli.outputs import check_targets
from volio.cli.progress import Progress
from volio.cli.reporting import DIFFERENT, DONE, TROUBLE, Reporter
from volio.cli.table import printable
from volio.errors import UsageError, VolioWarning
from volio.files.names import is_there
from volio.images.headers.error_levels import LoggingOutputSuppressor
from volio.io import load, save
from volio.ops.examine import Finding, examine, repair
from volio.ops.symptoms.finding import keep

__all__ = ["EXAMPLES", "ONE", "add_arguments", "run"]

ONE = "something is odd (with --fix: and could not be mended)"
EXAMPLES = """\
%(prog)s scan.nii.gz
%(prog)s -r study                                  all images below a folder
%(prog)s scan.nii.gz --fix mended.nii.gz           write a repaired copy
%(prog)s *.nii.gz --fix --out-dir mended           of each file that needs one
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


def run(options: argparse.Namespace, reporter: Reporter) -> int:
    """Examine the files, and mend them when asked to."""
    targets = _targets(options, reporter)
    results = []
    codes = [reporter.code]
    with Progress(len(targets)) as progress:
        reporter.write = progress.print_line
        for path, target in targets.items():
            with reporter.about(path):
                findings = _examine(path)
                left = _mend(path, target, findings) if target else None
                codes.append(_code(findings if left is None else left))
                results.append(_result(path, findings, target, left))
                if not options.json and (findings or not options.quiet):
                    progress.print_text("\n".join(_told(results[-1])))
            progress.step(path)
    if options.json:
        print("\n".join(array_lines(results)))
    return max(*codes, reporter.code)


def _targets(options: argparse.Namespace, reporter: Reporter) -> dict[str, str | None]:
    """Return each file to examine, and the name of its repaired copy."""
    if options.fix and options.out_dir:  # `--fix a.nii b.nii --out-dir DIR`: a.nii is a file too
        options.files.insert(0, options.fix)
    found = list(find_inputs(options.files, options.recursive))
    for missing in found:
        if not isinstance(missing, Input):
            reporter.error(str(missing))
    inputs = [each for each in found if isinstance(each, Input)]
    if not found:
        raise UsageError(f"{', '.join(options.files) or 'FILE'}: no image to examine")
    if options.fix is None and not options.out_dir:
        return {each.path: None for each in inputs}
    if not options.out_dir and (not options.fix or len(inputs) > 1):
        raise UsageError("--fix: takes the name of the new file for one file, else --out-dir DIR")
    folder = options.out_dir
    jobs = [Job(each.path, f"{folder}/{each.name}" if folder else options.fix) for each in inputs]
    check_targets(jobs, options.force)
    return dict(jobs)


def _examine(path: str) -> list[Finding]:
    """Return what is odd in a file; what reading it warns of is among that."""
    with warnings.catch_warnings(record=True) as given, LoggingOutputSuppressor():
        warnings.simplefilter("always")
        findings = examine(path)
    known = tuple(finding.where for finding in findings)
    warned = [_of_warning(path, each) for each in given if issubclass(each.category, VolioWarning)]
    new = [finding for finding in warned if not finding.where.startswith(known)]
    return [*findings, *dict.fromkeys(new)]


def _of_warning(path: str, given: warnings.WarningMessage) -> Finding:
    """Return what reading a file warned of; a copy is saved as it was read."""
    where, _, found = str(given.message).partition(": ")
    while found and is_there(where):  # the file, or another one of the image
        where, _, found = found.partition(": ")
    return Finding("odd", where if found else "file", found or where, mend=keep)


def _mend(path: str, target: str, findings: list[Finding]) -> list[Finding] | None:
    """Write a repaired copy and return what is odd in it; None if there is nothing to mend."""
    if not any(finding.fixable for finding in findings) or _code(findings) == TROUBLE:
        return None
    Path(target).parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings(), LoggingOutputSuppressor():
        warnings.simplefilter("ignore")
        img = load(path)
    save(repair(img, findings), target)
    return _examine(target)


def _code(findings: Iterable[Finding]) -> int:
    """Return the exit code for what was found in a file."""
    code = DONE
    for finding in findings:
        if finding.level == "error" and finding.where in ("file", "file size"):
            return TROUBLE
        if finding.level != "info":
            code = DIFFERENT
    return code


def _result(
    path: str, findings: list[Finding], target: str | None, left: list[Finding] | None
) -> dict[str, Any]:
    return {
        "file": path,
        "findings": [_plain(finding, path) for finding in findings],
        "asked": target,
        "repaired": None if left is None else target,
        "left": None if left is None else [_plain(finding, path) for finding in left],
    }


def _plain(finding: Finding, path: str) -> dict[str, Any]:
    return {
        "level": finding.level,
        "where": finding.where,
        "found": finding.found.replace(f"{path}: ", "", 1),
        "advice": finding.advice,
        "fixable": finding.fixable,
    }


def _told(result: dict[str, Any]) -> list[str]:
    """Return the lines about one file."""
    findings = result["findings"]
    odd = any(finding["level"] != "info" for finding in findings)
    lines = [f"{printable(result['file'])}:" + ("" if odd else " healthy")]
    for finding in findings:
        lines.append(f"  {finding['level']:<5}  {finding['where']}: {finding['found']}")
        advice = finding["advice"]
        if finding["fixable"] and result["repaired"] is None:
            advice = "; ".join(filter(None, (advice, "--fix mends it")))
        lines += [f"         -> {advice}"] if advice else []
    if result["repaired"] is not None:
        left = sum(finding["level"] != "info" for finding in result["left"])
        what = f"still odd in it: {left}" if left else "nothing is odd in it"
        lines.append(f"  repaired copy: {printable(result['repaired'])}; {what}")
    elif result["asked"]:
        lines.append("  no copy written: there is nothing that can be mended")
    return lines
