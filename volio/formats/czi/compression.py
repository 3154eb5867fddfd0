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


def _as_pixels(decoded: Bytes, shape: Shape, dtype: DType) -> Array:
    """Return decoded bytes as pixels."""
    expected = prod(shape) * dtype.itemsize
    if len(decoded) != expected:
        raise CorruptFileError(f"{len(decoded)} bytes of pixels, there must be {expected}")
    return np.frombuffer(decoded, dtype).reshape(shape)


def _decoded_zstd(data: memoryview, expected: int) -> bytes:
    """Decode one frame, which must have the expected size; it is looked at first."""
    zstd = zstd_library()
    try:
        size = zstd.get_frame_info(data).decompressed_size
        if size is not None:
            _check_size(size, expected)
            decoded: bytes = zstd.decompress(data)
            return decoded
        decompressor = zstd.ZstdDecompressor()
        decoded = decompressor.decompress(data, expected + 1)
    except zstd.ZstdError as error:
        raise CorruptFileError(f"zstd: {error}") from error
    if not decompressor.eof and len(decoded) <= expected:
        raise CorruptFileError("zstd: ends early")
    return decoded


def _check_size(size: int, expected: int) -> None:
    if size != expected:
        raise CorruptFileError(f"{size} bytes of pixels, there must be {expected}")


def _decode_zstd0(data: Bytes, shape: Shape, dtype: DType) -> Array:
    expected = prod(shape) * dtype.itemsize
    return _as_pixels(_decoded_zstd(memoryview(data), expected), shape, dtype)


def _decode_zstd1(data: Bytes, shape: Shape, dtype: DType) -> Array:
    """Decode a frame after a header of 1 byte, or of 3: then low and high bytes may be apart."""
    length = data[0] if data else 0
    header = data[:length]
    # 1: nothing else. 3: a part of kind 1, of which the lowest bit counts.
    is_known = len(header) == length and (length == 1 or (length == 3 and header[1] == 1))
    if not is_known:
        raise CorruptFileError(f"zstd: the header {data[:3].hex()} is not known")
    expected = prod(shape) * dtype.itemsize
    decoded: Bytes = _decoded_zstd(memoryview(data)[length:], expected)
    if length == 3 and header[2] & 1:
        _check_size(len(decoded), expected)
        decoded = _joined(decoded)
    return _as_pixels(decoded, shape, dtype)


def _joined(decoded: Bytes) -> Bytes:
    """Put the low bytes of numbers, which are the first half, next to the high ones."""
    if len(decoded) % 2:
        raise CorruptFileError(f"zstd: {len(decoded)} bytes are not low and high ones")
    low, high = np.frombuffer(decoded, np.uint8).reshape(2, -1)
    numbers = high.astype("<u2")
    numbers <<= 8
    numbers |= low
    return numbers.data.cast("B")


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
    return _as_pixels(decoded, shape, dtype)


CODECS = {
    1: PixelCodec("JPEG", _by_imagecodecs("jpeg_decode"), keeps_colours=True),
    2: PixelCodec("LZW", _decode_lzw),
    4: PixelCodec("JPEG XR", _by_imagecodecs("jpegxr_decode"), keeps_colours=True),
    5: PixelCodec("zstd", _decode_zstd0),
    6: PixelCodec("zstd with a header", _decode_zstd1),
}
