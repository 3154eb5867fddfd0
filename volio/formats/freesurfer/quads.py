"""FreeSurfer's older surfaces of quadrangles, read as triangles."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.formats.containers.freesurfer.numbers import NumberReader

__all__ = ["quads_to_triangles", "read_new_quads", "read_old_quads"]

#: Quadrangles that are read at once.
AT_ONCE = 5000

Mesh = tuple[NDArray[np.float32], NDArray[np.int32]]


def read_new_quads(reader: NumberReader) -> Mesh:
    """Read vertices as float32, and quadrangles."""
    vertices, quads = _counts(reader)
    positions: NDArray[Any] = reader.array(">f4", (vertices, 3), "vertices")
    return positions, _triangles(reader, quads)


def read_old_quads(reader: NumberReader) -> Mesh:
    """Read vertices in hundredths of a millimetre, and quadrangles."""
    vertices, quads = _counts(reader)
    hundredths = reader.array(">i2", (vertices, 3), "vertices")
    positions = (hundredths / 100).astype(np.float32)
    return positions, _triangles(reader, quads)


def _counts(reader: NumberReader) -> tuple[int, int]:
    vertices = reader.integer3("the number of vertices")
    return vertices, reader.integer3("the number of faces")


def _triangles(reader: NumberReader, quads: int) -> NDArray[np.int32]:
    """Read quadrangles, a few thousand at a time: what is made of them stays in the cache."""
    reader.check_array("u1", (quads, 4, 3), "faces")
    triangles = np.empty((2 * quads, 3), np.int32)
    for start in range(0, quads, AT_ONCE):
        stop = min(start + AT_ONCE, quads)
        corners = reader.integers3((stop - start, 4), "faces")
        triangles[2 * start : 2 * stop] = quads_to_triangles(corners)
    return triangles


def quads_to_triangles(quads: NDArray[np.int32]) -> NDArray[np.int32]:
    """Cut each quadrangle along the diagonal that the parity of its first corner says.

    Parameters
    ----------
    quads : array of int, shape (Q, 4)

    Returns
    -------
    array of int32, shape (2 Q, 3)
        The two triangles of a quadrangle follow each other.
    """
    first, second, third, fourth = np.ascontiguousarray(quads.T)
    is_even = first & 1 == 0
    shared = np.where(is_even, fourth, third)  # by both triangles
    triangles = np.empty((len(quads), 6), np.int32)
    triangles[:, 0] = first
    triangles[:, 1] = second
    triangles[:, 2] = shared
    triangles[:, 3] = np.where(is_even, third, first)
    triangles[:, 4] = shared
    triangles[:, 5] = np.where(is_even, second, fourth)
    return triangles.reshape(-1, 3)
