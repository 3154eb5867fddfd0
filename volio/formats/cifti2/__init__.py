"""CIFTI-2: matrices whose rows and columns are vertices, voxels, parcels, points or maps.

Source: https://www.nitrc.org/projects/cifti, CIFTI-2 File Format
"""

from volio.formats.cifti2.axes import (
    BrainModelAxis,
    LabelAxis,
    MatrixAxis,
    ParcelsAxis,
    ScalarAxis,
    SeriesAxis,
)
from volio.formats.cifti2.codes import (
    CIFTI_BRAIN_STRUCTURES,
    CIFTI_MAP_TYPES,
    CIFTI_MODEL_TYPES,
    CIFTI_SERIESUNIT_TYPES,
)
from volio.formats.cifti2.elements import (
    Cifti2BrainModel,
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
)
from volio.formats.cifti2.header import Cifti2Header
from volio.formats.cifti2.image import Cifti2Image
from volio.formats.cifti2.nifti_header import LimitedNifti2Header
from volio.formats.nifti1.contents import Cifti2Extension

__all__ = [
    "CIFTI_BRAIN_STRUCTURES",
    "CIFTI_MAP_TYPES",
    "CIFTI_MODEL_TYPES",
    "CIFTI_SERIESUNIT_TYPES",
    "BrainModelAxis",
    "Cifti2BrainModel",
    "Cifti2Extension",
    "Cifti2Header",
    "Cifti2Image",
    "Cifti2Label",
    "Cifti2LabelTable",
    "Cifti2Matrix",
    "Cifti2MatrixIndicesMap",
    "Cifti2MetaData",
    "Cifti2NamedMap",
    "Cifti2Parcel",
    "Cifti2Surface",
    "Cifti2TransformationMatrixVoxelIndicesIJKtoXYZ",
    "Cifti2VertexIndices",
    "Cifti2Vertices",
    "Cifti2Volume",
    "Cifti2VoxelIndicesIJK",
    "LabelAxis",
    "LimitedNifti2Header",
    "MatrixAxis",
    "ParcelsAxis",
    "ScalarAxis",
    "SeriesAxis",
]
