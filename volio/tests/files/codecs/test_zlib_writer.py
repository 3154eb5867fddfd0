"""Zlib streams in chunks: ordinary ones to others, and entered anywhere here."""

from __future__ import annotations

import io
import random
import sys
import zlib

import numpy as np
import pytest

from volio.errors import CorruptFileError, ImageFileError
from volio.files.codecs import zlib_writer
from volio.files.codecs.chunks import ChunkReader
from volio.files.codecs.inflate import ADLER32
from volio.files.codecs.table import ZLIB
from volio.files.codecs.zlib_writer import zlib_jobs
from volio.files.opener import decoded, encoded
from volio.files.saving.chunk_layout import ChunkLayout
from volio.files.sources.source import BytesSource
from volio.files.sources.tail import TailSource
from volio.settings import options
from volio.tests.requirements import require

SIZE = 30_000


@pytest.fixture(params=["isal", "zlib"], autouse=True)
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "zlib":
        monkeypatch.setitem(sys.modules, "isal", None)
    else:
        require("isal")
    return request.param


@pytest.fixture(scope="module")
def data() -> bytes:
    return np.random.default_rng(3).normal(0, 30, 75_007).astype("<i2").tobytes()


def packed(data: bytes, level: int | None = None, rest: int = SIZE) -> bytes:
    target = io.BytesIO()
    stream = encoded(target, ZLIB, level)
    stream.lay_out(ChunkLayout(rest, rest, len(data)))
    stream.write(data)
    stream.finish()
    return target.getvalue()


@pytest.mark.parametrize("level", [None, 0, 1, 6, 9])
@pytest.mark.parametrize("count", [0, 1, SIZE, 3 * SIZE, 100_001])
def test_others_read_it(data: bytes, level: int | None, count: int):
    file = packed(data[:count], level)
    assert zlib.decompress(file) == data[:count]
    assert decoded(BytesSource(file), ZLIB).read_upto(0, count + 1) == data[:count]
    with options(threads=1):
        assert packed(data[:count], level) == file


@pytest.mark.parametrize("level", [2, 6])
@pytest.mark.parametrize("count", [0, 1, SIZE, 3 * SIZE, 100_001])
def test_bytes_in_memory(
    data: bytes, count: int, level: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zlib_writer, "CHUNK" if level == 6 else "QUICK_CHUNK", SIZE)
    jobs = list(zlib_jobs(memoryview(data)[:count], level))
    assert len(jobs) == max(1, -(-count // SIZE))
    pieces = [job() for job in reversed(jobs)]
    assert b"".join(reversed(pieces)) == packed(data[:count], level)


def test_any_range_is_decoded_alone(data: bytes):
    source = decoded(TailSource(BytesSource(b"header" + packed(data)), 6), ZLIB)
    with source.open() as reader:
        assert isinstance(reader, ChunkReader)
    assert [chunk.size for chunk in source.table().chunks] == [SIZE] * 5 + [len(data) - 5 * SIZE]
    rng = random.Random(5)
    for _ in range(50):
        start = rng.randrange(len(data))
        count = rng.randrange(len(data) - start + 1)
        assert source.read(start, count) == data[start : start + count]
    assert source.read_upto(len(data) - 5, 100) == data[-5:]


def test_streams_of_others_are_read_as_they_are(data: bytes):
    for level in (0, 1, 9):
        source = decoded(BytesSource(zlib.compress(data, level)), ZLIB)
        assert source.table() is None
        assert source.read(70_000, 50) == data[70_000:70_050]


def whole(file: bytes, count: int) -> bytes:
    """Read all of a stream and compare its checksum."""
    with decoded(BytesSource(file), ZLIB).open() as reader:
        found = reader.read(0, count)
        reader.finish()
    return found


def test_damage_is_seen(data: bytes):
    file = packed(data)
    assert whole(file, len(data)) == data
    for place in (-1, -3, len(file) // 2, 3 * len(file) // 4):
        bad = bytearray(file)
        bad[place] ^= 0x10
        with pytest.raises(CorruptFileError, match=r"checksum of what was decoded|instead of"):
            whole(bytes(bad), len(data))
    for cut in (1, 5, 900):
        with pytest.raises(ImageFileError, match="without its end mark"):
            whole(file[:-cut], len(data))


def test_checksums_of_parts_are_that_of_all(data: bytes):
    for place in (0, 1, 65_521, len(data)):
        parts = data[:place], data[place:]
        sums = [ADLER32.of(part, ADLER32.empty) for part in parts]
        assert ADLER32.combine(*sums, len(parts[1])) == zlib.adler32(data)
