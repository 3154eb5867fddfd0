"""Voxels in codecs, as text and as bits come back as they were."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from volio.arrays.encodings.table import decode, encode
from volio.arrays.proxy import ArrayProxy
from volio.errors import CorruptFileError, LimitError, TruncatedFileError, UsageError
from volio.files.sources.reader import Reader
from volio.files.sources.source import BytesSource
from volio.testing import strategies

ENCODINGS = ["raw", "gzip", "bzip2", "zlib", "xz", "zstd", "ascii", "hex"]


def encoded(array: np.ndarray, encoding: str, piece: int = 7, level: int | None = None) -> bytes:
    """Return the bytes of an array in an encoding, written in pieces."""
    stream = io.BytesIO()
    with encode(stream, encoding, array.dtype, level) as target:
        data = array.tobytes()
        for start in range(0, len(data), piece):
            target.write(data[start : start + piece])
    return stream.getvalue()


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(dtype=st.sampled_from(["i1", ">u2", "<i4", "u8", "<f4", ">f8"]), data=st.data())
def test_values_come_back(encoding, dtype, data):
    array = data.draw(strategies.voxels((5, 7), dtype))
    source = decode(BytesSource(encoded(array, encoding)), encoding, array.dtype)
    proxy = ArrayProxy(source, ((35,), array.dtype))
    np.testing.assert_array_equal(proxy[:], array.reshape(-1))
    np.testing.assert_array_equal(proxy[11:30:5], array.reshape(-1)[11:30:5])


@given(bits=st.lists(st.booleans(), min_size=1, max_size=70), piece=st.integers(1, 20))
def test_bits_come_back(bits, piece):
    array = np.array(bits)
    packed = encoded(array, "bits", piece)
    assert packed == np.packbits(array).tobytes()
    source = decode(BytesSource(packed), "bits", bool)
    assert source.size() == source.most() == 8 * len(packed)
    start = len(bits) // 3
    assert list(source.read(start, len(bits) - start)) == [int(bit) for bit in bits[start:]]


def test_text_of_others_is_read():
    text = BytesSource(b" 1,2\t-3\r\n+4 , 5 ")
    np.testing.assert_array_equal(
        np.frombuffer(decode(text, "ascii", "<i2").read(0, 10), "<i2"), [1, 2, -3, 4, 5]
    )
    words = decode(BytesSource(b"nan inf -1e3\n"), "ascii", "<f4").read(0, 12)
    np.testing.assert_array_equal(np.frombuffer(words, "<f4"), [np.nan, np.inf, -1000])
    digits = decode(BytesSource(b"0A\n ff0\n0 "), "hex", "u1")
    assert digits.read(0, 3) == b"\x0a\xff\x00"


@pytest.mark.parametrize(
    ("text", "encoding", "error"),
    [
        (b"1 two 3", "ascii", CorruptFileError),
        (b"1 2.5 3", "ascii", CorruptFileError),
        (b"1 300 3", "ascii", CorruptFileError),
        (b"9" * 4000, "ascii", CorruptFileError),
        (b"1 2", "ascii", TruncatedFileError),
        (b"1 2\n", "ascii", TruncatedFileError),
        (b"1 2 3", "ascii", TruncatedFileError),  # perhaps of 1 2 34
        (b"0g0102", "hex", CorruptFileError),
        (b"01020", "hex", CorruptFileError),
        (b"0102", "hex", TruncatedFileError),
    ],
)
def test_text_that_is_no_numbers_is_refused(text, encoding, error):
    source = decode(BytesSource(text, "scan"), encoding, np.uint8)
    with pytest.raises(error, match="scan"):
        source.read(0, 3)


@pytest.mark.parametrize("word", [b"1_0", b"0x1", "\uff11".encode(), b"1e999", b"--5"])
@pytest.mark.parametrize("dtype", ["i2", "<f4", ">f8"])
def test_what_python_or_c_takes_for_a_number_is_refused(word: bytes, dtype: str):
    for count in (1, 200):
        text = b" ".join([b"1"] * count + [word, b"1 "])
        source = decode(BytesSource(text, "scan"), "ascii", dtype)
        with pytest.raises(CorruptFileError, match=f"scan: .*voxels: number {count + 1}, "):
            source.read(0, (count + 2) * np.dtype(dtype).itemsize)


def test_numbers_are_counted_over_pieces_of_text():
    numbers = b"7 " * 300_000
    source = decode(BytesSource(numbers + b"x 7 ", "scan"), "ascii", "u1")
    with pytest.raises(CorruptFileError, match="number 300001, 'x'"):
        source.read(0, 300_002)


def read_to_the_end(reader: Reader, count: int) -> None:
    reader.read(0, count)
    reader.finish()


@pytest.mark.parametrize(("encoding", "blank"), [("hex", b" "), ("ascii", b"\n"), ("ascii", b",")])
def test_text_of_blanks_ends_early(encoding: str, blank: bytes, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("volio.arrays.encodings.text.MOST_BLANKS", 1 << 16)
    digits = b"07 " * 4
    for text in (blank * 3_000_000 + digits, digits + blank * 3_000_000):
        source = decode(BytesSource(text, "scan"), encoding, "u1")
        with (
            source.open() as reader,
            pytest.raises(CorruptFileError, match=r"characters are only [04] bytes of numbers"),
        ):
            read_to_the_end(reader, 4)
    wide = b"7".rjust(60, blank if blank != b"," else b" ") + b" "
    source = decode(BytesSource(wide * 5000, "scan"), "ascii", "u1")
    assert source.read(0, 5000) == b"\7" * 5000


def test_text_cannot_hold_more_numbers_than_it_has_characters():
    source = decode(BytesSource(b"1 2 3"), "ascii", "<f8")
    with pytest.raises(LimitError, match="can hold at most"):
        ArrayProxy(source, ((1 << 40,), "<f8")).read()


def test_levels_are_those_of_the_codec():
    array = np.zeros(9, np.uint8)
    assert encoded(array, "zlib", level=0) != encoded(array, "zlib", level=9)
    assert encoded(array, "ascii", level=9) == encoded(array, "ascii")
    with pytest.raises(UsageError, match="zlib"):
        encoded(array, "zlib", level=99)
