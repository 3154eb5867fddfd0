"""N5Chunks: the blocks of a dataset of N5."""

from __future__ import annotations

import struct
from math import prod

import numpy as np

from volio.arrays.chunked import ChunkedArray, ChunkIndex
from volio.arrays.dtypes import Array
from volio.errors import CorruptFileError, VolioError
from volio.files.sources.store import Store
from volio.formats.containers.chunk_codecs import decode_bytes
from volio.formats.containers.documents import below
from volio.formats.containers.store_chunks import ArrayKey, StoreChunks
from volio.formats.n5.attributes import ATTRIBUTES, N5Dataset, N5Node
from volio.formats.n5.lz4_blocks import decode_lz4_blocks

__all__ = ["N5Chunks", "n5_array"]

#: A block begins with its mode and number of axes.
PLAIN = 0
COUNTED = 1  # with the number of its elements


def n5_array(store: Store, node: N5Node) -> ChunkedArray:
    """Return the lazy array of a dataset, axes reversed: x is the last.

    Raises
    ------
    HeaderDataError
        If no array has its shape or its blocks.
    """
    dataset = node.dataset
    if dataset is None:
        raise ValueError(node.path)
    source = N5Chunks(store, node.path, dataset)
    return ChunkedArray(dataset.shape, dataset.dtype, dataset.block, source)


class N5Chunks(StoreChunks):
    """The blocks of a dataset.

    Parameters
    ----------
    store : Store
    path : str
        Of the dataset.
    dataset : N5Dataset
    """

    def __init__(self, store: Store, path: str, dataset: N5Dataset) -> None:
        super().__init__(store, ArrayKey(path, below(path, ATTRIBUTES)))
        self._dataset = dataset

    def store_key(self, index: ChunkIndex) -> str:
        """Return the key of a block, whose numbers are along x, y, z, ..."""
        return below(self.where.path, "/".join(map(str, index[::-1])))

    def decoded(self, index: ChunkIndex, data: bytes) -> Array:
        """Return the block of some bytes; see `StoreChunks.decoded`."""
        dataset = self._dataset
        shape, begin = _read_header(data, dataset.block)
        expected = prod(shape) * dataset.dtype.itemsize
        values = _unpacked(dataset.codec, data[begin:], expected)
        if len(values) != expected:
            raise CorruptFileError(f"must decode to {expected} bytes, got {len(values)}")
        block = np.frombuffer(values, dataset.dtype).reshape(shape)
        return self._complete(index, block)

    def _complete(self, index: ChunkIndex, block: Array) -> Array:
        """Return a block that reaches as far as the array.

        One that was clipped where the array ended before it was extended is filled up with 0, as
        one that is not there.
        """
        sides = zip(index, self._dataset.block, self._dataset.shape, strict=True)
        clipped = tuple([min(step, length - at * step) for at, step, length in sides])
        if block.shape in (clipped, self._dataset.block):
            return block
        full = np.zeros(self._dataset.block, block.dtype)
        full[tuple([slice(n) for n in block.shape])] = block
        return full


def _read_header(data: bytes, block: tuple[int, ...]) -> tuple[tuple[int, ...], int]:
    """Return the shape of a block, axes reversed, and the byte at which its values begin.

    All numbers are big-endian: mode, number of axes, lengths with that of x first, and where the
    mode says so the number of elements.
    """
    ndim = len(block)
    begin = 4 + 4 * ndim
    if len(data) < begin:
        raise CorruptFileError(f"has {len(data)} bytes, its header takes {begin}")
    mode = _read_mode(data, ndim)
    shape = struct.unpack_from(f">{ndim}I", data, 4)[::-1]
    if any(not 1 <= n <= most for n, most in zip(shape, block, strict=True)):
        raise CorruptFileError(f"must have a shape within {block}, got {shape}")
    if mode == PLAIN:
        return shape, begin
    if data[begin : begin + 4] != struct.pack(">I", prod(shape)):
        raise CorruptFileError(f"must have {prod(shape)} elements, says otherwise")
    return shape, begin + 4


def _read_mode(data: bytes, ndim: int) -> int:
    """Return the mode of a block, whose number of axes is checked."""
    mode, axes = struct.unpack_from(">HH", data)
    if mode not in (PLAIN, COUNTED):
        raise CorruptFileError(f"is of mode {mode}: objects are not read")
    if axes != ndim:
        raise CorruptFileError(f"must have {ndim} axes, got {axes}")
    return int(mode)


def _unpacked(codec: str, data: bytes, limit: int) -> bytes:
    if not codec:
        return data
    if codec != "lz4 blocks":
        return decode_bytes(codec, data, limit)
    try:
        return decode_lz4_blocks(data, limit)
    except VolioError:
        raise
    except RuntimeError as error:  # of numcodecs
        raise CorruptFileError(f"lz4 cannot be decoded: {error}") from error
