"""Tiles: from the bytes that a server sent to an array, by what they begin with.

Pillow decodes them. Its classes are asked for by format, so that nothing else that it reads can be
sent, and the size in the header is looked at before anything is decoded.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from volio.arrays.dtypes import COLOURS, Array
from volio.errors import CorruptFileError, ImageFileError, LimitError, UsageError, VolioError
from volio.formats.catmaid.mirrors import LARGEST_TILE

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

__all__ = ["DecodedTile", "TileForm", "check_color", "decode_image", "decode_tile"]

PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8\xff"
TIFF = (b"II*\0", b"MM\0*")
GIF = (b"GIF87a", b"GIF89a")
RGB = COLOURS[3]

#: Modes whose values are kept, of one channel.
ONE_CHANNEL = ("L", "I;16", "I;16L", "I;16B", "I;16N", "I", "F")
#: Modes in which alpha says where there is nothing.
WITH_ALPHA = ("LA", "PA", "RGBA", "La", "RGBa")
#: Tags of offsets and byte counts: of strips, of tiles.
STRIPS = ((273, 279), (324, 325))
TIFF_BITS = 258  # tag of the bits of each sample
PNG_DEPTH = 24  # byte of the bits of each sample, and after it that of the colour type
PNG_GRAY = (0, 3)  # colour types: gray, palette


@dataclass(frozen=True)
class TileForm:
    """What a tile must be, and what becomes of its colours.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns that are wanted.
    sent : sequence of (int, int)
        Rows and columns that an image may have: the whole tile, or what is within the stack.
    color : {"gray", "rgb"}
        Colours become luminance, or are kept.
    cval : scalar
        Value where alpha is 0.
    """

    shape: tuple[int, int]
    sent: Sequence[tuple[int, int]]
    color: str = "gray"
    cval: float = 0


class DecodedTile(NamedTuple):
    """A decoded tile.

    Attributes
    ----------
    values : ndarray
        Rows, columns; of uint8, uint16, int32 or float32, or records of red, green and blue.
    lost_color : bool
        Whether it had colours that became luminance.
    """

    values: Array
    lost_color: bool


def check_color(color: str) -> str:
    """Return what becomes of colours.

    Raises
    ------
    UsageError
        If it is not ``"gray"`` or ``"rgb"``.
    """
    if color not in ("gray", "rgb"):
        raise UsageError(f"color: must be 'gray' or 'rgb', got {color!r:.60}")
    return color


def decode_tile(data: bytes, form: TileForm) -> DecodedTile:
    """Decode a tile.

    Parameters
    ----------
    data : bytes
        PNG, JPEG, TIFF, WebP or GIF, whatever the server calls it.
    form : TileForm

    Raises
    ------
    CorruptFileError
        If they are not an image of the right size, are damaged, or end early.
    ImageFileError
        If it has colours of more than 8 bits, which Pillow would cut off.
    """
    with _errors_of_pillow(data), _opened(data) as image:
        _check_size(image, form)
        _check_depth(image, data)
        return _decoded(image, form)


def decode_image(data: bytes, conversion: Mapping[str, Any] | None = None) -> Array:
    """Decode an image of any size, up to 16,384 pixels a side.

    Parameters
    ----------
    data : bytes
        PNG, JPEG, TIFF, WebP or GIF.
    conversion : mapping, optional
        Of Pillow's ``Image.convert``. By default one channel, of luminance where there are
        colours.

    Raises
    ------
    CorruptFileError
        If they are not such an image, are damaged, or end early.
    LimitError
        If it is larger.
    UsageError
        If Pillow does not convert it so.
    """
    with _errors_of_pillow(data), _opened(data) as image:
        width, height = image.size
        if max(width, height) > LARGEST_TILE:
            raise LimitError(
                f"has {width} x {height} pixels, at most {LARGEST_TILE} a side are read"
            )
        if conversion is not None:
            image.load()
            return _converted(image, conversion)
        _check_depth(image, data)
        return _decoded(image, TileForm((height, width), [(height, width)])).values


def _converted(image: Image, conversion: Mapping[str, Any]) -> Array:
    try:
        return np.asarray(image.convert(**conversion))
    except (TypeError, ValueError) as error:
        raise UsageError(f"an image of mode {image.mode} cannot be converted: {error}") from error


@contextmanager
def _errors_of_pillow(data: bytes) -> Iterator[None]:
    """Turn errors of Pillow, which are of many kinds, SyntaxError among them, into volio's."""
    try:
        yield
    except VolioError:
        raise
    except Exception as error:
        raise CorruptFileError(f"cannot be decoded: {error}; {_shown(data)}") from error


def _opened(data: bytes) -> ImageFile:
    """Open an image by its first bytes; only its header is read."""
    stream = io.BytesIO(data)
    if data.startswith(PNG):
        from PIL.PngImagePlugin import PngImageFile

        _check_png(data)
        return PngImageFile(stream)
    if data.startswith(JPEG):
        from PIL.JpegImagePlugin import JpegImageFile

        _check_end(data, b"\xff\xd9")
        return JpegImageFile(stream)
    if data.startswith(TIFF):
        from PIL.TiffImagePlugin import TiffImageFile

        image = TiffImageFile(stream)
        _check_strips(image, data)
        return image
    if data.startswith(GIF):
        from PIL.GifImagePlugin import GifImageFile

        _check_end(data, b";", len(data) - 4)
        return GifImageFile(stream)
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        from PIL.WebPImagePlugin import WebPImageFile

        return WebPImageFile(stream)
    raise CorruptFileError(f"is not a PNG, JPEG, TIFF, WebP or GIF; {_shown(data)}")


