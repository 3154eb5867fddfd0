"""Analyze 7.5 images: a pair of .hdr and .img with voxel sizes, but no place in space.

Source: the Analyze 7.5 file format (Biomedical Imaging Resource, Mayo Foundation), dbh.h
"""

from __future__ import annotations

import struct
from typing import Any, ClassVar

import numpy as np

from volio.arrays.dtypes import dtype_table
from volio.images.headers.checks import Check
from volio.images.headers.dims import DIM_CHECKS, DimHeader
from volio.images.slab import SlabImage

__all__ = ["HEADER", "AnalyzeHeader", "AnalyzeImage", "data_type_codes"]

HEADER = np.dtype(
    [
        ("sizeof_hdr", "i4"),  # 348
        ("data_type", "S10"),  # free text
        ("db_name", "S18"),  # free text
        ("extents", "i4"),  # 16384 where images must lie without gaps
        ("session_error", "i2"),
        ("regular", "S1"),  # "r" where all volumes have the same size
        ("hkey_un0", "S1"),
        ("dim", "i2", (8,)),  # number of axes, then their lengths
        ("vox_units", "S4"),  # unit of space
        ("cal_units", "S8"),  # unit of the values
        ("unused1", "i2"),
        ("datatype", "i2"),  # kind of voxel
        ("bitpix", "i2"),  # bits of a voxel
        ("dim_un0", "i2"),
        ("pixdim", "f4", (8,)),  # unused, then the size of a voxel along each axis
        ("vox_offset", "f4"),  # byte of the .img at which the voxels begin
        ("funused1", "f4"),  # SPM keeps slope and intercept in the first two
        ("funused2", "f4"),
        ("funused3", "f4"),
        ("cal_max", "f4"),  # range of calibrated values
        ("cal_min", "f4"),
        ("compressed", "i4"),
        ("verified", "i4"),
        ("glmax", "i4"),  # largest and smallest stored value
        ("glmin", "i4"),
        ("descrip", "S80"),  # free text
        ("aux_file", "S24"),  # name of another file
        ("orient", "S1"),  # plane of the slices; most programs ignore it, and so does volio
        ("originator", "S10"),  # SPM keeps the origin here
        ("generated", "S10"),
        ("scannum", "S10"),
        ("patient_id", "S10"),
        ("exp_date", "S10"),
        ("exp_time", "S10"),
        ("hist_un0", "S3"),
        ("views", "i4"),
        ("vols_added", "i4"),
        ("start_field", "i4"),
        ("field_skip", "i4"),
        ("omax", "i4"),
        ("omin", "i4"),
        ("smax", "i4"),
        ("smin", "i4"),
    ]
).newbyteorder("<")

#: Kinds of voxels; those without a dtype here can be named but not read.
data_type_codes = dtype_table(
    [
        (0, "none", None),
        (1, "binary", None),
        (2, "uint8", np.uint8),
        (4, "int16", np.int16),
        (8, "int32", np.int32),
        (16, "float32", np.float32),
        (32, "complex64", np.complex64),
        (64, "float64", np.float64),
        (128, "RGB", [("R", "u1"), ("G", "u1"), ("B", "u1")]),
        (255, "all", None),
    ]
)

SIZES = (struct.pack("<i", 348), struct.pack(">i", 348))


class AnalyzeHeader(DimHeader):
    """The header of an Analyze 7.5 image.

    Its affine has the voxel sizes, the centre of the volume at the origin, and a first axis that
    points left where `default_x_flip` says so (radiological order, as most programs assume).

    Parameters
    ----------
    binaryblock : bytes, optional
        The 348 bytes of the header (default: a fresh one).
    endianness : str, optional
        Byte order, '<' or '>' (default: guessed from the bytes, or native).
    check : bool
        Check the fields, mending what can be mended.

    Raises
    ------
    HeaderDataError
        If the fields make no sense together.
    """

    layout = HEADER
    sizeof_hdr = 348
    data_types = data_type_codes
    checks: ClassVar[tuple[Check, ...]] = DIM_CHECKS
    codes: ClassVar[dict[str, Any]] = {"datatype": data_type_codes}
    has_data_slope = False
    has_data_intercept = False

    @classmethod
    def may_contain_header(cls, binaryblock: bytes) -> bool:
        """Tell whether bytes could be the start of such a header: by the size they state."""
        return len(binaryblock) >= cls.sizeof_hdr and bytes(binaryblock[:4]) in SIZES


class AnalyzeImage(SlabImage):
    """An Analyze 7.5 image, .hdr and .img, which keep the voxel sizes of an affine alone.

    Parameters are those of `SlabImage`.
    """

    header_class: ClassVar[type[AnalyzeHeader]] = AnalyzeHeader
    files_types: ClassVar[tuple[tuple[str, str], ...]] = (("header", ".hdr"), ("image", ".img"))
    valid_exts = (".hdr", ".img")
    kept_geometry = "voxel sizes"
    geometry_hint = "NIfTI keeps it"
