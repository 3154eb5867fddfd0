"""Tracts in HDF5 files of dipy: read, never written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import volio
from volio.errors import (
    CorruptFileError,
    GeometryWarning,
    ImageFileError,
    LimitError,
    UsageError,
)
from volio.formats.dpy import DpyTractogram
from volio.tests.requirements import optional

h5py = optional("h5py")

POINTS = np.arange(18, dtype="f4").reshape(6, 3) + 0.5


def written(
    folder: Path, points: Any = POINTS, offsets: Any = (0, 2, 2, 6), **options: Any
) -> Path:
    path = folder / "a.dpy"
    with h5py.File(path, "w") as file:
        group = file.create_group("streamlines")
        if points is not None:
            group.create_dataset("tracks", data=points, **options)
        if offsets is not None:
            group.create_dataset("offsets", data=np.asarray(offsets))
    return path


def test_points_and_offsets(tmp_path):
    found = volio.load(written(tmp_path, chunks=(4, 3), compression=1), space="scanner")
    assert isinstance(found, DpyTractogram)
    assert found.lengths_in_points.tolist() == [2, 0, 4]
    np.testing.assert_array_equal(found.points, POINTS)
    blocks = list(found.blocks(points=1))
    assert [len(block.points) for block in blocks] == [2, 0, 4]
    wide = volio.load(written(tmp_path, POINTS.astype(">f8") / 3), space="scanner")
    assert wide.points.dtype == np.float64
    np.testing.assert_array_equal(wide.points, POINTS.astype("f8") / 3)


def test_no_lines(tmp_path):
    for offsets in ([0], np.zeros(0, "i8")):
        found = volio.load(written(tmp_path, POINTS[:0], offsets), space="scanner")
        assert len(found) == len(found.points) == 0


def test_the_space_is_stated_by_the_caller(tmp_path):
    path = written(tmp_path)
    with pytest.warns(GeometryWarning, match="space='scanner' says"):
        assert volio.load(path).space == "unknown"
    with pytest.raises(UsageError, match="space: must be one of scanner, unknown"):
        volio.load(path, space="voxel")


def test_files_are_not_written(tmp_path):
    found = volio.load(written(tmp_path), space="scanner")
    with pytest.raises(ImageFileError, match="cannot be written, only read"):
        found.to_filename(tmp_path / "b.dpy")
    volio.save(found, tmp_path / "b.trx")
    np.testing.assert_array_equal(volio.load(tmp_path / "b.trx").points, POINTS)


@pytest.mark.parametrize(
    ("points", "offsets", "message"),
    [
        (None, [0, 6], "has no streamlines/tracks"),
        (POINTS, None, "has no streamlines/offsets"),
        (POINTS.astype("i4"), [0, 6], "tracks: must be points, got int32"),
        (POINTS[:, :2], [0, 6], r"tracks: must be points, got float32 of shape \(6, 2\)"),
        (POINTS, [0.0, 6.0], "offsets: must be whole numbers, got float64"),
        (POINTS, [[0, 6]], "offsets: must be whole numbers"),
        (POINTS, [0, 7], "must ascend from 0 to 6 points"),
        (POINTS, [1, 6], "must ascend from 0 to 6 points"),
        (POINTS, [0, 4, 2, 6], "must ascend from 0 to 6 points"),
        (POINTS, [-1, 6], "must ascend from 0 to 6 points"),
        (POINTS, [0, 5], "must ascend from 0 to 6 points"),
    ],
)
def test_data_sets_that_do_not_fit_are_refused(points, offsets, message, tmp_path):
    path = written(tmp_path, points, offsets)

    def read() -> None:
        volio.load(path, space="scanner").points  # noqa: B018

    with pytest.raises(CorruptFileError, match=message):
        read()


def test_more_points_than_the_file_has_are_refused(tmp_path):
    path = tmp_path / "a.dpy"
    with h5py.File(path, "w") as file:
        file.create_dataset("streamlines/tracks", (10**9, 3), "f4", chunks=(1000, 3))
        file["streamlines/offsets"] = np.array([0, 10**9])
    with pytest.raises(LimitError, match="needs 12000000000 bytes, the file has 0 for it"):
        volio.load(path, space="scanner")


def test_links_into_other_files_are_not_followed(tmp_path):
    other = written(tmp_path)
    path = tmp_path / "b.dpy"
    with h5py.File(path, "w") as file:
        file["streamlines"] = h5py.ExternalLink(str(other), "/streamlines")
    with pytest.raises(CorruptFileError, match="has no streamlines/tracks and no"):
        volio.load(path, space="scanner")


def test_other_hdf5_files_are_images(tmp_path):
    path = tmp_path / "a.dpy"
    with h5py.File(path, "w") as file:
        file["volume"] = np.zeros((2, 3, 4), "u1")
    assert volio.identify(path).name == "hdf5"
