"""FreeSurferMorphData: a value for each vertex, as lh.thickness."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

import numpy as np
from numpy.typing import NDArray

from volio.errors import HeaderDataError, SaveError
from volio.files.filemap import FileHolder
from volio.files.sources.source import ByteSource
from volio.formats.containers.freesurfer.numbers import NumberReader, packed
from volio.formats.freesurfer.names import array_name_of, structure_of
from volio.surfaces.contents import SurfaceContents
from volio.surfaces.single_file import StatedSpaceSurface
from volio.surfaces.stored_values import stored_as
from volio.surfaces.vertex_data import StoredVertexData, VertexArray

__all__ = ["FreeSurferMorphData"]

MAGIC = b"\xff\xff\xff"


class FreeSurferMorphData(StatedSpaceSurface):
    """Values per vertex of FreeSurfer: curvature, thickness, area, ...

    Parameters
    ----------
    *args, **kwargs
        As for `Surface`.

    Attributes
    ----------
    face_count : int
        Number of faces of the mesh, as the file states it.

    Examples
    --------
    >>> volio.save(volio.Surface(data={"thickness": [2.5, 2.75, 3.0]}), "lh.thickness")
    >>> volio.load("lh.thickness").data["thickness"].tolist()
    [2.5, 2.75, 3.0]
    """

    files_types = (("image", ""),)
    _named_structure = staticmethod(structure_of)

    def _set_file_defaults(self) -> None:
        self.face_count = 0

    @classmethod
    def _read(cls, source: ByteSource, holder: FileHolder) -> Self:
        values, faces = _read_values(source)
        made = cls(data={array_name_of(holder, "values"): values})
        made.face_count = faces
        made.structure = structure_of(holder)
        return made

    @classmethod
    def from_contents(cls, contents: SurfaceContents) -> Self:
        """Return the first values of some contents that are not labels.

        Raises
        ------
        SaveError
            If there are none.
        """
        arrays = [array for array in contents.arrays if array.labels is None]
        if not arrays:
            raise SaveError("FreeSurfer's files of values need values, and there are none")
        values = stored_as(arrays[0].values, np.dtype(np.float32), arrays[0].name)
        kept = VertexArray(arrays[0].name, values)
        made = cls(data=StoredVertexData([kept]), structure=contents.structure)
        made.face_count = 0 if contents.faces is None else len(contents.faces)
        return made

    def _pieces(self) -> Iterable[bytes]:
        """Return the file, with values as float32."""
        (array,) = self.data.arrays()
        values = array.values
        per_vertex = 1 if values.ndim == 1 else values.shape[1]
        yield MAGIC + packed(len(values), self.face_count, per_vertex)
        yield values.astype(">f4").tobytes()


def _read_values(source: ByteSource) -> tuple[NDArray[np.float32], int]:
    """Return values, shape (V,) or (V, n), and the number of faces; old ones are in hundredths."""
    reader = NumberReader(source)
    if reader.raw(3, "the magic number") == MAGIC:
        counts = reader.array(">i4", (3,), "numbers of vertices, faces and values")
        vertices, faces, per_vertex = (int(count) for count in counts)
        if per_vertex < 1:
            raise HeaderDataError(f"values per vertex must be 1 or more, got {per_vertex}")
        values = reader.array(">f4", (vertices, per_vertex), f"values of {vertices} vertices")
        return (values.reshape(-1) if per_vertex == 1 else values), faces
    reader.offset = 0
    vertices = reader.integer3("the number of vertices")
    faces = reader.integer3("the number of faces")
    hundredths = reader.array(">i2", (vertices,), f"values of {vertices} vertices")
    return (hundredths / 100).astype(np.float32), faces
