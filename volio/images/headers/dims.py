"""The fields dim, pixdim, datatype and bitpix, which Analyze and NIfTI have in common.

``dim[0]`` is the number of axes and ``dim[1:]`` their lengths; ``pixdim[1:]`` are the sizes of a
voxel along them. The functions read and store these fields in any record that has them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from math import isfinite, isinf, nan
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from volio.arrays.dtypes import Array
from volio.arrays.encodings.decimals import decimals, field_decimal
from volio.errors import HeaderDataError
from volio.images.headers.metadata import Metadata
from volio.images.headers.record import Order, Record, native_order, swapped_order
from volio.images.headers.shape_checks import (
    Shape,
    Sizes,
    check_shape,
    check_stored_sizes,
    check_zooms,
)

if TYPE_CHECKING:
    from volio.images.headers.binary import BinaryHeader

__all__ = [
    "DEFAULTS",
    "as_analyze_map",
    "checked_slope",
    "copy_fields",
    "copy_shared_fields",
    "fill_zero_lengths",
    "guessed_endian",
    "read_offset",
    "read_shape",
    "read_stored_zooms",
    "read_texts",
    "read_zooms",
    "set_data_offset",
    "store_shape",
    "store_texts",
    "store_zooms",
]

AnyRecord = TypeVar("AnyRecord", bound=Record)

MOST_AXES = 7

#: Fields of a new header: no axes, float32 (whose code is the same in both), voxel sizes of 1.
DEFAULTS = {"dim": (0, 1, 1, 1, 1, 1, 1, 1), "pixdim": 1, "datatype": 16, "bitpix": 32}

#: Fields that Analyze and NIfTI mean alike and that do not depend on the voxels of the file.
SHARED = (
    "data_type",
    "db_name",
    "extents",
    "session_error",
    "regular",
    "cal_max",
    "cal_min",
    "descrip",
    "aux_file",
)

#: Fields of text that have no word of their own in `Metadata`, and what they are called.
TEXTS = {
    "aux_file": "auxiliary file",
    "db_name": "database name",
    "cal_units": "unit of values",
    "generated": "generation",
    "scannum": "number of the scan",
    "patient_id": "patient",
    "exp_date": "date",
    "exp_time": "time of day",
}


def guessed_endian(cls: type[BinaryHeader], hdr: Any) -> Order:
    """Byte order of a record seen in native order, by its size or number of axes."""
    size = cls.layout.itemsize
    found = hdr["sizeof_hdr"]
    if found == size:
        return native_order
    if found.byteswap() == size:
        return swapped_order
    axes = hdr["dim"][0]
    if not 1 <= axes <= MOST_AXES and 1 <= axes.byteswap() <= MOST_AXES:
        return swapped_order
    return native_order


def read_shape(record: Record) -> Shape:
    """Return the shape of the voxel array; (0,) for a header without axes."""
    dim: Shape = record.unpacked["dim"]
    if not 0 <= dim[0] <= MOST_AXES:
        raise HeaderDataError(f"dim: the number of axes must be 0 to 7, got {dim[0]}")
    return dim[1 : dim[0] + 1] or (0,)


def store_shape(record: Record, value: Sequence[int]) -> None:
    """Store the shape of the voxel array; voxel sizes of axes that are gone become 1."""
    lengths = check_shape(
        value,
        axes=MOST_AXES,
        largest=int(np.iinfo(record["dim"].dtype).max),
        holder=type(record).__name__,
        hint="NIfTI-2 holds longer axes",
    )
    axes_before = int(record["dim"][0])
    record["dim"] = 1
    record["dim"][0] = len(lengths)
    record["dim"][1 : len(lengths) + 1] = lengths
    # The size of a fourth axis that was not there is the repetition time of a volume.
    record["pixdim"][len(lengths) + 1 : axes_before + 1] = 1.0


def fill_zero_lengths(record: Record) -> None:
    """Count lengths of 0 as 1, for a file that has voxels all the same, as niftilib does."""
    axes = int(record["dim"][0])
    lengths = record["dim"][1 : axes + 1]
    record["dim"][1 : axes + 1] = np.where(lengths == 0, 1, lengths)


def read_zooms(header: BinaryHeader) -> Sizes:
    """Return the size of a voxel along each axis, in the header's units."""
    sizes = read_stored_zooms(header)
    return decimals(sizes) if header.layout["pixdim"].base.itemsize == 4 else sizes


