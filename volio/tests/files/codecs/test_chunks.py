from __future__ import annotations

import gzip
import random
import struct
import zlib
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from volio.arrays.proxy import ArrayProxy
from volio.errors import CorruptFileError, ImageFileError, TruncatedFileError, VolioWarning
from volio.files.codecs.chunks import Table
from volio.files.codecs.gzip_header import Index, pack_header
from volio.files.codecs.gzip_index import _sizes
from volio.files.codecs.gzip_source import GzipSource
from volio.files.codecs.inflate import crc32, crc32_combine
from volio.files.opener import open_source
from volio.files.sources.source import BytesSource
from volio.settings import options
from volio.testing.faults import CountingSource
from volio.tests.requirements import require

FIRST, SIZE = 352, 20_000


def packed(data: bytes, change: Callable[[Index], Index] = lambda index: index) -> bytes:
    """A file with an index, made by zlib alone; the index may be changed."""
    deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
    cuts = [0, *range(FIRST, len(data), SIZE), len(data)]
    chunks = [
        deflate.compress(data[low:high]) + deflate.flush(zlib.Z_FULL_FLUSH)
        for low, high in pairwise(cuts)
    ]
    header = pack_header(change(Index(FIRST, SIZE, tuple(map(len, chunks)))))
    end = struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF)
    return header + b"".join(chunks) + b"\x03\x00" + end


@pytest.fixture(scope="module")
def data() -> bytes:
    rng = np.random.default_rng(3)
    return rng.normal(0, 30, 75_000).astype("<i2").tobytes()


@pytest.fixture(scope="module")
def file(data: bytes) -> bytes:
    return packed(data)


@pytest.fixture(params=["isal", "zlib"], autouse=True)
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "zlib":
        monkeypatch.setitem(__import__("sys").modules, "isal", None)
    else:
        require("isal")
    return request.param


def indexed(file: bytes) -> GzipSource:
    source = open_source(file)
    assert isinstance(source, GzipSource)
    assert source.table() is not None
    return source


def test_any_range_is_what_a_whole_decode_gives(file: bytes, data: bytes):
    source = indexed(file)
    rng = random.Random(5)
    for _ in range(100):
        start = rng.randrange(len(data))
        count = rng.randrange(len(data) - start + 1)
        assert source.read(start, count) == data[start : start + count]
    assert source.read_upto(len(data) - 5, 100) == data[-5:]
    assert source.read_upto(len(data) + 5, 100) == b""


def test_a_slice_reads_only_what_it_needs(file: bytes, data: bytes):
    base = CountingSource(BytesSource(file))
    source = GzipSource(base, indexed(file).codec)
    assert source.table() is not None
    base.count = 0
    assert source.read(FIRST + 4 * SIZE + 7, 100) == data[FIRST + 4 * SIZE + 7 :][:100]
    assert base.count == indexed(file).table().chunks[5].length


