"""Named views of surfaces, and the hemispheres that they depend on."""

from __future__ import annotations

import numpy as np
import pytest

import volio
from volio.display.surfaces.hemispheres import as_hemisphere, hemisphere_of, stated_hemisphere
from volio.display.surfaces.views import VIEWS, as_cameras, camera_named, extent, fitted_view
from volio.errors import GeometryWarning, UsageError
from volio.tests.surfaces.shapes import CORNERS, SIDES

# RAS+: x to the right, y to the front, z to the head of the subject. For each view, where the
# viewer looks to and what is to the right of the picture.
EXPECTED = {
    ("lateral", "left"): ((1, 0, 0), (0, -1, 0)),
    ("lateral", "right"): ((-1, 0, 0), (0, 1, 0)),
    ("medial", "left"): ((-1, 0, 0), (0, 1, 0)),
    ("medial", "right"): ((1, 0, 0), (0, -1, 0)),
    ("left", "right"): ((1, 0, 0), (0, -1, 0)),
    ("right", "left"): ((-1, 0, 0), (0, 1, 0)),
    ("anterior", "left"): ((0, -1, 0), (-1, 0, 0)),
    ("posterior", "left"): ((0, 1, 0), (1, 0, 0)),
    ("dorsal", "left"): ((0, 0, -1), (1, 0, 0)),
    ("ventral", "left"): ((0, 0, 1), (-1, 0, 0)),
}


@pytest.mark.parametrize(("named", "expected"), EXPECTED.items(), ids=map(str, EXPECTED))
def test_views_are_anatomical(named, expected):
    view = fitted_view(camera_named(*named), CORNERS, 0.1)
    np.testing.assert_allclose(view.direction, expected[0])
    np.testing.assert_allclose(view.right, expected[1])


def test_every_view_has_a_camera_and_synonyms_the_same_one():
    cameras = {name: camera_named(name, "left") for name in VIEWS}
    assert cameras["dorsal"].direction == cameras["superior"].direction
    assert cameras["rostral"].direction == cameras["anterior"].direction == (0, -1, 0)
    with pytest.raises(UsageError, match=r"views: must be of lateral, medial.*got 'sideways'"):
        camera_named("sideways", "left")


def test_angles_are_views_too():
    front, left = as_cameras([(0, 0), (90, 0)], lambda: pytest.fail("no need to know it"))
    np.testing.assert_allclose(front.direction, (0, -1, 0), atol=1e-12)
    np.testing.assert_allclose(left.direction, (1, 0, 0), atol=1e-12)
    assert front.name == "0, 0"
    assert [camera.name for camera in as_cameras((30.0, -10), str)] == ["30, -10"]


@pytest.mark.parametrize("views", [[], [(1, 2, 3)], [(0, np.nan)], [None], [("a", "b")]])
def test_what_is_no_view_is_refused(views):
    with pytest.raises(UsageError, match="views:"):
        as_cameras(views, lambda: "left")
    with pytest.raises(UsageError, match="elevation: must be between -90 and 90"):
        as_cameras((0, 91), lambda: "left")


def test_the_hemisphere_is_asked_for_where_a_view_depends_on_it():
    asked = []
    as_cameras(("dorsal", "left"), lambda: asked.append(1) or "left")
    assert asked == []
    as_cameras(("dorsal", "Medial", "lateral"), lambda: asked.append(1) or "left")
    assert asked == [1]


def test_a_hemisphere_that_is_not_said_is_warned_of_once():
    with pytest.warns(GeometryWarning, match="hemi= says it") as caught:
        volio.Surface(CORNERS, SIDES).plot(views=("lateral", "medial"), size=60)
    assert [each.filename for each in caught] == [__file__]


def test_a_view_shows_all_points_and_little_else():
    camera = camera_named("dorsal", "")
    view = fitted_view(camera, CORNERS, 0.1)
    assert extent(camera, CORNERS) == 3
    assert view.size == (30 + 4, 20 + 4)
    np.testing.assert_allclose(view.pixel, (0.1, 0.1))
    np.testing.assert_allclose(view.centre, (1, 1.5, 0))


def test_the_hemisphere_is_what_is_said(tmp_path):
    surf = volio.Surface(CORNERS, SIDES)
    assert stated_hemisphere(surf) == ""
    surf.structure = "cortex_left"
    assert hemisphere_of(surf) == stated_hemisphere(surf) == "left"
    assert hemisphere_of(surf, "R") == hemisphere_of(surf, "right") == "right"
    volio.save(volio.Surface(CORNERS, SIDES, space="tkras"), tmp_path / "rh.pial")
    assert hemisphere_of(volio.load(tmp_path / "rh.pial")) == "right"
    with pytest.raises(UsageError, match="hemi: must be 'left' or 'right', got 'middle'"):
        as_hemisphere("middle")


@pytest.mark.parametrize(("shift", "side"), [(-10, "left"), (10, "right")])
def test_where_nothing_says_the_hemisphere_the_mean_x_does_with_a_warning(shift, side):
    vertices = CORNERS + np.array([shift, 0, 0])
    vertices[0] = np.nan
    with pytest.warns(GeometryWarning, match=rf"taken for the {side} one.*hemi= says it") as caught:
        assert hemisphere_of(volio.Surface(vertices, SIDES)) == side
    assert caught[0].filename == __file__
