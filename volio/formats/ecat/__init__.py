"""ECAT7 volumes, .v: frames of positron emission tomography.

The voxel axes are flipped by patient_orientation: head first all three are flipped, feet first
the second and third, and where the orientation is unknown none, as nibabel does. Sizes and offsets,
cm in the file, are mm here.

Source: https://www.turkupetcentre.net/software/libdoc/libtpcimgio/ecat7_8h_source.html
"""

from volio.formats.ecat.fields import FILE_TYPES, MAIN, ORIENTATIONS, SUBHEADER, data_type_codes
from volio.formats.ecat.header import EcatHeader
from volio.formats.ecat.image import EcatImage, EcatImageArrayProxy
from volio.formats.ecat.subheader import EcatSubHeader, read_subheaders

__all__ = [
    "FILE_TYPES",
    "MAIN",
    "ORIENTATIONS",
    "SUBHEADER",
    "EcatHeader",
    "EcatImage",
    "EcatImageArrayProxy",
    "EcatSubHeader",
    "data_type_codes",
    "read_subheaders",
]
