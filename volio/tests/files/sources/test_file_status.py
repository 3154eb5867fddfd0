"""Files whose status changes while they are open: by an edit in place, or by what is none."""

from __future__ import annotations

import io
import os
import pickle
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

import volio
from volio.errors import SourceChangedError, UncheckedWarning
from volio.files.saving import atomic
from volio.files.sources import file_status, source
from volio.files.sources.source import FileSource

VOXELS = np.arange(20 * 20 * 20, dtype=np.int16).reshape(20, 20, 20)
TICK = 0.03  # seconds; the clock of file systems has steps

Act = Callable[[Path], object]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    volio.save(volio.Nifti1Image(VOXELS, np.eye(4)), tmp_path / "a.nii")
    time.sleep(TICK)
    return tmp_path / "a.nii"


@pytest.fixture
def silence() -> Iterator[None]:
    """Nothing may be warned of."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def edit(path: Path, offset: int) -> None:
    """Change a byte in place, and put the time of change back."""
    time.sleep(TICK)
    status = path.stat()
    with path.open("r+b") as stream:
        stream.seek(offset)
        byte = stream.read(1)[0]
        stream.seek(offset)
        stream.write(bytes([byte ^ 1]))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def edit_header(path: Path) -> None:
    edit(path, 148)  # descrip


def edit_voxels(path: Path) -> None:
    edit(path, path.stat().st_size - 2)  # the last voxel, 7999, becomes 7998


# What is no edit, and says so.


def link(path: Path) -> None:
    path.with_name("b.nii").hardlink_to(path)


def link_in_another_folder(path: Path) -> None:
    (path.parent / "backup").mkdir()
    subprocess.run(["cp", "-l", path, path.parent / "backup"], check=True)


def write_protect(path: Path) -> None:
    path.chmod(0o444)


def annex(path: Path) -> None:
    """Move the file into a store and leave a link to it, as git-annex does."""
    store = path.parent / "objects"
    store.mkdir()
    path.rename(store / "key")
    (store / "key").chmod(0o444)
    path.symlink_to("objects/key")


# What is no edit, and cannot be told from one.


def link_and_remove(path: Path) -> None:
    time.sleep(TICK)
    subprocess.run(["cp", "-l", path, path.with_name("c.nii")], check=True)
    path.with_name("c.nii").unlink()


def rename_and_back(path: Path) -> None:
    time.sleep(TICK)
    path.rename(path.with_name("c.nii"))
    path.with_name("c.nii").rename(path)


def touch(path: Path) -> None:
    time.sleep(TICK)
    subprocess.run(["touch", "-r", path, path], check=True)


def protect_and_back(path: Path) -> None:
    time.sleep(TICK)
    mode = path.stat().st_mode
    path.chmod(0o400)
    path.chmod(mode)


EXPLAINED = [link, link_in_another_folder, write_protect, annex]
UNEXPLAINED = [link_and_remove, rename_and_back, touch, protect_and_back]


@pytest.mark.requires("POSIX")
@pytest.mark.usefixtures("silence")
@pytest.mark.parametrize("act", EXPLAINED)
def test_changes_of_status_that_explain_themselves_are_no_alarm(act: Act, path: Path):
    img = volio.load(path)
    assert np.array_equal(img.dataobj[..., 3], VOXELS[..., 3])
    before = FileSource(path)
    act(path)
    assert np.array_equal(img.dataobj[..., 4], VOXELS[..., 4])
    assert np.array_equal(pickle.loads(pickle.dumps(img)).dataobj[..., 5], VOXELS[..., 5])
    assert before.read(352, 4) == VOXELS.tobytes("F")[:4]


@pytest.mark.requires("POSIX")
@pytest.mark.usefixtures("silence")
@pytest.mark.parametrize("act", [*EXPLAINED, *UNEXPLAINED])
def test_before_voxels_are_read_nothing_is_an_alarm(act: Act, path: Path):
    img = volio.load(path)
    act(path)
    assert np.array_equal(img.dataobj[..., 4], VOXELS[..., 4])
    assert np.array_equal(np.asanyarray(img.dataobj), VOXELS)


@pytest.mark.requires("POSIX")
@pytest.mark.parametrize("act", UNEXPLAINED)
def test_what_may_be_an_edit_is_warned_of_once_and_read(act: Act, path: Path):
    img = volio.load(path)
    img.dataobj[..., 3]
    act(path)
    with pytest.warns(UncheckedWarning, match=r"a\.nii: may have changed since it was opened"):
        assert np.array_equal(img.dataobj[..., 4], VOXELS[..., 4])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.array_equal(img.dataobj[..., 5], VOXELS[..., 5])


@pytest.mark.requires("POSIX")
def test_an_edit_of_the_header_is_an_error(path: Path):
    img = volio.load(path)
    edit_header(path)
    with pytest.raises(SourceChangedError, match="edited in place, and its time of change put"):
        img.dataobj[..., 4]
    assert volio.load(path).dataobj[0, 0, 1] == 1


@pytest.mark.requires("POSIX")
def test_an_edit_of_voxels_is_warned_of_where_some_were_read(path: Path):
    img = volio.load(path)
    img.dataobj[..., 3]
    edit_voxels(path)
    with pytest.warns(UncheckedWarning, match="edited in place and its time put back"):
        assert img.dataobj[19, 19, 19] == VOXELS[19, 19, 19] ^ 1


@pytest.mark.requires("POSIX")
@pytest.mark.usefixtures("silence")
def test_voxels_that_were_edited_before_any_was_read_are_the_new_ones(path: Path):
    img = volio.load(path)
    edit_voxels(path)
    expected = VOXELS.copy()
    expected[19, 19, 19] ^= 1
    assert np.array_equal(np.asanyarray(img.dataobj), expected)


@pytest.mark.requires("POSIX")
@pytest.mark.usefixtures("silence")
def test_chunks_that_were_edited_in_place_are_decoded_again(tmp_path: Path):
    volio.save(volio.Nifti1Image(VOXELS, np.eye(4)), tmp_path / "a.ome.zarr", compression=0)
    img = volio.load(tmp_path / "a.ome.zarr")
    found = np.asanyarray(img.dataobj).copy()
    chunks = [each for each in (tmp_path / "a.ome.zarr").rglob("*") if each.stat().st_size > 5000]
    assert chunks
    for chunk in chunks:
        edit(chunk, 0)
    link(tmp_path / "a.ome.zarr" / "zarr.json")  # metadata: no alarm
    assert not np.array_equal(np.asanyarray(img.dataobj), found)


@pytest.mark.requires("POSIX")
@pytest.mark.usefixtures("silence")
def test_a_save_that_was_taken_back_is_no_alarm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    volio.save(volio.Nifti1Pair(VOXELS, np.eye(4)), tmp_path / "a.hdr")
    time.sleep(TICK)
    img = volio.load(tmp_path / "a.hdr")
    img.dataobj[..., 3]
    place = atomic.replace

    def failing(source: Path, target: Path) -> None:
        if str(target).endswith(".hdr"):
            raise OSError("no more")
        place(source, target)

    monkeypatch.setattr(atomic, "replace", failing)
    time.sleep(TICK)
    with pytest.raises(OSError, match="no more"):
        volio.save(volio.Nifti1Pair(VOXELS + 1, np.eye(4)), tmp_path / "a.hdr")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.hdr", "a.img"]
    assert np.array_equal(img.dataobj[..., 4], VOXELS[..., 4])


@pytest.mark.requires("POSIX")
@pytest.mark.usefixtures("silence")
def test_readers_do_not_mind_saves_of_pairs_by_others(tmp_path: Path):
    """The old voxels get a second name for a moment."""
    volio.save(volio.Nifti1Pair(VOXELS, np.eye(4)), tmp_path / "a.hdr")
    img = volio.load(tmp_path / "a.hdr")
    img.dataobj[..., 3]
    script = "import sys, volio; img = volio.load(sys.argv[1]); volio.save(img, sys.argv[1])"
    subprocess.run([sys.executable, "-c", script, tmp_path / "a.hdr"], check=True)
    with pytest.raises(SourceChangedError, match="size, time and inode were"):
        img.dataobj[..., 4]
    assert np.array_equal(volio.load(tmp_path / "a.hdr").dataobj[..., 4], VOXELS[..., 4])


@pytest.mark.requires("POSIX")
@pytest.mark.usefixtures("silence")
def test_a_file_that_is_replaced_while_it_is_opened_is_not_that_one(
    path: Path, monkeypatch: pytest.MonkeyPatch
):
    img = volio.load(path)
    img.dataobj[..., 3]

    def opened_and_replaced(name: str) -> io.FileIO:
        file = io.FileIO(name)
        other = path.with_name("other")
        other.write_bytes(path.read_bytes())
        # As a save does. Afterwards the old file has one link again, of another name.
        os.link(path, path.with_name("old"))
        other.replace(path)
        return file

    monkeypatch.setattr(source, "FileIO", opened_and_replaced)
    with pytest.raises(SourceChangedError, match="another file is in its place now"):
        img.dataobj[..., 4]


@pytest.mark.requires("POSIX")
@pytest.mark.usefixtures("silence")
def test_where_the_time_of_the_status_is_another_it_is_not_used(
    path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(file_status, "HAS_STATUS_TIME", False)
    img = volio.load(path)
    img.dataobj[..., 3]
    touch(path)
    assert np.array_equal(img.dataobj[..., 4], VOXELS[..., 4])


def test_own_changes_are_forgotten_in_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(file_status, "_OWN", {})
    monkeypatch.setattr(file_status, "MOST", 2)
    signatures = []
    for number in range(3):
        (tmp_path / str(number)).touch()
        file_status.note_own_change(tmp_path / str(number))
        signatures.append(file_status.file_signature((tmp_path / str(number)).stat()))
    file_status.note_own_change(tmp_path / "missing")
    assert [file_status.is_own_change(each) for each in signatures] == [False, True, True]
