"""Checkpoints in gzip and zlib streams without an index, found while decoding."""

from __future__ import annotations

import os
from bisect import bisect_left, bisect_right
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Iterable
from functools import partial
from threading import Lock

from volio.files.codecs.decoding import DecodingReader
from volio.files.codecs.deflate_blocks import Checkpoint, find_checkpoint, primed
from volio.files.codecs.inflate import raw_decompressor
from volio.files.codecs.table import Codec
from volio.files.sources.reader import Reader
from volio.forks import fork_safe_lock
from volio.settings import options
from volio.threads import BackgroundWork

__all__ = ["CheckpointReader", "Checkpoints", "checkpoints_of"]

SPACING = 1 << 21  # decoded bytes between checkpoints
SEARCHED = 1 << 18  # compressed bytes that are kept to find a checkpoint in
PROVEN = 1 << 20  # decoded bytes that are kept to prove it
OVERHEAD = 200  # bytes of a checkpoint besides its window
SHARE = 4  # one file may have a quarter of the memory
MOST_FILES = 256  # whose checkpoints are kept


class Checkpoints:
    """Checkpoints of one file where decoding can begin, in order; any thread may add one.

    Attributes
    ----------
    nbytes : int
        About how much memory they take.
    spacing : int
        Decoded bytes between two of them.
    """

    def __init__(self) -> None:
        self._lock = fork_safe_lock()
        self._checkpoints: list[Checkpoint] = []
        self.nbytes = 0
        self.spacing = SPACING

    def before(self, offset: int) -> Checkpoint | None:
        """Return the last checkpoint that is not after a decoded byte."""
        with self._lock:
            at = bisect_right(self._checkpoints, offset, key=_offset)
            return self._checkpoints[at - 1] if at else None

    def are_wanted(self, offset: int) -> bool:
        """Return whether a checkpoint near a decoded byte is far enough from those before it."""
        checkpoint = self.before(offset)
        return offset - (checkpoint.offset if checkpoint else 0) >= self.spacing

    def add(self, checkpoint: Checkpoint | None, most: int) -> None:
        """Add a checkpoint; where they take more than `most` bytes, let go of every second one."""
        if checkpoint is None:
            return
        with self._lock:
            at = bisect_left(self._checkpoints, checkpoint.offset, key=_offset)
            if at == len(self._checkpoints) or self._checkpoints[at].offset != checkpoint.offset:
                self._checkpoints.insert(at, checkpoint)
                self.nbytes += _size(checkpoint)
            while self.nbytes > most:
                self._checkpoints = self._checkpoints[1::2]
                self.nbytes = sum(map(_size, self._checkpoints))
                self.spacing *= 2

    def all(self) -> list[Checkpoint]:
        """Return the checkpoints there are now."""
        with self._lock:
            return list(self._checkpoints)


def _offset(checkpoint: Checkpoint) -> int:
    return checkpoint.offset


def _size(checkpoint: Checkpoint) -> int:
    return len(checkpoint.window or b"") + OVERHEAD


