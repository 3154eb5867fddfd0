"""``volio formats``: the table of formats, and what can be done with each."""

from __future__ import annotations

import argparse
from typing import Any

from volio.cli.console.json_output import array_lines
from volio.cli.console.reporting import DONE, Reporter
from volio.cli.console.table import aligned
from volio.files.names import COMPRESSED_ENDINGS
from volio.formats import table
from volio.formats.format import Format

__all__ = ["EXAMPLES", "add_arguments", "run"]

EXAMPLES = """\
%(prog)s
%(prog)s --json"""

COLUMNS = ("name", "title", "kind", "endings", "read", "write", "lazy", "remote", "extra")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--json", action="store_true", help="print an array of objects")


def run(options: argparse.Namespace, reporter: Reporter) -> int:
    """Print the table."""
    rows = [_facts(row) for row in table.FORMATS]
    if options.json:
        print("\n".join(array_lines(rows)))
        return DONE
    print("\n".join(aligned(COLUMNS, list(map(_cells, rows)))))
    print()
    print(f"compressed files: {', '.join(COMPRESSED_ENDINGS)} after any of the endings")
    print("lazy: voxels are read when asked for; remote: http and https addresses can be opened")
    return DONE


def _facts(row: Format) -> dict[str, Any]:
    installed = row.extra is None or _installed(row.extra)
    return {
        "name": row.name,
        "title": row.title,
        "kind": row.kind,
        "endings": list(row.endings),
        "read": installed,
        "write": row.write and installed,
        "lazy": installed and row.lazy,
        "compressed": list(COMPRESSED_ENDINGS),
        "remote": installed and row.remote,
        "extra": None if row.extra is None else f"{row.extra}{'' if installed else ' (missing)'}",
    }


def _installed(extra: str) -> bool:
    """Return whether the packages of an extra of volio are installed."""
    from importlib.metadata import PackageNotFoundError, requires, version

    from packaging.requirements import Requirement

    needed = [Requirement(line) for line in requires("volio") or ()]
    chosen = [each for each in needed if each.marker and each.marker.evaluate({"extra": extra})]
    try:
        return all(version(each.name) in each.specifier for each in chosen)
    except PackageNotFoundError:
        return False


def _cells(row: dict[str, Any]) -> list[str]:
    """Return the texts of the columns for a format."""
    return [_word(row[name]) for name in COLUMNS]


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " ".join(value) if isinstance(value, list) else value or ""
