"""Planes: their fields, what they meet and what they cut away."""

from __future__ import annotations

import numpy as np
import pytest

from volio.display import ClippingPlane, ClippingPlaneList, ImageLayer, Plane, SlicingPlane
from volio.errors import UsageError


def test_normals_have_length_one_and_changes_are_told():
    plane = SlicingPlane((1, 2, 3), (0, 3, 4), thickness=2)
    assert plane.normal == (0, 0.6, 0.8)
    log = []
    plane.events.connect(lambda event: log.append((event.type, event.value)))
    plane.normal, plane.position, plane.thickness = (0, 0, -2), (4, 5, 6), 7
    assert log == [("normal", (0, 0, -1)), ("position", (4, 5, 6)), ("thickness", 7)]
    assert SlicingPlane(**plane.dict()) == plane
    assert plane != SlicingPlane()
    assert repr(Plane((1, 2, 3))) == "Plane(position=(1.0, 2.0, 3.0), normal=(1.0, 0.0, 0.0))"


def test_lines_meet_planes_and_points_make_them():
    plane = Plane.from_points((0, 0, 1), (3, 0, 1), (0, 3, 1))
    assert (plane.position, plane.normal) == ((1, 1, 1), (0, 0, 1))
    np.testing.assert_allclose(plane.intersect_with_line((5, 5, 5), (1, 0, 2)), (3, 5, 1))
    plane.shift_along_normal_vector(2)
    assert plane.position == (1, 1, 3)
    np.testing.assert_array_equal(plane.as_array(), [[1, 1, 3], [0, 0, 1]])
    assert Plane.from_array(plane.as_array()) == plane
    np.testing.assert_allclose(plane.distance([(0, 0, 0), (9, 9, 4)]), (-3, 1))


@pytest.mark.parametrize(
    "wrong",
    [
        {"normal": (0, 0, 0)},
        {"position": (1, 2)},
        {"position": (1, 2, np.nan)},
        {"normal": "abc"},
        {"thickness": -1},
    ],
)
def test_planes_that_are_none(wrong):
    with pytest.raises(UsageError, match=next(iter(wrong))):
        SlicingPlane(**wrong)


def test_lines_along_a_plane_and_points_on_a_line_are_refused():
    with pytest.raises(UsageError, match="along the plane"):
        Plane(normal=(0, 0, 1)).intersect_with_line((0, 0, 0), (1, 1, 0))
    with pytest.raises(UsageError, match="line"):
        Plane.from_points((0, 0, 0), (1, 1, 1), (2, 2, 2))


def test_boxes_of_planes_keep_what_is_inside():
    box = ClippingPlaneList.from_bounding_box((5, 5, 5), (4, 6, 8))
    assert box.as_array().shape == (6, 2, 3)
    points = np.stack(np.meshgrid(*[np.arange(11)] * 3, indexing="ij"), axis=-1)
    inside = (np.abs(points - 5) <= (2, 3, 4)).all(axis=-1)
    np.testing.assert_array_equal(box.keeps(points), inside)
    for plane in box[1:]:
        plane.enabled = False
    np.testing.assert_array_equal(box.keeps(points), points[..., 0] >= 3)
    assert box.as_array().shape == (1, 2, 3)
    again = ClippingPlaneList.from_array(box.as_array())
    np.testing.assert_array_equal(again.as_array(), box.as_array())


def test_layers_hear_of_their_planes():
    layer, log = ImageLayer(np.zeros((3, 3, 3))), []
    layer.events.connect(lambda event: log.append(event.type))
    first = layer.plane
    first.position = (1, 1, 1)
    layer.plane = {"position": (2, 2, 2), "normal": (0, 1, 0)}
    first.position = (0, 0, 0)
    layer.plane.thickness = 3
    layer.experimental_clipping_planes = {"position": (1, 0, 0), "normal": (1, 0, 0)}
    layer.experimental_clipping_planes[0].enabled = False
    assert log == ["plane"] * 3 + ["experimental_clipping_planes"] * 2
    log.clear()
    planes = layer.experimental_clipping_planes
    planes.append({"position": (0, 0, 2), "normal": (0, 0, 1)})
    planes[1].position = (0, 0, 1)
    gone = planes.pop()
    gone.position = (0, 0, 0)
    planes[0] = gone
    assert log == ["experimental_clipping_planes"] * 4
    assert planes == [gone]
    assert planes[:1].as_array().shape == (1, 2, 3)
    layer.experimental_clipping_planes = None
    planes.clear()
    assert len(log) == 5
    assert layer.experimental_clipping_planes == []


def test_layers_take_planes_as_dicts_only_of_their_fields():
    with pytest.raises(UsageError, match="thicknes"):
        ImageLayer(np.zeros((3, 3, 3)), plane={"thicknes": 3})
    with pytest.raises(UsageError, match="ClippingPlane"):
        ImageLayer(np.zeros((3, 3, 3)), experimental_clipping_planes=[3])
    given = ClippingPlaneList([ClippingPlane((1, 1, 1), (0, 0, 1))])
    assert ImageLayer(np.zeros((3, 3)), experimental_clipping_planes=given)
