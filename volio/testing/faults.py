"""Things that go wrong: damaged files, failing system calls, sources that count or fail."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from volio.files.sources.reader import Reader
from volio.files.sources.source import ByteSource

__all__ = [
    "CountingSource",
    "FailingCall",
    "FailingSource",
    "bits_flipped",
    "cut_short",
    "failing_call",
    "fields_at_extremes",
]


class FailingCall:
    """A call that fails the n-th time, as on a full disk, and works before and after.

    Parameters
    ----------
    call : callable
        What is called otherwise.
    n : int
        The first call is 1.
    error : OSError, optional

    Attributes
    ----------
    count : int
        How many calls there were.
    late : bool
        Whether the call that fails is done all the same.
    """

    def __init__(self, call: Callable[..., Any], n: int, error: OSError | None = None) -> None:
        self.call = call
        self.n = n
        self.count = 0
        self.error: BaseException = error or OSError(errno.ENOSPC, "No space left on device")
        self.late = False

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """Fail, or do what the other call does."""
        self.count += 1
        if self.count == self.n:
            if self.late:
                self.call(*arguments, **options)
            raise self.error
        return self.call(*arguments, **options)


@contextmanager
def failing_call(module: Any, name: str, n: int) -> Iterator[FailingCall]:
    """Let the n-th call of a module's function fail inside a ``with`` statement.

    Parameters
    ----------
    module : module or object
        `volio.files.saving.atomic`, say, whose ``write``, ``fsync`` and ``replace`` save files.
    name : str
    n : int
        The first call is 1.
    """
    call = getattr(module, name)
    failing = FailingCall(call, n)
    setattr(module, name, failing)
    try:
        yield failing
    finally:
        setattr(module, name, call)


class CountingSource(ByteSource):
    """Another source, with a count of what was read of it.

    Parameters
    ----------
    base : ByteSource

    Attributes
    ----------
    count : int
        Bytes read so far.
    opened, closed : int
        Readers opened and closed so far.
    """

    def __init__(self, base: ByteSource) -> None:
        self.name = base.name
        self.base = base
        self.count = self.opened = self.closed = 0

    def open(self) -> Reader:
        """Open a reader that counts."""
        self.opened += 1
        return _WatchedReader(self.base.open(), self)

    def size(self) -> int | None:
        """Return the size of the other source."""
        return self.base.size()

    def most(self) -> int:
        """Return the bound of the other source."""
        return self.base.most()

    def usual_most(self) -> int:
        """Return the usual bound of the other source."""
        return self.base.usual_most()

    def note(self, got: int) -> None:
        """Take notice of bytes that were read."""
        self.count += got


class FailingSource(CountingSource):
    """Another source of which the n-th read fails, as a network drive may.

    Parameters
    ----------
    base : ByteSource
    n : int
        The first read is 1.
    """

    def __init__(self, base: ByteSource, n: int) -> None:
        super().__init__(base)
        self.n = n
        self.reads = 0

    def note(self, got: int) -> None:
        """Count a read, and fail when its turn has come."""
        super().note(got)
        self.reads += 1
        if self.reads == self.n:
            raise OSError(errno.EIO, f"Input/output error: {self.name}")


class _WatchedReader(Reader):
    def __init__(self, base: Reader, source: CountingSource) -> None:
        super().__init__(base.name)
        self._base = base
        self._source = source

    def fill(self, offset: int, view: memoryview) -> int:
        got = self._base.fill(offset, view)
        self._source.note(got)
        return got

    def finish(self) -> None:
        self._base.finish()

    def close(self) -> None:
        self._base.close()
        self._source.closed += 1


def cut_short(data: bytes, header: int, pieces: int = 12) -> Iterator[bytes]:
    """Cut a file at many places: all over its header, around its end, and in between.

    Parameters
    ----------
    data : bytes
        The whole file.
    header : int
        How many bytes of it the header takes.
    pieces : int
        How many cuts each in the header and in the rest.
    """
    last = len(data) - 1
    end = min(header, len(data))
    edges = [0, 1, 3, header - 1, header, header + 1, last - 1, last]
    lengths = np.concatenate([edges, np.linspace(0, end, pieces), np.linspace(end, last, pieces)])
    for length in np.unique(lengths.astype(int)).tolist():
        if 0 <= length <= last:
            yield data[:length]


def bits_flipped(data: bytes, upto: int, times: int, seed: int = 0) -> Iterator[bytes]:
    """Damage one to four bits of the beginning of a file, in ever new ways.

    Parameters
    ----------
    data : bytes
        The whole file.
    upto : int
        Bits of the first `upto` bytes are flipped.
    times : int
        How many damaged files to make.
    seed : int
        Equal seeds give equal files.
    """
    random = np.random.default_rng(seed)
    for _ in range(times):
        damaged = bytearray(data)
        for bit in random.integers(0, 8 * min(upto, len(data)), random.integers(1, 5)):
            damaged[bit // 8] ^= 1 << (bit % 8)
        yield bytes(damaged)


def fields_at_extremes(record: np.ndarray) -> Iterator[tuple[str, bytes]]:
    """Set the fields of a header, one after the other, to values nobody expects.

    Parameters
    ----------
    record : structured ndarray, shape ()
        The header; every field is set as a whole, and its last value alone.

    Yields
    ------
    name : str
        Field and value, for a message.
    block : bytes
        The damaged header.
    """
    for field in record.dtype.names or ():
        for value in _extremes(record[field].dtype):
            for part in (slice(None), slice(-1, None))[: 2 if record[field].ndim else 1]:
                damaged = record.copy()
                np.atleast_1d(damaged[field])[part] = value
                yield f"{field} {part} = {value!r}", damaged.tobytes()


def _extremes(dtype: np.dtype[Any]) -> list[Any]:
    """Return values at the ends of what a dtype holds, and unusual ones between."""
    if dtype.kind in "iu":
        least = np.iinfo(dtype).min
        most = np.iinfo(dtype).max
        return [least, -1 if least else 1, 0, most // 2, most]
    if dtype.kind == "f":
        return [np.nan, -np.inf, 0.0, -1.0, np.finfo(dtype).max]
    return [b"", b"\xff" * dtype.itemsize] if dtype.kind == "S" else []
