"""The gzip header and the index in it."""

from __future__ import annotations

import gzip
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volio.files.codecs.gzip_header import (
    FINAL_BLOCK,
    FLUSH_MARKER,
    MOST_CHUNKS,
    MOST_HEADER,
    Index,
    header_length,
    pack_header,
    parse_header,
)

sizes = st.integers(1, 0xFFFFFFFF)
indexes = st.builds(
    Index, sizes, sizes, st.lists(sizes, min_size=1, max_size=MOST_CHUNKS).map(tuple)
)


def as_file(header: bytes, data: bytes) -> bytes:
    """A gzip file of one chunk behind a header."""
    deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
    chunk = deflate.compress(data) + deflate.flush(zlib.Z_FULL_FLUSH)
    assert chunk.endswith(FLUSH_MARKER)
    trailer = struct.pack("<II", zlib.crc32(data), len(data))
    return header + chunk + FINAL_BLOCK + trailer


@given(indexes, st.binary(max_size=40))
def test_an_index_comes_back(index: Index, rest: bytes):
    header = pack_header(index)
    assert len(header) == header_length(len(index.lengths)) <= MOST_HEADER
    found = parse_header(header + rest)
    assert found is not None
    assert found.length == len(header)
    assert found.index == index


@given(indexes, st.integers(0, MOST_CHUNKS))
def test_what_is_left_of_a_header_is_padding(index: Index, chunks: int):
    length = header_length(max(chunks, len(index.lengths)))
    header = pack_header(index, length)
    found = parse_header(header)
    assert len(header) == found.length == length
    assert found.index == index
    assert gzip.decompress(as_file(header, b"voxels")) == b"voxels"


def test_the_bytes_are_those_of_the_definition():
    assert pack_header(Index(352, 1 << 20, (200, 70000))).hex(" ") == (
        "1f 8b 08 04 00 00 00 00 00 ff 18 00 56 4f 14 00 01 00 02 00 "
        "60 01 00 00 00 00 10 00 c8 00 00 00 70 11 01 00"
    )
    assert pack_header(None).hex(" ") == "1f 8b 08 00 00 00 00 00 00 ff"


@pytest.mark.parametrize(
    "index",
    [
        Index(1, 1, ()),
        Index(0, 1, (1,)),
        Index(1, 1 << 32, (1, 1)),
        Index(1, 1, (0,)),
        Index(1, 1, (1,) * (MOST_CHUNKS + 1)),
    ],
)
def test_an_index_that_does_not_fit_is_left_out(index: Index):
    assert not index.fits()
    for length in (None, MOST_HEADER):
        header = pack_header(index, length)
        assert parse_header(header).index is None
        assert gzip.decompress(as_file(header, b"voxels")) == b"voxels"


def test_most_chunks_fill_the_header():
    assert header_length(MOST_CHUNKS) == MOST_HEADER
    assert MOST_CHUNKS == 121


def test_headers_of_others_are_parsed():
    name = b"\x1f\x8b\x08\x1e" + bytes(6)
    extra = b"\x0a\x00BC\x02\x00\x1b\x00RA\x00\x00"
    header = name + extra + b"x.nii\0" + b"a comment\0" + b"\x12\x34"
    found = parse_header(header + b"deflate")
    assert found.length == len(header)
    assert found.extra == ((b"BC", b"\x1b\x00"), (b"RA", b""))
    assert found.index is None


@given(st.binary(max_size=80), st.booleans())
def test_any_bytes_give_a_header_or_none(data: bytes, gzipped: bool):
    found = parse_header(b"\x1f\x8b\x08" * gzipped + data)
    assert found is None or 10 <= found.length <= len(data) + 3


@given(indexes, st.data())
def test_a_header_that_is_cut_off_is_none(index: Index, data: st.DataObject):
    header = pack_header(index)
    assert parse_header(header[: data.draw(st.integers(0, len(header) - 1))]) is None


@pytest.mark.parametrize(
    "content",
    [b"", b"\x02\0\1\0" + bytes(12), b"\1\0\2\0\1\0\0\0\1\0\0\0\1\0\0\0", b"\1\0\0\0" + bytes(8)],
    ids=["empty", "another version", "cut off", "no chunks"],
)
def test_an_index_that_makes_no_sense_is_none(content: bytes):
    extra = b"VO" + struct.pack("<H", len(content)) + content
    header = b"\x1f\x8b\x08\x04" + bytes(6) + struct.pack("<H", len(extra)) + extra
    assert parse_header(header).index is None
