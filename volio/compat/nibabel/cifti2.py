"""Parsing CIFTI-2 by hand: names of nibabel's ``cifti2.cifti2`` and ``cifti2.parse_cifti2``."""

from __future__ import annotations

import re

from volio.compat.nibabel.xmlutils import XmlParser
from volio.errors import HeaderError
from volio.formats.cifti2 import (
    CIFTI_BRAIN_STRUCTURES,
    CIFTI_MAP_TYPES,
    CIFTI_MODEL_TYPES,
    CIFTI_SERIESUNIT_TYPES,
    Cifti2BrainModel,
    Cifti2Extension,
    Cifti2Header,
    Cifti2Image,
    Cifti2Label,
    Cifti2LabelTable,
    Cifti2Matrix,
    Cifti2MatrixIndicesMap,
    Cifti2MetaData,
    Cifti2NamedMap,
    Cifti2Parcel,
    Cifti2Surface,
    Cifti2TransformationMatrixVoxelIndicesIJKtoXYZ,
    Cifti2VertexIndices,
    Cifti2Vertices,
    Cifti2Volume,
    Cifti2VoxelIndicesIJK,
    LimitedNifti2Header,
)
from volio.formats.cifti2.elements.element import checked as _value_if_klass  # noqa: F401
from volio.formats.cifti2.elements.element import float_01 as _float_01  # noqa: F401
from volio.formats.nifti2 import Nifti2Image

__all__ = [
    "CIFTI_BRAIN_STRUCTURES",
    "CIFTI_MAP_TYPES",
    "CIFTI_MODEL_TYPES",
    "CIFTI_SERIESUNIT_TYPES",
    "Cifti2BrainModel",
    "Cifti2Extension",
    "Cifti2Header",
    "Cifti2HeaderError",
    "Cifti2Image",
    "Cifti2Label",
    "Cifti2LabelTable",
    "Cifti2Matrix",
    "Cifti2MatrixIndicesMap",
    "Cifti2MetaData",
    "Cifti2NamedMap",
    "Cifti2Parcel",
    "Cifti2Parser",
    "Cifti2Surface",
    "Cifti2TransformationMatrixVoxelIndicesIJKtoXYZ",
    "Cifti2VertexIndices",
    "Cifti2Vertices",
    "Cifti2Volume",
    "Cifti2VoxelIndicesIJK",
    "LimitedNifti2Header",
    "load",
    "save",
]

Cifti2HeaderError = HeaderError
"""What a header raises that makes no sense."""

load = Cifti2Image.from_filename
save = Cifti2Image.instance_to_filename

# Names that begin with an underscore, for programs that take them all the same.
_Cifti2AsNiftiHeader = LimitedNifti2Header
_Cifti2AsNiftiImage = Nifti2Image


def _underscore(string: str) -> str:
    """Return a name in CamelCase in lower case, with an underscore before each word."""
    parted = re.sub(r"(?<=[A-Z])(?=[A-Z][a-z])|(?<=[a-z0-9])(?=[A-Z])", "_", string)
    return parted.lower()


class Cifti2Parser(XmlParser):
    """Parses the XML of CIFTI-2.

    Attributes
    ----------
    header : Cifti2Header or None
        The header, once a text was parsed.
    """

    def __init__(
        self, encoding: str | None = None, buffer_size: int = 3_500_000, verbose: int = 0
    ) -> None:
        super().__init__(encoding, buffer_size, verbose)
        self.header: Cifti2Header | None = None

    def _parse_text(self, text: str | bytes) -> None:
        self.header = Cifti2Header.from_xml(text)
