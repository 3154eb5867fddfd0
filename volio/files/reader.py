"""Readers: one reading operation over a source of bytes, by absolute offset."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from volio.errors import CorruptFileError, TruncatedFileError, UsageError
from volio.files.codecs import Codec, Decompressor

__all__ = ["DecodingReader", "PlainReader", "Reader"]

PIECE = 1 << 18  # bytes moved at once: small enough for the processor's cache


class Reader(ABC):
    """One reading operation: bytes by absolute offset, until it is closed.

    A reader belongs to one thread; threads that read at the same time open one each.
    A subclass implements `fill`.

    Parameters
    ----------
    name : str
        The source's name, for messages.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    @abstractmethod
    def fill(self, offset: int, view: memoryview) -> int:
        """Fill a view of bytes from `offset` on; return how many there were.

        Fewer than asked for means that the source ends there.
        """

    def read_into(self, offset: int, buffer: Any) -> None:
        """Fill a whole buffer with the bytes from `offset` on.

        Parameters
        ----------
        offset : int
            First byte, counted in the decompressed source.
        buffer : writable C-contiguous buffer
            Bytes, or an array of native numbers. Arrays of other dtypes: pass
            ``array.view("u1")``.

        Raises
        ------
        TruncatedFileError
            If the source ends before the buffer is full.
        CorruptFileError
            If the bytes cannot be decoded.
        """
        view = _bytes_view(buffer)
        got = self.fill(_checked(offset), view) if view.nbytes else 0
        if got < view.nbytes:
            raise _too_short(self.name, offset, view.nbytes, got)

    def read_upto(self, offset: int, count: int) -> bytes:
        """Return `count` bytes from `offset` on, or fewer where the source ends."""
        _checked(offset)
        data = bytearray()
        while len(data) < count:  # in pieces: a lying count takes no memory
            piece = bytearray(min(count - len(data), 4 * PIECE))
            got = self.fill(offset + len(data), memoryview(piece))
            data += memoryview(piece)[:got]
            if got < len(piece):
                break
        return bytes(data)

    def read(self, offset: int, count: int) -> bytes:
        """Return exactly `count` bytes from `offset` on, or raise TruncatedFileError."""
        data = self.read_upto(offset, count)
        if len(data) < count:
            raise _too_short(self.name, offset, count, len(data))
        return data

    def finish(self) -> None:  # noqa: B027  most sources carry no checksum
        """Go through what was not read yet, so that checksums at the end are verified.

        Raises
        ------
        CorruptFileError, TruncatedFileError
            If the rest cannot be decoded or a checksum differs.
        """

    def close(self) -> None:  # noqa: B027  most readers hold nothing
        """Let go of what the reader holds; closing twice is fine."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class PlainReader(Reader):
    """A reader over anything that can fill a view at an offset.

    Parameters
    ----------
    name : str
    read_at : callable
        ``read_at(offset, view)`` fills some of the view and returns how much; 0 at the end.
    close : callable, optional
        Called once when the reader is closed.
    """

    def __init__(
        self,
        name: str,
        read_at: Callable[[int, memoryview], int],
        close: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(name)
        self._read_at = read_at
        self._close = close

    def fill(self, offset: int, view: memoryview) -> int:
        """Ask until the view is full or the source ends."""
        done = 0
        while done < len(view) and (got := self._read_at(offset + done, view[done:])):
            done += got
        return done

    def close(self) -> None:
        """Close what was opened for this reader."""
        close, self._close = self._close, None
        if close is not None:
            close()


class DecodingReader(Reader):
    """A forward decoder over a compressed reader; going back starts again.

    Memory is bounded by two pieces and what the codec itself keeps. Several compressed members
    in a row are one stream, and zero bytes between or after them are padding.

    Parameters
    ----------
    base : Reader
        The compressed bytes; closed with this reader.
    codec : Codec
    """

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
        done = 0
        while done < len(view) and (piece := self._piece(len(view) - done)):
            view[done : done + len(piece)] = piece
            done += len(piece)
        return done

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
        raw, self._waiting = self._waiting or self._raw(), b""
        return raw

    def _raw(self) -> bytes:
        raw = self._base.read_upto(self._raw_position, PIECE)
        self._raw_position += len(raw)
        return raw

    def _decode(self, raw: bytes, limit: int) -> bytes:
        try:
            return self._decompressor.decompress(raw, limit)
        except MemoryError:
            raise
        except Exception as error:  # each library, and each version of it, has its own classes
            raise CorruptFileError(
                f"{self.name}: {self._codec.name} data cannot be decoded after decoded byte "
                f"{self._position}: {error}"
            ) from error

    def _truncated(self) -> TruncatedFileError:
        return TruncatedFileError(
            f"{self.name}: {self._codec.name} data ends at byte {self._raw_position} without its "
            f"end mark; {self._position} bytes could be decoded. Copy the file again."
        )

    def _next_member(self) -> None:
        """Go on with what follows a complete member: padding, another member, or the end."""
        rest = self._decompressor.unused_data.lstrip(b"\0")
        while len(rest) < 16 and (raw := self._raw()):
            rest = (rest + raw).lstrip(b"\0")
        self._ended = not rest
        if rest and not self._codec.magic.match(rest):
            raise CorruptFileError(
                f"{self.name}: bytes from {self._raw_position - len(rest)} on are not part of the "
                f"{self._codec.name} data, which is complete with {self._position} decoded bytes"
            )
        if rest:
            self._waiting, self._decompressor = rest, self._codec.decompressor()


def _bytes_view(buffer: Any) -> memoryview:
    view = memoryview(buffer)
    if not view.nbytes:
        return memoryview(b"")
    try:
        return view.cast("B")
    except TypeError as error:
        raise UsageError(
            f"buffer: needs C-contiguous bytes or native numbers, got format {view.format!r} "
            f"({error}); pass array.view('u1')"
        ) from None


def _checked(offset: int) -> int:
    if offset < 0:
        raise UsageError(f"offset: must be 0 or more, got {offset}")
    return offset


def _too_short(name: str, offset: int, count: int, got: int) -> TruncatedFileError:
    end = f"at byte {offset + got}" if got or not offset else f"at or before byte {offset}"
    return TruncatedFileError(f"{name}: ends {end}, needed {count} bytes at byte {offset}")
