"""The decompressed view of a compressed source."""

from __future__ import annotations

from typing import Any

from volio.files.codecs.decoding import DecodingReader
from volio.files.codecs.table import Codec
from volio.files.sources.decoded import HARMLESS
from volio.files.sources.reader import Reader
from volio.files.sources.source import ByteSource

__all__ = ["CodecSource"]

#: Decoded bytes that one compressed byte stands for, at most, in files of numbers and of text.
#: Constants go beyond, so that smaller files than HARMLESS may have any.
USUAL_EXPANSION = 64


class CodecSource(ByteSource):
    """The decompressed view of a compressed source.

    Parameters
    ----------
    base : ByteSource
        The compressed bytes.
    codec : Codec
    """

    def __init__(self, base: ByteSource, codec: Codec) -> None:
        self.name = base.name
        self.base = base
        self.codec = codec

    def open(self) -> Reader:
        """Open a forward decoder; reading before its position starts it again."""
        return DecodingReader(self.base.open(), self.codec)

    def is_in(self, where: Any) -> bool:
        """Return whether a path or a file object holds the compressed bytes."""
        return self.base.is_in(where)

    def forget_head(self) -> None:
        """Let go of the first bytes, compressed and decompressed."""
        self.base.forget_head()
        super().forget_head()

    def _read_head(self, count: int) -> bytes:
        """Decode the first bytes of the file, which are mostly at hand, if they suffice."""
        raw = self.base.head()
        decompressor = self.codec.decompressor()
        try:
            piece = decompressor.decompress(raw, count)
        except Exception:  # reading on raises the error
            return super()._read_head(count)
        ended = decompressor.eof and not decompressor.unused_data and len(raw) == self.base.size()
        return piece if ended or len(piece) == count else super()._read_head(count)

    def size(self) -> None:
        """Return None: it is known only after decoding."""

    def most(self) -> int:
        """Return what the compressed bytes could expand to at most."""
        return self.base.most() * self.codec.expansion

    def usual_most(self) -> int:
        """Return what numbers and text that take so little compressed expand to at most."""
        return min(self.most(), max(HARMLESS, USUAL_EXPANSION * self.base.most()))