def _check_png(data: bytes) -> None:
    """Compare the checksum of each chunk, which Pillow does not do for those of pixels.

    A chunk is its length (4 bytes), type (4), data and CRC-32 of type and data (4), big endian.
    """
    start = len(PNG)
    kind = b""
    while kind != b"IEND":
        length = int.from_bytes(data[start : start + 4], "big")
        kind = data[start + 4 : start + 8]
        stop = start + 8 + length
        if stop + 4 > len(data):
            raise CorruptFileError(f"ends early; {_shown(data)}")
        checksum = zlib.crc32(memoryview(data)[start + 4 : stop])
        if data[stop : stop + 4] != checksum.to_bytes(4, "big"):
            raise CorruptFileError(f"chunk {kind!r} is damaged: its checksum is wrong")
        start = stop + 4


def _check_end(data: bytes, mark: bytes, first: int = 0) -> None:
    """Refuse an image without its end, also where a program lets Pillow take such images."""
    if data.rfind(mark, max(first, 0)) < 0:
        raise CorruptFileError(f"ends early; {_shown(data)}")


def _check_strips(image: Image, data: bytes) -> None:
    """Refuse a TIFF of which a strip or tile is not all there."""
    tags: Any = getattr(image, "tag_v2", {})
    for offsets, counts in STRIPS:
        spans = zip(tags.get(offsets, ()), tags.get(counts, ()), strict=False)
        if any(start + count > len(data) for start, count in spans):
            raise CorruptFileError(f"ends early; {_shown(data)}")


def _shown(data: bytes) -> str:
    """Return what an error says of bytes that are not an image."""
    if not data:
        return "it has no bytes"
    begin = data[:40]
    is_text = all(32 <= each < 127 or each in b"\r\n\t" for each in begin)
    words = repr(begin.decode("ascii")) if is_text else begin[:16].hex(" ")
    return f"it has {len(data)} bytes, the first are {words}"


def _check_size(image: Image, form: TileForm) -> None:
    width, height = image.size
    if (height, width) not in form.sent:
        rows, columns = form.sent[0]
        raise CorruptFileError(f"must have {columns} x {rows} pixels, has {width} x {height}")


def _check_depth(image: Image, data: bytes) -> None:
    """Refuse colours of 16 bits, of which Pillow takes the upper 8."""
    is_deep = False
    if data.startswith(PNG):
        is_deep = data[PNG_DEPTH] == 16 and data[PNG_DEPTH + 1] not in PNG_GRAY
    elif data.startswith(TIFF) and len(image.getbands()) > 1:
        tags: Any = getattr(image, "tag_v2", {})
        is_deep = max(tags.get(TIFF_BITS, (8,))) > 8
    if is_deep:
        raise ImageFileError("has several channels of 16 bits, which are not read")


def _decoded(image: Image, form: TileForm) -> DecodedTile:
    rows, columns = form.shape
    if image.mode in ONE_CHANNEL and "transparency" not in image.info:
        values = _single(image)[:rows, :columns]
        if form.color == "rgb":
            _check_colours(values)
            return DecodedTile(_records(np.stack([values] * 3, axis=-1)), False)
        return DecodedTile(values, False)
    if image.mode == "1":
        return _decoded(image.convert("L"), form)
    has_alpha = image.mode in WITH_ALPHA or "transparency" in image.info
    samples = np.asarray(image.convert("RGBA" if has_alpha else "RGB"))[:rows, :columns]
    values, lost = _of_samples(samples, form)
    if has_alpha:
        values[samples[..., 3] == 0] = _filling(form)
    return DecodedTile(values, lost)


def _single(image: Image) -> Array:
    """Return the values of an image of one channel; PNG of 16 bits may come as int32."""
    values = np.asarray(image)
    if image.format == "PNG" and image.mode == "I":
        return values.astype(np.uint16)
    return values.astype(values.dtype.newbyteorder("="), copy=False)


def _of_samples(samples: Array, form: TileForm) -> tuple[Array, bool]:
    """Return gray values, or records of colours, and whether colours were lost."""
    red, green, blue = (samples[..., channel] for channel in range(3))
    if form.color == "rgb":
        return _records(samples[..., :3]), False
    if np.array_equal(red, green) and np.array_equal(red, blue):
        return red.copy(), False
    return _luminance(red, green, blue), True


def _luminance(red: Array, green: Array, blue: Array) -> Array:
    """Return luminance (ITU-R 601-2), rounded as Pillow rounds it."""
    weighted = red.astype(np.uint32) * 19595 + green.astype(np.uint32) * 38470
    weighted += blue.astype(np.uint32) * 7471 + 0x8000
    return (weighted >> 16).astype(np.uint8)


def _check_colours(values: Array) -> None:
    if values.dtype != np.uint8:
        raise ImageFileError(
            f"color='rgb' has 8 bits for each channel, the tile has {values.dtype}"
        )


def _records(samples: Array) -> Array:
    return np.ascontiguousarray(samples).view(RGB)[..., 0]


def _filling(form: TileForm) -> Any:
    if form.color == "rgb":
        return np.array((form.cval,) * 3, RGB)
    return np.uint8(form.cval)
