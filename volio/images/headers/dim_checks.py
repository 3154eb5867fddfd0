"""Checks that the headers of Analyze and NIfTI have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

import numpy as np

from volio.arrays.dtypes import Array
from volio.codes import Recoder
from volio.errors import GeometryWarning, HeaderDataError
from volio.images.headers.checks import Check, Problem, known_code_check
from volio.images.headers.shape_checks import Shape

__all__ = ["DIM_CHECKS", "LARGEST"]

#: The largest number that a position or a size may be, in headers of double precision too.
LARGEST = float(np.finfo(np.float32).max)


class DimFields(Protocol):
    """A header with the fields of Analyze and NIfTI, and the size that its record must have."""

    sizeof_hdr: ClassVar[int]
    data_types: ClassVar[Recoder]

    @property
    def unpacked(self) -> Mapping[str, Any]: ...
    def get_data_shape(self) -> Shape: ...
    def __getitem__(self, field: str) -> Array: ...
    def __setitem__(self, field: str, value: Any) -> None: ...


def _size_problem(header: DimFields) -> Problem:
    size = header.unpacked["sizeof_hdr"]
    return None if size == header.sizeof_hdr else f"should be {header.sizeof_hdr}, got {size}"


def _repair_size(header: DimFields) -> str:
    header["sizeof_hdr"] = header.sizeof_hdr
    return f"set to {header.sizeof_hdr}"


def _negative_lengths(header: DimFields) -> Problem:
    """Find negative lengths after that of the first axis, which NIfTI's reader counts as 1."""
    dim = header.unpacked["dim"]
    bad = [length for length in dim[2 : dim[0] + 1] if length < 0] if 0 < dim[0] <= 7 else []
    return f"lengths must not be negative, got {bad}" if bad else None


def _repair_lengths(header: DimFields) -> str:
    lengths = header["dim"][2 : int(header["dim"][0]) + 1]
    lengths[lengths < 0] = 1
    return "they count as 1"


def _dim_problem(header: DimFields) -> Problem:
    axes = header.unpacked["dim"][0]
    if not 0 <= axes <= 7:
        return f"the number of axes must be 0 to 7, got {axes}"
    try:
        shape = header.get_data_shape()
    except HeaderDataError as error:
        return str(error)
    return f"lengths must not be negative, got {shape}" if shape[0] < 0 else None


def _bitpix_problem(header: DimFields) -> Problem:
    code = header.unpacked["datatype"]
    if code not in header.data_types:
        return None
    bits = header.data_types.dtype[code].itemsize * 8
    found = header.unpacked["bitpix"]
    return None if found == bits or not bits else f"should be {bits} for this datatype, got {found}"


def _repair_bitpix(header: DimFields) -> str:
    header["bitpix"] = header.data_types.dtype[int(header["datatype"])].itemsize * 8
    return f"set to {int(header['bitpix'])}"


def _pixdim_problem(header: DimFields) -> Problem:
    bad = [size for size in header.unpacked["pixdim"][1:4] if not 0 <= size <= LARGEST]
    return f"voxel sizes must be finite and not negative, got {bad}" if bad else None


def _pixdim_zero(header: DimFields) -> Problem:
    axes = min(3, header.unpacked["dim"][0])
    has_zero = 0 in header.unpacked["pixdim"][1 : axes + 1]
    return "voxel sizes should not be zero" if has_zero else None


def _pixdim_zero_beyond(header: DimFields) -> Problem:
    is_zero = 0 in header.unpacked["pixdim"][1:4] and _pixdim_zero(header) is None
    return "voxel sizes should not be zero, of axes that are not there" if is_zero else None


def _repair_pixdim(header: DimFields) -> str:
    sizes = [abs(size) for size in header["pixdim"][1:4].tolist()]
    header["pixdim"][1:4] = [size if 0 < size <= LARGEST else 1.0 for size in sizes]
    return f"set to {[float(size) for size in header['pixdim'][1:4]]}"


#: Checks that Analyze and NIfTI headers share.
DIM_CHECKS: tuple[Check, ...] = (
    Check("sizeof_hdr", _size_problem, 30, _repair_size),
    Check("dim", _negative_lengths, 35, _repair_lengths, GeometryWarning),
    Check("dim", _dim_problem, 40),
    known_code_check("datatype"),
    Check("bitpix", _bitpix_problem, 10, _repair_bitpix),
    Check("pixdim", _pixdim_problem, 35, _repair_pixdim, GeometryWarning),
    Check("pixdim", _pixdim_zero, 30, _repair_pixdim, GeometryWarning),
    Check("pixdim", _pixdim_zero_beyond, 30, _repair_pixdim),
)
