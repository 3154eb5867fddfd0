from __future__ import annotations

import gzip
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

import volio
from volio.files.codecs import gzip_checkpoints
from volio.files.codecs.gzip_index_file import COUNT, HASH, MAGIC, load_checkpoints, next_to
from volio.files.codecs.source import CodecSource
from volio.files.opener import open_source
from volio.files.sources.source import FileSource


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(gzip_checkpoints, "SPACING", 1 << 16)
    monkeypatch.setattr("volio.files.codecs.decoding.PIECE", 1 << 14)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    gzip_checkpoints._begin_again()


@pytest.fixture
def array(folder: Path) -> np.ndarray:
    """The voxels of noise.nii.gz, compressed by another program."""
    array = np.random.default_rng(0).normal(0, 20, (40, 40, 20, 20)).astype(np.int16)
    plain = volio.Nifti1Image(array, np.eye(4)).to_bytes()
    (folder / "noise.nii.gz").write_bytes(gzip.compress(plain))
    return array


def loaded() -> int:
    """Places that a new process would have."""
    gzip_checkpoints._begin_again()
    return len(load_checkpoints(FileSource("noise.nii.gz")))


@pytest.mark.parametrize("words", [[], ["--cache"]])
def test_later_processes_begin_at_the_places(run, array: np.ndarray, words: list[str]):
    ran = run("index", *words, "noise.nii.gz")
    assert ran.code == 0
    count = int(ran.out[0].split()[1])
    assert count > 5
    assert Path("noise.nii.gz.places").exists() == (not words)
    assert loaded() == count
    proxy = volio.load("noise.nii.gz").dataobj
    assert isinstance(proxy.source, CodecSource)
    assert len(proxy.source._checkpoints().all()) == count
    np.testing.assert_array_equal(proxy[..., 17], array[..., 17])
    np.testing.assert_array_equal(proxy[:, 3, :, 4], array[:, 3, :, 4])


def test_places_of_another_file_are_not_used(run, array: np.ndarray):
    run("index", "noise.nii.gz")
    other = volio.Nifti1Image(array[::-1].copy(), np.eye(4)).to_bytes()
    Path("noise.nii.gz").write_bytes(gzip.compress(other))
    assert loaded() == 0
    np.testing.assert_array_equal(volio.load("noise.nii.gz").dataobj[..., 17], array[::-1, ..., 17])


@pytest.mark.parametrize("place", [0, 20, 50, 200, -1])
def test_damaged_files_of_places_are_not_used(run, array: np.ndarray, place: int):
    run("index", "noise.nii.gz")
    path = next_to(FileSource("noise.nii.gz"))
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)
    assert loaded() == 0
    path.write_bytes(data[:place])
    assert loaded() == 0


def test_places_that_are_counted_but_not_there_are_not_made_up(run, array: np.ndarray):
    run("index", "noise.nii.gz")
    known = loaded()
    path = next_to(FileSource("noise.nii.gz"))
    entries = bytearray(path.read_bytes()[:-HASH])
    at = len(MAGIC) + HASH
    assert COUNT.unpack_from(entries, at) == (known,)
    COUNT.pack_into(entries, at, known + 1)
    path.write_bytes(entries + sha256(entries).digest())
    assert loaded() == known


def test_files_that_need_no_index(run, folder: Path):
    noise = np.random.default_rng(0).normal(0, 20, (40, 40, 20, 20)).astype(np.int16)
    volio.save(volio.Nifti1Image(noise, np.eye(4)), "own.nii.gz")
    ran = run("index", "bold.nii", "own.nii.gz")
    assert ran.code == 0
    assert "is not compressed by gzip" in ran.out[0]
    assert open_source("own.nii.gz").table() is not None
    assert "places as it is" in ran.out[1]


def test_damaged_files_are_told(run, array: np.ndarray):
    packed = Path("noise.nii.gz").read_bytes()
    Path("noise.nii.gz").write_bytes(packed[:-3000])
    ran = run("index", "noise.nii.gz", "missing.nii.gz")
    assert ran.code == 2
    assert "without its end mark" in ran.err[0]
    assert not Path("noise.nii.gz.places").exists()
