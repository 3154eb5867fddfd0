import os
import pickle
import re
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

from volio.errors import (
    ImageFileError,
    MissingFileError,
    SourceChangedError,
    TruncatedFileError,
    UsageError,
)
from volio.files.sources import source as source_module
from volio.files.sources.source import BytesSource, FileSource
from volio.files.sources.tail import TailSource

DATA = bytes(range(256)) * 8
FDS = Path("/proc/self/fd")


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "a.img"
    file.write_bytes(DATA)
    return file


@pytest.fixture(params=["file", "bytes", "tail"])
def source(request, path):
    tail = TailSource(BytesSource(b"head" + DATA), 4)
    return {"file": FileSource(path), "bytes": BytesSource(DATA), "tail": tail}[request.param]


def test_read(source):
    assert source.size() == source.most() == len(DATA)
    assert source.read(3, 5) == DATA[3:8]
    assert source.read(7, 0) == b""
    assert source.read_upto(len(DATA) - 2, 9) == DATA[-2:]
    assert source.read_upto(len(DATA) + 2, 9) == b""


def test_read_into(source):
    with source.open() as reader:
        array = np.zeros((4, 8), "<u2")
        reader.read_into(10, array)
        reader.read_into(0, np.zeros((0, 3)))
        reader.finish()
    assert array.tobytes() == DATA[10:74]


def test_read_into_at_once(source):
    array = np.zeros((4, 8), "<u2")
    source.read_into(10, array)
    assert array.tobytes() == DATA[10:74]
    with pytest.raises(
        TruncatedFileError, match=r"ends at byte 2048, needed 64 bytes at byte 2040"
    ):
        source.read_into(2040, array)


def test_read_into_closes_the_file_and_sees_changes(path):
    source = FileSource(path)
    before = len(list(FDS.iterdir())) if FDS.exists() else 0
    source.read_into(0, bytearray(8))
    with pytest.raises(TruncatedFileError, match="needed 8 bytes at byte 2045"):
        source.read_into(2045, bytearray(8))
    path.write_bytes(DATA + b"!")
    with pytest.raises(SourceChangedError, match="has changed since"):
        source.read_into(0, bytearray(8))
    path.unlink()
    with pytest.raises(SourceChangedError, match="has vanished"):
        source.read_into(0, bytearray(8))
    assert before == (len(list(FDS.iterdir())) if FDS.exists() else 0)


def test_read_into_goes_on_where_the_system_gives_less(path, monkeypatch):
    monkeypatch.setattr(source_module, "MOST_AT_ONCE", 100)
    buffer = bytearray(1000)
    FileSource(path).read_into(5, buffer)
    assert buffer == DATA[5:1005]


@pytest.mark.parametrize(
    ("offset", "end"), [(2040, "at byte 2048"), (5000, "at or before byte 5000")]
)
def test_short(source, offset, end):
    message = re.escape(f"{source.name}: ends {end}, needed 16 bytes at byte {offset}")
    with pytest.raises(TruncatedFileError, match=f"^{message}$"):
        source.read(offset, 16)
    with source.open() as reader, pytest.raises(TruncatedFileError, match=f"^{message}$"):
        reader.read_into(offset, bytearray(16))


def test_absurd_counts_take_no_memory(source):
    with pytest.raises(TruncatedFileError, match="needed 1152921504606846976 bytes at byte 0"):
        source.read(0, 1 << 60)


def test_read_upto_goes_on_where_the_system_gives_less(path, monkeypatch):
    source = FileSource(path)
    whole = os.pread
    monkeypatch.setattr(source_module.os, "pread", lambda fd, count, at: whole(fd, count // 2, at))
    assert source.read_upto(5, 2000) == DATA[5:2005]
    monkeypatch.delattr(source_module.os, "pread")
    assert source.read_upto(5, 2000) == DATA[5:2005]


def test_misuse(source):
    with source.open() as reader:
        with pytest.raises(UsageError, match="offset"):
            reader.read_into(-1, bytearray(1))
        for buffer in (np.zeros((4, 4))[:, ::2], b"1234"):
            with pytest.raises(UsageError, match="must be writable and C-contiguous"):
                reader.read_into(0, buffer)


def test_pickles_without_a_handle(source):
    copy = pickle.loads(pickle.dumps(source))
    assert copy.name == source.name
    assert copy.read(1, 3) == DATA[1:4]


def test_file_pickle_holds_no_bytes(path):
    assert len(pickle.dumps(FileSource(path))) < 300 + len(str(path))


def test_missing(tmp_path):
    with pytest.raises(MissingFileError, match=r"nothing\.nii: no such file"):
        FileSource(tmp_path / "nothing.nii")
    with pytest.raises(FileNotFoundError, match=r"nothing\.nii: no such file"):
        FileSource(tmp_path / "nothing.nii")


def test_folder(tmp_path):
    with pytest.raises(ImageFileError, match="is not a regular file"):
        FileSource(tmp_path)


def test_changed(path):
    source = FileSource(path)
    path.write_bytes(DATA + b"x")
    with pytest.raises(SourceChangedError, match="has changed"):
        source.read(0, 1)


def test_same_size_other_time(path):
    source = FileSource(path)
    os.utime(path, ns=(1, 1))
    with pytest.raises(SourceChangedError, match="has changed"):
        source.open()


def test_replaced_while_reading(path, tmp_path):
    source = FileSource(path)
    with source.open() as reader:
        (tmp_path / "new").write_bytes(bytes(len(DATA)))
        (tmp_path / "new").replace(path)
        assert reader.read(0, 10) == DATA[:10]  # the file that was opened
    with pytest.raises(SourceChangedError, match="has changed"):
        source.read(0, 10)


def test_vanished(path):
    source = FileSource(path)
    path.unlink()
    with pytest.raises(SourceChangedError, match="has vanished"):
        source.read(0, 1)


def test_relative_path_survives_a_change_of_folder(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    source = FileSource("a.img")
    monkeypatch.chdir(tmp_path.parent)
    assert source.name == "a.img"
    assert source.read(0, 4) == DATA[:4]


def test_without_preadv_and_in_small_pieces(path, monkeypatch):
    monkeypatch.delattr(os, "preadv", raising=False)
    monkeypatch.setattr(source_module, "MOST_AT_ONCE", 100)
    assert FileSource(path).read(5, 2000) == DATA[5:2005]


def test_many_threads(path):
    source = FileSource(path)
    found = {}

    def read(offset):
        found[offset] = source.read(offset, 100)

    threads = [Thread(target=read, args=(k,)) for k in range(0, 1600, 100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {k: DATA[k : k + 100] for k in range(0, 1600, 100)}


@pytest.mark.requires("Linux")
def test_no_handle_stays_open(path):
    before = len(list(FDS.iterdir()))
    sources = [FileSource(path) for _ in range(50)]
    for source in sources:
        source.read(0, 10)
    assert len(list(FDS.iterdir())) == before
