"""DimHeader: headers with dim[8], pixdim[8], datatype and bitpix, as Analyze and NIfTI have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from math import isfinite
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from volio.errors import HeaderDataError
from volio.images.headers.binary import BinaryHeader
from volio.images.headers.checks import Check, known_code_check
from volio.images.headers.metadata import Metadata
from volio.images.headers.record import Order, native_order, swapped_order
from volio.images.headers.shape_checks import check_shape
from volio.images.headers.spatial import check_zooms

__all__ = ["DIM_CHECKS", "LARGEST", "DimHeader"]

#: The largest number that a place or a size may be, in headers of double precision too.
LARGEST = float(np.finfo(np.float32).max)

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


class DimHeader(BinaryHeader):
    """A header whose fields `dim`, `pixdim`, `datatype` and `bitpix` say shape, zooms and dtype.

    ``dim[0]`` is the number of axes and ``dim[1:]`` their lengths; ``pixdim[1:]`` are the sizes
    of a voxel along them.
    """

    sizeof_hdr: ClassVar[int]
    type_field = "datatype"
    bits_field = "bitpix"

    @classmethod
    def default_structarr(cls, endianness: str | None = None) -> NDArray[Any]:
        """Return the record of a fresh header: no axes, float32, voxels of 1."""
        record = super().default_structarr(endianness)
        record["sizeof_hdr"] = cls.sizeof_hdr
        record["dim"] = 1
        record["dim"][0] = 0
        record["pixdim"] = 1
        record["datatype"] = cls.data_types.code[np.dtype(np.float32)]
        record["bitpix"] = 32
        return record

    @classmethod
    def guessed_endian(cls, hdr: Any) -> Order:
        """Byte order of a record seen in native order: by its number of axes, then its size."""
        size = hdr["sizeof_hdr"]
        if size == cls.sizeof_hdr:
            return native_order
        if size.byteswap() == cls.sizeof_hdr:
            return swapped_order
        axes = hdr["dim"][0]
        return native_order if 1 <= axes <= 7 or not 1 <= axes.byteswap() <= 7 else swapped_order

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the voxel array; (0,) for a header without axes."""
        return self._read_shape()

    @shape.setter
    def shape(self, value: Sequence[int]) -> None:
        self._store_shape([int(length) for length in value])

    def _read_shape(self) -> tuple[int, ...]:
        dim: tuple[int, ...] = self.plain["dim"]
        if not 0 <= dim[0] <= 7:
            raise HeaderDataError(f"dim: the number of axes must be 0 to 7, got {dim[0]}")
        return dim[1 : dim[0] + 1] or (0,)

    def _store_shape(self, lengths: list[int]) -> None:
        largest = int(np.iinfo(self["dim"].dtype).max)
        holder, hint = type(self).__name__, "NIfTI-2 holds longer axes"
        check_shape(lengths, axes=7, largest=largest, holder=holder, hint=hint)
        self["dim"] = 1
        self["dim"][0] = len(lengths)
        self["dim"][1 : len(lengths) + 1] = lengths
        self["pixdim"][len(lengths) + 1 :] = 1.0

    @property
    def zooms(self) -> tuple[float, ...]:
        """Size of a voxel along each axis, in the header's units."""
        plain = self.plain
        axes = len(self.get_data_shape()) if plain["dim"][0] else 0
        return plain["pixdim"][1 : axes + 1] or (1.0,)

    @zooms.setter
    def zooms(self, value: Sequence[float]) -> None:
        sizes = check_zooms(value, len(self.get_data_shape()))
        self["pixdim"][1 : len(sizes) + 1] = sizes

    @property
    def offset(self) -> int:
        """Byte at which the voxels begin."""
        stated = self.plain["vox_offset"]
        if not isfinite(stated) or stated < 0:
            raise HeaderDataError(f"vox_offset: must be finite and not negative, got {stated}")
        return int(stated)

    def set_data_offset(self, offset: int) -> None:
        """Set the byte at which the voxels begin."""
        self["vox_offset"] = offset

    def as_analyze_map(self) -> Self:
        """Return the fields as a mapping with the names of Analyze: this header."""
        return self

    def copy_from(self, header: Any) -> None:
        """Take from another format's header what this one can hold."""
        if hasattr(header, "as_analyze_map"):
            self.take_over_fields(header.as_analyze_map(), SHARED)
        super().copy_from(header)

    def metadata(self) -> Metadata:
        """Return what the header says beside shape, dtype and place."""
        found = super().metadata()
        window = tuple(float(self[field]) for field in ("cal_min", "cal_max"))
        return replace(
            found,
            description=_text(self["descrip"]),
            window=window if any(window) else (),
            others=tuple(f"{what} {text}" for what, text in self._texts()),
        )

    def _texts(self) -> Iterator[tuple[str, str]]:
        """Yield what no other format has a word for: what it is, and what it says."""
        for field, what in TEXTS.items():
            if field in self and (text := _text(self[field])):
                yield what, text

    def set_metadata(self, metadata: Metadata) -> None:
        """Take description and range to show."""
        if metadata.description != _text(self["descrip"]):
            most = self["descrip"].dtype.itemsize - 1
            self["descrip"] = metadata.description.encode("latin-1", "replace")[:most]
        if len(metadata.window) == 2:
            self["cal_min"], self["cal_max"] = metadata.window

    def take_over_fields(self, header: Any, fields: Iterable[str]) -> None:
        """Copy the fields that this header and another mapping both have, out of `fields`."""
        for field in fields:
            if field in self and field in header:
                self[field] = header[field]


