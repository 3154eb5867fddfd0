"""DecodedSource: compressed bytes, decoded no further than they are asked for, and kept."""

from __future__ import annotations

from volio.files.sources.reader import PlainReader, Reader
from volio.files.sources.source import ByteSource

__all__ = ["HARMLESS", "DecodedSource"]

#: Decoded bytes that do not matter, whatever was compressed.
HARMLESS = 32 << 20

#: Bytes that are decoded at first: nearly all files that are read whole have less.
FIRST = HARMLESS + 1


class DecodedSource(ByteSource):
    """What a source that does not know its size holds, as far as it was asked for.

    Most files are decoded once, whole. Where much of one is left, it is decoded on from its
    beginning, to twice as much as before: a file that was made to fill memory gets no more than
    twice what its header asks for.

    Parameters
    ----------
    base : ByteSource
        The decoded view of compressed bytes.
    """

    def __init__(self, base: ByteSource) -> None:
        self.name = base.name
        self.base = base
        self._data = b""
        self._has_ended = False
        self._head = base.head()

    def have(self, count: int) -> None:
        """Decode so many bytes from the first on, or as many as there are."""
        if not self._has_ended and len(self._data) < count:
            self._decode(max(count, FIRST, 2 * len(self._data)))

    def _decode(self, wanted: int) -> None:
        """Decode so many bytes from the first on; some of them are known."""
        known = len(self._data)
        found = self.base.read_upto(known, wanted - known)
        self._has_ended = known + len(found) < wanted
        self._data = self._data + found if known else found

    def decode_all(self, what: str) -> int:
        """Decode to the end, if that is not too far, and return the number of bytes.

        Parameters
        ----------
        what : str
            What the file is, for the message.

        Raises
        ------
        LimitError
            If there are far more bytes than so few compressed ones stand for as a rule.
        """
        most = max(self.usual_most(), len(self._data))
        if not self._has_ended and len(self._data) <= most:
            self._decode(most + 1)
        if not self._has_ended:
            self.check_usual(len(self._data), what)
        return len(self._data)

    def open(self) -> Reader:
        """Return a reader over the bytes."""
        return PlainReader(self.name, self._read_at)

    def size(self) -> int | None:
        """Return the number of bytes; None while the end was not met."""
        return len(self._data) if self._has_ended else None

    def most(self) -> int:
        """Return what the compressed bytes could expand to at most."""
        return len(self._data) if self._has_ended else self.base.most()

    def usual_most(self) -> int:
        """Return what the compressed bytes expand to at most where they are of numbers."""
        return self.base.usual_most()

    def _read_at(self, offset: int, view: memoryview) -> int:
        self.have(offset + len(view))
        part = memoryview(self._data)[offset : offset + len(view)]
        view[: len(part)] = part
        return len(part)
