"""HDF5 that h5py writes: data sets, ilastik, Imaris, BigDataViewer, and which of them a file is."""

from __future__ import annotations

import multiprocessing
import pickle
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

import volio
from volio.arrays.chunk_cache import chunk_cache
from volio.cli import main
from volio.errors import ImageFileError, MissingFileError, SourceChangedError, UsageError
from volio.testing.servers.web_server import Server, serving
from volio.tests.formats.hdf5_files import (
    VOLUME,
    axistags,
    bigdataviewer,
    h5py,
    imaris,
    plain,
    rng,
)
from volio.tests.formats.tensorstore_files import boxes
from volio.tests.requirements import require


def read(where: Path | str, **choices) -> np.ndarray:
    chunk_cache().clear()
    return np.asarray(volio.load(where, **choices).dataobj)


@pytest.mark.parametrize("dtype", ["bool", "u1", "i8", ">i2", "f2", "f4", ">f8", "c8", "c16"])
@pytest.mark.parametrize("chunks", [None, (4, 5, 6)])
def test_dtypes(tmp_path: Path, dtype: str, chunks):
    array = (VOLUME % 2 if dtype == "bool" else VOLUME % 251).astype(dtype)
    found = read(plain(tmp_path / "a.h5", array, chunks=chunks))
    assert found.dtype == np.dtype(dtype).newbyteorder("=")
    np.testing.assert_array_equal(found, array.T)


@pytest.mark.parametrize(
    "more",
    [
        {"compression": "gzip", "shuffle": True},
        {"compression": "lzf"},
        {"fletcher32": True},
        {"scaleoffset": 0},
        {"maxshape": (None, None, None)},
    ],
)
def test_filters(tmp_path: Path, more: dict):
    path = plain(tmp_path / "a.h5", chunks=(4, 5, 6), **more)
    np.testing.assert_array_equal(read(path), VOLUME.T)


def test_the_only_data_set_is_found_and_several_are_listed(tmp_path: Path):
    path = plain(tmp_path / "a.h5")
    with h5py.File(path, "a") as file:
        file["numbers"] = np.arange(5)
        file["text"] = "words"
    np.testing.assert_array_equal(read(path), VOLUME.T)
    with h5py.File(path, "a") as file:
        file["volume/other"] = VOLUME[0]
    with pytest.raises(ImageFileError, match=r"several data sets: volume/data \(13, 18, 21\), vol"):
        volio.load(path)
    np.testing.assert_array_equal(read(path, path="/volume/other")[..., 0], VOLUME[0].T)
    with pytest.raises(ImageFileError, match="no: there is no such group or data set"):
        volio.load(path, path="no")
    with h5py.File(path, "w") as file:
        file["text"] = "words"
    with pytest.raises(ImageFileError, match="has no data set of numbers"):
        volio.load(path)


def test_axes_of_ilastik(tmp_path: Path):
    array = rng.integers(0, 255, (2, 3, 4, 5, 6)).astype(np.uint8)
    tags = axistags("tczyx", x=0.5, y=0.5, z=2, t=4)
    img = volio.load(plain(tmp_path / "a.h5", array, {"axistags": tags}))
    assert img.header.axes == ("x", "y", "z", "t", "c")
    np.testing.assert_array_equal(img.dataobj, array.transpose(4, 3, 2, 0, 1))
    np.testing.assert_allclose(img.affine, np.diag([0.5, 0.5, 2, 1]))
    assert img.header.get_zooms() == (0.5, 0.5, 2, 4, 1)
    img = volio.load(plain(tmp_path / "a.h5", array, {"axistags": axistags("xyzct")}))
    np.testing.assert_array_equal(img.dataobj, array.transpose(0, 1, 2, 4, 3))
    assert img.affine is None


