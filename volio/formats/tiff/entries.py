"""Directory: the entries of a page, whose tags and types most pages of a file share."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np

from volio.arrays.dtypes import DType

__all__ = ["ByteOrder", "Directory", "Entry", "EntryLayout", "EntryPacking", "dtype_of_kind"]

ByteOrder = Literal["<", ">"]

#: dtypes of values by their codes in the file: BYTE, ASCII, SHORT, LONG, ... LONG8, IFD8.
KINDS = {1: "u1", 2: "u1", 3: "u2", 4: "u4", 5: "u8", 6: "i1", 7: "u1", 8: "i2", 9: "i4"}
KINDS |= {10: "i8", 11: "f4", 12: "f8", 13: "u4", 16: "u8", 17: "i8", 18: "u8"}
SIZES = {code: np.dtype(kind).itemsize for code, kind in KINDS.items()}

PRIVATE = 32768  # tags from here on belong to makers of programs: they may hold anything
#: Tags that are lengths, which tifffile counts with: sizes, samples, rows, tiles and depths.
LENGTHS = (256, 257, 277, 278, 322, 323, 32997, 32998)
UNSIGNED = (1, 3, 4, 13, 16, 18)  # types of integers that are not negative
#: Tags in which pages agree that are decoded alike: sizes, bits, compression, colours, prediction,
#: tiles, sample formats and depths.
ALIKE = (256, 257, 258, 259, 262, 266, 277, 278, 284, 317, 322, 323, 339, 32997, 32998)


@lru_cache(maxsize=64)
def dtype_of_kind(kind: int, byteorder: ByteOrder) -> DType:
    """Return the dtype of values, by its code in the file; of unknown ones that of bytes."""
    return np.dtype(KINDS.get(kind, "u1")).newbyteorder(byteorder)


class Entry(NamedTuple):
    """An entry of a directory, without its value.

    Attributes
    ----------
    tag : int
    kind : int
        Code of the type of its values.
    number : int
        How many there are.
    place : int
        Which of `Directory.values` is its own: where the values are, in bytes, or the values
        themselves where these are few.
    """

    tag: int
    kind: int
    number: int
    place: int

    @property
    def nbytes(self) -> int:
        """Bytes that its values take."""
        return self.number * SIZES.get(self.kind, 1)


class EntryLayout:
    """What the entries of a directory are, their values left out.

    Parameters
    ----------
    entries : sequence of Entry
        In the order of the file.
    inline : int
        Bytes of values that are in the entry itself.

    Attributes
    ----------
    entries : dict
        Each `Entry` by its tag; of several with one tag the first.
    outside : tuple of (Entry, int)
        Entries whose values are not in the directory, with their bytes; those of private tags are
        left out.
    nbytes : int
        Of all values that are not in the directory itself.
    alike : tuple of Entry
        Those in which pages agree that are decoded alike.
    no_length : Entry or None
        One that should be a length, and is none by its type.
    """

    def __init__(self, entries: Sequence[Entry], inline: int) -> None:
        self.entries: dict[int, Entry] = {}
        for entry in entries:
            self.entries.setdefault(entry.tag, entry)
        sizes = [entry.nbytes for entry in entries]
        self.nbytes = sum([size for size in sizes if size > inline])
        known = [(entry, entry.nbytes) for entry in self.entries.values() if entry.tag < PRIVATE]
        self.outside = tuple([pair for pair in known if pair[1] > inline])
        self.alike = tuple([self.entries[tag] for tag in ALIKE if tag in self.entries])
        self.no_length = self._no_length()

    def _no_length(self) -> Entry | None:
        lengths = [self.entries[tag] for tag in LENGTHS if tag in self.entries]
        odd = [entry for entry in lengths if entry.kind not in UNSIGNED or entry.number < 1]
        return odd[0] if odd else None


class Directory(NamedTuple):
    """A directory of a file: one page.

    Attributes
    ----------
    offset : int
        In bytes.
    layout : EntryLayout
    values : tuple of int
        See `Entry.place`.
    following : int
        Offset of the next directory; 0 for none.
    """

    offset: int
    layout: EntryLayout
    values: tuple[int, ...]
    following: int


class EntryPacking:
    """How so many entries are stored.

    Parameters
    ----------
    byteorder : {"<", ">"}
    is_big : bool
        Whether the file is BigTIFF.
    count : int
    """

    def __init__(self, byteorder: ByteOrder, count: int, *, is_big: bool) -> None:
        # Tag, type and number, then the value or where it is.
        self._head = struct.Struct(byteorder + ("HHQ" if is_big else "HHI"))
        size = self._head.size
        self._heads = struct.Struct(f"{size}s{8 if is_big else 4}x" * count)
        self._values = struct.Struct(byteorder + f"{size}x{'Q' if is_big else 'I'}" * count)
        self.inline = 8 if is_big else 4
        #: Bytes of all entries.
        self.nbytes = self._heads.size

    def heads(self, data: bytes) -> bytes:
        """Return tags, types and numbers: what `layout` is made of."""
        return b"".join(self._heads.unpack_from(data))

    def values(self, data: bytes) -> tuple[int, ...]:
        """Return the values of the entries, or where they are."""
        return self._values.unpack_from(data)

    def layout(self, heads: bytes) -> EntryLayout:
        """Return what the entries are."""
        found = []
        for place, (tag, kind, number) in enumerate(self._head.iter_unpack(heads)):
            found.append(Entry(tag, kind, number, place))
        return EntryLayout(found, self.inline)
