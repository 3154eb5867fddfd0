"""AFNI data sets: a .HEAD file of attributes and a .BRIK file of voxels, compressed or not.

All attributes are kept with their types, known or not. Volumes (AFNI's sub-bricks) have a factor,
a label and perhaps a statistic each. Coordinates are converted from AFNI's LPS+ into RAS+.

Source: https://afni.nimh.nih.gov/pub/dist/doc/program_help/README.attributes.html
"""

from volio.formats.afni.geometry import space_codes
from volio.formats.afni.head import AFNIHeaderError, Head, parse_head
from volio.formats.afni.header import AFNIHeader, AFNIImageError, data_types
from volio.formats.afni.image import AFNIArrayProxy, AFNIImage

__all__ = [
    "AFNIArrayProxy",
    "AFNIHeader",
    "AFNIHeaderError",
    "AFNIImage",
    "AFNIImageError",
    "Head",
    "data_types",
    "parse_head",
    "space_codes",
]
