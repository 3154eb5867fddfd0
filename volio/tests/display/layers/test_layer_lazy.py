"""What layers read of arrays that are not in memory: what is shown and a sample, no more."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import volio
from volio.display import ImageLayer, LayerStack
from volio.files.opener import open_source
from volio.testing.faults import CountingSource
from volio.tests.requirements import optional


class Counting:
    """An array that counts the values that are read of it, and refuses to be read as a whole."""

    def __init__(self, data: np.ndarray) -> None:
        self._data = data
        self.shape, self.dtype, self.ndim, self.size = data.shape, data.dtype, data.ndim, data.size
        self.read = 0

    def __getitem__(self, index: Any) -> np.ndarray:
        found = self._data[index]
        self.read += found.size
        return found

    def __array__(self, *_: Any, **__: Any) -> np.ndarray:
        raise AssertionError("the whole array was asked for")


SHAPES = [(40, 50), (30, 40, 50), (5, 30, 40, 50), (2, 3, 30, 40, 50)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32"])
def test_layers_read_a_slice_and_a_sample_of_any_array(shape, dtype):
    data = Counting(np.arange(prod(shape)).reshape(shape).astype(dtype))
    layer = ImageLayer(data)
    layer.extent, layer.dtype, layer.as_layer_data_tuple  # noqa: B018
    assert data.read == 0
    layer.thumbnail  # noqa: B018
    plane = shape[-2] * shape[-1]
    assert data.read <= plane + data.size  # a slice, and the sample for the limits: few are all
    data.read = 0
    layer.gamma, layer.opacity, layer.colormap = 2, 0.5, "viridis"
    layer.thumbnail, layer.get_status((1,) * len(shape))
    assert data.read <= 1
    if len(shape) > 2:
        layer.dims_point = (1,) * len(shape)
        layer.slice_values(), layer.thumbnail
        assert data.read <= plane + 1
    data.read = 0
    layer.scale, layer.name, layer.rendering = (2,) * len(shape), "x", "iso"
    assert data.read == 0


def test_limits_that_are_given_need_no_sample():
    data = Counting(np.zeros((30, 40, 50), np.int16))
    layer = ImageLayer(data, contrast_limits=(0, 100))
    layer.thumbnail, layer.iso_threshold  # noqa: B018
    assert data.read == 40 * 50


def test_rays_read_the_voxels_around_them():
    data = Counting(np.zeros((64, 64, 64), np.int16))
    layer = ImageLayer(data, contrast_limits=(0, 1), rendering="mip")
    layer.get_value((-1, 20, 20), (1, 0, 0), (0, 1, 2))
    assert data.read < 64 * 4
    data.read = 0
    data._data[40, 40, 40] = 7
    view = np.array((1, 1, 1)) / np.sqrt(3)
    assert layer.pick((-3, -3, -3), view, (0, 1, 2))[:2] == (7, (40, 40, 40))
    assert data.read < data.size / 8


def test_rays_that_are_cut_off_read_nothing():
    data = Counting(np.zeros((20, 20, 20)))
    layer = ImageLayer(data, contrast_limits=(0, 1))
    layer.experimental_clipping_planes = {"position": (30, 0, 0), "normal": (1, 0, 0)}
    assert layer.pick((5, 5, 5), (1, 0, 0), (0, 1, 2)) == (None, None, 0)
    assert data.read == 0
    layer.experimental_clipping_planes[0].position = (10, 0, 0)
    assert layer.pick((5, 5, 5), (1, 0, 0), (0, 1, 2)) == (0, (10, 5, 5), 0)
    assert 0 < data.read <= 20


def test_levels_are_read_one_at_a_time():
    levels = [Counting(np.ones((n, 2 * n, 2 * n), np.float32)) for n in (64, 32, 16)]
    layer = ImageLayer(levels)
    assert layer.multiscale
    assert [level.read for level in levels] == [0, 0, 0]
    layer.thumbnail, layer.get_value((0, 3, 3))
    assert levels[0].read == levels[1].read == 0
    assert levels[2].read <= (1 + 16) * 32 * 32
    layer.fit_level([[0, 0, 0], [0, 127, 127]], (100, 100))
    layer.slice_values()
    assert (layer.data_level, levels[0].read) == (0, 128 * 128)


def test_a_time_series_reads_the_slice_that_is_shown(tmp_path: Path):
    shape = (20, 22, 24, 30)
    voxels = np.arange(prod(shape), dtype=np.float32).reshape(shape)
    volio.save(volio.Nifti1Image(voxels, np.eye(4)), tmp_path / "series.nii")
    source = CountingSource(open_source(str(tmp_path / "series.nii")))
    img = volio.Nifti1Image.from_file_map({"image": volio.FileHolder(fileobj=source)})
    layer = ImageLayer.from_image(img, contrast_limits=(0, 1))
    source.count = 0
    for moment in (3, 17):
        layer.dims_point = layer.data_to_world((0, 0, 11, moment))
        np.testing.assert_array_equal(layer.slice_values(), voxels[:, :, 11, moment])
    assert source.count == 2 * 20 * 22 * 4
    layer.dims_thickness = (0, 0, 2, 0)
    np.testing.assert_allclose(layer.slice_values(), voxels[:, :, 10:13, 17].mean(axis=2))
    assert source.count == 5 * 20 * 22 * 4


def test_generators_give_levels_or_slices():
    def several(*sizes: int) -> Iterator[np.ndarray]:
        for size in sizes:
            yield np.full((size, size), size)

    assert ImageLayer(several(64, 32)).multiscale
    stacked = ImageLayer(several(8, 8, 8), multiscale=False)
    assert stacked.shape == (3, 8, 8)
    with pytest.raises(ValueError, match="one shape"):
        ImageLayer(several(8, 4), multiscale=False)


def lazy_arrays(kind: str, data: np.ndarray, folder: Path) -> Any:
    """The same voxels as another package keeps them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if kind == "dask":
            return optional("dask").from_array(data, chunks=(1, 8, 9))
        if kind == "zarr":
            zarr = optional("zarr")
            made = zarr.create_array(
                str(folder / "a.zarr"), shape=data.shape, chunks=(1, 8, 9), dtype=data.dtype
            )
            made[...] = data
            return made
        file = optional("h5py").File(folder / "a.h5", "w")
        return file.create_dataset("a", data=data, chunks=(1, 8, 9))


