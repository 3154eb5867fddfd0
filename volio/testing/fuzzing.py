"""One damaged file after the other is read, with a bound on time and memory for each."""

from __future__ import annotations

import signal
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from shutil import rmtree
from typing import Any
from zipfile import ZipFile, ZipInfo, is_zipfile

import numpy as np

import volio
from volio.errors import VolioError
from volio.formats.format import Format
from volio.images.kinds import Kind
from volio.ops.examine import examine, repair
from volio.ops.verify import verify
from volio.testing.conformance.case import quiet
from volio.testing.mutations import mutated, unpacked
from volio.testing.samples import Sample, samples_of

__all__ = [
    "FuzzCase",
    "FuzzFinding",
    "FuzzReport",
    "Seed",
    "cases",
    "fuzz",
    "run",
    "seeds_of",
    "survey",
]

SECONDS = 30.0  # for one file; far more than any takes, also on a slow and busy machine
EXAMINED = 3  # every third file is looked at by doctor and verify too
MEMORY = 512 << 20  # beyond what was there before; damaged files hold far less


class Hung(BaseException):
    """A file that takes too long to read; no handler of errors catches it."""


@dataclass(frozen=True)
class Seed:
    """The good files of one image.

    Parameters
    ----------
    format : str
        Name of the row.
    name : str
        Of the file to load.
    files : dict of str to bytes
        All files of the image by name, decompressed; of a zip file the members, by their paths.
    is_packed : bool
        Whether the files are members of a zip file: they are read from one, and from a folder.
    """

    format: str
    name: str
    files: dict[str, bytes]
    is_packed: bool = False


@dataclass(frozen=True)
class FuzzCase:
    """A damaged image: what it was made from, and the number that makes it again."""

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


def files_of(sample: Sample) -> list[Path]:
    """Return the files of a sample: those with its name, whatever their endings."""
    stem = sample.path.name.partition(".")[0]
    return [path for path in sorted(sample.path.parent.iterdir()) if _stem(path) == stem]


def _stem(path: Path) -> str:
    return path.name.partition(".")[0]


def seeds_of(row: Format) -> list[Seed]:
    """Return the good files of a format: its samples."""
    return [_seed_of(row, sample) for sample in samples_of(row.name)]


def _seed_of(row: Format, sample: Sample) -> Seed:
    if is_zipfile(sample.path):
        return Seed(row.name, sample.path.name, _members(sample.path), is_packed=True)
    files = {path.name: unpacked(path.read_bytes()) for path in files_of(sample)}
    return Seed(row.name, sample.path.name, files)


def _members(path: Path) -> dict[str, bytes]:
    with ZipFile(path) as file:
        return {name: file.read(name) for name in file.namelist() if not name.endswith("/")}


def make_case(seed: Seed, number: int, others: Sequence[bytes]) -> FuzzCase:
    """Damage one file of an image, or leave one out; equal numbers give equal cases."""
    random = Random(f"{seed.format} {seed.name} {number}")
    files = dict(seed.files)
    chosen = random.choice(list(files))
    if len(files) > 1 and random.random() < 0.02:
        del files[chosen]
    else:
        files[chosen] = mutated(files[chosen], random, others)
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
    _lay_out(case, folder)
    # Every other time by its contents, else by the name of its format.
    asked = case.seed.format if case.number % 2 else None
    try:
        with _bounded(SECONDS, MEMORY), quiet():
            outcome = survey(folder / case.seed.name, asked)
            if case.number % EXAMINED == 0:
                examine_and_repair(folder / case.seed.name)
            return outcome
    except (Exception, Hung) as error:
        what = f"{type(error).__name__}: {str(error)[:300]}"
        return FuzzFinding(case, what + _position_of(error))
    finally:
        for path in folder.iterdir():
            if path.is_dir():
                rmtree(path)
            else:
                path.unlink()