@pytest.mark.parametrize("threads", [1, 2, 4])
@pytest.mark.parametrize("dtype", ["<i2", "<f4", "<f8"])
def test_whole_arrays_on_several_threads(
    file: bytes, data: bytes, threads: int, dtype: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("volio.files.codecs.chunks.SHARE", 1)
    values = np.frombuffer(data, "<i2", offset=FIRST)
    shape = (11, 13, 521)
    wanted = values[: 11 * 13 * 521].reshape(shape, order="F")
    proxy = ArrayProxy(file, (shape, "<i2", FIRST))
    with options(threads=threads):
        np.testing.assert_array_equal(proxy.read(dtype=dtype), wanted)
        np.testing.assert_array_equal(proxy[4], wanted[4])
        np.testing.assert_array_equal(proxy[:, ::-2, 10:500:3], wanted[:, ::-2, 10:500:3])
        scaled = ArrayProxy(file, (shape, "<i2", FIRST, 0.5, 3))
        np.testing.assert_array_equal(scaled.read(), wanted * 0.5 + 3)


def test_a_whole_read_checks_the_checksum(file: bytes, data: bytes):
    wrong = bytearray(file)
    wrong[-8] ^= 1
    proxy = ArrayProxy(bytes(wrong), (((len(data) - FIRST) // 2,), "<i2", FIRST))
    assert proxy[5] == np.frombuffer(data, "<i2", 1, FIRST + 10)
    with pytest.raises(CorruptFileError, match=r"checksum .* all 150000 bytes"):
        proxy.read()


def bent(place: int, by: int) -> Callable[[Index], Index]:
    def change(index: Index) -> Index:
        numbers = [index.first, index.rest, *index.lengths]
        numbers[place] += by
        return Index(numbers[0], numbers[1], tuple(numbers[2:]))

    return change


def moved(place: int, by: int) -> Callable[[Index], Index]:
    """One length longer, the next one shorter: the sum stays."""

    def change(index: Index) -> Index:
        lengths = list(index.lengths)
        lengths[place] += by
        lengths[place + 1] -= by
        return index._replace(lengths=tuple(lengths))

    return change


@pytest.mark.parametrize(
    ("change", "readable"),
    [
        *[(bent(0, 1), 26), (bent(1, 1), 1), (bent(1, -1), 1), (bent(2, 5), 26), (bent(5, -1), 26)],
        (lambda index: index._replace(lengths=index.lengths[:-1]), 26),
        (lambda index: index._replace(lengths=(*index.lengths, 10)), 26),
        (lambda index: index._replace(lengths=(sum(index.lengths),)), 26),
        (lambda index: index._replace(rest=index.rest * 2, lengths=index.lengths[::2]), 26),
        *[(moved(0, by), 26) for by in (1, -1, 4, 100)],
        *[(moved(place, by), 19) for place in (3, 6) for by in (1, -1, 4, 100)],
    ],
)
def test_a_lying_index_never_gives_other_bytes(change, readable, data: bytes):
    """Where the index cannot be true, all 26 places are read forward; else those before a lie."""
    source = open_source(packed(data, change))
    places = [*range(0, len(data), 6101), len(data) - 100]
    read = 0
    for place in places:
        try:
            found = source.read(place, 100)
        except ImageFileError:
            continue
        assert found == data[place : place + 100]
        read += 1
    assert read == readable


def test_random_damage_of_the_header_never_gives_other_bytes(file: bytes, data: bytes):
    rng = random.Random(11)
    header = file.index(b"VO") + 4
    errors = 0
    for _ in range(400):
        bad = bytearray(file)
        for _ in range(rng.choice((1, 1, 2, 4))):
            bad[rng.randrange(header, header + 12 + 4 * 9)] = rng.randrange(256)
        place = rng.randrange(len(data) - 50)
        try:
            found = open_source(bytes(bad)).read(place, 50)
        except ImageFileError:
            errors += 1
            continue
        assert found == data[place : place + 50]
    assert errors <= 8  # others are no header: the file is read forward


def test_damaged_chunks_are_errors_that_say_where(file: bytes, data: bytes):
    table = indexed(file).table()
    bad = bytearray(file)
    bad[table.chunks[3].start + 30 : table.chunks[3].start + 60] = bytes(30)
    source = open_source(bytes(bad))
    assert source.read(table.chunks[4].offset, 10) == data[table.chunks[4].offset :][:10]
    first = table.chunks[3].start
    where = f"from byte {first} to {table.chunks[4].start} .* damaged.*; {table.chunks[3].offset} "
    with pytest.raises(CorruptFileError, match=where):
        source.read(table.chunks[3].offset, 10)


def test_ranges_take_the_chunks_that_hold_them_and_no_more(file: bytes):
    table = indexed(file).table()
    lengths = [FIRST, *[SIZE] * 7, 150_000 - FIRST - 7 * SIZE]
    assert [chunk.size for chunk in table.chunks] == lengths
    edge = FIRST + SIZE
    for start, stop, numbers in (
        *[(0, 1, [0]), (0, FIRST, [0]), (0, FIRST + 1, [0, 1]), (FIRST, edge, [1])],
        *[(edge - 1, edge + 1, [1, 2]), (edge, edge + 1, [2]), (149_999, 150_000, [8])],
    ):
        assert table.range(start, stop) == tuple(table.chunks[number] for number in numbers)


def test_several_threads_begin_where_chunks_do(file: bytes, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("volio.files.codecs.chunks.SHARE", 2 * SIZE)
    with indexed(file).open() as reader:
        assert reader.can_be_shared
        # A chunk that begins less than two chunks after the last cut is no new share.
        assert reader.cuts(0, 150_000) == [FIRST + n * SIZE for n in (2, 4, 6)]
        assert reader.cuts(FIRST, FIRST + 3 * SIZE) == [FIRST + 2 * SIZE]
        assert reader.cuts(FIRST + 1, FIRST + 3 * SIZE) == []


def test_a_file_cut_short_is_read_forward_as_far_as_it_goes(file: bytes, data: bytes):
    source = open_source(file[:-5000])
    assert source.table() is None
    assert source.read(0, 100) == data[:100]
    with pytest.raises(TruncatedFileError, match="without its end mark"):
        source.read(len(data) - 100, 100)


@pytest.mark.parametrize("zeros", [0, 100, 70_000])
def test_bytes_after_the_data_leave_the_index(file: bytes, data: bytes, zeros: int):
    start = len(file) + zeros
    with pytest.warns(VolioWarning, match=f"bytes from {start} on are not part of the gzip data"):
        source = indexed(file + bytes(zeros) + b"foreign")
    assert source.read(100_000, 50) == data[100_000:100_050]
    assert source.read(0, len(data)) == data
    with source.open() as reader:
        assert reader.foreign_start == start
        reader.finish()
    assert indexed(file + bytes(zeros)).read_upto(len(data) - 5, 10) == data[-5:]


def test_another_member_after_the_data_is_more_data(file: bytes, data: bytes):
    source = open_source(file + bytes(3) + gzip.compress(b"more"))
    assert source.table() is None
    assert source.read(len(data) - 2, 6) == data[-2:] + b"more"


def test_checksums_are_combined():
    rng = random.Random(0)
    for length in (0, 1, 7, 300, 70_000):
        first, second = rng.randbytes(50), rng.randbytes(length)
        found = crc32_combine(crc32(first), crc32(second), length)
        assert found == zlib.crc32(first + second)


def test_sizes_of_chunks_of_more_than_4_gib():
    """The file has the sum of decoded bytes modulo 2**32."""
    rest = 1 << 30
    index = Index(FIRST, rest, (7,) * 6)
    assert _sizes(index, (FIRST + 4 * rest + 5) % 2**32) == [FIRST, *[rest] * 4, 5]
    assert _sizes(index, FIRST) is None  # an empty last chunk
    assert _sizes(index, (FIRST + 5 * rest) % 2**32) == [FIRST, *[rest] * 5]
    assert _sizes(index, (FIRST + 5 * rest + 1) % 2**32) is None
    assert _sizes(Index(FIRST, rest, (7,)), FIRST) == [FIRST]
    assert _sizes(Index(FIRST, rest, (7,)), FIRST + 1) is None


def test_an_index_without_the_last_block_after_it_does_not_count(file: bytes, data: bytes):
    bad = bytearray(file)
    bad[-10] ^= 1
    assert open_source(bytes(bad)).table() is None


def test_reading_on_in_a_chunk_does_not_decode_it_again(file: bytes, data: bytes):
    base = CountingSource(BytesSource(file))
    source = GzipSource(base, indexed(file).codec)
    (first, second) = source.table().chunks[2:4]
    base.count = 0
    with source.open() as reader:
        for start in (first.offset + 5, first.offset + 300, first.offset + 7, second.offset - 4):
            assert reader.read(start, 8) == data[start : start + 8]
        assert base.count == first.length + second.length
        reader.read(second.offset + 50, 8)
        assert base.count == first.length + second.length


@pytest.mark.parametrize("few", [1, 3])
def test_the_last_piece_of_a_chunk_may_be_a_few_bytes(
    file: bytes, data: bytes, monkeypatch: pytest.MonkeyPatch, few: int
):
    source = indexed(file)
    chunk = source.table().chunks[2]
    monkeypatch.setattr("volio.files.codecs.chunks.PIECE", chunk.length - few)
    assert source.read(chunk.offset, chunk.size) == data[chunk.offset :][: chunk.size]


def test_a_table_of_no_chunks_holds_nothing():
    table = Table((), zlib.decompressobj)
    assert table.size == 0
    assert table.holding(0) == 0
    assert table.range(0, 1) == ()
