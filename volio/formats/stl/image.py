"""StlSurface: the mesh of an STL file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from volio.errors import LossWarning, SaveError
from volio.files.filemap import FileHolder
from volio.files.sources.source import ByteSource
from volio.formats.stl.triangles import RECORD, TITLE, is_binary, parse_binary, parse_text
from volio.images.headers.error_context import warn_of_content
from volio.space.meshes import triangle_normals, weld
from volio.surfaces.array_reader import ArrayReader
from volio.surfaces.contents import SurfaceContents
from volio.surfaces.single_file import SingleFileSurface
from volio.surfaces.stored_values import stored_as

__all__ = ["StlSurface"]


class StlSurface(SingleFileSurface):
    """A surface in STL: triangles, each with corners of its own, and nothing else.

    Corners at the same place, bit for bit, become one vertex; vertices are numbered in the order in
    which faces name them first. The title of the file is ``meta["title"]``.

    Parameters
    ----------
    *args, **kwargs
        As for `Surface`.

    Examples
    --------
    >>> corners = [[0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0]]
    >>> volio.save(volio.Surface(corners, [[0, 1, 2], [2, 1, 3]]), "part.stl")
    >>> found = volio.load("part.stl")
    >>> found.vertices.shape, found.faces.tolist()
    ((4, 3), [[0, 1, 2], [2, 1, 3]])
    """

    files_types = (("image", ".stl"),)

    @classmethod
    def _read(cls, source: ByteSource, holder: FileHolder) -> Self:
        reader = ArrayReader(source, "an STL file")
        corners, title = _read_triangles(reader.raw(reader.left, "triangles"))
        vertices, faces = _welded(corners)
        return cls(vertices, faces, meta={"title": title} if title else {})

    @classmethod
    def from_contents(cls, contents: SurfaceContents) -> Self:
        """Return a surface in STL with the triangles of some contents.

        Raises
        ------
        SaveError
            If there are no faces.
        ImageDataError
            If coordinates are beyond float32.
        """
        if contents.vertices is None or contents.faces is None:
            raise SaveError("STL needs vertices and faces: it holds triangles and nothing else")
        stored = stored_as(contents.vertices, np.dtype(np.float32), "vertices")
        title = _packed_title(contents.meta.get("title", "")).strip(b"\0 ").decode(*TEXT)
        meta = {"title": title} if title else {}
        return cls(*_welded(stored[contents.faces]), meta=meta)

    def _pieces(self) -> Iterable[bytes]:
        """Return the file, binary."""
        vertices = stored_as(self._needed_vertices(), np.dtype(np.float32), "vertices")
        faces = self._written_faces()
        triangles = np.zeros(len(faces), RECORD)
        triangles["corners"] = vertices[faces]
        triangles["normal"] = np.nan_to_num(triangle_normals(vertices, faces))
        yield _packed_title(self.meta.get("title", ""))
        yield len(faces).to_bytes(4, "little")
        yield triangles.tobytes()


#: How bytes of a title become text that gives the same bytes back.
TEXT = ("utf-8", "surrogateescape")


def _read_triangles(data: bytes) -> tuple[NDArray[np.float32], str]:
    """Return the corners of triangles, shape (F, 3, 3), and the title."""
    if not is_binary(data):
        return parse_text(data)
    triangles = parse_binary(data)
    attributes = int((triangles["attribute"] != 0).sum())
    if attributes:
        warn_of_content(f"not read: the attributes of {attributes} triangles", LossWarning)
    corners = triangles["corners"].astype(np.float32)
    return corners, data[:TITLE].strip(b"\0 ").decode(*TEXT)


def _welded(corners: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int32]]:
    """Return vertices, and faces that share them, of triangles with corners of their own."""
    vertices, numbers = weld(corners.reshape(-1, 3))
    return vertices, numbers.reshape(-1, 3).astype(np.int32)


def _packed_title(title: str) -> bytes:
    """Return the bytes before the number of triangles."""
    raw = title.encode(*TEXT)
    # Many programs take a file that begins with this word for a text.
    begin = b" " if raw[:5].lower() == b"solid" else b""
    return (begin + raw)[:TITLE].ljust(TITLE, b"\0")