class CheckpointReader(DecodingReader):
    """A forward decoder of gzip or zlib that begins at the best checkpoint it knows.

    Parameters
    ----------
    base : Reader
        The compressed bytes; closed with this reader.
    codec : Codec
        Gzip or zlib.
    checkpoints : Checkpoints
    """

    def __init__(self, base: Reader, codec: Codec, checkpoints: Checkpoints) -> None:
        self._checkpoints = checkpoints
        self._keeps = False
        self._most = options.checkpoint_memory // SHARE
        self._background = BackgroundWork[None](2)
        super().__init__(base, codec)

    def fill(self, offset: int, view: memoryview) -> int:
        """Decode from the nearest checkpoint before `offset`, or go on from where the reader is."""
        checkpoint = self._checkpoints.before(offset)
        if checkpoint is not None and (
            offset < self._position or checkpoint.offset > self._position
        ):
            self._begin_at(checkpoint)
        return super().fill(offset, view)

    def keep_checkpoints(self) -> None:
        """Look for checkpoints from now on, on another thread where there is one."""
        self._keeps = True

    def close(self) -> None:
        """Wait for checkpoints that are being looked for and close the compressed reader."""
        with self._background:
            super().close()

    def _restart(self) -> None:
        super()._restart()
        self._inside = self._is_primed = False
        self._marked = 0  # where a checkpoint was looked for
        self._forget(0)

    def _begin_at(self, checkpoint: Checkpoint) -> None:
        self._restart()
        byte, bit = divmod(checkpoint.bit, 8)
        window = checkpoint.window
        self._position = checkpoint.offset
        self._raw_position = byte
        self._marked = checkpoint.offset
        self._forget(checkpoint.offset)
        if window is not None:  # the rest of a member: its checksum cannot be verified
            self._inside = self._is_primed = True
            self._forget(0)
            self._given.append(window)
            self._decompressor = raw_decompressor(window)
            self._waiting = primed(bit, self._raw())

    def _forget(self, member: int) -> None:
        """Begin a member: what was before it does not help to decode it."""
        self._member = member
        self._taken: deque[bytes] = deque()
        self._given: deque[bytes] = deque()

    def _piece(self, limit: int) -> bytes:
        piece = super()._piece(limit)
        if self._keeps:
            _keep(self._given, piece, PROVEN)
        return piece

    def _take(self) -> bytes:
        """Find a checkpoint; now what was taken is decoded to its end."""
        at_end = self._keeps and self._taken and not self._waiting
        if at_end and self._is_wanted():
            self._search()
        raw = super()._take()
        if self._keeps and not self._is_primed:
            _keep(self._taken, raw, SEARCHED)
        self._is_primed = False
        return raw

    def _search(self) -> None:
        """Look for a checkpoint in what was taken last, in the background."""
        self._marked = self._position
        raw = b"".join(self._taken)
        decoded = b"".join(self._given)
        start = self._raw_position - len(raw)
        find = partial(find_checkpoint, raw, start, decoded, self._position, self._member)
        self._background.do(lambda: self._checkpoints.add(find(), self._most))

    def _is_wanted(self) -> bool:
        near = self._position - self._marked < self._checkpoints.spacing
        return not near and self._checkpoints.are_wanted(self._position)

    def _rest(self) -> bytes:
        rest = super()._rest()
        if self._inside:
            trailer = self._codec.trailer
            while len(rest) < trailer and (raw := self._raw()):
                rest += raw
            if len(rest) < trailer:
                raise self._truncated()
            self._inside = False
            rest = rest[trailer:]
        return rest

    def _next_member(self) -> None:
        super()._next_member()
        self._forget(self._position)
        if self._keeps and self._waiting:
            start = self._raw_position - len(self._waiting)
            self._checkpoints.add(Checkpoint(8 * start, self._position, None), self._most)


def _keep(pieces: deque[bytes], piece: bytes, most: int) -> None:
    """Append a piece and let go of the first ones, as long as `most` bytes are left."""
    pieces.append(piece)
    while sum(map(len, pieces)) - len(pieces[0]) >= most:
        pieces.popleft()


class _Shelf:
    """The checkpoints of the files read last."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.files: OrderedDict[Hashable, tuple[Hashable, Checkpoints]] = OrderedDict()

    def drop_oldest(self) -> None:
        """Forget files, the one used longest ago first, until number and memory are in bounds."""
        while len(self.files) > MOST_FILES:
            self.files.popitem(last=False)
        taken = sum([checkpoints.nbytes for _, checkpoints in self.files.values()])
        while taken > options.checkpoint_memory and len(self.files) > 1:
            _, (_, oldest) = self.files.popitem(last=False)
            taken -= oldest.nbytes


def checkpoints_of(
    file: Hashable, signature: Hashable, load: Callable[[], Iterable[Checkpoint]] = tuple
) -> Checkpoints:
    """Return the checkpoints of a file, shared by all that read it in this process.

    Parameters
    ----------
    file : hashable
        What stays the same when the file is changed.
    signature : hashable
        What does not: checkpoints of another signature are forgotten.
    load : callable, optional
        Gives the checkpoints that were kept by an earlier process.
    """
    with _SHELF.lock:
        known, checkpoints = _SHELF.files.pop(file, (None, None))
        if checkpoints is None or known != signature:
            checkpoints = Checkpoints()
            for checkpoint in load():
                checkpoints.add(checkpoint, options.checkpoint_memory // SHARE)
        _SHELF.files[file] = (signature, checkpoints)
        _SHELF.drop_oldest()
        return checkpoints


def _begin_again() -> None:
    """Forget all in a forked child: a thread of the parent may have held a lock."""
    global _SHELF
    _SHELF = _Shelf()


_SHELF = _Shelf()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_again)
