"""XML files of VTK that hold polygons (.vtp): vertices, faces and values per vertex.

Source: https://docs.vtk.org/en/latest/vtk_file_formats/vtkxml_file_format.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

from volio.errors import SaveError
from volio.files.sources.source import ByteSource
from volio.formats.containers.vtk.poly_data import NamedValues, PolyData
from volio.formats.containers.vtk.xml_reader import read_xml
from volio.formats.containers.vtk.xml_writing import pack_xml
from volio.formats.meshes.poly_data_surface import PolyDataSurface, storable
from volio.surfaces.vertex_data import distinct_name

__all__ = ["VtpSurface"]

#: What XML has no way to write.
UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class VtpSurface(PolyDataSurface):
    """A surface of an XML file of VTK (PolyData), its arrays as text, base64 or bytes.

    Nothing in the file says where the vertices are. Polygons and strips become triangles, several
    pieces one mesh. A warning tells that polygons are cut, and what else of the file is left out:
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
    valid_exts = (".vtp",)

    @classmethod
    def _read_poly_data(cls, source: ByteSource) -> PolyData:
        return read_xml(source)

    def _pieces(self) -> Iterable[bytes]:
        """Return the file, with its arrays as bytes."""
        faces = self._written_faces()
        contents = PolyData(points=self._needed_vertices(), colours=self.colors)
        corners = faces.ravel().astype(np.int64)
        contents.cells["POLYGONS"] = corners, np.full(len(faces), 3, np.int64)
        for array in self.data.arrays():
            if UNWRITABLE.search(array.name):
                raise SaveError(f"{array.name!r}: XML has no such letters in a name")
            contents.point_values.append(NamedValues(array.name, storable(array)))
        return pack_xml(contents, distinct_name("colors", self.data))
