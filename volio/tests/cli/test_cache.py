"""``volio cache``: lists what is kept of servers, and removes it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from volio.files.remote.disk_cache import DiskCache


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    cache = DiskCache(tmp_path / "tiles")
    cache.keep("https://a.example/1", bytes(1000))
    cache.keep("https://a.example/2", bytes(234))
    cache.keep("https://b.example:81/1", None)
    return cache.folder


def test_hosts_are_listed(run, kept: Path):
    ran = run("cache", "--folder", kept)
    assert ran.code == 0
    assert [line.split()[:2] for line in ran.out[:3]] == [
        ["host", "files"],
        ["a.example", "2"],
        ["b.example_81", "1"],
    ]
    assert ran.out[3].startswith(f"{kept}: 3 files of ")
    assert ran.out[3].endswith(" kept")
    assert len(run("cache", "--folder", kept).out) == 4


def test_json(run, kept: Path):
    found = json.loads("".join(run("cache", "--folder", kept, "--json").out))
    assert [(host["name"], host["files"]) for host in found] == [
        ("a.example", 2),
        ("b.example_81", 1),
    ]
    assert 1234 < found[0]["nbytes"] < 1234 + 2 * 200


def test_clear(run, kept: Path):
    ran = run("cache", "--folder", kept, "--clear")
    assert ran.code == 0
    assert ran.out[-1].endswith(" removed")
    assert list(kept.iterdir()) == []
    assert run("cache", "--folder", kept).out == [f"{kept}: 0 files of 0 bytes kept"]


def test_the_folder_of_the_environment(run, kept: Path, monkeypatch: pytest.MonkeyPatch):
    from volio.settings import options

    monkeypatch.setenv("VOLIO_CACHE_FOLDER", str(kept))
    options.reset()
    assert run("cache").code == 0
    monkeypatch.delenv("VOLIO_CACHE_FOLDER")
    options.reset()
    ran = run("cache")
    assert (ran.code, ran.out) == (2, [])
    assert ran.err == ["volio cache: no folder is set: --folder or VOLIO_CACHE_FOLDER names one"]
