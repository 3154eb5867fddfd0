"""NIfTI-1 images, the common format of the field.

One file (``.nii``) or a pair (``.hdr`` and ``.img``), either byte order, 1 to 7 axes, an affine by
quaternion and by rows, slope and intercept, and header extensions.

Source: https://nifti.nimh.nih.gov/nifti-1
"""

from volio.formats.nifti1.codes import (
    data_type_codes,
    intent_codes,
    slice_order_codes,
    unit_codes,
    xform_codes,
)
from volio.formats.nifti1.contents import (
    AfniExtension,
    Cifti2Extension,
    JsonExtension,
    Nifti1DicomExtension,
)
from volio.formats.nifti1.extension import Nifti1Extension, NiftiExtension
from volio.formats.nifti1.extensions import Nifti1Extensions, extension_codes
from volio.formats.nifti1.header import HEADER, Nifti1Header, Nifti1PairHeader
from volio.formats.nifti1.image import Nifti1Image, Nifti1Pair

__all__ = [
    "HEADER",
    "AfniExtension",
    "Cifti2Extension",
    "JsonExtension",
    "Nifti1DicomExtension",
    "Nifti1Extension",
    "Nifti1Extensions",
    "Nifti1Header",
    "Nifti1Image",
    "Nifti1Pair",
    "Nifti1PairHeader",
    "NiftiExtension",
    "data_type_codes",
    "extension_codes",
    "intent_codes",
    "slice_order_codes",
    "unit_codes",
    "xform_codes",
]
