"""Directories of new files: tags and their values as bytes, and files that begin with an offset."""

from __future__ import annotations

import shutil
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from tempfile import TemporaryFile
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from volio.arrays.dtypes import Array
from volio.files.saving.atomic import Replacement

__all__ = ["Layout", "NewDirectory", "TiffFileWriter", "new_page", "pack_page", "tiff_file"]

# Numbers of the types of entries.
ASCII = 2
SHORT = 3
LONG = 4
RATIONAL = 5
LONG8 = 16
DTYPES = {ASCII: "u1", SHORT: "<u2", LONG: "<u4", RATIONAL: "<u4", LONG8: "<u8"}
SUB_DIRECTORIES = 330


class Layout(NamedTuple):
    """How directories are stored, little-endian.

    Attributes
    ----------
    is_big : bool
        Whether the file is a BigTIFF, for 4 GiB and more.
    """

    is_big: bool

    @property
    def offset_kind(self) -> int:
        """Type of values that are offsets."""
        return LONG8 if self.is_big else LONG

    @property
    def inline(self) -> int:
        """Bytes of values that are in the entry itself; those of an offset."""
        return 8 if self.is_big else 4

    def header(self, first: int) -> bytes:
        """Return the beginning of a file whose first directory is at an offset."""
        if self.is_big:
            return struct.pack("<2sHHHQ", b"II", 43, 8, 0, first)
        return struct.pack("<2sHI", b"II", 42, first)

    def size(self, count: int) -> int:
        """Return the bytes of a directory of so many entries, without their values."""
        return 8 + 20 * count + 8 if self.is_big else 2 + 12 * count + 4

    def pack(self, entries: Sequence[tuple[int, int, int, bytes]], following: int) -> bytes:
        """Return a directory: tag, type, number of values, and what is in the entry itself."""
        words = "<HHQ8s" if self.is_big else "<HHI4s"
        packed = [struct.pack("<Q" if self.is_big else "<H", len(entries))]
        packed += [struct.pack(words, *entry) for entry in entries]
        packed.append(struct.pack("<Q" if self.is_big else "<I", following))
        return b"".join(packed)


@dataclass
class NewDirectory:
    """The tags of a page.

    Parameters
    ----------
    entries : dict
        Type and values of each tag.
    """

    entries: dict[int, tuple[int, Array]] = field(default_factory=dict)

    def set(self, tag: int, kind: int, *values: Any) -> None:
        """Set a tag to some numbers."""
        self.entries[tag] = (kind, np.array(values, DTYPES[kind]))

    def set_text(self, tag: int, text: str) -> None:
        """Set a tag to ASCII."""
        data = text.encode("ascii") + b"\0"
        self.entries[tag] = (ASCII, np.frombuffer(data, np.uint8))

    def size(self, layout: Layout) -> int:
        """Return the bytes of the directory with its values."""
        sizes = [values.nbytes for _, values in self.entries.values()]
        outside = sum([_even(nbytes) for nbytes in sizes if nbytes > layout.inline])
        return layout.size(len(self.entries)) + outside

    def pack(self, layout: Layout, start: int, following: int) -> bytes:
        """Return the directory, which begins at a byte of the file, and then its values."""
        place = start + layout.size(len(self.entries))
        entries = []
        outside = []
        for tag, (kind, values) in sorted(self.entries.items()):
            data = values.tobytes()
            count = len(values) // 2 if kind == RATIONAL else len(values)
            if len(data) > layout.inline:
                entries.append((tag, kind, count, place.to_bytes(layout.inline, "little")))
                outside.append(data.ljust(_even(len(data)), b"\0"))
                place += _even(len(data))
            else:
                entries.append((tag, kind, count, data.ljust(layout.inline, b"\0")))
        return layout.pack(entries, following) + b"".join(outside)


def new_page(
    rows: int, columns: int, samples: int, bits: int, *, compression: int = 1
) -> NewDirectory:
    """Return the tags that all pages have.

    Parameters
    ----------
    rows, columns : int
    samples : int
        Of a pixel: 1, or 3 or 4 for a colour.
    bits : int
        Of a sample.
    compression : int
        Its code.
    """
    page = NewDirectory()
    page.set(254, LONG, 0)
    page.set(256, LONG, columns)
    page.set(257, LONG, rows)
    page.set(258, SHORT, *[bits] * samples)
    page.set(259, SHORT, compression)
    page.set(262, SHORT, 2 if samples > 1 else 1)  # colours, or 0 is black
    page.set(277, SHORT, samples)
    return page


def _even(nbytes: int) -> int:
    return nbytes + nbytes % 2


def pack_page(
    layout: Layout, levels: Sequence[NewDirectory], start: int, *, is_last: bool
) -> bytes:
    """Return the directory of a page, and after it those of its coarser levels.

    Parameters
    ----------
    layout : Layout
    levels : sequence of NewDirectory
        The finest first.
    start : int
        Byte of the file at which they begin; even.
    is_last : bool
        Otherwise the directory of the next page follows.
    """
    finest, *coarser = levels
    if coarser:
        finest.set(SUB_DIRECTORIES, layout.offset_kind, *[0] * len(coarser))
    places = []
    place = start + finest.size(layout)
    for level in coarser:
        places.append(place)
        place += level.size(layout)
    if coarser:
        finest.set(SUB_DIRECTORIES, layout.offset_kind, *places)
    parts = [finest.pack(layout, start, 0 if is_last else place)]
    parts += [level.pack(layout, at, 0) for level, at in zip(coarser, places, strict=True)]
    return b"".join(parts)


class TiffFileWriter:
    """A new file: voxels and directories in any order, then where the first directory is.

    Parameters
    ----------
    stream : binary file object
        With ``write``.
    layout : Layout

    Attributes
    ----------
    position : int
        Bytes that were written.
    first : int
        Where the first directory is: to be set.
    """

    def __init__(self, stream: Any, layout: Layout) -> None:
        self._stream = stream
        self.layout = layout
        self.position = 0
        self.first = 0
        self.append(layout.header(0))

    def append(self, data: Any) -> int:
        """Write bytes; return where they are, at an even offset."""
        if self.position % 2:
            self._stream.write(b"\0")
            self.position += 1
        start = self.position
        self._stream.write(data)
        self.position += memoryview(data).nbytes
        return start


@contextmanager
def tiff_file(stream: BinaryIO, layout: Layout) -> Iterator[TiffFileWriter]:
    """Write a file whose directories come last, in a ``with`` statement.

    The header names the first directory, ``writer.first``, so it is written again at the end: in a
    new file in its place, otherwise through a temporary file.

    Parameters
    ----------
    stream : binary file object
    layout : Layout
    """
    if isinstance(stream, Replacement):
        writer = TiffFileWriter(stream, layout)
        yield writer
        stream.write_at(0, layout.header(writer.first))
        return
    with TemporaryFile() as temporary:
        writer = TiffFileWriter(temporary, layout)
        yield writer
        temporary.seek(0)
        temporary.write(layout.header(writer.first))
        temporary.seek(0)
        shutil.copyfileobj(temporary, stream, 1 << 20)
