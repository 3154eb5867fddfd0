"""Patches for training: at random from many files or a large one, alone and with four processes.

Every way reads the same patches of the same .nii files and turns them into float32, (z, y, x).
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from bench.case import Case, Fast, Way

__all__ = ["CASES"]

WORKERS = 4
BATCH = 32
PATCHES = {"files": 2000, "volume": 200}
SIZES = {"files": 16, "volume": 48}

#: ``read(number of the file, corner, size)``, both in the order z, y, x.
Read = Callable[[int, Sequence[int], Sequence[int]], Any]
PatchBox = tuple[int, tuple[int, ...], tuple[int, ...]]


def _by_volio(paths: Sequence[Path]) -> Read:
    import volio
    from volio.stacks import LazyImageStack, PatchExtractor

    stacks = [LazyImageStack(path, volio.load(path).dataobj, "XYZ") for path in paths]
    patches = PatchExtractor(stacks)
    return lambda number, corner, size: patches.extract_patch(number, 0, corner, size)[0]


def _by_nibabel(paths: Sequence[Path]) -> Read:
    import nibabel

    arrays = [nibabel.load(path).dataobj for path in paths]

    def read(number: int, corner: Sequence[int], size: Sequence[int]) -> Any:
        return np.asarray(arrays[number][_box(corner, size)[::-1]], np.float32).T

    return read


def _by_memmap(paths: Sequence[Path]) -> Read:
    import nibabel

    found = [nibabel.load(path).dataobj for path in paths]
    arrays = [
        np.memmap(path, one.dtype, "r", one.offset, one.shape, "F").T
        for path, one in zip(paths, found, strict=True)
    ]
    return lambda number, corner, size: arrays[number][_box(corner, size)].astype(np.float32)


READERS = {"volio": _by_volio, "memmap": _by_memmap, "nibabel": _by_nibabel}


def _box(corner: Sequence[int], size: Sequence[int]) -> tuple[slice, ...]:
    return tuple(slice(first, first + n) for first, n in zip(corner, size, strict=True))


def _paths(files: Any, what: str) -> list[Path]:
    return files.many(".nii") if what == "files" else [files.plain("t1")]


def _shape(files: Any, what: str) -> tuple[int, ...]:
    """Return the shape of every file, z, y, x."""
    return (16, 24, 24) if what == "files" else files.scale.t1[::-1]


def _boxes(files: Any, what: str) -> list[PatchBox]:
    """Draw the boxes of patches: file, corner, size."""
    rng = np.random.default_rng(0)
    shape = _shape(files, what)
    size = tuple(min(SIZES[what], n) for n in shape)
    room = np.subtract(shape, size)
    numbers = rng.integers(len(_paths(files, what)), size=PATCHES[what]).tolist()
    return [(n, tuple(rng.integers(0, room, endpoint=True).tolist()), size) for n in numbers]


def _read_all(read: Read, boxes: Sequence[PatchBox]) -> Any:
    """Read patches; return the sum of each."""
    return np.array([read(*box).sum(dtype=np.float64) for box in boxes])


def _alone(name: str, what: str) -> Way:
    def way(files: Any) -> Callable[[], Any]:
        read = READERS[name](_paths(files, what))
        boxes = _boxes(files, what)
        _read_all(read, boxes[:10])
        return lambda: _read_all(read, boxes)

    return way


def _start(name: str, paths: Sequence[Path]) -> None:
    globals()["READ"] = READERS[name](paths)


def _read_batch(boxes: Sequence[PatchBox]) -> Any:
    return np.stack([READ(*box) for box in boxes])  # noqa: F821


def _with_processes(name: str) -> Way:
    """Return a way that has processes send batches of whole patches."""

    def way(files: Any) -> Callable[[], Any]:
        boxes = _boxes(files, "files")
        batches = [boxes[first : first + BATCH] for first in range(0, len(boxes), BATCH)]
        spawn = multiprocessing.get_context("spawn")
        arguments = (name, _paths(files, "files"))
        pool = ProcessPoolExecutor(WORKERS, spawn, initializer=_start, initargs=arguments)
        list(pool.map(_read_batch, batches[: 2 * WORKERS]))  # all of them are there

        def work() -> Any:
            sums = [batch.sum(axis=(1, 2, 3)) for batch in pool.map(_read_batch, batches)]
            return np.concatenate(sums)

        return work

    return way


def _ways(how: Callable[..., Way], *given: str) -> dict[str, Way]:
    return {name: how(name, *given) for name in READERS}


CASES = (
    Case(
        "patches-files",
        f"{PATCHES['files']} random patches of 16³ from 1,000 files .nii, one process",
        _ways(_alone, "files"),
        (Fast("nibabel", 1.5),),
    ),
    Case(
        "patches-volume",
        f"{PATCHES['volume']} random patches of 48³ from a volume of 256³, .nii",
        _ways(_alone, "volume"),
        (Fast("nibabel", 3),),
    ),
    Case(
        "patches-loop",
        f"{PATCHES['files']} patches from 1,000 files in batches of {BATCH}, which "
        f"{WORKERS} spawned processes read",
        _ways(_with_processes),
        (Fast("nibabel"),),
    ),
)
