import bz2
import gzip
import io
import lzma
import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volio.errors import UsageError
from volio.files.codecs.compressed_stream import CompressedStream
from volio.files.codecs.deflate import HEADER
from volio.files.codecs.presets import PRESETS
from volio.files.codecs.table import CODECS, codec_for_ending, codec_for_magic
from volio.tests.files.samples import DATA, NAMES, codec_named, compressed, decoding_source

OTHER_READERS = {"gzip": gzip.decompress, "bzip2": bz2.decompress, "xz": lzma.decompress}


@pytest.fixture
def no_isal(monkeypatch):
    for name in ("isal", "isal.isal_zlib", "isal.igzip_lib"):
        monkeypatch.setitem(sys.modules, name, None)


@pytest.mark.parametrize("level", ["fast", "small", 1, 3, 9])
@pytest.mark.parametrize("name", NAMES)
def test_round_trip(name, level):
    data = DATA[:100_000]
    packed = compressed(name, data, level)
    assert codec_for_magic(packed[:16]) is codec_named(name)
    assert len(packed) < len(data)
    assert decoding_source(name, packed).read_upto(0, 1 << 20) == data


@pytest.mark.parametrize("name", OTHER_READERS)
@pytest.mark.parametrize("data", [b"", b"a", DATA])
def test_the_standard_library_reads_it(name, data):
    assert OTHER_READERS[name](compressed(name, data)) == data


@pytest.mark.parametrize("name", NAMES)
def test_equal_input_gives_equal_bytes(name):
    assert compressed(name) == compressed(name)


@pytest.mark.parametrize("level", [None, 0, 6])
def test_gzip_header_says_nothing_about_the_machine(level):
    assert (
        compressed("gzip", compression=level)[:10] == HEADER == b"\x1f\x8b\x08" + bytes(6) + b"\xff"
    )


@pytest.mark.usefixtures("no_isal")
def test_gzip_without_isal():
    packed = compressed("gzip")
    assert gzip.decompress(packed) == DATA
    assert packed[:10] == HEADER
    assert decoding_source("gzip", packed * 2).read_upto(0, 1 << 22) == DATA * 2


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("level", [-1, 23, 100])
def test_levels_out_of_range(name, level):
    with pytest.raises(UsageError, match=f"compression: {name} takes .* level from"):
        compressed(name, compression=level)


@pytest.mark.parametrize("name", NAMES)
def test_presets(name):
    text = b" ".join(b"%d" % (n * n % 7919) for n in range(60_000))
    sizes = [len(compressed(name, text, preset)) for preset in PRESETS]
    assert sizes[1] < sizes[0]
    assert sizes[2] < sizes[0]
    assert compressed(name, text) == compressed(name, text, "fast")
    if name == "gzip":
        assert sizes[-1] <= len(gzip.compress(text, 9))


@pytest.mark.parametrize("compression", ["smal", "", 1.0, True, b"fast", ["fast"]])
def test_what_is_no_compression(compression):
    with pytest.raises(UsageError, match=re.escape("compression: must be 'fast', 'balanced', ")):
        compressed("gzip", compression=compression)


@pytest.mark.parametrize("name", NAMES)
def test_tell_counts_uncompressed_bytes(name):
    stream = CompressedStream(io.BytesIO(), codec_named(name))
    assert stream.write(b"") == 0
    assert stream.write(memoryview(bytes(12)).cast("i")) == 12
    stream.flush()
    assert stream.tell() == 12


@pytest.mark.parametrize("name", ["gzip", "bzip2", "xz", "zstd"])
def test_expansion_bound_holds_for_zeros(name):
    data = bytes(1 << 24)
    assert len(data) <= len(compressed(name, data, 9)) * codec_named(name).expansion


def test_lookup():
    assert [codec_for_ending(codec.ending.upper()) for codec in CODECS] == list(CODECS)
    assert codec_for_ending(".nii") is None
    assert codec_for_magic(b"\x5c\x01\0\0") is None
    assert codec_for_magic(b"BZh9 is no bzip2") is None
    assert codec_for_magic(b"") is None


@given(st.sampled_from(NAMES), st.binary(max_size=2000), st.integers(0, 9))
def test_any_bytes_come_back(name, data, level):
    level = max(level, 1)
    assert decoding_source(name, compressed(name, data, level)).read_upto(0, 3000) == data
