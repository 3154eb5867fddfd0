"""The records of an ECAT7 file: main header and sub-headers of frames, and their codes.

Source: https://www.turkupetcentre.net/software/libdoc/libtpcimgio/ecat7_8h_source.html
"""

from __future__ import annotations

import numpy as np

from volio.arrays.dtypes import DType, dtype_table
from volio.codes import Recoder, coded_rows
from volio.errors import UsageError
from volio.images.headers.record import record_layout

__all__ = [
    "BLOCK",
    "CODES",
    "FEET_FIRST",
    "FILE_TYPES",
    "FRAME",
    "HEAD_FIRST",
    "IMAGES",
    "MAIN",
    "MAPPED",
    "ORIENTATIONS",
    "SUBHEADER",
    "VAX",
    "data_type_codes",
    "flipped_axes",
]

#: Everything in a file begins at a multiple of so many bytes.
BLOCK = 512


#: The main header, the first block.
MAIN = record_layout("""
S14 magic_number
S32 original_filename
u2 sw_version system_type file_type
S10 serial_number
u4 scan_start_time
S8 isotope_name
f4 isotope_halflife
S32 radiopharmaceutical
f4 gantry_tilt gantry_rotation bed_elevation intrinsic_tilt
u2 wobble_speed transm_source_type
f4 distance_scanned transaxial_fov
u2 angular_compression coin_samp_mode axial_samp_mode
f4 ecat_calibration_factor
u2 calibration_unitS calibration_units_type compression_code
S12 study_type
S16 patient_id
S32 patient_name
S1 patient_sex patient_dexterity
f4 patient_age patient_height patient_weight
u4 patient_birth_date
S32 physician_name operator_name study_description
u2 acquisition_type patient_orientation
S20 facility_name
u2 num_planes num_frames num_gates num_bed_pos
f4 init_bed_position
f4*15 bed_position
f4 plane_separation
u2 lwr_sctr_thres lwr_true_thres upr_true_thres
S10 user_process_code
u2 acquisition_mode
f4 bin_size branching_fraction
u4 dose_start_time
f4 dosage well_counter_corr_factor
S32 data_units
u2 septa_state
S12 fill
""")

#: The sub-header of an image, the block before its voxels; lengths in cm, times in ms.
SUBHEADER = record_layout("""
u2 data_type num_dimensions x_dimension y_dimension z_dimension
f4 x_offset y_offset z_offset recon_zoom scale_factor
i2 image_min image_max
f4 x_pixel_size y_pixel_size z_pixel_size
u4 frame_duration frame_start_time
u2 filter_code
f4 x_resolution y_resolution z_resolution num_r_elements num_angles z_rotation_angle
f4 decay_corr_fctr
u4 corrections_applied gate_duration r_wave_offset num_accepted_beats
f4 filter_cutoff_frequency filter_resolution filter_ramp_slope
u2 filter_order
f4 filter_scatter_fraction filter_scatter_slope
S40 annotation
f4 mt_1_1 mt_1_2 mt_1_3 mt_2_1 mt_2_2 mt_2_3 mt_3_1 mt_3_2 mt_3_3
f4 rfilter_cutoff rfilter_resolution
u2 rfilter_code rfilter_order
f4 zfilter_cutoff zfilter_resolution
u2 zfilter_code zfilter_order
f4 mt_4_1 mt_4_2 mt_4_3
u2 scatter_type recon_type recon_views
S174 fill
S96 fill2
""")

#: Sub-headers are kept as whole blocks: what follows their fields too.
FRAME = np.dtype([*SUBHEADER.descr, ("rest", f"V{BLOCK - SUBHEADER.itemsize}")])

#: Fields that describe the file itself, or that other formats have too.
MAPPED = frozenset(
    {
        "magic_number",
        "original_filename",
        "sw_version",
        "system_type",
        "file_type",
        "ecat_calibration_factor",
        "compression_code",
        "study_description",
        "fill",
        "patient_orientation",
        "num_planes",
        "num_frames",
        "num_gates",
        "num_bed_pos",
        "plane_separation",
        "user_process_code",
        # Of sub-headers:
        "data_type",
        "num_dimensions",
        "x_dimension",
        "y_dimension",
        "z_dimension",
        "x_offset",
        "y_offset",
        "z_offset",
        "scale_factor",
        "image_min",
        "image_max",
        "x_pixel_size",
        "y_pixel_size",
        "z_pixel_size",
        "frame_start_time",
        "frame_duration",
        "fill2",
        "rest",
    }
)

#: Kinds of voxels: VAX numbers are little-endian, those of Sun big-endian.
data_type_codes = dtype_table("""
1 | ECAT7_BYTE   | uint8
6 | ECAT7_SUNI2  | int16
7 | ECAT7_SUNI4  | int32
5 | ECAT7_IEEER4 | float32
2 | ECAT7_VAXI2  |
3 | ECAT7_VAXI4  |
4 | ECAT7_VAXR4  |
""")
#: Those of VAX that are read, in their byte order; none is written.
VAX: dict[int, DType] = {2: np.dtype("<i2"), 3: np.dtype("<i4")}

#: What a file holds, by its code; those of `IMAGES` have voxels as this package reads them.
FILE_TYPES: dict[int, str] = dict(
    coded_rows("""
0  | ECAT7_UNKNOWN
1  | ECAT7_2DSCAN
2  | ECAT7_IMAGE16
3  | ECAT7_ATTEN
4  | ECAT7_2DNORM
5  | ECAT7_POLARMAP
6  | ECAT7_VOLUME8
7  | ECAT7_VOLUME16
8  | ECAT7_PROJ
9  | ECAT7_PROJ16
10 | ECAT7_IMAGE8
11 | ECAT7_3DSCAN
12 | ECAT7_3DSCAN8
13 | ECAT7_3DNORM
14 | ECAT7_3DSCANFIT
""")
)
IMAGES = (0, 2, 6, 7, 10)

#: Positions of the patient, by their codes.
ORIENTATIONS: dict[int, str] = dict(
    coded_rows("""
0 | ECAT7_Feet_First_Prone
1 | ECAT7_Head_First_Prone
2 | ECAT7_Feet_First_Supine
3 | ECAT7_Head_First_Supine
4 | ECAT7_Feet_First_Decubitus_Right
5 | ECAT7_Head_First_Decubitus_Right
6 | ECAT7_Feet_First_Decubitus_Left
7 | ECAT7_Head_First_Decubitus_Left
8 | ECAT7_Unknown_Orientation
""")
)
#: Fields of the main header with a code of such a table.
CODES = {
    "file_type": Recoder(FILE_TYPES.items(), fields=("code", "label")),
    "patient_orientation": Recoder(ORIENTATIONS.items(), fields=("code", "label")),
}

FEET_FIRST = (0, 2, 4, 6)
HEAD_FIRST = (1, 3, 5, 7)


def flipped_axes(orientation: int | str) -> tuple[int, ...]:
    """Return the axes that run backwards in a file.

    Parameters
    ----------
    orientation : int or {'neurological', 'radiological'}
        A code of patient_orientation: head first x, y and z do, feet first y and z; where the
        orientation is unknown, none. Or the word for one of the two.

    Raises
    ------
    UsageError
        For another word.
    """
    if orientation in ("neurological", *HEAD_FIRST):
        return (0, 1, 2)
    if orientation in ("radiological", *FEET_FIRST):
        return (1, 2)
    if isinstance(orientation, str):
        words = "'neurological' or 'radiological'"
        raise UsageError(f"orientation: must be None, {words}, got {orientation!r}")
    return ()
