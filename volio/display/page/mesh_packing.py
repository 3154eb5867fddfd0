"""Meshes as compressed text: positions in steps, and faces, which a page decodes."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.display.page.packing import as_text, byte_planes, zigzag

__all__ = ["FEWEST_BITS", "MOST_BITS", "pack_mesh", "position_step"]

#: Bits of a coordinate: of 180 mm steps of 0.003 mm, and of 0.04 mm.
MOST_BITS = 16
FEWEST_BITS = 12

Integers = NDArray[np.int64]


def pack_mesh(vertices: ArrayLike, faces: ArrayLike, bits: int = MOST_BITS) -> dict[str, Any]:
    """Pack the vertices and the faces of a mesh for a page.

    Parameters
    ----------
    vertices : array-like, shape (V, 3)
        Those that are NaN are put anywhere; no face may have one.
    faces : array-like of int, shape (F, 3)
    bits : int
        Of a coordinate.

    Returns
    -------
    dict
        ``count`` of vertices and of ``triangles``; ``low`` (three numbers) and ``step``: a
        coordinate is ``low + step * n`` with whole numbers n; ``positions`` and ``faces`` (text).

        Both texts are base64 of deflated bytes, the lowest bytes of all numbers first. Faces:
        column by column the zigzag differences, each from the one before, uint32. Positions: column
        by column what each n differs, zigzag modulo 65536, from what is foretold: the mean of the
        vertices before it that it shares sides of faces with, each counted once for each of these
        faces, rounded; of the vertex before where there is none.
    """
    points = np.nan_to_num(np.asarray(vertices, np.float64))
    corners = np.asarray(faces, np.int64).reshape(-1, 3)
    low = points.min(axis=0) if len(points) else np.zeros(3)
    step = position_step(points, bits)
    numbers = np.rint((points - low) / step).astype(np.int64)
    # Both are counted modulo the range of their dtype.
    residuals = zigzag((numbers - _foretold(numbers, corners)).astype(np.uint16))
    differences = zigzag(np.diff(corners, axis=0, prepend=0).astype(np.uint32))
    return {
        "count": len(points),
        "triangles": len(corners),
        "low": low.tolist(),
        "step": step,
        "positions": _text(residuals),
        "faces": _text(differences),
    }


def position_step(vertices: ArrayLike, bits: int) -> float:
    """Return the step of positions of so many bits: the longest side of their box is all steps."""
    points = np.nan_to_num(np.asarray(vertices, np.float64))
    longest = float(np.ptp(points, axis=0).max()) if len(points) else 0.0
    return longest / (2**bits - 1) or 1.0


def _foretold(numbers: Integers, faces: Integers) -> Integers:
    """Return what the position of each vertex would be by those of vertices before it, (V, 3)."""
    count = len(numbers)
    sides = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    sides.sort(axis=1)
    before = sides[:, 0]
    vertex = sides[:, 1]
    neighbours = np.bincount(vertex, minlength=count)
    found = np.concatenate([np.zeros((1, 3), np.int64), numbers[:-1]])
    has_some = neighbours > 0
    for axis in range(3):
        # Sums of integers below 2**16: exact in float64.
        total = np.bincount(vertex, numbers[before, axis], count)
        means = np.floor(total[has_some] / neighbours[has_some] + 0.5)
        found[has_some, axis] = means.astype(np.int64)
    return found


def _text(numbers: NDArray[Any]) -> str:
    """Return numbers (n, 3) column by column as text."""
    return as_text(zlib.compress(byte_planes(np.ascontiguousarray(numbers.T).ravel()), 9))
