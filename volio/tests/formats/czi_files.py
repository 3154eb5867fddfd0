"""CZI files made byte by byte, for the tests of the format."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import numpy as np

from volio.files.codecs.zstd_writer import zstd_library

MASK = UUID("CBE3EA67-5BFC-492B-A16A-ECE378031448")
CHUNKED = b"<METADATA><AttachmentSchema><DataFormat>CHUNKCONTAINER</DataFormat></AttachmentSchema>"
CHUNKED += b"</METADATA>"

#: Codes of pixel types by dtype and samples.
PIXEL_CODES = {
    ("uint8", 1): 0,
    ("uint16", 1): 1,
    ("float32", 1): 2,
    ("uint8", 3): 3,
    ("uint16", 3): 4,
    ("float32", 3): 8,
    ("uint8", 4): 9,
    ("complex64", 1): 10,
    ("complex64", 3): 11,
    ("int32", 1): 12,
    ("float64", 1): 13,
}


@dataclass
class Tile:
    """A subblock.

    Parameters
    ----------
    pixels : ndarray, shape (rows, columns) or (rows, columns, samples)
        Samples in the order of the file: B, G, R.
    x, y : int
    at : mapping of str to int
        Index along other dimensions.
    shrunk : int
        How many pixels of the finest level one pixel stands for.
    compression : int
    data : bytes, optional
        As stored (default: the pixels).
    mask : ndarray of bool, optional
    deleted : bool
        Its segment is marked as deleted, and the directory does not have it.
    """

    pixels: np.ndarray
    x: int = 0
    y: int = 0
    at: Mapping[str, int] = field(default_factory=dict)
    shrunk: int = 1
    compression: int = 0
    data: bytes | None = None
    mask: np.ndarray | None = None
    deleted: bool = False
    size: tuple[int, int] | None = None

    @property
    def stored(self) -> bytes:
        return self.pixels.tobytes() if self.data is None else self.data

    def entry(self, position: int) -> bytes:
        """Its entry in the directory: 32 bytes, then 20 for each dimension."""
        rows, columns, *samples = self.pixels.shape
        code = PIXEL_CODES[self.pixels.dtype.name, *(samples or [1])]
        width, height = self.size or (columns * self.shrunk, rows * self.shrunk)
        dimensions = [
            dimension("X", self.x, width, columns if width != columns else 0),
            dimension("Y", self.y, height, rows if height != rows else 0),
            *[dimension(letter, index, 1, 0) for letter, index in self.at.items()],
        ]
        fixed = struct.pack("<2siqii", b"DV", code, position, 0, self.compression)
        fixed += struct.pack("<B5xi", 2 * (self.shrunk > 1), len(dimensions))
        return fixed + b"".join(dimensions)

    def body(self, position: int) -> bytes:
        """What its segment holds."""
        attachment = b"" if self.mask is None else mask_chunk(self.mask)
        metadata = b"" if self.mask is None else CHUNKED
        data = self.stored
        head = struct.pack("<iiq", len(metadata), len(attachment), len(data))
        head += self.entry(position)
        return head.ljust(256, b"\0") + metadata + data + attachment


def dimension(name: str, start: int, size: int, stored: int) -> bytes:
    return struct.pack("<4siifi", name.encode(), start, size, 0.0, stored)


def mask_chunk(mask: np.ndarray) -> bytes:
    """A chunk that nobody knows, then that of the mask: rows of bits, the leftmost the highest."""
    rows = np.packbits(mask, axis=1)
    height, width = mask.shape
    payload = struct.pack("<iiii", width, height, 0, rows.shape[1]) + rows.tobytes()
    other = UUID(int=7).bytes_le + struct.pack("<i", 5) + b"other"
    return other + MASK.bytes_le + struct.pack("<i", len(payload)) + payload


def segment(name: str, body: bytes, allocated: int | None = None) -> bytes:
    """A segment: its body is followed by zeros up to a multiple of 32 bytes."""
    room = len(body) + -len(body) % 32 if allocated is None else allocated
    return struct.pack("<16sqq", name.encode(), room, len(body)) + body.ljust(room, b"\0")


def zstd0(pixels: np.ndarray) -> bytes:
    return zstd_library().compress(pixels.tobytes())


def zstd1(pixels: np.ndarray, apart: bool = True) -> bytes:
    """Frame after a header; with low and high bytes apart where that is wanted."""
    if not apart:
        return b"\x01" + zstd_library().compress(pixels.tobytes())
    two = pixels.view(np.uint8).reshape(-1, 2)
    return b"\x03\x01\x01" + zstd_library().compress(two.T.tobytes())


def czi_bytes(
    tiles: Sequence[Tile], xml: str = "", *, directory: bool = True, part: int = 0
) -> bytes:
    """All bytes of a file.

    Parameters
    ----------
    tiles : sequence of Tile
        In the order of the directory.
    xml : str
        "" for no metadata.
    directory : bool
        Whether there is one.
    part : int
        Of a set of files.
    """
    file = bytearray(32 + 512)  # of the header, which comes last
    entries = []
    for tile in tiles:
        position = len(file)
        name = "DELETED" if tile.deleted else "ZISRAWSUBBLOCK"
        file += segment(name, tile.body(position))
        if not tile.deleted:
            entries.append(tile.entry(position))
    at_xml = len(file) if xml else 0
    if xml:
        text = xml.encode()
        file += segment("ZISRAWMETADATA", struct.pack("<i252x", len(text)) + text)
    at_directory = len(file) if directory else 0
    if directory:
        head = struct.pack("<i124x", len(entries))
        file += segment("ZISRAWDIRECTORY", head + b"".join(entries))
    header = struct.pack("<ii40x", 1, 0) + struct.pack("<iqqiq", part, at_directory, at_xml, 0, 0)
    file[:544] = segment("ZISRAWFILE", header.ljust(512, b"\0"))
    return bytes(file)


def xml_of(
    scale: Sequence[float] = (), channels: Sequence[tuple[str, str]] = (), step: float | None = None
) -> str:
    """Metadata: metres along X, Y, Z; names and colours of channels; seconds between volumes."""
    items = "".join(
        f'<Distance Id="{letter}"><Value>{value}</Value></Distance>'
        for letter, value in zip("XYZ", scale, strict=False)
    )
    each = "".join(
        f'<Channel Id="Channel:{n}" Name="{name}"><Color>{color}</Color></Channel>'
        for n, (name, color) in enumerate(channels)
    )
    times = "" if step is None else f"<Interval><Increment>{step}</Increment></Interval>"
    dimensions = f"<Channels>{each}</Channels><T><Positions>{times}</Positions></T>"
    image = f"<Information><Image><Dimensions>{dimensions}</Dimensions></Image></Information>"
    scaling = f"<Scaling><Items>{items}</Items></Scaling>"
    return f"<ImageDocument><Metadata>{image}{scaling}</Metadata></ImageDocument>"
