"""One damaged file after the other is read, with a bound on time and memory for each."""

from __future__ import annotations

import signal
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import volio
from volio.testing.conformance.case import quiet
from volio.testing.fuzz.acts import convert_and_show, examine_and_repair, survey
from volio.testing.fuzz.mutations import mutated
from volio.testing.fuzz.seeds import Seed, clear, lay_out, zip_of

__all__ = [
    "FuzzCase",
    "FuzzFinding",
    "FuzzReport",
    "cases",
    "fuzz",
    "position_of",
    "run",
]

SECONDS = 30.0  # of processor time for one file; far more than any takes
EXAMINED = 3  # every third file is looked at by doctor and verify too
CONVERTED = 4  # every fourth file is drawn, and saved in another format
DAMAGED_ZIPS = 0.2  # share of zip files that are damaged themselves, not in their members
MEMORY = 512 << 20  # beyond what was there before; damaged files hold far less


class Hung(BaseException):
    """A file that takes too long to read; no handler of errors catches it."""


@dataclass(frozen=True)
class FuzzCase:
    """A damaged image: what it was made from, and the number that makes it again.

    Parameters
    ----------
    seed : Seed
    number : int
    files : dict of str to bytes
        As they are laid out in a folder: a zip file is one of them.
    """

    seed: Seed
    number: int
    files: dict[str, bytes]


@dataclass(frozen=True)
class FuzzFinding:
    """What went wrong with a case."""

    case: FuzzCase
    what: str


@dataclass
class FuzzReport:
    """What came of many cases: how often each outcome, and what went wrong."""

    outcomes: Counter[str] = field(default_factory=Counter)
    findings: list[FuzzFinding] = field(default_factory=list)


def make_case(seed: Seed, number: int, others: Sequence[bytes]) -> FuzzCase:
    """Damage one file of an image, or leave one out; equal numbers give equal cases."""
    random = Random(f"{seed.format} {seed.name} {number}")
    files = dict(seed.files)
    is_zip = seed.is_packed and number % 4 < 2
    if is_zip and random.random() < DAMAGED_ZIPS:
        packed = zip_of(files, deflated=random.random() < 0.5)
        return FuzzCase(seed, number, {seed.name: mutated(packed, random, others)})
    chosen = random.choice(list(files))
    if len(files) > 1 and random.random() < 0.02:
        del files[chosen]
    else:
        files[chosen] = mutated(files[chosen], random, others)
    if is_zip:
        files = {seed.name: zip_of(files, deflated=random.random() < 0.5)}
    elif seed.is_packed:
        files = {f"{seed.name}/{name}": data for name, data in files.items()}
    return FuzzCase(seed, number, files)


def cases(seeds: Sequence[Seed], count: int, start: int = 0) -> Iterator[FuzzCase]:
    """Go round the seeds, making `count` cases."""
    others = [data for seed in seeds for data in seed.files.values()]
    for number in range(start, start + count):
        yield make_case(seeds[number % len(seeds)], number, others)


def run(case: FuzzCase, folder: Path) -> str | FuzzFinding:
    """Read a damaged image in every way; return the outcome, or what went wrong.

    Parameters
    ----------
    case : FuzzCase
    folder : Path
        An empty folder of its own.

    Returns
    -------
    str or FuzzFinding
        'values', or the name of volio's error.
    """
    lay_out(case.files, folder)
    where = folder / case.seed.name
    # Every other time by its contents, else by the name of its format.
    asked = case.seed.format if case.number % 2 else None
    try:
        with _bounded(SECONDS, MEMORY), quiet():
            outcome = survey(where, asked)
            if case.number % EXAMINED == 0:
                examine_and_repair(where)
            if outcome == "values" and case.number % CONVERTED == 0:
                convert_and_show(where, asked, folder / "converted", case.number // CONVERTED)
            return outcome
    except (Exception, Hung) as error:
        what = f"{type(error).__name__}: {str(error)[:300]}"
        return FuzzFinding(case, what + position_of(error))
    finally:
        clear(folder)


def fuzz(seeds: Sequence[Seed], count: int, folder: Path, start: int = 0) -> FuzzReport:
    """Make and read many damaged images.

    Parameters
    ----------
    seeds : sequence of Seed
    count : int
        How many.
    folder : Path
        An empty folder.
    start : int
        Number of the first case: other numbers, other cases.
    """
    report = FuzzReport()
    for case in cases(seeds, count, start):
        outcome = run(case, folder)
        if isinstance(outcome, FuzzFinding):
            report.findings.append(outcome)
            outcome = "FINDING"
        report.outcomes[outcome] += 1
    return report


@contextmanager
def _bounded(seconds: float, memory: int) -> Iterator[None]:
    """Raise Hung after some time, and MemoryError where too much memory is asked for."""
    import resource  # not on Windows

    before = resource.getrlimit(resource.RLIMIT_AS)
    handler = signal.signal(signal.SIGPROF, _hung)
    resource.setrlimit(resource.RLIMIT_AS, (_in_use() + memory, before[1]))
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        resource.setrlimit(resource.RLIMIT_AS, before)
        signal.signal(signal.SIGPROF, handler)


def _hung(*ignored: Any) -> None:
    raise Hung(f"took more than {SECONDS} s of processor time")


def _in_use() -> int:
    """Address space that this process has, in bytes."""
    import resource

    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * resource.getpagesize()


def position_of(error: BaseException) -> str:
    """Return the last line of volio on the way to an error, in parentheses; "" for none."""
    package = Path(volio.__file__).parent
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        file = Path(frame.filename)
        if file.is_relative_to(package) and "testing" not in file.parts:
            return f" ({file.relative_to(package)}:{frame.lineno})"
    return ""
