"""The command: choose cases, run them, say what came out."""

from __future__ import annotations

import argparse
import compileall
import os
import platform
import sys
import tempfile
from fnmatch import fnmatch
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bench import report
from bench.case import Case
from bench.files import FULL, TINY, Files
from bench.groups import cases
from bench.measure import disagreeing, run_case

LIBRARIES = ("volio", "numpy", "nibabel", "indexed_gzip", "SimpleITK", "medrs", "isal", "pybase64")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command's words."""
    words = argparse.ArgumentParser(prog="tools/bench/run", description=__doc__)
    words.add_argument("--case", action="append", metavar="NAME", help="a case, or a pattern (*)")
    words.add_argument("--repeat", type=int, default=5, metavar="N", help="processes for each way")
    words.add_argument("--quick", action="store_true", help="tiny data, twice: does it work?")
    words.add_argument("--folder", type=Path, help="keep the data here (default: for one run)")
    words.add_argument("--json", type=Path, metavar="FILE", help="write all figures")
    words.add_argument("--csv", type=Path, metavar="FILE", help="write all figures as a table")
    words.add_argument("--list", action="store_true", help="name the cases")
    return words


def chosen(patterns: list[str] | None) -> list[Case]:
    """Return the cases whose names match one of the patterns.

    Raises
    ------
    SystemExit
        If a pattern matches none.
    """
    known = cases()
    for pattern in patterns or []:
        if not any(fnmatch(name, pattern) for name in known):
            sys.exit(f"--case {pattern}: is none of {', '.join(known)}")
    return [
        case
        for name, case in known.items()
        if not patterns or any(fnmatch(name, pattern) for pattern in patterns)
    ]


def machine() -> dict[str, Any]:
    """Return what the figures depend on beside the libraries' code."""
    found: dict[str, Any] = {"python": platform.python_version(), "system": platform.system()}
    found["processors"] = os.cpu_count()
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    return found


def run(words: argparse.Namespace, folder: Path) -> int:
    """Run the cases; return 1 if volio failed or values differed, else 0."""
    files, results, wrong = Files(folder, TINY if words.quick else FULL), [], 0
    _compile()
    print(", ".join(f"{name} {value or 'not installed'}" for name, value in machine().items()))
    if words.quick:
        print("tiny data: this shows that the cases work, and nothing about speed")
    for case in chosen(words.case):
        samples = run_case(case, files, 2 if words.quick else words.repeat, _tell)
        results.append((case, samples))
        wrong |= bool(samples["volio"].error or disagreeing(samples))
        print(f"\n{report.text(case, samples)}", flush=True)
    if words.json:
        report.write_json(words.json, results, machine())
    if words.csv:
        report.write_csv(words.csv, results)
    return int(wrong)


def _compile() -> None:
    """Compile volio's modules, as installing a package does, before importing them is timed."""
    for folder in find_spec("volio").submodule_search_locations:  # type: ignore[union-attr]
        compileall.compile_dir(folder, quiet=2)


def _tell(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r{text:<78}", end="\r", file=sys.stderr)


def main(arguments: list[str] | None = None) -> int:
    """Run the command."""
    words = parser().parse_args(arguments)
    if words.list:
        print("\n".join(f"{case.name}: {case.title}" for case in chosen(words.case)))
        return 0
    if words.folder:
        words.folder.mkdir(parents=True, exist_ok=True)
        return run(words, words.folder)
    with tempfile.TemporaryDirectory(prefix="volio-bench-") as folder:
        return run(words, Path(folder))


if __name__ == "__main__":
    sys.exit(main())
