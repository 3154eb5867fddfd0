"""Tiles: the pixels of one subblock, read as far as they are needed, and the mask over them."""

from __future__ import annotations

import struct
from math import prod
from typing import NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from volio.arrays.decode import Decoder
from volio.arrays.dtypes import Array
from volio.arrays.indexing.request import Box
from volio.arrays.scaling import Conversion
from volio.errors import CorruptFileError, DamagedFileError, ImageFileError
from volio.files.sources.source import ByteSource
from volio.formats.czi.compression import RAW, decode_pixels
from volio.formats.czi.directory import COPY_OF_ENTRY
from volio.formats.czi.entries import NDIM_AT, entry_size
from volio.formats.czi.pixels import PIXEL_TYPES, PixelType
from volio.formats.czi.segments import SEGMENT_HEADER, SUBBLOCK, Segment, parse_segment

__all__ = ["Location", "Subblock", "TileMask", "locate"]

SIZES = struct.Struct("<iiq")  # bytes of metadata, attachment and pixels
NDIM = struct.Struct("<i")
LEAST_HEADER = 256  # bytes before the metadata of a subblock

CHUNK = struct.Struct("<16si")  # GUID and bytes of a chunk of an attachment
MASK = struct.Struct("<iiii")  # width, height, kind, bytes of a row
MASK_GUID = UUID("CBE3EA67-5BFC-492B-A16A-ECE378031448").bytes_le
CHUNKS_MARK = b"<DataFormat>CHUNKCONTAINER</DataFormat>"
MOST_METADATA = 1 << 20  # bytes, of one subblock
NO_CONVERSION = Conversion(False, 1.0, 0.0, None)


class TileMask(NamedTuple):
    """Which pixels of a tile are drawn: a bit each, in the file.

    Attributes
    ----------
    start : int
        Byte of the file.
    stride : int
        Bytes of a row.
    """

    start: int
    stride: int

    def read(self, source: ByteSource, box: Box) -> NDArray[np.bool_]:
        """Return which pixels of a box, (rows, columns), are drawn."""
        (row, row_stop), (column, column_stop) = box
        packed = source.read(self.start + row * self.stride, (row_stop - row) * self.stride)
        rows = np.frombuffer(packed, np.uint8).reshape(-1, self.stride)
        # The leftmost pixel is the highest bit.
        bits = np.unpackbits(rows, axis=1)[:, column:column_stop]
        return bits.astype(np.bool_)


class Location(NamedTuple):
    """Where a subblock has its pixels.

    Attributes
    ----------
    start : int
        Byte of the file.
    nbytes : int
        As stored.
    mask : TileMask or None
    """

    start: int
    nbytes: int
    mask: TileMask | None


