"""Fields of MetaImage headers: names of types, and fields that have several names.

Source: https://itk.org/Wiki/MetaIO/Documentation
"""

from __future__ import annotations

import re

from volio.arrays.dtypes import dtypes_by_name

__all__ = [
    "ARRAY",
    "FIELD",
    "LAST",
    "LIST",
    "LISTS",
    "MATRIX",
    "MSB",
    "ORDER",
    "ORIGIN",
    "SIZES",
    "TYPES",
    "USUAL",
]


#: Names of types, the usual one of each first.
TYPES = dtypes_by_name("""
int8    | MET_CHAR
uint8   | MET_UCHAR
int16   | MET_SHORT
uint16  | MET_USHORT
int32   | MET_INT | MET_LONG
uint32  | MET_UINT | MET_ULONG
int64   | MET_LONG_LONG
uint64  | MET_ULONG_LONG
float32 | MET_FLOAT
float64 | MET_DOUBLE
""")

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

#: The line that names the data file, after which voxels may follow, and one before a list of files.
LAST = re.compile(
    rb"(?:^|\n)[ \t]*ElementDataFile[ \t]*[=:](?![ \t]*LIST(?:\s|\Z))[^\r\n]*(?:\r?\n)?"
)
LIST = re.compile(rb"(?:^|\n)[ \t]*ElementDataFile[ \t]*[=:][ \t]*LIST(?:\s|\Z)")
