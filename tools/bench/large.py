"""What takes gigabytes: ``python -m bench.large [--gibibytes 4] [--repeat 2]``.

A Gaussian over an array on disk, by processes of dask.distributed that read and write chunks
through volio or through ``dask.array.from_zarr``, and a ``.nii.gz`` that becomes OME-Zarr with its
pyramid. Each measurement has a process of its own; its peak of memory is that of the largest one.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from shutil import rmtree
from statistics import median
from typing import Any

import numpy as np

from bench.files import brain
from bench.probe import peak, start_peak
from bench.scaling import make_file

__all__ = ["converted", "make_zarr", "smoothed_by_dask", "smoothed_by_volio"]

SIDE = 128  # voxels of a chunk's side
SIGMA = 1.0  # voxels
REACH = 4  # voxels that a Gaussian of this width reaches, as scipy cuts it off
PLANES = 64  # of the result, which are compared


def make_zarr(folder: Path, counts: tuple[int, int, int]) -> Path:
    """Write a Zarr array of uint16, where it is not there yet.

    Parameters
    ----------
    folder : Path
    counts : tuple of int
        Numbers of chunks of 128^3 voxels along z, y and x.
    """
    import zarr

    path = folder / f"{'x'.join(map(str, counts))}.zarr"
    if path.exists():
        return path
    chunks = (SIDE,) * 3
    shape = tuple(SIDE * count for count in counts)
    half = path.with_name(f"part-{path.name}")
    made = zarr.create_array(half, shape=shape, dtype="u2", chunks=chunks, overwrite=True)
    slab = np.tile(brain(chunks).astype(np.uint16), (1, *counts[1:]))
    for first in range(0, shape[0], SIDE):
        made[first : first + SIDE] = slab + np.uint16(first)  # no two slabs are equal
    half.rename(path)
    return path


def _smooth(block: Any) -> Any:
    """Return the Gaussian of a block with axes z, y, x; it rounds after each axis."""
    from scipy.ndimage import gaussian_filter

    return gaussian_filter(block, SIGMA)


def _smooth_xyz(block: Any) -> Any:
    """Return the Gaussian of a block with axes x, y, z, which is rounded in the same order."""
    return _smooth(block.T).T


def _smoothed(blocks: Any, smooth: Callable[[Any], Any]) -> Any:
    """Return the Gaussian of an array of dask."""
    return blocks.map_overlap(smooth, depth=REACH, boundary="nearest", dtype="u2")


def smoothed_by_volio(source: Path, target: Path) -> None:
    """Smooth an array on disk; chunks are read and written by volio."""
    import volio

    img = volio.load(source, axes="ZYX")
    blocks = img.to_dask(chunks=(2 * SIDE,) * 3)
    choices = {"chunks": (SIDE,) * 3, "levels": 0}  # an array without a pyramid, as of dask
    with volio.create(target, img.shape, "u2", img.affine, **choices) as writer:
        _smoothed(blocks, _smooth_xyz).store(writer, lock=False)


def smoothed_by_dask(source: Path, target: Path) -> None:
    """Smooth an array on disk; chunks are read and written by dask over zarr-python."""
    import dask.array
    import zarr

    blocks = dask.array.from_zarr(str(source)).rechunk((2 * SIDE,) * 3)
    made = zarr.create_array(target, shape=blocks.shape, dtype="u2", chunks=(SIDE,) * 3)
    _smoothed(blocks, _smooth).store(made, lock=False)


def converted(source: Path, target: Path) -> None:
    """Convert a .nii.gz to OME-Zarr with its pyramid."""
    import volio

    volio.convert(source, target)


WAYS: dict[str, Callable[[Path, Path], None]] = {
    "volio": smoothed_by_volio,
    "dask": smoothed_by_dask,
    "convert": converted,
}


def main() -> int:
    """Measure and print; return 1 if the two results of the Gaussian differ."""
    words = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    words.add_argument("--gibibytes", type=int, default=4)
    words.add_argument("--repeat", type=int, default=2)
    words.add_argument("--folder", type=Path, help="keep the data here (default: for one run)")
    words.add_argument("--way", nargs=3, help=argparse.SUPPRESS)
    asked = words.parse_args()
    if asked.way:
        name, source, target = asked.way
        print(json.dumps(_measured(WAYS[name], Path(source), Path(target))))
        return 0
    with tempfile.TemporaryDirectory(prefix="volio-large-") as spare:
        folder = asked.folder or Path(spare)
        folder.mkdir(parents=True, exist_ok=True)
        equal = _gaussians(folder, asked.gibibytes, asked.repeat)
        _conversion(folder, asked.gibibytes)
    return int(not equal)


def _gaussians(folder: Path, gibibytes: int, repeat: int) -> bool:
    """Print the times of both ways, in turn; return whether their results are equal."""
    source = make_zarr(folder, (4 * gibibytes, 8, 8))
    targets = {"volio": folder / "by_volio.ome.zarr", "dask": folder / "by_dask.zarr"}
    seconds: dict[str, list[float]] = {"volio": [], "dask": []}
    for _ in range(repeat):
        for way, target in targets.items():
            rmtree(target, ignore_errors=True)
            seconds[way].append(_in_process(way, source, target)["seconds"])
    typical = {way: median(times) for way, times in seconds.items()}
    print(f"Gaussian over {gibibytes} GiB: volio {typical['volio']:.1f} s {seconds['volio']}")
    print(f"    dask over zarr-python {typical['dask']:.1f} s {seconds['dask']}")
    print(f"    {typical['dask'] / typical['volio']:.2f}x")
    equal = _equal(targets["volio"], targets["dask"])
    print(f"    values {'equal' if equal else 'DIFFER'}")
    return equal


def _equal(by_volio: Path, by_dask: Path) -> bool:
    """Compare some planes of both results, those at the borders of chunks among them."""
    import zarr

    import volio

    ours = volio.load(by_volio)  # x, y, z, where the file has z, y, x
    theirs = zarr.open_array(by_dask, mode="r")
    if ours.shape[::-1] != theirs.shape:
        return False
    planes = np.linspace(0, theirs.shape[0] - 1, PLANES).astype(int)
    pairs = ((ours.dataobj[..., n].T, theirs[n]) for n in planes)
    return all(np.array_equal(own, other) for own, other in pairs)


def _conversion(folder: Path, gibibytes: int) -> None:
    """Print how long a conversion takes, and its peak of memory."""
    source = make_file(folder, gibibytes << 10)
    target = folder / "converted.ome.zarr"
    rmtree(target, ignore_errors=True)
    found = _in_process("convert", source, target)
    print(f".nii.gz of {gibibytes} GiB to OME-Zarr: {found['seconds']:.1f} s")
    print(f"    peak of memory {found['memory'] / 2**20:.0f} MiB")


def _in_process(way: str, source: Path, target: Path) -> dict[str, float]:
    """Measure in a process of its own."""
    words = [sys.executable, "-m", "bench.large", "--way", way, str(source), str(target)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{way}: {done.stderr[-2000:]}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _measured(work: Callable[[Path, Path], None], source: Path, target: Path) -> dict[str, float]:
    """Return the seconds that work takes, and the peak of this process in bytes."""
    if work is converted:
        return _timed(work, source, target)
    from dask import distributed

    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with (
        distributed.LocalCluster(processes=True, **options) as cluster,
        distributed.Client(cluster) as client,
    ):
        client.run(_ready)
        return _timed(work, source, target)


def _ready() -> None:
    """Import what the work needs, so that the import is not measured."""
    import scipy.ndimage
    import zarr

    import volio

    del scipy, zarr, volio


def _timed(work: Callable[[Path, Path], None], source: Path, target: Path) -> dict[str, float]:
    start_peak()
    begun = time.perf_counter()
    work(source, target)
    seconds = time.perf_counter() - begun
    return {"seconds": round(seconds, 2), "memory": peak()}


if __name__ == "__main__":
    sys.exit(main())