class Subblock(NamedTuple):
    """The rectangle of pixels of a subblock.

    Attributes
    ----------
    position : int
        Byte of the file at which the subblock begins.
    pixel_type, compression : int
        Codes.
    height, width : int
        As stored.
    """

    position: int
    pixel_type: int
    compression: int
    height: int
    width: int

    @property
    def is_raw(self) -> bool:
        """Whether rows can be read alone."""
        return self.compression == RAW

    @property
    def pixel(self) -> PixelType:
        """What its pixels are."""
        return PIXEL_TYPES[self.pixel_type]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and samples."""
        return self.height, self.width, self.pixel.samples

    def name(self, source: ByteSource) -> str:
        """Return how it is called in messages."""
        return f"{source.name}: subblock at byte {self.position}"

    def decoder(self, location: Location) -> Decoder:
        """Return what reads raw samples, axes (rows, columns, samples)."""
        return Decoder.of(self.shape, self.pixel.dtype, location.start, NO_CONVERSION)

    def decoded(self, source: ByteSource, location: Location) -> Array:
        """Return all samples, decoded: shape (height, width, samples), colours as R, G, B, A.

        Raises
        ------
        CorruptFileError
            If they cannot be decoded.
        ImageFileError, MissingPackageError
            If the compression is not known, or needs a package.
        """
        data = np.empty(location.nbytes, np.uint8).data  # the file has as many
        source.read_into(location.start, data)
        try:
            return decode_pixels(data, self.compression, self.shape, self.pixel.dtype)
        except DamagedFileError as error:
            raise CorruptFileError(f"{self.name(source)}: {error}") from error
        except ImageFileError as error:
            raise ImageFileError(f"{self.name(source)}: {error}") from error


def locate(source: ByteSource, tile: Subblock) -> Location:
    """Find the pixels of a tile, and its mask.

    Raises
    ------
    CorruptFileError, TruncatedFileError
        If the subblock has not as many bytes as it states, or too few for pixels that are raw.
    """
    raw = source.read(tile.position, SEGMENT_HEADER + COPY_OF_ENTRY + entry_size(0))
    segment = parse_segment(source, raw, tile.position, SUBBLOCK)
    parts = _parse_parts(source, segment, raw[SEGMENT_HEADER:])
    where = tile.name(source)
    room = segment.end - parts.start
    if min(parts) < 0 or parts.metadata + parts.pixels + parts.attachment > room:
        raise CorruptFileError(
            f"{where}: {parts.metadata} bytes of metadata, {parts.pixels} of pixels and "
            f"{parts.attachment} of an attachment do not fit into {room} bytes"
        )
    needed = prod(tile.shape) * tile.pixel.dtype.itemsize
    if tile.is_raw and parts.pixels < needed:
        raise CorruptFileError(f"{where}: has {parts.pixels} bytes of pixels, needs {needed}")
    return Location(parts.start + parts.metadata, parts.pixels, _mask_of(source, tile, parts))


class _Parts(NamedTuple):
    """Where the parts of a subblock begin, and the bytes of each in their order."""

    start: int
    metadata: int
    pixels: int
    attachment: int


def _parse_parts(source: ByteSource, segment: Segment, raw: bytes) -> _Parts:
    metadata, attachment, pixels = SIZES.unpack_from(raw)
    (ndim,) = NDIM.unpack_from(raw, COPY_OF_ENTRY + NDIM_AT)
    if ndim < 0:
        raise CorruptFileError(
            f"{source.name}: subblock at byte {segment.position}: its entry has {ndim} dimensions"
        )
    header = max(LEAST_HEADER, COPY_OF_ENTRY + entry_size(ndim))
    return _Parts(segment.data + header, metadata, pixels, attachment)


def _mask_of(source: ByteSource, tile: Subblock, parts: _Parts) -> TileMask | None:
    """Return the mask in the attachment of a subblock, if it has one."""
    if not parts.attachment or not _has_chunks(source, parts.start, parts.metadata):
        return None
    start = parts.start + parts.metadata + parts.pixels
    return _find_mask(source, tile, start, start + parts.attachment)


def _has_chunks(source: ByteSource, start: int, nbytes: int) -> bool:
    """Return whether the metadata of a subblock says that its attachment is made of chunks."""
    text = source.read(start, min(nbytes, MOST_METADATA))
    return CHUNKS_MARK in b"".join(text.split())


def _find_mask(source: ByteSource, tile: Subblock, start: int, stop: int) -> TileMask | None:
    """Return the mask of a tile from the chunks of its attachment, if one is there."""
    where = tile.name(source)
    while start + CHUNK.size <= stop:
        guid, nbytes = CHUNK.unpack(source.read(start, CHUNK.size))
        start += CHUNK.size
        if not 0 <= nbytes <= stop - start:
            raise CorruptFileError(f"{where}: a chunk of {nbytes} bytes does not fit in it")
        if guid == MASK_GUID:
            return _parse_mask(source, tile, start, nbytes)
        start += nbytes
    return None


def _parse_mask(source: ByteSource, tile: Subblock, start: int, nbytes: int) -> TileMask:
    where = f"{tile.name(source)}: mask"
    if nbytes < MASK.size:
        raise CorruptFileError(f"{where}: {nbytes} bytes are too few")
    width, height, kind, stride = MASK.unpack(source.read(start, MASK.size))
    if kind != 0:
        raise ImageFileError(f"{where}: kind {kind} is not read")
    if (height, width) != (tile.height, tile.width):
        raise CorruptFileError(
            f"{where}: is {width} x {height} pixels, the subblock {tile.width} x {tile.height}"
        )
    if stride * 8 < width or MASK.size + stride * height > nbytes:
        raise CorruptFileError(f"{where}: {nbytes} bytes are too few for rows of {stride}")
    return TileMask(start + MASK.size, stride)
