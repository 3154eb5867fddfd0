"""Zip files whose places are known before their bytes: read by zipfile, and by the definition."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

from volio.files.zip_layout import ALIGNMENT, PlannedMember, ZipLayout

CONTENTS = {"a.txt": b"first", "folder/é.bin": bytes(range(200)), "empty": b"", "b": b"x" * 130}


def packed(contents: dict[str, bytes]) -> bytes:
    """A zip file of stored members."""
    members = [PlannedMember(name, len(data), len(data)) for name, data in contents.items()]
    layout = ZipLayout(members)
    checksums = {name: zlib.crc32(data) for name, data in contents.items()}
    file = bytearray(layout.end)
    for name, data in contents.items():
        place, header = layout.header(name, checksums[name])
        begin = layout.begins[name]
        assert place + len(header) == begin
        file[place:begin] = header
        file[begin : begin + len(data)] = data
    return bytes(file) + layout.directory(checksums)


def test_other_programs_read_the_members():
    with zipfile.ZipFile(io.BytesIO(packed(CONTENTS))) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == CONTENTS
        modes = {info.external_attr >> 16 for info in archive.infolist()}
    assert modes == {0o100644}


def test_data_begin_where_arrays_can_be_mapped():
    data = packed(CONTENTS)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for info in archive.infolist():
            name, extra = struct.unpack_from("<HH", data, info.header_offset + 26)
            begin = info.header_offset + 30 + name + extra
            assert begin % ALIGNMENT == 0
            assert data[begin : begin + info.file_size] == CONTENTS[info.filename]
            # Readers that take the length of the directory's field for this one find the data too.
            assert len(info.extra) == extra
            assert struct.unpack_from("<HHH", info.extra) == (0xD935, extra - 4, ALIGNMENT)


def test_members_beyond_four_gibibytes_have_wide_sizes():
    large = 5 << 30
    layout = ZipLayout([PlannedMember("a", large, large), PlannedMember("b", 3, 3)])
    place, header = layout.header("a", 7)
    sizes = struct.unpack_from("<2L", header, 18)
    name, extra = struct.unpack_from("<2H", header, 26)
    assert sizes == (0xFFFFFFFF, 0xFFFFFFFF)
    assert struct.unpack_from("<2H2Q", header, 30 + name) == (1, 16, large, large)
    assert place + 30 + name + extra == layout.begins["a"]
    directory = layout.directory({"a": 7, "b": 8})
    assert struct.unpack_from("<2H2Q", directory, 46 + 1) == (1, 16, large, large)
    second = 46 + 1 + struct.unpack_from("<H", directory, 30)[0]
    assert directory[second : second + 4] == b"PK\x01\x02"
    begin_of_b = layout.header("b", 8)[0]
    assert begin_of_b > large
    assert struct.unpack_from("<L", directory, second + 42) == (0xFFFFFFFF,)
    assert struct.unpack_from("<2HQ", directory, second + 47) == (1, 8, begin_of_b)
    end_64 = directory.index(b"PK\x06\x06")
    assert struct.unpack_from("<2Q", directory, end_64 + 40) == (end_64, layout.end)
    locator = directory.index(b"PK\x06\x07")
    assert struct.unpack_from("<LQL", directory, locator + 4) == (0, layout.end + end_64, 1)
    assert struct.unpack_from("<2HL", directory, len(directory) - 14) == (65535, 65535, 0xFFFFFFFF)


def test_many_members_are_counted_in_wide_fields():
    layout = ZipLayout([PlannedMember(str(number), 0, 0) for number in range(65535)])
    directory = layout.directory(dict.fromkeys(layout.members, 0))
    end_64 = directory.index(b"PK\x06\x06")
    assert struct.unpack_from("<2Q", directory, end_64 + 24) == (65535, 65535)
