"""Cifti2Surface and Cifti2Parcel: the surfaces of a map of parcels, and its parcels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

from volio.errors import HeaderDataError, UsageTypeError
from volio.formats.cifti2.elements.element import (
    CiftiElement,
    checked,
    required,
    stated_integer,
)
from volio.formats.cifti2.elements.indices import Cifti2Vertices
from volio.formats.cifti2.elements.voxels import Cifti2VoxelIndicesIJK
from volio.formats.containers.xml_elements import new_element

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["Cifti2Parcel", "Cifti2Surface"]


class Cifti2Surface(CiftiElement):
    """A surface whose vertices parcels have.

    Parameters
    ----------
    brain_structure : str, optional
        ``CIFTI_STRUCTURE_CORTEX_LEFT``, ...
    surface_number_of_vertices : int, optional
        Of the whole surface.
    """

    def __init__(
        self, brain_structure: str | None = None, surface_number_of_vertices: int | None = None
    ) -> None:
        self.brain_structure = brain_structure
        self.surface_number_of_vertices = surface_number_of_vertices

    @classmethod
    def from_element(cls, element: Element) -> Self:
        """Return the surface of a ``Surface`` element.

        Raises
        ------
        HeaderDataError
            If the number of vertices is not an integer.
        """
        count = stated_integer(element, "SurfaceNumberOfVertices")
        made = cls(element.get("BrainStructure"), count)
        made._keep_unknown(element, ("BrainStructure", "SurfaceNumberOfVertices"))
        return made

    def __repr__(self) -> str:
        return f"<Cifti2Surface {self.brain_structure} of {self.surface_number_of_vertices}>"

    def _known_element(self) -> Element:
        structure = required(self.brain_structure, "Surface: brain_structure")
        made = new_element("Surface", BrainStructure=str(structure))
        made.set("SurfaceNumberOfVertices", str(self.surface_number_of_vertices))
        return made


class Cifti2Parcel(CiftiElement):
    """A parcel: a name for some vertices and voxels.

    Parameters
    ----------
    name : str, optional
    voxel_indices_ijk : Cifti2VoxelIndicesIJK, optional
    vertices : sequence of Cifti2Vertices, optional
        One for each surface.

    Raises
    ------
    HeaderDataError
        If an argument is of another class.
    """

    def __init__(
        self,
        name: str | None = None,
        voxel_indices_ijk: Cifti2VoxelIndicesIJK | None = None,
        vertices: Sequence[Cifti2Vertices] | None = None,
    ) -> None:
        self.name = name
        self.voxel_indices_ijk = voxel_indices_ijk
        self.vertices: list[Cifti2Vertices] = list(vertices or ())
        for each in self.vertices:
            if not isinstance(each, Cifti2Vertices):
                raise HeaderDataError(
                    f"vertices: must be Cifti2Vertices each, got {type(each).__name__}"
                )

    @classmethod
    def from_element(cls, element: Element) -> Self:
        """Return the parcel of a ``Parcel`` element.

        Raises
        ------
        CorruptFileError, HeaderDataError
            If its indices make no sense.
        """
        name = element.get("Name")
        what = f"parcel {name!r}"
        voxels = element.find("VoxelIndicesIJK")
        made = cls(
            name,
            None if voxels is None else Cifti2VoxelIndicesIJK.from_element(voxels, what),
            [Cifti2Vertices.from_element(child, what) for child in element.findall("Vertices")],
        )
        made._keep_unknown(element, ("Name",), ("VoxelIndicesIJK", "Vertices"))
        return made

    @property
    def voxel_indices_ijk(self) -> Cifti2VoxelIndicesIJK | None:
        """The voxels; None for none."""
        return self._voxel_indices_ijk

    @voxel_indices_ijk.setter
    def voxel_indices_ijk(self, value: Cifti2VoxelIndicesIJK | None) -> None:
        self._voxel_indices_ijk = checked(value, Cifti2VoxelIndicesIJK)

    def append_cifti_vertices(self, vertices: Cifti2Vertices) -> None:
        """Add the vertices of a further surface.

        Raises
        ------
        UsageTypeError
            If they are of another class.
        """
        if not isinstance(vertices, Cifti2Vertices):
            raise UsageTypeError(f"vertices: must be Cifti2Vertices, got {type(vertices).__name__}")
        self.vertices.append(vertices)

    def pop_cifti2_vertices(self, ith: int) -> None:
        """Remove the vertices of one surface, by their place in the list."""
        del self.vertices[ith]

    def __repr__(self) -> str:
        return f"<Cifti2Parcel {self.name!r}>"

    def _known_element(self) -> Element:
        name = required(self.name, "Parcel: name")
        made = new_element("Parcel", Name=str(name))
        if self.voxel_indices_ijk:
            made.append(self.voxel_indices_ijk._to_xml_element())
        for vertices in self.vertices:
            made.append(vertices._to_xml_element())
        return made
