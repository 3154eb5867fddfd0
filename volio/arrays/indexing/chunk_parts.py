"""Parts of chunks: which chunks of an array a box touches, and what it has of each."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any, NamedTuple

from volio.arrays.indexing.request import Box

__all__ = ["ChunkIndex", "ChunkPart", "chunk_parts"]

ChunkIndex = tuple[int, ...]  # which chunk, along each axis
Slices = tuple[slice, ...]


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
    # Per attribute a list for each axis. Products are made by the interpreter in a fraction of the
    # time of a call for each chunk.
    columns = list(zip(*axes, strict=True)) or [()] * len(ChunkPart._fields)
    return list(map(ChunkPart, *[product(*column) for column in columns]))


def _along(start: int, stop: int, chunk: int, length: int) -> tuple[list[Any], ...]:
    """Return what a range of indices has of each chunk of an axis, a list per `ChunkPart` field."""
    # Floor division: chunk i holds the voxels from i * chunk up to (i + 1) * chunk.
    numbers = list(range(start // chunk, (stop - 1) // chunk + 1))
    targets = []
    wanted = []
    is_all = []
    for number in numbers:
        first = number * chunk
        low = max(start, first)
        high = min(stop, first + chunk)
        targets.append(slice(low - start, high - start))
        wanted.append(slice(low - first, high - first))
        is_all.append(low == first and high == min(first + chunk, length))
    return numbers, targets, wanted, is_all
