"""Pieces of a source that are read as if nothing were between them."""

from __future__ import annotations

import gzip
import pickle

import pytest

from volio.errors import CorruptFileError, TruncatedFileError
from volio.files.codecs.table import codec_named
from volio.files.opener import decoded
from volio.files.sources.pieces import PiecesSource
from volio.files.sources.source import BytesSource
from volio.testing.faults import CountingSource

DATA = bytes(range(30))
STARTS = (20, 2, 11)
JOINED = DATA[20:25] + DATA[2:7] + DATA[11:16]


def test_pieces_follow_each_other_in_the_order_given():
    source = PiecesSource(BytesSource(DATA), STARTS, 5)
    assert source.size() == source.most() == 15
    assert source.read(0, 15) == JOINED
    assert source.read(4, 7) == JOINED[4:11]
    assert source.read(5, 5) == JOINED[5:10]
    assert source.read_upto(13, 9) == JOINED[13:]
    assert source.read_upto(15, 1) == b""
    assert pickle.loads(pickle.dumps(source)).read(3, 9) == JOINED[3:12]


def test_only_the_bytes_of_the_range_are_read_through_one_reader():
    base = CountingSource(BytesSource(DATA))
    PiecesSource(base, STARTS, 5).read(3, 4)
    assert (base.count, base.opened, base.closed) == (4, 1, 1)


@pytest.mark.parametrize(("held", "size"), [(25, 15), (24, 4), (20, 0), (3, 0)])
def test_a_base_that_ends_early_ends_the_pieces(held, size):
    source = PiecesSource(BytesSource(DATA[:held]), STARTS, 5)
    assert source.size() == source.most() == size
    assert source.read_upto(0, 15) == JOINED[:size]
    if size < 15:
        with pytest.raises(TruncatedFileError, match="15"):
            source.read(0, 15)


def test_pieces_of_no_length_hold_nothing():
    source = PiecesSource(BytesSource(DATA), STARTS, 0)
    assert source.size() == 0
    assert source.read_upto(0, 5) == b""


def test_finishing_verifies_the_checksum_of_the_base():
    packed = bytearray(gzip.compress(DATA))
    packed[-6] ^= 1
    base = decoded(BytesSource(bytes(packed)), codec_named("gzip"))
    assert PiecesSource(base, (2,), 5).size() is None
    with PiecesSource(base, (2, 11), 5).open() as reader:
        assert reader.read(0, 10) == DATA[2:7] + DATA[11:16]
        with pytest.raises(CorruptFileError, match="decoded"):
            reader.finish()
