"""MissingSource: a file that is not there, which says so when bytes of it are asked for."""

from __future__ import annotations

from typing import NoReturn

from volio.errors import MissingFileError
from volio.files.sources.source import FARTHEST, ByteSource

__all__ = ["MissingSource"]


class MissingSource(ByteSource):
    """The bytes of a file that is missing: headers are of use without their voxels.

    Parameters
    ----------
    error : MissingFileError
        Raised whenever bytes are asked for.
    """

    def __init__(self, error: MissingFileError) -> None:
        self.name = str(error)
        self._error = error

    def open(self) -> NoReturn:
        """Raise the error."""
        raise type(self._error)(*self._error.args) from self._error

    def size(self) -> None:
        """Return None: nothing is known of the file."""

    def most(self) -> int:
        """Return a number that no file exceeds: the header alone says how many bytes there are."""
        return FARTHEST
