"""``volio verify``: whether files are complete and undamaged."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from volio.cli.inputs import Input, find_inputs
from volio.cli.json_output import array_lines
from volio.cli.progress import Progress
from volio.cli.reporting import DIFFERENT, Reporter
from volio.cli.table import aligned, printable
from volio.errors import UsageError
from volio.ops.verify import Verdict, verify

__all__ = ["EXAMPLES", "ONE", "add_arguments", "run"]

ONE = "a file is damaged or not complete"
EXAMPLES = """\
%(prog)s scan.nii.gz
%(prog)s -r study/              all images in a folder and those below
%(prog)s -q *.nii.gz            only what is damaged
%(prog)s --json *.nii.gz        for programs"""

HEADS = ("file", "format", "codec", "stored", "decoded", "verdict")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="file, folder or pattern")
    parser.add_argument("-r", "--recursive", action="store_true", help="folders below folders too")
    parser.add_argument("-q", "--quiet", action="store_true", help="list only what is damaged")
    parser.add_argument("--json", action="store_true", help="print an array of objects")


def run(options: argparse.Namespace, reporter: Reporter) -> int:
    """Verify the files."""
    inputs = list(find_inputs(options.files, options.recursive))
    if not inputs:
        raise UsageError(f"{', '.join(options.files)}: no images there (-r looks in folders below)")
    verdicts = []
    with Progress(len(inputs)) as progress:
        reporter.write = progress.print_line
        for found in inputs:
            if not isinstance(found, Input):
                reporter.error(str(found))
                continue
            with reporter.about(found.path):
                verdicts.append(verify(found.path))
            progress.step(found.name)
    shown = [verdict for verdict in verdicts if not (options.quiet and verdict.fine)]
    if options.json:
        print("\n".join(array_lines(_plain(verdict) for verdict in shown)))
    elif shown:
        print("\n".join(_told(shown)))
    damaged = any(not verdict.fine for verdict in verdicts)
    return max(reporter.code, DIFFERENT if damaged else reporter.code)


def _plain(verdict: Verdict) -> dict[str, Any]:
    return {
        "file": verdict.file,
        "format": verdict.format,
        "fine": verdict.fine,
        "files": [vars(facts) for facts in verdict.files],
        "needed": verdict.needed,
        "problems": list(verdict.problems),
    }


def _told(verdicts: list[Verdict]) -> list[str]:
    rows = [row for verdict in verdicts for row in _rows(verdict)]
    lines = aligned(HEADS, rows, right=("stored", "decoded"))
    return lines + [printable(problem) for each in verdicts for problem in each.problems]


def _rows(verdict: Verdict) -> Iterator[tuple[str, ...]]:
    """Return one row per file of an image; the last one has the verdict."""
    for facts in verdict.files:
        last = facts is verdict.files[-1]
        yield (
            printable(facts.file),
            verdict.format or "",
            facts.codec,
            "" if facts.stored is None else str(facts.stored),
            "" if facts.decoded is None else str(facts.decoded),
            ("fine" if verdict.fine else "DAMAGED") if last else "",
        )
