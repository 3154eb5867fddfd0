"""Colour maps: whatever names or describes one, and the colours of values."""

from __future__ import annotations

import sys
from subprocess import run

import matplotlib
import numpy as np
import pytest

from volio.display import Colormap, ImageLayer, as_colormap, colormap_names
from volio.errors import UsageError


@pytest.mark.parametrize("name", ["viridis", "jet", "PiYG", "twilight", "hsv", "tab10", "Set3"])
def test_maps_of_matplotlib_give_its_colours(name):
    places = np.concatenate([[0], (np.arange(999) + 0.5) / 999, [1]])
    expected = matplotlib.colormaps[name](places)
    found = as_colormap(name).map(places)
    if matplotlib.colormaps[name].N < 256:
        np.testing.assert_allclose(found, expected, atol=1e-6)
    # Between the 256 entries of matplotlib's table ours is interpolated.
    assert np.abs(found - expected).mean() < 0.006
    assert found.dtype == np.float32


def test_interpolated_and_stepped():
    places = [-1, 0, 0.25, 0.5, 0.75, 1, 2]
    smooth = Colormap([(0, 0, 0), (1, 1, 1)], controls=(0, 1))
    np.testing.assert_allclose(smooth.map(places)[:, 0], [0, 0, 0.25, 0.5, 0.75, 1, 1])
    uneven = Colormap([(0, 0, 0), (1, 0, 0), (1, 1, 0)], controls=(0, 0.25, 1))
    np.testing.assert_allclose(
        uneven.map([0.125, 0.25, 0.625])[:, :2], [(0.5, 0), (1, 0), (1, 0.5)]
    )
    bins = Colormap(["black", "red", "white"], controls=(0, 0.5, 0.6, 1), interpolation="zero")
    np.testing.assert_allclose(
        bins.map([0, 0.49, 0.5, 0.59, 0.6, 1])[:, :2],
        [(0, 0), (0, 0), (1, 0), (1, 0), (1, 1), (1, 1)],
    )
    np.testing.assert_allclose(Colormap(["red"]).map([0, 0.3, 1]), [(1, 0, 0, 1)] * 3)
    np.testing.assert_allclose(smooth.map(np.zeros((2, 3, 4))).shape, (2, 3, 4, 4))


def test_nan_is_clear_and_ends_may_have_colours():
    assert tuple(as_colormap("red").map([np.nan])[0]) == (0, 0, 0, 0)
    marked = as_colormap("HiLo").map([0, 0.5, 1, np.nan])
    np.testing.assert_allclose(marked, [(0, 0, 1, 1), (0.5, 0.5, 0.5, 1), (1, 0, 0, 1), (0,) * 4])
    own = Colormap(["black", "white"], nan_color="red")
    np.testing.assert_allclose(own.map([np.nan]), [(1, 0, 0, 1)])


def test_whatever_describes_a_map():
    red = Colormap(["black", "red"], name="mine")
    assert as_colormap(red) is red
    assert as_colormap(("other", red)).name == "other"
    assert as_colormap({"one": red}).name == "one"
    assert as_colormap(red.dict()) == red
    assert as_colormap([(0, 0, 0), (1, 0, 0)]) == Colormap(["black", "red"], "custom")
    assert as_colormap(matplotlib.colormaps["jet"]).name == "jet"
    for name in ("crimson", "#dc143c"):
        np.testing.assert_allclose(as_colormap(name).map([0, 1])[:, 0], (0, 220 / 255), atol=1e-6)
    assert dict(red)["name"] == "mine"
    assert len({red, as_colormap(red.dict())}) == 1
    assert red.colorbar.shape == (28, 305, 4)
    assert (red.colorbar[0, 0], red.colorbar[0, -1])[1].tolist() == [255, 0, 0, 255]


def test_all_names_give_maps():
    names = colormap_names()
    assert {"gray", "viridis", "I Blue", "bop orange", "fire", "jet", "red"} <= set(names)
    assert ImageLayer([[1, 2]]).colormaps == names
    for name in names:
        colours = as_colormap(name).map([0, 0.5, 1])
        assert ((colours >= 0) & (colours <= 1)).all()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("no such map", "there is no 'no such map'"),
        ("#12345g", "there is no '#12345g'"),
        ({}, "an empty mapping"),
        ({"colors": ["red"], "shade": 3}, "'shade'"),
        ([(0, 0, 2)], "between 0 and 1"),
        ([(0, 0)], r"\(N, 4\), got shape \(1, 2\)"),
        ([3], r"\(N, 4\), got shape \(1,\)"),
    ],
)
def test_what_describes_no_map(wrong, words):
    with pytest.raises(UsageError, match=words):
        as_colormap(wrong)


def test_of_several_maps_the_first_is_taken_with_a_warning():
    with pytest.warns(UserWarning, match="first is taken"):
        assert as_colormap({"a": "red", "b": "blue"}) == Colormap(["black", "red"], "a")


def test_fields_that_do_not_fit():
    for wrong in ({"controls": (0, 0.5)}, {"controls": (1, 0, 1)}, {"interpolation": "cubic"}):
        with pytest.raises(UsageError, match=next(iter(wrong))):
            Colormap(["red", "green", "blue"], **wrong)


def test_state_needs_no_matplotlib():
    program = (
        "import sys, numpy, volio\n"
        "layer = volio.ImageLayer(numpy.zeros((4, 5, 6)), colormap='viridis')\n"
        "layer.contrast_limits, layer.extent, layer.get_status((1, 1, 1)), layer.refresh()\n"
        "layer.colormap = 'red'\n"
        "layer.thumbnail\n"
        "assert 'matplotlib' not in sys.modules\n"
        "layer.colormap = 'viridis'\n"
        "layer.thumbnail\n"
        "assert 'matplotlib' in sys.modules\n"
    )
    done = run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