def test_labels_of_dimensions_and_letters(tmp_path: Path):
    path = plain(tmp_path / "a.h5")
    assert volio.load(path).header.file_axes == ("z", "y", "x")
    with h5py.File(path, "a") as file:
        for dim, label in zip(file["volume/data"].dims, "xyc", strict=True):
            dim.label = label
    np.testing.assert_array_equal(read(path)[:, :, 0, 0], VOLUME)
    np.testing.assert_array_equal(read(path, axes="XYZ"), VOLUME)
    with pytest.raises(UsageError, match="axes: must be 3 different letters"):
        volio.load(path, axes="XY")


def test_sizes_in_micrometres(tmp_path: Path):
    img = volio.load(plain(tmp_path / "a.h5", attributes={"element_size_um": [2, 0.5, 0.25]}))
    np.testing.assert_allclose(img.affine, np.diag([0.25e-3, 0.5e-3, 2e-3, 1]))
    assert (img.header.unit, img.header.anatomical) == ("micrometer", False)
    flat = plain(tmp_path / "b.h5", VOLUME[0], {"element_size_um": [2, 0.5, 0.25]})
    np.testing.assert_allclose(volio.load(flat).affine[:2, :2], np.diag([0.25e-3, 0.5e-3]))


def test_scales_of_dimensions(tmp_path: Path):
    path = plain(tmp_path / "a.h5")
    with h5py.File(path, "a") as file:
        node = file["volume/data"]
        for dim, name, step in zip(node.dims, "zyx", (2, 0.5, 0.25), strict=True):
            length = node.shape["zyx".index(name)]
            scale = file.create_dataset(name, data=10 + step * np.arange(length))
            scale.attrs["units"] = "um"
            scale.make_scale(name)
            dim.attach_scale(scale)
    img = volio.load(path)
    np.testing.assert_allclose(img.affine[:3, :3], np.diag([0.25e-3, 0.5e-3, 2e-3]))
    np.testing.assert_allclose(img.affine[:3, 3], 10e-3)
    with h5py.File(path, "a") as file:
        file["x"][3] = 0  # not even any more
    assert volio.load(path).affine[0, 0] == 1


IMARIS = rng.integers(0, 60_000, (2, 3, 13, 18, 21)).astype(np.uint16)


def test_imaris(tmp_path: Path):
    img = volio.load(imaris(tmp_path / "a.ims", IMARIS))
    assert img.header.axes == ("x", "y", "z", "t", "c")
    np.testing.assert_array_equal(img.dataobj, IMARIS.transpose(4, 3, 2, 0, 1))
    # The border of the first voxel is at 10, -5 and 0 um; voxels are 0.5, 0.5 and 2 um long.
    np.testing.assert_allclose(img.affine[:3, 3], [10.25e-3, -4.75e-3, 1e-3])
    np.testing.assert_allclose(img.affine[:3, :3], np.diag([0.5e-3, 0.5e-3, 2e-3]))
    assert img.header.time_step == pytest.approx(2.5)
    assert img.header.channel_names == ("stain 0", "stain 1", "stain 2")
    assert img.header.channel_colors == ("FF8000",) * 3
    assert img.header.windows == ((5.0, 99.0),) * 3
    fine, coarse = img.levels
    assert coarse.shape == (11, 9, 7, 2, 3)
    np.testing.assert_array_equal(
        coarse.dataobj, IMARIS[..., ::2, ::2, ::2].transpose(4, 3, 2, 0, 1)
    )
    # The same extents, of fewer voxels.
    np.testing.assert_allclose(np.diag(coarse.affine)[:3], [10.5e-3 / 11, 9e-3 / 9, 26e-3 / 7])
    assert fine.dataobj.chunks == (8, 8, 8, 1, 1)
    assert volio.load(tmp_path / "a.ims", level=1).shape == coarse.shape


