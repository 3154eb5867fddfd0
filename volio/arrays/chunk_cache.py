"""Decoded chunks that stay in memory: one cache per process, bounded in bytes.

A chunk that several threads want is decoded by the first of them; the others wait for it. A
thread waits only while it is decoding nothing itself, so that no two can wait for each other.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import cache
from threading import Lock
from typing import NamedTuple, TypeVar, cast

import numpy as np

from volio.arrays.dtypes import Array
from volio.settings import options

__all__ = [
    "ChunkCache",
    "Claim",
    "DecodedChunk",
    "Decoding",
    "chunk_cache",
    "is_large_read",
    "keep_freed_memory",
]

Values = TypeVar("Values", bound="Array | None")

#: A read of more than this part of the memory does not keep the chunks that it uses in full.
LARGE = 10
#: The same where chunks come from a server.
LARGE_REMOTE = 2
OVERHEAD = 300  # bytes of an entry besides its values

Key = tuple[Hashable, Hashable]  # identity of the array, and which of its chunks


class DecodedChunk(NamedTuple):
    """What is known of a chunk once it was read.

    Attributes
    ----------
    values : ndarray or None
        Read-only; None where the chunk is absent.
    signature : hashable
        What changes with its bytes.
    """

    values: Array | None
    signature: Hashable

    @property
    def nbytes(self) -> int:
        """Bytes that it takes in memory."""
        return OVERHEAD + (0 if self.values is None else self.values.nbytes)


class Decoding:
    """A chunk that a thread is decoding, for others to wait for."""

    def __init__(self) -> None:
        # Held until it is done: an Event takes ten times as long to make, once for each chunk.
        self._unfinished = Lock()
        self._unfinished.acquire()
        self._chunk: DecodedChunk | None = None

    def finish(self, chunk: DecodedChunk | None) -> None:
        """Let go those who wait; None where the chunk was not decoded."""
        self._chunk = chunk
        self._unfinished.release()

    def wait(self) -> DecodedChunk | None:
        """Wait for the chunk; None where it was not decoded."""
        with self._unfinished:
            return self._chunk


class Claim(NamedTuple):
    """What a thread that wants a chunk has to do: exactly one of the three is not None.

    Attributes
    ----------
    chunk : DecodedChunk or None
        It is there.
    mine : Decoding or None
        The thread must decode it, and then call `ChunkCache.keep` and ``finish``.
    others : Decoding or None
        Another thread is decoding it.
    """

    chunk: DecodedChunk | None
    mine: Decoding | None
    others: Decoding | None


class ChunkCache:
    """The chunks used last."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._chunks: OrderedDict[Key, DecodedChunk] = OrderedDict()
        self._decodings: dict[Key, Decoding] = {}
        self._nbytes = 0

    @property
    def nbytes(self) -> int:
        """Bytes that all chunks take."""
        return self._nbytes

    def find(self, key: Key, signature: Hashable) -> DecodedChunk | None:
        """Return a chunk that is there; one whose bytes have changed since is forgotten."""
        with self._lock:
            return self._find(key, signature)

    def claim(self, key: Key, signature: Hashable) -> Claim:
        """Return a chunk, or who decodes it."""
        with self._lock:
            chunk = self._find(key, signature)
            if chunk is not None:
                return Claim(chunk, None, None)
            decoding = self._decodings.get(key)
            if decoding is not None:
                return Claim(None, None, decoding)
            mine = self._decodings[key] = Decoding()
            return Claim(None, mine, None)

    def release(
        self, key: Key, decoding: Decoding, chunk: DecodedChunk | None, *, keep: bool
    ) -> None:
        """End a decoding.

        Parameters
        ----------
        key : (hashable, hashable)
        decoding : Decoding
            Of `claim`.
        chunk : DecodedChunk or None
            None where it could not be decoded: those who wait try themselves.
        keep : bool
            Whether it stays in memory, if there is room.
        """
        with self._lock:
            if self._decodings.get(key) is decoding:
                del self._decodings[key]
            if keep and chunk is not None:
                self._keep(key, chunk)
        decoding.finish(chunk)

    def decoded_once(
        self,
        key: Key,
        signature: Hashable,
        decode: Callable[[], Values],
        *,
        keep: bool,
    ) -> Values:
        """Return the values of a chunk: one that is there, or decoded by one of many threads.

        The calling thread must have claimed no other chunk.

        Parameters
        ----------
        key : (hashable, hashable)
        signature : hashable
            What changes with its bytes.
        decode : callable
            Returns the values; None where the chunk is absent.
        keep : bool
            Whether it stays in memory, if there is room.

        Returns
        -------
        ndarray or None
            Read-only.
        """
        while True:
            claim = self.claim(key, signature)
            chunk = claim.chunk
            if claim.mine is not None:
                try:
                    values = decode()
                    if values is not None:
                        values.setflags(write=False)
                    chunk = DecodedChunk(values, signature)
                finally:
                    self.release(key, claim.mine, chunk, keep=keep)
            elif claim.others is not None:
                chunk = claim.others.wait()
            if chunk is not None:
                return cast("Values", chunk.values)

    def _find(self, key: Key, signature: Hashable) -> DecodedChunk | None:
        chunk = self._chunks.get(key)
        if chunk is None:
            return None
        if chunk.signature != signature:
            self._forget(key)
            return None
        self._chunks.move_to_end(key)
        return chunk

    def _keep(self, key: Key, chunk: DecodedChunk) -> None:
        most = options.chunk_memory
        self._forget(key)
        if chunk.nbytes <= most:
            self._chunks[key] = chunk
            self._nbytes += chunk.nbytes
        while self._nbytes > most:
            self._forget(next(iter(self._chunks)))  # the one that was not used for longest

    def _forget(self, key: Key) -> None:
        chunk = self._chunks.pop(key, None)
        if chunk is not None:
            self._nbytes -= chunk.nbytes

    def forget(self, identity: Hashable) -> None:
        """Forget the chunks of an array.

        Parameters
        ----------
        identity : hashable
            Of the array.
        """
        with self._lock:
            for key in [key for key in self._chunks if key[0] == identity]:
                self._forget(key)

    def clear(self) -> None:
        """Forget all chunks."""
        with self._lock:
            self._chunks.clear()
            self._nbytes = 0


def chunk_cache() -> ChunkCache:
    """Return the cache of this process."""
    return _CACHE


def is_large_read(nbytes: int, *, is_remote: bool = False) -> bool:
    """Return whether a read of so many bytes should not keep the chunks that it uses in full.

    Reading all of a large array would throw out everything else that is kept. What a server has
    sent is worth more than what is decoded again.
    """
    return nbytes > options.chunk_memory // (LARGE_REMOTE if is_remote else LARGE)


@cache
def keep_freed_memory() -> None:
    """Let the C library keep the buffers of chunks that were decoded, for those that follow.

    glibc gives freed blocks of more than 128 KiB back to the system, and the pages of the next one
    are new: that takes several times as long as decoding. Freeing a larger block raises this limit
    to its size, to 32 MiB at most (mallopt, M_MMAP_THRESHOLD). Its pages are never touched.
    """
    np.empty(31 << 20, np.uint8)


def _begin_again() -> None:
    """Forget all in a forked child: a thread of the parent may have held the lock."""
    global _CACHE
    _CACHE = ChunkCache()


_CACHE = ChunkCache()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_again)
