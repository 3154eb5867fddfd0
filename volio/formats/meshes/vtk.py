"""Legacy VTK files of polygons: vertices, faces and values per vertex.

Source: VTK User's Guide, chapter VTK File Formats; https://docs.vtk.org/en/latest/vtk_file_formats/
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from volio.files.sources.source import ByteSource
from volio.formats.containers.vtk.legacy_blocks import read_legacy
from volio.formats.containers.vtk.poly_data import PolyData
from volio.formats.meshes.poly_data_surface import PolyDataSurface, storable
from volio.surfaces.contents import SurfaceContents

__all__ = ["VtkSurface"]

TITLE = "title"
#: Letters of names that are written as they are; the bytes of others are in hexadecimal digits.
NAME_LETTERS = "()[]{}<>+-*/=.,:;_!?@#$^&|~"
#: Bytes of the second line, with its end.
LONGEST_TITLE = 256

#: What dtypes of numpy are called.
TYPES = {
    "u1": "unsigned_char",
    "i1": "char",
    "u2": "unsigned_short",
    "i2": "short",
    "u4": "unsigned_int",
    "i4": "int",
    "u8": "unsigned_long",
    "i8": "long",
    "f4": "float",
    "f8": "double",
}


class VtkSurface(PolyDataSurface):
    """A surface of a legacy VTK file (POLYDATA), of versions 1 to 5, text or binary.

    Nothing in the file says where the vertices are. Polygons and strips become triangles. A
    warning tells that polygons are cut, and what else of the file is left out: lines, values of
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
    valid_exts = (".vtk",)

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
        vertices = self._needed_vertices()
        faces = self._written_faces()
        cells = np.column_stack([np.full(len(faces), 3, np.int32), faces])
        title = self.meta.get(TITLE) or "surface"
        head = f"# vtk DataFile Version 3.0\n{title}\nBINARY\nDATASET POLYDATA\n"
        yield head.encode("utf-8", "surrogateescape")
        yield _packed(f"POINTS {len(vertices)} {_type_of(vertices)}", vertices)
        yield _packed(f"POLYGONS {len(faces)} {cells.size}", cells)
        yield from self._written_values()

    def _written_values(self) -> list[bytes]:
        """Return the blocks of values per vertex."""
        arrays = self.data.arrays()
        if not arrays and self.colors is None:
            return []
        parts = [f"POINT_DATA {self.n_vertices}\n".encode()]
        if self.colors is not None:
            parts.append(_packed("COLOR_SCALARS colors 4", self.colors))
        if arrays:
            parts.append(f"FIELD FieldData {len(arrays)}\n".encode())
        for array in arrays:
            values = storable(array)
            width = 1 if values.ndim == 1 else values.shape[1]
            name = quote(array.name, NAME_LETTERS, errors="surrogateescape")
            parts.append(_packed(f"{name} {width} {len(values)} {_type_of(values)}", values))
        return parts


def _type_of(values: NDArray[Any]) -> str:
    return TYPES[values.dtype.str[1:]]


def _packed(line: str, values: NDArray[Any]) -> bytes:
    """Return a line and the big-endian numbers that follow it."""
    numbers = values.astype(values.dtype.newbyteorder(">")).tobytes()
    return line.encode() + b"\n" + numbers + b"\n"
