"""NIfTI-2 images: NIfTI-1 with longer axes and numbers in double precision.

One file (``.nii``) or a pair (``.hdr`` and ``.img``), either byte order.

Source: nifti2.h, https://nifti.nimh.nih.gov/nifti-2
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from volio.formats.nifti1 import Nifti1Header, Nifti1Image, Nifti1Pair
from volio.images.headers.checks import Check

__all__ = [
    "HEADER",
    "Nifti2Header",
    "Nifti2Image",
    "Nifti2Pair",
    "Nifti2PairHeader",
]

HEADER = np.dtype(
    [
        ("sizeof_hdr", "i4"),  # 540
        ("magic", "S4"),  # "n+2" for one file, "ni2" for a pair
        ("eol_check", "i1", (4,)),  # \r \n ^Z \n, which a transfer as text would change
        ("datatype", "i2"),  # kind of voxel
        ("bitpix", "i2"),  # bits of a voxel
        ("dim", "i8", (8,)),  # number of axes, then their lengths
        ("intent_p1", "f8"),  # parameters of the intent
        ("intent_p2", "f8"),
        ("intent_p3", "f8"),
        ("pixdim", "f8", (8,)),  # qfac (-1 or 1), then the size of a voxel along each axis
        ("vox_offset", "i8"),  # byte at which the voxels begin
        ("scl_slope", "f8"),  # value = stored * slope + inter, unless slope is 0
        ("scl_inter", "f8"),
        ("cal_max", "f8"),  # display range
        ("cal_min", "f8"),
        ("slice_duration", "f8"),  # time for one slice
        ("toffset", "f8"),  # time of the first volume
        ("slice_start", "i8"),  # first slice that was acquired
        ("slice_end", "i8"),  # last slice that was acquired
        ("descrip", "S80"),  # free text
        ("aux_file", "S24"),  # name of another file
        ("qform_code", "i4"),  # space of the quaternion
        ("sform_code", "i4"),  # space of the srow affine
        ("quatern_b", "f8"),  # rotation, as three of the four parts of a unit quaternion
        ("quatern_c", "f8"),
        ("quatern_d", "f8"),
        ("qoffset_x", "f8"),  # RAS+ mm of the first voxel's centre
        ("qoffset_y", "f8"),
        ("qoffset_z", "f8"),
        ("srow_x", "f8", (4,)),  # rows of the affine, voxels to RAS+ mm
        ("srow_y", "f8", (4,)),
        ("srow_z", "f8", (4,)),
        ("slice_code", "i4"),  # order of the slices
        ("xyzt_units", "i4"),  # unit of space + unit of time
        ("intent_code", "i4"),  # what the voxels mean
        ("intent_name", "S16"),  # name of the data
        ("dim_info", "u1"),  # frequency, phase and slice axis, two bits each
        ("unused_str", "S15"),
    ]
).newbyteorder("<")

EOL_BYTES = tuple(b"\r\n\x1a\n")


def _eol_missing(header: Nifti2Header) -> str | None:
    return None if np.any(header["eol_check"]) else "should be 13 10 26 10, got zeros"


def _mend_eol(header: Nifti2Header) -> str:
    header["eol_check"] = EOL_BYTES
    return "set to 13 10 26 10"


def _eol_damaged(header: Nifti2Header) -> str | None:
    found = tuple(header["eol_check"].tolist())
    if not any(found) or found == EOL_BYTES:
        return None
    return f"must be 13 10 26 10, got {found}: the file was damaged by a transfer as text"


class Nifti2Header(Nifti1Header):
    """The header of a NIfTI-2 file that holds header and voxels.

    Parameters
    ----------
    binaryblock : bytes, optional
        The 540 bytes of the header (default: a new one).
    endianness, check, extensions
        As for `Nifti1Header`.

    Raises
    ------
    HeaderDataError
        If the fields make no sense together.

    Examples
    --------
    >>> header = volio.Nifti2Header()
    >>> header.set_data_shape((2**40,))
    >>> header.get_data_shape()
    (1099511627776,)
    """

    layout = HEADER
    sizeof_hdr = 540
    checks: ClassVar[tuple[Check, ...]] = (
        *Nifti1Header.checks,
        Check("eol_check", _eol_missing, 20, _mend_eol),
        Check("eol_check", _eol_damaged, 40),
    )
    factor_dtype = np.float64
    has_long_vectors = False
    quaternion_threshold: ClassVar[float] = float(np.finfo(np.float64).eps) * 3

    single_magic: ClassVar[bytes] = b"n+2"
    pair_magic: ClassVar[bytes] = b"ni2"
    single_vox_offset: ClassVar[int] = 544

    @classmethod
    def default_structarr(cls, endianness: str | None = None) -> NDArray[Any]:
        """Return the record of a fresh header: no axes, float32, identity scaling."""
        record = super().default_structarr(endianness)
        record["eol_check"] = EOL_BYTES
        return record


class Nifti2PairHeader(Nifti2Header):
    """The header of a NIfTI-2 pair of .hdr and .img."""

    is_single = False


class Nifti2Pair(Nifti1Pair):
    """A NIfTI-2 image in two files, .hdr and .img.

    Parameters
    ----------
    dataobj : array-like
        Voxels, axes (i, j, k, ...); an array or a lazy array.
    affine : (4, 4) array-like or None
        Voxel indices (voxel centres at integers) to scanner RAS+ mm; None for unknown.
    header : header, optional
        What else is known, of any class (default: a new one with the array's dtype).
    extra : mapping, optional
        Anything to keep with the image; not saved.
    file_map : mapping, optional
        Files of the image.
    dtype : dtype-like, optional
        dtype of the voxels in the file (default: the header's, or the array's).

    Raises
    ------
    AffineError
        If the affine is not 4x4 and finite with (0, 0, 0, 1) as its last row.
    HeaderDataError
        If the format cannot hold the shape or the dtype.

    Examples
    --------
    >>> img = volio.Nifti2Pair(np.zeros((40000, 1, 1), np.float32), np.eye(4))
    >>> volio.save(img, "long.img")
    >>> volio.load("long.hdr").shape
    (40000, 1, 1)
    """

    header_class = Nifti2PairHeader


class Nifti2Image(Nifti1Pair):
    """A NIfTI-2 image in one file, .nii.

    Parameters
    ----------
    dataobj : array-like
        Voxels, axes (i, j, k, ...); an array or a lazy array.
    affine : (4, 4) array-like or None
        Voxel indices (voxel centres at integers) to scanner RAS+ mm; None for unknown.
    header : header, optional
        What else is known, of any class (default: a new one with the array's dtype).
    extra : mapping, optional
        Anything to keep with the image; not saved.
    file_map : mapping, optional
        Files of the image.
    dtype : dtype-like, optional
        dtype of the voxels in the file (default: the header's, or the array's).

    Raises
    ------
    AffineError
        If the affine is not 4x4 and finite with (0, 0, 0, 1) as its last row.
    HeaderDataError
        If the format cannot hold the shape or the dtype.

    Examples
    --------
    >>> img = volio.Nifti2Image(np.zeros((40000, 1, 1), np.float32), np.eye(4))
    >>> volio.save(img, "long.nii")
    >>> volio.load("long.nii").header.get_data_dtype().name
    'float32'
    """

    header_class = Nifti2Header
    counts_as = ("Nifti1Image",)
    files_types = Nifti1Image.files_types
    valid_exts = Nifti1Image.valid_exts
