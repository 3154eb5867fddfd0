"""Colours in OME-Zarr: three or four channels, with a NIfTI header that says what they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import volio
from volio.arrays.dtypes import RGB, RGBA
from volio.arrays.encodings.colours import ColourRecords, ColourSamples
from volio.errors import SaveError, UsageError
from volio.tests.arrays.arrays import Counting
from volio.tests.requirements import optional

zarr = optional("zarr")

SAMPLES = np.random.default_rng(4).integers(0, 255, (9, 6, 5, 4)).astype(np.uint8)
AFFINE = np.diag([2.0, 2, 3, 1])


def records(dtype: np.dtype) -> np.ndarray:
    count = len(dtype.names)
    return np.ascontiguousarray(SAMPLES[..., :count]).view(dtype)[..., 0]


@pytest.mark.parametrize("version", ["0.4", "0.5", "0.6"])
@pytest.mark.parametrize("dtype", [RGB, RGBA])
@pytest.mark.parametrize("name", ["a.ome.zarr", "a.nii.zarr", "a.ozx"])
def test_colours_return(tmp_path: Path, version: str, dtype: np.dtype, name: str):
    img = volio.Nifti1Image(records(dtype), AFFINE)
    volio.save(img, tmp_path / name, version=version, chunks=(4, 4, 4))
    loaded = volio.load(tmp_path / name)
    assert loaded.header.get_data_dtype() == dtype
    np.testing.assert_array_equal(loaded.dataobj, records(dtype))
    np.testing.assert_array_equal(loaded.dataobj[2:7:2, ::-1, 3], records(dtype)[2:7:2, ::-1, 3])
    np.testing.assert_allclose(loaded.affine, AFFINE)
    assert loaded.shape == (9, 6, 5)
    assert loaded.header.axes == ("x", "y", "z")


def test_other_programs_see_channels(tmp_path: Path):
    volio.save(volio.Nifti1Image(records(RGB), AFFINE), tmp_path / "a.ome.zarr")
    group = zarr.open_group(tmp_path / "a.ome.zarr", mode="r")
    np.testing.assert_array_equal(group["0"][...], SAMPLES[..., :3].T)
    ome = group.attrs["ome"]
    assert [axis["name"] for axis in ome["multiscales"][0]["axes"]] == ["c", "z", "y", "x"]
    colors = [channel["color"] for channel in ome["omero"]["channels"]]
    assert colors == ["FF0000", "00FF00", "0000FF"]


def test_a_coarser_level_has_the_mean_of_each_sample(tmp_path: Path):
    volio.save(volio.Nifti1Image(records(RGB), np.eye(4)), tmp_path / "a.ome.zarr", chunks=(4,) * 3)
    coarse = volio.load(tmp_path / "a.ome.zarr", level=1)
    first = SAMPLES[:2, :2, :2].reshape(8, 4).astype(int).sum(axis=0)
    assert coarse.dataobj[0, 0, 0].item() == tuple(((first + 4) // 8)[:3].tolist())


def test_series_of_colours(tmp_path: Path):
    series = np.stack([records(RGB), records(RGB)[::-1]], axis=-1)
    volio.save(volio.Nifti1Image(series, AFFINE), tmp_path / "a.ome.zarr")
    loaded = volio.load(tmp_path / "a.ome.zarr")
    np.testing.assert_array_equal(loaded.dataobj, series)
    volio.save(loaded, tmp_path / "a.nii")
    np.testing.assert_array_equal(volio.load(tmp_path / "a.nii").dataobj, series)
    with pytest.raises(SaveError, match="colours take the axis of channels"):
        volio.save(volio.Nifti1Image(series[..., None], AFFINE), tmp_path / "b.ome.zarr")
    assert not (tmp_path / "b.ome.zarr").exists()


def test_colours_in_pieces(tmp_path: Path):
    with volio.create(tmp_path / "a.ome.zarr", (9, 6, 5), RGB, AFFINE) as writer:
        for z in range(5):
            writer[..., z] = records(RGB)[..., z]
    np.testing.assert_array_equal(volio.load(tmp_path / "a.ome.zarr").dataobj, records(RGB))


SIDE = st.tuples(st.integers(0, 5), st.integers(0, 6), st.integers(1, 3))


@given(st.tuples(SIDE, SIDE, SIDE), st.integers(0, 3))
def test_records_and_samples_are_each_other(sides: tuple, axis: int):
    index = tuple([slice(*side) for side in sides])
    moved = np.moveaxis(SAMPLES, -1, axis)
    as_records = ColourRecords(Counting(moved), axis)
    np.testing.assert_array_equal(as_records[index], records(RGBA)[index])
    as_samples = ColourSamples(Counting(records(RGBA)))
    np.testing.assert_array_equal(as_samples[(*index, slice(1, 3))], SAMPLES[(*index, slice(1, 3))])


def test_what_no_colours_are():
    for array in (SAMPLES[..., :2], SAMPLES.astype(np.int16)):
        with pytest.raises(UsageError, match="3 or 4 samples of uint8 along axis 3"):
            ColourRecords(Counting(array), 3)
