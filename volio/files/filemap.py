"""File maps: the named files of one image."""

from __future__ import annotations

import os
from typing import Any, BinaryIO, cast

from volio.errors import FileHolderError
from volio.files.fileobjects import HeldFile, open_file
from volio.files.sources.source import ByteSource

__all__ = ["FileHolder", "FileMap", "copy_file_map"]


class FileHolder:
    """One file of an image: its name, or a file object and the position in it.

    Parameters
    ----------
    filename : str or PathLike, optional
    fileobj : binary file object, optional
        Used rather than the name when both are given; never closed.
    pos : int, optional
        Where the file's bytes begin.

    Examples
    --------
    >>> volio.FileHolder(filename="scan.nii").filename
    'scan.nii'
    """

    def __init__(
        self,
        filename: str | os.PathLike[str] | None = None,
        fileobj: Any = None,
        pos: int = 0,
    ) -> None:
        self.filename = filename
        self.fileobj = fileobj
        self.pos = pos
        #: The source of the file, where it has been opened just now; copies do not take it over.
        self.source: ByteSource | None = None

    @property
    def file_like(self) -> Any:
        """The file object, or the name where there is none; None when neither is set."""
        return self.filename if self.fileobj is None else self.fileobj

    def same_file_as(self, other: FileHolder) -> bool:
        """Return whether both have the same name and file object; `pos` does not matter."""
        return self.filename == other.filename and self.fileobj is other.fileobj

    def get_prepare_fileobj(self, mode: str = "rb", **options: Any) -> BinaryIO:
        """Return a binary file object, ready at `pos`.

        The own file object stays open when the returned one is closed. A name is opened: for
        reading (``"rb"``, decompressed by content) or for writing (``"wb"``, compressed by name;
        the file is put in place when the returned object is closed).

        Parameters
        ----------
        mode : {"rb", "wb"}, optional
        **options
            ``compression``: a preset or a level.

        Raises
        ------
        FileHolderError
            If neither name nor file object is set.
        """
        if self.file_like is None:
            raise FileHolderError("FileHolder: has neither a filename nor a fileobj")
        if self.fileobj is None:
            return cast("BinaryIO", HeldFile(open_file(self, mode, **options), True))
        self.fileobj.seek(self.pos)
        return cast("BinaryIO", HeldFile(self.fileobj, False))

    def __repr__(self) -> str:
        return f"FileHolder(filename={self.filename!r}, fileobj={self.fileobj!r}, pos={self.pos})"


FileMap = dict[str, FileHolder]


def copy_file_map(file_map: FileMap) -> FileMap:
    """Return a copy with new holders of the same names and file objects."""
    return {
        key: FileHolder(holder.filename, holder.fileobj, holder.pos)
        for key, holder in file_map.items()
    }