@pytest.mark.parametrize("kind", ["dask", "zarr", "h5py"])
def test_arrays_of_other_packages_are_taken_as_they_are(kind: str, tmp_path: Path):
    data = np.random.default_rng(1).integers(1, 900, (7, 8, 9)).astype(np.int16)
    lazy = lazy_arrays(kind, data, tmp_path)
    ours, plain = ImageLayer(lazy, contrast_rule="exact"), ImageLayer(data, contrast_rule="exact")
    assert ours.data is lazy
    for layer in (ours, plain):
        layer.dims_point = (3, 0, 0)
    np.testing.assert_array_equal(ours.slice_values(), data[3])
    assert ours.contrast_limits == plain.contrast_limits
    assert ImageLayer(lazy).contrast_limits == ImageLayer(data).contrast_limits
    np.testing.assert_array_equal(ours.thumbnail, plain.thumbnail)
    assert ours.get_value((2, 3, 4)) == data[2, 3, 4]
    assert ours.get_status((2, 3, 4)) == plain.get_status((2, 3, 4))
    question = ((-2, 3.2, 4), (1, 0, 0.1), (0, 1, 2))
    assert ours.pick(*question) == plain.pick(*question)
    ours.dims_thickness = plain.dims_thickness = (2, 0, 0)
    np.testing.assert_allclose(ours.slice_values(), plain.slice_values())
    pictures = [
        LayerStack([layer]).picture("front", volume=volume)
        for layer in (ours, plain)
        for volume in (True, False)
    ]
    np.testing.assert_array_equal(pictures[0], pictures[2])
    np.testing.assert_array_equal(pictures[1], pictures[3])
    ours.save(tmp_path / "saved.nii")
    np.testing.assert_array_equal(volio.load(tmp_path / "saved.nii").dataobj, data)