def test_imaris_of_one_volume_and_by_path(tmp_path: Path):
    path = imaris(tmp_path / "a.ims", IMARIS[:1, :1], sized=False)
    img = volio.load(path)
    assert img.header.axes == ("x", "y", "z")
    np.testing.assert_array_equal(img.dataobj, IMARIS[0, 0].T)
    assert img.levels[1].shape == (16, 16, 8)  # nothing says what fills it up
    alone = volio.load(path, path="DataSet/ResolutionLevel 0/TimePoint 0/Channel 0/Data")
    assert alone.shape == (24, 24, 16)


def test_bigdataviewer(tmp_path: Path):
    path = bigdataviewer(tmp_path / "a.h5", {0: VOLUME, 1: VOLUME // 2})
    img = volio.load(path)
    assert img.get_data_dtype() == np.uint16  # stored as if they had a sign
    assert img.header.axes == ("x", "y", "z", "t", "c")
    found = np.asarray(img.dataobj)
    np.testing.assert_array_equal(found[..., 1, 0], VOLUME.T + 1)
    np.testing.assert_array_equal(found[..., 0, 1], VOLUME.T // 2)
    np.testing.assert_array_equal(
        np.asarray(img.levels[1].dataobj)[..., 0, 0], VOLUME.T[::2, ::2, ::2]
    )
    assert img.affine is None
    one = volio.load(path, path="s01")
    np.testing.assert_array_equal(np.asarray(one.dataobj)[..., 0], VOLUME.T // 2)
    bigdataviewer(path, {0: VOLUME, 3: VOLUME[1:]})
    with pytest.raises(ImageFileError, match=r"s00 \(13, 18, 21\), s03 \(12, 18, 21\); path='s00'"):
        volio.load(path)
    assert volio.load(path, path="s03").shape == (21, 18, 12, 2)


def test_what_is_inside_says_whether_it_is_minc(tmp_path: Path):
    minc = tmp_path / "a.mnc"
    volio.save(volio.Nifti1Image(VOLUME.astype(np.int16), np.eye(4)), minc, format="minc2")
    other = plain(tmp_path / "b.h5")
    for source, name in ((minc, "minc2"), (other, "hdf5")):
        for target in ("c.mnc", "c.h5", "c", "c.ims"):
            shutil.copy(source, tmp_path / target)
            assert volio.identify(tmp_path / target).name == name
        assert volio.identify(source.read_bytes()).name == name
    far = tmp_path / "far.mnc"  # a name of the root that is not among the first bytes
    with h5py.File(far, "w") as file:
        for number in range(300):
            file.create_group(f"group {number}")
        file.create_group("minc-2.0")
    assert b"minc-2.0" not in far.read_bytes()[:4096]
    assert volio.identify(far).name == "minc2"


def test_a_damaged_file_goes_by_its_name(tmp_path: Path):
    data = plain(tmp_path / "a.h5").read_bytes()[:100]
    for name, format in (("a.h5", "hdf5"), ("a.mnc", "minc2")):
        (tmp_path / name).write_bytes(data)
        assert volio.identify(tmp_path / name).name == format
    with pytest.raises(volio.errors.AmbiguousFormatError, match="MINC2 and HDF5"):
        volio.identify(data)


@pytest.fixture(scope="module")
def dataobjs(tmp_path_factory: pytest.TempPathFactory):
    """A chunked data set, one without chunks, and a volume of Imaris."""
    folder = tmp_path_factory.mktemp("hdf5")
    return [
        volio.load(plain(folder / "a.h5", chunks=(4, 5, 6), compression="gzip")).dataobj,
        volio.load(plain(folder / "b.h5")).dataobj,
        volio.load(imaris(folder / "c.ims", VOLUME[np.newaxis, np.newaxis])).dataobj,
    ]


@settings(max_examples=40, deadline=None)
@given(boxes())
def test_any_box_is_the_slice_of_the_whole(dataobjs, box):
    for dataobj in dataobjs:
        np.testing.assert_array_equal(dataobj[box], VOLUME.T[box])


def _sum(dataobj) -> int:
    return int(np.asarray(dataobj).sum())


def test_threads_pickles_and_other_processes(dataobjs):
    require("fork")
    for dataobj in dataobjs:
        chunk_cache().clear()
        assert len(pickle.dumps(dataobj)) < 2000
        again = pickle.loads(pickle.dumps(dataobj))
        with ThreadPoolExecutor(8) as pool:
            planes = list(pool.map(again.__getitem__, [(..., z) for z in range(13)]))
        np.testing.assert_array_equal(np.stack(planes, -1), VOLUME.T)
    with multiprocessing.get_context("fork").Pool(1) as pool:
        assert pool.map(_sum, dataobjs) == [int(VOLUME.sum())] * 3


def test_a_slice_reads_the_chunks_that_it_touches(tmp_path: Path):
    img = volio.load(plain(tmp_path / "a.h5", chunks=(13, 3, 3)))
    assert img.dataobj.chunks == (3, 3, 13)


def test_a_file_that_another_program_changes(tmp_path: Path):
    path = plain(tmp_path / "a.h5", chunks=(4, 5, 6))
    img = volio.load(path)
    plain(path, VOLUME[:5], chunks=(4, 5, 6))
    with pytest.raises(SourceChangedError, match=r"a\.h5.* has changed"):
        img.dataobj[0]


def test_files_on_a_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("no_proxy", "*")
    with serving(Server()) as server:
        server.files["/a.h5"] = plain(tmp_path / "a.h5", chunks=(4, 5, 6)).read_bytes()
        np.testing.assert_array_equal(read(f"{server.url}/a.h5"), VOLUME.T)


def linked(folder: Path) -> Path:
    """Write a file of which groups and data sets are links to others."""
    (folder / "in").mkdir()
    plain(folder / "in" / "near.h5")
    plain(folder / "far.h5", VOLUME[1:])
    with h5py.File(folder / "in" / "a.h5", "w") as file:
        file["near"] = h5py.ExternalLink("near.h5", "volume")
        file["far"] = h5py.ExternalLink("../far.h5", "/volume/data")
        file["soft"] = h5py.SoftLink("/near/data")
        file["round"] = h5py.ExternalLink("a.h5", "/round")
        file["nowhere"] = h5py.ExternalLink("none.h5", "/x")
    return folder / "in" / "a.h5"


def test_links(tmp_path: Path):
    path = linked(tmp_path)
    for name in ("near/data", "near", "soft"):
        np.testing.assert_array_equal(read(path, path=name), VOLUME.T)
    with pytest.raises(ImageFileError, match=r"far\.h5: is out of the folder.*allow_external=True"):
        volio.load(path, path="far")
    np.testing.assert_array_equal(read(path, path="far", allow_external=True), VOLUME[1:].T)
    with pytest.raises(ImageFileError, match="more than 8 links"):
        volio.load(path, path="round")
    with pytest.raises(MissingFileError, match=r"none\.h5"):
        volio.load(path, path="nowhere")
    with pytest.raises(ImageFileError, match="bytes have no folder"):
        volio.load(path.read_bytes(), path="near")


def test_commands(tmp_path: Path, capsys: pytest.CaptureFixture):
    path = imaris(tmp_path / "a.ims", IMARIS)
    plain(tmp_path / "b.hdf5")
    assert main(["ls", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "a.ims   uint16  21x18x13x2x3" in out
    assert "b.hdf5  uint16  21x18x13" in out
    assert main(["convert", f"{path}@level=1", str(tmp_path / "a.ome.zarr")]) == 0
    again = volio.load(tmp_path / "a.ome.zarr")
    np.testing.assert_array_equal(
        again.dataobj, IMARIS[..., ::2, ::2, ::2].transpose(4, 3, 2, 0, 1)
    )
    assert again.header.channel_names == ("stain 0", "stain 1", "stain 2")
    assert main(["view", str(path), "--png", str(tmp_path / "a.png")]) == 0
