"""What is shown of voxels, without a layer."""

from __future__ import annotations

import numpy as np

from volio.display.layers.parts.placement import Placement
from volio.display.layers.parts.shown_slice import ShownSlice
from volio.display.layers.parts.slicing import Slicing
from volio.display.layers.parts.voxels import VoxelLevels


class CountedArray:
    """An array that keeps the indices it was read at."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array
        self.shape = array.shape
        self.dtype = array.dtype
        self.reads: list[object] = []

    def __getitem__(self, index: object) -> np.ndarray:
        self.reads.append(index)
        return self.array[index]


def shown_of(data: object, placement: Placement, **options: bool) -> ShownSlice:
    return ShownSlice(VoxelLevels(data), placement, Slicing(placement.ndim), **options)


def test_one_slice_is_read_once():
    counted = CountedArray(np.arange(60).reshape(3, 4, 5))
    shown = shown_of(counted, Placement(3, scale=(2, 1, 1)))
    shown.slicing.dims_point = (4, 0, 0)
    assert shown.kept_values is None
    for _ in range(2):
        np.testing.assert_array_equal(shown.slice_values(), counted.array[2])
    assert counted.reads == [(2, slice(None), slice(None))]
    assert shown.kept_values is shown.slice_values()
    shown.forget()
    shown.set_view_slice()
    assert len(counted.reads) == 2


def test_without_a_cache_it_is_read_each_time():
    counted = CountedArray(np.zeros((3, 4, 5)))
    shown = shown_of(counted, Placement(3), cache=False)
    shown.slice_values()
    shown.slice_values()
    assert len(counted.reads) == 2
    assert shown.kept_values is None


def test_axes_come_in_the_order_in_which_they_are_displayed():
    data = np.arange(60).reshape(3, 4, 5)
    shown = shown_of(data, Placement(3))
    shown.slicing.dims_displayed = (2, 0)
    shown.slicing.dims_point = (0, 3, 0)
    np.testing.assert_array_equal(shown.slice_values(), data[:, 3].T)
    assert shown.slice_index() == (slice(None), 3, slice(None))


def test_outside_there_is_nothing_to_read():
    counted = CountedArray(np.zeros((3, 4, 5)))
    shown = shown_of(counted, Placement(3))
    shown.slicing.dims_point = (2.6, 0, 0)
    assert shown.slice_index() is None
    assert shown.slice_values() is None
    assert counted.reads == []


def test_slabs_are_brought_together():
    data = np.arange(60.0).reshape(3, 4, 5)
    shown = shown_of(data, Placement(3, scale=(2, 1, 1)))
    shown.slicing.dims_point = (2, 0, 0)
    shown.slicing.dims_thickness = (4, 0, 0)
    np.testing.assert_array_equal(shown.thickness_in_data(), (2, 0, 0))
    assert shown.slice_index() == (slice(0, 3), slice(None), slice(None))
    np.testing.assert_array_equal(shown.slice_values(), data.mean(axis=0))
    shown.forget()
    shown.slicing.projection_mode = "none"
    np.testing.assert_array_equal(shown.slice_values(), data[1])


def test_levels_that_fit_and_what_is_seen_of_them():
    fine = np.zeros((64, 64))
    shown = shown_of([fine, fine[::2, ::2], fine[::4, ::4]], Placement(2))
    assert shown.corner_pixels.tolist() == [[0, 0], [15, 15]]
    # 64 voxels of 30 pixels: half the voxels are enough, a quarter is not.
    assert shown.fit_level([(0, 0), (64, 64)], 30) == 1
    assert shown.voxels.data_level == 1
    assert shown.fit_level([(10.5, 20), (25, 33.5)], 2) == 2
    assert shown.corner_pixels.tolist() == [[2, 5], [7, 9]]
    shown.forget(corners=True)
    assert shown.corner_pixels.tolist() == [[0, 0], [15, 15]]


def test_small_pictures_are_of_the_coarsest_level_that_is_long_enough():
    fine = np.arange(64.0).reshape(8, 8)
    shown = shown_of([fine, fine[::2, ::2], fine[::4, ::4]], Placement(2))
    assert shown.small_values(4) is shown.slice_values()
    shown.voxels.data_level = 0
    shown.forget()
    np.testing.assert_array_equal(shown.small_values(4), fine[::4, ::4])
    np.testing.assert_array_equal(shown.small_values(5), fine[::2, ::2])
    np.testing.assert_array_equal(shown.small_values(9), fine)
    np.testing.assert_array_equal(shown.slice_values(), fine)
