"""Values of a GIFTI array as they are in a file, and how they get there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.arrays.encodings.base64_text import decode_base64, decoded_pieces
from volio.arrays.encodings.text_numbers import parse_numbers
from volio.errors import CorruptFileError, HeaderDataError, LimitError
from volio.files.codecs.deflate import zlib_decompressor
from volio.files.limits import check_declared
from volio.files.sources.source import ByteSource
from volio.formats.gifti.file_text import TextSpan

__all__ = ["ASCII", "BASE64", "EXTERNAL", "ZLIB", "DataBlock"]

ASCII = 1
BASE64 = 2
ZLIB = 3
EXTERNAL = 4

#: Deflate makes at most so many bytes of one.
MOST_EXPANSION = 1032

Text = bytes | TextSpan
Array = NDArray[Any]


@dataclass(frozen=True)
class DataBlock:
    """Values that are not decoded yet.

    Parameters
    ----------
    text : bytes or TextSpan
        What the ``Data`` element holds; of external values nothing.
    encoding : int
        The code of GIFTI.
    shape : tuple of int
    dtype : numpy dtype
        With the byte order of the file.
    order : {"C", "F"}
        Whether the last or the first axis varies fastest.
    what : str
        For messages: ``"data array 3"``.
    source : ByteSource, optional
        The file with external values.
    offset : int
        Where they begin in it.
    """

    text: Text
    encoding: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    order: str
    what: str
    source: ByteSource | None = None
    offset: int = 0

    @property
    def text_size(self) -> int:
        """Bytes of the text."""
        return self.text.size if isinstance(self.text, TextSpan) else len(self.text)

    def read_text(self) -> bytes:
        """Return the text."""
        return self.text.read() if isinstance(self.text, TextSpan) else self.text

    def text_pieces(self) -> Iterable[bytes | memoryview]:
        """Return the text in pieces."""
        return self.text.pieces() if isinstance(self.text, TextSpan) else [self.text]

    @property
    def nbytes(self) -> int:
        """Bytes of the values, decoded."""
        return prod(self.shape) * self.dtype.itemsize

    def values(self) -> Array:
        """Return the values as an array of their own, in native byte order.

        Raises
        ------
        CorruptFileError
            If the text is not what its encoding says, or of another number of values.
        LimitError
            If it could never hold so many.
        """
        decode = DECODERS.get(self.encoding)
        if decode is None:
            raise HeaderDataError(f"{self.what}: the encoding {self.encoding} is not known")
        flat = decode(self)
        if not flat.dtype.isnative:
            flat = flat.byteswap(inplace=True).view(self.dtype.newbyteorder("="))
        values = flat.reshape(self.shape, order="F" if self.order == "F" else "C")
        return np.ascontiguousarray(values)


def _check_room(block: DataBlock, most: int) -> None:
    """Refuse a shape that a text cannot fill, before memory is taken for it."""
    if block.nbytes > most:
        raise LimitError(
            f"{block.what}: {block.shape} {block.dtype.name} need {block.nbytes} bytes, its text "
            f"can hold {most}; the header is wrong or the file is not complete"
        )


def _as_values(block: DataBlock, data: Array) -> Array:
    """Return bytes as values; they are not copied."""
    if data.nbytes != block.nbytes:
        raise CorruptFileError(
            f"{block.what}: {block.shape} {block.dtype.name} are {block.nbytes} bytes, "
            f"got {data.nbytes}"
        )
    return data.view(block.dtype)


def _decode_base64(block: DataBlock) -> Array:
    _check_room(block, block.text_size * 3 // 4)
    return _as_values(block, decode_base64(block.read_text(), block.what))


def _decode_zlib(block: DataBlock) -> Array:
    _check_room(block, block.text_size * 3 // 4 * MOST_EXPANSION)
    values = np.empty(block.nbytes, np.uint8)
    _inflate_into(values, decoded_pieces(block.text_pieces(), block.what), block.what)
    return values.view(block.dtype)


def _inflate_into(values: Array, stream: Iterable[bytes | bytearray], what: str) -> None:
    """Fill bytes with what a zlib stream holds, which must be just as many.

    Parameters
    ----------
    values : array of uint8
    stream : iterable of bytes-like
        The stream in pieces: what one becomes stays in the processor's cache.
    what : str
        For messages.
    """
    decompressor = zlib_decompressor()
    filled = 0
    for packed in stream:
        if decompressor.eof:
            continue  # what comes after it is not looked at, but must be a text in base64
        # A byte more than fits shows that there are too many.
        most = len(values) - filled + 1
        piece = _inflated(decompressor, packed, most, what)
        if len(piece) == most:
            raise CorruptFileError(
                f"{what}: needs {len(values)} bytes, got {len(values) + 1} or more"
            )
        values[filled : filled + len(piece)] = np.frombuffer(piece, np.uint8)
        filled += len(piece)
    if not decompressor.eof:
        raise CorruptFileError(f"{what}: its zlib stream ends early")
    if filled < len(values):
        raise CorruptFileError(f"{what}: needs {len(values)} bytes, got {filled}")


def _inflated(decompressor: Any, packed: bytes | bytearray, most: int, what: str) -> bytes:
    try:
        piece: bytes = decompressor.decompress(packed, most)
    except Exception as error:  # zlib's and ISA-L's, which have no base in common
        raise CorruptFileError(f"{what}: is not a zlib stream ({error})") from error
    return piece


def _decode_text(block: DataBlock) -> Array:
    # A digit and a blank for each number but the last.
    _check_room(block, (block.text_size + 1) // 2 * block.dtype.itemsize)
    words = block.read_text().split()
    if len(words) != prod(block.shape):
        raise CorruptFileError(f"{block.what}: {block.shape} numbers, got {len(words)}")
    return parse_numbers(words, block.dtype, block.what)


def _read_external(block: DataBlock) -> Array:
    if block.source is None:
        raise HeaderDataError(f"{block.what}: names no file for its values")
    check_declared(block.source, block.offset + block.nbytes, block.what)
    values = np.empty(block.nbytes, np.uint8)
    block.source.read_into(block.offset, values)
    return values.view(block.dtype)


DECODERS: dict[int, Callable[[DataBlock], Array]] = {
    ASCII: _decode_text,
    BASE64: _decode_base64,
    ZLIB: _decode_zlib,
    EXTERNAL: _read_external,
}
