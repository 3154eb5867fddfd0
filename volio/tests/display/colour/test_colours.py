"""Colours of values, and blending, against the formulas written out for single pixels."""

import matplotlib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from volio.display.colour.blending import MODES, blend, compose
from volio.display.colour.colours import colorize, colorize_rgb, normalize
from volio.display.colour.srgb import linear_to_srgb, srgb_to_linear, to_bytes
from volio.errors import UsageError

RAMP = np.linspace(0, 1, 32, dtype=np.float32)


def crossed(opacity):
    """A ramp across, and one down of a given opacity."""
    below = np.ones((32, 32, 4), np.float32)
    below[..., :3] = RAMP[np.newaxis, :, np.newaxis]
    layer = np.full((32, 32, 4), opacity, np.float32)
    layer[..., :3] = RAMP[:, np.newaxis, np.newaxis] * (1, 0.5, 0.25)
    return below, layer


def pixel(mode, source, target, a, target_a):
    """The formula for one colour of one pixel."""
    if mode == "opaque":
        return source
    if mode == "additive":
        return min(1.0, a * source + target_a * target)
    if mode == "subtractive":
        return max(0.0, target - a * source)
    mixed = {"minimum": min(source, target), "multiplicative": source * target}.get(mode, source)
    return a * mixed + (1 - a) * target


@pytest.mark.parametrize("opacity", [1.0, 0.4])
@pytest.mark.parametrize("mode", MODES)
def test_blending_formulas_to_one_gray_level(mode, opacity):
    below, layer = crossed(opacity)
    got = to_bytes(blend(below, layer, mode)).astype(int)
    for row, column, channel in np.ndindex(32, 32, 3):
        expected = pixel(
            mode, layer[row, column, channel], below[row, column, channel], opacity, 1.0
        )
        assert abs(got[row, column, channel] - 255 * expected) <= 1
    assert (got[..., 3] == (255 * opacity if mode == "opaque" else 255)).all()


@pytest.mark.parametrize("mode", MODES)
def test_a_pixel_without_alpha_changes_nothing(mode):
    below, layer = crossed(0.0)
    np.testing.assert_array_equal(blend(below, layer, mode), below)


@pytest.mark.parametrize("mode", MODES)
def test_the_lowest_layer_is_laid_on_the_canvas(mode):
    _, layer = crossed(0.5)
    canvas = np.zeros((32, 32, 4), np.float32)
    canvas[..., :3], canvas[..., 3] = 0.8, 1
    got = blend(canvas, layer, mode, first=True)
    expected = {"minimum": layer[..., :3], "additive": 0.5 * layer[..., :3]}.get(
        mode, 0.5 * layer[..., :3] + 0.5 * 0.8
    )
    np.testing.assert_allclose(got[..., :3], expected, atol=1e-6)


def test_unknown_modes_are_refused_with_the_names_there_are():
    with pytest.raises(UsageError, match="subtractive, got 'screen'"):
        blend(*crossed(1.0), "screen")


def test_values_get_the_colours_of_the_map():
    values = np.array([[-5, 0, 5], [10, 15, 20]], np.int16)
    viridis = matplotlib.colormaps["viridis"]
    picture = colorize(values, (0, 10), colormap=viridis, opacity=0.5)
    expected = viridis(np.array([[0, 0, 0.5], [1, 1, 1]]))
    np.testing.assert_allclose(picture[..., :3], expected[..., :3], atol=1e-6)
    assert (picture[..., 3] == 0.5).all()
    assert picture.dtype == np.float32


def test_gamma_bends_gray():
    picture = colorize(np.array([[0.25, 0.5]]), (0, 1), gamma=2.0)
    np.testing.assert_allclose(picture[0, :, 0], [0.0625, 0.25])


def test_nan_is_transparent_and_infinity_is_clipped():
    picture = colorize(np.array([[np.nan, np.inf, -np.inf]]), (0, 1))
    np.testing.assert_array_equal(picture[0], [[0, 0, 0, 0], [1, 1, 1, 1], [0, 0, 0, 1]])


def test_each_pixel_may_have_its_own_opacity():
    alpha = np.array([[0.0, 0.25, 1.0]])
    np.testing.assert_array_equal(colorize(np.ones((1, 3)), (0, 1), opacity=alpha)[..., 3], alpha)


