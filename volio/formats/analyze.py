"""Analyze 7.5 images: a pair of .hdr and .img with voxel sizes, but no place in space.

Source: the Analyze 7.5 file format (Biomedical Imaging Resource, Mayo Foundation), dbh.h
"""

from __future__ import annotations

import struct
from typing import Any

from volio.arrays.dtypes import dtype_table
from volio.images.headers import dims
from volio.images.headers.binary import BinaryHeader
from volio.images.headers.dim_checks import DIM_CHECKS
from volio.images.headers.metadata import Metadata
from volio.images.headers.record import record_layout
from volio.images.slab import SlabImage

__all__ = ["HEADER", "AnalyzeHeader", "AnalyzeImage", "data_type_codes"]

HEADER = record_layout("""
i4   sizeof_hdr    # 348
S10  data_type     # free text
S18  db_name       # free text
i4   extents       # 16384 where images must lie without gaps
i2   session_error
S1   regular       # "r" where all volumes have the same size
S1   hkey_un0
i2*8 dim           # number of axes, then their lengths
S4   vox_units     # unit of space
S8   cal_units     # unit of the values
i2   unused1
i2   datatype      # kind of voxel
i2   bitpix        # bits of a voxel
i2   dim_un0
f4*8 pixdim        # unused, then the size of a voxel along each axis
f4   vox_offset    # byte of the .img at which the voxels begin
f4   funused1      # SPM keeps slope and intercept in the first two
f4   funused2
f4   funused3
f4   cal_max       # range of calibrated values
f4   cal_min
i4   compressed
i4   verified
i4   glmax         # largest and smallest stored value
i4   glmin
S80  descrip       # free text
S24  aux_file      # name of another file
S1   orient        # plane of the slices; most programs ignore it, and so does volio
S10  originator    # SPM keeps the origin here
S10  generated
S10  scannum
S10  patient_id
S10  exp_date
S10  exp_time
S3   hist_un0
i4   views
i4   vols_added
i4   start_field
i4   field_skip
i4   omax
i4   omin
i4   smax
i4   smin
""").newbyteorder("<")

#: Kinds of voxels; those without a dtype here can be named but not read.
data_type_codes = dtype_table("""
0   | none      |
1   | binary    |
2   | uint8     | uint8
4   | int16     | int16
8   | int32     | int32
16  | float32   | float32
32  | complex64 | complex64
64  | float64   | float64
128 | RGB       | RGB
255 | all       |
""")

SIZES = (struct.pack("<i", 348), struct.pack(">i", 348))


class AnalyzeHeader(BinaryHeader):
    """The header of an Analyze 7.5 image.

    Its affine has the voxel sizes, the centre of the volume at the origin, and a first axis that
    points left where `default_x_flip` is set (radiological order, as most programs assume).

    Parameters
    ----------
    binaryblock : bytes, optional
        The 348 bytes of the header (default: a new one).
    endianness : str, optional
        Byte order, '<' or '>' (default: guessed from the bytes, or native).
    check : bool
        Check the fields, repairing what can be repaired.

    Raises
    ------
    HeaderDataError
        If the fields make no sense together.

    Examples
    --------
    >>> header = volio.AnalyzeHeader()
    >>> header.set_data_dtype("int16")
    >>> header.set_data_shape((2, 3, 4))
    >>> header.get_data_dtype().name, header.get_data_shape()
    ('int16', (2, 3, 4))
    """

    layout = HEADER
    sizeof_hdr = 348
    data_types = data_type_codes
    type_field = "datatype"
    bits_field = "bitpix"
    checks = DIM_CHECKS
    codes = {"datatype": data_type_codes}
    defaults = {"sizeof_hdr": 348, **dims.DEFAULTS}
    length_unit = None
    has_data_slope = False
    has_data_intercept = False

    guessed_endian = classmethod(dims.guessed_endian)

    @classmethod
    def may_contain_header(cls, binaryblock: bytes) -> bool:
        """Return whether bytes could be the start of such a header: by the size they state."""
        return len(binaryblock) >= cls.sizeof_hdr and bytes(binaryblock[:4]) in SIZES

    _read_shape = dims.read_shape
    _store_shape = dims.store_shape
    _read_zooms = dims.read_zooms
    _store_zooms = dims.store_zooms
    _read_stored_zooms = dims.read_stored_zooms

    @property
    def offset(self) -> int:
        """Byte at which the voxels begin."""
        return dims.read_offset(self)

    fill_zero_lengths = dims.fill_zero_lengths
    set_data_offset = dims.set_data_offset
    as_analyze_map = dims.as_analyze_map

    def copy_from(self, header: Any) -> None:
        """Take from another format's header what this one can hold."""
        dims.copy_shared_fields(self, header)
        super().copy_from(header)

    def metadata(self) -> Metadata:
        """Return what the header holds besides shape, dtype and voxel sizes."""
        return dims.read_texts(self, super().metadata())

    set_metadata = dims.store_texts


class AnalyzeImage(SlabImage):
    """An Analyze 7.5 image, .hdr and .img, which keep the voxel sizes of an affine alone.

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
    >>> img = volio.AnalyzeImage(np.zeros((3, 3, 3), np.uint8), None)
    >>> img.header.set_zooms((2, 2, 4))
    >>> volio.save(img, "old.img", format="analyze")
    >>> volio.load("old.img", format="analyze").header.get_zooms()
    (2.0, 2.0, 4.0)
    """

    header_class = AnalyzeHeader
    files_types = (("header", ".hdr"), ("image", ".img"))
    kept_geometry = "voxel sizes"
    geometry_hint = "NIfTI keeps it"
