"""OME-Zarr saved at addresses that fsspec writes to; files in memory stand for a bucket."""

from __future__ import annotations

import numpy as np
import pytest

import volio
from volio.errors import ImageFileError, RemoteError, UsageError
from volio.tests.requirements import optional

fsspec = optional("fsspec")

ARRAY = np.arange(20 * 9 * 8, dtype=np.int16).reshape(20, 9, 8)
WHERE = "memory://bucket/a.ome.zarr"


@pytest.fixture(autouse=True)
def bucket():
    """Begin and end with nothing in the file system."""
    files = fsspec.filesystem("memory")
    for each in files.ls("/", detail=False):
        files.rm(each, recursive=True)
    yield files
    for each in files.ls("/", detail=False):
        files.rm(each, recursive=True)


def image(array: np.ndarray = ARRAY):
    return volio.Nifti1Image(array, np.diag([1, 2, 3, 1]))


def test_an_image_is_saved_and_loaded(bucket, tmp_path):
    volio.save(image(), WHERE, chunks=(8, 8, 8))
    loaded = volio.load(WHERE)
    np.testing.assert_array_equal(loaded.dataobj, ARRAY)
    np.testing.assert_array_equal(loaded.affine, np.diag([1, 2, 3, 1]))
    assert loaded.levels[1].shape == (10, 9, 8)
    volio.save(image(), tmp_path / "a.ome.zarr", chunks=(8, 8, 8))
    on_disk = {
        p.relative_to(tmp_path / "a.ome.zarr") for p in tmp_path.glob("*/**/*") if p.is_file()
    }
    there = {path.removeprefix("/bucket/a.ome.zarr/") for path in bucket.find("/bucket")}
    assert there == set(map(str, on_disk))


def test_the_document_of_the_image_comes_last(bucket, monkeypatch):
    written = []
    whole = type(bucket).pipe_file

    def noting(self, path, value, **options):
        written.append(path)
        return whole(self, path, value, **options)

    monkeypatch.setattr(type(bucket), "pipe_file", noting)
    volio.save(image(), WHERE)
    assert len(written) == 3
    assert written[-1] == "/bucket/a.ome.zarr/zarr.json"


def test_nothing_of_an_old_image_is_left(bucket):
    volio.save(image(), WHERE, chunks=(4, 4, 4))
    volio.save(image(np.zeros_like(ARRAY)), WHERE, chunks=(8, 8, 8))
    np.testing.assert_array_equal(volio.load(WHERE).dataobj, 0 * ARRAY)
    assert all(path.endswith("zarr.json") for path in bucket.find("/bucket"))


def test_a_failure_leaves_no_half_image(bucket, monkeypatch):
    whole = type(bucket).pipe_file

    def failing(self, path, value, **options):
        if path.endswith("/2/0/0"):
            raise PermissionError("no more")
        return whole(self, path, value, **options)

    monkeypatch.setattr(type(bucket), "pipe_file", failing)
    with pytest.raises(RemoteError, match=r"^memory://bucket/a\.ome\.zarr/0/c/.*: no more"):
        volio.save(image(), WHERE, chunks=(8, 4, 3))
    assert bucket.find("/bucket") == []


def test_what_is_not_replaced(bucket):
    bucket.pipe_file("/bucket/a.ome.zarr/thesis.txt", b"all I have")
    with pytest.raises(ImageFileError, match=r"without zarr\.json or .* which is not replaced"):
        volio.save(image(), WHERE)
    assert bucket.find("/bucket") == ["/bucket/a.ome.zarr/thesis.txt"]
    bucket.pipe_file("/bucket/b.zarr", b"a file")
    with pytest.raises(ImageFileError, match="is a file"):
        volio.save(image(), "memory://bucket/b.zarr")
    volio.save(image(), "memory://bucket/c.zarr")
    with pytest.raises(UsageError, match="read from there"):
        volio.save(volio.load("memory://bucket/c.zarr"), "memory://bucket/c.zarr")
    np.testing.assert_array_equal(volio.load("memory://bucket/c.zarr").dataobj, ARRAY)


@pytest.mark.parametrize("name", ["https://host/a.zarr", "memory://bucket/a.nii", "s3://b/a.ozx"])
def test_other_addresses_are_refused(name):
    with pytest.raises(UsageError, match="cannot write there"):
        volio.save(image(), name)