def test_a_table_has_steps_of_equal_width():
    table = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]])
    got = colorize(np.array([[0, 0.2, 0.3, 0.6, 0.9, 1]]), (0, 1), colormap=table)
    np.testing.assert_array_equal(got[0, :, :3], table[[0, 0, 1, 2, 3, 3]])
    with pytest.raises(UsageError, match=r"\(n, 3\) or \(n, 4\), got \(4,\)"):
        colorize(np.zeros((1, 1)), (0, 1), colormap=np.zeros(4))


@given(
    dtype=st.sampled_from([np.uint8, np.int16, np.int32, np.int64, np.float32, np.float64]),
    low=st.integers(0, 100),
    width=st.integers(1, 100),
)
def test_normalizing_agrees_with_exact_arithmetic(dtype, low, width):
    values = np.arange(0, 120).astype(dtype)
    got = normalize(values, (low, low + width))
    exact = (np.clip(values.astype(np.float64), low, low + width) - low) / width
    np.testing.assert_allclose(got, exact, atol=1e-6)
    assert got.dtype == np.float32


def test_limits_near_a_large_number_keep_their_digits():
    values = 2.0**40 + np.array([0.0, 0.25, 1.0])
    np.testing.assert_allclose(normalize(values, (2.0**40, 2.0**40 + 1)), [0, 0.25, 1])


@pytest.mark.parametrize("limits", [(1, 1), (2, 1), (0, np.nan), (-np.inf, 1)])
def test_limits_must_increase(limits):
    with pytest.raises(UsageError, match="limits: must be two finite numbers that increase"):
        colorize(np.zeros((2, 2)), limits)


@pytest.mark.parametrize(("name", "value"), [("gamma", 0), ("gamma", -1), ("opacity", 1.5)])
def test_settings_outside_their_range_are_refused(name, value):
    with pytest.raises(UsageError, match=f"{name}: must be"):
        colorize(np.zeros((2, 2)), (0, 1), **{name: value})


def test_colours_of_an_image_are_not_stretched_unless_asked():
    values = np.array([[[0, 128, 255], [10, 20, 30]]], np.uint8)
    np.testing.assert_allclose(colorize_rgb(values)[..., :3], values / 255, atol=1e-6)
    stretched = colorize_rgb(values, limits=(0, 128))
    np.testing.assert_allclose(stretched[0, 0, :3], [0, 1, 1])
    floats = np.array([[[0.0, 0.5, 2.0, 0.25]]])
    np.testing.assert_allclose(colorize_rgb(floats, opacity=0.5)[0, 0], [0, 0.5, 1, 0.125])
    np.testing.assert_array_equal(colorize_rgb(np.full((1, 1, 3), np.nan))[0, 0], [0] * 4)
    with pytest.raises(UsageError, match="last axis of 3 or 4"):
        colorize_rgb(np.zeros((4, 4, 2)))


def test_composing_is_blending_from_below():
    below, layer = crossed(0.4)
    got = compose([below, layer], ["translucent", "additive"])
    np.testing.assert_array_equal(got, to_bytes(blend(below, layer, "additive")))
    assert got.dtype == np.uint8


def test_what_lies_behind_is_hidden():
    red = np.broadcast_to(np.float32([1, 0, 0, 1]), (1, 3, 4))
    blue = np.broadcast_to(np.float32([0, 0, 1, 1]), (1, 3, 4))
    depths = [np.array([[1.0, 1.0, np.nan]]), np.array([[0.0, 2.0, 5.0]])]
    got = compose([red, blue], ["opaque", "opaque"], depths=depths)
    np.testing.assert_array_equal(got[0, :, 2], [255, 0, 255])
    free = compose([red, blue], ["opaque", "translucent_no_depth"], depths=depths)
    np.testing.assert_array_equal(free[0, :, 2], [255] * 3)


def test_linear_light_halves_light_and_not_the_screen_value():
    white = np.full((1, 1, 4), 1, np.float32)
    white[..., 3] = 0.5
    assert compose([white])[0, 0, 0] == 128
    assert compose([white], linear=True)[0, 0, 0] == 188  # 255 * linear_to_srgb(0.5)
    np.testing.assert_allclose(linear_to_srgb(srgb_to_linear(RAMP)), RAMP, atol=1e-6)


def test_numbers_of_pictures_modes_and_depths_must_agree():
    with pytest.raises(UsageError, match="got 0 pictures"):
        compose([])
    with pytest.raises(UsageError, match="2 modes"):
        compose([np.zeros((1, 1, 4))], ["opaque", "opaque"])
    with pytest.raises(UsageError, match="background"):
        compose([np.zeros((1, 1, 4))], background=(0, 300, 0))
