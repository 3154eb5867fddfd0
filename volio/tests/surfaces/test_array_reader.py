"""Numbers of a file, read one after the other."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from volio.errors import HeaderDataError, LimitError, TruncatedFileError
from volio.files.filemap import FileHolder
from volio.files.opener import open_source
from volio.files.sources.source import BytesSource, FileSource
from volio.surfaces import array_reader
from volio.surfaces.array_reader import ArrayReader
from volio.testing.faults import CountingSource

SMALL = np.arange(7, dtype=">i2")
LARGE = np.arange(-40_000, 40_000, dtype=">f4")
LITTLE = np.arange(50_000, dtype="<i4")
DATA = b"head" + SMALL.tobytes() + LARGE.tobytes() + LITTLE.tobytes() + b"tail of it"


def check(reader: ArrayReader) -> None:
    """Read everything, and compare."""
    assert reader.raw(4, "head") == b"head"
    small = reader.array(">i2", (7,), "small")
    large = reader.array(">f4", (2, 40_000), "large")
    little = reader.array("<i4", (50_000,), "little")
    for found, given in ((small, SMALL), (large, LARGE.reshape(2, -1)), (little, LITTLE)):
        np.testing.assert_array_equal(found, given)
        assert found.dtype == given.dtype.newbyteorder("=")
        assert found.flags.writeable
    assert reader.left == 10
    assert reader.rest(4) == b"tail"
    assert reader.rest(40) == b" of it"


@pytest.mark.parametrize(("piece", "in_cache"), [(1000, 0), (1 << 19, 0), (1000, 1 << 20)])
def test_numbers_of_a_file(
    piece: int, in_cache: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(array_reader, "PIECE", piece)
    monkeypatch.setattr(array_reader, "IN_CACHE", in_cache)
    path = tmp_path / "numbers"
    path.write_bytes(DATA)
    check(ArrayReader(FileSource(path), "numbers"))
    check(ArrayReader(BytesSource(DATA), "numbers"))
    packed = tmp_path / "numbers.gz"
    packed.write_bytes(gzip.compress(DATA))
    check(ArrayReader(open_source(FileHolder(filename=packed)), "numbers"))


def test_small_numbers_are_read_together():
    source = CountingSource(BytesSource(DATA))
    reader = ArrayReader(source, "numbers", 4)
    found = [int(reader.array(">i2", (1,), "a number")[0]) for _ in SMALL]
    assert found == SMALL.tolist()
    assert source.opened == 1
    reader.offset = 4  # going back is fine
    assert reader.raw(2, "a number") == SMALL[:1].tobytes()


def test_what_is_not_there_is_refused():
    reader = ArrayReader(BytesSource(b"12345678"), "numbers")
    with pytest.raises(TruncatedFileError, match="5 bytes: needs 9 bytes, the file has 8"):
        reader.raw(9, "5 bytes")
    with pytest.raises(LimitError, match="a text: a negative number of bytes, -1"):
        reader.raw(-1, "a text")
    with pytest.raises(HeaderDataError, match=r"faces: lengths must not be negative, got \(2, -1"):
        reader.array("u1", (2, -1), "faces")
    with pytest.raises(TruncatedFileError, match="faces: needs 4000000000 bytes"):
        reader.array("<f4", (10**9,), "faces")
    assert reader.offset == 0
