"""Philips PAR/REC and XML/REC scans, as MR scanners export them for research.

Versions 3, 4, 4.1 and 4.2 of .PAR and the .xml of release 5, each with a .REC file of slices in
any order. Read only. Scaled to what the console shows ('dv') or to floating point values ('fp').

Source: the comments in .PAR files themselves.
"""

from volio.formats.parrec.fields import IMAGE_DEFS
from volio.formats.parrec.geometry import ACQ_TO_PSL, PSL_TO_RAS
from volio.formats.parrec.header import PARRECHeader, slice_orientation_codes
from volio.formats.parrec.image import PARRECArrayProxy, PARRECImage, XMLRECImage
from volio.formats.parrec.parse import PARRECError, parse_PAR_header
from volio.formats.parrec.slice_order import vol_is_full, vol_numbers

__all__ = [
    "ACQ_TO_PSL",
    "IMAGE_DEFS",
    "PSL_TO_RAS",
    "PARRECArrayProxy",
    "PARRECError",
    "PARRECHeader",
    "PARRECImage",
    "XMLRECImage",
    "parse_PAR_header",
    "slice_orientation_codes",
    "vol_is_full",
    "vol_numbers",
]
