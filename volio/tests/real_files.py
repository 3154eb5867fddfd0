"""Real files that other programs wrote, and what is in them, by name.

They are listed, not found: a file that is added next to them changes no test. The facts were taken
with nibabel, which is not the program that is tested.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import nibabel

from volio.tests.requirements import REAL_FILES, require

__all__ = [
    "ORIENTATIONS",
    "SHARED_FILES",
    "WHEEL_FILES",
    "WHEEL_PAR_HEADERS",
    "RealFile",
    "shared_path",
    "wheel_path",
]


class RealFile(NamedTuple):
    """A file, and facts about the image that it holds, or that it is the header of."""

    name: str  # below its folder
    image: str  # name of the image class
    shape: tuple[int, ...]
    dtype: str  # of the voxels in the file
    total: complex  # sum of all values, scaled


def wheel_path(name: str) -> Path:
    """Return the path of a file that comes with nibabel."""
    return Path(nibabel.__file__).parent / "tests" / "data" / name


def shared_path(name: str) -> Path:
    """Return the path of a file of the folder of real files; skip the test where that is missing.

    Parameters of tests are names, then: a module would be skipped whole while it is imported.
    """
    require("real files")
    return REAL_FILES / name


#: One head in the orders of axes that the names state; in world space all are the same.
ORIENTATIONS = tuple(
    f"orientations/{axes}.nii.gz"
    for axes in ("RAS", "AIL", "ASL", "IPR", "LAS", "LPS", "PSR", "SRP")
)

#: Headers of PAR/REC that come with nibabel, most of them without their voxels.
WHEEL_PAR_HEADERS = (
    "ADC_Map.PAR",
    "ASL_3D_Multiecho.PAR",
    "DTI.PAR",
    "DTIv40.PAR",
    "Phantom_EPI_3mm_cor_20APtrans_15RLrot_SENSE_15_1.PAR",
    "Phantom_EPI_3mm_cor_SENSE_8_1.PAR",
    "Phantom_EPI_3mm_sag_15AP_SENSE_13_1.PAR",
    "Phantom_EPI_3mm_sag_15FH_SENSE_12_1.PAR",
    "Phantom_EPI_3mm_sag_15RL_SENSE_11_1.PAR",
    "Phantom_EPI_3mm_sag_SENSE_7_1.PAR",
    "Phantom_EPI_3mm_tra_-30AP_10RL_20FH_SENSE_14_1.PAR",
    "Phantom_EPI_3mm_tra_15FH_SENSE_9_1.PAR",
    "Phantom_EPI_3mm_tra_15RL_SENSE_10_1.PAR",
    "Phantom_EPI_3mm_tra_SENSE_6_1.PAR",
    "R11_T2W_TSE.PAR",
    "T1.PAR",
    "T1_3echo_mag_real_imag_phase.PAR",
    "T1_dual_echo.PAR",
    "T2-interleaved.PAR",
    "T2.PAR",
    "T2_-interleaved.PAR",
    "T2_.PAR",
    "fieldmap.PAR",
    "phantom_EPI_asc_CLEAR_2_1.PAR",
    "phantom_fake_dualTR.PAR",
    "phantom_fake_v4.PAR",
    "phantom_fake_v4_1.PAR",
    "phantom_truncated.PAR",
    "phantom_varscale.PAR",
    "umass_anonymized.PAR",
    "variant_v4_2_header.PAR",
)

WHEEL_FILES = (
    RealFile("anatomical.nii", "Nifti1Image", (33, 41, 25), ">i2", 284166082),
    RealFile("example4d+orig.BRIK.gz", "AFNIImage", (33, 41, 25, 3), "<i2", 432969496),
    RealFile("example4d+orig.HEAD", "AFNIImage", (33, 41, 25, 3), "<i2", 432969496),
    RealFile("example4d.nii.gz", "Nifti1Image", (128, 96, 24, 2), "<i2", 101985356),
    RealFile("example_nifti2.nii.gz", "Nifti2Image", (32, 20, 12, 2), "<i2", 6926802),
    RealFile("functional.nii", "Nifti1Image", (17, 21, 3, 20), "<i2", 77913290.36),
    RealFile("minc1-no-att.mnc", "Minc1Image", (10, 20, 20), "|u1", 2424.441091),
    RealFile("minc1_1_scale.mnc", "Minc1Image", (10, 20, 20), "|u1", 836.5168333),
    RealFile("minc1_4d.mnc", "Minc1Image", (10, 20, 20, 2), "|u1", 7272.33827),
    RealFile("minc2-4d-d.mnc", "Minc2Image", (16, 16, 16, 5), "<f8", 40976),
    RealFile("minc2-no-att.mnc", "Minc2Image", (10, 20, 20), "|u1", 2424.441091),
    RealFile("minc2_1_scale.mnc", "Minc2Image", (10, 20, 20), "|u1", 836.5168333),
    RealFile("minc2_4d.mnc", "Minc2Image", (10, 20, 20, 2), "|u1", 7272.33827),
    RealFile("phantom_EPI_asc_CLEAR_2_1.PAR", "PARRECImage", (64, 64, 9, 3), "<u2", 21560810.42),
    RealFile("phantom_EPI_asc_CLEAR_2_1.REC", "PARRECImage", (64, 64, 9, 3), "<u2", 21560810.42),
    RealFile("phantom_varscale.PAR", "PARRECImage", (64, 64, 9, 3), "<u2", 15693835.84),
    RealFile("phantom_varscale.REC", "PARRECImage", (64, 64, 9, 3), "<u2", 15693835.84),
    RealFile("reoriented_anat_moved.nii", "Nifti1Image", (21, 26, 22), ">f4", 32739769.45),
    RealFile("resampled_anat_moved.nii", "Nifti1Image", (17, 21, 3), ">f4", float("nan")),
    RealFile("row_major.dconn.nii", "Cifti2Image", (10, 10), "<f4", 46.74536419),
    RealFile("scaled+tlrc.BRIK", "AFNIImage", (47, 54, 43, 1), "<i2", 26.10446576),
    RealFile("scaled+tlrc.HEAD", "AFNIImage", (47, 54, 43, 1), "<i2", 26.10446576),
    RealFile("small.mnc", "Minc2Image", (18, 28, 29), "<i2", 456206.2146),
    RealFile("standard.nii.gz", "Nifti1Image", (4, 5, 7), "|u1", 7650),
    RealFile("test.mgz", "MGHImage", (3, 4, 5, 2), ">f4", -15.55657383),
    RealFile("tiny.mnc", "Minc1Image", (10, 20, 20), "|u1", 2424.112757),
)

SHARED_FILES = (
    RealFile("balls/NIFTI/T1.nii.gz", "Nifti1Image", (80, 80, 10), "<i2", 2032069.051),
    RealFile("balls/NIFTI/T2_.nii.gz", "Nifti1Image", (80, 80, 10, 2), "<i2", 58087085.17),
    RealFile("balls/PARREC/T1.PAR", "PARRECImage", (80, 80, 10), "<u2", 2032073.171),
    RealFile("balls/PARREC/T1.REC", "PARRECImage", (80, 80, 10), "<u2", 2032073.171),
    RealFile("balls/PARREC/T2_.PAR", "PARRECImage", (80, 80, 10, 2), "<u2", 58087085.89),
    RealFile("balls/PARREC/T2_.REC", "PARRECImage", (80, 80, 10, 2), "<u2", 58087085.89),
    RealFile(
        "cifti/Conte69.MyelinAndCorrThickness.32k_fs_LR.dscalar.nii",
        "Cifti2Image",
        (2, 60951),
        "<f4",
        248371.0148,
    ),
    RealFile(
        "cifti/Conte69.MyelinAndCorrThickness.32k_fs_LR.ptseries.nii",
        "Cifti2Image",
        (2, 54),
        "<f4",
        218.2517346,
    ),
    RealFile(
        "cifti/fs_LR.32k.LR.curvature.dscalar.nii",
        "Cifti2Image",
        (1, 59412),
        "<f4",
        1296.858594,
    ),
    RealFile("freesurfer/mri/aseg.mgz", "MGHImage", (256, 256, 256), ">f4", 34640928),
    RealFile("minc/mincex_diff-FA.mnc", "Minc2Image", (19, 256, 256), "<i2", 936389.2595),
    RealFile("orientations/AIL.nii.gz", "Nifti1Image", (79, 67, 64), "|u1", 11398461.14),
    RealFile("orientations/ASL.nii.gz", "Nifti1Image", (79, 67, 64), "|u1", 11398461.14),
    RealFile("orientations/IPR.nii.gz", "Nifti1Image", (67, 79, 64), "|u1", 11398461.14),
    RealFile("orientations/LAS.nii.gz", "Nifti1Image", (64, 79, 67), "|u1", 11398461.14),
    RealFile("orientations/LPS.nii.gz", "Nifti1Image", (64, 79, 67), "|u1", 11398461.14),
    RealFile("orientations/PSR.nii.gz", "Nifti1Image", (79, 67, 64), "|u1", 11398461.14),
    RealFile("orientations/RAS.nii.gz", "Nifti1Image", (64, 79, 67), "|u1", 11398461.14),
    RealFile("orientations/SRP.nii.gz", "Nifti1Image", (67, 64, 79), "|u1", 11398461.14),
    RealFile("surfaces/lh.Yeo2011.mgz", "MGHImage", (163842, 1, 1), ">i4", 607197),
    RealFile("volumes/DT_FA+orig.BRIK.gz", "AFNIImage", (128, 128, 70, 1), "<f4", 39220.03656),
    RealFile("volumes/DT_FA+orig.HEAD", "AFNIImage", (128, 128, 70, 1), "<f4", 39220.03656),
    RealFile("volumes/chris_t1.nii.gz", "Nifti1Image", (188, 256, 190), "|u1", 411030734),
    RealFile(
        "volumes/complex_image.nii.gz", "Nifti1Image", (10, 10, 10), "<c8", 490.0186 + 499.2915j
    ),
    RealFile("volumes/fslt.nii.gz", "Nifti1Image", (64, 64, 36), "<f4", -36746.70854),
    RealFile("volumes/hippo.nii.gz", "Nifti1Image", (91, 109, 91), "<f4", 4698),
    RealFile("volumes/labels256.nii.gz", "Nifti1Image", (256, 256, 256), "|u1", 1839145),
    RealFile("volumes/minimal.nii.gz", "Nifti1Image", (64, 64, 10), "|u1", 1290240),
    RealFile("volumes/pcasl.nii.gz", "Nifti1Image", (52, 68, 20, 10), "<i2", 326427388),
    RealFile("volumes/shear.nii.gz", "Nifti1Image", (306, 422, 54), "|u1", -5577896245),
    RealFile("volumes/torsoLabel.nii.gz", "Nifti1Image", (384, 320, 89), "|u1", 5458798),
    RealFile("volumes/wm.mgz", "MGHImage", (256, 256, 256), "|u1", 66529566),
)
