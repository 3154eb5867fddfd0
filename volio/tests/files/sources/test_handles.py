from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import volio
from volio.errors import SourceChangedError
from volio.files.sources import handles
from volio.files.sources.source import FileSource
from volio.settings import options


@pytest.fixture(autouse=True)
def empty_shelf():
    handles.close_unused()
    yield
    handles.close_unused()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    return path


def kept() -> list[handles.Handle]:
    return list(handles._SHELF.kept.values())


def test_files_do_not_stay_open(path: Path):
    assert FileSource(path).read(2, 3) == b"234"
    assert kept() == []


def test_files_stay_open_where_asked(path: Path):
    source = FileSource(path)
    with options(keep_file_open=True):
        assert source.read(2, 3) == b"234"
        (handle,) = kept()
        assert FileSource(path).read(5, 2) == b"56"
    assert kept() == [handle]
    assert not handle.raw.closed
    handles.close_unused()
    assert handle.raw.closed


def test_only_so_many_stay_open_and_those_in_use_work(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(handles, "MOST", 3)
    paths = [tmp_path / str(number) for number in range(10)]
    for path in paths:
        path.write_bytes(path.name.encode())
    with options(keep_file_open=True):
        readers = [FileSource(path).open() for path in paths]
        assert len(kept()) == 3
        assert [reader.read(0, 1).decode() for reader in readers] == [p.name for p in paths]
        for reader in readers:
            reader.close()
            reader.close()
        assert sum(not handle.raw.closed for handle in kept()) == 3


def test_a_replaced_file_is_noticed(path: Path):
    source = FileSource(path)
    with options(keep_file_open=True):
        source.read(0, 1)
        new = path.with_name("new")
        new.write_bytes(b"abcdefghij")
        new.replace(path)
        with pytest.raises(SourceChangedError, match="has changed"):
            source.read(0, 1)
        assert FileSource(path).read(0, 2) == b"ab"
        path.unlink()
        with pytest.raises(SourceChangedError, match="vanished"):
            source.read(0, 1)


def test_a_proxy_has_a_choice_of_its_own(path: Path):
    volio.ArrayProxy(path, ((10,), "u1"), keep_file_open=True).read()
    assert len(kept()) == 1
    handles.close_unused()
    proxy = volio.ArrayProxy(path, ((10,), "u1"), keep_file_open=False)
    with options(keep_file_open=True):
        proxy.read()
    assert kept() == []


@pytest.mark.requires("POSIX")
@pytest.mark.parametrize("keep", ["0", "1"])
def test_ten_thousand_images_hold_few_handles(tmp_path: Path, keep: str):
    script = """
import resource, sys
import numpy as np, volio
resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))
names = [f"{sys.argv[1]}/{number}.nii{'.gz' * (number % 2)}" for number in range(150)]
for number, name in enumerate(names):
    volio.Nifti1Image(np.full((2, 2, 2), number, np.int16), np.eye(4)).to_filename(name)
proxies = [volio.load(name).dataobj for name in names]
images = [proxies[number % 150].reshape(8) for number in range(10_000)]
assert all(images[number][5] == number % 150 for number in range(0, 10_000, 7))
"""
    environment = {**os.environ, "VOLIO_KEEP_FILE_OPEN": keep}
    subprocess.run([sys.executable, "-c", script, tmp_path], check=True, env=environment)
