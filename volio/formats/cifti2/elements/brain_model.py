"""Cifti2BrainModel: a run of indices that are the vertices of a surface, or voxels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from volio.formats.cifti2.elements.element import (
    CiftiElement,
    checked,
    set_attributes,
    stated_integer,
)
from volio.formats.cifti2.elements.indices import Cifti2VertexIndices
from volio.formats.cifti2.elements.voxels import Cifti2VoxelIndicesIJK
from volio.formats.containers.xml_elements import new_element

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["Cifti2BrainModel"]

ATTRIBUTES = (
    "IndexOffset",
    "IndexCount",
    "ModelType",
    "BrainStructure",
    "SurfaceNumberOfVertices",
)


class Cifti2BrainModel(CiftiElement):
    """A run of indices of the matrix that are vertices of one surface, or voxels.

    Parameters
    ----------
    index_offset : int, optional
        The first index.
    index_count : int, optional
        How many there are.
    model_type : str, optional
        ``CIFTI_MODEL_TYPE_SURFACE`` or ``CIFTI_MODEL_TYPE_VOXELS``.
    brain_structure : str, optional
        ``CIFTI_STRUCTURE_CORTEX_LEFT``, ...
    n_surface_vertices : int, optional
        Of the whole surface.
    voxel_indices_ijk : Cifti2VoxelIndicesIJK, optional
    vertex_indices : Cifti2VertexIndices, optional

    Raises
    ------
    HeaderDataError
        If one of the last two is of another class.
    """

    def __init__(
        self,
        index_offset: int | None = None,
        index_count: int | None = None,
        model_type: str | None = None,
        brain_structure: str | None = None,
        n_surface_vertices: int | None = None,
        voxel_indices_ijk: Cifti2VoxelIndicesIJK | None = None,
        vertex_indices: Cifti2VertexIndices | None = None,
    ) -> None:
        self.index_offset = index_offset
        self.index_count = index_count
        self.model_type = model_type
        self.brain_structure = brain_structure
        self.surface_number_of_vertices = n_surface_vertices
        self.voxel_indices_ijk = voxel_indices_ijk
        self.vertex_indices = vertex_indices

    @classmethod
    def from_element(cls, element: Element) -> Self:
        """Return the brain model of a ``BrainModel`` element.

        Raises
        ------
        CorruptFileError, HeaderDataError
            If its numbers make no sense, or its indices are not as many as it says.
        """
        structure = element.get("BrainStructure")
        what = f"brain model {structure}"
        count = stated_integer(element, "IndexCount")
        voxels = element.find("VoxelIndicesIJK")
        vertices = element.find("VertexIndices")
        made = cls(
            stated_integer(element, "IndexOffset"),
            count,
            element.get("ModelType"),
            structure,
            stated_integer(element, "SurfaceNumberOfVertices"),
            None if voxels is None else Cifti2VoxelIndicesIJK.from_element(voxels, what, count),
            None if vertices is None else Cifti2VertexIndices.from_element(vertices, what, count),
        )
        made._keep_unknown(element, ATTRIBUTES, ("VoxelIndicesIJK", "VertexIndices"))
        return made

    @property
    def voxel_indices_ijk(self) -> Cifti2VoxelIndicesIJK | None:
        """The voxels; None for a surface."""
        return self._voxel_indices_ijk

    @voxel_indices_ijk.setter
    def voxel_indices_ijk(self, value: Cifti2VoxelIndicesIJK | None) -> None:
        self._voxel_indices_ijk = checked(value, Cifti2VoxelIndicesIJK)

    @property
    def vertex_indices(self) -> Cifti2VertexIndices | None:
        """The vertices; None for voxels."""
        return self._vertex_indices

    @vertex_indices.setter
    def vertex_indices(self, value: Cifti2VertexIndices | None) -> None:
        self._vertex_indices = checked(value, Cifti2VertexIndices)

    def __repr__(self) -> str:
        return f"<Cifti2BrainModel {self.brain_structure} of {self.index_count}>"

    def _known_element(self) -> Element:
        made = new_element("BrainModel")
        set_attributes(
            made,
            IndexOffset=self.index_offset,
            IndexCount=self.index_count,
            ModelType=self.model_type,
            BrainStructure=self.brain_structure,
            SurfaceNumberOfVertices=self.surface_number_of_vertices,
        )
        for indices in (self.voxel_indices_ijk, self.vertex_indices):
            if indices:
                made.append(indices._to_xml_element())
        return made
