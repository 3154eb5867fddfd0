"""Files of their own for the values of a GIFTI image."""

from __future__ import annotations

import os
from pathlib import Path

from volio.errors import ImageFileError, UsageError
from volio.files.filemap import FileHolder
from volio.files.names import expanded
from volio.files.opener import open_companion, open_source
from volio.files.sources.source import ByteSource
from volio.images.data_files import is_inside

__all__ = ["ExternalFiles", "external_name"]


def external_name(holder: FileHolder) -> str:
    """Return the name of the file for the values of an image with a name: ``x.gii.data``."""
    return "" if holder.filename is None else f"{Path(holder.filename).name}.data"


class ExternalFiles:
    """Opens the files that a header names for its values, in its own folder.

    Parameters
    ----------
    holder : FileHolder
        Of the header.
    source : ByteSource, optional
        The header's file, as it was opened.
    allow_external : bool
        Take names outside the folder, too.
    """

    def __init__(self, holder: FileHolder, source: ByteSource | None, allow_external: bool) -> None:
        self._holder = holder
        self._source = source
        self._allow_external = allow_external

    def open(self, name: str) -> ByteSource:
        """Open a file by the name that the header states.

        One that is not there raises MissingFileError when its values are asked for.

        Raises
        ------
        ImageFileError
            If it is outside the header's folder, or the header was not loaded by its name.
        """
        if not name:
            raise ImageFileError("ExternalFileName: is empty, and the values are in another file")
        if not self._allow_external and not is_inside(name):
            raise ImageFileError(
                f"{self._name()}: names {name!r} for its values, outside its own folder; "
                "allow_external=True reads it"
            )
        holder = self.holder_of(name)
        if self._source is None:
            return open_source(holder)
        return open_companion(holder, self._source, "values")

    def holder_of(self, name: str) -> FileHolder:
        """Return the holder of a file next to the header.

        Raises
        ------
        UsageError
            If the header has no file name.
        """
        where = self._holder.filename
        if where is None or self._holder.fileobj is not None:
            raise UsageError(
                f"{self._name()}: values are in a file of their own, {name!r}; load and save it "
                "by its file name"
            )
        folder = os.path.dirname(expanded(where))  # noqa: PTH120  may be an address
        return FileHolder(filename=os.path.join(folder, name))  # noqa: PTH118

    def _name(self) -> str:
        return "GIFTI" if self._source is None else self._source.name
