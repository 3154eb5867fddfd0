"""Folders that a save replaces: whole after failures, kills, and while others look."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import numpy as np
import pytest

import volio
from volio.errors import ImageFileError, MissingFileError, SourceChangedError
from volio.files.saving import folder as folder_module
from volio.files.saving.exchange import exchanged
from volio.files.saving.folder import replaced_folder
from volio.tests.formats.zarr_saves import ARRAY, Noting, contents, image, names

pytestmark = pytest.mark.usefixtures("syncs")


@pytest.fixture
def no_exchange(monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that cannot exchange two names in one step."""
    monkeypatch.setattr(folder_module, "exchanged", lambda one, other: False)


def test_an_image_may_be_saved_over_the_folder_that_it_is_read_from(tmp_path: Path, syncs: list):
    path = tmp_path / "a.ome.zarr"
    volio.save(image(), path, chunks=(8, 8, 8))
    assert syncs == []
    img = volio.load(path)
    part = img.slicer[::-1, 2:, :]
    part.to_filename(path, chunks=(8, 8, 8))
    assert syncs == [1]  # before the old folder went
    for found in (part, volio.load(path)):
        np.testing.assert_array_equal(found.dataobj, ARRAY[::-1, 2:])
    with pytest.raises(SourceChangedError, match="has been replaced by another folder"):
        np.asarray(img.dataobj)
    assert names(tmp_path) == ["a.ome.zarr"]


def test_scratch_folders_do_not_wait_for_the_disk(tmp_path: Path, syncs: list):
    path = tmp_path / "a.ome.zarr"
    with volio.options(durable=False):
        volio.save(image(), path)
        volio.save(image(), path)
    assert syncs == []
    np.testing.assert_array_equal(volio.load(path).dataobj, ARRAY)


class Failing(Noting):
    """An array whose last voxels cannot be read."""

    def fill(self, out: np.ndarray, box: tuple) -> None:
        if box[2][1] == self.shape[2]:
            raise OSError("the disk is gone")
        super().fill(out, box)


@pytest.mark.parametrize("there", [False, True])
@pytest.mark.parametrize("fault", ["read", "write", "rename"])
@pytest.mark.usefixtures("no_exchange")
def test_a_failing_save_leaves_the_old_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool, fault: str
):
    path = tmp_path / "a.ome.zarr"
    if there:
        volio.save(image(), path, chunks=(8, 8, 8))
    before = contents(tmp_path)
    array = np.ones((16, 16, 400), np.float32)
    img = volio.OmeZarrImage((Failing if fault == "read" else Noting)(array), np.eye(4))
    count = 0

    def failing(self: Path, *arguments: object) -> None:
        nonlocal count
        count += 1
        if fault == "rename" or count > 5:
            raise OSError(28, "No space left on device")
        with self.open("wb") as file:
            file.write(*arguments)

    if fault != "read":
        name = "write_bytes" if fault == "write" else "rename"
        monkeypatch.setattr(Path, name, failing)
    with pytest.raises(OSError, match=r"the disk is gone|No space left"):
        img.to_filename(path, dtype=np.float32, chunks=(8, 8, 8))
    assert contents(tmp_path) == before
    assert names(tmp_path) == (["a.ome.zarr"] if there else [])


@pytest.mark.usefixtures("no_exchange")
def test_the_second_rename_of_an_exchange_that_fails_is_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    target = tmp_path / "a.zarr"
    target.mkdir()
    (target / "zarr.json").write_text("old")
    rename = Path.rename
    calls = []

    def failing(self: Path, to: Path) -> Path:
        calls.append(self.name)
        if len(calls) == 2:
            raise OSError("no")
        return rename(self, to)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(OSError, match="no"), replaced_folder(target, ["zarr.json"]) as new:
        (new / "zarr.json").write_text("new")
    assert (target / "zarr.json").read_text() == "old"
    assert names(tmp_path) == ["a.zarr"]


@pytest.mark.requires("POSIX")
def test_what_killed_saves_have_left_is_tidied_up_and_living_ones_are_let_be(tmp_path: Path):
    target = tmp_path / "a.zarr"
    old = tmp_path / f".a.zarr.x{folder_module.OLD}"
    old.mkdir()
    (old / "zarr.json").write_text("old")  # killed between the two renames
    (tmp_path / f".a.zarr.y{folder_module.NEW}").mkdir()
    with replaced_folder(target, ["zarr.json"]) as first:
        assert (target / "zarr.json").read_text() == "old"
        assert names(tmp_path) == sorted(["a.zarr", first.name])
        with replaced_folder(target, ["zarr.json"]) as second:
            assert first.is_dir()
            (second / "zarr.json").write_text("second")
        (first / "zarr.json").write_text("first")
    assert (target / "zarr.json").read_text() == "first"
    assert names(tmp_path) == ["a.zarr"]


