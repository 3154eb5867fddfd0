"""Links of HDF5 files to others: followed where they name a file in the folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from volio.errors import ImageFileError
from volio.extras import need
from volio.files.names import expanded
from volio.files.opener import open_source
from volio.files.remote.addresses import is_address
from volio.files.sources.source import ByteSource
from volio.formats.containers.hdf5.file import open_hdf5
from volio.images.data_files import is_inside

__all__ = ["LinkedFiles", "follow_links"]

MOST_LINKS = 8


class LinkedFiles(NamedTuple):
    """The files that a file may link to.

    Attributes
    ----------
    name : str, path or None
        Of the file; None for bytes.
    allow_external : bool
        Whether they may be outside its folder.
    """

    name: Any
    allow_external: bool

    def open(self, target: str) -> ByteSource:
        """Open a file that is named in a link.

        Raises
        ------
        ImageFileError
            If it is not in the folder of the file.
        MissingFileError
            If there is no such file.
        """
        if self.name is None or is_address(self.name):
            raise ImageFileError(f"{target}: is another file, and bytes have no folder: refused")
        if not self.allow_external and not self._is_inside(target):
            raise ImageFileError(
                f"{target}: is out of the folder of the file: refused; allow_external=True reads it"
            )
        return open_source(self._folder / target)

    @property
    def _folder(self) -> Path:
        return Path(expanded(self.name)).parent

    def _is_inside(self, target: str) -> bool:
        """Return whether a name leads below the folder; where links lead is not looked at."""
        path = Path(target)
        if path.is_absolute() and path.is_relative_to(self._folder.absolute()):
            path = path.relative_to(self._folder.absolute())  # as some programs write it
        return is_inside(path.as_posix())


def follow_links(source: ByteSource, path: str, files: LinkedFiles) -> tuple[ByteSource, str]:
    """Return the file and the path in it that a path leads to, through links to other files.

    Parameters
    ----------
    source : ByteSource
    path : str
    files : LinkedFiles

    Raises
    ------
    ImageFileError
        If a link leads out of the folder, or more than 8 follow each other.
    """
    for _ in range(MOST_LINKS + 1):
        found = _first_link(source, path) if path.strip("/") else None
        if found is None:
            return source, path
        target, path = found
        if target:
            source = files.open(target)
    raise ImageFileError(f"{source.name}: {path}: more than {MOST_LINKS} links follow each other")


def _first_link(source: ByteSource, path: str) -> tuple[str, str] | None:
    """Return the file that the first link on a path names, and the path there; None for none.

    The file is "" where it is the same.
    """
    h5py = need("h5py", "hdf5")
    parts = path.strip("/").split("/")
    with open_hdf5(source) as opened:
        for number in range(len(parts)):
            above = "/".join(parts[:number])
            here = "/".join(parts[: number + 1])
            link = opened.file.get(here, getlink=True)
            rest = parts[number + 1 :]
            if isinstance(link, h5py.ExternalLink):
                return str(link.filename), "/".join([link.path, *rest])
            if isinstance(link, h5py.SoftLink):
                begin = link.path if link.path.startswith("/") else f"{above}/{link.path}"
                return "", "/".join([begin, *rest])
            if link is None:
                return None
    return None
