"""Members of zip files as sources of bytes, and files that try to trick their reader."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest

from volio.errors import CorruptFileError, ImageFileError, LimitError
from volio.files.sources.source import BytesSource
from volio.files.zip_members import zip_members

DATA = bytes(range(256)) * 40


def archive(method: int = zipfile.ZIP_STORED, *names: str) -> bytearray:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as file:
        for name in names or ("a/b.bin", "c"):
            file.writestr(name, DATA)
    return bytearray(stream.getvalue())


def members(data: bytes):
    return zip_members(BytesSource(bytes(data)))


def directory_of(data: bytes) -> int:
    """Where the directory begins."""
    return struct.unpack_from("<L", data, len(data) - 6)[0]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_members_are_read_by_offset(method: int):
    found = members(archive(method))
    assert set(found) == {"a/b.bin", "c"}
    member = found["a/b.bin"]
    assert member.size == len(DATA)
    assert member.source.read(3, 1000) == DATA[3:1003]
    with member.source.open() as reader:
        assert reader.read(9000, 10) == DATA[9000:9010]
        assert reader.read(2, 5) == DATA[2:7]
        assert reader.read_upto(len(DATA) - 3, 10) == DATA[-3:]


def test_data_follow_the_header_before_them_not_that_of_the_directory():
    data = archive(zipfile.ZIP_STORED, "name")
    begin = 30 + len("name")
    struct.pack_into("<H", data, 28, 9)  # an extra field that the directory does not have
    longer = bytes(data[:begin]) + b"UT\x05\0\1abcd" + bytes(data[begin:])
    end = bytearray(longer)
    struct.pack_into("<L", end, len(end) - 6, directory_of(data) + 9)
    assert members(end)["name"].source.read(0, 5) == DATA[:5]


def test_a_member_before_the_file_is_refused():
    data = archive()
    # Where the directory begins is one more than it should be: so is all that it states.
    struct.pack_into("<L", data, len(data) - 6, directory_of(data) + 1)
    with pytest.raises(CorruptFileError, match=r"has no header at byte -1|is not a zip file"):
        members(data)


def test_what_is_no_zip_file():
    with pytest.raises(CorruptFileError, match="is not a zip file"):
        members(b"PK\x03\x04" + bytes(100))


@pytest.mark.parametrize("name", ["../up", "a/../../b", "/root", "C:x", "a\\b", "a//b"])
def test_names_that_lead_out_are_refused(name: str):
    plain = name.replace("\\", "?")
    data = archive(zipfile.ZIP_STORED, plain)
    data = data.replace(plain.encode(), name.encode())
    with pytest.raises(ImageFileError, match="refused"):
        members(data)


def test_two_members_of_one_name_are_refused():
    data = archive(zipfile.ZIP_STORED, "aa", "bb")
    with pytest.raises(CorruptFileError, match="aa: is there twice"):
        members(data.replace(b"bb", b"aa"))


def test_members_at_the_same_bytes_are_refused():
    data = archive(zipfile.ZIP_STORED, "aa", "ab")
    entry = directory_of(data)
    second = data.index(b"PK\x01\x02", entry + 1)
    struct.pack_into("<L", data, second + 42, 0)
    with pytest.raises(CorruptFileError, match="overlaps"):
        members(data)


def test_sizes_that_lie_are_refused():
    data = archive(zipfile.ZIP_STORED, "aa")
    entry = directory_of(data)
    struct.pack_into("<L", data, entry + 24, len(DATA) + 1)
    with pytest.raises(CorruptFileError, match="its sizes differ: 10241 and 10240 bytes"):
        members(data)
    struct.pack_into("<2L", data, entry + 20, 1 << 20, 1 << 20)
    with pytest.raises(CorruptFileError, match="ends at byte 1048608, the file at"):
        members(data)
    bomb = archive(zipfile.ZIP_DEFLATED, "aa")
    struct.pack_into("<L", bomb, directory_of(bomb) + 24, 1 << 30)
    with pytest.raises(LimitError, match="cannot hold 1073741824 bytes"):
        members(bomb)


def test_members_that_cannot_be_decoded_are_refused():
    data = archive(zipfile.ZIP_STORED, "aa")
    entry = directory_of(data)
    struct.pack_into("<H", data, entry + 8, 1)
    with pytest.raises(ImageFileError, match="aa: is encrypted"):
        members(data)
    with pytest.raises(ImageFileError, match="compressed by method 12 of zip"):
        members(archive(zipfile.ZIP_BZIP2, "aa"))
    struct.pack_into("<H", data, entry + 8, 0)
    data[:4] = b"XXXX"
    with pytest.raises(CorruptFileError, match="aa: has no header at byte 0"):
        members(data)
