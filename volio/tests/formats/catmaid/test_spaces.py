"""Project, stack and scaled coordinates, by hand and against plain arithmetic."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from volio.errors import HeaderDataError, UsageError
from volio.formats.catmaid.spaces import (
    CoordinateTransformer,
    StackOrientation,
    checked_zoom,
    reordered,
    scaling_factors,
)

RESOLUTION = {"x": 2.0, "y": 3.0, "z": 5.0}
TRANSLATION = {"x": 10.0, "y": 20.0, "z": 30.0}
FACTORS = [{"x": 1, "y": 1, "z": 1}, {"x": 2, "y": 4, "z": 1}, {"x": 3, "y": 8, "z": 2}]
POINT = {"x": 12.0, "y": 26.0, "z": 45.0}  # nm: pixels 1, 2, 3 of the project's axes
ORIENTATIONS = {"xy": "xyz", "xz": "xzy", "zy": "zyx"}
ORDERS = ["".join(order) for order in permutations("xyz")]


def spaces(orientation: str = "xy", **choices: object) -> CoordinateTransformer:
    return CoordinateTransformer(RESOLUTION, TRANSLATION, orientation, **choices)


@pytest.mark.parametrize(
    ("orientation", "expected"),
    [
        ("xy", {"x": 1.0, "y": 2.0, "z": 3.0}),
        ("xz", {"x": 1.0, "y": 3.0, "z": 2.0}),
        ("zy", {"x": 3.0, "y": 2.0, "z": 1.0}),
    ],
)
def test_project_axes_are_scaled_then_renamed(orientation: str, expected: dict):
    found = spaces(orientation)
    assert found.project_to_stack(POINT) == expected
    assert found.stack_to_project(expected) == POINT
    assert found.project_to_stack_array([*POINT.values()]).tolist() == [*expected.values()]


def test_single_coordinates_name_the_axis_they_are_along():
    found = spaces("xz")
    assert found.project_to_stack_coord("y", 26.0) == ("z", 2.0)
    assert found.project_to_stack_coord("z", 45.0) == ("y", 3.0)
    assert found.stack_to_project_coord("z", 2.0) == ("y", 26.0)
    assert found.stack_to_project_coord("x", 1.0) == ("x", 12.0)
    assert [spaces(each).depth_dim for each in ORIENTATIONS] == ["z", "y", "x"]


@pytest.mark.parametrize("dims", ORDERS)
@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_arrays_in_any_order_of_columns(orientation: str, dims: str):
    found = spaces(orientation)
    points = np.arange(24.0).reshape(2, 4, 3)
    stack = found.project_to_stack_array(points, dims)
    for column, dim in enumerate(dims):
        project_dim = ORIENTATIONS[orientation]["xyz".index(dim)]
        along = points[..., dims.index(project_dim)]
        expected = (along - TRANSLATION[project_dim]) / RESOLUTION[project_dim]
        np.testing.assert_array_equal(stack[..., column], expected)
    np.testing.assert_allclose(found.stack_to_project_array(stack, dims), points)


def test_levels_halve_x_and_y():
    found = spaces()
    assert found.stack_to_scaled({"x": 8, "y": 12, "z": 8}, 2) == {"x": 2, "y": 3, "z": 8}
    assert found.stack_to_scaled_coord("x", 8, tgt_zoom=1, src_zoom=3) == 32
    assert found.stack_to_scaled_coord("z", 8, tgt_zoom=1, src_zoom=3) == 8
    assert found.stack_to_scaled_array([[8, 12, 7]], -1).tolist() == [[16, 24, 7]]
    assert found.stack_to_scaled_array([[8, 12, 7]], 1, dims="zyx").tolist() == [[8, 6, 3.5]]
    assert spaces(scale_z=True).stack_to_scaled_array([8, 12, 6], 1).tolist() == [4, 6, 3]


def test_factors_of_the_server_count_more_than_halving():
    found = spaces(downsample_factors=FACTORS)
    assert found.stack_to_scaled_array([12, 16, 8], 2).tolist() == [4, 2, 4]
    assert found.stack_to_scaled_array([12, 16, 8], 0, 1).tolist() == [24, 64, 8]
    with pytest.raises(UsageError, match="the stack has levels 0 to 2, got 3"):
        found.stack_to_scaled_array([12, 16, 8], 3)
    with pytest.raises(UsageError, match="the stack has levels 0 to 2, got -1"):
        scaling_factors(-1, FACTORS)


def test_defaults_leave_coordinates_as_they_are():
    found = CoordinateTransformer()
    assert found.project_to_stack(POINT) == POINT
    assert found == CoordinateTransformer({"x": 1, "y": 1, "z": 1}, dict.fromkeys("xyz", 0))


@pytest.mark.parametrize(
    "choices",
    [
        {"orientation": "xz"},  # catpy forgot this one
        {"scale_z": True},  # and this one
        {"downsample_factors": FACTORS},
        {"resolution": {"x": 2.0, "y": 3.0, "z": 6.0}},
        {"translation": {"x": 2.0, "y": 3.0, "z": 6.0}},
    ],
)
def test_equality_minds_every_choice(choices: dict):
    known = {"resolution": RESOLUTION, "translation": TRANSLATION}
    assert CoordinateTransformer(**{**known, **choices}) != spaces()
    assert CoordinateTransformer(**{**known, **choices}) == CoordinateTransformer(
        **{**known, **choices}
    )
    assert spaces() != "xy"
    with pytest.raises(TypeError, match="unhashable"):
        hash(spaces())


def test_affine_leads_to_centres_of_pixels_in_mm():
    np.testing.assert_allclose(
        spaces().level_affine(),
        [[2e-6, 0, 0, 11e-6], [0, 3e-6, 0, 21.5e-6], [0, 0, 5e-6, 32.5e-6], [0, 0, 0, 1]],
    )
    # Stack y is along project z, and stack z along project y.
    np.testing.assert_allclose(
        spaces("xz").level_affine(1),
        [[4e-6, 0, 0, 12e-6], [0, 0, 3e-6, 21.5e-6], [0, 10e-6, 0, 35e-6], [0, 0, 0, 1]],
    )


@pytest.mark.parametrize("zoom", [0, 1, 2])
@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_affine_agrees_with_the_coordinates(orientation: str, zoom: int):
    found = spaces(orientation, downsample_factors=FACTORS)
    voxel = np.array([7, 5, 3])
    corner = found.stack_to_scaled_array(voxel + 0.5, 0, zoom)
    expected = found.stack_to_project_array(corner) * 1e-6
    np.testing.assert_allclose(found.level_affine(zoom) @ [*voxel, 1], [*expected, 1])


def test_orientations_are_words_and_numbers():
    words = [str(StackOrientation(number)) for number in (0, 1, 2)]
    assert words == ["xy", "xz", "zy"]
    assert StackOrientation("ZY") is StackOrientation.ZY
    assert StackOrientation.from_value(None) is StackOrientation.XY
    assert [*StackOrientation.XZ] == ["x", "z"]
    for wrong in (3, "yx", 1.5, -1):
        with pytest.raises(HeaderDataError, match="orientation: must be xy, xz, zy, or 0, 1, 2"):
            StackOrientation.from_value(wrong)


@pytest.mark.parametrize("zoom", [1.5, "1", None, float("nan"), float("inf"), 33, -33])
def test_zoom_levels_are_whole_numbers(zoom: object):
    with pytest.raises(UsageError, match="zoom level: must be a whole number from -32 to 32"):
        checked_zoom(zoom)


def test_zoom_levels_may_be_numbers_of_any_type():
    assert [checked_zoom(zoom) for zoom in (2, 2.0, np.int8(2), -1)] == [2, 2, 2, -1]


def test_points_and_orders_that_make_no_sense():
    with pytest.raises(UsageError, match=r"three coordinates each, got shape \(2,\)"):
        spaces().project_to_stack_array([1, 2])
    for wrong in ("xyy", "xy", "xyzt"):
        with pytest.raises(UsageError, match="dims: must be a permutation of xyz"):
            spaces().stack_to_project_array([1, 2, 3], wrong)


@pytest.mark.parametrize("wrong", [{"x": 1, "y": 2}, {"x": 1, "y": 2, "z": np.nan}, [1, 2, 3]])
def test_numbers_that_are_missing_or_not_finite(wrong: object):
    with pytest.raises(HeaderDataError, match="resolution: must have finite numbers x, y, z"):
        CoordinateTransformer(resolution=wrong)
    with pytest.raises(HeaderDataError, match="translation: must have finite numbers x, y, z"):
        CoordinateTransformer(translation=wrong)


def test_a_resolution_is_above_zero():
    with pytest.raises(HeaderDataError, match="resolution: must be above 0"):
        CoordinateTransformer({"x": 1, "y": 0, "z": 2})


def test_reordering_goes_by_name():
    assert reordered([1, 2, 3], "xyz", "zxy") == [3, 1, 2]
    assert reordered([1, 2, 3], "yzx", "xyz") == [3, 1, 2]