def _text(field: NDArray[Any]) -> str:
    return bytes(field.item()).partition(b"\0")[0].decode("latin-1").strip()


def _size_problem(header: DimHeader) -> str | None:
    size = header.plain["sizeof_hdr"]
    return None if size == header.sizeof_hdr else f"should be {header.sizeof_hdr}, got {size}"


def _mend_size(header: DimHeader) -> str:
    header["sizeof_hdr"] = header.sizeof_hdr
    return f"set to {header.sizeof_hdr}"


def _dim_problem(header: DimHeader) -> str | None:
    axes = header.plain["dim"][0]
    if not 0 <= axes <= 7:
        return f"the number of axes must be 0 to 7, got {axes}"
    try:
        shape = header.get_data_shape()
    except HeaderDataError as error:
        return str(error)
    return f"lengths must not be negative, got {shape}" if min(shape) < 0 else None


def _bitpix_problem(header: DimHeader) -> str | None:
    code = header.plain["datatype"]
    if code not in header.data_types:
        return None
    bits = header.data_types.dtype[code].itemsize * 8
    found = header.plain["bitpix"]
    return None if found == bits or not bits else f"should be {bits} for this datatype, got {found}"


def _mend_bitpix(header: DimHeader) -> str:
    header["bitpix"] = header.data_types.dtype[int(header["datatype"])].itemsize * 8
    return f"set to {int(header['bitpix'])}"


def _pixdim_problem(header: DimHeader) -> str | None:
    bad = [size for size in header.plain["pixdim"][1:4] if not 0 <= size <= LARGEST]
    return f"voxel sizes must be finite and not negative, got {bad}" if bad else None


def _mend_pixdim(header: DimHeader) -> str:
    sizes = [abs(size) for size in header["pixdim"][1:4].tolist()]
    header["pixdim"][1:4] = [size if 0 < size <= LARGEST else 1.0 for size in sizes]
    return f"set to {[float(size) for size in header['pixdim'][1:4]]}"


def _pixdim_zero(header: DimHeader) -> str | None:
    return "voxel sizes should not be zero" if 0 in header.plain["pixdim"][1:4] else None


#: Checks that Analyze and NIfTI headers share.
DIM_CHECKS: tuple[Check, ...] = (
    Check("sizeof_hdr", _size_problem, 30, _mend_size),
    Check("dim", _dim_problem, 40),
    known_code_check("datatype"),
    Check("bitpix", _bitpix_problem, 10, _mend_bitpix),
    Check("pixdim", _pixdim_problem, 35, _mend_pixdim),
    Check("pixdim", _pixdim_zero, 30, _mend_pixdim),
)
