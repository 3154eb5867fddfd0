"""The NIfTI-1 header: fields, space, time, intent, scaling, extensions.

Source: nifti1.h, https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, BinaryIO, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from volio.errors import CodeError, HeaderDataError
from volio.formats.nifti1.checks import NIFTI_CHECKS
from volio.formats.nifti1.codes import (
    data_type_codes,
    intent_codes,
    slice_order_codes,
    unit_codes,
    xform_codes,
)
from volio.formats.nifti1.extensions import Nifti1Extensions
from volio.formats.nifti1.placement import Placement
from volio.formats.nifti1.timing import SliceTiming
from volio.images.checks import Check
from volio.images.dims import DIM_CHECKS, DimHeader
from volio.images.record import native_order

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

#: Seconds in each unit of time.
SECONDS = {"sec": 1.0, "msec": 1e-3, "usec": 1e-6}


class Nifti1Header(Placement, SliceTiming, DimHeader):
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
        new._extender = self._extender
        return new

    def __eq__(self, other: object) -> bool:
        same = super().__eq__(other)
        if same is True and isinstance(other, Nifti1Header):
            return list(self.extensions) == list(other.extensions)
        return same

    __hash__ = None  # type: ignore[assignment]

    def take_over(self, header: Any) -> None:
        """Take from another format's header what this one can hold."""
        if isinstance(header, Nifti1Header):
            self.take_over_fields(header, [name for name in self if name not in OWN])
            self.extensions = self.exts_klass(header.extensions)
        elif getattr(header, "time_unit", None) is not None:
            self.set_xyzt_units("mm", "sec")
        super().take_over(header)
        if not isinstance(header, Nifti1Header) and hasattr(header, "affine"):
            self.set_affine(header.get_best_affine())

    # FreeSurfer stores vectors longer than int16 allows by way of two conventions.

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the voxel array, FreeSurfer's long vectors included."""
        shape = super().shape
        if shape[:3] == (-1, 1, 1):
            length = int(self["glmin"])
            if length <= 0:
                raise HeaderDataError(f"glmin: must hold the length of the vector, got {length}")
            return (length, *shape[1:])
        return (163842, 1, 1, *shape[3:]) if shape[:3] == (27307, 1, 6) else shape

    @shape.setter
    def shape(self, value: Sequence[int]) -> None:
        lengths = [int(length) for length in value]
        most = np.iinfo(self["dim"].dtype).max
        if lengths[:3] == [163842, 1, 1] and most < 163842:
            lengths[:3] = [27307, 1, 6]
        elif len(lengths) > 2 and lengths[1:3] == [1, 1] and most < lengths[0] < 2**31:
            self._set_long_vector(lengths)
            return
        DimHeader.shape.__set__(self, lengths)  # type: ignore[attr-defined]

    def _set_long_vector(self, lengths: list[int]) -> None:
        DimHeader.shape.__set__(self, [1, *lengths[1:]])  # type: ignore[attr-defined]
        self["dim"][1] = -1
        self["glmin"] = lengths[0]

    # Scaling, intent, units.

    def get_slope_inter(self) -> tuple[float | None, float | None]:
        """Return slope and intercept; (None, None) when the file states no scaling.

        Raises
        ------
        HeaderDataError
            If a usable slope comes with an intercept that is not finite.
        """
        slope, inter = float(self["scl_slope"]), float(self["scl_inter"])
        if slope == 0 or not np.isfinite(slope):
            return None, None
        if not np.isfinite(inter):
            raise HeaderDataError(f"scl_inter: must be finite with slope {slope}, got {inter}")
        return slope, inter

    def set_slope_inter(self, slope: float | None, inter: float | None = None) -> None:
        """Set slope and intercept; None or NaN for both states no scaling.

        Raises
        ------
        HeaderDataError
            If the slope is 0 or infinite, or only one of the two is given as NaN.
        """
        slope = np.nan if slope is None else float(slope)
        inter = (np.nan if np.isnan(slope) else 0.0) if inter is None else float(inter)
        if slope == 0 or np.isinf(slope):
            raise HeaderDataError(f"scl_slope: must not be 0 or infinite, got {slope}")
        if np.isinf(inter) or np.isnan(slope) != np.isnan(inter):
            raise HeaderDataError(
                f"scl_inter: must be finite, or NaN together with the slope, got {inter}"
            )
        self["scl_slope"], self["scl_inter"] = slope, inter

    def get_intent(self, code_repr: str = "label") -> tuple[str | int, tuple[float, ...], str]:
        """Return the intent: its name (or code), its parameters and the name of the data.

        Parameters
        ----------
        code_repr : {'label', 'code'}
            How to give the intent.
        """
        code = int(self["intent_code"])
        known = code in intent_codes
        count = len(intent_codes.parameters[code]) if known else 3
        params = tuple(float(self[f"intent_p{n}"]) for n in range(1, count + 1))
        name = bytes(self["intent_name"].item()).decode("latin-1")
        label = intent_codes.label[code] if known else f"unknown code {code}"
        return code if code_repr == "code" else label, params, name

    def set_intent(
        self,
        code: int | str,
        params: Sequence[float] = (),
        name: str = "",
        allow_unknown: bool = False,
    ) -> None:
        """Set the intent.

        Parameters
        ----------
        code : int or str
            The intent by code, name or constant of nifti1.h.
        params : sequence of float
            Its parameters, as many as it takes (or none).
        name : str
            Name of the data, at most 15 characters.
        allow_unknown : bool
            Let a code through that is not in the table.

        Raises
        ------
        CodeError
            If the intent is unknown.
        HeaderDataError
            If the number of parameters does not fit.
        """
        if code not in intent_codes and not (allow_unknown and isinstance(code, int)):
            raise CodeError(f"intent: {code!r} is no known code or name")
        number = int(intent_codes[code]) if code in intent_codes else int(code)
        takes = len(intent_codes.parameters[number]) if number in intent_codes else 3
        if len(params) not in (0, takes) and not (number not in intent_codes and len(params) < 3):
            raise HeaderDataError(f"intent {code!r}: takes {takes} parameters, got {len(params)}")
        self["intent_code"], self["intent_name"] = number, name
        values = (*params, 0.0, 0.0, 0.0)[:3]
        self["intent_p1"], self["intent_p2"], self["intent_p3"] = values

    def get_xyzt_units(self) -> tuple[str, str]:
        """Return the units of space and time, such as ('mm', 'sec')."""
        units = int(self["xyzt_units"])
        labels = unit_codes.label
        return labels.get(units % 8, "unknown"), labels.get(units - units % 8, "unknown")

    @property
    def time_unit(self) -> float | None:
        """Seconds in the unit of the fourth voxel size; None where the file does not state it."""
        return SECONDS.get(self.get_xyzt_units()[1])

    def set_xyzt_units(self, xyz: int | str | None = None, t: int | str | None = None) -> None:
        """Set the units of space and time (codes or names; None is 'unknown').

        Raises
        ------
        CodeError
            If a unit is unknown.
        HeaderDataError
            If a unit of time is given for space, or the other way round.
        """
        for unit in (xyz, t):
            if unit is not None and unit not in unit_codes:
                known = sorted(set(unit_codes.label.values()))
                raise CodeError(f"xyzt_units: must be one of {known}, got {unit!r}")
        space = int(unit_codes[0 if xyz is None else xyz])
        time = int(unit_codes[0 if t is None else t])
        if space >= 8 or 0 < time < 8:
            raise HeaderDataError(f"xyzt_units: {xyz!r} is no unit of space or {t!r} none of time")
        self["xyzt_units"] = space + time


class Nifti1PairHeader(Nifti1Header):
    """The header of a NIfTI-1 pair of .hdr and .img."""

    is_single = False
