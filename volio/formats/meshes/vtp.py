"""XML files of VTK that hold polygons (.vtp): vertices, faces and values per vertex.

Source: https://docs.vtk.org/en/latest/vtk_file_formats/vtkxml_file_format.html
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from volio.files.sources.source import ByteSource
from volio.formats.containers.vtk.poly_data import PolyData
from volio.formats.containers.vtk.streamed import StreamedValues
from volio.formats.containers.vtk.xml_reader import read_xml
from volio.formats.containers.vtk.xml_writing import (
    WrittenCells,
    WrittenPiece,
    checked_name,
    pack_xml,
)
from volio.formats.meshes.poly_data_surface import PolyDataSurface, storable
from volio.surfaces.vertex_data import distinct_name

__all__ = ["VtpSurface"]


class VtpSurface(PolyDataSurface):
    """A surface of an XML file of VTK (PolyData), its arrays as text, base64 or bytes.

    Nothing in the file says where the vertices are. Polygons and strips become triangles, several
    pieces one mesh. A warning says that polygons are cut, and what else of the file is left out:
    lines, values of cells, texts.

    Parameters
    ----------
    *args, **kwargs
        As for `Surface`.

    Notes
    -----
    Arrays may be compressed with zlib or LZMA. Files are written with all arrays as bytes at their
    end, not compressed.

    Examples
    --------
    >>> corners = [[0, 0, 0], [1, 0, 0], [0, 1, 0]]
    >>> surf = volio.Surface(corners, [[0, 1, 2]], {"height": [0.5, 1.5, 2.5]})
    >>> volio.save(surf, "one.vtp")
    >>> volio.load("one.vtp").data["height"].tolist()
    [0.5, 1.5, 2.5]
    """

    files_types = (("image", ".vtp"),)

    @classmethod
    def _read_poly_data(cls, source: ByteSource) -> PolyData:
        return read_xml(source)

    def _pieces(self) -> Iterable[bytes]:
        """Return the file, with its arrays as bytes."""
        points = StreamedValues.of("Points", self._needed_vertices())
        values = [
            StreamedValues.of(checked_name(each.name), storable(each))
            for each in self.data.arrays()
        ]
        scalars = ""
        if self.colors is not None:
            scalars = distinct_name("colors", self.data)
            values.insert(0, StreamedValues.of(scalars, self.colors))
        return pack_xml(WrittenPiece(points, self._written_cells(), values, scalars=scalars))

    def _written_cells(self) -> dict[str, WrittenCells]:
        faces = self._written_faces()
        if not len(faces):
            return {}
        corners = StreamedValues.of("connectivity", faces.ravel().astype(np.int64))
        ends = np.arange(3, 3 * len(faces) + 3, 3, dtype=np.int64)
        return {"POLYGONS": WrittenCells(corners, StreamedValues.of("offsets", ends))}
