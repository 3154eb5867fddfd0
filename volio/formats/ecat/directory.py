"""The directory of an ECAT7 file: where the matrix of each frame lies.

A directory is a chain of blocks with up to 31 entries each: the number of the matrix, its first
and last block, counted from 1, and its status.
Source: https://www.turkupetcentre.net/software/libdoc/libtpcimgio/ecat7_8h_source.html
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from volio.errors import HeaderDataError, LimitError
from volio.files.sources.source import ByteSource
from volio.formats.ecat.fields import BLOCK

__all__ = ["ENTRIES", "MOST_FRAMES", "Matrix", "directory_block", "matrix_number", "read_directory"]

FIRST = 2  # block of the directory
ENTRIES = 31
MOST_FRAMES = 511  # which numbers of matrices can say
MOST_BLOCKS = 256


class Matrix(NamedTuple):
    """An entry of the directory.

    Attributes
    ----------
    number : int
        Frame, plane, gate, bed position and data, packed.
    start, stop : int
        First and last block, counted from 1; the first is the sub-header.
    status : int
        1 or 2 where it exists, -1 where it is deleted.
    """

    number: int
    start: int
    stop: int
    status: int

    @property
    def frame(self) -> int:
        """Number of the frame, from 1."""
        return self.number & 0x1FF

    @property
    def gate(self) -> int:
        """Number of the gate, from 1."""
        return self.number >> 24 & 0x3F

    @property
    def bed(self) -> int:
        """Number of the bed position, from 0."""
        return self.number >> 12 & 0xF


def matrix_number(frame: int) -> int:
    """Return the number of the matrix of a frame: plane 1, gate 1."""
    return 1 << 24 | 1 << 16 | frame


def read_directory(source: ByteSource, order: str = ">") -> list[Matrix]:
    """Read the entries that exist, by gate, bed position and frame.

    Raises
    ------
    HeaderDataError
        If a block makes no sense, or the chain has a loop.
    TruncatedFileError
        If the file ends within it.
    """
    found: list[Matrix] = []
    seen: set[int] = set()
    block = FIRST
    while block not in seen:
        if len(seen) >= MOST_BLOCKS:
            raise LimitError(f"{source.name}: directory: more than {MOST_BLOCKS} blocks")
        seen.add(block)
        rows = _block(source, block, order)
        used = int(rows[0, 3])
        if not 0 <= used <= ENTRIES:
            raise HeaderDataError(
                f"directory: a block has 0 to {ENTRIES} entries, got {used} "
                f"(byte {(block - 1) * BLOCK + 12})"
            )
        found += [Matrix(*row) for row in rows[1 : used + 1].tolist()]
        block = int(rows[0, 1])
        if block <= FIRST:
            break
    else:
        raise HeaderDataError(f"directory: its chain comes back to block {block}")
    there = [each for each in found if each.number > 0 and each.start > 0 and each.status >= 0]
    return sorted(there, key=lambda each: (each.gate, each.bed, each.frame, each.number))


def _block(source: ByteSource, block: int, order: str) -> NDArray[np.int32]:
    data = source.read((block - 1) * BLOCK, BLOCK)
    return np.frombuffer(data, f"{order}i4").reshape(32, 4).astype(np.int32)


def directory_block(entries: list[Matrix], following: int, before: int, order: str = ">") -> bytes:
    """Return a block of the directory.

    Parameters
    ----------
    entries : list of Matrix
        Up to 31.
    following : int
        The next block of the directory; 2 for none.
    before : int
        The block of the directory before this one; 0 for none.
    order : {'>', '<'}
    """
    rows = np.zeros((32, 4), f"{order}i4")
    rows[0] = ENTRIES - len(entries), following, before, len(entries)
    rows[1 : len(entries) + 1] = entries or np.zeros((0, 4))
    return rows.tobytes()
