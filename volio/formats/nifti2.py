"""NIfTI-2 images: NIfTI-1 with longer axes and numbers in double precision.

One file (``.nii``) or a pair (``.hdr`` and ``.img``), either byte order.

Source: nifti2.h, https://nifti.nimh.nih.gov/nifti-2
"""

from __future__ import annotations

import numpy as np

from volio.errors import VolioWarning
from volio.formats.nifti1 import Nifti1Header, Nifti1Image, Nifti1Pair
from volio.formats.signatures import CIFTI_EXTENSION, CIFTI_INTENTS
from volio.images.headers import dims
from volio.images.headers.checks import Check, Problem
from volio.images.headers.error_context import warn_of_content
from volio.images.headers.record import record_layout

__all__ = [
    "HEADER",
    "Nifti2Header",
    "Nifti2Image",
    "Nifti2Pair",
    "Nifti2PairHeader",
]

HEADER = record_layout("""
i4   sizeof_hdr     # 540
S4   magic          # "n+2" for one file, "ni2" for a pair
i1*4 eol_check      # CR LF ^Z LF, which a transfer as text would change
i2   datatype       # kind of voxel
i2   bitpix         # bits of a voxel
i8*8 dim            # number of axes, then their lengths
f8   intent_p1      # parameters of the intent
f8   intent_p2
f8   intent_p3
f8*8 pixdim         # qfac (-1 or 1), then the size of a voxel along each axis
i8   vox_offset     # byte at which the voxels begin
f8   scl_slope      # value = stored * slope + inter, unless slope is 0
f8   scl_inter
f8   cal_max        # display range
f8   cal_min
f8   slice_duration # time for one slice
f8   toffset        # time of the first volume
i8   slice_start    # first slice that was acquired
i8   slice_end      # last slice that was acquired
S80  descrip        # free text
S24  aux_file       # name of another file
i4   qform_code     # space of the quaternion
i4   sform_code     # space of the srow affine
f8   quatern_b      # rotation, as three of the four parts of a unit quaternion
f8   quatern_c
f8   quatern_d
f8   qoffset_x      # RAS+ mm of the first voxel's centre
f8   qoffset_y
f8   qoffset_z
f8*4 srow_x         # rows of the affine, voxels to RAS+ mm
f8*4 srow_y
f8*4 srow_z
i4   slice_code     # order of the slices
i4   xyzt_units     # unit of space + unit of time
i4   intent_code    # what the voxels mean
S16  intent_name    # name of the data
u1   dim_info       # frequency, phase and slice axis, two bits each
S15  unused_str
""").newbyteorder("<")

EOL_BYTES = tuple(b"\r\n\x1a\n")


def _eol_missing(header: Nifti2Header) -> Problem:
    return None if any(header.unpacked["eol_check"]) else "should be 13 10 26 10, got zeros"


def _repair_eol(header: Nifti2Header) -> str:
    header["eol_check"] = EOL_BYTES
    return "set to 13 10 26 10"


def _eol_damaged(header: Nifti2Header) -> Problem:
    found = header.unpacked["eol_check"]
    if not any(found) or found == EOL_BYTES:
        return None
    return f"must be 13 10 26 10, got {found}: the file was damaged by a transfer as text"


def _is_cifti(header: Nifti2Header) -> Problem:
    is_stated = header.unpacked["intent_code"] in CIFTI_INTENTS
    if not is_stated and CIFTI_EXTENSION not in header.extensions.get_codes():
        return None
    return (
        "the file is CIFTI-2, read as plain NIfTI-2: what rows and columns stand for is not known"
    )


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
    checks = (
        *Nifti1Header.checks,
        Check("eol_check", _eol_missing, 20, _repair_eol),
        Check("eol_check", _eol_damaged, 40),
        Check("intent_code", _is_cifti, 20),
    )
    defaults = {**Nifti1Header.defaults, "sizeof_hdr": 540, "eol_check": EOL_BYTES}
    factor_dtype = np.float64
    quaternion_threshold = float(np.finfo(np.float64).eps) * 3

    single_magic = b"n+2"
    pair_magic = b"ni2"
    single_vox_offset = 544

    # dim holds lengths of 64 bits: the conventions for long vectors are those of NIfTI-1 alone.
    _read_shape = dims.read_shape
    _store_shape = dims.store_shape

    def check_loaded(self) -> None:
        """Warn of CIFTI-2, whose rows and columns are not axes of space."""
        if problem := _is_cifti(self):
            warn_of_content(f"intent_code: {problem}", VolioWarning)


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
        If the affine is not 4x4 and finite.
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
        If the affine is not 4x4 and finite.
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
