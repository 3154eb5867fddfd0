"""TrackVis files by nibabel's names, over volio's reader and writer of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.caller import warn_caller
from volio.compat.nibabel.streamlines.header import Field
from volio.compat.nibabel.streamlines.lines import (
    lines_of,
    rounding_of,
)
from volio.compat.nibabel.streamlines.lines_file import (
    HeaderDict,
    LinesFile,
    OpenedLines,
    opened_for_lines,
)
from volio.compat.nibabel.streamlines.tractogram_file import HeaderWarning
from volio.errors import HeaderDataError, UsageError
from volio.files.sources.source import ByteSource
from volio.formats.trk.header import HEADER, TrkHeader
from volio.formats.trk.reading import TrkLines
from volio.formats.trk.writing import write_lines
from volio.images.headers.error_context import errors_name
from volio.images.headers.record import BYTE_ORDERS, native_order, swapped_order
from volio.numerals import is_count
from volio.tracts.lines import LineLayout

__all__ = [
    "MAX_NB_NAMED_PROPERTIES_PER_STREAMLINE",
    "MAX_NB_NAMED_SCALARS_PER_POINT",
    "TrkFile",
    "decode_value_from_name",
    "encode_value_in_name",
    "get_affine_rasmm_to_trackvis",
    "get_affine_trackvis_to_rasmm",
    "header_2_dtd",
    "header_2_dtype",
]

MAX_NB_NAMED_SCALARS_PER_POINT = 10
MAX_NB_NAMED_PROPERTIES_PER_STREAMLINE = 10

#: Names of fields in these headers, where they are not those of `TrkHeader`.
NAMES = {
    "id_string": Field.MAGIC_NUMBER,
    "dim": Field.DIMENSIONS,
    "voxel_size": Field.VOXEL_SIZES,
    "origin": Field.ORIGIN,
    "n_scalars": Field.NB_SCALARS_PER_POINT,
    "n_properties": Field.NB_PROPERTIES_PER_STREAMLINE,
    "vox_to_ras": Field.VOXEL_TO_RASMM,
    "n_count": Field.NB_STREAMLINES,
}


def _field(name: str) -> tuple[Any, ...]:
    """Return the name, type and shape of a field; flags are bytes here, not numbers."""
    found = HEADER[name]
    base = "S1" if found.base == np.uint8 else found.base.newbyteorder("=")
    shape = (found.shape,) if found.shape else ()
    return (NAMES.get(name, name), np.dtype(base).str.lstrip("|"), *shape)


header_2_dtd = [_field(name) for name in HEADER.names or ()]
header_2_dtype = np.dtype(header_2_dtd)


def encode_value_in_name(value: int, name: str, max_name_len: int = 20) -> bytes:
    """Return a name of values as it is in a header, with their number where it is above 1.

    Parameters
    ----------
    value : int
        Values of each point or streamline.
    name : str
    max_name_len : int, optional
        Bytes of the field.

    Raises
    ------
    UsageError
        If the name does not fit, or is not of Latin-1.
    """
    text = name if value <= 1 else f"{name}\0{value}"
    try:
        encoded = text.encode("latin-1")
    except UnicodeEncodeError:
        raise UsageError(f"{name!r}: must be of letters of Latin-1") from None
    if len(encoded) > max_name_len:
        room = max_name_len - (len(encoded) - len(name))
        raise UsageError(f"{name!r}: must be at most {room} letters for {value} values each")
    return encoded.ljust(max_name_len, b"\0")


def decode_value_from_name(encoded_name: bytes) -> tuple[str, int]:
    """Return a name of values in a header, and how many each point or streamline has.

    Raises
    ------
    HeaderDataError
        If something else follows the name than a number.
    """
    parts = bytes(encoded_name).decode("latin-1").rstrip("\0").split("\0")
    if len(parts) > 2:
        raise HeaderDataError(f"name of values: must be a name and a number, got {encoded_name!r}")
    if not parts[0] and len(parts) == 1:
        return "", 0
    if len(parts) == 2 and not is_count(parts[1]):
        raise HeaderDataError(f"{parts[0]}: must be followed by a number, got {parts[1]!r}")
    return parts[0], int(parts[1]) if len(parts) == 2 else 1


def _record_of(header: Any) -> TrkHeader:
    """Return the header of a file from a dictionary or a record of fields.

    Raises
    ------
    HeaderDataError
        If the fields make no sense.
    """
    record = TrkFile._default_structarr("little")
    known = header.dtype.names if hasattr(header, "dtype") else header
    for name in set(known) & set(header_2_dtype.names or ()):
        record[name] = header[name]
    if not record[Field.VOXEL_ORDER].item().strip(b"\0"):
        record[Field.VOXEL_ORDER] = b"LPS"
    # A file of version 1 would have no affine.
    record["version"] = max(2, int(record["version"]))
    return TrkHeader(record.tobytes(), "<")


def get_affine_trackvis_to_rasmm(header: Any) -> NDArray[np.float32]:
    """Return the affine from the coordinates of a file to scanner RAS+ mm.

    Parameters
    ----------
    header : dict or record
        With the fields of `header_2_dtype`.

    Returns
    -------
    array of float32, shape (4, 4)

    Raises
    ------
    HeaderDataError
        If the fields make no sense.
    """
    return _record_of(header).world_affine().astype(np.float32)


def get_affine_rasmm_to_trackvis(header: Any) -> NDArray[Any]:
    """Return the affine from scanner RAS+ mm to the coordinates of a file, shape (4, 4)."""
    return np.linalg.inv(get_affine_trackvis_to_rasmm(header))


class TrkFile(LinesFile):
    """A tractogram in a TrackVis file.

    Parameters
    ----------
    tractogram : Tractogram
    header : dict, optional
        With the fields of `header_2_dtype`; others are ignored.
    """

    MAGIC_NUMBER = b"TRACK"
    HEADER_SIZE = HEADER.itemsize
    SUPPORTS_DATA_PER_POINT = True
    SUPPORTS_DATA_PER_STREAMLINE = True

    @classmethod
    def _default_structarr(cls, endianness: str | None = None) -> NDArray[Any]:
        order = native_order if endianness is None else BYTE_ORDERS[endianness]
        record = np.zeros((), header_2_dtype.newbyteorder(order))
        for name, value in TrkHeader.defaults.items():
            record[NAMES.get(name, name)] = value
        record[Field.MAGIC_NUMBER] = cls.MAGIC_NUMBER
        return record

    @classmethod
    def create_empty_header(cls, endianness: str | None = None) -> HeaderDict:
        """Return the header of a file without streamlines."""
        record = cls._default_structarr(endianness)
        return dict(zip(record.dtype.names or (), record.tolist(), strict=True))

    @classmethod
    def _open(cls, source: ByteSource, start: int) -> OpenedLines:
        with errors_name(source):
            block = source.read(0, HEADER.itemsize)
            record = TrkHeader(block)
            stored = np.frombuffer(block, header_2_dtype.newbyteorder(record.endianness))
            header = dict(
                zip(
                    header_2_dtype.names or (),
                    stored.astype(header_2_dtype)[0],
                    strict=True,
                )
            )
            _check_names(header)
        if int(header["version"]) == 3:
            warn_caller("version: 3 is read as 2; what is new in it is not known", HeaderWarning)
        if not record.has_affine:
            header[Field.VOXEL_TO_RASMM] = np.eye(4, dtype=np.float32)
            warn_caller(
                "vox_to_ras: is not recorded, so that the identity is assumed", HeaderWarning
            )
        if not header[Field.VOXEL_ORDER]:
            header[Field.VOXEL_ORDER] = b"LPS"
            warn_caller("voxel_order: is empty, so that LPS is assumed", HeaderWarning)
        is_native = np.dtype(f"{record.endianness}i4").isnative
        header[Field.ENDIANNESS] = native_order if is_native else swapped_order
        header["_offset_data"] = start + HEADER.itemsize
        lines = TrkLines(source, record.copy(), record.world_affine())
        return OpenedLines(header, lines)

    def save(self, fileobj: Any) -> None:
        """Save the tractogram, in little-endian byte order.

        Parameters
        ----------
        fileobj : str, path-like or binary file object
            The ending ``.gz`` compresses.

        Raises
        ------
        UsageError
            If the space of the points is not known, there are more than ten names of values per
            point or per streamline, or names are too long.
        ImageDataError
            If values are not the same number for each point or streamline.

        Warns
        -----
        PrecisionWarning
            If float32 changes values by half a unit or more.
        """
        affine = self.tractogram.checked_affine()
        lines = lines_of(self.tractogram)
        header = _record_of(self.header)
        _set_names(header, lines.layout)
        to_file = np.linalg.inv(header.world_affine()) @ affine
        rounding = rounding_of("trk")
        with opened_for_lines(fileobj, lines) as (stream, written):
            write_lines(stream, header, written, to_file, rounding)
        rounding.warn()

    def __str__(self) -> str:
        fields = {name: _shown(value) for name, value in self.header.items()}
        return "\n".join(f"{name}: {text}" for name, text in fields.items() if name[0] != "_")


def _check_names(header: HeaderDict) -> None:
    """Check that at most one text follows each name of values; what is not a number is ignored.

    Raises
    ------
    HeaderDataError
        If there are more.
    """
    for field, count in (
        ("scalar_name", Field.NB_SCALARS_PER_POINT),
        ("property_name", Field.NB_PROPERTIES_PER_STREAMLINE),
    ):
        for name in header[field].tolist() if header[count] > 0 else ():
            if name.count(b"\0") > 1:
                raise HeaderDataError(f"{field}: must be a name and a number, got {name!r}")


def _shown(value: Any) -> str:
    """Return a field as text: names without the zeros that fill them."""
    if isinstance(value, bytes):
        return value.rstrip(b"\0").replace(b"\0", b" x ").decode("latin-1")
    if isinstance(value, np.ndarray) and value.dtype.kind == "S":
        return ", ".join(_shown(name) for name in value.tolist() if name)
    return str(value.tolist() if isinstance(value, np.ndarray) else value)


def _set_names(header: TrkHeader, layout: LineLayout) -> None:
    """Set the names and numbers of values.

    Raises
    ------
    UsageError
        If there is no room for them.
    """
    for field, columns in (
        ("scalar_name", layout.per_point),
        ("property_name", layout.per_line),
    ):
        room = len(header[field])
        if len(columns) > room:
            raise UsageError(f"{field}: at most {room} names fit, got {len(columns)}")
        names = [(name, max(column.width, 1)) for name, column in columns.items()]
        for name, width in names:
            encode_value_in_name(width, name)
        header.set_names(field, names)