def read_stored_zooms(header: BinaryHeader) -> Sizes:
    """Return the size of a voxel along each axis, every bit as it is stored."""
    fields = header.unpacked
    axes = len(header.get_data_shape()) if fields["dim"][0] else 0
    sizes: Sizes = fields["pixdim"][1 : axes + 1]
    return sizes or (1.0,)


def store_zooms(header: BinaryHeader, value: Sequence[float]) -> None:
    """Store the size of a voxel along each axis."""
    sizes = check_zooms(value, len(header.get_data_shape()))
    check_stored_sizes("pixdim", sizes, header.layout["pixdim"].base)
    header["pixdim"][1 : len(sizes) + 1] = sizes


def read_offset(record: Record) -> int:
    """Return the byte at which the voxels begin."""
    stored = record.unpacked["vox_offset"]
    if not isfinite(stored) or stored < 0:
        raise HeaderDataError(f"vox_offset: must be finite and not negative, got {stored}")
    return int(stored)


def set_data_offset(record: Record, offset: int) -> None:
    """Set the byte at which the voxels begin."""
    record["vox_offset"] = offset


def as_analyze_map(record: AnyRecord) -> AnyRecord:
    """Return the fields as a mapping with the names of Analyze: this header."""
    return record


def checked_slope(slope: float | None) -> float:
    """Return a slope as scl_slope has it, NaN for none.

    Raises
    ------
    HeaderDataError
        If it is 0 or infinite.
    """
    stored = nan if slope is None else float(slope)
    if stored == 0 or isinf(stored):
        raise HeaderDataError(f"scl_slope: must not be 0 or infinite, got {stored}")
    return stored


def read_texts(record: Record, basic: Metadata) -> Metadata:
    """Return metadata with the description, the range to show and the texts of a record."""
    window = (field_decimal(record["cal_min"]), field_decimal(record["cal_max"]))
    is_range = any(window) and all(map(isfinite, window))
    others = [
        f"{name} {text}"
        for field, name in TEXTS.items()
        if field in record and (text := _text(record[field]))
    ]
    return replace(
        basic,
        description=_text(record["descrip"]),
        window=window if is_range else (),
        others=tuple(others),
    )


def store_texts(record: Record, metadata: Metadata) -> None:
    """Store description and range to show."""
    if metadata.description != _text(record["descrip"]):
        most = record["descrip"].dtype.itemsize - 1  # the text ends in a zero
        record["descrip"] = metadata.description.encode("latin-1", "replace")[:most]
    if len(metadata.window) == 2:
        record["cal_min"] = metadata.window[0]
        record["cal_max"] = metadata.window[1]


def copy_fields(record: Record, other: Record | Mapping[str, Any], fields: Iterable[str]) -> None:
    """Copy the fields, out of `fields`, that a record and another mapping both have."""
    for field in fields:
        if field in record and field in other:
            value: Any = other[field]
            is_text = isinstance(value, str)
            record[field] = value.encode("latin-1", "replace") if is_text else value


def copy_shared_fields(record: Record, header: object) -> None:
    """Copy from a header what Analyze and NIfTI have in common, where it is one of theirs."""
    as_analyze_map = getattr(header, "as_analyze_map", None)
    if as_analyze_map is not None:
        copy_fields(record, as_analyze_map(), SHARED)


def _text(field: Array) -> str:
    return bytes(field.item()).partition(b"\0")[0].decode("latin-1").strip()
