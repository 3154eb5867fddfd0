"""Vectors longer than int16 in NIfTI-1, by two conventions of FreeSurfer.

An icosahedron of order 7 has the lengths 27307 x 1 x 6; any other long vector has -1 for its
first length, and the length itself in glmin.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from volio.errors import HeaderDataError
from volio.images.headers import dims
from volio.images.headers.shape_checks import Shape, as_lengths

if TYPE_CHECKING:
    from volio.formats.nifti1.header import Nifti1Header

__all__ = ["read_shape", "store_shape"]

VERTICES = (163842, 1, 1)  # of an icosahedron of order 7
FOLDED = (27307, 1, 6)  # the same number of values
LONGEST = 2**15 - 1  # dim is int16
LARGEST = 2**31 - 1  # glmin is int32


def read_shape(header: Nifti1Header) -> Shape:
    """Return the shape of the voxel array, that of a long vector by the conventions."""
    shape = dims.read_shape(header)
    if shape[:3] == FOLDED:
        return (*VERTICES, *shape[3:])
    if shape[:3] != (-1, 1, 1):
        return shape
    length: int = header.unpacked["glmin"]
    if length <= 0:
        raise HeaderDataError(f"glmin: must hold the length of the vector, got {length}")
    return (length, *shape[1:])


def store_shape(header: Nifti1Header, value: Sequence[int]) -> None:
    """Store the shape of the voxel array, that of a vector too long for dim by the conventions."""
    lengths = as_lengths(value)
    if lengths[:3] == VERTICES:
        lengths = (*FOLDED, *lengths[3:])
    is_long = lengths[1:3] == (1, 1) and LONGEST < lengths[0] <= LARGEST
    dims.store_shape(header, (1, *lengths[1:]) if is_long else lengths)
    if is_long:
        header["dim"][1] = -1
        header["glmin"] = lengths[0]
