"""Legacy VTK files of polygons: vertices, faces and values per vertex.

Source: VTK User's Guide, chapter VTK File Formats; https://docs.vtk.org/en/latest/vtk_file_formats/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Self

import numpy as np

from volio.files.sources.source import ByteSource
from volio.formats.containers.vtk.legacy_blocks import read_legacy
from volio.formats.containers.vtk.legacy_writing import (
    LONGEST_TITLE,
    packed_block,
    packed_fields,
    packed_head,
    type_name,
)
from volio.formats.containers.vtk.poly_data import PolyData
from volio.formats.containers.vtk.streamed import StreamedValues
from volio.formats.meshes.poly_data_surface import PolyDataSurface, storable
from volio.surfaces.contents import SurfaceContents

__all__ = ["VtkSurface"]

TITLE = "title"


class VtkSurface(PolyDataSurface):
    """A surface of a legacy VTK file (POLYDATA), of versions 1 to 5, text or binary.

    Nothing in the file says where the vertices are. Polygons and strips become triangles. A
    warning says that polygons are cut, and what else of the file is left out: lines, values of
    cells, lookup tables.

    Parameters
    ----------
    *args, **kwargs
        As for `Surface`.

    Notes
    -----
    Values of vertices come last, and nothing says whether there are any: of a file that was cut
    before them they are not missed.

    Examples
    --------
    >>> corners = [[0, 0, 0], [1, 0, 0], [0, 1, 0]]
    >>> surf = volio.Surface(corners, [[0, 1, 2]], {"height": [0.5, 1.5, 2.5]})
    >>> volio.save(surf, "one.vtk")
    >>> volio.load("one.vtk").data["height"].tolist()
    [0.5, 1.5, 2.5]
    """

    files_types = (("image", ".vtk"),)

    @classmethod
    def _read_poly_data(cls, source: ByteSource) -> PolyData:
        return read_legacy(source)

    @classmethod
    def from_contents(cls, contents: SurfaceContents) -> Self:
        """Return a surface with the mesh, the values and the colours of some contents.

        Raises
        ------
        SaveError
            If there are no vertices, or values are complex.
        """
        made = super().from_contents(contents)
        title = contents.meta.get(TITLE, "")
        if title and title.isprintable() and len(title.encode()) < LONGEST_TITLE:
            made.meta[TITLE] = title.strip()
        return made

    def _pieces(self) -> Iterable[bytes]:
        """Return the file, binary, as version 3.0, which every program reads."""
        vertices = StreamedValues.of("points", self._needed_vertices())
        faces = self._written_faces()
        cells = np.column_stack([np.full(len(faces), 3, np.int32), faces])
        yield packed_head(self.meta.get(TITLE) or "surface")
        yield from packed_block(f"POINTS {vertices.count} {type_name(vertices)}", vertices)
        line = f"POLYGONS {len(faces)} {cells.size}"
        yield from packed_block(line, StreamedValues.of("polygons", cells))
        yield from self._written_values()

    def _written_values(self) -> Iterator[bytes]:
        """Yield the blocks of values per vertex."""
        arrays = [StreamedValues.of(each.name, storable(each)) for each in self.data.arrays()]
        if arrays or self.colors is not None:
            yield f"POINT_DATA {self.n_vertices}\n".encode()
        if self.colors is not None:
            colours = StreamedValues.of("colors", self.colors)
            yield from packed_block("COLOR_SCALARS colors 4", colours)
        yield from packed_fields(arrays)
