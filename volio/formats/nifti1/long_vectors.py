"""Vectors longer than int16 in NIfTI-1, by two conventions of FreeSurfer.

An icosahedron of order 7 has the lengths 27307 x 1 x 6; any other long vector has -1 for its
first length, and the length itself in glmin.
"""

from __future__ import annotations

from collections.abc import Sequence

from volio.errors import HeaderDataError
from volio.images.headers.dims import store_shape
from volio.images.headers.record import Record
from volio.images.headers.shape_checks import Shape

__all__ = ["read_long_shape", "store_long_shape"]

VERTICES = (163842, 1, 1)  # of an icosahedron of order 7
FOLDED = (27307, 1, 6)  # the same number of values
LONGEST = 2**15 - 1  # dim is int16
LARGEST = 2**31 - 1  # glmin is int32


def read_long_shape(shape: Shape, glmin: int) -> Shape:
    """Return the shape that the lengths in dim stand for."""
    if shape[:3] == FOLDED:
        return (*VERTICES, *shape[3:])
    if shape[:3] != (-1, 1, 1):
        return shape
    if glmin <= 0:
        raise HeaderDataError(f"glmin: must hold the length of the vector, got {glmin}")
    return (glmin, *shape[1:])


def store_long_shape(record: Record, value: Sequence[int]) -> None:
    """Store the shape of the voxel array, that of a vector too long for dim by the conventions."""
    lengths = tuple(int(length) for length in value)
    if lengths[:3] == VERTICES:
        store_shape(record, (*FOLDED, *lengths[3:]))
    elif lengths[1:3] == (1, 1) and LONGEST < lengths[0] <= LARGEST:
        store_shape(record, (1, *lengths[1:]))
        record["dim"][1] = -1
        record["glmin"] = lengths[0]
    else:
        store_shape(record, lengths)
