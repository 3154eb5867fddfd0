"""Fields of MetaImage headers: names of types, and fields that have several names.

Source: https://itk.org/Wiki/MetaIO/Documentation
"""

from __future__ import annotations

import re

import numpy as np

__all__ = [
    "ARRAY",
    "FIELD",
    "LAST",
    "LISTS",
    "MATRIX",
    "MSB",
    "ORDER",
    "ORIGIN",
    "SIZES",
    "TYPES",
    "USUAL",
]


_NAMES = {
    "MET_CHAR": "i1",
    "MET_UCHAR": "u1",
    "MET_SHORT": "i2",
    "MET_USHORT": "u2",
    "MET_INT": "i4",
    "MET_UINT": "u4",
    "MET_LONG": "i4",
    "MET_ULONG": "u4",
    "MET_LONG_LONG": "i8",
    "MET_ULONG_LONG": "u8",
    "MET_FLOAT": "f4",
    "MET_DOUBLE": "f8",
}
TYPES = {name: np.dtype(code) for name, code in _NAMES.items()}

#: Names of one fact: where a file has several, the first counts, as for MetaIO.
MATRIX = ("TransformMatrix", "Rotation", "Orientation")
ORIGIN = ("Origin", "Offset", "Position")
SIZES = ("ElementSpacing", "ElementSize")
MSB = ("BinaryDataByteOrderMSB", "ElementByteOrderMSB")

#: The name that is written where a file has none of them, if it is not the first.
USUAL = {"Origin": "Offset"}

#: Fields in the order in which new ones are written.
ORDER = (
    "ObjectType",
    "Comment",
    "NDims",
    "BinaryData",
    "BinaryDataByteOrderMSB",
    "ElementByteOrderMSB",
    "CompressedData",
    "CompressedDataSize",
    *MATRIX,
    *ORIGIN,
    "CenterOfRotation",
    "AnatomicalOrientation",
    *SIZES,
    "DimSize",
    "HeaderSize",
    "ElementNumberOfChannels",
    "ElementType",
    "ElementDataFile",
)

#: Fields of several lines.
LISTS = ("ElementDataFile", "Comment")

#: Ending of types of vectors in older files; ElementNumberOfChannels is their length.
ARRAY = "_ARRAY"

FIELD = re.compile(r"\s*([^=:\s][^=:]*?)\s*[=:]\s*(.*?)\s*")
LAST = re.compile(rb"(?:^|\n)[ \t]*ElementDataFile[ \t]*[=:][ \t]*([^\r\n]*)(\r?\n)?")
