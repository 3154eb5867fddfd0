"""Peek: what can be seen of a file, folder or zip before it is read."""

from __future__ import annotations

import os
from io import BufferedReader
from typing import TYPE_CHECKING, Self

from volio.cached import cached_property
from volio.errors import DamagedFileError, ImageFileError, MissingFileError
from volio.files.names import is_there, split_compression
from volio.files.remote.addresses import is_address
from volio.files.sources.source import HEAD, ByteSource

if TYPE_CHECKING:
    from volio.files.sources.store import Store

__all__ = ["Peek", "exists"]

# How a zip file begins: with its first member, or with the end of an empty directory.
ZIP = b"PK\x03\x04"
EMPTY_ZIP = b"PK\x05\x06"
BEGIN = 1 << 16


class Peek:
    """What can be seen of a file, folder or zip before it is read.

    Parameters
    ----------
    name : str
        Path or address of the file or folder; "" for bytes without a name.
    source : ByteSource, optional
        The file, opened and decompressed; None for a folder.

    Attributes
    ----------
    name : str
    head : bytes
        The first 4096 bytes, or all there are, decompressed; b"" of a folder.
    """

    def __init__(self, name: str, source: ByteSource | None) -> None:
        self.name = name
        self.head = b"" if source is None else source.head()
        self._source = source

    @classmethod
    def at_folder(cls, path: str) -> Self:
        """Look at a folder, or below an address; separators at the end are left out."""
        return cls(path.rstrip("/" if is_address(path) else os.sep) or path, None)

    @property
    def is_folder(self) -> bool:
        """Whether this is a folder, not a file."""
        return self._source is None

    @property
    def source(self) -> ByteSource:
        """The (decompressed) bytes of the file, which are read when asked for.

        Raises
        ------
        ImageFileError
            If this is a folder.
        """
        if self._source is None:
            raise ImageFileError(f"{self.name}: is a folder, a file is needed")
        return self._source

    @property
    def size(self) -> int | None:
        """Number of (decompressed) bytes; None of a folder and where only decoding can tell."""
        if self._source is None:
            return None
        size = self._source.size()
        if size is None and len(self.head) < HEAD:
            return len(self.head)
        return size

    @cached_property
    def listing(self) -> tuple[str, ...] | None:
        """Names directly in the folder or the zip file, sorted; None where there are none to list.

        That is so for other files, and below the address of a server.

        Raises
        ------
        ImageFileError
            If the folder cannot be listed.
        """
        if self._source is None:
            if is_address(self.name) and self._store is not None:
                return self._store.names()
            return _names_in_folder(self.name)
        if self.head.startswith(EMPTY_ZIP):
            return ()
        return _names_in_zip(self._source) if self.head.startswith(ZIP) else None

    @cached_property
    def _store(self) -> Store | None:
        """What is in the folder or zip file, or below the address; None of other files."""
        from volio.files.stores import open_store  # most programs open files

        if self._source is None:
            return open_store(self.name)
        return open_store(self._source) if self.head.startswith(ZIP) else None

    def has(self, name: str) -> bool:
        """Return whether a name is directly in the folder or zip file, or below the address.

        A server is asked for it.
        """
        names = self.listing
        if names is not None:
            return name in names
        if not self.is_folder:
            return False
        return self._store is not None and self._store.get(name, 0, 1) is not None

    def begin_of(self, name: str) -> bytes:
        """Return the first 64 KiB of a name in the folder or zip file, or below the address.

        A zip file may hold the folder itself. b"" where there is no such name, or it cannot be
        read.
        """
        names = self.listing
        if names is None and not self.is_folder:
            return b""
        if names is not None and name not in names:
            if self.is_folder or len(names) != 1:
                return b""
            name = f"{names[0]}/{name}"
        try:
            found = None if self._store is None else self._store.get(name, 0, BEGIN)
        except DamagedFileError:
            return b""
        return found or b""

    def beside(self, ending: str) -> bool:
        """Return whether the file of the same name with another ending is there.

        Parameters
        ----------
        ending : str
            With its dot. It takes the place of the name's own ending, also in upper case where
            that one is, and may be followed by the same compression.
        """
        plain, compression = split_compression(self.name)
        stem, own = os.path.splitext(plain)  # noqa: PTH122  addresses are not paths
        wanted = (ending, ending.upper()) if own.isupper() else (ending,)
        names = (stem + each + more for each in wanted for more in ("", compression))
        return bool(stem) and any(exists(name) for name in dict.fromkeys(names))


def _names_in_folder(path: str) -> tuple[str, ...]:
    try:
        return tuple(sorted(os.listdir(path)))  # noqa: PTH208  names, not paths
    except OSError as error:
        raise ImageFileError(f"{path}: cannot be listed: {error.strerror}") from error


def _names_in_zip(source: ByteSource) -> tuple[str, ...] | None:
    """Return the first parts of the names in a zip file; None where it is damaged."""
    from zipfile import BadZipFile, ZipFile

    from volio.files.fileobjects import SourceFile

    try:
        with BufferedReader(SourceFile(source)) as file, ZipFile(file) as members:
            names = {name.partition("/")[0] for name in members.namelist()}
    except (BadZipFile, OSError, ValueError, NotImplementedError):
        return None
    return tuple(sorted(names))


def exists(name: str) -> bool:
    """Return whether there is a file of this name, or at this address, which is asked for."""
    from volio.files.opener import open_source

    if not is_address(name):
        return is_there(name)
    try:
        open_source(name)
    except MissingFileError:
        return False
    return True
