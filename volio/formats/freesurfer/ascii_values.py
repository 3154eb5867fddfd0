"""FreeSurferAsciiValues: a value for each vertex as text, with its position (.asc)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

import numpy as np

from volio.errors import CorruptFileError, SaveError
from volio.files.filemap import FileHolder
from volio.files.sources.source import ByteSource
from volio.formats.containers.text_rows import read_rows
from volio.formats.freesurfer.names import array_name_of, structure_of
from volio.surfaces.contents import SurfaceContents
from volio.surfaces.single_file import SingleFileSurface, float32_vertices
from volio.surfaces.stored_values import stored_as
from volio.surfaces.vertex_data import StoredVertexData, VertexArray

__all__ = ["FreeSurferAsciiValues"]

COLUMNS = 5  # vertex, x, y, z, value


class FreeSurferAsciiValues(SingleFileSurface):
    """A value for each vertex of a surface of FreeSurfer as text, and the position of the vertex.

    Positions are in FreeSurfer's surface RAS ('tkras'). `indices` has the numbers of the vertices,
    where they are not all from 0 on.

    Parameters
    ----------
    *args, **kwargs
        As for `Surface`.

    Notes
    -----
    The file says nowhere how many lines it has: of one that was cut between two lines the rest is
    not missed.

    Examples
    --------
    >>> surf = volio.Surface([[0, 0, 0], [1, 0, 0]], data={"thickness": [2.5, 3]}, space="tkras")
    >>> volio.save(surf, "lh.thickness.asc")
    >>> volio.load("lh.thickness.asc").data["thickness"].tolist()
    [2.5, 3.0]
    """

    files_types = (("image", ".asc"),)
    _named_structure = staticmethod(structure_of)

    @classmethod
    def _read(cls, source: ByteSource, holder: FileHolder) -> Self:
        rows = read_rows(source, "values of FreeSurfer as text")
        numbers = rows.table("f8", "values")
        if not len(rows) or numbers.shape[1] != COLUMNS:
            raise CorruptFileError("values: must be lines of a vertex, x, y, z and a value")
        indices = numbers[:, 0]
        if not (np.isfinite(indices) & (indices == np.rint(indices))).all():
            raise CorruptFileError("values: numbers of vertices must be integers")
        with np.errstate(over="ignore"):
            stored = numbers[:, 1:].astype(np.float32)
        if (np.isinf(stored) & np.isfinite(numbers[:, 1:])).any():
            raise CorruptFileError("values: numbers exceed float32")
        name = array_name_of(holder, "values")
        made = cls(stored[:, :3].copy(), data={name: stored[:, 3].copy()}, space="tkras")
        if not np.array_equal(indices, np.arange(len(indices))):
            made.indices = indices.astype(np.int64)
        made.structure = structure_of(holder)
        return made

    @classmethod
    def from_contents(cls, contents: SurfaceContents) -> Self:
        """Return the vertices of some contents, and their first values that are not labels.

        Raises
        ------
        SaveError
            If there are no vertices, or no values, one of each vertex.
        """
        arrays = [each for each in contents.arrays if each.labels is None and each.values.ndim == 1]
        vertices = float32_vertices(contents, "a text of FreeSurfer's values")
        if not arrays:
            raise SaveError("FreeSurfer's values as text need one value of each vertex")
        values = stored_as(arrays[0].values, np.dtype(np.float32), arrays[0].name)
        kept = StoredVertexData([VertexArray(arrays[0].name, values)])
        indices = contents.indices
        return cls(
            vertices, data=kept, space="tkras", structure=contents.structure, indices=indices
        )

    def _pieces(self) -> Iterable[bytes]:
        """Return the text, in the digits that give every number back."""
        (array,) = self.data.arrays()
        vertices = self._needed_vertices().astype(np.float32)
        indices = np.arange(len(vertices)) if self.indices is None else self.indices
        rows = zip(indices.tolist(), vertices, array.values.astype(np.float32), strict=True)
        lines = [
            f"{index:03d} {' '.join(map(str, position))} {value!s}\n"
            for index, position, value in rows
        ]
        return ["".join(lines).encode()]
