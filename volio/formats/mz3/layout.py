"""The bytes of an MZ3 file: a header of 16 bytes, then blocks that its bits announce."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.errors import CorruptFileError, HeaderDataError, LimitError, TruncatedFileError
from volio.surfaces.array_reader import ArrayReader

__all__ = ["Blocks", "pack_blocks", "read_blocks"]

MAGIC = b"MZ"
#: Signature, bits, faces, vertices, bytes between the header and the first block.
HEADER = struct.Struct("<2sH3I")
#: Most bytes between the header and the first block: texts of labels.
MOST_SKIPPED = 16 << 20

FACES = 1
VERTICES = 2
COLOURS = 4
FLOATS = 8
DOUBLES = 16
OCCLUSION = 32
LABELS = 64
KNOWN = 127


@dataclass(frozen=True)
class Blocks:
    """What is in a file.

    Attributes
    ----------
    vertices : array of float32, shape (V, 3), or None
    faces : array of int32, shape (F, 3), or None
    colours : array of uint8, shape (V, 4), or None
    scalars : array of float32 or float64, shape (T, V)
        One row for each value that a vertex has.
    skipped : bytes
        What stands between header and blocks.
    has_occlusion : bool
        Whether the first row of `scalars` is ambient occlusion.
    has_labels : bool
        Whether `skipped` has a table of labels.
    """

    vertices: NDArray[np.float32] | None
    faces: NDArray[np.int32] | None
    colours: NDArray[np.uint8] | None
    scalars: NDArray[Any]
    skipped: bytes = b""
    has_occlusion: bool = False
    has_labels: bool = False


def read_blocks(reader: ArrayReader) -> Blocks:
    """Read a file, decompressed.

    Raises
    ------
    HeaderDataError
        If it is not such a file, or of a later version.
    TruncatedFileError, CorruptFileError, LimitError
        If its length is not what its header says.
    """
    header = reader.raw(HEADER.size, "the header")
    magic, bits, face_count, vertex_count, skip = HEADER.unpack(header)
    _check_header(magic, bits)
    if skip > MOST_SKIPPED:
        raise LimitError(f"MZ3: {skip} bytes before the first block, at most {MOST_SKIPPED}")
    skipped = reader.raw(skip, "the bytes before the first block")
    faces = vertices = colours = None
    if bits & FACES:
        faces = reader.array("<i4", (face_count, 3), f"{face_count} faces")
    if bits & VERTICES:
        vertices = reader.array("<f4", (vertex_count, 3), f"{vertex_count} vertices")
    if bits & COLOURS:
        colours = reader.array("u1", (vertex_count, 4), f"colours of {vertex_count} vertices")
    scalars = _read_scalars(reader, bits, vertex_count)
    return Blocks(
        vertices,
        faces,
        colours,
        scalars,
        skipped,
        bool(bits & OCCLUSION) and len(scalars) > 0,
        bool(bits & LABELS),
    )


def _check_header(magic: bytes, bits: int) -> None:
    if magic != MAGIC:
        raise HeaderDataError(f"MZ3: must begin with {MAGIC!r}, got {magic!r}")
    if bits > KNOWN:
        raise HeaderDataError(
            f"MZ3: attributes are {bits}, of a later version; volio knows those up to {KNOWN}"
        )
    if not bits & (FACES | VERTICES | COLOURS | FLOATS | DOUBLES):
        raise HeaderDataError(f"MZ3: attributes are {bits}: neither a mesh nor values")


def _read_scalars(reader: ArrayReader, bits: int, count: int) -> NDArray[Any]:
    """Return the values at the end of the file, as many for each vertex as there are."""
    dtype = np.dtype("<f8" if bits & DOUBLES else "<f4")
    left = reader.left
    if not bits & (FLOATS | DOUBLES):
        if left:
            raise CorruptFileError(f"MZ3: {left} bytes follow what the header announces")
        return np.zeros((0, count), dtype)
    row = count * dtype.itemsize
    if row == 0:
        raise HeaderDataError("MZ3: values of no vertices: the header says that there are none")
    if left < row or left % row:
        raise TruncatedFileError(
            f"MZ3: values of {count} vertices take {row} bytes, or a multiple, and {left} follow"
        )
    return reader.array(dtype, (left // row, count), f"values of {count} vertices")


def pack_blocks(blocks: Blocks) -> list[bytes]:
    """Return the bytes of a file, block after block, not compressed."""
    arrays: list[NDArray[Any]] = []
    bits = 0
    if blocks.faces is not None:
        bits |= FACES
        arrays.append(blocks.faces.astype("<i4", copy=False))
    if blocks.vertices is not None:
        bits |= VERTICES
        arrays.append(blocks.vertices.astype("<f4", copy=False))
    if blocks.colours is not None:
        bits |= COLOURS
        arrays.append(blocks.colours)
    if len(blocks.scalars):
        is_double = blocks.scalars.dtype.itemsize == 8
        bits |= DOUBLES if is_double else FLOATS
        arrays.append(blocks.scalars.astype("<f8" if is_double else "<f4", copy=False))
    bits |= OCCLUSION * blocks.has_occlusion
    bits |= LABELS * blocks.has_labels
    faces = 0 if blocks.faces is None else len(blocks.faces)
    header = HEADER.pack(MAGIC, bits, faces, _vertex_count(blocks), len(blocks.skipped))
    return [header, blocks.skipped, *(array.tobytes() for array in arrays)]


def _vertex_count(blocks: Blocks) -> int:
    for array in (blocks.vertices, blocks.colours):
        if array is not None:
            return len(array)
    return int(blocks.scalars.shape[1])
