"""SingleFileSurface: a surface that is one file, which is read and written as a whole."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from volio.errors import ImageFileError, SaveError
from volio.files.filemap import FileHolder
from volio.files.opener import open_for_write, open_source
from volio.files.sources.source import ByteSource
from volio.images.headers.error_context import errors_name
from volio.surfaces.contents import SurfaceContents
from volio.surfaces.stored_values import stored_as
from volio.surfaces.surface import Surface

__all__ = ["BareMesh", "SingleFileSurface", "faces_or_none", "float32_vertices", "needed_vertices"]


class SingleFileSurface(Surface):
    """The base of surfaces that are one file: a class has `_read` and, if it writes, `_pieces`.

    Parameters
    ----------
    *args, **kwargs
        As for `Surface`.
    """

    @classmethod
    @abstractmethod
    def _read(cls, source: ByteSource, holder: FileHolder) -> Self:
        """Return the surface of a file; errors and warnings about its content name it."""

    def _pieces(self) -> Iterable[bytes]:
        """Return the bytes of the file, in pieces."""
        raise ImageFileError(
            f"{type(self).__name__}: cannot be written, only read; save the surface in another "
            "format"
        )

    @classmethod
    def from_file_map(cls, file_map: Mapping[str, FileHolder]) -> Self:
        """Load a surface from its file.

        Raises
        ------
        HeaderDataError
            If it is not such a file, or faces name vertices that are not there.
        CorruptFileError
            If it makes no sense.
        TruncatedFileError
            If it ends early.
        """
        holder = file_map["image"]
        source = open_source(holder)
        with errors_name(source):
            made = cls._read(source, holder)
        made.file_map = dict(file_map)
        return made

    def to_file_map(
        self,
        file_map: Mapping[str, FileHolder] | None = None,
        *,
        compression: str | int | None = None,
    ) -> None:
        """Save the surface to its file."""
        # What cannot be written is refused here, before the file is opened.
        pieces = list(self._pieces())
        holder = (file_map or self.file_map)["image"]
        with open_for_write([holder], compression) as (stream,):
            for piece in pieces:
                stream.write(piece)

    def _written_faces(self) -> NDArray[np.int32]:
        """Return the faces, shape (F, 3); none where there are only vertices."""
        return faces_or_none(self.faces)


class BareMesh(SingleFileSurface):
    """The base of formats of vertices as float32 and faces, and perhaps a colour of each vertex.

    Parameters
    ----------
    *args, **kwargs
        As for `Surface`.
    """

    #: Of the format, for messages.
    title: ClassVar[str]
    has_colours: ClassVar[bool] = False

    @classmethod
    def from_contents(cls, contents: SurfaceContents) -> Self:
        """Return a surface with the mesh of some contents, and the colours where files have them.

        Raises
        ------
        SaveError
            If there are no vertices.
        ImageDataError
            If they are beyond float32.
        """
        vertices = float32_vertices(contents, cls.title)
        colours = contents.colours if cls.has_colours else None
        return cls(vertices, faces_or_none(contents.faces), colors=colours)


def faces_or_none(faces: NDArray[np.int32] | None) -> NDArray[np.int32]:
    """Return faces, shape (F, 3), of which there may be none."""
    return np.zeros((0, 3), np.int32) if faces is None else faces


def needed_vertices(contents: SurfaceContents, title: str) -> NDArray[Any]:
    """Return the vertices of some contents.

    Parameters
    ----------
    contents : SurfaceContents
    title : str
        Of the format that needs them, for the message.

    Raises
    ------
    SaveError
        If there are only values.
    """
    if contents.vertices is None:
        raise SaveError(f"{title} needs vertices; this has only values")
    return contents.vertices


def float32_vertices(contents: SurfaceContents, title: str) -> NDArray[Any]:
    """Return the vertices of some contents as float32, which rounds those of float64.

    Raises
    ------
    SaveError
        If there are only values.
    ImageDataError
        If they are beyond float32.
    """
    return stored_as(needed_vertices(contents, title), np.dtype(np.float32), "vertices")
