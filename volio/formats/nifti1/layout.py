"""The fields of a NIfTI-1 header, 348 bytes.

Source: nifti1.h, https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h
"""

from volio.images.headers.record import record_layout

__all__ = ["HEADER"]

HEADER = record_layout("""
i4   sizeof_hdr     # 348
S10  data_type      # unused, from Analyze
S18  db_name        # unused
i4   extents        # unused
i2   session_error  # unused
S1   regular        # unused
u1   dim_info       # frequency, phase and slice axis, two bits each
i2*8 dim            # number of axes, then their lengths
f4   intent_p1      # parameters of the intent
f4   intent_p2
f4   intent_p3
i2   intent_code    # what the voxels mean
i2   datatype       # kind of voxel
i2   bitpix         # bits of a voxel
i2   slice_start    # first slice that was acquired
f4*8 pixdim         # qfac (-1 or 1), then the size of a voxel along each axis
f4   vox_offset     # byte at which the voxels begin
f4   scl_slope      # value = stored * slope + inter, unless slope is 0
f4   scl_inter
i2   slice_end      # last slice that was acquired
u1   slice_code     # order of the slices
u1   xyzt_units     # unit of space + unit of time
f4   cal_max        # display range
f4   cal_min
f4   slice_duration # time for one slice
f4   toffset        # time of the first volume
i4   glmax          # unused; FreeSurfer keeps the length of long vectors in glmin
i4   glmin
S80  descrip        # free text
S24  aux_file       # name of another file
i2   qform_code     # space of the quaternion
i2   sform_code     # space of the srow affine
f4   quatern_b      # rotation, as three of the four parts of a unit quaternion
f4   quatern_c
f4   quatern_d
f4   qoffset_x      # RAS+ mm of the first voxel's centre
f4   qoffset_y
f4   qoffset_z
f4*4 srow_x         # rows of the affine, voxels to RAS+ mm
f4*4 srow_y
f4*4 srow_z
S16  intent_name    # name of the data
S4   magic          # "n+1" for one file, "ni1" for a pair
""").newbyteorder("<")
