"""``volio index``: note where gzip files can be entered, for fast slices in later programs."""

from __future__ import annotations

import argparse
import os

from volio.cli.console.progress import Progress
from volio.cli.console.reporting import Reporter
from volio.cli.console.table import printable
from volio.cli.options.inputs import find_inputs
from volio.files.codecs.gzip_index import index_file
from volio.files.codecs.gzip_source import GzipSource
from volio.files.opener import open_source

__all__ = ["EXAMPLES", "add_arguments", "run"]

EXAMPLES = """\
%(prog)s bold.nii.gz            writes bold.nii.gz.places
%(prog)s --cache bold.nii.gz    keeps it in the folder for caches
%(prog)s -r study"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="file, folder or pattern")
    parser.add_argument("-r", "--recursive", action="store_true", help="folders below folders too")
    parser.add_argument(
        "--cache",
        action="store_true",
        help="write to the user's folder for caches, not next to the files",
    )


def run(options: argparse.Namespace, reporter: Reporter) -> int:
    """Index the files."""
    inputs = find_inputs(options.files, options.recursive)
    with Progress(len(inputs)) as progress:
        reporter.write = progress.print_line
        for found in inputs:
            with reporter.for_file(found.path):
                found.check()
                done = _index(found.path, cache=options.cache)
                progress.print_text(f"{printable(found.path)}: {done}")
            progress.step(found.name)
    return reporter.code


def _index(path: str, *, cache: bool) -> str:
    """Index a file; return what was done."""
    if os.path.isdir(path):  # noqa: PTH112
        return "is in chunks, each of which is read alone: needs no index"
    source = open_source(path)
    if not isinstance(source, GzipSource):
        return "is not compressed by gzip: needs no index"
    table = source.table()
    if table is not None:
        return f"can be entered at {len(table.chunks)} places as it is: needs no index"
    made = index_file(source, cache=cache)
    return f"{made.checkpoints} places in {printable(str(made.path))}, {made.nbytes} bytes"
