"""TRI, triangles as text (.tri), in the two layouts of BrainVISA and OpenMEEG, and of MNE.

Source: the readers and writers of OpenMEEG (https://openmeeg.github.io), Brainstorm and MNE
(``mne.surface.read_tri``); FreeSurfer's ``.tri`` are of the second kind.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from volio.errors import CorruptFileError, HeaderDataError, TruncatedFileError
from volio.files.filemap import FileHolder
from volio.files.sources.source import ByteSource
from volio.formats.containers.text_rows import TextRows, lines_of, read_rows
from volio.space.meshes import vertex_normals
from volio.surfaces.single_file import BareMesh

__all__ = ["TriSurface"]

DASH = b"-"
#: Numbers of a line by how many there are: where the position begins. A number of the vertex may
#: stand before it, and a normal after it.
POSITIONS = {3: 0, 6: 0, 4: 1, 7: 1}
CORNERS = {3: 0, 4: 1}


class TriSurface(BareMesh):
    """A surface of a TRI file: vertices and faces.

    In the layout of BrainVISA and OpenMEEG, counts follow a dash, vertices have normals and are
    numbered from 0; in that of MNE and FreeSurfer they are numbered from 1, and lines may begin
    with a number. Normals follow from the mesh. Nothing in the file says where the vertices are.

    Parameters
    ----------
    *args, **kwargs
        As for `Surface`.

    Attributes
    ----------
    has_dashes : bool
        Whether the layout is that of BrainVISA, in which new files are written.

    Examples
    --------
    >>> surf = volio.Surface([[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]])
    >>> volio.save(surf, "one.tri")
    >>> volio.load("one.tri").faces.tolist()
    [[0, 1, 2]]
    """

    files_types = (("image", ".tri"),)
    title = "TRI"

    def _set_file_defaults(self) -> None:
        self.has_dashes = True

    @classmethod
    def _read(cls, source: ByteSource, holder: FileHolder) -> Self:
        rows = read_rows(source, "a TRI file")
        has_dashes = len(rows) > 0 and rows.words[0][0] == DASH
        vertices, rows = _count(rows, has_dashes, "vertices")
        places = _columns(rows[:vertices], "f4", "vertices", POSITIONS)
        faces, rows = _count(rows[vertices:], has_dashes, "faces")
        numbers = _columns(rows[:faces], "i4", "faces", CORNERS)
        if len(rows) > faces:
            raise CorruptFileError(f"has {len(rows) - faces} lines more than vertices and faces")
        made = cls(places, numbers if has_dashes else numbers - 1)
        made.has_dashes = has_dashes
        return made

    def _pieces(self) -> Iterable[bytes]:
        """Return the text, in the digits that give every number back."""
        vertices = self._needed_vertices().astype(np.float32)
        faces = self._written_faces()
        rows = lines_of(vertices)
        sides = lines_of(faces.astype(np.int64) + (0 if self.has_dashes else 1))
        row_count = str(len(rows))
        side_count = str(len(sides))
        if self.has_dashes:
            normals = np.nan_to_num(vertex_normals(vertices, faces)).round(6).tolist()
            after_rows = [f"{x:g} {y:g} {z:g}" for x, y, z in normals]
            rows = [f"{row} {normal}" for row, normal in zip(rows, after_rows, strict=True)]
            row_count = f"- {row_count}"
            side_count = f"- {side_count} {side_count} {side_count}"  # it is there three times
        yield "\n".join([row_count, *rows, side_count, *sides, ""]).encode()


def _count(rows: TextRows, has_dashes: bool, what: str) -> tuple[int, TextRows]:
    """Return how many lines there are of vertices or faces, and the lines that follow."""
    if not len(rows):
        raise TruncatedFileError(f"ends before the number of {what}")
    first = rows[:1]
    is_counted = len(first.words[0]) == 1
    if has_dashes:
        is_counted = first.words[0][0] == DASH
        first = first.without_first_words()
    counts = first.table("i8", f"number of {what}")
    # The number of faces is there three times.
    if not is_counted or not counts.size or counts.min() < 0 or len(np.unique(counts)) != 1:
        shown = b" ".join(rows.words[0])[:40].decode("utf-8", "backslashreplace")
        raise HeaderDataError(f"line {rows.lines[0]}: must be the number of {what}, got {shown!r}")
    count = int(counts[0, 0])
    if count > len(rows) - 1:
        raise TruncatedFileError(f"{count} {what} need as many lines, got {len(rows) - 1}")
    return count, rows[1:]


def _columns(rows: TextRows, dtype: str, what: str, starts: dict[int, int]) -> NDArray[Any]:
    """Return three numbers of each line, which begin where the length of lines says."""
    table = rows.table(dtype, what)
    if not len(rows):
        return np.zeros((0, 3), dtype)
    start = starts.get(table.shape[1])
    if start is None:
        expected = ", ".join(map(str, sorted(starts)))
        raise CorruptFileError(
            f"{what}: must be {expected} numbers in a line, got {table.shape[1]}"
        )
    return table[:, start : start + 3].copy()
