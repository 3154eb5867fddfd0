"""Lattice surfaces (.lsk): the smallest complete format of surfaces, to start a new one from.

Source: this module; a real one names the definition of the format here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

import numpy as np

from volio.errors import CorruptFileError, HeaderDataError
from volio.files.filemap import FileHolder
from volio.files.sources.source import ByteSource
from volio.surfaces.array_reader import ArrayReader
from volio.surfaces.single_file import BareMesh

__all__ = ["LatticeSurface"]

MAGIC = b"LSK1"
COUNT = "<u4"  # of vertices, then of faces
POSITION = "<f4"  # x, y, z of each vertex, mm
CORNER = "<i4"  # numbers of the vertices of each face, counted from 0


class LatticeSurface(BareMesh):
    """A surface of a lattice file: vertices and faces.

    Nothing in the file says where the vertices are.

    Parameters
    ----------
    *args, **kwargs
        As for `Surface`.

    Examples
    --------
    >>> from volio.formats.skeletons.surface import LatticeSurface
    >>> surf = LatticeSurface([[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]])
    >>> LatticeSurface.from_bytes(surf.to_bytes()).faces.tolist()
    [[0, 1, 2]]
    """

    files_types = (("image", ".lsk"),)
    title = "lattice"

    @classmethod
    def _read(cls, source: ByteSource, holder: FileHolder) -> Self:
        numbers = ArrayReader(source, "a lattice file")
        magic = numbers.raw(len(MAGIC), "magic")
        if magic != MAGIC:
            raise HeaderDataError(f"magic: must be {MAGIC!r}, got {magic!r}")
        n_vertices, n_faces = numbers.array(COUNT, (2,), "numbers of vertices and faces").tolist()
        vertices = numbers.array(POSITION, (n_vertices, 3), "vertices")
        faces = numbers.array(CORNER, (n_faces, 3), "faces")
        if numbers.left:
            raise CorruptFileError(f"{numbers.left} bytes more than the file says that it has")
        return cls(vertices, faces)

    def _pieces(self) -> Iterable[bytes]:
        """Return the bytes of the file."""
        vertices = self._needed_vertices()
        faces = self._written_faces()
        yield MAGIC
        yield np.array([len(vertices), len(faces)], COUNT).tobytes()
        yield vertices.astype(POSITION).tobytes()
        yield faces.astype(CORNER).tobytes()