def _lay_out(case: FuzzCase, folder: Path) -> None:
    """Write the files of a case; those of a zip file into one, or into a folder of its name."""
    if case.seed.is_packed and case.number % 4 < 2:
        with ZipFile(folder / case.seed.name, "w") as packed:
            for name, data in case.files.items():
                packed.writestr(ZipInfo(name), data)
        return
    within = folder / case.seed.name if case.seed.is_packed else folder
    for name, data in case.files.items():
        path = within / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


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


def survey(where: Any, format: str | None = None) -> str:
    """Load, describe, slice, read and save an image; return 'values' or volio's error's name."""
    try:
        img = volio.load(where, format=format)
        str(img), str(img.header)
        for act in ACTS.get(img.kind, ()):
            act(img)
    except VolioError as error:
        if not str(error):
            raise AssertionError("an error without a message") from error
        return type(error).__name__
    return "values"


def examine_and_repair(where: Path) -> None:
    """Look for what is odd in a file, repair it in memory and read it to its end."""
    with suppress(VolioError):  # survey has looked at the messages of errors
        findings = examine(where)
        if not all(finding.found for finding in findings):
            raise AssertionError("a finding without a message")
        verify(where)
        repair(volio.load(where), findings)


def _slice(img: Any) -> None:
    if 0 not in img.shape:
        np.asanyarray(img.dataobj[(..., *(length // 2 for length in img.shape[1:]))])


def _read(img: Any) -> None:
    data = np.asanyarray(img.dataobj)
    if data.shape != img.shape:
        raise AssertionError(f"the voxels have shape {data.shape}, the image {img.shape}")


def _save(img: Any) -> None:
    if type(img).rw and len(img.files_types) == 1:
        img.to_bytes()


def _read_surface(surf: Any) -> None:
    contents = surf.contents()
    for array in contents.arrays:
        if len(array.values) != surf.n_vertices:
            raise AssertionError(f"{len(array.values)} values of {surf.n_vertices} vertices")


def _read_matrix(img: Any) -> None:
    for axis, length in enumerate(img.shape):
        if len(img.header.get_axis(axis)) != length:
            raise AssertionError(f"axis {axis} does not have the {length} indices of the data")


def _read_tracts(tracts: Any) -> None:
    lines = tracts.held()
    for which, count in (("per_point", len(lines.points)), ("per_line", len(lines))):
        for name, values in getattr(lines, which).items():
            if len(values) != count:
                raise AssertionError(f"{name}: {len(values)} values {which}, there are {count}")
    for members in tracts.groups.values():
        tracts[members]
    tracts.lengths()
    tracts.bounds()
    for block in tracts[::2].lines.blocks(100):
        if len(block.points) != block.lengths.sum():
            raise AssertionError("a block whose points are not those of its lines")


#: What is done with an image of each kind once it is loaded.
ACTS: dict[Kind, tuple[Callable[[Any], None], ...]] = {
    "volume": (_slice, _read, _save),
    "surface": (_read_surface, _save),
    "tracts": (_read_tracts, _save),
    "greyordinates": (_read, _read_matrix, _save),
}


@contextmanager
def _bounded(seconds: float, memory: int) -> Iterator[None]:
    """Raise Hung after some time, and MemoryError where too much memory is asked for."""
    import resource  # not on Windows

    before = resource.getrlimit(resource.RLIMIT_AS)
    handler = signal.signal(signal.SIGALRM, _hung)
    resource.setrlimit(resource.RLIMIT_AS, (_in_use() + memory, before[1]))
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        resource.setrlimit(resource.RLIMIT_AS, before)
        signal.signal(signal.SIGALRM, handler)


def _hung(*ignored: Any) -> None:
    raise Hung(f"took more than {SECONDS} s")


def _in_use() -> int:
    """Address space that this process has, in bytes."""
    import resource

    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * resource.getpagesize()


def _position_of(error: BaseException) -> str:
    """Return the last line of volio on the way to an error, in parentheses; "" for none."""
    package = Path(volio.__file__).parent
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        file = Path(frame.filename)
        if file.is_relative_to(package) and "testing" not in file.parts:
            return f" ({file.relative_to(package)}:{frame.lineno})"
    return ""
