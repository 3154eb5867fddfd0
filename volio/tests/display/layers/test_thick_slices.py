"""Slices that are shown together: which ones, and what becomes of them."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from volio.display import ImageLayer
from volio.display.layers.thick_slices import covered
from volio.errors import UsageError
from volio.tests.display import peer

DATA = np.random.default_rng(3).integers(0, 900, (9, 5, 6)).astype(np.int16)
MODES = ("none", "sum", "mean", "max", "min")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("place", "thickness"), [(4, 0), (4, 2), (4, 6), (1, 4), (-1, 4), (9, 8)])
def test_slabs_of_whole_slices_are_those_of_the_peer(mode, place, thickness):
    theirs = peer.make(DATA, projection_mode=mode, scale=(2, 1, 1))
    from napari.components import Dims

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dims = Dims(ndim=3, ndisplay=2, range=((-100, 100, 1),) * 3)
        dims.point = (2 * place, 0, 0)
        dims.thickness = (2 * thickness, 0, 0)
        theirs._slice_dims(dims)
    ours = ImageLayer(DATA, projection_mode=mode, scale=(2, 1, 1))
    ours.dims_point, ours.dims_thickness = (2 * place, 0, 0), (2 * thickness, 0, 0)
    values = ours.slice_values()
    if theirs._slice.empty:
        assert values is None
    else:
        np.testing.assert_array_equal(values, theirs._slice.image.raw)


@given(st.floats(-3, 12), st.floats(0, 5))
def test_slices_with_their_centre_in_the_slab_are_shown(centre, half):
    found = covered(centre, half, 9)
    inside = [n for n in range(9) if abs(n - centre) <= half]
    if inside:
        assert found is not None
        assert set(inside) <= set(range(*found))
        assert all(abs(n - centre) <= half + 1e-5 or len(inside) == 0 for n in range(*found))
    elif found is not None:
        assert found[1] - found[0] == 1
        assert abs(found[0] - centre) <= 0.5 + 1e-6


def test_a_slab_along_two_axes_of_a_turned_series_is_read_alone():
    data = np.random.default_rng(0).random((5, 4, 8, 9))
    layer = ImageLayer(data, affine=np.diag([3, -2, 1, 1, 1]))
    layer.dims_point, layer.dims_thickness = (6, -4, 0, 0), (6, 4, 0, 0)
    np.testing.assert_allclose(layer.slice_values(), data[1:4, 1:4].mean(axis=(0, 1)))
    assert layer.slice_index() == (slice(1, 4), slice(1, 4), slice(None), slice(None))
    assert layer.get_value((2, 2, 3, 3)) == data[2, 2, 3, 3]
    assert layer.get_value((0, 0, 3, 3), shown=True) == layer.slice_values()[3, 3]
    assert layer.get_value((0, 0, 30, 3), shown=True) is None
    layer.dims_displayed = (0, 3)
    np.testing.assert_allclose(layer.slice_values(), data[:, 1:4, 0].mean(axis=1))
    layer.projection_mode = "max"
    np.testing.assert_array_equal(layer.slice_values(), data[:, 1:4, 0].max(axis=1))


def test_slabs_of_levels_and_of_colours():
    fine, coarse = np.arange(64.0 * 64 * 8).reshape(8, 64, 64), np.ones((4, 32, 32))
    coarse[2:] = 5
    layer = ImageLayer([fine, coarse])
    layer.dims_point, layer.dims_thickness = (4, 0, 0), (6, 0, 0)
    np.testing.assert_array_equal(layer.slice_values(), np.full((32, 32), 11 / 3))
    layer.data_level = 0
    np.testing.assert_allclose(layer.slice_values(), fine[1:].mean(axis=0))
    colours = np.zeros((3, 4, 5, 3), np.uint8)
    colours[1] = 255
    picture = ImageLayer(colours, rgb=True)
    picture.dims_point, picture.dims_thickness = (1, 0, 0), (2, 0, 0)
    np.testing.assert_allclose(picture.slice_colours()[0, 0], (1 / 3, 1 / 3, 1 / 3, 1))
    picture.projection_mode = "sum"
    assert picture.slice_values().dtype == np.uint8


def test_changes_are_told_and_checked():
    layer, log = ImageLayer(DATA), []
    layer.events.connect(lambda event: log.append(event.type))
    layer.projection_mode = "mean"
    assert log == []
    layer.projection_mode = "max"
    assert log == ["projection_mode", "loaded", "set_data", "thumbnail"]
    log.clear()
    layer.dims_thickness = (3, 0, 0)
    assert log == ["loaded", "set_data", "thumbnail", "dims"]
    assert layer.as_layer_data_tuple()[1]["projection_mode"] == "max"
    for wrong in ((1, 2), (-1, 0, 0), (np.nan, 0, 0)):
        with pytest.raises(UsageError, match="dims_thickness"):
            layer.dims_thickness = wrong
    with pytest.raises(UsageError, match="projection_mode: must be one of none, sum"):
        ImageLayer(DATA, projection_mode="median")
    layer.data = np.zeros((2, 9, 5, 6))
    assert layer.dims_thickness.tolist() == [0, 3, 0, 0]
