"""Pieces of a deflate stream: what a sample of them decides."""

from __future__ import annotations

import sys
import zlib
from functools import cache

import numpy as np
import pytest

from volio.files.codecs.deflate import deflate_chunk
from volio.tests.requirements import require

SIDE = 220


def faces_of_a_grid() -> bytes:
    """Two triangles in each square of a grid: numbers that differ little."""
    corners = np.arange(SIDE * SIDE, dtype=np.int32).reshape(SIDE, SIDE)
    lower = [corners[:-1, :-1], corners[1:, :-1], corners[:-1, 1:]]
    upper = [corners[1:, :-1], corners[1:, 1:], corners[:-1, 1:]]
    return np.stack([*lower, *upper], axis=-1).tobytes()


def noise() -> bytes:
    return np.random.default_rng(3).normal(0, 30, 300_000).astype(np.int16).tobytes()


def labels() -> bytes:
    return np.repeat(np.random.default_rng(4).integers(0, 40, 3000), 100).astype("i4").tobytes()


@cache
def length(data: bytes, level: int) -> int:
    """Bytes that zlib makes of data."""
    deflate = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    return len(deflate.compress(data)) + len(deflate.flush())


@pytest.fixture(params=["isal", "zlib"])
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch):
    if request.param == "zlib":
        monkeypatch.setitem(sys.modules, "isal", None)
    else:
        require("isal")


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize("level", [4, 6, 9])
@pytest.mark.parametrize(
    "data", [faces_of_a_grid(), noise(), labels()], ids=["faces", "noise", "labels"]
)
def test_the_best_way_is_found_on_a_sample(data: bytes, level: int):
    packed = deflate_chunk(memoryview(data), level, whole=True)
    assert zlib.decompress(packed, -zlib.MAX_WBITS) == data
    best = min(length(data, each) for each in (1, min(level, 6), level))
    assert len(packed) <= 1.01 * best
