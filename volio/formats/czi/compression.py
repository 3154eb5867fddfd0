"""Codecs of the pixels of a subblock: one row each."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import NamedTuple

import numpy as np

from volio.arrays.dtypes import Array, DType
from volio.errors import CorruptFileError, ImageFileError, MissingPackageError
from volio.extras import need
from volio.files.codecs.zstd_writer import zstd_library
from volio.formats.czi.pixels import in_rgb_order

__all__ = ["RAW", "decode_pixels"]

RAW = 0
LARGEST = 1 << 30  # bytes of a subblock, decoded
PIECE = 1 << 17  # bytes: a block of zstd
#: Compressions that are known and not read.
UNREAD = {7: "experimental, in chunks"}
CAMERA = 100  # and above: what a camera has as it came, then what a system has
SYSTEM = 1000

Shape = tuple[int, int, int]
Bytes = bytes | bytearray | memoryview


class PixelCodec(NamedTuple):
    """A codec.

    Attributes
    ----------
    name : str
    decode : callable
        ``decode(data, shape, dtype)`` returns an array of that shape (height, width, samples) and
        dtype, or raises CorruptFileError.
    keeps_colours : bool
        Whether it gives colours as R, G, B; otherwise as they are stored, B, G, R.
    """

    name: str
    decode: Callable[[Bytes, Shape, DType], Array]
    keeps_colours: bool = False


def decode_pixels(data: Bytes, compression: int, shape: Shape, dtype: DType) -> Array:
    """Decode the pixels of a subblock.

    Parameters
    ----------
    data : bytes-like
    compression : int
        Code.
    shape : (int, int, int)
        Height, width, samples.
    dtype : numpy.dtype
        Of a sample, as stored.

    Returns
    -------
    ndarray
        Samples of colours are R, G, B, A.

    Raises
    ------
    ImageFileError
        If the compression is not read; the message has its name.
    MissingPackageError
        If a package is missing that it needs.
    CorruptFileError
        If the bytes cannot be decoded, or are not as many pixels.
    """
    codec = CODECS.get(compression)
    if codec is None:
        raise ImageFileError(f"compression {compression} ({_title(compression)}) is not read")
    nbytes = prod(shape) * dtype.itemsize
    if nbytes > LARGEST:
        raise CorruptFileError(f"{nbytes} bytes of pixels, at most {LARGEST} are decoded at once")
    pixels = codec.decode(data, shape, dtype)
    return pixels if codec.keeps_colours else in_rgb_order(pixels)


def _title(compression: int) -> str:
    if compression >= SYSTEM:
        return "of a system"
    return "of a camera" if compression >= CAMERA else UNREAD.get(compression, "not known")


def _check_size(size: int, expected: int) -> None:
    if size != expected:
        raise CorruptFileError(f"{size} bytes of pixels, there must be {expected}")


def _decode_frame(data: Bytes, nbytes: int, put: Callable[[int, Array], None]) -> None:
    """Decode a frame of zstd piece by piece, in the processor's cache.

    Parameters
    ----------
    data : bytes-like
    nbytes : int
        That it must decode to; where it states its size that is looked at first.
    put : callable
        ``put(at, piece)`` takes bytes as an array, which are those from `at` on.
    """
    zstd = zstd_library()
    at = 0
    try:
        size = zstd.get_frame_info(data).decompressed_size
        _check_size(nbytes if size is None else size, nbytes)
        decompressor = zstd.ZstdDecompressor()
        piece = decompressor.decompress(data, PIECE)
        while piece and at + len(piece) <= nbytes:
            put(at, np.frombuffer(piece, np.uint8))
            at += len(piece)
            piece = b"" if decompressor.eof else decompressor.decompress(b"", PIECE)
    except zstd.ZstdError as error:
        raise CorruptFileError(f"zstd: {error}") from error
    if not piece and not decompressor.eof:
        raise CorruptFileError("zstd: ends early")
    _check_size(at + len(piece), nbytes)


def _decode_zstd0(data: Bytes, shape: Shape, dtype: DType) -> Array:
    pixels = np.empty(shape, dtype)
    memory = pixels.reshape(-1).view(np.uint8)

    def put(at: int, piece: Array) -> None:
        memory[at : at + len(piece)] = piece

    _decode_frame(data, pixels.nbytes, put)
    return pixels


def _decode_zstd1(data: Bytes, shape: Shape, dtype: DType) -> Array:
    """Decode a frame after a header of 1 byte, or of 3: then low and high bytes may be apart."""
    length = data[0] if data else 0
    header = data[:length]
    # 1: nothing else. 3: a part of kind 1, of which the lowest bit counts.
    is_known = len(header) == length and (length == 1 or (length == 3 and header[1] == 1))
    if not is_known:
        raise CorruptFileError(f"zstd: the header {bytes(data[:3]).hex()} is not known")
    frame = memoryview(data)[length:]
    if length == 3 and header[2] & 1:
        return _decode_apart(frame, shape, dtype)
    return _decode_zstd0(frame, shape, dtype)


def _decode_apart(data: Bytes, shape: Shape, dtype: DType) -> Array:
    """Decode a frame whose first half are the low bytes of numbers of 16 bits, then the high."""
    pixels = np.empty(shape, dtype)
    if pixels.nbytes % 2:
        raise CorruptFileError(f"zstd: {pixels.nbytes} bytes are not low and high ones")
    numbers = pixels.reshape(-1).view(np.uint8).view("<u2")
    count = len(numbers)

    def put(at: int, piece: Array) -> None:
        low = piece[: max(0, count - at)]
        numbers[at : at + len(low)] = low
        high = piece[len(low) :].astype("<u2")
        high <<= 8
        start = max(at, count) - count
        numbers[start : start + len(high)] |= high

    _decode_frame(data, pixels.nbytes, put)
    return pixels


def _by_imagecodecs(name: str) -> Callable[[Bytes, Shape, DType], Array]:
    """Return what decodes an image whose own shape and dtype must be those of the subblock."""

    def decode(data: Bytes, shape: Shape, dtype: DType) -> Array:
        imagecodecs = need("imagecodecs", "czi")
        pixels = np.empty(shape, dtype.newbyteorder("="))
        image = pixels[..., 0] if shape[-1] == 1 else pixels
        try:
            # Refuses an image that does not fit before it is decoded.
            getattr(imagecodecs, name)(data, out=image)
        except (MissingPackageError, MemoryError):
            raise
        except Exception as error:  # codecs raise errors of classes of their own
            raise CorruptFileError(f"{name.partition('_')[0]}: {error}") from error
        return pixels

    return decode


def _decode_lzw(data: Bytes, shape: Shape, dtype: DType) -> Array:
    imagecodecs = need("imagecodecs", "czi")
    expected = prod(shape) * dtype.itemsize
    try:
        decoded = imagecodecs.lzw_decode(data, out=expected + 1)
    except (RuntimeError, ValueError) as error:
        raise CorruptFileError(f"lzw: {error}") from error
    _check_size(len(decoded), expected)
    return np.frombuffer(decoded, dtype).reshape(shape)


CODECS = {
    1: PixelCodec("JPEG", _by_imagecodecs("jpeg_decode"), keeps_colours=True),
    2: PixelCodec("LZW", _decode_lzw),
    4: PixelCodec("JPEG XR", _by_imagecodecs("jpegxr_decode"), keeps_colours=True),
    5: PixelCodec("zstd", _decode_zstd0),
    6: PixelCodec("zstd with a header", _decode_zstd1),
}
