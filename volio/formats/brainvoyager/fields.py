"""FieldReader of BrainVoyager: numbers in little-endian order, and texts that end with a zero."""

from __future__ import annotations

from typing import Any

from volio.errors import CorruptFileError, TruncatedFileError
from volio.files.sources.source import ByteSource
from volio.surfaces.array_reader import ArrayReader

__all__ = ["Fields"]

LONGEST_TEXT = 4096


class Fields(ArrayReader):
    """Reads fields one after the other.

    Parameters
    ----------
    source : ByteSource
    """

    def __init__(self, source: ByteSource) -> None:
        super().__init__(source, "a file of BrainVoyager")

    def number(self, dtype: str, what: str) -> Any:
        """Return a number: an int or a float, as the dtype is."""
        return self.array(f"<{dtype}", (1,), what)[0].item()

    def text(self, what: str) -> str:
        """Return a text, which ends with a zero.

        Raises
        ------
        TruncatedFileError
            If it does not end.
        """
        begin = bytes(self.source.read_upto(self.offset, LONGEST_TEXT))
        end = begin.find(b"\0")
        if end < 0:
            raise TruncatedFileError(f"{what}: no end of the text within {len(begin)} bytes")
        self.offset += end + 1
        return begin[:end].decode("utf-8", "surrogateescape")

    def check_end(self) -> None:
        """Check that nothing follows.

        Raises
        ------
        CorruptFileError
        """
        if self.left:
            raise CorruptFileError(f"{self.left} bytes more than the file says that it has")
