"""Several sources as one, and parts of sources."""

from __future__ import annotations

import gzip
import pickle
import zlib

import pytest

from volio.errors import CorruptFileError, TruncatedFileError
from volio.files.codecs.table import codec_named
from volio.files.opener import decoded
from volio.files.sources.joined import JoinedSource
from volio.files.sources.source import BytesSource
from volio.files.sources.tail import TailSource
from volio.testing.faults import CountingSource

DATA = bytes(range(30))


def joined() -> JoinedSource:
    """Three parts of ten bytes, each with something behind it."""
    return JoinedSource([BytesSource(DATA[n : n + 10] + b"more") for n in (0, 10, 20)], 10)


def test_parts_follow_each_other():
    source = joined()
    assert source.size() == source.most() == 30
    assert source.read(0, 30) == DATA
    assert source.read(8, 13) == DATA[8:21]
    assert source.read_upto(25, 90) == DATA[25:]
    assert pickle.loads(pickle.dumps(source)).read(3, 9) == DATA[3:12]


def test_only_the_parts_that_are_needed_are_opened():
    parts = [CountingSource(BytesSource(DATA)) for _ in range(3)]
    assert JoinedSource(parts, 30).read(32, 4) == DATA[2:6]
    assert [part.opened for part in parts] == [0, 1, 0]
    assert [part.closed for part in parts] == [0, 1, 0]
    assert parts[1].count == 4


def test_a_short_part_ends_the_whole():
    source = JoinedSource([BytesSource(DATA), BytesSource(DATA[:5]), BytesSource(DATA)], 30)
    assert source.size() == 35
    with pytest.raises(TruncatedFileError, match="2 more"):
        source.read(20, 20)


def test_a_damaged_part_is_noticed_on_the_way_to_the_next():
    good, bad = bytearray(gzip.compress(DATA)), bytearray(gzip.compress(DATA))
    bad[-6] ^= 1
    parts = [decoded(BytesSource(bytes(data)), codec_named("gzip")) for data in (bad, good)]
    with pytest.raises(CorruptFileError, match="Incorrect checksum"):
        JoinedSource(parts, 30).read(0, 40)


def test_a_part_of_a_source_ends_where_it_should():
    part = TailSource(BytesSource(DATA), 5, 10)
    assert part.size() == part.most() == 10
    assert part.read_upto(0, 99) == DATA[5:15]
    assert part.read_upto(8, 99) == DATA[13:15]
    assert part.read_upto(12, 99) == b""


def test_zlib_streams_within_a_file_are_decoded():
    stream = zlib.compress(DATA * 100)
    part = TailSource(BytesSource(b"header" + stream + b"behind"), 6, len(stream))
    assert decoded(part, codec_named("zlib")).read(20, 40) == (DATA * 100)[20:60]
