"""ChunkParts: which chunks of an array a box touches, and what it has of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple

from volio.arrays.indexing.request import Box

__all__ = ["ChunkIndex", "ChunkParts"]

ChunkIndex = tuple[int, ...]  # which chunk, along each axis
Slices = tuple[slice, ...]


class _Part(NamedTuple):
    """What a box has of a chunk, along one axis.

    Attributes
    ----------
    target : slice
        Counted from the first voxel of the box.
    wanted : slice
        Counted from the first voxel of the chunk.
    is_all : bool
        Whether the box has all of the chunk.
    """

    target: slice
    wanted: slice
    is_all: bool


class ChunkParts:
    """The chunks that a box touches.

    Parameters
    ----------
    box : tuple of (start, stop)
        Not empty.
    chunks : sequence of int
        Shape of a chunk.
    shape : sequence of int
        Of the array.
    """

    def __init__(self, box: Box, chunks: Sequence[int], shape: Sequence[int]) -> None:
        sides = zip(box, chunks, shape, strict=True)
        self._axes = [_parts_along(*side, chunk, length) for side, chunk, length in sides]

    def indices(self) -> list[ChunkIndex]:
        """Return which chunks, the last axis fastest."""
        return list(product(*self._axes))

    def places(self) -> Iterator[tuple[Slices, Slices]]:
        """Yield where each chunk goes, in the order of `indices`; see `place`."""
        # Products are made by the interpreter in a fraction of the time of a call for each chunk.
        targets = [[part.target for part in parts.values()] for parts in self._axes]
        wanted = [[part.wanted for part in parts.values()] for parts in self._axes]
        return zip(product(*targets), product(*wanted), strict=True)

    def place(self, index: ChunkIndex) -> tuple[Slices, Slices]:
        """Return which voxels of the box are in a chunk, and which voxels of the chunk they are."""
        parts = self._of(index)
        return tuple([part.target for part in parts]), tuple([part.wanted for part in parts])

    def has_all_of(self, index: ChunkIndex) -> bool:
        """Return whether all voxels of a chunk are in the box."""
        return all(part.is_all for part in self._of(index))

    def _of(self, index: ChunkIndex) -> list[_Part]:
        return [parts[at] for parts, at in zip(self._axes, index, strict=True)]


def _parts_along(start: int, stop: int, chunk: int, length: int) -> dict[int, _Part]:
    """Return what a range of indices has of each chunk of an axis, by the number of the chunk."""
    parts = {}
    # Floor division: chunk i holds the voxels from i * chunk up to (i + 1) * chunk.
    for number in range(start // chunk, (stop - 1) // chunk + 1):
        first = number * chunk
        low = max(start, first)
        high = min(stop, first + chunk)
        is_all = low == first and high == min(first + chunk, length)
        parts[number] = _Part(
            slice(low - start, high - start), slice(low - first, high - first), is_all
        )
    return parts
