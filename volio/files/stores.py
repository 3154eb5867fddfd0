"""From a path, address or zip file to a store."""

from __future__ import annotations

import os
from typing import Any

from volio.errors import UsageError
from volio.files.names import expanded
from volio.files.opener import open_source
from volio.files.remote.addresses import is_address, is_url
from volio.files.sources.source import ByteSource
from volio.files.sources.store import FolderStore, Store
from volio.files.zip_store import ZipStore

__all__ = ["open_store"]


def open_store(where: Any, *, allow_external: bool = False) -> Store:
    """Open a folder, a zip file, or what is below an address.

    Parameters
    ----------
    where : str, PathLike, ByteSource, bytes or binary file object
        The path of a folder or of a zip file; ``https://…``, ``s3://…`` and other addresses that
        fsspec knows, of folders; or a zip file as `open_source` takes it.
    allow_external : bool
        Take names in documents that lead out of a folder, too.

    Raises
    ------
    MissingFileError, ImageFileError
        If there is no such folder or file, or the file is not a zip file.
    UsageError
        If `where` is something else.
    """
    if is_address(where):
        # Most programs never come here, and it takes long to import.
        from volio.files.remote.stores import FsspecStore, HTTPStore

        return HTTPStore(where) if is_url(where) else FsspecStore.at(where)
    if isinstance(where, (str, os.PathLike)):
        if os.fspath(where) == "":
            raise UsageError("where: is an empty file name")
        path = expanded(where)
        if os.path.isdir(path) or not os.path.lexists(path):  # noqa: PTH112
            return FolderStore(path, allow_external=allow_external)
        where = path
    source: ByteSource = open_source(where)
    return ZipStore(source)
