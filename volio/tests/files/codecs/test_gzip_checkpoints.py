from __future__ import annotations

import gzip
import os
import pickle
import random
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from volio.arrays.proxy import ArrayProxy
from volio.files.codecs import gzip_checkpoints
from volio.files.codecs.deflate_blocks import NEEDED, primed
from volio.files.codecs.gzip_checkpoints import Checkpoints
from volio.files.codecs.inflate import raw_decompressor
from volio.files.opener import open_source
from volio.files.sources.source import BytesSource, FileSource
from volio.settings import options
from volio.testing.faults import CountingSource
from volio.tests.requirements import require

SPACING = 1 << 16


@pytest.fixture(params=["isal", "zlib"], autouse=True)
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "zlib":
        monkeypatch.setitem(__import__("sys").modules, "isal", None)
    else:
        require("isal")
    return request.param


@pytest.fixture(autouse=True)
def near_places(monkeypatch: pytest.MonkeyPatch):
    """Places lie closer together, so that small files have some."""
    monkeypatch.setattr(gzip_checkpoints, "SPACING", SPACING)
    monkeypatch.setattr("volio.files.codecs.decoding.PIECE", 1 << 14)
    gzip_checkpoints._begin_again()


@pytest.fixture(scope="module")
def data() -> bytes:
    rng = np.random.default_rng(8)
    noise = rng.normal(0, 20, 300_000).astype("<i2")
    noise[100_000:130_000] = 0  # a region without any news
    return noise.tobytes()


def known(source) -> list[gzip_checkpoints.Checkpoint]:
    return source._checkpoints()._checkpoints


def pass_through(source, upto: int) -> None:
    with source.open() as reader:
        reader.keep_checkpoints()
        reader.read(upto, 10)


@pytest.mark.parametrize("level", [1, 6, 9])
def test_reads_begin_at_places_found_before(data: bytes, level: int):
    packed = gzip.compress(data, level)
    base = CountingSource(BytesSource(packed))
    source = open_source(packed)
    source.base = base
    pass_through(source, len(data) - 20)
    assert len(known(source)) > 4
    rng = random.Random(level)
    for _ in range(50):
        start = rng.randrange(len(data) - 1000)
        assert source.read(start, 1000) == data[start : start + 1000]
    base.count = 0
    last = known(source)[-1]
    assert source.read(last.offset + 5, 100) == data[last.offset + 5 :][:100]
    assert base.count < len(packed) / 2
    assert source.read(len(data) - 10, 10) == data[-10:]
    assert source.read_upto(len(data), 10) == b""


