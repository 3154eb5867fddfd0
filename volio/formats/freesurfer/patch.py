"""FreeSurferPatch: a part of a surface, cut out or flattened (lh.occip.patch.flat)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

import numpy as np
from numpy.typing import NDArray

from volio.errors import CorruptFileError, SaveError
from volio.files.filemap import FileHolder
from volio.files.sources.source import ByteSource
from volio.formats.containers.freesurfer.numbers import NumberReader, packed
from volio.formats.freesurfer.names import structure_of
from volio.formats.freesurfer.patches import (
    BORDER,
    check_numbers,
    faces_within,
    flags_of,
    kept_flags,
    numbers_in_whole,
    signed_numbers,
)
from volio.surfaces.contents import SurfaceContents
from volio.surfaces.single_file import SingleFileSurface
from volio.surfaces.stored_values import stored_as
from volio.surfaces.surface import Surface
from volio.surfaces.vertex_data import StoredVertexData

__all__ = ["FreeSurferPatch"]

#: Before the count, since positions are floats.
MAGIC = b"\xff\xff\xff\xff"
POSITIONS = np.dtype([("number", ">i4"), ("position", ">f4", (3,))])
#: Of the older layout: hundredths of a millimetre.
HUNDREDTHS = np.dtype([("number", ">i4"), ("position", ">i2", (3,))])
MOST_AFTER = 16 << 20


class FreeSurferPatch(SingleFileSurface):
    """A part of a surface of FreeSurfer: the numbers of its vertices in the whole, and positions.

    `indices` has the numbers, ``data["border"]`` is 1 for vertices at the border, where there are
    any. The file has no faces: `with_faces` takes them from the whole surface. Nothing in it says
    which space positions are in; those of flat patches are in none.

    Parameters
    ----------
    *args, **kwargs
        As for `Surface`.

    Examples
    --------
    >>> part = volio.Surface([[1, 2, 3], [4, 5, 6]], data={"border": [0, 1]}, indices=[7, 9])
    >>> volio.save(part, "lh.part.patch.flat")
    >>> found = volio.load("lh.part.patch.flat")
    >>> found.indices.tolist(), found.border.tolist()
    ([7, 9], [False, True])
    """

    files_types = (("image", ".patch.3d"),)
    valid_exts = (".patch.3d", ".patch.flat", ".patch")
    _named_structure = staticmethod(structure_of)

    def _set_file_defaults(self) -> None:
        self._rest = b""

    @property
    def border(self) -> NDArray[np.bool_]:
        """Whether each vertex is at the border, shape (V,)."""
        return flags_of(self, BORDER)

    def with_faces(self, surface: Surface) -> Surface:
        """Return the patch with the faces of the whole surface that are within it.

        Parameters
        ----------
        surface : Surface
            The whole surface.

        Raises
        ------
        ImageDataError
            If it has no faces.
        HeaderDataError
            If the patch has vertices that it does not have.
        """
        made = Surface.from_contents(self.contents())
        made.faces = faces_within(surface, numbers_in_whole(self))
        return made

    @classmethod
    def _read(cls, source: ByteSource, holder: FileHolder) -> Self:
        reader = NumberReader(source)
        is_new = reader.raw(4, "the magic number") == MAGIC
        reader.offset = 4 if is_new else 0
        count = reader.integer("the number of vertices")
        layout = POSITIONS if is_new else HUNDREDTHS
        rows = reader.array(layout, (count,), f"positions of {count} vertices")
        scale = 1 if is_new else 100
        numbers = rows["number"].astype(np.int64)
        if (numbers == 0).any():
            raise CorruptFileError(
                "patch: vertices are numbered from 1, at the border from -1; got 0"
            )
        # Those at the border have a minus.
        made = cls((rows["position"] / scale).astype(np.float32), indices=np.abs(numbers) - 1)
        if (numbers < 0).any():
            made.data[BORDER] = (numbers < 0).astype(np.uint8)
        made.structure = structure_of(holder)
        made._rest = reader.rest(MOST_AFTER)
        return made

    @classmethod
    def from_contents(cls, contents: SurfaceContents) -> Self:
        """Return a patch with the vertices of some contents.

        Raises
        ------
        SaveError
            If they are not a part of a surface.
        """
        if contents.indices is None or contents.vertices is None:
            raise SaveError("FreeSurfer's patches are a part of a surface: indices and vertices")
        check_numbers(contents.indices)
        made = cls(
            stored_as(contents.vertices, np.dtype(np.float32), "vertices"),
            data=StoredVertexData(kept_flags(contents, BORDER)),
            structure=contents.structure,
        )
        made.indices = contents.indices
        return made

    def _pieces(self) -> Iterable[bytes]:
        """Return the file."""
        vertices = self._needed_vertices()
        rows = np.zeros(len(vertices), POSITIONS)
        rows["position"] = vertices
        rows["number"] = signed_numbers(self)
        return [MAGIC + packed(len(rows)), rows.tobytes(), self._rest]
