"""FooterHeader: fields before the voxels, and a footer after them that is read when needed."""

from __future__ import annotations

from contextlib import suppress
from math import prod
from typing import Any, BinaryIO, ClassVar, Self

import numpy as np

from volio.arrays.dtypes import Array, DType
from volio.errors import HeaderError
from volio.files.limits import read_limited
from volio.files.sources.source import ByteSource
from volio.files.sources.stream import StreamSource
from volio.images.headers.binary import BinaryHeader

__all__ = ["FooterHeader"]


class FooterHeader(BinaryHeader):
    """A header of fields before the voxels and, after them, a footer and perhaps further bytes.

    To read what follows the voxels of a compressed file all of it is decoded, so that waits until a
    field of the footer, or the further bytes, are asked for.

    A format declares in `layout` the fields before the voxels and then those of the footer.
    """

    #: The fields after the voxels, the last ones of `layout`.
    footer: ClassVar[DType]
    #: Most bytes after the footer that are read.
    most_rest: ClassVar[int] = 64 << 20

    _gap: bytes = b""  # between the fields and the voxels; kept as it is
    _rest: bytes = b""
    _unread: ByteSource | None = None  # the file, until its footer is read
    _footer_start: int | None = None  # in that file: shape and dtype may change before it is read

    def _set_block(self, block: bytes, endianness: str | None) -> None:
        # The fields before the voxels may come alone.
        whole = self.layout.itemsize
        is_head = len(block) == whole - self.footer.itemsize
        super()._set_block(block.ljust(whole, b"\0") if is_head else block, endianness)

    @classmethod
    def from_fileobj(
        cls, fileobj: BinaryIO, endianness: str | None = None, check: bool = True
    ) -> Self:
        """Read header, footer and what follows from a binary file object at its position."""
        header = cls._from_head(StreamSource(fileobj), endianness, check)
        header._read_footer()
        return header

    @classmethod
    def from_source(cls, source: ByteSource) -> Self:
        """Read the header of a file; the footer waits until it is asked for."""
        header = cls._from_head(source)
        if not source.is_in(source.name):  # a stream may be closed when the footer is wanted
            header._read_footer()
        return header

    @classmethod
    def _from_head(
        cls, source: ByteSource, endianness: str | None = None, check: bool = True
    ) -> Self:
        size = cls.layout.itemsize - cls.footer.itemsize
        head = source.head()
        header = cls(head[:size], endianness, check)
        header._gap = head[size : header.offset]
        header._unread = source
        with suppress(HeaderError):  # of fields that were not checked
            header._footer_start = header.get_footer_offset()
        return header

    def _read_footer(self) -> None:
        """Read the footer and what follows it, where they have not been read yet."""
        if self._unread is None:
            return
        start = self._footer_start
        if start is None:
            start = self.get_footer_offset()
        size = self.footer.itemsize
        if start < 1 << 62:  # no file reaches further
            after = read_limited(self._unread, size + self.most_rest, "a footer", start)
            footer = np.frombuffer(after[:size].ljust(size, b"\0"), self.footer)[0]
            for field in self.footer.names or ():
                self._structarr[field] = footer[field]
            self._rest = after[size:]
        self._unread = None

    @property
    def rest(self) -> bytes:
        """What the file has after the footer."""
        self._read_footer()
        return self._rest

    @rest.setter
    def rest(self, value: bytes) -> None:
        self._read_footer()
        self._rest = value

    @property
    def structarr(self) -> Array:
        """The record: a structured array of shape (), in the header's byte order."""
        self._read_footer()
        return self._structarr

    @property
    def binaryblock(self) -> bytes:
        """The fields before the voxels and those of the footer, as bytes."""
        return self.structarr.tobytes()

    def __getitem__(self, field: str) -> Array:
        if field in (self.footer.names or ()):
            self._read_footer()
        return super().__getitem__(field)

    def __setitem__(self, field: str, value: Any) -> None:
        if field in (self.footer.names or ()):
            self._read_footer()
        super().__setitem__(field, value)

    def write_to(self, fileobj: BinaryIO) -> None:
        """Write the fields before the voxels, and what stands between them and the voxels."""
        head = self._structarr.tobytes()[: -self.footer.itemsize] + self._gap
        fileobj.write(head.ljust(self.offset, b"\0"))

    def write_footer_to(self, fileobj: BinaryIO) -> None:
        """Write the footer and what follows it."""
        fileobj.write(self.binaryblock[-self.footer.itemsize :] + self.rest)

    def get_data_bytespervox(self) -> int:
        """Return the bytes of a voxel."""
        return self.get_data_dtype().itemsize

    def get_data_size(self) -> int:
        """Return the bytes of all voxels."""
        return self.get_data_bytespervox() * prod(self.get_data_shape())

    def get_footer_offset(self) -> int:
        """Return the byte at which the footer begins."""
        return self.offset + self.get_data_size()
