"""Scaffold points (.psk): the smallest complete format without volumes, to start a new one from.

Source: this module; a real one names the definition of the format here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.errors import HeaderDataError
from volio.files.filemap import FileHolder
from volio.files.limits import check_declared
from volio.files.opener import open_for_write, open_source
from volio.images.file_image import FileImage
from volio.images.headers.checks import value_check
from volio.images.headers.error_context import errors_name
from volio.images.headers.record import Record, record_layout

__all__ = ["HEADER", "ScaffoldHeader", "ScaffoldImage"]

HEADER = record_layout("""
S4  magic # "PSK1"
<u4 count # number of points
""")

POINT = np.dtype(("<f4", (3,)))  # x, y, z: RAS+ mm


class ScaffoldHeader(Record):
    """The header of scaffold points.

    Parameters
    ----------
    binaryblock : bytes, optional
        The bytes of the header (default: those of no points).
    endianness : str, optional
        Byte order: there is none but '<'.
    check : bool
        Check the fields.

    Raises
    ------
    HeaderDataError
        If the fields make no sense.
    """

    layout = HEADER
    byte_orders = ("<",)
    defaults = {"magic": b"PSK1"}
    checks = (value_check("magic", b"PSK1"),)

    @classmethod
    def from_header(cls, header: Any = None, check: bool = True) -> Self:
        """Return a copy of a header of this class; of others nothing is taken over."""
        return header.copy() if isinstance(header, cls) else cls()


class ScaffoldImage(FileImage):
    """Scaffold points, .psk.

    Parameters
    ----------
    points : array-like, shape (n, 3)
        RAS+ mm; stored as float32.
    header, extra, file_map
        As for `FileImage`.

    Raises
    ------
    HeaderDataError
        If the points are not of shape (n, 3).
    """

    header_class = ScaffoldHeader
    kind = "surface"
    files_types = (("image", ".psk"),)

    def __init__(
        self,
        points: ArrayLike,
        header: Any = None,
        extra: Mapping[str, Any] | None = None,
        file_map: Mapping[str, FileHolder] | None = None,
    ) -> None:
        super().__init__(header, extra, file_map)
        self.points: NDArray[np.float32] = np.array(points, np.float32)
        if self.points.ndim != 2 or self.points.shape[1] != 3:
            raise HeaderDataError(f"points: must have shape (n, 3), got {self.points.shape}")

    @classmethod
    def from_file_map(cls, file_map: Mapping[str, FileHolder]) -> Self:
        """Load points from their file; all of them are read.

        Raises
        ------
        TruncatedFileError, HeaderDataError
            If the file ends early, or its header makes no sense.
        """
        source = open_source(file_map["image"])
        with errors_name(source):
            header = ScaffoldHeader(source.read(0, HEADER.itemsize))
            count = int(header["count"])
            need = count * POINT.itemsize
            check_declared(source, HEADER.itemsize + need, f"{count} points")
            points = np.frombuffer(source.read(HEADER.itemsize, need), POINT)
        return cls(points, header, file_map=file_map)

    @classmethod
    def from_image(cls, img: Any) -> Self:
        """Return the points of an image of another class."""
        return cls(img.points, img.header, img.extra)

    def to_file_map(
        self,
        file_map: Mapping[str, FileHolder] | None = None,
        *,
        compression: str | int | None = None,
    ) -> None:
        """Save the points to their file."""
        self.header["count"] = len(self.points)
        holder = (file_map or self.file_map)["image"]
        with open_for_write([holder], compression) as (stream,):
            stream.write(self.header.binaryblock)
            stream.write(self.points.astype(POINT.base).tobytes())
