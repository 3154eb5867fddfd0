"""The NIfTI-1 header: fields, space, time, intent, scaling, extensions.

Source: nifti1.h, https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, BinaryIO, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from volio.errors import HeaderDataError
from volio.formats.nifti1.checks import NIFTI_CHECKS
from volio.formats.nifti1.codes import (
    data_type_codes,
    intent_codes,
    slice_order_codes,
    xform_codes,
)
from volio.formats.nifti1.exchange import Exchange
from volio.formats.nifti1.extensions import Nifti1Extensions
from volio.images.headers.checks import Check
from volio.images.headers.dims import DIM_CHECKS, DimHeader
from volio.images.headers.record import native_order

__all__ = ["HEADER", "Nifti1Header", "Nifti1PairHeader"]

HEADER = np.dtype(
    [
        ("sizeof_hdr", "i4"),  # 348
        ("data_type", "S10"),  # unused, from Analyze
        ("db_name", "S18"),  # unused
        ("extents", "i4"),  # unused
        ("session_error", "i2"),  # unused
        ("regular", "S1"),  # unused
        ("dim_info", "u1"),  # frequency, phase and slice axis, two bits each
        ("dim", "i2", (8,)),  # number of axes, then their lengths
        ("intent_p1", "f4"),  # parameters of the intent
        ("intent_p2", "f4"),
        ("intent_p3", "f4"),
        ("intent_code", "i2"),  # what the voxels mean
        ("datatype", "i2"),  # kind of voxel
        ("bitpix", "i2"),  # bits of a voxel
        ("slice_start", "i2"),  # first slice that was acquired
        ("pixdim", "f4", (8,)),  # qfac (-1 or 1), then the size of a voxel along each axis
        ("vox_offset", "f4"),  # byte at which the voxels begin
        ("scl_slope", "f4"),  # value = stored * slope + inter, unless slope is 0
        ("scl_inter", "f4"),
        ("slice_end", "i2"),  # last slice that was acquired
        ("slice_code", "u1"),  # order of the slices
        ("xyzt_units", "u1"),  # unit of space + unit of time
        ("cal_max", "f4"),  # display range
        ("cal_min", "f4"),
        ("slice_duration", "f4"),  # time for one slice
        ("toffset", "f4"),  # time of the first volume
        ("glmax", "i4"),  # unused; FreeSurfer keeps the length of long vectors in glmin
        ("glmin", "i4"),
        ("descrip", "S80"),  # free text
        ("aux_file", "S24"),  # name of another file
        ("qform_code", "i2"),  # space of the quaternion
        ("sform_code", "i2"),  # space of the srow affine
        ("quatern_b", "f4"),  # rotation, as three of the four parts of a unit quaternion
        ("quatern_c", "f4"),
        ("quatern_d", "f4"),
        ("qoffset_x", "f4"),  # RAS+ mm of the first voxel's centre
        ("qoffset_y", "f4"),
        ("qoffset_z", "f4"),
        ("srow_x", "f4", (4,)),  # rows of the affine, voxels to RAS+ mm
        ("srow_y", "f4", (4,)),
        ("srow_z", "f4", (4,)),
        ("intent_name", "S16"),  # name of the data
        ("magic", "S4"),  # "n+1" for one file, "ni1" for a pair
    ]
).newbyteorder("<")


#: Fields that a header does not take from another one, for they say how its own file lies.
OWN = ("sizeof_hdr", "magic", "eol_check", "vox_offset", "dim", "datatype", "bitpix")


class Nifti1Header(Exchange, DimHeader):
    """The header of a NIfTI-1 file that holds header and voxels.

    Parameters
    ----------
    binaryblock : bytes, optional
        The 348 bytes of the header (default: a fresh one).
    endianness : str, optional
        Byte order, '<' or '>' (default: guessed from the bytes, or native).
    check : bool
        Check the fields, mending what can be mended.
    extensions : sequence of NiftiExtension
        Header extensions.

    Raises
    ------
    HeaderDataError
        If the fields make no sense together.
    """

    layout = HEADER
    sizeof_hdr = 348
    data_types = data_type_codes
    checks: ClassVar[tuple[Check, ...]] = (*DIM_CHECKS, *NIFTI_CHECKS)
    codes: ClassVar[dict[str, Any]] = {
        "datatype": data_type_codes,
        "intent_code": intent_codes,
        "qform_code": xform_codes,
        "sform_code": xform_codes,
        "slice_code": slice_order_codes,
    }
    can_scale = "slope+inter"
    has_data_slope = True
    has_data_intercept = True
    exts_klass = Nifti1Extensions

    is_single: ClassVar[bool] = True
    single_magic: ClassVar[bytes] = b"n+1"
    pair_magic: ClassVar[bytes] = b"ni1"
    single_vox_offset: ClassVar[int] = 352
    pair_vox_offset: ClassVar[int] = 0

    _extender: bytes = b""  # the four bytes after the header, which a pair need not have

    def __init__(
        self,
        binaryblock: bytes | None = None,
        endianness: str | None = None,
        check: bool = True,
        extensions: Sequence[Any] = (),
    ) -> None:
        self.extensions = self.exts_klass(extensions)
        super().__init__(binaryblock, endianness, check)

    @classmethod
    def default_structarr(cls, endianness: str | None = None) -> NDArray[Any]:
        """Return the record of a fresh header: no axes, float32, identity scaling."""
        record = super().default_structarr(endianness)
        record["scl_slope"] = 1
        record["magic"] = cls.single_magic if cls.is_single else cls.pair_magic
        return record

    @classmethod
    def may_contain_header(cls, binaryblock: bytes) -> bool:
        """Tell whether bytes could be the start of a header of this class."""
        if len(binaryblock) < cls.layout.itemsize:
            return False
        record = np.ndarray((), cls.layout, binaryblock)
        magics = (cls.single_magic, cls.pair_magic)
        return record["magic"].item() in magics

    @classmethod
    def from_fileobj(
        cls, fileobj: BinaryIO, endianness: str | None = None, check: bool = True
    ) -> Self:
        """Read header and extensions from a binary file object at its position."""
        start = fileobj.tell()
        header = cls(fileobj.read(cls.layout.itemsize), endianness, check)
        flag = header._extender = fileobj.read(4)
        if len(flag) == 4 and flag[0]:
            room = max(0, header.offset - fileobj.tell() + start) if header.is_single else -1
            swap = header.endianness != native_order
            header.extensions = cls.exts_klass.from_fileobj(fileobj, room, swap)
        return header

    def write_to(self, fileobj: BinaryIO) -> None:
        """Write header and extensions, up to where the voxels of a single file begin."""
        if self.is_single:
            self["vox_offset"] = max(self.offset, self.least_offset())
        fileobj.write(self.binaryblock)
        if not (self.is_single or self.extensions or self._extender):
            return
        none = b"\0" + self._extender[1:4].ljust(3, b"\0")
        fileobj.write(b"\1\0\0\0" if self.extensions else none)
        self.extensions.write_to(fileobj, self.endianness != native_order)
        if self.is_single:
            fileobj.write(b"\0" * (int(self["vox_offset"]) - self.least_offset()))

    def least_offset(self) -> int:
        """Return the first byte that header and extensions leave free in a single file."""
        return self.sizeof_hdr + 4 + self.extensions.get_sizeondisk()

    @property
    def offset(self) -> int:
        """Byte at which the voxels begin; a single file without one means right after."""
        return super().offset or (self.single_vox_offset if self.is_single else 0)

    def copy(self) -> Self:
        """Return a header of its own, with the same extensions."""
        new = super().copy()
        new.extensions = self.exts_klass(self.extensions)
        return new

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Nifti1Header):
            return super().__eq__(other)
        mine, theirs = self.copy(), other.copy()
        # Saving decides where the voxels begin: no property of the image.
        mine["vox_offset"] = theirs["vox_offset"] = 0
        same = mine.binaryblock == theirs.as_byteswapped(mine.endianness).binaryblock
        return same and list(self.extensions) == list(other.extensions)

    __hash__ = None  # type: ignore[assignment]

    def copy_from(self, header: Any) -> None:
        """Take from another format's header what this one can hold."""
        if isinstance(header, Nifti1Header):
            self.take_over_fields(header, [name for name in self if name not in OWN])
            self.extensions = self.exts_klass(header.extensions)
        elif getattr(header, "time_unit", None) is not None:
            self.set_xyzt_units("mm", "sec")
        super().copy_from(header)
        if not isinstance(header, Nifti1Header) and hasattr(header, "affine"):
            self.set_affine(header.get_best_affine())

    # FreeSurfer stores vectors longer than int16 allows by way of two conventions.

    def _read_shape(self) -> tuple[int, ...]:
        shape = super()._read_shape()
        if self.layout["dim"].base.itemsize > 2:  # lengths fit without conventions
            return shape
        if shape[:3] == (-1, 1, 1):
            length = int(self["glmin"])
            if length <= 0:
                raise HeaderDataError(f"glmin: must hold the length of the vector, got {length}")
            return (length, *shape[1:])
        return (163842, 1, 1, *shape[3:]) if shape[:3] == (27307, 1, 6) else shape

    def _store_shape(self, lengths: list[int]) -> None:
        most = np.iinfo(self["dim"].dtype).max
        if lengths[:3] == [163842, 1, 1] and most < 163842:
            super()._store_shape([27307, 1, 6, *lengths[3:]])
        elif len(lengths) > 2 and lengths[1:3] == [1, 1] and most < lengths[0] < 2**31:
            super()._store_shape([1, *lengths[1:]])
            self["dim"][1] = -1
            self["glmin"] = lengths[0]
        else:
            super()._store_shape(lengths)


class Nifti1PairHeader(Nifti1Header):
    """The header of a NIfTI-1 pair of .hdr and .img."""

    is_single = False
