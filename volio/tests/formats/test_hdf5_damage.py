"""HDF5: values in other files, filters that are not there, attributes that make no sense."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import volio
from volio.errors import (
    CorruptFileError,
    HeaderDataError,
    ImageFileError,
    LimitError,
    VolioError,
)
from volio.tests.formats.hdf5_files import (
    VOLUME,
    axistags,
    bigdataviewer,
    characters,
    h5py,
    imaris,
    plain,
)


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"axistags": "{"}, "axistags: is not JSON"),
        ({"axistags": "[1]"}, "axistags: makes no sense"),
        ({"axistags": '{"axes": 5}'}, "axistags: makes no sense"),
        ({"axistags": '{"axes":' * 3000 + "1" + "}" * 3000}, "axistags: has more than 64 levels"),
        ({"axistags": axistags("zy")}, r"must name 3 axes, got \['z', 'y'\]"),
        ({"axistags": axistags("zyz")}, "must name 3 axes"),
        ({"axistags": axistags("zyx", x=-1)}, "resolution: must be 0 or more"),
        ({"axistags": axistags("zyx", x=float("nan"))}, "resolution: must be 0 or more"),
        ({"axistags": axistags("zyx").replace(" 0,", ' "0",')}, "resolution: must be 0 or more"),
        ({"element_size_um": "big"}, "element_size_um: must be 3 sizes"),
        ({"element_size_um": [1.0, 2.0]}, "element_size_um: must be 3 sizes"),
        ({"element_size_um": [1.0, 2, 3, 4]}, "element_size_um: must be 3 sizes"),
        ({"element_size_um": [1.0, 0, 3]}, "element_size_um: must be above 0"),
        ({"element_size_um": [1.0, np.nan, 3]}, "element_size_um: must be above 0"),
    ],
)
def test_attributes_that_make_no_sense(tmp_path: Path, attributes: dict, words: str):
    path = plain(tmp_path / "a.h5", attributes=attributes)
    with pytest.raises((HeaderDataError, LimitError), match=words):
        volio.load(path)


def test_values_that_are_not_numbers(tmp_path: Path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["text"] = np.full((3, 4), b"abc")
        file["records"] = np.zeros((3, 4), [("a", "i2"), ("b", "f4")])
        file["objects"] = np.full((3, 4), "abc", object).astype(h5py.string_dtype())
        file["nothing"] = h5py.Empty("i2")
        file["one"] = 5
    with pytest.raises(ImageFileError, match="has no data set of numbers"):
        volio.load(tmp_path / "a.h5")
    for name in ("text", "records", "objects", "nothing"):
        with pytest.raises(HeaderDataError, match=f"{name}: voxels are numbers"):
            volio.load(tmp_path / "a.h5", path=name)
    with pytest.raises(HeaderDataError, match="one: is a single number"):
        volio.load(tmp_path / "a.h5", path="one")


def test_values_in_other_files_are_refused(tmp_path: Path):
    VOLUME.tofile(tmp_path / "secret.bin")
    plain(tmp_path / "other.h5")
    with h5py.File(tmp_path / "a.h5", "w") as file:
        outside = [(str(tmp_path / "secret.bin"), 0, VOLUME.nbytes)]
        file.create_dataset("outside", VOLUME.shape, VOLUME.dtype, external=outside)
    with pytest.raises(CorruptFileError, match=r"outside of shape .*in another file: refused"):
        volio.load(tmp_path / "a.h5", path="outside")


def test_filters_that_are_not_there_are_named(tmp_path: Path):
    path = plain(tmp_path / "a.h5", chunks=(4, 5, 6), compression="lzf")
    data = path.read_bytes()
    # The message of a filter: code 32000 of lzf, length of its name, flags, values, name.
    at = data.index(b"lzf\0") - 8
    assert data[at : at + 2] == (32000).to_bytes(2, "little")
    path.write_bytes(data[:at] + (32123).to_bytes(2, "little") + data[at + 2 :])
    with pytest.raises(HeaderDataError, match=r"volume/data: .*the filter 32123 of HDF5 \(lzf\)"):
        volio.load(path)


def test_chunks_that_are_damaged(tmp_path: Path):
    path = plain(tmp_path / "a.h5", chunks=(4, 5, 6), fletcher32=True)
    data = bytearray(path.read_bytes())
    with h5py.File(path) as file:
        where = file["volume/data"].id.get_chunk_info(5).byte_offset
    data[where + 3] ^= 1
    path.write_bytes(data)
    with pytest.raises(CorruptFileError, match=r"a\.h5"):
        np.asarray(volio.load(path).dataobj)


def test_files_cut_short(tmp_path: Path):
    for chunks in (None, (4, 5, 6)):
        data = plain(tmp_path / "a.h5", chunks=chunks).read_bytes()
        for length in (8, 100, 1000, len(data) // 2, len(data) - 1):
            (tmp_path / "a.h5").write_bytes(data[:length])
            with pytest.raises(VolioError, match=r"a\.h5"):
                np.asarray(volio.load(tmp_path / "a.h5").dataobj)


def test_more_than_the_file_can_hold(tmp_path: Path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("x", (2**20, 2**20, 2**10), "u2", chunks=(64, 64, 64))
        file.create_dataset("y", (2**12, 2**12, 2**12), "u2", chunks=(1024, 1024, 1024))
    with pytest.raises(LimitError, match="the file has 0 for it"):
        volio.load(tmp_path / "a.h5", path="x")
    with pytest.raises(LimitError, match="the file has 0 for it"):
        volio.load(tmp_path / "a.h5", path="y")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"ExtMax0": "wide"}, "ExtMax0: must be a number, got 'wide'"),
        ({"ExtMax0": "nan"}, "ExtMax0: must be a number"),
        ({"ExtMin1": "1e9"}, "must be above ExtMin0 to 2"),
    ],
)
def test_extents_of_imaris_that_make_no_sense(tmp_path: Path, fields: dict, words: str):
    path = imaris(tmp_path / "a.ims", VOLUME[np.newaxis, np.newaxis])
    with h5py.File(path, "a") as file:
        file["DataSetInfo/Image"].attrs.update(characters(**fields))
    with pytest.raises(HeaderDataError, match=words):
        volio.load(path)


def test_volumes_of_imaris_that_make_no_sense(tmp_path: Path):
    array = np.stack([VOLUME, VOLUME])[np.newaxis]
    path = imaris(tmp_path / "a.ims", array)
    first = "DataSet/ResolutionLevel 0/TimePoint 0/Channel"
    with h5py.File(path, "a") as file:
        file[f"{first} 0"].attrs.update(characters(ImageSizeX=9999))
    with pytest.raises(HeaderDataError, match=r"the size .*9999.* is not within \(16, 24, 24\)"):
        volio.load(path)
    path = imaris(tmp_path / "a.ims", array)
    with h5py.File(path, "a") as file:
        del file[f"{first} 1/Data"]
        file[f"{first} 1/Data"] = VOLUME[:2].astype(np.uint16)
    with pytest.raises(CorruptFileError, match=r"Channel 1/Data: must have shape \(13, 18, 21\)"):
        np.asarray(volio.load(path).dataobj)
    with h5py.File(path, "a") as file:
        del file[f"{first} 1/Data"]
        file[f"{first} 1/Data"] = h5py.ExternalLink("other.ims", "Data")
    with pytest.raises(CorruptFileError, match="Channel 1/Data: there is no such data set"):
        np.asarray(volio.load(path).dataobj)
    with h5py.File(path, "a") as file:
        del file[f"{first} 0"]
    with pytest.raises(HeaderDataError, match="has no Channel 0"):
        volio.load(path)


def test_files_of_bigdataviewer_without_voxels(tmp_path: Path):
    path = bigdataviewer(tmp_path / "a.h5", {0: VOLUME})
    with h5py.File(path, "a") as file:
        del file["t00000/s00/0/cells"]
    with pytest.raises(HeaderDataError, match="t00000/s00/0/cells: there is no such data set"):
        volio.load(path)
    with h5py.File(path, "a") as file:
        del file["t00000"]
        del file["t00001"]
    with pytest.raises(HeaderDataError, match="has no time t00000"):
        volio.load(path)


def test_any_changed_byte_gives_values_or_an_error(tmp_path: Path):
    random = np.random.default_rng(5)
    data = imaris(tmp_path / "a.ims", VOLUME[np.newaxis, np.newaxis, :4, :5, :6]).read_bytes()
    outcomes = set()
    for position in random.integers(0, len(data), 150):
        damaged = bytearray(data)
        damaged[position] = random.integers(0, 256)
        (tmp_path / "a.ims").write_bytes(damaged)
        try:
            np.asarray(volio.load(tmp_path / "a.ims").dataobj)
            outcomes.add("values")
        except VolioError:
            outcomes.add("error")
    assert outcomes == {"values", "error"}
