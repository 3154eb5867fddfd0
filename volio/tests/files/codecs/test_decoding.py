import pickle
import tracemalloc
import zlib
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volio.errors import CorruptFileError, ImageFileError, TruncatedFileError, VolioWarning
from volio.files.codecs.table import CODECS
from volio.files.sources.reader import PIECE
from volio.tests.files.samples import DATA, NAMES, compressed, decoding_source

PACKED = {name: compressed(name) for name in NAMES}
SMALL = {name: compressed(name, DATA[:3000]) for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_read_forward_and_back(name):
    with decoding_source(name, PACKED[name]).open() as reader:
        whole = bytearray(len(DATA))
        reader.read_into(0, whole)
        reader.finish()
        assert whole == DATA
        for offset in (700_000, 5, 400_000, len(DATA) - 3):
            assert reader.read_upto(offset, 10) == DATA[offset : offset + 10]
        assert reader.read_upto(len(DATA) + 9, 10) == b""


@given(st.sampled_from(NAMES), st.lists(st.tuples(st.integers(0, 3100), st.integers(0, 3100))))
def test_any_sequence_of_reads(name, reads):
    with decoding_source(name, SMALL[name]).open() as reader:
        for offset, count in reads:
            assert reader.read_upto(offset, count) == DATA[:3000][offset : offset + count]


@pytest.mark.parametrize("name", NAMES)
def test_past_the_end(name):
    with pytest.raises(TruncatedFileError, match=r"^scan\.x: ends at byte 800001, needed 10 bytes"):
        decoding_source(name, PACKED[name]).read(len(DATA) - 1, 10)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("padding", [0, 4, 512, PIECE * 2])
def test_members_and_padding(name, padding):
    data = PACKED[name] + bytes(padding) + PACKED[name] + bytes(padding)
    with decoding_source(name, data).open() as reader:
        assert reader.read_upto(0, 1 << 22) == DATA * 2
        reader.finish()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("keep", [16, 100, 0.5, -9, -1])
def test_truncated(name, keep):
    data = PACKED[name][: int(len(PACKED[name]) * keep) if isinstance(keep, float) else keep]
    with (
        decoding_source(name, data).open() as reader,
        pytest.raises(TruncatedFileError, match=rf"scan\.x: {name} data ends at byte {len(data)}"),
    ):
        reader.finish()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("garbage", [b"garbage", b"\xde\xad\xbe\xef" * 200_000])
def test_bytes_after_complete_data_are_left_alone(name, garbage):
    size = len(PACKED[name])
    with decoding_source(name, PACKED[name] + b"\0\0" + garbage).open() as reader:
        assert reader.read_upto(5, 100) == DATA[5:105]
        with pytest.warns(VolioWarning, match=rf"bytes from {size + 2} on .* 800001 dec"):
            assert reader.read_upto(0, len(DATA) + 50) == DATA
        assert reader.read_upto(400_000, len(DATA)) == DATA[400_000:]  # another warning would fail
        reader.finish()
        assert reader.foreign_start == size + 2


@pytest.mark.filterwarnings("ignore:.*are not part of the:volio.errors.VolioWarning")
@pytest.mark.parametrize("name", NAMES)
def test_a_member_of_which_the_first_byte_is_wrong_is_not_made_up(name):
    second = b"\xff" + PACKED[name][1:]
    with (
        decoding_source(name, PACKED[name] + second).open() as reader,
        pytest.raises(TruncatedFileError, match=r"ends at byte 800001, needed 10 bytes"),
    ):
        reader.read(len(DATA) - 1, 10)


@pytest.mark.parametrize("name", NAMES)
def test_damage_is_found_by_the_end(name):
    data = bytearray(PACKED[name])
    data[len(data) // 2] ^= 0x55
    with (
        decoding_source(name, bytes(data)).open() as reader,
        pytest.raises(CorruptFileError, match=rf"^scan\.x: {name} data .* after decoded byte \d+"),
    ):
        reader.finish()


def test_wrong_checksum_is_found_by_finish():
    data = bytearray(PACKED["gzip"])
    data[-8] ^= 1
    with decoding_source("gzip", bytes(data)).open() as reader:
        assert reader.read_upto(0, 1000) == DATA[:1000]
        with pytest.raises(CorruptFileError, match="Incorrect checksum"):
            reader.finish()


def outcome(reader):
    try:
        reader.read_upto(0, 5000)
        reader.finish()
    except ImageFileError as error:
        return str(error)
    return "read"


@given(
    st.sampled_from(NAMES),
    st.lists(st.tuples(st.integers(0, 2500), st.integers(0, 255)), max_size=4),
    st.integers(0, 3000),
    st.binary(max_size=40),
)
def test_any_damage_is_an_error_of_ours_or_harmless(name, changes, keep, tail):
    data = bytearray(SMALL[name])
    for place, value in changes:
        data[place % len(data)] = value
    with decoding_source(name, bytes(data[:keep]) + tail).open() as reader:
        found = outcome(reader)
    assert found == "read" or found.startswith("scan.x: ")


@given(st.sampled_from(NAMES), st.binary(max_size=200))
def test_any_bytes_after_the_magic(name, noise):
    with pytest.raises(ImageFileError, match=r"^scan\.x: "):
        decoding_source(name, SMALL[name][:12] + noise).read(0, 3000)


def test_memory_of_a_bomb_is_bounded():
    bomb = zlib.compressobj(9, zlib.DEFLATED, 31)
    data = bomb.compress(bytes(1 << 26)) + bomb.flush()
    tracemalloc.start()
    try:
        with decoding_source("gzip", data).open() as reader:
            reader.finish()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 * PIECE


def test_size_and_most():
    source = decoding_source("gzip", bytes(68))
    assert source.size() is None
    assert source.most() == 68 * 1032
    assert {codec.name: codec.expansion for codec in CODECS}["gzip"] == 1032


@pytest.mark.parametrize("name", NAMES)
def test_pickles(name):
    source = pickle.loads(pickle.dumps(decoding_source(name, SMALL[name])))
    assert source.read(100, 20) == DATA[100:120]


def test_many_threads():
    source = decoding_source("gzip", PACKED["gzip"])
    found = {}

    def read(offset):
        found[offset] = source.read(offset, 1000)

    threads = [Thread(target=read, args=(k * 90_000,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {k: DATA[k : k + 1000] for k in range(0, 720_000, 90_000)}
