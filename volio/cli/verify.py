"""``volio verify``: whether files are complete and undamaged."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from volio.cli.console.json_output import array_lines
from volio.cli.console.progress import Progress
from volio.cli.console.reporting import DIFFERENT, DONE, Reporter
from volio.cli.console.table import aligned, printable
from volio.cli.inputs import find_inputs
from volio.cli.load_options import choices_for, expect_load_options, source_of
from volio.cli.rows import Row, read_rows
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
    expect_load_options(parser)


def run(options: argparse.Namespace, reporter: Reporter) -> int:
    """Verify the files."""
    inputs = find_inputs(options.files, options.recursive)
    if not inputs:
        raise UsageError(f"{', '.join(options.files)}: no images there (-r looks in folders below)")

    def read(path: str, row: Row) -> None:
        choices = choices_for(path, options, reporter)
        row |= _facts(verify(source_of(path), **choices)) | {"file": path}

    with Progress(len(inputs)) as progress:
        rows = list(read_rows(inputs, read, reporter, progress))
    shown = [row for row in rows if not (options.quiet and row.get("fine"))]
    readable = [row for row in shown if "error" not in row]
    if options.json:
        print("\n".join(array_lines(shown)))
    elif readable:
        print("\n".join(_lines(readable)))
    damaged = any(row.get("fine") is False for row in rows)
    return reporter.code or (DIFFERENT if damaged else DONE)


def _facts(verdict: Verdict) -> Row:
    return {
        "file": verdict.file,
        "format": verdict.format,
        "fine": verdict.fine,
        "files": [vars(facts) for facts in verdict.files],
        "needed": verdict.needed,
        "problems": list(verdict.problems),
    }


def _lines(rows: list[Row]) -> list[str]:
    """Return the table of all files, and below it what is wrong with them."""
    cells = [line for row in rows for line in _cells(row)]
    lines = aligned(HEADS, cells, right=("stored", "decoded"))
    return lines + [printable(problem) for row in rows for problem in row["problems"]]


def _cells(row: Row) -> Iterator[tuple[str, ...]]:
    """Yield a line of the table for each file of an image; the last one has the verdict."""
    verdict = "fine" if row["fine"] else "DAMAGED"
    for number, facts in enumerate(row["files"], 1):
        yield (
            printable(facts["file"]),
            row["format"] or "",
            facts["codec"],
            *("" if facts[size] is None else str(facts[size]) for size in ("stored", "decoded")),
            verdict if number == len(row["files"]) else "",
        )
