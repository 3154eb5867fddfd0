"""MRtrix files by nibabel's names, over volio's reader and writer of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from volio.caller import warn_caller
from volio.compat.nibabel.streamlines.header import Field
from volio.compat.nibabel.streamlines.lines import (
    in_world,
    items_of,
    rounding_of,
    tractogram_of,
)
from volio.compat.nibabel.streamlines.places import (
    begins_with,
    data_errors,
    holder_of,
    position_kept,
    start_of,
)
from volio.compat.nibabel.streamlines.tractogram import LazyTractogram
from volio.compat.nibabel.streamlines.tractogram_file import (
    DataWarning,
    HeaderWarning,
    TractogramFile,
)
from volio.errors import HeaderDataError, TruncatedFileError
from volio.files.opener import open_for_write, open_source
from volio.files.sources.source import ByteSource
from volio.formats.tck.header import TckHeader
from volio.formats.tck.reading import TckLines
from volio.formats.tck.writing import write_lines
from volio.images.headers.error_context import errors_name
from volio.tracts.lines import LineLayout
from volio.tracts.sources import HeldLines

__all__ = ["TckFile"]

HeaderDict: TypeAlias = dict[str, Any]

#: Keys that files have a place of their own for, or none.
NOT_TEXTS = {
    Field.MAGIC_NUMBER,
    Field.NB_STREAMLINES,
    Field.ENDIANNESS,
    Field.VOXEL_TO_RASMM,
    "count",
    "datatype",
    "file",
}


class CompactHeader(TckHeader):
    """A header without bytes between its end and the first point, as nibabel writes it."""

    alignment = 1


class TckFile(TractogramFile):
    """A tractogram in a file of MRtrix.

    Parameters
    ----------
    tractogram : Tractogram
    header : dict, optional
        Its texts are written.
    """

    MAGIC_NUMBER = b"mrtrix tracks"
    SUPPORTS_DATA_PER_POINT = False
    SUPPORTS_DATA_PER_STREAMLINE = False

    FIBER_DELIMITER = np.full((1, 3), np.nan, "<f4")
    EOF_DELIMITER = np.full((1, 3), np.inf, "<f4")

    @classmethod
    def is_correct_format(cls, fileobj: Any) -> bool:
        """Return whether a file is one of MRtrix's tracks; an open one stays where it stands."""
        return begins_with(fileobj, cls.MAGIC_NUMBER)

    @classmethod
    def create_empty_header(cls) -> HeaderDict:
        """Return the header of a file without streamlines."""
        return {
            Field.MAGIC_NUMBER: cls.MAGIC_NUMBER,
            Field.NB_STREAMLINES: 0,
            "datatype": "Float32LE",
        }

    @classmethod
    def load(cls, fileobj: Any, lazy_load: bool = False) -> TckFile:
        """Load a file; points come in scanner RAS+ mm.

        Parameters
        ----------
        fileobj : str, path-like or binary file object
            An open file stays where it stands, at the beginning of the header.
        lazy_load : bool, optional
            Read streamlines when they are asked for, not now.

        Raises
        ------
        HeaderError
            If the header makes no sense.
        DamagedDataError
            If the row that ends the file is missing.

        Warns
        -----
        HeaderWarning
            If the header lacks a field.
        """
        with position_kept(fileobj):
            source = open_source(holder_of(fileobj))
            header, record = cls._read_both(source, start_of(fileobj))
            lines = TckLines(source, record)
            if not lazy_load:
                with data_errors():
                    held = lines.read()
                header[Field.NB_STREAMLINES] = len(held)
                return cls(tractogram_of(held), header)

        def items() -> Any:
            with position_kept(fileobj), data_errors():
                yield from items_of(lines.blocks(), count)

        def count(number: int) -> None:
            header[Field.NB_STREAMLINES] = number

        tractogram = LazyTractogram.from_data_func(items)
        tractogram.affine_to_rasmm = np.eye(4)
        return cls(tractogram, header)

    @classmethod
    def _read_header(cls, fileobj: Any) -> HeaderDict:
        with position_kept(fileobj):
            return cls._read_both(open_source(holder_of(fileobj)), start_of(fileobj))[0]

    @classmethod
    def _read(
        cls, fileobj: Any, header: Mapping[str, Any], buffer_size: float = 4
    ) -> Iterator[NDArray[Any]]:
        """Yield the points of one streamline after the other; `buffer_size` is in MiB."""
        source = open_source(holder_of(fileobj))
        with errors_name(source):
            record = TckHeader.read(source)
        points = int(buffer_size * 2**20) // (3 * record.dtype.itemsize)
        with data_errors():
            for block in TckLines(source, record).blocks(max(points, 1)):
                for start, length in zip(block.starts, block.lengths, strict=True):
                    yield block.points[start : start + length]

    @classmethod
    def _read_both(cls, source: ByteSource, start: int) -> tuple[HeaderDict, TckHeader]:
        """Return the header as a dictionary, and as the reader wants it."""
        with errors_name(source):
            try:
                record = TckHeader.read(source)
            except TruncatedFileError as error:  # nibabel's programs catch errors of headers
                raise HeaderDataError(str(error)) from error
        assumed = {"datatype": "Float32LE", "file": f". {record.offset}"}
        for field in record.missing:
            warn_caller(f"Missing {field!r}: {assumed[field]} is assumed", HeaderWarning)
        header: HeaderDict = {Field.MAGIC_NUMBER: cls.MAGIC_NUMBER, **record.fields}
        for field in record.missing:
            header[field] = assumed[field]
        header[Field.ENDIANNESS] = record.dtype.str[0]
        header["_dtype"] = record.dtype
        header["_offset_data"] = start + record.offset
        header[Field.VOXEL_TO_RASMM] = np.eye(4)
        return header, record.copy()

    def save(self, fileobj: Any) -> None:
        """Save the tractogram as float32 in little-endian byte order.

        Parameters
        ----------
        fileobj : str, path-like or binary file object
            The ending ``.gz`` compresses.

        Raises
        ------
        UsageError
            If the space of the points is not known.
        HeaderDataError
            If a key has a colon or more than one line.

        Warns
        -----
        DataWarning
            If there are values per point or per streamline, which are not written.
        """
        lines = in_world(self.tractogram)
        _warn_of_values(lines.layout)
        texts = {key: str(text) for key, text in self.header.items() if _is_text(key)}
        rounding = rounding_of("tck")
        with open_for_write([holder_of(fileobj)]) as (stream,):
            if not hasattr(stream, "write_at"):  # counted first, and then gone through again
                lines = HeldLines(lines.read())
            write_lines(stream, CompactHeader(texts), lines, [], rounding)
        rounding.warn()

    def __str__(self) -> str:
        return "\n".join(f"{key}: {text}" for key, text in self.header.items() if key[0] != "_")


def _is_text(key: str) -> bool:
    return key not in NOT_TEXTS and not key.startswith("_")


def _warn_of_values(layout: LineLayout) -> None:
    for what, columns in (("streamline", layout.per_line), ("point", layout.per_point)):
        if columns:
            names = ", ".join(columns)
            warn_caller(f"values per {what} have no place in .tck: {names}", DataWarning)