def test_places_are_proven_and_complete(data: bytes):
    source = open_source(gzip.compress(data, 6))
    pass_through(source, len(data) - 20)
    packed = source.base.read(0, source.base.size())
    assert len({place.bit % 8 for place in known(source)}) > 1
    for place in known(source):
        assert place.window == data[place.offset - (1 << 15) : place.offset]
        raw = primed(place.bit % 8, packed[place.bit // 8 :])
        assert raw_decompressor(place.window).decompress(raw, 5000) == data[place.offset :][:5000]


@pytest.mark.parametrize("bit", range(8))
def test_any_bit_can_be_the_first(bit: int):
    assert len(NEEDED[bit]) % 8 == bit
    deflated = zlib.compress(b"any bit can be the first " * 20, 9, wbits=-15)
    shifted = int.from_bytes(deflated, "little") << bit | (1 << bit) - 1
    raw = shifted.to_bytes(len(deflated) + 1, "little")
    assert raw_decompressor().decompress(primed(bit, raw), 9999) == zlib.decompress(deflated, -15)


def test_a_whole_read_keeps_nothing(data: bytes):
    proxy = ArrayProxy(gzip.compress(data), ((300, 1000), "<i2"))
    np.testing.assert_array_equal(proxy.read(), np.frombuffer(data, "<i2").reshape(1000, 300).T)
    assert known(proxy.source) == []
    _ = proxy[10]  # touches all of the file
    assert known(proxy.source) == []
    np.testing.assert_array_equal(proxy[:, 950], np.frombuffer(data, "<i2")[950 * 300 :][:300])
    assert len(known(proxy.source)) > 3


def test_images_of_one_file_share_places_until_it_changes(data: bytes, tmp_path: Path):
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(data))
    pass_through(open_source(path), len(data) - 20)
    again = open_source(path)
    found = known(again)
    assert len(found) > 4
    assert pickle.loads(pickle.dumps(again)).read(400_000, 9) == data[400_000:400_009]
    path.write_bytes(gzip.compress(data[::-1]))
    os.utime(path, ns=(1, 1))
    changed = open_source(path)
    assert known(changed) == []
    assert changed.read(400_000, 9) == data[::-1][400_000:400_009]


@pytest.mark.parametrize("taken", [0, 1, 7, 8])
def test_checksums_may_be_in_two_pieces(data: bytes, monkeypatch: pytest.MonkeyPatch, taken: int):
    first = gzip.compress(data, 6)
    source = open_source(first + gzip.compress(b"more"))
    pass_through(source, len(data) - 20)
    place = known(source)[-1]
    # The first piece that is read there ends within checksum and length of the member.
    piece = len(first) - 8 + taken - place.bit // 8
    monkeypatch.setattr("volio.files.codecs.decoding.FIRST_PIECE", piece)
    start = place.offset + 5
    assert source.read(start, len(data) + 4 - start) == data[start:] + b"more"


def test_several_members_are_places_too(data: bytes):
    parts = [data[:200_000], data[200_000:200_010], data[200_010:]]
    source = open_source(b"".join(map(gzip.compress, parts)) + bytes(100))
    pass_through(source, len(data) - 20)
    assert [place.offset for place in known(source) if place.window is None] == [200_000, 200_010]
    for start in (0, 150_000, 199_990, 200_000, 200_005, 250_000, 599_000):
        assert source.read(start, 900) == data[start : start + 900]
    assert source.read_upto(599_990, 900) == data[599_990:]


def test_memory_is_bounded(data: bytes):
    with options(checkpoint_memory=16 << 15):
        source = open_source(gzip.compress(data))
        pass_through(source, len(data) - 20)
        assert 1 <= len(known(source)) <= 3
        assert source._checkpoints().spacing > SPACING
        assert source.read(500_000, 9) == data[500_000:500_009]
        for number in range(10):
            places = gzip_checkpoints.checkpoints_of(number, 0)
            for offset in range(3):
                places.add(gzip_checkpoints.Checkpoint(8, offset, bytes(1 << 15)), 4 << 15)
        assert sum(each.nbytes for _, each in gzip_checkpoints._SHELF.files.values()) <= 19 << 15
    with options(checkpoint_memory=1 << 15):  # the file that was read last keeps what it has
        assert list(gzip_checkpoints._SHELF.files) == [4, 5, 6, 7, 8, 9]
        gzip_checkpoints._SHELF.drop_oldest()
        assert list(gzip_checkpoints._SHELF.files) == [9]
    with options(checkpoint_memory=0):
        source = open_source(gzip.compress(data))
        pass_through(source, len(data) - 20)
        assert known(source) == []


def test_places_are_in_order_and_single():
    places = Checkpoints()
    for offset in (30, 10, 20, 10):
        places.add(gzip_checkpoints.Checkpoint(8 * offset, offset, b""), 1 << 20)
    places.add(None, 1 << 20)
    assert [place.offset for place in places._checkpoints] == [10, 20, 30]
    assert places.before(9) is None
    assert places.before(29).offset == 20


def test_many_threads_read_while_places_are_found(data: bytes, tmp_path: Path):
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(data))

    def read(start: int) -> bool:
        source = open_source(path)
        with source.open() as reader:
            reader.keep_checkpoints()
            return reader.read(start, 700) == data[start : start + 700]

    starts = [random.Random(2).randrange(len(data) - 700) for _ in range(60)]
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(read, starts))
    assert FileSource(path).identity() is not None


def test_random_streams(library: str):
    rng = random.Random(4)
    for _ in range(6):
        words = [rng.randbytes(rng.randrange(1, 40)) for _ in range(300)]
        data = b"".join(rng.choices(words, k=rng.randrange(20_000, 40_000)))
        source = open_source(gzip.compress(data, rng.randrange(1, 10)))
        pass_through(source, len(data) - 20)
        for _ in range(20):
            start = rng.randrange(len(data))
            assert source.read_upto(start, 500) == data[start : start + 500]
