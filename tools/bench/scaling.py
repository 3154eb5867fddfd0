"""How long a whole .nii.gz takes by its size: ``python -m bench.scaling``, figures and a plot.

The files are one member of gzip by zlib, without any index. The largest would take minutes to
compress, so the same compressed volumes follow one another, with a full flush between them.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from bench.files import brain

__all__ = ["Point", "draw", "make_file", "measured"]

SIZES = (1, 4, 16, 64, 256, 1024, 2048)  # MiB
VOLUME = (64, 64, 32)  # a quarter of a MiB in int16
PART = 64  # volumes that differ
WAYS = (("volio", 1), ("volio", 2), ("nibabel", 1))
TIMEOUT = 300


class Point(NamedTuple):
    """One measurement: median seconds for a file of so many MiB on so many processors."""

    library: str
    processors: int
    mebibytes: int
    seconds: float


def make_file(folder: Path, mebibytes: int) -> Path:
    """Write a 4-D .nii.gz whose voxels take so many MiB, where it is not there yet."""
    import nibabel

    path = folder / f"{mebibytes}.nii.gz"
    if path.exists():
        return path
    count = mebibytes << 20 >> 18
    part = min(count, PART)
    voxels = brain((*VOLUME, part)).tobytes(order="F")
    header = nibabel.Nifti1Header()
    header.set_data_dtype(np.int16)
    header.set_data_shape((*VOLUME, count // part * part))
    header["magic"], header["vox_offset"] = b"n+1", 352
    first = header.binaryblock + bytes(4)
    folder.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_member(first, voxels, count // part))
    return path


def _member(first: bytes, part: bytes, times: int) -> bytes:
    """Return a gzip member that decodes to `first` and then `part` so many times."""
    checksum = zlib.crc32(first)
    for _ in range(times):
        checksum = zlib.crc32(part, checksum)
    size = len(first) + times * len(part)
    parts = [_flushed(first), *[_flushed(part)] * times, b"\x03\0"]  # the last is an empty block
    head = b"\x1f\x8b\x08\0" + bytes(4) + b"\0\xff"
    return b"".join([head, *parts, struct.pack("<II", checksum, size & 0xFFFFFFFF)])


def _flushed(data: bytes) -> bytes:
    deflate = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
    return deflate.compress(data) + deflate.flush(zlib.Z_FULL_FLUSH)


def measured(folder: Path, library: str, processors: int, mebibytes: int) -> float:
    """Return the seconds that a fresh process takes for the whole file.

    Raises
    ------
    RuntimeError
        If the process fails.
    """
    path = make_file(folder, mebibytes)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parent.parent)}
    words = [sys.executable, "-m", "bench.scaling", "--probe", library, str(processors), str(path)]
    done = subprocess.run(
        words, env=environment, capture_output=True, text=True, timeout=TIMEOUT, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{library}, {path.name}: {done.stderr.strip()[-500:]}")
    return float(json.loads(done.stdout))


def _probe(library: str, processors: int, path: str) -> float:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:processors])
    module: Any = __import__(library)
    module.load(path)  # brings its parts into memory
    start = time.perf_counter()
    np.asanyarray(module.load(path).dataobj)
    return time.perf_counter() - start


def run(folder: Path, sizes: tuple[int, ...], repeat: int) -> list[Point]:
    """Measure every library on every size, in turn; the largest files once only."""
    points = []
    for size in sizes:
        seconds: dict[tuple[str, int], list[float]] = {way: [] for way in WAYS}
        for _ in range(repeat if size <= 256 else 1):
            for way in WAYS:
                seconds[way].append(measured(folder, *way, size))
        for way in WAYS:
            points.append(Point(*way, size, median(seconds[way])))
            print(f"{size:5} MiB  {_label(*way):<22} {points[-1].seconds:8.3f} s", flush=True)
        (folder / f"{size}.nii.gz").unlink()
    return points


def _label(library: str, processors: int) -> str:
    return f"{library}, {processors} processor{'s' if processors > 1 else ''}"


def draw(points: list[Point], path: Path) -> None:
    """Plot MiB per second by size."""
    import matplotlib

    matplotlib.use("agg")
    matplotlib.rcParams["svg.fonttype"] = "none"
    matplotlib.rcParams["svg.hashsalt"] = "volio"
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 3.8), layout="constrained")
    axes = figure.subplots()
    for way in dict.fromkeys((point.library, point.processors) for point in points):
        line = [point for point in points if point[:2] == way]
        sizes = [point.mebibytes for point in line]
        axes.plot(sizes, [p.mebibytes / p.seconds for p in line], "o-", label=_label(*way))
    axes.set(xscale="log", yscale="log", xlabel="voxels, MiB", ylabel="MiB per second")
    axes.set_title("Reading a whole .nii.gz of zlib, int16, page cache warm", fontsize=10)
    axes.grid(alpha=0.3, which="both")
    axes.legend()
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def write_csv(points: list[Point], path: Path) -> None:
    """Write the figures that the plot shows."""
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(Point._fields)
        writer.writerows(points)


def main() -> None:
    """Run the command."""
    words = argparse.ArgumentParser(prog="tools/bench/scale", description=__doc__)
    words.add_argument("--probe", nargs=3, help=argparse.SUPPRESS)
    words.add_argument("--largest", type=int, default=SIZES[-1], metavar="MIB")
    words.add_argument("--repeat", type=int, default=3, metavar="N")
    words.add_argument("--csv", type=Path, metavar="FILE", help="write the figures")
    words.add_argument("--plot", type=Path, metavar="FILE", help="draw them, as .svg or .png")
    given = words.parse_args()
    if given.probe:
        library, processors, path = given.probe
        print(json.dumps(_probe(library, int(processors), path)))
        return
    with tempfile.TemporaryDirectory(prefix="volio-scaling-") as folder:
        sizes = tuple(size for size in SIZES if size <= given.largest)
        points = run(Path(folder), sizes, given.repeat)
    if given.csv:
        write_csv(points, given.csv)
    if given.plot:
        draw(points, given.plot)


if __name__ == "__main__":
    main()
