"""MRtrix files by nibabel's names, over volio's reader and writer of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.caller import warn_caller
from volio.compat.nibabel.streamlines.header import Field
from volio.compat.nibabel.streamlines.lines import (
    in_world,
    rounding_of,
)
from volio.compat.nibabel.streamlines.lines_file import (
    HeaderDict,
    LinesFile,
    OpenedLines,
    opened_for_lines,
)
from volio.compat.nibabel.streamlines.places import (
    data_errors,
    holder_of,
)
from volio.compat.nibabel.streamlines.tractogram_file import (
    DataWarning,
    HeaderWarning,
)
from volio.errors import HeaderDataError, TruncatedFileError
from volio.files.opener import open_source
from volio.files.sources.source import ByteSource
from volio.formats.tck.header import TckHeader
from volio.formats.tck.reading import TckLines
from volio.formats.tck.writing import write_lines
from volio.images.headers.error_context import errors_name
from volio.tracts.lines import LineLayout

__all__ = ["TckFile"]

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


class TckFile(LinesFile):
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
    def create_empty_header(cls) -> HeaderDict:
        """Return the header of a file without streamlines."""
        return {
            Field.MAGIC_NUMBER: cls.MAGIC_NUMBER,
            Field.NB_STREAMLINES: 0,
            "datatype": "Float32LE",
        }

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
    def _open(cls, source: ByteSource, start: int) -> OpenedLines:
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
        return OpenedLines(header, TckLines(source, record.copy()))

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
        with opened_for_lines(fileobj, lines) as (stream, written):
            write_lines(stream, CompactHeader(texts), written, [], rounding)
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
