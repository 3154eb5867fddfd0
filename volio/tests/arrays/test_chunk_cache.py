"""The cache of decoded chunks: absent ones, and forgetting those of one array."""

from __future__ import annotations

import numpy as np
import pytest

from volio.arrays.chunk_cache import ChunkCache
from volio.errors import CorruptFileError


def decode(cache: ChunkCache, array: str, chunk: int, made: list, *, absent: bool = False):
    def make():
        made.append((array, chunk))
        return None if absent else np.full(4, chunk, np.uint8)

    return cache.decoded_once((array, chunk), None, make, keep=True)


def test_a_chunk_is_decoded_once():
    cache, made = ChunkCache(), []
    first = decode(cache, "a", 1, made)
    assert decode(cache, "a", 1, made) is first
    assert not first.flags.writeable
    assert made == [("a", 1)]


def test_an_absent_chunk_is_asked_for_once():
    cache, made = ChunkCache(), []
    found = [decode(cache, "a", 1, made, absent=True) for _ in range(3)]
    assert found == [None, None, None]
    assert made == [("a", 1)]


def test_a_chunk_that_failed_is_tried_again():
    cache, made = ChunkCache(), []

    def fail():
        raise CorruptFileError("chunk 1 is broken")

    with pytest.raises(CorruptFileError, match="chunk 1 is broken"):
        cache.decoded_once(("a", 1), None, fail, keep=True)
    assert decode(cache, "a", 1, made)[0] == 1


def test_chunks_of_one_array_are_forgotten():
    cache, made = ChunkCache(), []
    for array in "ab":
        decode(cache, array, 1, made)
    before = cache.nbytes
    cache.forget("a")
    assert cache.nbytes == before / 2
    for array in "ab":
        decode(cache, array, 1, made)
    assert made == [("a", 1), ("b", 1), ("a", 1)]
    cache.forget("c")
    assert cache.nbytes == before
