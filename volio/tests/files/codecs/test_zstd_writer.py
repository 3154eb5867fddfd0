"""Zstandard files with a table of their frames: written, read by it, and read without."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import volio
from volio.errors import CorruptFileError, TruncatedFileError
from volio.files.codecs.source import CodecSource
from volio.files.codecs.table import codec_for_ending
from volio.files.codecs.zstd_source import FramesSource
from volio.files.codecs.zstd_writer import (
    FOOTER_LENGTH,
    ZstdStream,
    pack_table,
    zstd_library,
)
from volio.files.opener import open_source
from volio.files.saving.chunk_layout import ChunkLayout
from volio.files.sources.source import BytesSource
from volio.tests.files.codecs.test_gzip_writer import DATA, Memory, brain

ZSTD = codec_for_ending(".zst")


def written(data: bytes, first: int = 352, rest: int = 100_000, level: int = 3) -> bytes:
    stream = ZstdStream(target := Memory(), level)
    stream.lay_out(ChunkLayout(first, rest, len(data)))
    stream.write(data)
    stream.finish()
    return bytes(target.data)


@given(st.integers(0, 200_000), st.integers(1, 150_000), st.integers(20_000, 150_000))
def test_any_lengths_come_back(size, first, rest):
    data = DATA[:size]
    packed = written(data, first, rest)
    assert CodecSource(BytesSource(packed), ZSTD).read_upto(0, 1 << 20) == data
    source = open_source(packed)
    assert source.read_upto(0, 1 << 20) == data
    if isinstance(source, FramesSource):
        assert source.size() == size


@given(st.integers(0, 1_100_000), st.integers(0, 300_000))
def test_ranges(start, count):
    assert PACKED.read_upto(start, count) == DATA[:1_000_000][start : start + count]


PACKED = open_source(written(DATA[:1_000_000]))


def test_only_the_frames_that_are_needed_are_decoded():
    packed = bytearray(written(DATA[:1_000_000]))
    source = open_source(bytes(packed))
    frames = source._frames
    assert len(frames) == 1 + 10
    assert [frame.decoded for frame in frames[:3]] == [352, 100_000, 100_000]
    for frame in (*frames[:4], *frames[5:]):
        packed[frame.start : frame.start + frame.length] = bytes(frame.length)
    damaged = FramesSource(BytesSource(packed), ZSTD, frames)
    wanted = slice(frames[4].offset, frames[4].offset + 100_000)
    assert damaged.read(wanted.start, 100_000) == DATA[wanted]
    with pytest.raises(CorruptFileError, match=f"the zstd frame at byte {frames[1].start} cannot"):
        damaged.read(400, 10)


def test_reader_cuts_where_frames_begin():
    with PACKED.open() as reader, reader.twin() as twin:
        assert reader.cuts(0, 250_000) == [352, 100_352, 200_352]
        assert twin.read(100_352, 50) == DATA[100_352:100_402]


def test_table_is_that_of_the_definition():
    assert pack_table([(300, 1000), (20, 40)]).hex(" ") == (
        "5e 2a 4d 18 19 00 00 00 2c 01 00 00 e8 03 00 00 14 00 00 00 28 00 00 00 "
        "02 00 00 00 00 b1 ea 92 8f"
    )


def test_table_with_checksums():
    zstd = zstd_library()
    frames = [zstd.compress(piece) for piece in (b"header", b"voxels" * 100)]
    entries = b"".join(
        struct.pack("<III", len(f), n, 7) for f, n in zip(frames, (6, 600), strict=True)
    )
    footer = struct.pack("<IBI", 2, 0x80, 0x8F92EAB1)
    table = struct.pack("<II", 0x184D2A5E, len(entries) + 9) + entries + footer
    source = open_source(b"".join(frames) + table)
    assert isinstance(source, FramesSource)
    assert source.read(0, 606) == b"header" + b"voxels" * 100


def test_files_of_others_have_no_table():
    zstd = zstd_library()
    for packed in (zstd.compress(DATA), zstd.compress(DATA[:99]) + zstd.compress(DATA[99:])):
        source = open_source(packed)
        assert type(source) is CodecSource
        assert source.read_upto(0, len(DATA) + 1) == DATA


@pytest.mark.parametrize("place", [-1, -5, -9, -17])
def test_table_that_makes_no_sense_is_not_used(place):
    packed = bytearray(written(DATA[:300_000]))
    packed[place] ^= 0x7F  # magic, descriptor, number of frames, a length that does not add up
    source = open_source(bytes(packed))
    assert source.read_upto(0, 300_000) == DATA[:300_000]


def test_table_that_lies():
    packed = bytearray(written(DATA[:300_000]))
    at = len(packed) - FOOTER_LENGTH - 2 * 8 + 4  # decoded length of the last frame but one
    packed[at : at + 4] = struct.pack("<I", 99_999)
    source = open_source(bytes(packed))
    assert source.size() == 299_999
    with pytest.raises(CorruptFileError, match="does not decode to 99999 bytes, as the table"):
        source.read(150_000, 100_000)


def test_table_cannot_ask_for_memory():
    packed = bytearray(written(DATA[:300_000]))
    at = len(packed) - FOOTER_LENGTH - 4
    packed[at : at + 4] = struct.pack("<I", 0xFFFFFFFF)
    assert type(open_source(bytes(packed))) is CodecSource


def test_truncated_while_in_use(tmp_path):
    packed = written(DATA[:300_000])
    source = open_source(packed)
    with pytest.raises(TruncatedFileError, match="within a zstd frame"):
        FramesSource(BytesSource(packed[:1000]), ZSTD, source._frames).read(200_000, 10)


def test_image_has_frames_of_whole_volumes(tmp_path):
    img = brain((64, 64, 30, 20))
    found = set()
    for threads in (1, 2, 5):
        with volio.options(threads=threads):
            volio.save(img, tmp_path / "x.nii.zst")
        found.add((tmp_path / "x.nii.zst").read_bytes())
    assert len(found) == 1
    source = open_source(tmp_path / "x.nii.zst")
    assert source.size() == len(img.to_bytes())
    assert [f.decoded for f in source._frames] == [352, *[4 * 64 * 64 * 30 * 2] * 5]
    assert zstd_library().decompress(found.pop()) == img.to_bytes()
    again = volio.load(tmp_path / "x.nii.zst")
    assert np.array_equal(again.dataobj[..., 7], np.asarray(img.dataobj)[..., 7])
