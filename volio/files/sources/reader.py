"""Readers: one reading operation over a source of bytes, by absolute offset."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any, Self

from volio.errors import TruncatedFileError, UsageError

__all__ = ["GAP", "PIECE", "SHARE", "PlainReader", "Reader"]

GAP = 4096  # bytes that are read through rather than skipped
PIECE = 1 << 18  # bytes moved at once: small enough for the processor's cache
SHARE = 1 << 22  # bytes that are worth a thread's attention


class Reader(ABC):
    """One reading operation: bytes by absolute offset, until it is closed.

    A reader belongs to one thread; threads that read at the same time open one each.
    A subclass implements `fill`.

    Parameters
    ----------
    name : str
        The source's name, for messages.

    Attributes
    ----------
    gap : int
        Bytes between wanted ones that cost less to read than to skip.
    """

    gap: int = GAP

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
            A bytearray, or an array of any dtype and shape.

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
        if count <= 4 * PIECE:
            piece = bytearray(count)
            got = self.fill(offset, memoryview(piece)) if count else 0
            return bytes(memoryview(piece)[:got])
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

    def expect(self, ranges: Iterable[tuple[int, int]]) -> None:  # noqa: B027  a hint
        """Take note of the ranges (start, stop) that will be read, in ascending order.

        Sources that are slow to ask fetch them together; others ignore it.
        """

    def keep_checkpoints(self) -> None:  # noqa: B027  a hint
        """Take note that other parts will be read later, by other readers of this source.

        Decoders keep checkpoints at which these can begin; other readers need none.
        """

    @property
    def can_be_shared(self) -> bool:
        """Whether it has twins."""
        return False

    def cuts(self, start: int, stop: int) -> list[int]:
        """Return offsets where a range is best cut, for several threads to read it.

        Parameters
        ----------
        start, stop : int
            The range, in bytes of the decompressed source.

        Returns
        -------
        list of int
            Ascending, between `start` and `stop`. Empty where one thread reads as fast as many;
            otherwise each thread reads its part with a `twin`.
        """
        return []

    def twin(self) -> Reader:
        """Return another reader of this operation, for another thread.

        Checksums are brought together: what one has read the others need not.

        Raises
        ------
        UsageError
            If the source cannot be read by several threads at once (see `can_be_shared`); it has
            no `cuts` either.
        """
        raise UsageError(f"{self.name}: has one reader per operation")

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

    def __exit__(self, *raised: object) -> None:
        self.close()


class PlainReader(Reader):
    """A reader over anything that can fill a view at an offset, from many threads.

    Parameters
    ----------
    name : str
    read_at : callable
        ``read_at(offset, view)`` fills some of the view and returns how much; 0 at the end.
    close : callable, optional
        Called once when the reader is closed.
    shares : bool, optional
        Whether several threads read faster than one.
    """

    def __init__(
        self,
        name: str,
        read_at: Callable[[int, memoryview], int],
        close: Callable[[], None] | None = None,
        *,
        shares: bool = False,
    ) -> None:
        super().__init__(name)
        self._read_at = read_at
        self._close = close
        self._shares = shares

    def fill(self, offset: int, view: memoryview) -> int:
        """Ask until the view is full or the source ends."""
        done = self._read_at(offset, view)
        while 0 < done < len(view) and (got := self._read_at(offset + done, view[done:])):
            done += got
        return done

    @property
    def can_be_shared(self) -> bool:
        """Whether it has twins: always."""
        return True

    def cuts(self, start: int, stop: int) -> list[int]:
        """Cut into parts of a few MiB."""
        return list(range(start + SHARE, stop, SHARE)) if self._shares else []

    def twin(self) -> Reader:
        """Return a reader that uses what is open here."""
        return PlainReader(self.name, self._read_at)

    def close(self) -> None:
        """Close what was opened for this reader."""
        close = self._close
        self._close = None
        if close is not None:
            close()


def _bytes_view(buffer: Any) -> memoryview:
    view = memoryview(buffer)
    if view.readonly or not view.c_contiguous:
        raise UsageError("buffer: must be writable and C-contiguous")
    return view.cast("B") if view.nbytes else memoryview(b"")


def _checked(offset: int) -> int:
    if offset < 0:
        raise UsageError(f"offset: must be 0 or more, got {offset}")
    return offset


def _too_short(name: str, offset: int, count: int, got: int) -> TruncatedFileError:
    where_it_ends = got or not offset  # else the end is somewhere before `offset`
    end = f"at byte {offset + got}" if where_it_ends else f"at or before byte {offset}"
    error = TruncatedFileError(f"{name}: ends {end}, needed {count} bytes at byte {offset}")
    return error.before(offset + got) if where_it_ends else error
