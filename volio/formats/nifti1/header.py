"""The NIfTI-1 header: fields, space, time, intent, scaling, extensions.

Source: nifti1.h, https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Any, BinaryIO, Self

import numpy as np
from numpy.typing import ArrayLike

from volio.arrays.dtypes import Array
from volio.arrays.encodings.decimals import field_decimal
from volio.errors import VolioWarning
from volio.formats.nifti1 import intent, long_vectors, placement, scaling, slice_timing, units
from volio.formats.nifti1.checks import NIFTI_CHECKS
from volio.formats.nifti1.codes import (
    data_type_codes,
    intent_codes,
    slice_order_codes,
    xform_codes,
)
from volio.formats.nifti1.extensions import Nifti1Extensions
from volio.formats.nifti1.labels import read_label_rows, store_label_rows
from volio.formats.nifti1.layout import HEADER
from volio.formats.nifti1.metadata import read_metadata, select_volumes, store_metadata
from volio.formats.nifti1.moved_slices import move_slices
from volio.images.headers import dims
from volio.images.headers.binary import BinaryHeader
from volio.images.headers.dim_checks import DIM_CHECKS
from volio.images.headers.error_context import warn_of_content
from volio.images.headers.metadata import Metadata
from volio.images.headers.record import Record, native_order
from volio.images.headers.units import millimetres_in, seconds_in
from volio.images.saving.scaling_history import ScalingHistory
from volio.space.affines import Affine

__all__ = ["HEADER", "Nifti1Header", "Nifti1PairHeader"]

#: Fields that a header does not take from another one, which are about its own file.
OWN = ("sizeof_hdr", "magic", "eol_check", "vox_offset", "dim", "datatype", "bitpix")


class Nifti1Header(BinaryHeader):
    """The header of a NIfTI-1 file that holds header and voxels.

    Parameters
    ----------
    binaryblock : bytes, optional
        The 348 bytes of the header (default: a new one).
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
    checks = (*DIM_CHECKS, *NIFTI_CHECKS)
    codes = {
        "datatype": data_type_codes,
        "intent_code": intent_codes,
        "qform_code": xform_codes,
        "sform_code": xform_codes,
        "slice_code": slice_order_codes,
    }
    defaults = {"sizeof_hdr": 348, "scl_slope": 1, **dims.DEFAULTS}
    counts_as = ("AnalyzeHeader", "SpmAnalyzeHeader")
    can_scale = "slope+inter"
    has_data_slope = True
    has_data_intercept = True
    exts_klass = Nifti1Extensions

    is_single = True
    single_magic = b"n+1"
    pair_magic = b"ni1"
    single_vox_offset = 352
    pair_vox_offset = 0

    #: Voxel sizes that were set with the qform, which saving leaves alone.
    sizes_of_qform: tuple[float, ...] | None = None

    #: How far the squares of the quaternion's parts may exceed 1 before it is refused.
    quaternion_threshold = float(np.finfo(np.float32).eps) * 3

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
    def default_structarr(cls, endianness: str | None = None) -> Array:
        """Return the record of a new header: no axes, float32, identity scaling."""
        record = super().default_structarr(endianness)
        record["magic"] = cls.own_magic()
        return record

    @classmethod
    def own_magic(cls) -> bytes:
        """Return the magic number of this class's files."""
        return cls.single_magic if cls.is_single else cls.pair_magic

    guessed_endian = classmethod(dims.guessed_endian)

    @classmethod
    def may_contain_header(cls, binaryblock: bytes) -> bool:
        """Return whether bytes could be the start of a header of this class."""
        size = cls.layout.itemsize
        if len(binaryblock) < size:
            return False
        magic = cls(binaryblock[:size], check=False).unpacked["magic"]
        return magic in (cls.single_magic, cls.pair_magic)

    @classmethod
    def from_fileobj(
        cls, fileobj: BinaryIO, endianness: str | None = None, check: bool = True
    ) -> Self:
        """Read header and extensions from a binary file object at its position.

        Extensions that are damaged, and those after them, are left out with a warning.
        """
        header = cls(fileobj.read(cls.layout.itemsize), endianness, check)
        flag = header._extender = fileobj.read(4)
        if len(flag) == 4 and flag[0]:
            is_bounded = header.is_single and header.unpacked["vox_offset"]
            room = max(0, header.offset - header.single_vox_offset) if is_bounded else -1
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
        return self.single_vox_offset + self.extensions.get_sizeondisk()

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
        mine = self.copy()
        # Saving decides where the voxels begin: it is not a property of the image.
        mine["vox_offset"] = other["vox_offset"]
        return Record.__eq__(mine, other) and self.extensions == other.extensions

    __hash__ = None

    def copy_from(self, header: Any) -> None:
        """Take from another format's header what this one can hold."""
        # A header of NIfTI-Zarr keeps one of NIfTI.
        nifti = header if isinstance(header, Nifti1Header) else getattr(header, "nifti", None)
        if nifti is not None:
            dims.copy_fields(self, nifti, [name for name in self if name not in OWN])
            self.extensions = self.exts_klass(nifti.extensions)
        if nifti is not header:
            self._take_units(header)
            dims.copy_shared_fields(self, header)
        super().copy_from(header)
        if nifti is not header and hasattr(header, "affine"):
            affine = header.get_best_affine()
            if nifti is None:
                self.set_affine(affine)
            elif not np.allclose(self.get_best_affine(), affine, rtol=1e-5, atol=1e-5):
                self.move_to(affine)  # codes that stand for the same affine stay

    def _history_from(self, header: Any) -> ScalingHistory:
        """Return the history of slope and intercept; see `FormatHeader._history_from`."""
        return super()._history_from(getattr(header, "nifti", None) or header)

    _read_shape = long_vectors.read_shape
    _store_shape = long_vectors.store_shape
    _read_zooms = dims.read_zooms
    _store_zooms = dims.store_zooms
    _read_stored_zooms = dims.read_stored_zooms

    @property
    def start_time(self) -> float:
        """Time of the first volume, in the unit of the fourth voxel size; 0 where not known."""
        start = field_decimal(self["toffset"])
        return start if isfinite(start) else 0.0

    @start_time.setter
    def start_time(self, value: float) -> None:
        self["toffset"] = value

    def check_loaded(self) -> None:
        """Check nothing: the checks of the fields have done it."""

    fill_zero_lengths = dims.fill_zero_lengths
    set_data_offset = dims.set_data_offset
    as_analyze_map = dims.as_analyze_map

    # The affines, voxels to RAS+ mm.

    @property
    def affine(self) -> Affine:
        """Voxel indices to RAS+ mm: sform if it has a code, else qform, else the voxel sizes.

        Set, another affine is stored as `set_affine` does.
        """
        fields = self.unpacked
        if fields["sform_code"] > 0:
            return self.get_sform()
        if fields["qform_code"] > 0:
            return self.get_qform()
        return self.get_base_affine()

    @affine.setter
    def affine(self, affine: ArrayLike) -> None:
        # Programs set this attribute, which headers of nibabel do not have themselves; most set
        # what they got from it.
        if not np.array_equal(affine, self.affine):
            self.set_affine(affine)

    set_affine = placement.set_affine
    move_to = placement.move_to
    has_two_spaces = placement.has_two_spaces
    get_qform = placement.get_qform
    set_qform = placement.set_qform
    get_qform_quaternion = placement.get_qform_quaternion
    get_sform = placement.get_sform
    set_sform = placement.set_sform

    # What the values are: scaling, intent, units.

    get_slope_inter = scaling.get_slope_inter
    set_slope_inter = scaling.set_slope_inter
    get_intent = intent.get_intent
    set_intent = intent.set_intent
    get_xyzt_units = units.get_xyzt_units
    set_xyzt_units = units.set_xyzt_units

    @property
    def time_unit(self) -> float | None:
        """Seconds in the unit of the fourth voxel size; None where the file does not state it."""
        return seconds_in(self.get_xyzt_units()[1])

    @property
    def length_unit(self) -> float | None:  # type: ignore[override]  # read-only here
        """Millimetres in the unit of space; None where the file does not state it."""
        return millimetres_in(self.get_xyzt_units()[0])

    def _take_units(self, header: Any) -> None:
        """Store mm and s for another format's header that means them."""
        is_timed = getattr(header, "time_unit", None) is not None
        if is_timed or getattr(header, "length_unit", None) is not None:
            self.set_xyzt_units("mm", "sec" if is_timed else None)

    # When the slices were acquired.

    get_dim_info = slice_timing.get_dim_info
    set_dim_info = slice_timing.set_dim_info
    get_n_slices = slice_timing.get_n_slices
    get_slice_duration = slice_timing.get_slice_duration
    set_slice_duration = slice_timing.set_slice_duration
    get_slice_times = slice_timing.get_slice_times
    set_slice_times = slice_timing.set_slice_times
    move_slices = move_slices

    # What other formats can take over.

    def metadata(self) -> Metadata:
        """Return what the header holds besides shape, dtype and affine."""
        return read_metadata(self, dims.read_texts(self, super().metadata()))

    def set_metadata(self, metadata: Metadata) -> None:
        """Store what a NIfTI header can hold of the metadata of another one."""
        dims.store_texts(self, metadata)
        store_metadata(self, metadata)

    select_volumes = select_volumes
    label_rows = read_label_rows
    set_label_rows = store_label_rows


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
