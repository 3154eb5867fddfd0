"""Gzip and zlib streams from elsewhere: places to begin at, noted while decoding."""

from __future__ import annotations

import os
from bisect import bisect_left, bisect_right
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Iterable
from functools import partial
from threading import Lock

from volio.files.codecs.decoding import DecodingReader
from volio.files.codecs.deflate_blocks import Place, find_place, primed
from volio.files.codecs.inflate import raw_decompressor
from volio.files.codecs.table import Codec
from volio.files.sources.reader import Reader
from volio.settings import options
from volio.threads import BackgroundWork

__all__ = ["CheckpointReader", "Checkpoints", "places_of"]

SPACING = 1 << 21  # decoded bytes between places
SEARCHED = 1 << 18  # compressed bytes that are kept to find a place in
PROVEN = 1 << 20  # decoded bytes that are kept to prove it
OVERHEAD = 200  # bytes of a place besides its window
SHARE = 4  # one file may have a quarter of the memory
MOST_FILES = 256  # that places are kept of


class Checkpoints:
    """Places of one file where decoding can begin, in order; any thread may add one."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._places: list[Place] = []
        self._nbytes = 0
        self.spacing = SPACING

    def before(self, offset: int) -> Place | None:
        """Return the last place that is not behind a decoded byte."""
        with self._lock:
            at = bisect_right(self._places, offset, key=_offset)
            return self._places[at - 1] if at else None

    def are_wanted(self, offset: int) -> bool:
        """Tell whether a place near a decoded byte is far enough from those before it."""
        place = self.before(offset)
        return offset - (place.offset if place else 0) >= self.spacing

    def add(self, place: Place | None, most: int) -> None:
        """Add a place; where they take more than `most` bytes, let go of every second one."""
        if place is None:
            return
        with self._lock:
            at = bisect_left(self._places, place.offset, key=_offset)
            if at == len(self._places) or self._places[at].offset != place.offset:
                self._places.insert(at, place)
                self._nbytes += _size(place)
            while self._nbytes > most:
                self._places = self._places[1::2]
                self._nbytes = sum(map(_size, self._places))
                self.spacing *= 2

    def all(self) -> list[Place]:
        """Return the places there are now."""
        with self._lock:
            return list(self._places)

    def nbytes(self) -> int:
        """Return about how much memory they take."""
        return self._nbytes


def _offset(place: Place) -> int:
    return place.offset


def _size(place: Place) -> int:
    return len(place.window or b"") + OVERHEAD


class CheckpointReader(DecodingReader):
    """A forward decoder of gzip or zlib that begins at the best place it knows.

    Parameters
    ----------
    base : Reader
        The compressed bytes; closed with this reader.
    codec : Codec
        Gzip or zlib.
    places : Places
    """

    def __init__(self, base: Reader, codec: Codec, places: Checkpoints) -> None:
        self._places = places
        self._placing = False
        self._most = options.checkpoint_memory // SHARE
        self._behind = BackgroundWork[None](2)
        super().__init__(base, codec)

    def fill(self, offset: int, view: memoryview) -> int:
        """Decode from the nearest place before `offset`, or go on from where the reader is."""
        place = self._places.before(offset)
        if place is not None and (offset < self._position or place.offset > self._position):
            self._begin_at(place)
        return super().fill(offset, view)

    def keep_places(self) -> None:
        """Look for places from now on, on another thread where there is one."""
        self._placing = True

    def close(self) -> None:
        """Wait for places that are being looked for and close the compressed reader."""
        with self._behind:
            super().close()

    def _restart(self) -> None:
        super()._restart()
        self._inside = self._is_primed = False
        self._marked = 0  # where a place was looked for
        self._forget(0)

    def _begin_at(self, place: Place) -> None:
        self._restart()
        self._position = place.offset
        self._raw_position = place.bit // 8
        self._marked = place.offset
        self._forget(place.offset)
        if place.window is not None:  # the rest of a member: its checksum cannot be verified
            self._inside = self._is_primed = True
            self._forget(0)
            self._given.append(place.window)
            self._decompressor = raw_decompressor(place.window)
            self._waiting = primed(place.bit % 8, self._raw())

    def _forget(self, member: int) -> None:
        """Begin a member: what was before it does not help to decode it."""
        self._member = member
        self._taken: deque[bytes] = deque()
        self._given: deque[bytes] = deque()

    def _piece(self, limit: int) -> bytes:
        piece = super()._piece(limit)
        if self._placing:
            _keep(self._given, piece, PROVEN)
        return piece

    def _take(self) -> bytes:
        """Find a place; now what was taken is decoded to its end."""
        at_end = self._placing and self._taken and not self._waiting
        if at_end and self._is_wanted():
            self._marked = self._position
            raw = b"".join(self._taken)
            decoded = b"".join(self._given)
            start = self._raw_position - len(raw)
            find = partial(find_place, raw, start, decoded, self._position, self._member)
            self._behind.do(lambda: self._places.add(find(), self._most))
        raw = super()._take()
        if self._placing and not self._is_primed:
            _keep(self._taken, raw, SEARCHED)
        self._is_primed = False
        return raw

    def _is_wanted(self) -> bool:
        near = self._position - self._marked < self._places.spacing
        return not near and self._places.are_wanted(self._position)

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
        if self._placing and self._waiting:
            start = self._raw_position - len(self._waiting)
            self._places.add(Place(8 * start, self._position, None), self._most)


def _keep(pieces: deque[bytes], piece: bytes, most: int) -> None:
    """Append a piece and let go of the first ones, as long as `most` bytes are left."""
    pieces.append(piece)
    while sum(map(len, pieces)) - len(pieces[0]) >= most:
        pieces.popleft()


class _Shelf:
    """The places of the files read last."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.files: OrderedDict[Hashable, tuple[Hashable, Checkpoints]] = OrderedDict()


def places_of(
    file: Hashable, signature: Hashable, load: Callable[[], Iterable[Place]] = tuple
) -> Checkpoints:
    """Return the places of a file, shared by all that read it in this process.

    Parameters
    ----------
    file : hashable
        What stays the same when the file is changed.
    signature : hashable
        What does not: places of another signature are forgotten.
    load : callable, optional
        Gives the places that were kept by an earlier process.
    """
    with _SHELF.lock:
        known, places = _SHELF.files.pop(file, (None, None))
        if places is None or known != signature:
            places = Checkpoints()
            for place in load():
                places.add(place, options.checkpoint_memory // SHARE)
        _SHELF.files[file] = (signature, places)
        while len(_SHELF.files) > MOST_FILES:
            _SHELF.files.popitem(last=False)
        taken = sum(each.nbytes() for _, each in _SHELF.files.values())
        while taken > options.checkpoint_memory and len(_SHELF.files) > 1:
            taken -= _SHELF.files.popitem(last=False)[1][1].nbytes()
        return places


def _begin_again() -> None:
    """Forget all in a forked child: a thread of the parent may have held a lock."""
    global _SHELF
    _SHELF = _Shelf()


_SHELF = _Shelf()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_again)
