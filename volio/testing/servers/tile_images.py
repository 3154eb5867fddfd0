"""Images as tile servers send them, and images that no reader should decode."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "TileEncoding",
    "coloured",
    "encoded",
    "padded",
    "png_bomb",
    "png_overfull",
    "png_text_bomb",
]

CONTENT_TYPES = {
    "png": "image/png",
    "jpeg": "image/jpeg",
    "tiff": "image/tiff",
    "webp": "image/webp",
    "gif": "image/gif",
    "bmp": "image/bmp",
}
QUALITY = 95  # of JPEG
SIGNATURE = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class TileEncoding:
    """How a server encodes its tiles.

    Parameters
    ----------
    form : {"png", "jpeg", "tiff", "webp", "gif", "bmp"}
    depth : {8, 16}
        Bits of a gray value; 16 for PNG and TIFF.
    color : {"gray", "equal", "rgb", "rgba", "palette"}
        ``"equal"`` has three equal channels; ``"rgb"`` and ``"rgba"`` are those of `coloured`;
        ``"palette"`` has indices whose colours are the gray values.
    content_type : str, optional
        Where it is not that of the form; an empty text sends none.
    clipped : bool
        Whether the last tiles of a row or column end with the image, not padded with 0.
    wider, higher : int
        By how many pixels each tile is larger than it should be.
    """

    form: str = "png"
    depth: int = 8
    color: str = "gray"
    content_type: str | None = None
    clipped: bool = False
    wider: int = 0
    higher: int = 0

    def headers(self) -> dict[str, str]:
        """Return the headers that describe a tile."""
        content_type = self.content_type
        if content_type is None:
            content_type = CONTENT_TYPES[self.form]
        return {"Content-Type": content_type} if content_type else {}


def coloured(gray: NDArray[Any], alpha: bool = False) -> NDArray[np.uint8]:
    """Return the colours that stand for gray values: v, 255 - v, v // 2.

    Parameters
    ----------
    gray : ndarray of uint8, shape (rows, columns)
    alpha : bool
        Whether a fourth channel comes with them: 0 in the first column of every four, else 255.

    Returns
    -------
    ndarray of uint8, shape (rows, columns, 3 or 4)
    """
    channels = [gray, 255 - gray, gray // 2]
    if alpha:
        opaque = np.full_like(gray, 255)
        opaque[:, ::4] = 0
        channels.append(opaque)
    return np.stack(channels, axis=-1)


def encoded(plane: NDArray[Any], encoding: TileEncoding) -> bytes:
    """Encode one tile.

    Parameters
    ----------
    plane : ndarray of uint8 or uint16, shape (rows, columns)
    encoding : TileEncoding
    """
    image = _image(np.ascontiguousarray(plane), encoding.color)
    stream = io.BytesIO()
    options: dict[str, dict[str, Any]] = {
        "png": {"compress_level": 1},  # four times as fast as by default
        "jpeg": {"quality": QUALITY},
        "webp": {"lossless": True},
    }
    image.save(stream, encoding.form, **options.get(encoding.form, {}))
    return stream.getvalue()


def padded(part: NDArray[Any], size: tuple[int, int], encoding: TileEncoding) -> NDArray[Any]:
    """Return the pixels that are sent for a part of an image, padded with 0.

    Parameters
    ----------
    part : ndarray, shape (rows, columns)
    size : (width, height)
        Of the tiles.
    encoding : TileEncoding
        Whether tiles end with the image, or have another size.
    """
    height, width = part.shape if encoding.clipped else (size[1], size[0])
    tile = np.zeros((height + encoding.higher, width + encoding.wider), part.dtype)
    kept = part[: tile.shape[0], : tile.shape[1]]
    tile[: kept.shape[0], : kept.shape[1]] = kept
    return tile


def _image(plane: NDArray[Any], color: str) -> Any:
    from PIL import Image

    if color == "gray":
        return Image.fromarray(plane)
    if color == "equal":
        return Image.fromarray(np.stack([plane] * 3, axis=-1))
    if color == "palette":
        image = Image.fromarray(255 - plane)
        backwards = np.arange(256, dtype=np.uint8)[::-1].repeat(3)
        image.putpalette(backwards.tobytes())
        return image
    return Image.fromarray(coloured(plane, alpha=color == "rgba"))


def png_bomb(width: int, height: int) -> bytes:
    """Return a small PNG whose header promises a huge image of 8-bit gray values.

    Parameters
    ----------
    width, height : int
        Up to 2**31 - 1; at most 64 MiB of it are there.
    """
    rows = min(height, (1 << 26) // (width + 1))
    return _png(width, height, _zeros(rows * (width + 1)))


def png_overfull(width: int, height: int) -> bytes:
    """Return a PNG of 8-bit gray values that inflates to 64 MiB, whatever its size."""
    return _png(width, height, _zeros(1 << 26))


def png_text_bomb(width: int, height: int) -> bytes:
    """Return a PNG of zeros with a compressed comment of 64 MiB."""
    comment = _chunk(b"zTXt", b"Comment\0\0" + _zeros(1 << 26))
    return _png(width, height, zlib.compress(bytes(height * (width + 1))), comment)


@cache
def _zeros(count: int) -> bytes:
    """Compress as many zeros."""
    return zlib.compress(bytes(count), 1)


def _png(width: int, height: int, data: bytes, further: bytes = b"") -> bytes:
    """Put a PNG of 8-bit gray values together from its compressed rows."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = [_chunk(b"IHDR", header), further, _chunk(b"IDAT", data), _chunk(b"IEND", b"")]
    return SIGNATURE + b"".join(parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
