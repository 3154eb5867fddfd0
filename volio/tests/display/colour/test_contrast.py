"""Contrast limits: each rule, and how little is read for them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import volio
from volio.display import ImageLayer, Overlay, find_limits
from volio.display.colour import contrast
from volio.display.colour.contrast import RULES
from volio.display.colour.labels import are_labels
from volio.display.colour.samples import VoxelSample, sample_of
from volio.errors import UsageError
from volio.files.codecs.chunks import ChunkReader
from volio.tests.arrays.arrays import Counting

RANDOM = np.random.default_rng(3)


def test_robust_limits_cut_outliers_and_only_outliers():
    even = RANDOM.uniform(0, 100, (40, 40, 40))
    assert find_limits(even) == pytest.approx((even.min(), even.max()))
    even[3, 3, 3] = 1e6
    low, high = find_limits(even)
    assert low == pytest.approx(np.percentile(even, 0.5))
    assert high == pytest.approx(np.percentile(even, 99.5))
    mask = np.zeros((50, 50), np.uint8)
    mask[20, 20] = 1
    assert find_limits(mask) == (0, 1)


def test_robust_limits_of_large_arrays_look_at_a_part():
    data = RANDOM.normal(100, 10, (180, 160, 150)).astype(np.float32)
    data[0, 0, 0] = 1e6
    sample = sample_of(data)
    assert sample.values.shape == (180, 160, 8)
    np.testing.assert_array_equal(sample.values, data[:, :, 9::19])
    np.testing.assert_array_equal(sample.few, sample.values)
    np.testing.assert_allclose(find_limits(data), np.percentile(data, (0.5, 99.5)), rtol=0.01)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(
    "data",
    [
        np.full((3, 3), np.nan),
        np.array([[np.inf, -np.inf]]),
        np.full((3, 3), 7),
        np.full((3, 3), -7.0),
        np.zeros((3, 3), bool),
        np.array([[1.5, np.nan, np.inf]]),
        np.array([[1, 60000]], np.float16),
        np.array([[-(2**62), 2**62]]),
    ],
    ids=lambda data: f"{data.dtype}{data.ravel()[0]}",
)
def test_limits_always_rise_and_are_finite(rule, data):
    low, high = find_limits(data, rule)
    assert low < high
    assert np.isfinite((low, high)).all()


@given(st.lists(st.floats(width=32), min_size=1, max_size=30))
def test_exact_limits_are_least_and_greatest_finite_value(values):
    data = np.array(values, np.float32)[None]
    finite = data[np.isfinite(data)]
    low, high = find_limits(data, "exact")
    if finite.size and finite.min() < finite.max():
        assert (low, high) == (finite.min(), finite.max())
    elif finite.size:
        assert low <= finite.min() <= high
    else:
        assert (low, high) == (0, 1)


def test_limits_by_dtype_and_unknown_rules():
    assert find_limits(np.zeros((2, 2), np.int16), "dtype") == (-32768, 32767)
    assert find_limits(np.zeros((2, 2), np.uint8), "napari") == (0, 255)
    with pytest.raises(UsageError, match="rule"):
        find_limits(np.zeros((2, 2)), "loud")


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0)])
def test_small_arrays_are_read_once_for_all_rules(order):
    data = RANDOM.random((30, 31, 32))
    lazy = Counting(data, order)
    for rule in ("exact", "robust"):
        lazy.boxes.clear()
        assert find_limits(lazy, rule) == (data.min(), data.max())
        assert lazy.asked == data.size


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((200, 160, 140), 200 * 160 * 8),  # 8 slices
        ((90, 90, 150, 11), 90 * 90 * 4 * 2),  # of two volumes
        ((9, 10, 11, 5000), 9 * 10 * 11 * 66),  # many small volumes
        ((20, 30, 900, 9), 20 * 30 * 53 * 2),  # many small slices of two
        ((90, 90, 50, 3, 4), 90 * 90 * 2 * 4),
        ((1000, 900, 40), 1000 * 900 * 8),
        ((1500, 1600, 20), 7 * 16 * 128**2),  # patches
        ((3000, 2900), 11 * 11 * 128**2),
    ],
)
def test_a_part_of_large_arrays_is_read_the_same_in_any_order(shape, expected):
    samples = []
    for order in (tuple(range(len(shape))), tuple(range(len(shape)))[::-1]):
        lazy = Counting(np.broadcast_to(np.int16(7), shape), order)
        sample = sample_of(lazy)
        assert sample.values.size == expected <= 2**23
        assert not sample.is_whole
        samples.append(sample.values.shape)
    assert lazy.asked == expected  # with the first axis fastest, nothing else is read
    assert samples == [sample_of(lazy.array).values.shape] * 2


def test_patches_are_those_of_the_same_array_in_memory():
    voxels = np.arange(1500 * 1600 * 3, dtype=np.int32).reshape(1500, 1600, 3, 1)
    of_file = sample_of(Counting(voxels, (3, 2, 1, 0))).values
    np.testing.assert_array_equal(of_file, sample_of(voxels).values)
    # Six patches along each axis, in the middle of as many parts of it.
    assert of_file.shape == (6 * 128, 6 * 128, 3, 1)
    np.testing.assert_array_equal(of_file[:128, :128], voxels[61:189, 69:197])
    np.testing.assert_array_equal(of_file[-128:, -128:], voxels[1311:1439, 1402:1530])


def test_patches_of_compressed_slices_are_decoded_once(tmp_path: Path, monkeypatch):
    voxels = RANDOM.integers(0, 99, (1500, 1600, 3)).astype(np.int16)
    volio.save(volio.Nifti1Image(voxels, np.eye(4)), tmp_path / "wide.nii.gz")
    decoded = []
    decode = ChunkReader._decode

    def noted(reader, number, view):
        decoded.append(number)
        decode(reader, number, view)

    monkeypatch.setattr(ChunkReader, "_decode", noted)
    lazy = volio.load(tmp_path / "wide.nii.gz").dataobj
    decoded.clear()
    sample_of(lazy)
    assert len(set(decoded)) >= 3
    assert len(decoded) == len(set(decoded))


def test_labels_are_found_by_neighbours_along_the_longest_axis():
    """In thinned lines no two neighbours would be neighbours in the image."""
    runs = np.arange(40_000) // 9
    voxels = np.broadcast_to(runs[:, None, None], (40_000, 8, 4)).astype(np.int32)
    assert VoxelSample(voxels, 3, is_whole=True).neighbouring.shape[0] == 40_000
    assert not VoxelSample(voxels, 3, is_whole=True).neighbouring.size > 2**20
    assert are_labels(VoxelSample(voxels % 300 * 7 + voxels % 5, 3, is_whole=True))


def test_series_are_looked_at_in_the_first_volume_and_the_middle():
    voxels = np.zeros((90, 90, 50, 12), np.int16)
    voxels += np.arange(12, dtype=np.int16)
    np.testing.assert_array_equal(np.unique(sample_of(voxels).values), [0, 6])


KINDS = {
    "counts": lambda shape: RANDOM.poisson(40, shape),
    "intensities": lambda shape: RANDOM.gamma(2, 30, shape),
    "both signs": lambda shape: RANDOM.normal(0, 1, shape),
    "labels": lambda shape: np.arange(np.prod(shape)).reshape(shape) * 8 // np.prod(shape),
    "nothing": np.zeros,
}


@pytest.mark.parametrize(
    ("kind", "dtype", "ending"),
    [
        *[("intensities", dtype, ".nii") for dtype in ("f2", "f4", "f8", "i2", "i4", "i8", "u1")],
        ("counts", "f4", ".nii.gz"),
        ("both signs", "f4", ".mnc"),
        ("both signs", "f8", ".nrrd"),
        ("labels", "?", ".nii"),
        *[("labels", dtype, ".mgz") for dtype in ("f4", "i4", "u1")],
        ("nothing", "f4", ".mha"),
        ("intensities", "i2", ".zarr"),
    ],
)
def test_limits_are_those_of_the_same_image_in_memory(tmp_path: Path, kind, dtype, ending):
    voxels = KINDS[kind]((24, 31, 19, 2) if ending != ".mnc" else (24, 31, 19)).astype(dtype)
    affine = np.diag([2.0, 2, 2, 1])
    in_memory = volio.Nifti1Image(voxels, affine, dtype="compat" if dtype == "i8" else None)
    volio.save(in_memory, tmp_path / f"image{ending}")
    lazy = volio.load(tmp_path / f"image{ending}")
    for threshold in (None, 0, 2.5):
        expected = Overlay(in_memory, threshold=threshold).layer.contrast_limits
        assert Overlay(lazy, threshold=threshold).layer.contrast_limits == expected
    assert Overlay(lazy).labels == Overlay(in_memory).labels


@pytest.mark.parametrize(("dtype", "scale"), [("f4", 1), ("f8", 1), ("i4", 1), ("f4", 0.5)])
def test_limits_of_large_images_are_those_of_the_same_image_in_memory(tmp_path, dtype, scale):
    """Of halves the file has integers and a slope: scaled they are float64."""
    voxels = (RANDOM.poisson(60, (180, 170, 141)) * scale).astype(dtype)
    voxels[3, 4, 5] = 30_000
    in_memory = volio.Nifti1Image(voxels, np.eye(4))
    volio.save(in_memory, tmp_path / "large.nii", dtype="exact")
    lazy = volio.load(tmp_path / "large.nii")
    limits = find_limits(lazy.dataobj)
    assert find_limits(voxels) == find_limits(np.asfortranarray(voxels)) == limits
    assert limits[1] < 150 * scale


def test_large_arrays_of_one_value_where_we_look_are_read_whole():
    voxels = np.zeros((180, 170, 141), np.float32)
    voxels[90, 80, 0] = 41
    assert voxels[90, 80, 0] not in sample_of(voxels).values
    assert find_limits(voxels) == (0, 41)
    voxels[1:] = np.nan
    voxels[0, 0, 0] = -3
    assert find_limits(voxels) == (-3, 0)


def test_of_huge_arrays_a_sample_is_enough(monkeypatch):
    """Reading all of a terabyte to find the one voxel that is not 0 would take hours."""
    monkeypatch.setattr(contrast, "MOST_EXACT", 2**22)
    voxels = np.zeros((180, 170, 141), np.float32)
    voxels[90, 80, 0] = 41
    lazy = Counting(voxels)
    assert find_limits(lazy) == find_limits(voxels) == (0, 1)
    assert sum(np.prod([stop - start for start, stop in box]) for box in lazy.boxes) < 2**23


def test_making_a_layer_reads_nothing_and_showing_it_one_slice_and_a_sample():
    lazy = Counting(RANDOM.random((40, 30, 20)), (0, 1, 2))
    layer = ImageLayer(lazy, scale=(1, 2, 3), rendering="iso")
    layer.as_layer_data_tuple  # noqa: B018
    assert layer.extent.world.shape == (2, 3)
    assert lazy.boxes == []
    layer.slice_values()
    assert lazy.boxes == [((0, 1), (0, 30), (0, 20))]
    layer.thumbnail  # noqa: B018
    layer.get_value((0, 3, 3))
    assert lazy.asked <= 30 * 20 + lazy.array.size
    lazy.boxes.clear()
    assert layer.get_value((5, 3, 3)) == lazy.array[5, 3, 3]
    assert lazy.boxes == [((5, 6), (3, 4), (3, 4))]
    lazy.boxes.clear()
    layer.pick((-3, 4, 5), (1, 0, 0), (0, 1, 2))
    assert lazy.asked <= 2 * 40


def test_the_rule_of_the_peer_looks_at_one_slice_of_lazy_arrays():
    lazy = Counting(RANDOM.random((40, 30, 20)), (0, 1, 2))
    layer = ImageLayer(lazy, contrast_rule="napari")
    assert layer.contrast_limits == [lazy.array[0].min(), lazy.array[0].max()]
    assert lazy.boxes == [((0, 1), (0, 30), (0, 20))]