KILLED = """
import os, signal, sys
from pathlib import Path
import numpy as np
import volio
from volio.files.saving import folder
method, number = sys.argv[2], int(sys.argv[3])
whole = getattr(Path, method)
calls = []
def killed(*arguments):
    calls.append(1)
    if len(calls) == number:
        os.kill(os.getpid(), signal.SIGKILL)
    return whole(*arguments)
setattr(Path, method, killed)
folder.exchanged = lambda one, other: False  # a system with renames alone
img = volio.OmeZarrImage(np.ones((40, 40, 40), np.uint8), np.eye(4))
volio.save(img, sys.argv[1], chunks=(8, 8, 8))
"""


@pytest.mark.requires("POSIX")
@pytest.mark.parametrize(("method", "number"), [("write_bytes", 20), ("rename", 2)])
def test_a_killed_save_leaves_the_old_folder_or_what_the_next_one_puts_back(
    tmp_path: Path, method: str, number: int
):
    path = tmp_path / "a.ome.zarr"
    volio.save(image(), path, chunks=(8, 8, 8))
    before = contents(path)
    words = [sys.executable, "-c", KILLED, str(path), method, str(number)]
    assert subprocess.run(words, check=False).returncode == -signal.SIGKILL
    assert len(names(tmp_path)) == 2
    assert path.exists() == (method == "write_bytes")  # between the renames there is none
    if not path.exists():
        with pytest.raises(MissingFileError, match=r"killed has left the old one as .*\.old\.part"):
            volio.load(path)
    with pytest.raises(KeyError, match="stop"), replaced_folder(path, ["zarr.json"]):
        raise KeyError("stop")
    assert contents(tmp_path / "a.ome.zarr") == before
    assert names(tmp_path) == ["a.ome.zarr"]


def test_other_folders_and_files_are_not_replaced(tmp_path: Path):
    folder = tmp_path / "results.zarr"
    folder.mkdir()
    (folder / "thesis.txt").write_text("all I have")
    with pytest.raises(ImageFileError, match="which is not replaced"):
        volio.save(image(), folder)
    assert (folder / "thesis.txt").read_text() == "all I have"
    file = tmp_path / "file.zarr"
    file.write_text("x")
    with pytest.raises(ImageFileError, match="is a file, and a folder is to be written"):
        volio.save(image(), file)
    with pytest.raises(MissingFileError, match="there is no folder"):
        volio.save(image(), tmp_path / "none" / "a.zarr")
    (folder / "thesis.txt").unlink()
    volio.save(image(), folder)  # an empty one is
    np.testing.assert_array_equal(volio.load(folder).dataobj, ARRAY)


@pytest.mark.requires("POSIX")
def test_links_and_permissions_stay(tmp_path: Path):
    real = tmp_path / "real.zarr"
    volio.save(image(), real)
    assert real.stat().st_mode & 0o777 == 0o777 & ~umask()
    real.chmod(0o750)
    (tmp_path / "link.zarr").symlink_to(real)
    volio.save(image(ARRAY[::-1]), tmp_path / "link.zarr")
    assert (tmp_path / "link.zarr").is_symlink()
    assert real.stat().st_mode & 0o777 == 0o750
    np.testing.assert_array_equal(volio.load(real).dataobj, ARRAY[::-1])


def umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_zip_files_hold_the_same_keys(tmp_path: Path):
    volio.save(image(), tmp_path / "a.zarr", chunks=(8, 8, 8))
    volio.save(image(), tmp_path / "a.ozx", chunks=(8, 8, 8))
    with zipfile.ZipFile(tmp_path / "a.ozx") as archive:
        packed = {name: archive.read(name) for name in archive.namelist()}
    assert packed == contents(tmp_path / "a.zarr")


@pytest.mark.requires("Linux")
def test_two_folders_exchange_their_names(tmp_path: Path):
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    assert exchanged(tmp_path / "one", tmp_path / "other")
    assert (tmp_path / "one" / "file").read_text() == "other"
    assert (tmp_path / "other" / "file").read_text() == "one"
    assert not exchanged(tmp_path / "one", tmp_path / "none")
    assert names(tmp_path) == ["one", "other"]


@pytest.mark.requires("Linux")
def test_the_name_always_leads_to_a_folder_while_it_is_replaced(tmp_path: Path):
    target = tmp_path / "a.zarr"
    target.mkdir()
    (target / "zarr.json").write_text("0")
    is_over = Event()
    seen: list[bool] = []

    def look() -> None:
        while not is_over.is_set():
            seen.append(target.exists())

    with ThreadPoolExecutor(1) as pool:
        looking = pool.submit(look)
        for number in range(100):
            with replaced_folder(target, ["zarr.json"]) as new:
                (new / "zarr.json").write_text(str(number))
        is_over.set()
        looking.result()
    assert len(seen) > 100
    assert all(seen)
    assert (target / "zarr.json").read_text() == "99"
    assert names(tmp_path) == ["a.zarr"]
