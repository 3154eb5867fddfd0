"""Reading compressed bytes: forward decoding, member after member."""

from __future__ import annotations

from volio.caller import warn_caller
from volio.errors import CorruptFileError, TruncatedFileError, VolioWarning
from volio.files.codecs.table import Codec, Decompressor
from volio.files.sources.reader import PIECE, Reader

__all__ = ["DecodingReader", "warn_of_foreign"]

FIRST_PIECE = 1 << 13  # enough for a header; pieces grow from here


class DecodingReader(Reader):
    """A forward decoder over a compressed reader; going back starts again.

    Memory is bounded by two pieces and what the codec itself keeps. Several compressed members
    in a row are one stream, and zero bytes between or after them are padding. Other bytes after
    a complete member are left alone, with a warning.

    Parameters
    ----------
    base : Reader
        The compressed bytes; closed with this reader.
    codec : Codec

    Attributes
    ----------
    foreign_start : int or None
        Byte of `base` from which on the bytes are not compressed data; None as long as none such
        were met.
    """

    foreign_start: int | None = None

    def __init__(self, base: Reader, codec: Codec) -> None:
        super().__init__(base.name)
        self._base = base
        self._codec = codec
        self._restart()

    def fill(self, offset: int, view: memoryview) -> int:
        """Decode forward to `offset`, then into the view."""
        if offset < self._position:
            self._restart()
        while self._position < offset and self._piece(offset - self._position):
            pass
        left = view
        while left and (piece := self._piece(len(left))):
            left[: len(piece)] = piece
            left = left[len(piece) :]
        return len(view) - len(left)

    def finish(self) -> None:
        """Decode to the end of the stream."""
        while self._piece(PIECE):
            pass

    def close(self) -> None:
        """Close the compressed reader."""
        self._base.close()

    def _restart(self) -> None:
        self._position = 0  # decoded bytes handed out
        self._raw_position = 0  # compressed bytes taken from the base
        self._appetite = FIRST_PIECE
        self._waiting = b""  # taken, not yet given to the decompressor
        self._ended = False
        self._decompressor: Decompressor = self._codec.decompressor()

    def _piece(self, limit: int) -> bytes:
        """Return the next decoded bytes, at most `limit`; none at the end only."""
        while not self._ended:
            if self._decompressor.eof:
                self._next_member()
                continue
            hungry = self._decompressor.needs_input
            raw = self._take() if hungry else b""
            piece = self._decode(raw, min(limit, PIECE))
            if piece:
                self._position += len(piece)
                return piece
            if hungry and not raw and not self._decompressor.eof:
                raise self._truncated()
        return b""

    def _take(self) -> bytes:
        raw = self._waiting or self._raw()
        self._waiting = b""
        return raw

    def _raw(self) -> bytes:
        raw = self._base.read_upto(self._raw_position, self._appetite)
        self._raw_position += len(raw)
        self._appetite = min(4 * self._appetite, PIECE)
        return raw

    def _decode(self, raw: bytes, limit: int) -> bytes:
        try:
            return self._decompressor.decompress(raw, limit)
        except MemoryError:
            raise
        except EOFError as error:  # of text, which has no end mark
            raise TruncatedFileError(f"{self.name}: {error}").before(self._position) from error
        except Exception as error:  # each library, and each version of it, has its own classes
            raise CorruptFileError(
                f"{self.name}: {self._codec.name} data cannot be decoded after decoded byte "
                f"{self._position}: {error}"
            ).before(self._position) from error

    def _truncated(self) -> TruncatedFileError:
        return TruncatedFileError(
            f"{self.name}: {self._codec.name} data ends at byte {self._raw_position} without its "
            f"end mark; {self._position} bytes could be decoded. Copy the file again."
        ).before(self._position)

    def _rest(self) -> bytes:
        """Return what was taken past the end of the member."""
        return self._decompressor.unused_data

    def _next_member(self) -> None:
        """Go on with what follows a complete member: padding, another member, or the end."""
        rest = self._rest().lstrip(b"\0")
        while len(rest) < 16 and (raw := self._raw()):
            rest = (rest + raw).lstrip(b"\0")
        # A codec without a magic number, as that of text, matches even no bytes at all.
        is_member = bool(rest) and self._codec.magic.match(rest) is not None
        self._ended = not is_member
        if is_member:
            self._waiting = rest
            self._decompressor = self._codec.decompressor()
        elif rest:
            self._leave_foreign(self._raw_position - len(rest))

    def _leave_foreign(self, start: int) -> None:
        """Warn, once for each reader, of bytes that are not compressed data."""
        if self.foreign_start is None:
            self.foreign_start = start
            warn_of_foreign(self.name, self._codec, start, self._position)


def warn_of_foreign(name: str, codec: Codec, start: int, decoded: int) -> None:
    """Warn of bytes from `start` on that follow complete data of so many decoded bytes."""
    warn_caller(
        f"{name}: bytes from {start} on are not part of the {codec.name} data, which are complete "
        f"with {decoded} decoded bytes; they are ignored",
        VolioWarning,
    )
