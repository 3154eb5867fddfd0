"""Colours of values, without a layer."""

from __future__ import annotations

import numpy as np
import pytest

from volio.display.layers.parts.appearance import Appearance
from volio.errors import UsageError
from volio.tests.display.layers.parts.recording import Recorder


def test_values_become_colours_by_limits_gamma_map_and_opacity():
    appearance = Appearance(colormap=["#000000", "#ff8000"], gamma=2, opacity=0.5)
    values = np.array([[-1.0, 0.0], [5.0, 10.0]])
    colours = appearance.colours(values, (0, 10))
    # (value / 10) ** 2 is 0, 0, 1/4 and 1; the map has 256 steps.
    expected = [[(0, 0, 0, 0.5), (0, 0, 0, 0.5)], [(0.25, 0.125, 0, 0.5), (1, 0.5, 0, 0.5)]]
    np.testing.assert_allclose(colours, expected, atol=1 / 255)


def test_colours_are_kept_but_for_their_alpha():
    appearance = Appearance(colormap="hot", gamma=3, opacity=0.5)
    stored = np.array([[[0, 51, 255], [255, 0, 0]]], np.uint8)
    colours = appearance.colours(stored, (0, 1), rgb=True)
    np.testing.assert_allclose(colours, [[(0, 0.2, 1, 0.5), (1, 0, 0, 0.5)]], atol=1e-6)


def test_every_setting_is_reported_with_its_value():
    appearance = Appearance()
    log = Recorder(appearance)
    appearance.blending = "Additive"
    appearance.gamma = 2
    appearance.opacity = 0.25
    appearance.visible = 0
    appearance.colormap = "viridis"
    assert log.events[:-1] == [
        ("blending", "additive"),
        ("gamma", 2.0),
        ("opacity", 0.25),
        ("visible", False),
    ]
    assert (log.events[-1][0], log.events[-1][1].name) == ("colormap", "viridis")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("opacity", 1.01, "opacity: must be from 0 to 1, got 1.01"),
        ("opacity", -0.01, "opacity: must be from 0 to 1, got -0.01"),
        ("opacity", np.nan, "opacity: must be from 0 to 1, got nan"),
        ("gamma", 0, "gamma: must be above 0, got 0"),
        ("gamma", np.inf, "gamma: must be above 0, got inf"),
        ("blending", "subtract", "blending: must be one of translucent"),
        ("colormap", 3, "colormap"),
    ],
)
def test_values_that_make_no_sense_are_refused(name, value, message):
    with pytest.raises(UsageError, match=message):
        Appearance(**{name: value})
    appearance = Appearance()
    before = getattr(appearance, name)
    with pytest.raises(UsageError, match=message):
        setattr(appearance, name, value)
    assert getattr(appearance, name) == before


def test_the_ends_of_opacity_are_allowed():
    assert [Appearance(opacity=value).opacity for value in (0, 1)] == [0, 1]
