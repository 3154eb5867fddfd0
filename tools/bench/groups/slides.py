"""Slides: patches and planes of CZI files, beside the library of the company of the microscopes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from bench.case import Case, Fast, Way

__all__ = ["CASES"]

PATCH = 64
PATCHES = 200
PLANES = 8
COMPRESSIONS = {
    "raw": "uncompressed:",
    "zstd": "zstd1:ExplicitLevel=2;PreProcess=HiLoByteUnpack",
}

#: ``read(z, rows, columns)`` returns a part of a plane.
Read = Callable[[int, slice, slice], Any]


def _volio(path: Path) -> tuple[Read, Callable[[], Any]]:
    from volio.formats.czi import CziReader

    array = CziReader(path).array()
    return lambda z, rows, columns: array[0, z, 0, rows, columns], lambda: array[0, :, 0]


def _pylibczirw(path: Path) -> tuple[Read, Callable[[], Any]]:
    from pylibCZIrw import czi

    reader = czi.CziReader(str(path))
    left, top, width, height = reader.total_bounding_rectangle

    def read(z: int, rows: slice, columns: slice) -> Any:
        corner = (left + columns.start, top + rows.start)
        roi = (*corner, columns.stop - columns.start, rows.stop - rows.start)
        return reader.read(roi=roi, plane={"T": 0, "Z": z, "C": 0})[..., 0]

    def everything() -> Any:
        planes = reader.total_bounding_box["Z"][1]
        return np.stack([read(z, slice(0, height), slice(0, width)) for z in range(planes)])

    return read, everything


WAYS = {"volio": _volio, "pylibCZIrw": _pylibczirw}


def _corners(shape: tuple[int, ...]) -> Iterator[list[int]]:
    room = [shape[0], *[n - PATCH + 1 for n in shape[1:]]]
    yield from np.random.default_rng(0).integers(0, room, (PATCHES, 3)).tolist()


def _patches(opened: Any, compression: str, tiles: int) -> Way:
    def way(files: Any) -> Callable[[], Any]:
        path, shape = files.czi(COMPRESSIONS[compression], PLANES, tiles)
        read, _ = opened(path)

        def work() -> Any:
            found = [
                read(z, slice(row, row + PATCH), slice(column, column + PATCH))
                for z, row, column in _corners(shape)
            ]
            return np.array(found)

        work()  # what can be kept is kept
        return work

    return way


def _all(opened: Any, compression: str, tiles: int) -> Way:
    def way(files: Any) -> Callable[[], Any]:
        path, _ = files.czi(COMPRESSIONS[compression], PLANES, tiles)
        read, everything = opened(path)
        read(0, slice(0, 1), slice(0, 1))
        return everything

    return way


def _ways(how: Callable[[Any, str, int], Way], compression: str, tiles: int) -> dict[str, Way]:
    return {name: how(opened, compression, tiles) for name, opened in WAYS.items()}


CASES = (
    *(
        Case(
            f"czi-patches-{compression}",
            f"{PATCHES} patches of {PATCH}² of a CZI file, {compression}, one tile a plane",
            _ways(_patches, compression, 1),
            (Fast("pylibCZIrw", 3),),
        )
        for compression in COMPRESSIONS
    ),
    *(
        Case(
            f"czi-planes-{compression}",
            f"{PLANES} planes of a CZI file, {compression}, one tile a plane",
            _ways(_all, compression, 1),
            (Fast("pylibCZIrw", 1.3),),
        )
        for compression in COMPRESSIONS
    ),
    *(
        Case(
            f"czi-mosaic-{compression}",
            f"{PLANES} planes of a CZI file, {compression}, 4 × 4 tiles a plane that overlap",
            _ways(_all, compression, 4),
            (Fast("pylibCZIrw", 1.3),),
        )
        for compression in COMPRESSIONS
    ),
)
