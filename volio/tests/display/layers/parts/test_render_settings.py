"""Settings of interpolation and rendering, without a layer."""

from __future__ import annotations

import numpy as np
import pytest

from volio.display import ClippingPlane, ClippingPlaneList, SlicingPlane
from volio.display.layers.parts.render_settings import RenderSettings
from volio.errors import UsageError
from volio.tests.display.layers.parts.recording import Recorder


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("rendering", "ISO", "iso"),
        ("depiction", "Plane", "plane"),
        ("interpolation2d", "custom", "custom"),
        ("interpolation3d", "cubic", "cubic"),
        ("attenuation", 2, 2.0),
        ("iso_threshold", "3", 3.0),
        ("custom_interpolation_kernel_2d", [[1, 2]], [[1, 2]]),
    ],
)
def test_every_setting_is_reported_with_its_value(name, value, kept):
    settings = RenderSettings()
    log = Recorder(settings)
    setattr(settings, name, value)
    assert np.array_equal(getattr(settings, name), kept)
    assert log.names == [name]
    assert np.array_equal(log.events[0][1], kept)
    assert np.array_equal(getattr(RenderSettings(**{name: value}), name), kept)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("rendering", "x-ray", "must be one of mip"),
        ("depiction", "line", "must be one of volume, plane"),
        ("interpolation2d", "bilinear", "is called 'linear'"),
        ("interpolation3d", "custom", "for slices only"),
        ("attenuation", np.inf, "must be a finite number"),
        ("iso_threshold", np.nan, "must be a finite number"),
        ("custom_interpolation_kernel_2d", [1, 2], r"two dimensions, got shape \(2,\)"),
        ("custom_interpolation_kernel_2d", [[]], r"two dimensions, got shape \(1, 0\)"),
        ("custom_interpolation_kernel_2d", [[np.nan]], "must be finite numbers"),
    ],
)
def test_values_that_make_no_sense_are_refused(name, value, message):
    with pytest.raises(UsageError, match=f"{name}: .*{message}"):
        RenderSettings(**{name: value})


def test_the_threshold_has_a_default_until_it_is_set():
    found = [7.0]
    settings = RenderSettings(lambda: found[0])
    assert settings.iso_threshold == 7
    found[0] = 8
    assert settings.iso_threshold == 8
    settings.iso_threshold = 3
    assert settings.iso_threshold == 3
    assert RenderSettings().iso_threshold == 0.5


def test_planes_that_move_are_reported():
    settings = RenderSettings(plane={"position": (1, 2, 3), "thickness": 4})
    first = settings.plane
    assert (first.position, first.thickness) == ((1, 2, 3), 4)
    log = Recorder(settings)
    first.position = (5, 5, 5)
    second = SlicingPlane((9, 9, 9))
    settings.plane = second
    assert settings.plane is second
    settings.plane = second
    assert log.events == [("plane", first), ("plane", second)]
    first.position = (6, 6, 6)
    assert len(log.events) == 2
    second.normal = (0, 1, 0)
    assert log.names == ["plane"] * 3


def test_clipping_planes_are_those_that_were_given():
    planes = ClippingPlaneList([ClippingPlane((1, 0, 0))])
    settings = RenderSettings(experimental_clipping_planes=planes)
    assert settings.experimental_clipping_planes is planes
    log = Recorder(settings)
    planes[0].enabled = False
    assert log.names == ["experimental_clipping_planes"]
    settings.experimental_clipping_planes = {"position": (2, 0, 0)}
    assert settings.experimental_clipping_planes[0].position == (2, 0, 0)
    planes[0].enabled = True
    assert log.names == ["experimental_clipping_planes"] * 2
