"""FreeSurferAscii: a surface or a patch as text (.asc, .srf)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from volio.errors import CorruptFileError, HeaderDataError, SaveError, TruncatedFileError
from volio.files.filemap import FileHolder
from volio.files.sources.source import ByteSource
from volio.formats.containers.text_rows import TextRows, read_rows
from volio.formats.freesurfer.names import structure_of
from volio.formats.freesurfer.patches import (
    BORDER,
    check_numbers,
    flags_of,
    kept_flags,
    numbers_in_whole,
    renumbered,
    signed_numbers,
)
from volio.surfaces.contents import SurfaceContents
from volio.surfaces.single_file import SingleFileSurface
from volio.surfaces.stored_values import stored_as
from volio.surfaces.vertex_data import StoredVertexData

__all__ = ["FreeSurferAscii"]

MAGIC = b"#!ascii"
PATCH = "version of patch"
#: The array that says which vertices are cut off.
RIPPED = "ripped"
#: What no other class has a place for.
FLAGS = "which faces are cut off"


class FreeSurferAscii(SingleFileSurface):
    """A surface of FreeSurfer as text, or a patch of one, with its faces.

    Vertices are in FreeSurfer's surface RAS ('tkras'); those of patches, which may be flat, are in
    no space that is known. ``data["ripped"]`` is 1 for vertices that are cut off, where there are
    any. A patch has `indices`, and ``data["border"]`` as `FreeSurferPatch` has.

    Parameters
    ----------
    *args, **kwargs
        As for `Surface`.

    Attributes
    ----------
    comment : str
        The first line of the file, without ``#!ascii``.
    ripped_faces : array of bool, shape (F,), or None
        Which faces are cut off; None where none is.

    Examples
    --------
    >>> surf = volio.Surface([[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]], space="tkras")
    >>> volio.save(surf, "lh.white.asc")
    >>> volio.load("lh.white.asc").faces.tolist()
    [[0, 1, 2]]
    """

    files_types = (("image", ".asc"),)
    valid_exts = (".asc", ".srf")
    _named_structure = staticmethod(structure_of)

    def _set_file_defaults(self) -> None:
        self.comment = ""
        self.ripped_faces: NDArray[np.bool_] | None = None

    @classmethod
    def _read(cls, source: ByteSource, holder: FileHolder) -> Self:
        first = source.head().partition(b"\n")[0].strip()
        if not first.startswith(MAGIC):
            raise HeaderDataError(f"begins with {first[:20]!r}, not with {MAGIC!r}")
        comment = first[len(MAGIC) :].decode("utf-8", "surrogateescape").strip()
        rows = read_rows(source, "a surface of FreeSurfer as text")
        made = cls._read_patch(rows) if PATCH in comment else cls._read_surface(rows)
        made.comment = comment
        made.structure = structure_of(holder)
        return made

    @classmethod
    def _read_surface(cls, rows: TextRows) -> Self:
        vertices, faces = _counts(rows)
        positions, corners = _split(rows[1:], vertices, faces)
        # The fourth number of a line says whether the vertex, or the face, is cut off.
        places = _table(positions, "f4", "vertices", (3, 4))
        numbers = _table(corners, "i4", "faces", (3, 4))
        made = cls(places[:, :3].copy(), numbers[:, :3].copy(), space="tkras")
        if places[:, 3:].any():
            made.data[RIPPED] = (places[:, 3] != 0).astype(np.uint8)
        if numbers[:, 3:].any():
            made.ripped_faces = numbers[:, 3] != 0
        return made

    @classmethod
    def _read_patch(cls, rows: TextRows) -> Self:
        """Read lines of which each second has the numbers, after one that says whose they are."""
        vertices, faces = _counts(rows)
        positions, corners = _split(rows[1:], 2 * vertices, 2 * faces)
        # A line is "-8 vno=7": from 1, and less than 0 at the border.
        first_words = TextRows([row[:1] for row in positions.words[::2]], positions.lines[::2])
        numbers = _table(first_words, "i4", "numbers of vertices", (1,))[:, 0].astype(np.int64)
        indices = np.abs(numbers) - 1
        places = _table(positions[1::2], "f4", "vertices", (3,))
        whole = _table(corners[1::2], "i4", "faces", (3,))
        made = cls(places, renumbered(whole, indices), indices=indices)
        if (numbers < 0).any():
            made.data[BORDER] = (numbers < 0).astype(np.uint8)
        return made

    def contents(self) -> SurfaceContents:
        """Return all that can be handed to another class of surfaces, and what cannot."""
        held = super().contents()
        return held if self.ripped_faces is None else replace(held, only_here=(FLAGS,))

    def copy(self) -> Self:
        """Return a copy with vertices, faces and values of its own; it has no file."""
        made = super().copy()
        if self.ripped_faces is not None:
            made.ripped_faces = self.ripped_faces.copy()
        return made

    @classmethod
    def from_contents(cls, contents: SurfaceContents) -> Self:
        """Return a surface as text with the mesh of some contents.

        Raises
        ------
        SaveError
            If there is no mesh.
        """
        if contents.vertices is None or contents.faces is None:
            raise SaveError("FreeSurfer's surfaces have vertices and faces; this has only values")
        is_patch = contents.indices is not None
        made = cls(
            stored_as(contents.vertices, np.dtype(np.float32), "vertices"),
            contents.faces,
            StoredVertexData(kept_flags(contents, BORDER if is_patch else RIPPED)),
            space="unknown" if is_patch else "tkras",
            structure=contents.structure,
        )
        if contents.indices is not None:
            check_numbers(contents.indices)
            made.indices = contents.indices
        return made

    def _pieces(self) -> Iterable[bytes]:
        """Return the text, in the digits that give every number back."""
        is_patch = self.indices is not None
        comment = self.comment
        if not comment or is_patch != (PATCH in comment):
            comment = PATCH if is_patch else "version of a surface"
        counts = f"{self.n_vertices} {len(self._written_faces())}"
        yield f"{MAGIC.decode()} {comment}\n{counts}\n".encode("utf-8", "surrogateescape")
        rows = self._patch_rows() if is_patch else self._surface_rows()
        yield "".join(rows).encode()

    def _surface_rows(self) -> Iterable[str]:
        vertices = self._needed_vertices().astype(np.float32)
        ripped = flags_of(self, RIPPED).astype(int).tolist()
        for position, flag in zip(vertices, ripped, strict=True):
            yield f"{' '.join(map(str, position))} {flag}\n"
        faces = self._written_faces()
        flags = self.ripped_faces
        if flags is None or len(flags) != len(faces):
            flags = np.zeros(len(faces), bool)
        for (a, b, c), flag in zip(faces.tolist(), flags.astype(int).tolist(), strict=True):
            yield f"{a} {b} {c} {flag}\n"

    def _patch_rows(self) -> Iterable[str]:
        vertices = self._needed_vertices().astype(np.float32)
        indices = numbers_in_whole(self)
        numbers = signed_numbers(self).tolist()
        for number, index, position in zip(numbers, indices.tolist(), vertices, strict=True):
            yield f"{number} vno={index}\n{' '.join(map(str, position))}\n"
        for number, (a, b, c) in enumerate(indices[self._written_faces()].tolist()):
            yield f"{number}\n{a} {b} {c}\n"


def _counts(rows: TextRows) -> tuple[int, int]:
    """Return the numbers of vertices and faces, which are the first line."""
    counts = rows[:1].table("i8", "numbers of vertices and faces")
    if counts.shape != (1, 2) or counts.min() < 0:
        raise HeaderDataError(
            f"must begin with the numbers of vertices and faces, got {counts.tolist()}"
        )
    vertices, faces = counts[0].tolist()
    return vertices, faces


def _split(rows: TextRows, first: int, second: int) -> tuple[TextRows, TextRows]:
    """Return two blocks of lines, of which there must be just so many."""
    if len(rows) < first + second:
        raise TruncatedFileError(f"needs {first} and {second} lines of numbers, got {len(rows)}")
    if len(rows) > first + second:
        raise CorruptFileError(
            f"has {len(rows) - first - second} lines more than vertices and faces"
        )
    return rows[:first], rows[first:]


def _table(rows: TextRows, dtype: str, what: str, widths: tuple[int, ...]) -> NDArray[Any]:
    """Return the numbers of lines, of which each has as many as one of some widths."""
    table = rows.table(dtype, what)
    if not len(rows):
        return np.zeros((0, widths[0]), dtype)
    if table.shape[1] not in widths:
        expected = " or ".join(map(str, widths))
        raise CorruptFileError(f"{what}: {expected} numbers in a line, got {table.shape[1]}")
    return table
