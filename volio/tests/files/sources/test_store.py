"""Folders as stores: ranges of bytes, keys that stay inside, and what is not a file."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

from volio.errors import ImageFileError, LimitError, MissingFileError
from volio.files.sources import store as module
from volio.files.sources.store import FolderStore

DATA = bytes(range(100))

SPANS = [
    (None, None, DATA),
    (10, 20, DATA[10:20]),
    (90, None, DATA[90:]),
    (None, 3, DATA[:3]),
    (-7, None, DATA[-7:]),
    (-200, None, DATA),
    (95, 300, DATA[95:]),
    (100, 110, b""),
    (500, 600, b""),
    (20, 10, b""),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.zarr" / "0" / "c").mkdir(parents=True)
    (tmp_path / "a.zarr" / "0" / "c" / "1").write_bytes(DATA)
    (tmp_path / "a.zarr" / "empty").write_bytes(b"")
    (tmp_path / "secret").write_bytes(b"secret")
    return tmp_path / "a.zarr"


@pytest.mark.parametrize(("start", "stop", "expected"), SPANS)
def test_ranges(folder: Path, start, stop, expected: bytes):
    assert FolderStore(folder).get("0/c/1", start, stop) == expected


def test_absent_keys_are_none_and_empty_files_are_not(folder: Path):
    store = FolderStore(folder)
    assert store.get("0/c/2") is None
    assert store.get("0/c") is None  # a folder
    assert store.get("0/c/1/2") is None  # below a file
    assert store.get("empty") == b""


def test_names(folder: Path):
    store = FolderStore(folder)
    assert store.names() == ("0", "empty")
    assert store.names("0/c") == ("1",)
    assert store.names("nothing") == ()


@pytest.mark.parametrize(
    "key",
    ["", "..", "../secret", "0/../../secret", "/etc/passwd", "0//1", "./0", "a\\b", "a\0b", "C:x"],
)
def test_keys_that_could_lead_out_are_refused(folder: Path, key: str):
    with pytest.raises(ImageFileError, match="is not a key inside it"):
        FolderStore(folder).get(key)


@pytest.mark.parametrize("link", ["0/c/out", "up"])
def test_links_out_of_the_folder_are_followed(folder: Path, link: str):
    (folder / link).symlink_to(folder.parent if link == "up" else folder.parent / "secret")
    key = "up/secret" if link == "up" else link
    assert FolderStore(folder).get(key) == b"secret"


def test_keys_lead_out_of_the_folder_where_that_is_allowed(folder: Path):
    store = FolderStore(folder, allow_external=True)
    assert store.get("../secret") == b"secret"
    for key in ("/etc/passwd", "0//1", "a\\b", "C:x"):
        with pytest.raises(ImageFileError, match="is not a key inside it"):
            store.get(key)


def test_links_inside_the_folder_and_to_it_are_followed(folder: Path):
    (folder / "again").symlink_to(folder / "0")
    (folder.parent / "link.zarr").symlink_to(folder)
    assert FolderStore(folder.parent / "link.zarr").get("again/c/1") == DATA


def test_pipes_are_refused_and_not_waited_for(folder: Path):
    os.mkfifo(folder / "pipe")
    with pytest.raises(ImageFileError, match="pipe: is not a regular file"):
        FolderStore(folder).get("pipe")


def test_no_more_than_a_gigabyte_is_read_at_once(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "LARGEST", 99)
    store = FolderStore(folder)
    with pytest.raises(LimitError, match=r"0/c/1: 100 bytes at once, at most 99"):
        store.get("0/c/1")
    assert store.get("0/c/1", 1) == DATA[1:]


def test_signatures_change_with_the_bytes(folder: Path):
    store = FolderStore(folder)
    before = store.signature("0/c/1")
    assert before == store.signature("0/c/1")
    (folder / "new").write_bytes(DATA[::-1])
    (folder / "new").replace(folder / "0" / "c" / "1")
    assert store.signature("0/c/1") != before
    assert store.signature("0/c/2") is None


def test_stores_pickle_and_outlive_a_change_of_the_working_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(folder.parent)
    store = FolderStore("a.zarr")
    monkeypatch.chdir("/")
    assert store.name == "a.zarr"
    assert store.get("0/c/1") == DATA
    again = pickle.loads(pickle.dumps(store))
    assert again.get("0/c/1") == DATA
    assert again.identity() == store.identity() == FolderStore(folder).identity()


def test_what_is_not_a_folder(folder: Path):
    with pytest.raises(MissingFileError, match="nothing: no such folder"):
        FolderStore(folder / "nothing")
    with pytest.raises(ImageFileError, match="empty: is a file, a folder is needed"):
        FolderStore(folder / "empty")
