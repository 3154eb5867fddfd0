"""``volio verify``: whether files are complete and undamaged."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence

from volio.cli.console.json_output import array_lines
from volio.cli.console.progress import Progress
from volio.cli.console.reporting import DIFFERENT, DONE, Reporter
from volio.cli.console.table import aligned, printable
from volio.cli.options.inputs import find_inputs
from volio.cli.options.load_options import choices_for, expect_load_options, source_of
from volio.cli.results.rows import Row, read_rows
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
    _print([row for row in rows if not (options.quiet and row.get("fine"))], options)
    damaged = any(row.get("fine") is False for row in rows)
    return reporter.code or (DIFFERENT if damaged else DONE)


def _print(rows: Sequence[Row], options: argparse.Namespace) -> None:
    """Print an array of all files, or a table of those that could be read."""
    readable = [row for row in rows if "error" not in row]
    if options.json:
        print("\n".join(array_lines(rows)))
    elif readable:
        print("\n".join(_lines(readable)))


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
    for facts in row["files"][:-1]:
        yield (*_file_cells(row, facts), "")
    verdict = "fine" if row["fine"] else "DAMAGED"
    yield (*_file_cells(row, row["files"][-1]), verdict)


def _file_cells(row: Row, facts: Row) -> tuple[str, ...]:
    stored = facts["stored"]
    decoded = facts["decoded"]
    return (
        printable(facts["file"]),
        row["format"] or "",
        facts["codec"],
        "" if stored is None else str(stored),
        "" if decoded is None else str(decoded),
    )
