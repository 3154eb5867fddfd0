import io

import pytest
from nibabel.fileholders import FileHolder as NibabelHolder

from volio.errors import FileHolderError, UsageError
from volio.files.filemap import FileHolder, copy_file_map
from volio.files.opener import open_source

STREAM, OTHER = io.BytesIO(b"0123456789"), io.BytesIO()
ARGUMENTS = [(), ("a",), ("b",), ("a", None, 3), ("a", STREAM), (None, STREAM), (None, OTHER)]


@pytest.mark.parametrize("first", ARGUMENTS)
@pytest.mark.parametrize("second", ARGUMENTS)
def test_same_file_as_in_nibabel(first, second):
    theirs = NibabelHolder(*first).same_file_as(NibabelHolder(*second))
    assert FileHolder(*first).same_file_as(FileHolder(*second)) == theirs


@pytest.mark.parametrize("arguments", ARGUMENTS)
def test_file_like_as_in_nibabel(arguments):
    assert FileHolder(*arguments).file_like is NibabelHolder(*arguments).file_like


@pytest.mark.parametrize("ending", ["", ".gz", ".BZ2"])
def test_names_are_opened(tmp_path, ending):
    holder = FileHolder(tmp_path / f"a.img{ending}")
    with holder.get_prepare_fileobj("wb") as out:
        out.write(b"0123456789")
    with holder.get_prepare_fileobj() as back:
        assert back.read() == b"0123456789"
    with FileHolder(holder.filename, pos=4).get_prepare_fileobj(mode="rb") as back:
        assert back.read() == b"456789"


def test_own_file_object():
    with FileHolder("name", STREAM, 4).get_prepare_fileobj() as fileobj:
        assert fileobj.read(2) == b"45"
        assert STREAM.tell() == fileobj.tell() == 6
    fileobj.close_if_mine()
    assert list(fileobj) == [b"6789"]
    assert not STREAM.closed


def test_a_failed_save_leaves_the_old_file(tmp_path):
    holder = FileHolder(tmp_path / "a.img")
    holder.filename.write_bytes(b"old")
    with pytest.raises(KeyError, match="ours"), holder.get_prepare_fileobj("wb") as out:  # noqa: PT012
        out.write(b"new")
        raise KeyError("ours")
    assert holder.filename.read_bytes() == b"old"


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_seeking_ahead_while_saving_writes_zeros(tmp_path, ending):
    holder = FileHolder(tmp_path / f"a.img{ending}")
    out = holder.get_prepare_fileobj("wb")
    out.write(b"ab")
    assert out.seek(4) == 4
    assert out.seek(1, 1) == 5
    out.write(b"c")
    with pytest.raises(io.UnsupportedOperation, match="byte 6"):
        out.seek(0)
    out.close_if_mine()
    assert holder.get_prepare_fileobj().read() == b"ab\0\0\0c"


def test_nothing_set():
    with pytest.raises(FileHolderError, match="neither"):
        FileHolder().get_prepare_fileobj()
    with pytest.raises(FileHolderError, match="neither"):
        open_source(FileHolder())


def test_mode(tmp_path):
    with pytest.raises(UsageError, match="mode"):
        FileHolder(tmp_path / "a").get_prepare_fileobj("r+b")


def test_copy():
    file_map = {"image": FileHolder("a", STREAM, 2)}
    copy = copy_file_map(file_map)
    assert copy["image"] is not file_map["image"]
    assert repr(copy["image"]) == repr(file_map["image"])
    assert repr(copy["image"]).startswith("FileHolder(filename='a'")
