"""SingleFileSurface: a surface that is one file, which is read and written as a whole."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from volio.caller import warn_caller
from volio.errors import GeometryWarning, ImageFileError, SaveError
from volio.files.filemap import FileHolder
from volio.files.opener import open_for_write, open_source
from volio.files.sources.source import ByteSource
from volio.images.headers.error_context import errors_name
from volio.surfaces.contents import SurfaceContents
from volio.surfaces.conversion import in_space, warn_of_losses
from volio.surfaces.spaces import check_space
from volio.surfaces.stored_values import stored_as
from volio.surfaces.surface import Surface

__all__ = [
    "BareMesh",
    "SingleFileSurface",
    "StatedSpaceSurface",
    "SupportsWrite",
    "faces_or_none",
    "float32_vertices",
    "needed_vertices",
]


class SupportsWrite(Protocol):
    """What bytes are written to."""

    def write(self, data: Any, /) -> object:
        """Take bytes."""


class SingleFileSurface(Surface):
    """The base of surfaces that are one file: a class has `_read` and, if it writes, `_pieces`.

    Files do not say which space their vertices are in; `StatedSpaceSurface` is for those that do.

    Parameters
    ----------
    *args, **kwargs
        As for `Surface`.
    """

    states_space: ClassVar[bool] = False

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
    def from_file_map(cls, file_map: Mapping[str, FileHolder], *, space: str = "unknown") -> Self:
        """Load a surface from its file.

        Parameters
        ----------
        file_map : mapping
        space : str
            The space that the vertices are in, where you know it.

        Raises
        ------
        HeaderDataError
            If it is not such a file, or faces name vertices that are not there.
        CorruptFileError
            If it makes no sense.
        TruncatedFileError
            If it ends early.
        UsageError
            If there is no such space.
        """
        check_space(space)
        made = cls._loaded(file_map)
        if space != "unknown":
            made.space = space
        return made

    @classmethod
    def _loaded(cls, file_map: Mapping[str, FileHolder]) -> Self:
        """Return the surface of a file, in the space that the file states."""
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
        space: str | None = None,
    ) -> None:
        """Save the surface to its file.

        Parameters
        ----------
        file_map : mapping, optional
        compression : {"fast", "balanced", "small"} or int, optional
        space : str, optional
            The space that the vertices are to be in, which the file does not say: they are moved
            there, and written as they are by default.

        Raises
        ------
        SpaceError
            If nothing says how to get to the space.

        Warns
        -----
        LossWarning
            If the format has no place for all of it; the message lists what is lost.
        GeometryWarning
            If vertices are moved.
        """
        written = self
        if space is not None:
            written = self._with_contents(in_space(self.contents(), space, self._name()))
        holder = (file_map or self.file_map)["image"]
        written._save(holder, compression, said_space=space is not None)

    def _save(
        self, holder: FileHolder, compression: str | int | None, said_space: bool = False
    ) -> None:
        """Save the surface, with a warning of what its file has no place for."""
        held = self._held()
        name = type(self).__name__
        self._warn_of_name(holder)
        warn_of_losses(self.contents(), held.contents(), name, said_space=said_space)
        # What cannot be written is refused here, before the file is opened.
        pieces = list(held._pieces())
        with self._opened(holder, compression) as stream:
            for piece in pieces:
                stream.write(piece)

    def _warn_of_name(self, holder: FileHolder) -> None:
        """Warn of a name that says another structure or none, where it is all that says one."""
        said = self._named_structure(holder)
        # Bytes without a name may get one that says it.
        if said is None or holder.filename is None or said == self.structure:
            return
        if self.structure:
            problem = f"the surface is of {self.structure}, the name says {said or 'nothing'}"
            warn_caller(f"{holder.filename}: {problem}; the file does neither", GeometryWarning)

    @staticmethod
    def _named_structure(holder: FileHolder) -> str | None:
        """Return the structure that a name says, "" for none, in formats whose files say none.

        None in formats whose files can say it, or that have no place for it.
        """
        return None

    @contextmanager
    def _opened(self, holder: FileHolder, compression: str | int | None) -> Iterator[SupportsWrite]:
        """Open the file to be written."""
        with open_for_write([holder], compression) as (stream,):
            yield stream

    def _written_faces(self) -> NDArray[np.int32]:
        """Return the faces, shape (F, 3); none where there are only vertices."""
        return faces_or_none(self.faces)


class StatedSpaceSurface(SingleFileSurface):
    """The base of surfaces that are one file, which says which space vertices are in.

    Parameters
    ----------
    *args, **kwargs
        As for `Surface`.
    """

    states_space: ClassVar[bool] = True

    @classmethod
    def from_file_map(  # type: ignore[override]  # there is no choice of the space
        cls, file_map: Mapping[str, FileHolder]
    ) -> Self:
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
        return cls._loaded(file_map)

    def to_file_map(  # type: ignore[override]  # there is no choice of the space
        self,
        file_map: Mapping[str, FileHolder] | None = None,
        *,
        compression: str | int | None = None,
    ) -> None:
        """Save the surface to its file.

        Warns
        -----
        LossWarning
            If the format has no place for all of it; the message lists what is lost.
        """
        self._save((file_map or self.file_map)["image"], compression)


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
