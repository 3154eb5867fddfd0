"""Encodings of precomputed chunks: raw, jpeg, png, compressed_segmentation."""

from __future__ import annotations

import io
from collections.abc import Callable
from math import prod
from typing import Any, NamedTuple

import numpy as np

from volio.arrays.dtypes import Array, DType
from volio.errors import CorruptFileError, VolioError
from volio.extras import need
from volio.formats.precomputed.segmentation import decode_segmentation

__all__ = ["ChunkForm", "decode_chunk", "stored_limit"]

#: Modes of Pillow in which pixels are as they are stored: channels, bits.
MODES = {"L": (1, 8), "LA": (2, 8), "RGB": (3, 8), "RGBA": (4, 8), "I;16": (1, 16)}


class ChunkForm(NamedTuple):
    """What a chunk decodes to.

    Attributes
    ----------
    shape : tuple of int
        Channel, z, y, x.
    dtype : numpy.dtype
        Little-endian.
    block : tuple of int
        Of compressed_segmentation: z, y, x.
    """

    shape: tuple[int, ...]
    dtype: DType
    block: tuple[int, ...]


def decode_chunk(encoding: str, data: bytes, form: ChunkForm) -> Array:
    """Decode a chunk.

    Parameters
    ----------
    encoding : str
    data : bytes
    form : ChunkForm

    Returns
    -------
    ndarray
        Of the shape and dtype of the form.

    Raises
    ------
    CorruptFileError
        If the bytes are not such a chunk.
    """
    try:
        return DECODERS[encoding](data, form)
    except (VolioError, MemoryError):
        raise
    except Exception as error:  # Pillow has no class of its own for damaged files
        raise CorruptFileError(f"{encoding} cannot be decoded: {error}") from error


def _decode_raw(data: bytes, form: ChunkForm) -> Array:
    expected = prod(form.shape) * form.dtype.itemsize
    if len(data) != expected:
        raise CorruptFileError(f"must have {expected} bytes, got {len(data)}")
    return np.frombuffer(data, form.dtype).reshape(form.shape)


def _decode_segmentation(data: bytes, form: ChunkForm) -> Array:
    return decode_segmentation(data, form.shape, form.block, form.dtype)


def _decode_jpeg(data: bytes, form: ChunkForm) -> Array:
    from PIL.JpegImagePlugin import JpegImageFile

    return _pixels(JpegImageFile(io.BytesIO(data)), form)


def _decode_png(data: bytes, form: ChunkForm) -> Array:
    if form.dtype.itemsize == 2 and form.shape[0] > 1:  # of which Pillow keeps 8 bits
        return _decode_deep_png(data, form)
    from PIL.PngImagePlugin import PngImageFile

    return _pixels(PngImageFile(io.BytesIO(data)), form)


def _pixels(image: Any, form: ChunkForm) -> Array:
    """Return the pixels of an image of which the header has been read.

    It may be of any width: its pixels follow each other as the voxels do, x fastest. The channels
    of a pixel are together.
    """
    channels = form.shape[0]
    mode = (channels, 8 * form.dtype.itemsize)
    _check_pixels(image.width * image.height, form)
    if MODES.get(image.mode) != mode:
        raise CorruptFileError(f"must have {mode[0]} channels of {mode[1]} bits, is {image.mode}")
    return _channels_first(np.asarray(image), form)


def _check_pixels(count: int, form: ChunkForm) -> None:
    expected = prod(form.shape[1:])
    if count != expected:
        raise CorruptFileError(f"must have {expected} pixels, got {count}")


def _channels_first(pixels: Array, form: ChunkForm) -> Array:
    by_voxel = pixels.reshape(*form.shape[1:], form.shape[0])
    return np.moveaxis(by_voxel, -1, 0)


def _decode_deep_png(data: bytes, form: ChunkForm) -> Array:
    """Decode several channels of 16 bits."""
    # The header of PNG: a signature of 8 bytes, length and name of the chunk, width, height.
    width, height = (int(n) for n in np.frombuffer(data, ">u4", 2, 16))
    _check_pixels(width * height, form)
    pixels = need("imagecodecs", "tiff").png_decode(data)
    if pixels.dtype != np.uint16 or pixels.size != prod(form.shape):
        raise CorruptFileError(f"must have {form.shape[0]} channels of 16 bits")
    return _channels_first(pixels, form)


DECODERS: dict[str, Callable[[bytes, ChunkForm], Array]] = {
    "raw": _decode_raw,
    "jpeg": _decode_jpeg,
    "png": _decode_png,
    "compressed_segmentation": _decode_segmentation,
}


def stored_limit(encoding: str, form: ChunkForm) -> int:
    """Return the most bytes that a chunk can take: far more than any that a program writes."""
    nbytes = prod(form.shape) * form.dtype.itemsize
    if encoding == "raw":
        return nbytes
    if encoding == "compressed_segmentation":
        grid = [-(-n // step) for n, step in zip(form.shape[1:], form.block, strict=True)]
        # Of each block two words, an index of 32 bits and a label for each voxel.
        of_a_block = 8 + prod(form.block) * (4 + form.dtype.itemsize)
        return form.shape[0] * (4 + prod(grid) * of_a_block)
    return 2 * nbytes + (1 << 16)  # with profiles and text
