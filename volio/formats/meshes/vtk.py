"""Legacy VTK files of polygons: vertices, faces and values per vertex.

Source: VTK User's Guide, chapter VTK File Formats; https://docs.vtk.org/en/latest/vtk_file_formats/
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Self
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from volio.errors import HeaderDataError, SaveError
from volio.files.filemap import FileHolder
from volio.files.opener import open_for_write, open_source
from volio.formats.meshes.polygons import check_has_vertices, faces_of_polygons, tell_left_out
from volio.formats.meshes.vtk_blocks import BlockReader
from volio.formats.meshes.vtk_cells import strip_triangles
from volio.formats.meshes.vtk_reader import LegacyReader
from volio.images.headers.error_context import errors_name
from volio.surfaces.contents import SurfaceContents
from volio.surfaces.stored_values import stored_as
from volio.surfaces.surface import Surface
from volio.surfaces.vertex_data import StoredVertexData, VertexArray

__all__ = ["VtkSurface"]

VERSION = re.compile(rb"# vtk DataFile Version (\d+)\.(\d+)\s*", re.IGNORECASE)
TITLE = "title"
#: Bytes of the second line, with its end.
LONGEST_TITLE = 256

#: What dtypes of numpy are called; those that are not here are cast.
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


class VtkSurface(Surface):
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
    def from_file_map(cls, file_map: Mapping[str, FileHolder]) -> Self:
        """Load a surface from its file.

        Raises
        ------
        HeaderDataError
            If it is not of polygons, or faces name vertices that are not there.
        CorruptFileError
            If a word is not a number.
        TruncatedFileError
            If it ends early.
        """
        source = open_source(file_map["image"])
        with errors_name(source):
            reader = LegacyReader(source)
            title, has_offsets = _read_head(reader)
            blocks = BlockReader(reader, has_offsets)
            blocks.read()
            vertices = blocks.vertices
            faces = _faces(blocks, len(vertices))
            tell_left_out(blocks.left_out)
            data = StoredVertexData(blocks.arrays)
            made = cls(vertices, faces, data, colors=blocks.colours, file_map=file_map)
        if title:
            made.meta[TITLE] = title
        return made

    @classmethod
    def from_contents(cls, contents: SurfaceContents) -> Self:
        """Return a surface with the mesh, the values and the colours of some contents.

        Raises
        ------
        SaveError
            If there are no vertices, or values are complex.
        """
        vertices = check_has_vertices(contents, "VTK")
        faces = np.zeros((0, 3), np.int32) if contents.faces is None else contents.faces
        arrays = [VertexArray(each.name, _storable(each)) for each in contents.arrays]
        made = cls(vertices, faces, StoredVertexData(arrays), colors=contents.colours)
        title = contents.meta.get(TITLE, "")
        if title and title.isprintable() and len(title.encode()) < LONGEST_TITLE:
            made.meta[TITLE] = title.strip()
        return made

    def to_file_map(
        self,
        file_map: Mapping[str, FileHolder] | None = None,
        *,
        compression: str | int | None = None,
    ) -> None:
        """Save the surface, binary, as version 3.0, which every program reads."""
        vertices = self._needed_vertices()
        faces = np.zeros((0, 3), np.int32) if self.faces is None else self.faces
        cells = np.column_stack([np.full(len(faces), 3, np.int32), faces])
        title = self.meta.get(TITLE) or "surface"
        head = f"# vtk DataFile Version 3.0\n{title}\nBINARY\nDATASET POLYDATA\n"
        holder = (file_map or self.file_map)["image"]
        with open_for_write([holder], compression) as (stream,):
            stream.write(head.encode("utf-8", "surrogateescape"))
            stream.write(_packed(f"POINTS {len(vertices)} {_type_of(vertices)}", vertices))
            stream.write(_packed(f"POLYGONS {len(faces)} {cells.size}", cells))
            stream.write(b"".join(self._written_values()))

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
            values = _storable(array)
            width = 1 if values.ndim == 1 else values.shape[1]
            name = quote(array.name, safe="()[]{}<>+-*/=.,:;_!?@#$^&|~")
            parts.append(_packed(f"{name} {width} {len(values)} {_type_of(values)}", values))
        return parts


def _read_head(reader: LegacyReader) -> tuple[str, bool]:
    """Read the first lines; return the title, and whether cells have offsets, since version 5."""
    found = VERSION.fullmatch(reader.line())
    if found is None:
        raise HeaderDataError("must begin with '# vtk DataFile Version'")
    title = reader.line().decode("utf-8", "surrogateescape").strip()
    kind = " ".join(reader.words()).upper()
    if kind not in ("ASCII", "BINARY"):
        raise HeaderDataError(f"the third line must be ASCII or BINARY, got {kind[:40]!r}")
    reader.is_binary = kind == "BINARY"
    return title, int(found[1]) >= 5


def _faces(blocks: BlockReader, vertices: int) -> NDArray[np.int32]:
    """Return the triangles of polygons and strips."""
    strips = strip_triangles(blocks.cells["TRIANGLE_STRIPS"])
    polygons = blocks.cells["POLYGONS"]
    corners = np.concatenate([polygons[0], strips[0]])
    counts = np.concatenate([polygons[1], strips[1]])
    if not len(counts) and len(blocks.cells["LINES"][1]):
        raise HeaderDataError("has lines and no polygons: streamlines, perhaps, and not a surface")
    return faces_of_polygons(corners, counts, vertices)


def _storable(array: VertexArray) -> NDArray[Any]:
    """Return values in a dtype that VTK has.

    Raises
    ------
    SaveError
        If they are complex.
    """
    values = array.values
    if values.dtype.kind == "c":
        raise SaveError(f"{array.name}: VTK has no complex values")
    if values.dtype.kind == "b":
        return values.astype(np.uint8)
    if values.dtype.str[1:] in TYPES:
        return values
    return stored_as(values, np.dtype(np.float32 if values.itemsize < 4 else float), array.name)


def _type_of(values: NDArray[Any]) -> str:
    return TYPES[values.dtype.str[1:]]


def _packed(line: str, values: NDArray[Any]) -> bytes:
    """Return a line and the big-endian numbers that follow it."""
    numbers = values.astype(values.dtype.newbyteorder(">")).tobytes()
    return line.encode() + b"\n" + numbers + b"\n"
