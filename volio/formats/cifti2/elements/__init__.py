"""The elements of a CIFTI-2 header, each with its fields and its XML."""

from volio.formats.cifti2.elements.brain_model import Cifti2BrainModel
from volio.formats.cifti2.elements.indices import Cifti2VertexIndices, Cifti2Vertices
from volio.formats.cifti2.elements.indices_map import Cifti2MatrixIndicesMap
from volio.formats.cifti2.elements.labels import Cifti2Label, Cifti2LabelTable
from volio.formats.cifti2.elements.matrix import Cifti2Matrix
from volio.formats.cifti2.elements.metadata import Cifti2MetaData
from volio.formats.cifti2.elements.named_map import Cifti2NamedMap
from volio.formats.cifti2.elements.parcel import Cifti2Parcel, Cifti2Surface
from volio.formats.cifti2.elements.volume import (
    Cifti2TransformationMatrixVoxelIndicesIJKtoXYZ,
    Cifti2Volume,
)
from volio.formats.cifti2.elements.voxels import Cifti2VoxelIndicesIJK

__all__ = [
    "Cifti2BrainModel",
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
]
