import gzip
import io
import os
import tempfile
from pathlib import Path
from threading import Thread

import pytest

from volio.errors import (
    FileHolderError,
    ImageFileError,
    MissingFileError,
    UsageError,
)
from volio.files.codecs.source import CodecSource
from volio.files.filemap import FileHolder
from volio.files.opener import open_for_write, open_source
from volio.files.sources.source import BytesSource, FileSource
from volio.files.sources.stream import StreamSource
from volio.tests.files.samples import NAMES, codec_named, compressed

DATA = b"0123456789" * 50


def test_path_kinds(tmp_path, monkeypatch):
    (tmp_path / "a.nii").write_bytes(DATA)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    for where in (tmp_path / "a.nii", str(tmp_path / "a.nii"), "~/a.nii"):
        source = open_source(where)
        assert isinstance(source, FileSource)
        assert source.path == tmp_path / "a.nii"
        assert source.read(0, 500) == DATA


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("file_name", ["a.nii", "a.nii.gz", "a.nii.bz2", "a"])
def test_content_beats_the_name(tmp_path, name, file_name):
    path = tmp_path / file_name
    path.write_bytes(compressed(name, DATA))
    assert open_source(path).read(0, 500) == DATA
    path.write_bytes(DATA)
    assert open_source(path).read(0, 500) == DATA


def test_one_layer_only():
    inner = compressed("gzip", DATA)
    source = open_source(compressed("gzip", inner))
    assert source.read_upto(0, 1000) == inner


def test_memory_and_sources():
    for data in (DATA, bytearray(DATA), memoryview(DATA)):
        assert isinstance(open_source(data), BytesSource)
    source = open_source(compressed("xz", DATA))
    assert isinstance(source, CodecSource)
    assert open_source(source) is source
    assert open_source(b"").read_upto(0, 3) == b""


def test_file_objects_begin_where_they_stand():
    stream = io.BytesIO(b"skip" + compressed("gzip", DATA))
    stream.seek(4)
    source = open_source(stream)
    assert source.read(0, 500) == DATA
    assert stream.tell() == 4
    assert isinstance(source.base, StreamSource)


def test_real_files_and_temporary_files(tmp_path):
    (tmp_path / "a").write_bytes(DATA)
    with (tmp_path / "a").open("rb") as file:
        assert open_source(file).read(3, 4) == b"3456"
    with tempfile.TemporaryFile() as file:
        file.write(DATA)
        file.seek(0)
        assert open_source(file).read(3, 4) == b"3456"


@pytest.mark.parametrize("pos", [0, 3])
def test_holders(tmp_path, pos):
    (tmp_path / "a.gz").write_bytes(gzip.compress(DATA))
    assert open_source(FileHolder(tmp_path / "a.gz", pos=pos)).read(0, 9) == DATA[pos : pos + 9]
    stream = io.BytesIO(DATA)
    stream.seek(100)
    assert open_source(FileHolder(fileobj=stream, pos=pos)).read(0, 9) == DATA[pos : pos + 9]


def test_objects_that_cannot_seek_are_read_whole():
    class Pipe(io.RawIOBase):
        def __init__(self):
            self.file = io.BytesIO(compressed("gzip", DATA))

        def readable(self):
            return True

        def readinto(self, buffer):
            return self.file.readinto(buffer)

    assert open_source(Pipe()).read(5, 5) == b"56789"


