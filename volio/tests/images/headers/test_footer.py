"""Headers with a footer after the voxels, which is read when it is needed and not before."""

from __future__ import annotations

import gzip
import io

import numpy as np
import pytest

from volio.arrays.dtypes import dtype_table
from volio.errors import HeaderDataError, LimitError
from volio.files.opener import open_source
from volio.files.sources.source import FileSource
from volio.images.headers.footer import FooterHeader

HEAD = np.dtype([("length", "<i4"), ("type", "<i2")])
FOOTER = np.dtype([("time", "<f4"), ("count", "<i2")])


class Header(FooterHeader):
    layout = np.dtype([*HEAD.descr, *FOOTER.descr])
    footer = FOOTER
    offset = 16
    byte_orders = ("<",)
    data_types = dtype_table("2 | int16 | int16")
    type_field = "type"
    defaults = {"type": 2}
    most_rest = 100

    @property
    def shape(self):
        return (int(self["length"]),)


BEFORE = b"\3\0\0\0\2\0" + b"0123456789"
AFTER = b"\0\0\x20\x41\7\0"  # 10.0 and 7
RAW = BEFORE + b"voxels" + AFTER + b"and the rest"


class Counting(FileSource):
    opened = 0

    def _open_file(self):
        self.opened += 1
        return super()._open_file()


def counting(tmp_path, data: bytes = RAW):
    (tmp_path / "a").write_bytes(data.ljust(5000, b"."))  # longer than the head that is kept
    return Counting(tmp_path / "a")


def test_all_of_a_file_object():
    stream = io.BytesIO(b"before" + RAW)
    stream.seek(6)
    header = Header.from_fileobj(stream)
    stream.close()
    assert (header["time"], header["count"], header.rest) == (10, 7, b"and the rest")
    assert header.binaryblock == BEFORE[:6] + AFTER
    assert header.get_footer_offset() == 22
    written = io.BytesIO()
    header.write_to(written)
    header.write_footer_to(written)
    assert written.getvalue() == RAW.replace(b"voxels", b"")


@pytest.mark.parametrize(
    "ask",
    [
        lambda header: header["time"],
        lambda header: header.rest,
        lambda header: header.structarr,
        lambda header: header.binaryblock,
        lambda header: header.__setitem__("count", 1),
        lambda header: setattr(header, "rest", b"new"),
    ],
)
def test_a_footer_is_read_once_when_it_is_asked_for(ask, tmp_path, monkeypatch):
    monkeypatch.setattr(Header, "most_rest", 10_000)
    source = counting(tmp_path)
    header = Header.from_source(source)
    before = source.opened
    assert (header.shape, header.dtype, header["length"]) == ((3,), np.dtype("<i2"), 3)
    header.copy()
    header["length"] = 3
    assert source.opened == before
    ask(header)
    ask(header)
    assert source.opened == before + 1
    assert header["time"] == 10


def test_what_was_set_is_not_read_again(tmp_path, monkeypatch):
    monkeypatch.setattr(Header, "most_rest", 10_000)
    header = Header.from_source(counting(tmp_path))
    header["count"] = 1
    header.rest = b"new"
    assert (header["time"], header["count"], header.rest) == (10, 1, b"new")
    assert header.copy() == header
    assert header.copy().rest == b"new"


@pytest.mark.parametrize("length", range(7))
def test_a_footer_that_is_short_has_zeros(length):
    header = Header.from_source(open_source(RAW[: 22 + length]))
    assert header.binaryblock == BEFORE[:6] + AFTER[:length].ljust(6, b"\0")
    assert header.rest == b""


def test_what_follows_a_footer_has_a_limit():
    raw = gzip.compress(RAW[:28] + bytes(101))
    with pytest.raises(LimitError, match="more than 106 bytes after byte 22, too many for a foot"):
        Header.from_source(open_source(raw))
    assert Header.from_source(open_source(RAW[:28] + bytes(100))).rest == bytes(100)


def test_a_footer_beyond_all_files_is_not_looked_for(tmp_path):
    class Cube(Header):
        @property
        def shape(self):
            return (int(self["length"]),) * 3

    source = counting(tmp_path, b"\xff\xff\xff\x7f" + RAW[4:])
    header = Cube.from_source(source)
    before = source.opened
    assert header.get_footer_offset() == 16 + 2 * (2**31 - 1) ** 3
    assert (header["time"], header.rest) == (0, b"")
    assert source.opened == before


def test_the_fields_before_the_voxels_may_come_alone():
    assert Header(BEFORE[:6]).binaryblock == BEFORE[:6] + bytes(6)
    assert Header(BEFORE[:6] + AFTER)["count"] == 7
    with pytest.raises(HeaderDataError, match="takes 12 bytes, got 7"):
        Header(BEFORE[:7])


def test_default_headers_are_padded_to_the_voxels():
    written = io.BytesIO()
    Header().write_to(written)
    assert written.getvalue() == b"\0\0\0\0\2\0" + bytes(10)
    assert Header().get_data_size() == 0
    assert Header().get_data_bytespervox() == 2
