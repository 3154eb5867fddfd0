"""Virtual data sets of HDF5: boxes of others, in files of the folder and elsewhere."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

import volio
from volio.errors import HeaderDataError, ImageFileError, LimitError, MissingFileError
from volio.tests.formats.hdf5_files import VOLUME, h5py, plain


def virtual(path: Path, layout, **options) -> Path:
    """Write a virtual data set; return the path of the file."""
    with h5py.File(path, "w", libver="latest") as file:
        file.create_virtual_dataset("v", layout, **options)
    return path


def planes(folder: Path, name: str = "plane{}.h5") -> Path:
    """Write a file for each plane but the third, and one of all of them, of 7 where none is."""
    layout = h5py.VirtualLayout(VOLUME.shape, VOLUME.dtype)
    for z in range(len(VOLUME)):
        if z == 2:
            continue
        plain(folder / name.format(z), VOLUME[z])
        layout[z] = h5py.VirtualSource(name.format(z), "volume/data", VOLUME.shape[1:])
    return virtual(folder / "all.h5", layout, fillvalue=7)


def test_planes_in_files_of_their_own(tmp_path: Path):
    img = volio.load(planes(tmp_path))
    expected = VOLUME.copy()
    expected[2] = 7
    np.testing.assert_array_equal(img.dataobj, expected.T)
    np.testing.assert_array_equal(img.dataobj[3:17:2, ::-1, 1:4], expected.T[3:17:2, ::-1, 1:4])
    again = pickle.loads(pickle.dumps(img.dataobj))
    np.testing.assert_array_equal(again[..., 5], VOLUME[5].T)


def test_boxes_of_the_same_file(tmp_path: Path):
    path = plain(tmp_path / "a.h5", chunks=(4, 5, 6))
    layout = h5py.VirtualLayout((4, 6, 10), VOLUME.dtype)
    source = h5py.VirtualSource(".", "volume/data", VOLUME.shape)
    layout[:, :, :7] = source[2:6, 10:16, 3:10]
    layout[1:3, 2:4, 5:] = source[0:2, 0:2, 0:5]  # on top
    layout[0, 0, 9] = source[1, 2, 3]
    with h5py.File(path, "a", libver="latest") as file:
        file.create_virtual_dataset("v", layout)
    with h5py.File(path) as file:
        expected = file["v"][()]
    assert len(np.unique(expected)) > 100
    np.testing.assert_array_equal(volio.load(path, path="v").dataobj, expected.T)


def test_files_elsewhere(tmp_path: Path):
    (tmp_path / "in").mkdir()
    far = plain(tmp_path / "far.h5")
    for name in ("../far.h5", str(far)):
        layout = h5py.VirtualLayout(VOLUME.shape, VOLUME.dtype)
        layout[...] = h5py.VirtualSource(name, "volume/data", VOLUME.shape)
        path = virtual(tmp_path / "in" / "a.h5", layout)
        with pytest.raises(ImageFileError, match=r"far\.h5: is out of the folder.*allow_external"):
            volio.load(path)
        found = volio.load(path, allow_external=True)
        np.testing.assert_array_equal(found.dataobj, VOLUME.T)
    with pytest.raises(ImageFileError, match="bytes have no folder"):
        volio.load(path.read_bytes())


def test_parts_that_are_not_there_are_no_fill(tmp_path: Path):
    path = planes(tmp_path)
    (tmp_path / "plane5.h5").unlink()
    with pytest.raises(MissingFileError, match=r"plane5\.h5"):
        volio.load(path)
    plain(tmp_path / "plane5.h5", VOLUME[5, :-1])
    with pytest.raises(HeaderDataError, match="does not fit"):
        volio.load(path)
    plain(tmp_path / "plane5.h5", VOLUME[5].astype(np.int32))
    with pytest.raises(HeaderDataError, match="must have dtype uint16"):
        volio.load(path)
    with h5py.File(tmp_path / "plane5.h5", "w") as file:
        file["other"] = 5
    with pytest.raises(ImageFileError, match="there is no such data set"):
        volio.load(path)


def test_parts_that_are_not_read(tmp_path: Path):
    plain(tmp_path / "a.h5")
    layout = h5py.VirtualLayout((13, 18, 7), VOLUME.dtype)
    source = h5py.VirtualSource("a.h5", "volume/data", VOLUME.shape)
    layout[...] = source[:, :, ::3]
    with pytest.raises(HeaderDataError, match="parts that are not boxes"):
        volio.load(virtual(tmp_path / "b.h5", layout))
    layout = h5py.VirtualLayout((13, 18, 21), VOLUME.dtype)
    layout[...] = h5py.VirtualSource("b.h5", "v", (13, 18, 21))
    with pytest.raises(HeaderDataError, match="is virtual, within another one"):
        volio.load(virtual(tmp_path / "c.h5", layout))
    layout = h5py.VirtualLayout((1001, 2), VOLUME.dtype)
    for number in range(1001):
        layout[number] = h5py.VirtualSource("a.h5", "volume/data", VOLUME.shape)[0, 0, :2]
    with pytest.raises(LimitError, match="has 1001 parts, at most 1000"):
        volio.load(virtual(tmp_path / "d.h5", layout))
