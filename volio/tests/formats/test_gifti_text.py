"""GIFTI's text: opened without its values, which stay in the file."""

from __future__ import annotations

import zlib
from base64 import b64encode
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from volio.errors import SourceChangedError
from volio.files.sources.source import BytesSource
from volio.files.xml_events import XmlEvents
from volio.formats.gifti import GiftiDataArray, GiftiImage, file_text
from volio.formats.gifti.file_text import FileText
from volio.formats.gifti.parse import parse_gifti
from volio.testing.faults import CountingSource
from volio.tests.surfaces.shapes import CORNERS, SIDES

VALUES = np.arange(60_000, dtype=np.float32)


def mesh_and_values(encoding: str = "B64BIN") -> bytes:
    """A GIFTI file with three arrays, of which the last is far longer than the rest."""
    arrays = [
        GiftiDataArray(CORNERS, 1008, encoding=encoding),
        GiftiDataArray(SIDES, 1009, encoding=encoding),
        GiftiDataArray(VALUES, 2005, encoding=encoding),
        GiftiDataArray(VALUES[::-1].copy(), 2005, encoding=encoding),
    ]
    return GiftiImage(darrays=arrays).to_bytes()


def test_the_parser_is_given_no_values_of_any_array(monkeypatch: pytest.MonkeyPatch):
    fed = []
    feed = XmlEvents.feed

    def noting(self: XmlEvents, piece: bytes, final: bool = False) -> None:
        fed.append(piece)
        feed(self, piece, final)

    monkeypatch.setattr(XmlEvents, "feed", noting)
    raw = mesh_and_values()
    image = GiftiImage.from_bytes(raw)
    expected = raw
    for values in (CORNERS, SIDES, VALUES, VALUES[::-1]):
        expected = expected.replace(b64encode(values.tobytes()), b"")
    assert b"".join(fed) == expected
    assert image.darrays[3].data.tolist() == VALUES[::-1].tolist()


@pytest.mark.parametrize("piece", [7, 64, 1 << 18])
def test_marks_may_lie_across_pieces(piece: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(file_text, "PIECE", piece)
    image = GiftiImage.from_bytes(mesh_and_values("B64GZ"))
    assert [array.is_decoded for array in image.darrays] == [False] * 4
    for array, values in zip(image.darrays, (CORNERS, SIDES, VALUES, VALUES[::-1]), strict=True):
        np.testing.assert_array_equal(array.data, values)


@given(st.binary(max_size=60).map(lambda data: data.replace(b"\0", b"<")), st.integers(3, 9))
def test_marks_are_found_where_bytes_have_them(data: bytes, piece: int):
    source = BytesSource(data)
    with source.open() as reader, pytest.MonkeyPatch.context() as patch:
        patch.setattr(file_text, "PIECE", piece)
        text = FileText(source, reader, len(data))
        for mark in (b"<", b"<<", data[20:23] or b"<"):
            for start in range(0, len(data), 5):
                assert text.find(mark, start) == data.find(mark, start)
                assert text.has(mark, start) == data.startswith(mark, start)
        assert b"".join(text.pieces(2, len(data))) == data[2:]


def test_the_memory_of_a_text_is_used_again_and_never_by_two():
    texts = [b"<a>" * 9, b"<b>" * 9]
    rooms = []
    for _ in range(2):
        source = BytesSource(texts[0])
        with source.open() as reader, FileText(source, reader, 27) as text:
            rooms.append(id(text._room))
            assert text.find(b"<a>", 0) == 0
            other = BytesSource(texts[1])
            with other.open() as other_reader, FileText(other, other_reader, 27) as inner:
                assert inner._room is not text._room
                assert inner.find(b"<b>", 1) == 3
            assert text.find(b"<a>", 4) == 6
            assert text.find(b"<b>", 0) == -1
    assert rooms[0] == rooms[1]


def test_a_file_is_looked_through_once_and_values_are_read_when_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(file_text, "SMALL", 1000)
    raw = mesh_and_values()
    source = CountingSource(BytesSource(raw))
    parts = parse_gifti(source, "GIFTI", BytesSource)
    assert source.opened == source.closed == 1
    # Where a piece ends, the last bytes are read again: they may begin a mark.
    assert len(raw) <= source.count < len(raw) + (1 << 18)
    before = source.count
    assert parts.darrays[0].data.tolist() == CORNERS.tolist()
    assert source.count - before == len(b64encode(CORNERS.tobytes()))

    path = tmp_path / "a.surf.gii"
    path.write_bytes(raw)
    image = GiftiImage.from_filename(path)
    assert image.faces.tolist() == SIDES.tolist()
    path.write_bytes(raw + b"\n")
    assert image.faces.tolist() == SIDES.tolist()  # decoded already
    with pytest.raises(SourceChangedError, match=r"a\.surf\.gii: has changed since it was opened"):
        image.vertices  # noqa: B018


def test_a_small_file_may_go_away(tmp_path: Path):
    path = tmp_path / "a.surf.gii"
    GiftiImage(darrays=[GiftiDataArray(CORNERS, 1008)]).to_filename(path)
    image = GiftiImage.from_filename(path)
    path.unlink()
    assert image.vertices.tolist() == CORNERS.tolist()


def test_a_compressed_file_is_in_memory(tmp_path: Path):
    path = tmp_path / "a.surf.gii.gz"
    image = GiftiImage.from_bytes(mesh_and_values())
    image.to_filename(path)
    found = GiftiImage.from_filename(path)
    path.unlink()
    np.testing.assert_array_equal(found.darrays[2].data, VALUES)


def test_a_file_can_be_saved_over_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(file_text, "SMALL", 1000)
    path = tmp_path / "a.surf.gii"
    path.write_bytes(mesh_and_values())
    image = GiftiImage.from_filename(path)
    image.to_filename(path)
    np.testing.assert_array_equal(image.darrays[2].data, VALUES)
    np.testing.assert_array_equal(GiftiImage.from_filename(path).darrays[2].data, VALUES)


@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_long_streams_are_inflated_in_parts(byteorder: str):
    values = np.random.default_rng(2).normal(size=90_000).astype(f"{byteorder}f4")
    text = b64encode(zlib.compress(values.tobytes()))
    assert len(text) > 4 << 16  # several parts
    empty = GiftiImage(darrays=[GiftiDataArray(np.zeros(90_000, np.float32))]).to_bytes()
    head, _, rest = empty.partition(b"<Data>")
    raw = head + b"<Data>" + text + rest[rest.index(b"</Data>") :]
    if byteorder == ">":
        raw = raw.replace(b"LittleEndian", b"BigEndian")
    found = GiftiImage.from_bytes(raw).darrays[0].data
    np.testing.assert_array_equal(found, values)
    assert found.dtype == np.dtype(np.float32)
    assert found.flags.writeable


def test_pieces_are_read_to_where_a_page_begins():
    """A processor may take eight times as long a few bytes after that."""
    for size in (1, 5000, 1 << 18):
        memory, first, length = file_text._new_room(size)
        address = np.frombuffer(memory, np.uint8).ctypes.data
        assert (address + first) % file_text.PAGE == 0
        assert first + length <= len(memory)
        assert length == size
