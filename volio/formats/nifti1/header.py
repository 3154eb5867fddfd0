"""The NIfTI-1 header: fields, space, time, intent, scaling, extensions.

Source: nifti1.h, https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, BinaryIO, ClassVar, Literal, Self, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.errors import HeaderDataError, HeaderError, VolioWarning
from volio.formats.nifti1 import intent, placement, scaling, slice_timing, units
from volio.formats.nifti1.checks import NIFTI_CHECKS
from volio.formats.nifti1.codes import (
    data_type_codes,
    intent_codes,
    slice_order_codes,
    xform_codes,
)
from volio.formats.nifti1.extensions import Nifti1Extensions
from volio.formats.nifti1.layout import HEADER
from volio.formats.nifti1.long_vectors import (
    FOLDED,
    LONGEST,
    VERTICES,
    fits_glmin,
    read_long_shape,
)
from volio.formats.nifti1.metadata import read_metadata, store_metadata, store_volume_metadata
from volio.formats.nifti1.moved_slices import move_slices
from volio.images.headers import dims
from volio.images.headers.binary import BinaryHeader
from volio.images.headers.checks import Check
from volio.images.headers.dim_checks import DIM_CHECKS
from volio.images.headers.error_context import warn_of_content
from volio.images.headers.metadata import Metadata
from volio.images.headers.record import Order, native_order
from volio.images.headers.volume_metadata import HeaderVolume
from volio.space.affines import spans_space

__all__ = ["HEADER", "Nifti1Header", "Nifti1PairHeader"]

Affine = NDArray[np.float64]

#: Fields that a header does not take from another one, for they say how its own file lies.
OWN = ("sizeof_hdr", "magic", "eol_check", "vox_offset", "dim", "datatype", "bitpix")


class Nifti1Header(BinaryHeader):
    """The header of a NIfTI-1 file that holds header and voxels.

    Parameters
    ----------
    binaryblock : bytes, optional
        The 348 bytes of the header (default: a fresh one).
    endianness : str, optional
        Byte order, '<' or '>' (default: guessed from the bytes, or native).
    check : bool
        Check the fields, repairing what can be repaired.
    extensions : sequence of NiftiExtension
        Header extensions.

    Raises
    ------
    HeaderDataError
        If the fields make no sense together.

    Examples
    --------
    >>> header = volio.Nifti1Header()
    >>> header.set_data_shape((64, 64, 30, 200))
    >>> header.set_zooms((3, 3, 4, 2.5))
    >>> header.set_xyzt_units("mm", "sec")
    >>> header.get_xyzt_units(), header.time_unit
    (('mm', 'sec'), 1.0)
    """

    layout = HEADER
    sizeof_hdr = 348
    data_types = data_type_codes
    type_field = "datatype"
    bits_field = "bitpix"
    checks: ClassVar[tuple[Check, ...]] = (*DIM_CHECKS, *NIFTI_CHECKS)
    codes: ClassVar[dict[str, Any]] = {
        "datatype": data_type_codes,
        "intent_code": intent_codes,
        "qform_code": xform_codes,
        "sform_code": xform_codes,
        "slice_code": slice_order_codes,
    }
    counts_as = ("AnalyzeHeader", "SpmAnalyzeHeader")
    can_scale = "slope+inter"
    has_data_slope = True
    has_data_intercept = True
    exts_klass = Nifti1Extensions

    is_single: ClassVar[bool] = True
    single_magic: ClassVar[bytes] = b"n+1"
    pair_magic: ClassVar[bytes] = b"ni1"
    single_vox_offset: ClassVar[int] = 352
    pair_vox_offset: ClassVar[int] = 0

    #: Whether lengths that dim cannot hold are stored by FreeSurfer's conventions.
    has_long_vectors: ClassVar[bool] = True

    #: How far the squares of the quaternion's parts may exceed 1 before it is refused.
    quaternion_threshold: ClassVar[float] = float(np.finfo(np.float32).eps) * 3

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
        dims.fill_default(record, cls.sizeof_hdr, cls.data_types.code[np.dtype(np.float32)])
        record["scl_slope"] = 1
        record["magic"] = cls.own_magic()
        return record

    @classmethod
    def own_magic(cls) -> bytes:
        """Return the magic number of this class's files."""
        return cls.single_magic if cls.is_single else cls.pair_magic

    @classmethod
    def guessed_endian(cls, hdr: Any) -> Order:
        """Byte order of a record seen in native order, by its size or number of axes."""
        return dims.guess_order(hdr, cls.sizeof_hdr)

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
        """Read header and extensions from a binary file object at its position.

        Extensions that are damaged, and those after them, are left out with a warning.
        """
        start = fileobj.tell()
        header = cls(fileobj.read(cls.layout.itemsize), endianness, check)
        flag = header._extender = fileobj.read(4)
        if len(flag) == 4 and flag[0]:
            is_bounded = header.is_single and header.plain["vox_offset"]
            room = max(0, header.offset - fileobj.tell() + start) if is_bounded else -1
            swap = header.endianness != native_order
            header.extensions = cls.exts_klass.read_undamaged(fileobj, room, swap)
            if header.is_single and not is_bounded:
                header.extensions.problem = ""  # what seems damaged may be voxels
            if header.extensions.problem:
                warn_of_content(header.extensions.problem, VolioWarning)
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
        return dims.read_offset(self) or (self.single_vox_offset if self.is_single else 0)

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

    __hash__ = None

    def copy_from(self, header: Any) -> None:
        """Take from another format's header what this one can hold."""
        if isinstance(header, Nifti1Header):
            dims.copy_fields(self, header, [name for name in self if name not in OWN])
            self.extensions = self.exts_klass(header.extensions)
        else:
            self._take_units(header)
        if not isinstance(header, Nifti1Header):
            dims.copy_shared_fields(self, header)
        super().copy_from(header)
        if not isinstance(header, Nifti1Header) and hasattr(header, "affine"):
            self.set_affine(header.get_best_affine())

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the voxel array; (0,) for a header without axes."""
        shape = dims.read_shape(self)
        return read_long_shape(shape, self.unpacked["glmin"]) if self.has_long_vectors else shape

    @shape.setter
    def shape(self, value: Sequence[int]) -> None:
        lengths = [int(length) for length in value]
        if self.has_long_vectors and lengths[:3] == [VERTICES, 1, 1]:
            dims.store_shape(self, [*FOLDED, *lengths[3:]])
        elif self.has_long_vectors and fits_glmin(lengths, LONGEST):
            dims.store_shape(self, [1, *lengths[1:]])
            self["dim"][1] = -1
            self["glmin"] = lengths[0]
        else:
            dims.store_shape(self, lengths)

    @property
    def zooms(self) -> tuple[float, ...]:
        """Size of a voxel along each axis, in the header's units."""
        return dims.read_zooms(self, self.get_data_shape())

    @zooms.setter
    def zooms(self, value: Sequence[float]) -> None:
        dims.store_zooms(self, value, self.get_data_shape())

    def fill_zero_lengths(self) -> None:
        """Count lengths of 0 as 1, for a file that has voxels all the same."""
        dims.fill_zero_lengths(self)

    def set_data_offset(self, offset: int) -> None:
        """Set the byte at which the voxels begin."""
        self["vox_offset"] = offset

    def as_analyze_map(self) -> Self:
        """Return the fields as a mapping with the names of Analyze: this header."""
        return self

    # The affines, voxels to RAS+ mm.

    @property
    def affine(self) -> Affine:
        """Voxel indices to RAS+ mm: sform if it has a code, else qform, else the voxel sizes."""
        fields = self.unpacked
        if fields["sform_code"] > 0:
            return self.get_sform()
        if fields["qform_code"] > 0:
            return self.get_qform()
        return self.get_base_affine()

    def set_affine(self, affine: ArrayLike) -> None:
        """Store an affine in sform ('aligned'), and its rigid part in qform without a code."""
        self.set_sform(affine, code="aligned")
        self.set_qform(affine, code="unknown")

    def move_to(self, affine: ArrayLike, voxels: NDArray[np.float64] | None = None) -> None:
        """Store an affine that leads to the same space as before: the codes stay.

        A qform that leads elsewhere than the sform moves with the voxels too; where a quaternion
        cannot hold it, or `voxels` is None, its code becomes 0.

        Parameters
        ----------
        affine : (4, 4) array-like
            Voxels to RAS+ mm.
        voxels : (4, 4) array, optional
            Voxel indices under this affine to those under the one before.
        """
        sform_code = int(self["sform_code"])
        qform_code = int(self["qform_code"])
        if sform_code <= 0 and qform_code <= 0:
            self.set_affine(affine)
            return
        other = self.get_qform() if self._forms_differ() else None
        self.set_sform(affine, code=sform_code)
        self.set_qform(affine, code=qform_code)
        if other is not None:
            self._move_qform(other, voxels)

    def _forms_differ(self) -> bool:
        """Return whether sform and qform both count and are different affines."""
        if int(self["sform_code"]) <= 0 or int(self["qform_code"]) <= 0:
            return False
        try:
            return not np.allclose(self.get_qform(), self.get_sform(), rtol=1e-4, atol=1e-3)
        except HeaderError:
            return False

    def _move_qform(self, before: Affine, voxels: NDArray[np.float64] | None) -> None:
        if voxels is not None and spans_space(voxels):
            moved = before @ voxels
            self.set_qform(moved)
            if np.allclose(self.get_qform(), moved, rtol=1e-4, atol=1e-3):
                return
        self["qform_code"] = 0

    def move_slices(self, before: Nifti1Header, voxels: NDArray[np.float64] | None) -> None:
        """Let encoding axes and slice times follow the slices; see `FormatHeader`."""
        move_slices(self, before, voxels)

    def has_two_spaces(self) -> bool:
        """Return whether sform and qform lead to different spaces by different affines."""
        return int(self["sform_code"]) != int(self["qform_code"]) and self._forms_differ()

    def get_qform_quaternion(self) -> Affine:
        """Return the unit quaternion (w, x, y, z) of the qform's rotation.

        Raises
        ------
        HeaderDataError
            If the squares of the stored parts add up to more than 1.
        """
        return placement.read_quaternion(self, self.quaternion_threshold)

    @overload
    def get_qform(self, coded: Literal[False] = False) -> Affine: ...
    @overload
    def get_qform(self, coded: Literal[True]) -> tuple[Affine | None, int]: ...
    @overload
    def get_qform(self, coded: bool) -> Affine | tuple[Affine | None, int]: ...
    def get_qform(self, coded: bool = False) -> Affine | tuple[Affine | None, int]:
        """Return the affine of quaternion, offsets and voxel sizes, shape (4, 4).

        Parameters
        ----------
        coded : bool
            Return ``(affine, code)``, the affine None where the code is 0.

        Raises
        ------
        HeaderDataError
            If a voxel size is negative or the stored parts are not of a unit quaternion.
        """
        code = int(self["qform_code"])
        if coded and code <= 0:
            return None, 0
        affine = placement.read_qform(self, self.get_qform_quaternion())
        return (affine, code) if coded else affine

    def set_qform(
        self, affine: ArrayLike | None, code: int | str | None = None, strip_shears: bool = True
    ) -> None:
        """Store rotation, voxel sizes and offset of an affine.

        Parameters
        ----------
        affine : (4, 4) array-like or None
            Voxels to RAS+ mm; None sets the code to 0 and leaves the rest.
        code : int or str, optional
            Space it leads to (default: as it is, or 'aligned' if that is 0; 0 for affine None).
        strip_shears : bool
            Store the nearest rotation of an affine with shears; False refuses such an affine.

        Raises
        ------
        HeaderDataError
            If the affine has shears and they may not be dropped.
        CodeError
            If the space is unknown.
        """
        placement.store_qform(self, affine, code, strip_shears)

    @overload
    def get_sform(self, coded: Literal[False] = False) -> Affine: ...
    @overload
    def get_sform(self, coded: Literal[True]) -> tuple[Affine | None, int]: ...
    @overload
    def get_sform(self, coded: bool) -> Affine | tuple[Affine | None, int]: ...
    def get_sform(self, coded: bool = False) -> Affine | tuple[Affine | None, int]:
        """Return the affine of the three stored rows, shape (4, 4).

        Parameters
        ----------
        coded : bool
            Return ``(affine, code)``, the affine None where the code is 0.
        """
        code: int = self.unpacked["sform_code"]
        if coded and code <= 0:
            return None, 0
        affine = placement.read_sform(self)
        return (affine, code) if coded else affine

    def set_sform(self, affine: ArrayLike | None, code: int | str | None = None) -> None:
        """Store the rows of an affine.

        Parameters
        ----------
        affine : (4, 4) array-like or None
            Voxels to RAS+ mm; None sets the code to 0 and leaves the rest.
        code : int or str, optional
            Space it leads to (default: as it is, or 'aligned' if that is 0; 0 for affine None).

        Raises
        ------
        CodeError
            If the space is unknown.
        """
        placement.store_sform(self, affine, code)

    # What the values are: scaling, intent, units.

    def get_slope_inter(self) -> tuple[float | None, float | None]:
        """Return slope and intercept; (None, None) when the file has no scaling.

        Raises
        ------
        HeaderDataError
            If a usable slope comes with an intercept that is not finite.
        """
        return scaling.read_scaling(self)

    def set_slope_inter(self, slope: float | None, inter: float | None = None) -> None:
        """Set slope and intercept; None or NaN for both is no scaling.

        Raises
        ------
        HeaderDataError
            If the slope is 0 or infinite, or only one of the two is given as NaN.
        """
        scaling.store_scaling(self, slope, inter)

    def get_intent(self, code_repr: str = "label") -> tuple[str | int, tuple[float, ...], str]:
        """Return the intent: its name (or code), its parameters and the name of the data.

        Parameters
        ----------
        code_repr : {'label', 'code'}
            How to give the intent.
        """
        code, label, parameters, name = intent.read_intent(self)
        return code if code_repr == "code" else label, parameters, name

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
        intent.store_intent(self, code, params, name, allow_unknown)

    def get_xyzt_units(self) -> tuple[str, str]:
        """Return the units of space and time, such as ('mm', 'sec')."""
        return units.read_units(self)

    def set_xyzt_units(self, xyz: int | str | None = None, t: int | str | None = None) -> None:
        """Set the units of space and time (codes or names; None is 'unknown').

        Raises
        ------
        CodeError
            If a unit is unknown.
        HeaderDataError
            If a unit of time is given for space, or the other way round.
        """
        units.store_units(self, xyz, t)

    @property
    def time_unit(self) -> float | None:
        """Seconds in the unit of the fourth voxel size; None where the file does not state it."""
        return units.SECONDS.get(self.get_xyzt_units()[1])

    @property
    def length_unit(self) -> float | None:  # type: ignore[override]  # read-only here
        """Millimetres in the unit of space; None where the file does not state it."""
        return units.MILLIMETRES.get(self.get_xyzt_units()[0])

    def _take_units(self, header: Any) -> None:
        """Store mm and s for another format's header that means them."""
        is_timed = getattr(header, "time_unit", None) is not None
        if is_timed or getattr(header, "length_unit", None) is not None:
            self.set_xyzt_units("mm", "sec" if is_timed else None)

    # When the slices were acquired.

    def get_dim_info(self) -> tuple[int | None, int | None, int | None]:
        """Return the axes (0 to 2) of frequency, phase and slice encoding; None if unknown."""
        return slice_timing.read_encoding_axes(self)

    def set_dim_info(
        self, freq: int | None = None, phase: int | None = None, slice: int | None = None
    ) -> None:
        """Set the axes (0 to 2) of frequency, phase and slice encoding; None for unknown.

        Raises
        ------
        HeaderDataError
            If an axis is not 0, 1, 2 or None.
        """
        slice_timing.store_encoding_axes(self, (freq, phase, slice))

    def get_n_slices(self) -> int:
        """Return the number of slices.

        Raises
        ------
        HeaderDataError
            If the slice axis is unknown, or the image has no such axis.
        """
        axis = self._slice_axis()
        shape = self.get_data_shape()
        if axis >= len(shape):
            raise HeaderDataError(f"dim_info: slice axis {axis} is not in shape {shape}")
        return shape[axis]

    def _slice_axis(self) -> int:
        axis = self.get_dim_info()[2]
        if axis is None:
            raise HeaderDataError("dim_info: the slice axis is unknown; set_dim_info(slice=...)")
        return axis

    def get_slice_duration(self) -> float:
        """Return the time that one slice takes, in the header's unit of time.

        Raises
        ------
        HeaderDataError
            If the slice axis is unknown.
        """
        self._slice_axis()
        return float(self["slice_duration"])

    def set_slice_duration(self, duration: float) -> None:
        """Set the time that one slice takes, in the header's unit of time.

        Raises
        ------
        HeaderDataError
            If the slice axis is unknown.
        """
        self._slice_axis()
        self["slice_duration"] = duration

    def get_slice_times(self) -> tuple[float | None, ...]:
        """Return the start of each slice, in the header's unit of time.

        Returns
        -------
        tuple
            One entry a slice; None for slices outside slice_start to slice_end. An end of 0
            stands for the last slice, as programs leave it that do not set it.

        Raises
        ------
        HeaderDataError
            If slice axis, order or duration are not known, or the range makes no sense.
        """
        count = self.get_n_slices()
        return slice_timing.read_slice_times(self, count, self.get_slice_duration())

    def set_slice_times(self, slice_times: Sequence[float | None]) -> None:
        """Find order, duration and range that give these times, and store them.

        Parameters
        ----------
        slice_times : sequence of float or None
            Start of each slice in the header's unit of time; None, at the ends only, for slices
            that were not acquired.

        Raises
        ------
        HeaderDataError
            If no order that NIfTI knows gives these times.
        """
        slice_timing.store_slice_times(self, self.get_n_slices(), slice_times)

    # What other formats can take over.

    def metadata(self) -> Metadata:
        """Return what the header holds besides shape, dtype and affine."""
        return read_metadata(self, dims.read_texts(self, super().metadata()))

    def set_metadata(self, metadata: Metadata) -> None:
        """Store what a NIfTI header can hold of the metadata of another one."""
        dims.store_texts(self, metadata)
        store_metadata(self, metadata)

    def select_volumes(self, volumes: Sequence[HeaderVolume]) -> None:
        """Store labels and statistics of volumes; see `SpatialHeader`."""
        store_volume_metadata(self, volumes)


class Nifti1PairHeader(Nifti1Header):
    """The header of a NIfTI-1 pair of .hdr and .img.

    Parameters
    ----------
    binaryblock, endianness, check, extensions
        As for `Nifti1Header`.

    Raises
    ------
    HeaderDataError
        If the fields make no sense together.

    Examples
    --------
    >>> volio.Nifti1PairHeader()["magic"].item()
    b'ni1'
    """

    is_single = False
