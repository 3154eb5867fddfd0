"""Where a compressed stream is cut: on whole rows, slices or volumes, so that each stands alone."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from math import prod
from typing import Any, NamedTuple

__all__ = ["CHUNK", "ChunkLayout", "announce", "plan_layout"]

#: About the length of a chunk: cuts cost 0.02 % of the file, and a thread works on one for some
#: milliseconds.
CHUNK = 1 << 20


class ChunkLayout(NamedTuple):
    """How the bytes of a file are cut into chunks.

    Attributes
    ----------
    first : int
        Length of the first chunk.
    rest : int
        Length of each following chunk but perhaps the last.
    total : int or None
        Length of all together, where it is known.
    group : int
        How many chunks make up what belongs together, such as a volume; 1 where they do not
        make it up evenly.
    """

    first: int = CHUNK
    rest: int = CHUNK
    total: int | None = None
    group: int = 1

    def chunks_per_entry(self, most: int) -> int:
        """Return how many chunks one of at most so many entries of an index has to stand for."""
        if self.total is None:
            return 1
        least = -(-self.following() // most)
        return next(
            number
            for number in count(max(1, least))
            if not number % self.group or not self.group % number
        )

    def following(self) -> int:
        """Return the number of chunks after the first one."""
        return -(-max(0, (self.total or 0) - self.first) // self.rest)


def plan_layout(header: int, itemsize: int, shape: Sequence[int]) -> ChunkLayout:
    """Cut a header and the voxels after it into chunks.

    Parameters
    ----------
    header : int
        Bytes before the voxels: the first chunk, unless there are none.
    itemsize : int
        Bytes of a voxel.
    shape : sequence of int
        Of the voxels, the axis that varies fastest in the file first.
    """
    length, group = _chunk_and_group(max(1, itemsize), shape)
    return ChunkLayout(header or length, length, header + prod(shape, start=itemsize), group)


def _chunk_and_group(itemsize: int, shape: Sequence[int]) -> tuple[int, int]:
    """Return the bytes of a chunk, and how many chunks are the next larger part of the voxels.

    A chunk is so many indices along the first axis on which not all fit into `CHUNK` bytes.
    """
    inner = itemsize  # bytes of one index along the axis
    for number in (*shape, 1):
        if inner * number > CHUNK:
            pieces = _even(number, max(1, CHUNK // inner))
            is_even = number % pieces == 0
            return inner * pieces, max(1, number // pieces) if is_even else 1
        inner *= max(1, number)
    return CHUNK, 1


def announce(stream: Any, header: int, itemsize: int, shape: Sequence[int]) -> None:
    """Announce to a stream of `volio.files.opener.open_for_write` what will be written to it.

    Parameters are those of `plan_layout`. A hint: what is written may differ from it.
    """
    stream.lay_out(plan_layout(header, itemsize, shape))


def _even(number: int, most: int) -> int:
    """Return how many of a number of pieces to take at once: evenly, if half of `most` do."""
    divisors = [n for n in range(most, most // 2, -1) if not number % n]
    return divisors[0] if divisors else most
