"""Axes shown and points along the others, without a layer."""

from __future__ import annotations

import numpy as np
import pytest

from volio.display.layers.parts.slicing import Slicing
from volio.errors import UsageError
from volio.tests.display.layers.parts.recording import Recorder


def test_the_last_two_axes_are_shown_at_first():
    slicing = Slicing(4)
    assert (slicing.dims_displayed, slicing.hidden) == ((2, 3), [0, 1])
    slicing.dims_displayed = (-1, 0, 2)
    assert (slicing.dims_displayed, slicing.hidden) == ((3, 0, 2), [1])


@pytest.mark.parametrize("axes", [(0,), (0, 1, 2, 3), (0, 0), (0, -4), (0, 4), (-5, 0)])
def test_axes_that_cannot_be_shown(axes):
    slicing = Slicing(4)
    with pytest.raises(UsageError, match="dims_displayed: must be two or three of 4 axes"):
        slicing.dims_displayed = axes
    assert slicing.dims_displayed == (2, 3)


def test_every_setting_is_reported_with_its_value():
    slicing = Slicing(2)
    log = Recorder(slicing)
    slicing.dims_point = (3, 4)
    slicing.dims_thickness = (0, 2)
    slicing.dims_displayed = (1, 0)
    slicing.projection_mode = "Max"
    slicing.projection_mode = "max"
    found = [(name, np.array(value).tolist()) for name, value in log.events]
    assert found == [
        ("dims_point", [3, 4]),
        ("dims_thickness", [0, 2]),
        ("dims_displayed", [1, 0]),
        ("projection_mode", "max"),
    ]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("dims_point", (1, 2, 3), "must be 2 finite numbers"),
        ("dims_point", (1, np.nan), "must be 2 finite numbers"),
        ("dims_point", "here", "must be numbers"),
        ("dims_thickness", (1, -1), "must be 0 or more"),
        ("dims_thickness", (1, np.inf), "must be 2 finite numbers"),
        ("projection_mode", "median", "must be one of none, sum"),
    ],
)
def test_values_that_make_no_sense_are_refused(name, value, message):
    slicing = Slicing(2)
    before = np.array(getattr(slicing, name))
    with pytest.raises(UsageError, match=f"{name}: {message}"):
        setattr(slicing, name, value)
    assert (np.array(getattr(slicing, name)) == before).all()


def test_other_numbers_of_axes_keep_the_last_ones():
    slicing = Slicing(3)
    slicing.dims_point = (5, 6, 7)
    slicing.dims_thickness = (1, 2, 3)
    slicing.dims_displayed = (0, 1)
    slicing.resize(4)
    assert slicing.dims_point.tolist() == [0, 5, 6, 7]
    assert slicing.dims_thickness.tolist() == [0, 1, 2, 3]
    assert slicing.dims_displayed == (2, 3)
    slicing.resize(2)
    assert (slicing.ndim, slicing.dims_point.tolist()) == (2, [6, 7])
    assert slicing.dims_displayed == (0, 1)
