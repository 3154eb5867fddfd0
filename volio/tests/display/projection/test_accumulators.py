"""What rays keep of their samples, sheet by sheet, with numbers by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from volio.display.colour.colormaps import as_colormap
from volio.display.projection.accumulator_kinds import ACCUMULATORS, Farthest
from volio.display.projection.accumulators import RaySettings

#: Samples of three rays, in the order of the rays' way; the second one meets nothing.
SHEETS = [[2, 0, 0], [8, 0, 4], [5, 0, 6]]
EVERYWHERE = (slice(None),)


def accumulated(mode: str, sheets: Any = SHEETS, keep: Any = None, channels: int = 0, **settings):
    """Return an accumulator that has taken sheets, numbered from 0."""
    rays = np.shape(sheets)[1]
    settings = RaySettings(**{"limits": (0, 10), **settings})
    found = ACCUMULATORS[mode]((rays,), settings, channels)
    for step, sheet in enumerate(sheets):
        kept = None if keep is None else np.array(keep[step])
        found.add(np.array(sheet, np.float32), step, EVERYWHERE, kept)
    return found


@pytest.mark.parametrize(
    ("mode", "result", "depth"),
    [
        ("mip", [8, 0, 6], [1, 0, 2]),
        ("minip", [2, 0, 0], [0, 0, 0]),
        ("average", [5, 0, 10 / 3], [0, 0, 0]),
    ],
)
def test_values_and_where_they_are(mode, result, depth):
    found = accumulated(mode)
    np.testing.assert_allclose(found.result(), result, rtol=1e-6)
    np.testing.assert_array_equal(found.depth(), depth)


@pytest.mark.parametrize(
    ("mode", "result", "depth"),
    [
        ("mip", [5, np.nan, 6], [2, np.nan, 2]),
        ("minip", [2, np.nan, 4], [0, np.nan, 1]),
        ("average", [3.5, np.nan, 5], [0, np.nan, 1]),
    ],
)
def test_samples_that_do_not_count(mode, result, depth):
    keep = [[True, False, False], [False, False, True], [True, False, True]]
    found = accumulated(mode, keep=keep)
    np.testing.assert_allclose(found.result(), result, rtol=1e-6)
    np.testing.assert_array_equal(found.depth(), depth)


def test_the_ends_of_the_hidden_range_are_seen():
    found = accumulated("average", hidden=(2, 5))
    low = np.array([1.9, 2, 2.1, 4.9, 5, 5.1], np.float32)
    assert found.seen(low, None).tolist() == [True, True, False, False, True, True]
    keep = np.array([False, True, True, True, True, False])
    assert found.seen(low, keep).tolist() == [False, True, False, False, True, False]
    assert accumulated("average").seen(low, keep) is keep


def test_the_first_sheet_that_counts_is_noted_once():
    found = accumulated("additive")
    found.first[:] = np.nan
    found.note_first(3, EVERYWHERE, np.array([True, False, False]))
    found.note_first(4, EVERYWHERE, np.array([True, True, False]))
    np.testing.assert_array_equal(found.first, [3, 4, np.nan])
    found.note_first(5, EVERYWHERE, None)
    np.testing.assert_array_equal(found.first, [3, 4, 5])


def test_what_is_before_a_value_makes_it_weaker():
    """Of 2, 8, 5 of 10 the second has 0.2 and half of its own 0.8 before it."""
    found = accumulated("attenuated_mip", attenuation=0.5)
    way = np.array([0.1, 0.2 + 0.4, 1.0 + 0.25])
    arriving = np.array([2, 8, 5]) * np.exp(-0.5 * (way - 1))
    np.testing.assert_allclose(found.result()[0], arriving.max(), rtol=1e-6)
    assert found.depth()[0] == 1
    assert found.result()[1] == 0


def test_colours_are_weighed_by_their_light_and_their_alpha():
    bright = (1, 1, 1, 0.2)
    dark = (0, 0.5, 0, 1)
    found = accumulated("mip", [[bright], [dark]], channels=4)
    np.testing.assert_allclose(found.result(), [dark])
    assert found.depth().tolist() == [1]
    found = accumulated("mip", [[dark], [(1, 1, 1, 0.9)]], channels=4)
    np.testing.assert_allclose(found.result(), [(0.9, 0.9, 0.9, 0.9)], rtol=1e-6)


@pytest.mark.parametrize(("attenuation", "first"), [(0.5, 1), (2.0, 0)])
def test_colours_are_weakened_by_the_light_before_them(attenuation, first):
    """Greys of 0.5 and 1: before them is 0.25 (half of its own), then 0.5 and 0.5 of its own.

    They arrive as 0.5 exp(0.75 a) and 1: as 0.73 and 1, or as 2.24 and 1.
    """
    greys = [(0.5, 0.5, 0.5, 1), (1, 1, 1, 1)]
    sheets = [[grey] for grey in greys]
    found = accumulated("attenuated_mip", sheets, channels=4, attenuation=attenuation)
    np.testing.assert_allclose(found.result(), [greys[first]])
    assert found.depth().tolist() == [first]


def test_attenuation_counts_from_the_lower_limit():
    """Values from -4 to 6 are weakened as those from 0 to 10 are, and come back 4 lower."""
    found = accumulated("attenuated_mip", np.array(SHEETS) - 4, attenuation=0.5, limits=(-4, 6))
    expected = accumulated("attenuated_mip", attenuation=0.5)
    np.testing.assert_allclose(found.result(), expected.result() - 4, rtol=1e-5)
    np.testing.assert_array_equal(found.depth(), expected.depth())


def test_the_value_farthest_from_the_middle_of_the_hidden_range():
    """The middle of 1 and 5 is 3: of 2, 8, 5 the second is farthest, of 0, 4, 6 the first."""
    found = Farthest((3,), RaySettings(limits=(0, 10), hidden=(1, 5)), 0)
    for step, sheet in enumerate(SHEETS):
        found.add(np.array(sheet, np.float32), step, EVERYWHERE, None)
    np.testing.assert_array_equal(found.result(), [8, 0, 0])
    np.testing.assert_array_equal(found.depth(), [1, 0, 0])
    # Of what does not count nothing is taken; without a hidden range the middle is 0.
    found = Farthest((3,), RaySettings(limits=(-10, 10)), 0)
    keep = np.array([[True, False, True], [False, False, True], [True, False, True]])
    for step, sheet in enumerate([[2, 9, -5], [8, 9, 4], [-3, 9, 4.5]]):
        found.add(np.array(sheet, np.float32), step, EVERYWHERE, keep[step])
    np.testing.assert_array_equal(found.result(), [-3, np.nan, -5])


RED = (1, 0, 0, 0.5)
GREEN = (0, 1, 0, 1)


@pytest.mark.parametrize(
    ("length", "keep", "result", "done"),
    [
        (1, None, (0.5, 0.5, 0, 1), True),
        (2, None, (0.75, 0.25, 0, 1), True),  # half of the light comes through each voxel
        (1, [[True], [False]], (0.5, 0, 0, 0.5), False),
        (1, [[False], [True]], (0, 1, 0, 1), True),
    ],
)
def test_colours_over_each_other(length, keep, result, done):
    found = accumulated("translucent", [[RED], [GREEN]], keep, channels=4, length=length)
    np.testing.assert_allclose(found.result(), [result], rtol=1e-6)
    assert found.done() is done
    assert found.depth().tolist() == [1 if keep == [[False], [True]] else 0]


def test_a_ray_is_not_done_before_all_are():
    found = accumulated("translucent", [[GREEN, GREEN, (1, 1, 1, 0)]], channels=4)
    assert found.done() is False
    np.testing.assert_allclose(found.result(), [[0, 1, 0, 1], [0, 1, 0, 1], [0, 0, 0, 0]])
    assert found.depth().tolist()[:2] == [0, 0]
    assert np.isnan(found.depth()[2])  # what lets all light through is not seen
    nearly = accumulated("translucent", [[(1, 1, 1, 0.995)], [(1, 1, 1, 0.1)]], channels=4)
    assert nearly.done() is False  # 0.0045 of the light
    nearly.add(np.array([(1, 1, 1, 0.2)], np.float32), 2, EVERYWHERE, None)
    assert nearly.done() is True  # 0.0036
    assert accumulated("mip").done() is False


@pytest.mark.parametrize(
    ("length", "keep", "light"),
    [
        # Light of premultiplied colours: 1 - (1 - 0.5)(1 - 0.3 * 0.8) of red, and so on.
        (1, None, (0.62, 0.64, 0, 0.9)),
        (2, None, (1 - 0.38**2, 1 - 0.36**2, 0, 1 - 0.1**2)),
        (1, [[True], [False]], (0.5, 0, 0, 0.5)),
        (1, [[False], [True]], (0.24, 0.64, 0, 0.8)),
    ],
)
def test_light_of_colours_adds_up_as_on_a_screen(length, keep, light):
    found = accumulated("additive", [[RED], [(0.3, 0.8, 0, 0.8)]], keep, channels=4, length=length)
    *rgb, alpha = light
    np.testing.assert_allclose(found.result(), [(*np.array(rgb) * alpha, alpha)], rtol=1e-5)


def test_light_that_is_brighter_than_a_screen_is_as_bright_as_one():
    found = accumulated("additive", [[(2.0, 0.5, -1.0, 1)]], channels=4)
    np.testing.assert_allclose(found.result(), [(1, 0.5, 0, 1)], rtol=1e-6)


def test_the_mean_of_colours_has_its_alpha_multiplied_in():
    found = accumulated("average", [[RED, RED], [GREEN, RED]], channels=4)
    mean = np.array([0.5, 0.5, 0, 0.75])
    np.testing.assert_allclose(found.result(), [[*mean[:3] * 0.75, 0.75], [0.5, 0, 0, 0.5]])
    found = accumulated("average", [[RED, RED], [GREEN, RED]], [[True, False]] * 2, channels=4)
    np.testing.assert_allclose(found.result(), [[*mean[:3] * 0.75, 0.75], [0, 0, 0, 0]])
    opaque = accumulated("average", [[(1, 0, 0)], [(0, 0.5, 0)], [(0, 0, 1)]], channels=3)
    np.testing.assert_allclose(opaque.result(), [(1 / 3, 1 / 6, 1 / 3, 1)], rtol=1e-6)


@pytest.mark.parametrize("mode", ["translucent", "additive"])
def test_values_have_the_colours_of_the_table(mode):
    """Two samples of a ray are what the formula makes of their two entries."""
    settings = {
        "limits": (-4, 6),
        "gamma": 2.0,
        "colormap": as_colormap([(1, 0, 0, 0.2), (0, 0.5, 1, 0.8)]),
    }
    found = accumulated(mode, [[-1.0], [3.5]], **settings)
    table = RaySettings(**settings).table().astype(float)
    near, far = (table[round((value + 4) / 10 * (len(table) - 1))] for value in (-1, 3.5))
    if mode == "additive":
        light = 1 - (1 - near) * (1 - far)
        expected = [*light[:3] * light[3], light[3]]
    else:
        clear = 1 - near[3]
        expected = [*near[:3] * near[3] + clear * far[3] * far[:3], 1 - clear * (1 - far[3])]
    np.testing.assert_allclose(found.result(), [expected], rtol=1e-4)


def test_entries_of_a_table_are_the_nearest_and_stay_in_it():
    settings = RaySettings(limits=(-10, 30))
    last = len(settings.table()) - 1
    step = 40 / last
    values = np.array([-99, -10, -10 + 0.4 * step, -10 + 0.6 * step, 10, 30, 99], np.float32)
    assert settings.entries(values).tolist() == [0, 0, 0, 1, round(last / 2), last, last]
