"""The fields of a NIfTI-1 header, 348 bytes.

Source: nifti1.h, https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h
"""

import numpy as np

__all__ = ["HEADER"]

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
