"""Blocks for dask: multiples of the chunks that an array is stored in, not too small for a task."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

__all__ = ["dask_blocks"]

TARGET = 32 << 20  # bytes of a block, at most, where chunks are not larger already


def dask_blocks(
    shape: Sequence[int], chunks: Sequence[int], first: Sequence[int], itemsize: int
) -> tuple[tuple[int, ...], ...]:
    """Return lengths of blocks along each axis that cut no chunk.

    A block is grown from one chunk by doubling, along the axis on which it is shortest, as long
    as it stays below 32 MiB: blocks of large arrays have from 16 to 32 MiB.

    Parameters
    ----------
    shape : sequence of int
    chunks : sequence of int
        Shape of the chunks.
    first : sequence of int
        Length of the first chunk along each axis: shorter than the others where the array is a
        view that begins inside a chunk.
    itemsize : int
        Bytes per voxel.

    Returns
    -------
    tuple of tuple of int
        As ``dask.array.from_array`` takes them.
    """
    block = [max(1, min(step, n)) for step, n in zip(chunks, shape, strict=True)]
    while True:
        growing = [axis for axis, length in enumerate(block) if length < shape[axis]]
        if not growing or 2 * prod(block) * itemsize > TARGET:
            break
        axis = min(growing, key=lambda each: block[each])
        block[axis] *= 2
    sides = zip(shape, chunks, first, block, strict=True)
    return tuple([_along(n, step, start, length) for n, step, start, length in sides])


def _along(n: int, step: int, first: int, length: int) -> tuple[int, ...]:
    """Return the lengths of blocks of `length`, a multiple of `step`, after a first chunk."""
    # The first block ends where a chunk ends: it lacks what the first chunk lacks.
    start = min(n, length - (step - first) % step if length >= step else first)
    lengths = [start] if start else []
    rest = n - start
    lengths += [length] * (rest // length)
    if rest % length:
        lengths.append(rest % length)
    return tuple(lengths) or (n,)
