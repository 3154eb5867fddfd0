"""File objects for libraries in C: complete reads, and errors that wait to be asked for."""

from __future__ import annotations

import errno
import gzip
import io

import pytest

from volio.files.guarded_files import GuardedReader, GuardedWriter
from volio.files.opener import open_source


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_reads_are_complete_or_an_error(pack):
    data = bytes(range(250)) * 40  # more than is read to recognise a file
    reader = GuardedReader(open_source(pack(data)))
    buffer = bytearray(100)
    assert reader.seek(9900) == 9900
    assert reader.readinto(buffer) == 100
    assert buffer == data[9900:]
    assert reader.seek(-99, io.SEEK_END) == 9901
    assert reader.seek(0, io.SEEK_END) == reader.seek(0, io.SEEK_END) == 10000
    reader.seek(9901)
    with pytest.raises(OSError, match="ends at byte 10000, 1 more are needed"):
        reader.readinto(buffer)


class FullDisk(io.BytesIO):
    """A file of which the second write fails, and all after it."""

    left = 2

    def write(self, data):
        self.left -= 1
        if self.left <= 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(data)


def test_after_an_error_a_guarded_file_goes_on_with_zeros():
    guarded = GuardedWriter(FullDisk())
    assert guarded.write(b"abcd") == 4
    buffer = bytearray(4)
    guarded.seek(0)
    assert guarded.readinto(buffer) == 4
    assert buffer == b"abcd"
    guarded.seek(4)
    assert guarded.write(b"efgh") == 4
    assert guarded.seek(0, 2) == 8
    assert guarded.truncate(6) == 6
    assert guarded.seek(-1, 2) == guarded.tell() == 5
    guarded.seek(0)
    assert guarded.readinto(buffer) == 4
    assert buffer == bytes(4)
    with pytest.raises(OSError, match="No space left"):
        guarded.check()
