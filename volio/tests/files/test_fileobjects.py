import gzip
import os

import pytest

from volio.errors import UsageError
from volio.files.filemap import FileHolder
from volio.files.fileobjects import SavingFile, open_file

DATA = bytes(range(256))


@pytest.fixture(params=[bytes, gzip.compress])
def holder(request, tmp_path):
    (tmp_path / "a").write_bytes(request.param(DATA))
    return FileHolder(tmp_path / "a")


def test_reading(holder):
    with open_file(holder) as file:
        assert file.read(4) == DATA[:4]
        assert file.seek(-6, os.SEEK_END) == 250
        assert file.read() == DATA[250:]
        assert file.seek(10) == file.tell() == 10
        assert file.seek(2, os.SEEK_CUR) == 12
        assert file.read(3) == DATA[12:15]
        assert file.seekable()
        with pytest.raises(UsageError, match="cannot seek"):
            file.seek(-300, os.SEEK_END)
    assert file.closed


def test_close_commits(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    file = SavingFile(FileHolder(path))
    file.write(b"new!")
    file.flush()
    assert file.tell() == 4
    assert path.read_bytes() == b"old"
    file.close()
    file.close()
    assert path.read_bytes() == b"new!"


def save_half(path):
    with open_file(FileHolder(path), "wb") as file:
        file.write(b"new")
        raise KeyError("ours")


def test_an_exception_leaves_the_old_file(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with pytest.raises(KeyError, match="ours"):
        save_half(path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_never_closed_leaves_the_old_one(tmp_path):
    path = tmp_path / "a"
    file = SavingFile(FileHolder(path))
    file.write(b"new")
    del file
    assert list(tmp_path.iterdir()) == []
