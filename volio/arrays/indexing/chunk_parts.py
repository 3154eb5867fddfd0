"""Parts of chunks: which chunks of an array a box touches, and what it has of each."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

from volio.arrays.indexing.request import Box

__all__ = ["ChunkIndex", "ChunkPart", "chunk_parts"]

ChunkIndex = tuple[int, ...]  # which chunk, along each axis
Slices = tuple[slice, ...]


class _Side(NamedTuple):
    """What a box has of a chunk, along one axis; see `ChunkPart`."""

    number: int
    target: slice
    wanted: slice
    is_all: bool


class ChunkPart(NamedTuple):
    """What a box has of a chunk.

    Attributes
    ----------
    chunk : tuple of int
        Which chunk, along each axis.
    target : tuple of slice
        Counted from the first voxel of the box.
    wanted : tuple of slice
        Counted from the first voxel of the chunk.
    is_all : tuple of bool
        Whether the box has all of the chunk, along each axis.
    """

    chunk: ChunkIndex
    target: Slices
    wanted: Slices
    is_all: tuple[bool, ...]


def chunk_parts(box: Box, chunks: Sequence[int], shape: Sequence[int]) -> list[ChunkPart]:
    """Return what a box has of each chunk that it touches, the last axis fastest.

    Parameters
    ----------
    box : tuple of (start, stop)
        Not empty.
    chunks : sequence of int
        Shape of a chunk.
    shape : sequence of int
        Of the array.
    """
    sides = zip(box, chunks, shape, strict=True)
    axes = [_along(*side, chunk, length) for side, chunk, length in sides]
    # Products are made by the interpreter in a fraction of the time of a call for each chunk.
    numbers = product(*[[side.number for side in axis] for axis in axes])
    targets = product(*[[side.target for side in axis] for axis in axes])
    wanted = product(*[[side.wanted for side in axis] for axis in axes])
    is_all = product(*[[side.is_all for side in axis] for axis in axes])
    return list(map(ChunkPart, numbers, targets, wanted, is_all))


def _along(start: int, stop: int, chunk: int, length: int) -> list[_Side]:
    """Return what a range of indices has of each chunk of an axis."""
    sides = []
    # Floor division: chunk i holds the voxels from i * chunk up to (i + 1) * chunk.
    for number in range(start // chunk, (stop - 1) // chunk + 1):
        first = number * chunk
        low = max(start, first)
        high = min(stop, first + chunk)
        target = slice(low - start, high - start)
        wanted = slice(low - first, high - first)
        is_all = low == first and high == min(first + chunk, length)
        sides.append(_Side(number, target, wanted, is_all))
    return sides
