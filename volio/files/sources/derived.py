"""Sources made of another source: what they and their readers leave to it."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from volio.files.sources.reader import Reader
from volio.files.sources.source import ByteSource

__all__ = ["DerivedReader", "DerivedSource"]


class DerivedSource(ByteSource):
    """Bytes of another source: some of them, or the same in another form.

    A subclass implements `open` and `size_of`.

    Parameters
    ----------
    base : ByteSource
        The other source.
    """

    def __init__(self, base: ByteSource) -> None:
        self.name = base.name
        self.gap = base.gap
        self.base = base

    def is_in(self, where: Any) -> bool:
        """Return whether a path or a file object holds the other source."""
        return self.base.is_in(where)

    def size(self) -> int | None:
        """Return the number of bytes; None where the other source does not know its own."""
        size = self.base.size()
        return None if size is None else self.size_of(size)

    def most(self) -> int:
        """Return the number of bytes that there can be at most."""
        return self.size_of(self.base.most())

    def usual_most(self) -> int:
        """Return the number of bytes that only a source made to fill memory exceeds."""
        return self.size_of(self.base.usual_most())

    @abstractmethod
    def size_of(self, base_size: int) -> int:
        """Return the number of bytes of this source where the other one has `base_size`."""


class DerivedReader(Reader):
    """Reads from the reader of another source, which is closed with it.

    Parameters
    ----------
    base : Reader
        Of the other source.
    """

    def __init__(self, base: Reader) -> None:
        super().__init__(base.name)
        self.gap = base.gap
        self._base = base

    def keep_checkpoints(self) -> None:
        """Let the other reader keep checkpoints."""
        self._base.keep_checkpoints()

    def finish(self) -> None:
        """Let the other reader verify its checksums."""
        self._base.finish()

    def close(self) -> None:
        """Close the other reader."""
        self._base.close()
