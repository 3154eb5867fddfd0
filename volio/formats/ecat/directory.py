"""The directory of an ECAT7 file: the blocks of the matrix of each frame.

A directory is a chain of blocks with up to 31 entries each: the number of the matrix, its first
and last block, counted from 1, and its status.
Source: https://www.turkupetcentre.net/software/libdoc/libtpcimgio/ecat7_8h_source.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from volio.errors import HeaderDataError, LimitError
from volio.files.sources.source import ByteSource
from volio.formats.ecat.fields import BLOCK, FILE_TYPES
from volio.images.headers.shape_checks import in_range

__all__ = [
    "ENTRIES",
    "MOST_FRAMES",
    "Matrix",
    "check_matrices",
    "directory_block",
    "directory_blocks",
    "new_matrices",
    "read_directory",
]

FIRST = 2  # block of the directory
ENTRIES = 31
MOST_FRAMES = 511  # the number of a matrix has 9 bits for the frame
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


def new_matrices(count: int) -> list[Matrix]:
    """Return entries for frames 1 to `count` of plane 1, gate 1, which have no place yet."""
    return [Matrix(1 << 24 | 1 << 16 | frame, 3, 3, 1) for frame in range(1, count + 1)]


def read_directory(source: ByteSource, order: str = ">") -> list[Matrix]:
    """Read the entries that exist, by gate, bed position and frame.

    Raises
    ------
    HeaderDataError
        If a block makes no sense, or the chain has a loop.
    TruncatedFileError
        If the file ends within it.
    """
    entries = _entries(source, order)
    exist = [each for each in entries if each.number > 0 and each.start > 0 and each.status >= 0]
    return sorted(exist, key=lambda each: (each.gate, each.bed, each.frame, each.number))


def _entries(source: ByteSource, order: str) -> Iterator[Matrix]:
    """Yield the entries that are used in each block, following the chain."""
    seen: list[int] = []
    block = FIRST
    while block > FIRST or not seen:
        if block in seen:
            raise HeaderDataError(f"directory: its chain comes back to block {block}")
        if len(seen) == MOST_BLOCKS:
            raise LimitError(f"{source.name}: directory: more than {MOST_BLOCKS} blocks")
        seen.append(block)
        start = (block - 1) * BLOCK
        rows = np.frombuffer(source.read(start, BLOCK), f"{order}i4").reshape(-1, 4).tolist()
        _, block, _, used = rows[0]
        in_range(f"directory: entries of a block (byte {start + 12})", used, 0, ENTRIES)
        yield from map(Matrix._make, rows[1 : used + 1])


def directory_blocks(matrices: Sequence[Matrix], blocks: int, order: str) -> Iterator[bytes]:
    """Yield the blocks of the directory of frames that take so many blocks each.

    A block of the directory comes before every 31 of them.
    """
    group_blocks = 1 + ENTRIES * blocks
    before = 0
    for first in range(0, len(matrices), ENTRIES):
        own = FIRST + first // ENTRIES * group_blocks
        entries = []
        for number, matrix in enumerate(matrices[first : first + ENTRIES]):
            start = own + 1 + number * blocks
            entries.append(matrix._replace(start=start, stop=start + blocks - 1))
        is_last = first + ENTRIES >= len(matrices)
        yield directory_block(entries, FIRST if is_last else own + group_blocks, before, order)
        before = own


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
    rows[1 : len(entries) + 1] = np.reshape(entries, (-1, 4))
    return rows.tobytes()


def check_matrices(matrices: Sequence[Matrix], file_type: int) -> None:
    """Check that each frame, at each gate and position of the bed, is one matrix.

    Raises
    ------
    HeaderDataError
        If planes have matrices of their own.
    """
    frames = {(each.gate, each.bed, each.frame) for each in matrices}
    if len(frames) < len(matrices):
        raise HeaderDataError(
            f"file_type: is {FILE_TYPES.get(file_type, file_type)}, with {len(matrices)} matrices "
            f"for {len(frames)} frames: planes in matrices of their own are not read"
        )
