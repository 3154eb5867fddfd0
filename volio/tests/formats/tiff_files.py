"""Files of TIFF for tests, and their voxels in the order of the file."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np

from volio.files.sources.source import BytesSource

OME = (
    '<?xml version="1.0" encoding="UTF-8"?><OME '
    'xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"{attributes}>{body}</OME>'
)


def numbers(shape: tuple[int, ...], dtype: Any = np.uint16, seed: int = 0) -> np.ndarray:
    """Smooth numbers with noise, as lossy codecs keep them roughly."""
    rng = np.random.default_rng(seed)
    dtype = np.dtype(dtype)
    if dtype.kind == "f":
        return rng.normal(0, 30, shape).astype(dtype)
    most = 2 if dtype.kind == "b" else min(np.iinfo(dtype).max, 60000)
    return rng.integers(0, most, shape).astype(dtype)


def in_file_order(img: Any) -> np.ndarray:
    """Return all voxels with the axes as the file has them; colours along a last axis."""
    values = np.asarray(img.dataobj)
    shown = img._opened.shown.axes
    order = [shown.index(axis) for axis in range(len(img.header.file_axes))]
    stood_in = [place for place, axis in enumerate(shown) if axis is None]
    moved = values.transpose(order + stood_in)
    moved = moved.reshape(moved.shape[: len(order)])
    if moved.dtype.names:
        moved = np.stack([moved[name] for name in moved.dtype.names], axis=-1)
    return moved


def pixels(sizes: dict[str, int], body: str, name: str = "", **more: str) -> str:
    """Return an image of OME-XML."""
    lengths = {"X": 5, "Y": 4, "Z": 1, "C": 1, "T": 1} | sizes
    attributes = {f"Size{axis}": str(length) for axis, length in lengths.items()}
    attributes |= {"DimensionOrder": "XYZCT", "Type": "uint8"} | more
    words = " ".join([f'{key}="{value}"' for key, value in attributes.items()])
    return (
        f'<Image ID="Image:0" Name="{name}"><Pixels ID="Pixels:0" {words}>{body}</Pixels></Image>'
    )


def ome(body: str, **attributes: str) -> str:
    """Return a document of OME-XML."""
    words = "".join([f' {key}="{value}"' for key, value in attributes.items()])
    return OME.format(attributes=words, body=body)


def by_hand(pages: list[dict[int, tuple[str, list[int]]]], after: bytes = b"") -> bytes:
    """Return a little-endian file of directories, written by hand.

    Entries are a type ("H", "I", "i", "f", or "s" for text) and values; `next` of the last is 0.
    """
    data = bytearray(b"II*\0\0\0\0\0")
    link = 4
    for entries in pages:
        if len(data) % 2:
            data += b"\0"
        packed = {}
        for tag, (kind, values) in entries.items():
            raw = bytes(values) if kind == "s" else struct.pack(f"<{len(values)}{kind}", *values)
            if len(raw) > 4:
                packed[tag] = struct.pack("<I", len(data))
                data += raw + b"\0" * (len(raw) % 2)
            else:
                packed[tag] = raw.ljust(4, b"\0")
        struct.pack_into("<I", data, link, len(data))
        data += struct.pack("<H", len(entries))
        for tag, (kind, values) in sorted(entries.items()):
            code = {"H": 3, "I": 4, "s": 2, "i": 9, "f": 11}[kind]
            data += struct.pack("<HHI", tag, code, len(values)) + packed[tag]
        link = len(data)
        data += b"\0\0\0\0"
    return bytes(data + after)


def page(width: int = 5, height: int = 4, offset: int = 8, **changes: Any) -> dict:
    """Return the entries of a page of uint8 in one strip."""
    entries = {
        256: ("I", [width]),
        257: ("I", [height]),
        258: ("H", [8]),
        259: ("H", [1]),
        262: ("H", [1]),
        273: ("I", [offset]),
        277: ("H", [1]),
        278: ("I", [height]),
        279: ("I", [min(width * height, 2**32 - 1)]),
    }
    return entries | {int(tag[1:]): value for tag, value in changes.items()}


class CountingSource(BytesSource):
    """Bytes of a file, which notes where they are read."""

    def __init__(self, path: Path) -> None:
        super().__init__(path.read_bytes(), path.name)
        self.reads: list[tuple[int, int]] = []

    def _read_at(self, offset: int, view: memoryview) -> int:
        self.reads.append((offset, len(view)))
        return super()._read_at(offset, view)
