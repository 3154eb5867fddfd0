"""Chunks of compressed_segmentation: blocks of labels, each with a table of those it has.

Source: https://github.com/google/neuroglancer/tree/master/src/sliceview/compressed_segmentation
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from volio.arrays.dtypes import Array, DType
from volio.errors import CorruptFileError

__all__ = ["decode_segmentation"]

#: Bits of an index into the table of a block, and the dtype of the words that hold them.
WORDS = {1: "u1", 2: "u1", 4: "u1", 8: "u1", 16: "<u2", 32: "<u4"}
OFFSET = (1 << 24) - 1  # the low bits of the first word of a block
AT_ONCE = 1 << 19  # voxels that are unpacked at once

Words = NDArray[np.uint32]


def decode_segmentation(
    data: bytes, shape: Sequence[int], block: Sequence[int], dtype: DType
) -> Array:
    """Decode a chunk.

    Parameters
    ----------
    data : bytes
    shape : sequence of int
        Of the chunk: channel, z, y, x.
    block : sequence of int
        Of a block: z, y, x.
    dtype : numpy.dtype
        uint32 or uint64.

    Returns
    -------
    ndarray
        Of this shape and dtype, in native byte order.

    Raises
    ------
    CorruptFileError
        If an offset leads out of the data.
    """
    if len(data) % 4:
        raise CorruptFileError(f"must have a multiple of 4 bytes, got {len(data)}")
    words = np.frombuffer(data, "<u4")
    if len(words) < shape[0]:
        raise CorruptFileError(f"has {len(words)} words for the offsets of {shape[0]} channels")
    out = np.empty(shape, dtype.newbyteorder("="))
    # Offsets of the channels, in words from the beginning, come first.
    for channel, start in enumerate(words[: shape[0]].tolist()):
        _decode_channel(words[start:], block, out[channel])
    return out


def _decode_channel(words: Words, block: Sequence[int], out: Array) -> None:
    """Decode one channel; offsets are counted from the first of its words."""
    grid = [-(-n // step) for n, step in zip(out.shape, block, strict=True)]
    voxels = prod(block)
    headers = _read_block_headers(words, prod(grid))
    labels = _labels(words, out.dtype)
    words_of_label = labels.dtype.itemsize // 4
    blocks = np.empty((prod(grid), voxels), out.dtype)
    for bits, some in _batches(headers.bits, voxels):
        where = headers.tables[some, np.newaxis]
        if bits:
            indices = _unpacked(words, headers.indices[some], bits, voxels)
            where = where + words_of_label * indices
        blocks[some] = _taken(labels, where)
    out[...] = _joined(blocks, grid, block)[tuple([slice(n) for n in out.shape])]


class _BlockHeaders(NamedTuple):
    """What each block has: the words of its table and of its indices, and bits of an index."""

    tables: NDArray[np.intp]
    indices: NDArray[np.intp]
    bits: NDArray[np.intp]


def _read_block_headers(words: Words, count: int) -> _BlockHeaders:
    """Return what the first words of a channel say, two for each block."""
    if len(words) < 2 * count:
        raise CorruptFileError(f"has {len(words)} words for the headers of {count} blocks")
    first, indices = words[: 2 * count].reshape(count, 2).astype(np.intp).T
    return _BlockHeaders(first & OFFSET, indices, first >> 24)


def _labels(words: Words, dtype: DType) -> Array:
    """Return the label that begins at each word: one of 64 bits takes two words."""
    if dtype.itemsize == 4:
        return words
    high = words[1:].astype(np.uint64) << np.uint64(32)
    return words[:-1] | high


def _joined(blocks: Array, grid: Sequence[int], block: Sequence[int]) -> Array:
    """Return the voxels of blocks, shape (blocks, voxels), as an array of axes z, y, x."""
    # Axes: blocks along z, y, x, then voxels of a block along z, y, x.
    placed = blocks.reshape(*grid, *block).transpose(0, 3, 1, 4, 2, 5)
    return placed.reshape([n * length for n, length in zip(grid, block, strict=True)])


def _batches(bits: NDArray[np.intp], voxels: int) -> Iterator[tuple[int, NDArray[np.intp]]]:
    """Go through the blocks by the bits of their indices, some at once."""
    most = max(1, AT_ONCE // voxels)
    for width in np.unique(bits).tolist():
        if width and width not in WORDS:
            raise CorruptFileError(f"{width} bits for an index, must be 0 or one of {list(WORDS)}")
        chosen = np.flatnonzero(bits == width)
        for start in range(0, len(chosen), most):
            yield width, chosen[start : start + most]


def _unpacked(words: Words, starts: NDArray[np.intp], width: int, voxels: int) -> NDArray[np.intp]:
    """Return the indices of some blocks into their tables, shape (blocks, voxels).

    The first index is in the lowest bits of the first word.
    """
    count = -(-voxels * width // 32)
    packed = _taken(words, starts[:, np.newaxis] + np.arange(count))
    parts = packed.astype("<u4", copy=False).view(WORDS[width])
    if width < 8:
        shifts = np.arange(0, 8, width, dtype=np.uint8)
        parts = (parts[..., np.newaxis] >> shifts) & np.uint8((1 << width) - 1)
        parts = parts.reshape(len(starts), -1)
    return parts[:, :voxels].astype(np.intp)


def _taken(values: Array, where: NDArray[np.intp]) -> Array:
    try:
        return values.take(where)
    except IndexError:
        raise CorruptFileError(
            f"an offset leads to word {where.max()}, there are {len(values)}"
        ) from None