@pytest.mark.requires("POSIX")
def test_named_pipes(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = Thread(target=path.write_bytes, args=(compressed("gzip", DATA),))
    writer.start()
    source = open_source(path)
    writer.join()
    assert source.read(0, 500) == DATA
    got = []
    reader = Thread(target=lambda: got.append(path.read_bytes()))
    reader.start()
    with open_for_write([FileHolder(path)]) as (stream,):
        stream.write(DATA)
    reader.join()
    assert got == [DATA]
    assert list(tmp_path.iterdir()) == [path]


def test_missing_files(tmp_path):
    with pytest.raises(MissingFileError, match=r"x\.nii: no such file$"):
        open_source(tmp_path / "x.nii")
    for name in ("x.nii.gz", "X.nii", "y.nii"):
        (tmp_path / name).touch()
    with pytest.raises(MissingFileError, match=r"no such file; the folder has X\.nii, x\.nii\.gz$"):
        open_source(tmp_path / "x.nii")
    with pytest.raises(MissingFileError, match=r"there is no folder .*none$"):
        open_source(tmp_path / "none" / "x.nii")


def test_folders(tmp_path):
    with pytest.raises(ImageFileError, match="is a folder"):
        open_source(tmp_path)
    with (
        pytest.raises(ImageFileError, match="is a folder"),
        open_for_write([FileHolder(tmp_path)]),
    ):
        pass


def test_text_and_others(tmp_path):
    (tmp_path / "a").touch()
    with (tmp_path / "a").open() as file, pytest.raises(UsageError, match="open for text"):
        open_source(file)
    with (tmp_path / "a").open("wb") as file, pytest.raises(UsageError, match="for reading"):
        open_source(file)
    with pytest.raises(UsageError, match="got int"):
        open_source(3)


@pytest.mark.parametrize("ending", ["", *(codec_named(n).ending for n in NAMES), ".GZ"])
def test_write_by_ending(tmp_path, ending):
    path = tmp_path / f"a.nii{ending}"
    with open_for_write([FileHolder(path)], compression=2) as (stream,):
        stream.write(DATA[:100])
        assert stream.tell() == 100
        stream.flush()
        stream.write(DATA[100:])
        assert not path.exists()
    source = open_source(path)
    assert source.read(0, 500) == DATA
    assert isinstance(source, CodecSource) == bool(ending)
    assert list(tmp_path.iterdir()) == [path]


def test_write_two_and_a_file_object(tmp_path):
    stream = io.BytesIO(b"keep")
    paths = [tmp_path / "a.img.gz", tmp_path / "a.hdr"]
    holders = [*map(FileHolder, paths), FileHolder("ignored.gz", stream, 4)]
    with open_for_write(holders) as streams:
        for number, out in enumerate(streams):
            assert out.tell() == 0
            out.write(b"%d" % number)
    assert [open_source(path).read(0, 1) for path in paths] == [b"0", b"1"]
    assert stream.getvalue() == b"keep2"


def test_saving_over_the_file_that_is_read(tmp_path):
    path = tmp_path / "a.gz"
    path.write_bytes(compressed("gzip", DATA))
    source = open_source(path)
    with source.open() as reader, open_for_write([FileHolder(path)]) as (stream,):
        for offset in range(0, 500, 50):
            stream.write(reader.read(offset, 50)[::-1])
    assert open_source(path).read(0, 50) == DATA[:50][::-1]


def test_the_same_file_twice(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "a")
    holders = [FileHolder(tmp_path / "a"), FileHolder(tmp_path / "link")]
    with pytest.raises(UsageError, match="same file"), open_for_write(holders):
        pass
    stream = io.BytesIO()
    with (
        pytest.raises(UsageError, match="same file"),
        open_for_write([FileHolder(fileobj=stream), FileHolder(fileobj=stream)]),
    ):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["link"]


@pytest.mark.parametrize(
    ("holder", "error", "words"),
    [
        (FileHolder("http://host/a.nii"), UsageError, "cannot write there"),
        (FileHolder(), FileHolderError, "neither a filename nor a fileobj"),
        (FileHolder("a.nii.gz"), UsageError, "level from 0 to 9, got 77"),
    ],
)
def test_refused_before_anything_is_written(holder, error, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    holders = [FileHolder("first"), holder]
    with pytest.raises(error, match=words), open_for_write(holders, compression=77):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_file_named_with_a_tilde(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("~nobody-of-that-name").write_bytes(DATA)
    assert open_source("~nobody-of-that-name").size() == 500


@pytest.mark.parametrize("name", ["volumes/chris_t1.nii.gz", "volumes/wm.mgz"])
def test_real_files_decode_as_gzip_does(shared_data, name):
    whole = gzip.decompress((shared_data / name).read_bytes())
    found = bytearray(len(whole))
    with open_source(shared_data / name).open() as reader:
        reader.read_into(0, found)
        reader.finish()
    assert found == whole


def test_a_link_to_nothing_says_where_it_leads(tmp_path):
    (tmp_path / "x.nii").symlink_to("annex/gone.nii")
    with pytest.raises(MissingFileError, match=r"a link to annex/gone\.nii, which is not there$"):
        open_source(tmp_path / "x.nii")


def test_an_empty_name_is_no_file():
    with pytest.raises(UsageError, match="empty file name"):
        open_source("")


def test_names_that_no_file_can_have_are_told(tmp_path: Path):
    with pytest.raises(ImageFileError, match=r"(?i)999: .*name too long"):
        open_source(tmp_path / ("9" * 999))
