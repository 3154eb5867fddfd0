"""``volio cache``: what is kept of servers on disk, and its end."""

from __future__ import annotations

import argparse

from volio.cli.console.json_output import array_lines
from volio.cli.console.reporting import DONE, TROUBLE, Reporter
from volio.cli.console.table import aligned
from volio.files.remote.disk_cache import CachedHost, DiskCache, disk_cache

__all__ = ["EXAMPLES", "add_arguments", "run"]

EXAMPLES = """\
%(prog)s
%(prog)s --folder ~/tiles --clear
VOLIO_CACHE_FOLDER=~/tiles %(prog)s --json"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--folder",
        metavar="FOLDER",
        help="where tiles of servers are kept (default: that of VOLIO_CACHE_FOLDER)",
    )
    parser.add_argument("--clear", action="store_true", help="remove all that is kept")
    parser.add_argument("--json", action="store_true", help="print an array of objects")


def run(options: argparse.Namespace, reporter: Reporter) -> int:
    """List what is kept, or remove it."""
    cache = disk_cache(options.folder)
    if cache is None:
        reporter.error("no folder is set: --folder or VOLIO_CACHE_FOLDER names one")
        return TROUBLE
    hosts = cache.hosts()
    if options.clear:
        cache.clear()
    if options.json:
        print("\n".join(array_lines([host._asdict() for host in hosts])))
    else:
        print("\n".join(_lines(cache, hosts, is_cleared=options.clear)))
    return DONE


def _lines(cache: DiskCache, hosts: list[CachedHost], *, is_cleared: bool) -> list[str]:
    """Return a line for each host, and one for all."""
    cells = [[host.name, f"{host.files:,}", f"{host.nbytes:,}"] for host in hosts]
    files = sum(host.files for host in hosts)
    nbytes = sum(host.nbytes for host in hosts)
    state = "removed" if is_cleared else "kept"
    total = f"{cache.folder}: {files:,} files of {nbytes:,} bytes {state}"
    heads = ("host", "files", "bytes")
    return [*aligned(heads, cells, heads[1:]), total] if cells else [total]
