"""Images that are saved as OME-Zarr, and what is in the folders, for the tests of saving."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import volio
from volio.arrays.lazy import LazyArray

RNG = np.random.default_rng(6)
ARRAY = RNG.integers(-2000, 2000, (21, 18, 13)).astype(np.int16)
# Along the axes of the head, none of them the usual one, and no two sizes alike.
AFFINE = np.array([[-2.0, 0, 0, 90], [0, 0, 3, -50], [0, 2.5, 0, -30], [0, 0, 0, 1]])


def image(array: np.ndarray = ARRAY, affine: np.ndarray = AFFINE) -> volio.Nifti1Image:
    """Return an image in memory."""
    return volio.Nifti1Image(array, affine)


def names(folder: Path) -> list[str]:
    """Return the names in a folder."""
    return sorted(path.name for path in folder.iterdir())


def contents(folder: Path) -> dict[str, bytes]:
    """Return the bytes of all files below a folder, by their paths in it."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


class Noting(LazyArray):
    """An array that notes which boxes of it are read."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array
        self.shape = array.shape
        self.dtype = array.dtype
        self.reads: list[tuple] = []

    def fill(self, out: np.ndarray, box: tuple) -> None:
        self.reads.append(box)
        out[...] = self.array[tuple(slice(*side) for side in box)]
