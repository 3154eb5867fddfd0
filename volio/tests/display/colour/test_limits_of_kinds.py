"""Limits of label images, of what a threshold leaves, and of numbers far from 0."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import volio
from volio.display import ImageLayer, Overlay, find_limits
from volio.display.colour.labels import are_labels
from volio.display.colour.samples import sample_of
from volio.display.colour.value_colours import ValueColours
from volio.errors import UsageError

AFFINE = np.diag([2.0, 2, 2, 1])
RANDOM = np.random.default_rng(11)
GRAY = RANDOM.integers(0, 900, (40, 40, 40))


def regions(*numbers: int, rare: int = 99) -> np.ndarray:
    """Blocks of labels, and a small one that few slices have."""
    voxels = np.zeros((64, 60, 50), np.int16)
    for place, number in enumerate(numbers):
        voxels[place * 8 : place * 8 + 8, 10:50, 5:45] = number
    voxels[60:62, 50:52, 9:11] = rare
    return voxels


def in_blocks(numbers: np.ndarray) -> np.ndarray:
    """Numbers in cubes of 5 voxels a side."""
    return np.kron(numbers, np.ones((5, 5, 5), numbers.dtype))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (regions(3, 7), True),
        (regions(3, 7).astype(np.float32), True),
        (regions(3, 7) > 3, True),
        (in_blocks(RANDOM.integers(0, 3000, (9, 9, 9))), True),  # a parcellation
        (np.where(RANDOM.random((30, 30, 30)) < 0.5, 1, 0), True),
        (RANDOM.integers(0, 200, (30, 30, 30)), False),  # intensities
        (regions(3, 7) + np.float32(0.5), False),
        (RANDOM.normal(0, 1, (30, 30, 30)), False),
        (np.arange(27).reshape(3, 3, 3), False),  # each number once
        (in_blocks(RANDOM.integers(0, 9, (6, 6, 6))) * 128, False),  # levels of gray
        (np.full((9, 9, 9), np.nan), False),
        (np.full((9, 9, 9), 1.5), False),
        (
            1200 - in_blocks(RANDOM.integers(0, 2, (8, 8, 8))) * RANDOM.integers(0, 900, (40,) * 3),
            False,
        ),
    ],
)
def test_labels_are_whole_numbers_that_fill_regions_or_are_few(values, expected):
    assert are_labels(sample_of(values)) is expected


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32, np.float32, np.float64])
def test_no_label_is_an_outlier_in_memory_or_in_a_file(tmp_path: Path, dtype):
    voxels = regions(1, 2, 3, 4).astype(dtype)
    volio.save(volio.Nifti1Image(voxels, AFFINE), tmp_path / "labels.nii.gz")
    lazy = volio.load(tmp_path / "labels.nii.gz")
    for image in (voxels, volio.Nifti1Image(voxels, AFFINE), lazy):
        assert Overlay(image).layer.contrast_limits == [0, 99]
        assert Overlay(image, threshold=None).layer.contrast_limits == [0, 99]
        assert Overlay(image).labels
    assert ImageLayer.from_image(lazy).contrast_limits == [0, 99]


def test_labels_that_a_sample_misses_are_found():
    voxels = np.zeros((180, 170, 141), np.int16)
    voxels[5:8, 5:8, 50] = 41
    assert 41 not in sample_of(voxels).values
    assert find_limits(voxels) == (0, 41)


def test_an_intent_makes_labels_of_any_numbers():
    numbers = RANDOM.integers(0, 500, (9, 10, 11)).astype(np.int16)
    numbers[4, 4, 4] = 5000
    plain, labels = (volio.Nifti1Image(numbers, AFFINE) for _ in range(2))
    labels.header.set_intent("label")
    assert Overlay(labels, threshold=None).layer.contrast_limits == [0, 5000]
    assert Overlay(plain, threshold=None).layer.contrast_limits[1] < 501
    assert Overlay(labels).labels
    assert not Overlay(plain).labels
    layers = [ImageLayer.from_image(each) for each in (labels, plain)]
    assert [layer.interpolation3d for layer in layers] == ["nearest", "linear"]


@pytest.mark.parametrize(
    ("peaks", "threshold", "expected"),
    [
        ((4, 9), 2.5, (0, 9)),
        ((-4, -9), 2.5, (-9, 0)),
        ((-4, 9), 2.5, (-9, 9)),
        ((-9, 4), 2.5, (-9, 9)),
        ((4, 9), (-np.inf, 3), (0, 9)),
        ((-4, -9), (-3, np.inf), (-9, 0)),
        ((4, 9), (1, 7), (-0.875, 9)),  # 0 itself is not hidden
        ((2, 1), 5, (0, 1)),  # nothing is left
    ],
)
def test_what_the_threshold_leaves_decides_the_limits(tmp_path: Path, peaks, threshold, expected):
    values = RANDOM.integers(-7, 8, (40, 40, 40)).astype(np.float32) / 8
    values[3:5, 3:5, 3:5], values[20, 20, 20] = peaks
    volio.save(volio.Nifti1Image(values, AFFINE), tmp_path / "z.nii")
    for image in (values, volio.load(tmp_path / "z.nii")):
        assert Overlay(image, "hot", threshold).layer.contrast_limits == list(expected)


def test_limits_follow_a_threshold_that_changes_until_they_are_set():
    values = np.linspace(-3, 10, 1000).reshape(10, 10, 10)
    overlay = Overlay(values, "hot", 5)
    assert overlay.layer.contrast_limits == [0, 10]
    assert not overlay.is_two_signed
    overlay.threshold = 2
    assert overlay.layer.contrast_limits == [-10, 10]
    assert overlay.is_two_signed
    overlay.layer.contrast_limits = (1, 2)
    overlay.threshold = 5
    assert overlay.layer.contrast_limits == [1, 2]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(-4, 9, (-9, 9)), (-9, 4, (-9, 9)), (-0.1, 9, (-0.1, 9)), (2, 9, (2, 9)), (-9, -2, (-9, -2))],
)
def test_maps_of_two_signs_have_symmetric_limits(low, high, expected):
    """A little noise on the other side of 0 does not make a map of two signs."""
    values = np.linspace(low, high, 999)  # none is 0
    assert Overlay(values.reshape(3, 9, 37)).layer.contrast_limits == pytest.approx(expected)
    plain = Overlay(values.reshape(3, 9, 37), threshold=None)
    assert plain.layer.contrast_limits == pytest.approx((low, high))


def test_zeros_around_a_brain_are_no_part_of_its_percentiles():
    values = np.zeros((40, 40, 40), np.float32)
    values[15:25, 15:25, 15:25] = RANDOM.uniform(1, 2, (10, 10, 10))
    values[15, 15, 15] = 1000
    low, high = Overlay(values).layer.contrast_limits
    assert (low, round(high, 1)) == (0, 2.0)
    tiny = values * np.float32(1e-9)
    assert Overlay(tiny).layer.contrast_limits[1] == pytest.approx(high * 1e-9)
    assert Overlay(tiny).coloured(tiny[:, :, 20])[20, 20, 3] == 1


@pytest.mark.parametrize(
    ("window", "expected"),
    [((50, 100), [50, 100]), ((0, 100), [0, 100]), ((-5, 0), [-5, 0])]
    + [((bad), [0, 199]) for bad in ((0, 0), (100, 100), (100, 50), (np.nan, 9), (0, np.inf))],
)
def test_the_range_of_display_of_a_header_is_shown(window, expected):
    img = volio.Nifti1Image(np.arange(200, dtype=np.int16).reshape(4, 5, 10), AFFINE)
    img.header["cal_min"], img.header["cal_max"] = window
    for overlay in (Overlay(img), Overlay(img, threshold=None), Overlay(img, vmin=expected[0])):
        assert overlay.layer.contrast_limits == expected
    assert Overlay(img, vmin=7, vmax=8).layer.contrast_limits == [7, 8]
    assert ImageLayer.from_image(img).contrast_limits == expected
    assert ImageLayer.from_image(img, contrast_limits=(1, 2)).contrast_limits == [1, 2]


def test_what_is_taken_away_before_values_become_float32():
    near, far = ValueColours((0, 199)), ValueColours((1e9, 1e9 + 199))
    for dtype in ("f8", "i4", "u4", "i8", "u8"):
        assert near.origin(np.dtype(dtype)) == 0
        assert far.origin(np.dtype(dtype)) == 1e9
    for dtype in ("f4", "f2", "i2", "u1", "b1"):  # float32 holds their values
        assert far.origin(np.dtype(dtype)) == 0
    assert far.less(1e9).limits == (0, 199)
    assert ValueColours((1e9 + 0.5, 1e9 + 9)).origin(np.dtype("i4")) == 1e9
    beyond = ValueColours((2**60 + 1, 2**60 + 200))
    assert beyond.origin(np.dtype("i8")) == 2**60 + 1
    assert beyond.less(2**60 + 1).limits == (0, 199)
    with pytest.raises(UsageError, match="out of the reach"):
        ValueColours((0, 1e-300)).origin(np.dtype("f8"))
