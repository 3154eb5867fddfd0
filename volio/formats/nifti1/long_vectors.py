"""Vectors longer than int16 in NIfTI-1, by two conventions of FreeSurfer.

An icosahedron of order 7 has the lengths 27307 x 1 x 6; any other long vector has -1 for its
first length, and the length itself in glmin.
"""

from __future__ import annotations

from collections.abc import Sequence

from volio.errors import HeaderDataError

__all__ = ["FOLDED", "LONGEST", "VERTICES", "fits_glmin", "read_long_shape"]

VERTICES = 163842  # of an icosahedron of order 7
FOLDED = (27307, 1, 6)  # the same number of values
LONGEST = 2**15 - 1  # dim is int16
LARGEST = 2**31 - 1  # glmin is int32


def read_long_shape(shape: tuple[int, ...], glmin: int) -> tuple[int, ...]:
    """Return the shape that the lengths in dim stand for."""
    if shape[:3] == FOLDED:
        return (VERTICES, 1, 1, *shape[3:])
    if shape[:3] != (-1, 1, 1):
        return shape
    if glmin <= 0:
        raise HeaderDataError(f"glmin: must hold the length of the vector, got {glmin}")
    return (glmin, *shape[1:])


def fits_glmin(lengths: Sequence[int], largest: int) -> bool:
    """Return whether a vector is too long for dim (up to `largest`), but not for glmin."""
    return len(lengths) > 2 and list(lengths[1:3]) == [1, 1] and largest < lengths[0] <= LARGEST
