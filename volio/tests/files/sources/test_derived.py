"""Sources made of another one: what they leave to it."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from volio.arrays.encodings.bits import BitSource
from volio.errors import CorruptFileError
from volio.files.codecs.table import codec_named
from volio.files.opener import decoded
from volio.files.sources.pieces import PiecesSource
from volio.files.sources.source import ByteSource, BytesSource, FileSource, Reader
from volio.files.sources.tail import TailSource
from volio.testing.faults import CountingSource

DATA = bytes(range(30))
MAKERS: dict[str, tuple[Callable[[ByteSource], ByteSource], int, int]] = {
    # what makes it, its size, and bytes of it that one byte of the base becomes
    "tail": (lambda base: TailSource(base, 4), 26, 1),
    "pieces": (lambda base: PiecesSource(base, (20, 2), 5), 10, 1),
    "bits": (BitSource, 240, 8),
}


class Noting(Reader):
    """A reader that notes what it is asked to do."""

    gap = 100

    def __init__(self, calls: list[str]) -> None:
        super().__init__("noting")
        self.calls = calls

    def fill(self, offset: int, view: memoryview) -> int:
        return 0

    def keep_checkpoints(self) -> None:
        self.calls.append("keep_checkpoints")

    def finish(self) -> None:
        self.calls.append("finish")

    def close(self) -> None:
        self.calls.append("close")


class NotingSource(BytesSource):
    gap = 100

    def __init__(self) -> None:
        super().__init__(DATA, "noting")
        self.calls: list[str] = []

    def open(self) -> Reader:
        return Noting(self.calls)


@pytest.mark.parametrize("kind", MAKERS)
def test_name_place_and_size_are_of_the_base(tmp_path: Path, kind: str):
    make, size, _ = MAKERS[kind]
    path = tmp_path / "a.img"
    path.write_bytes(DATA)
    source = make(FileSource(path))
    assert source.name == str(path)
    assert source.is_in(path)
    assert not source.is_in(tmp_path / "b.img")
    assert source.size() == source.most() == size
    packed = decoded(BytesSource(gzip.compress(DATA)), codec_named("gzip"))
    assert make(packed).size() is None
    assert make(packed).most() >= size


@pytest.mark.parametrize("kind", MAKERS)
def test_hints_and_ends_reach_the_reader_of_the_base(kind: str):
    make, _, factor = MAKERS[kind]
    base = NotingSource()
    source = make(base)
    assert source.gap == 100 * factor
    with source.open() as reader:
        assert reader.gap == 100 * factor
        assert reader.name == "noting"
        reader.keep_checkpoints()
        reader.finish()
    assert base.calls == ["keep_checkpoints", "finish", "close"]


@pytest.mark.parametrize("kind", MAKERS)
def test_one_reader_of_the_base_per_operation_and_it_is_closed(kind: str):
    make, size, _ = MAKERS[kind]
    base = CountingSource(BytesSource(DATA))
    assert len(make(base).read(0, size)) == size
    assert (base.opened, base.closed) == (1, 1)


def test_a_part_of_a_source_leaves_the_checksum_of_the_rest_alone():
    packed = bytearray(gzip.compress(DATA))
    packed[-6] ^= 1
    base = decoded(BytesSource(bytes(packed)), codec_named("gzip"))
    with TailSource(base, 3, 5).open() as reader:
        assert reader.read(0, 5) == DATA[3:8]
        reader.finish()
    with TailSource(base, 3).open() as reader, pytest.raises(CorruptFileError, match="decoded"):
        reader.finish()
