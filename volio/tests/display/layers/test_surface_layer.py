"""SurfaceLayer: mesh, values, light and lines, with napari's Surface layer as the peer."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

import volio
from volio.display import SurfaceLayer, View
from volio.display.layers.geometry.mesh_rays import first_face
from volio.display.layers.settings import SurfaceSettings
from volio.errors import HeaderDataError, ImageDataError, UsageError
from volio.images.labels import Label, Labels
from volio.surfaces.vertex_data import VertexArray
from volio.tests.surfaces.shapes import CORNERS, SIDES, icosphere

VALUES = np.array([1.0, 2.0, 4.0, 8.0])
RED, BLUE = (255, 0, 0, 255), (0, 0, 255, 255)


def layer(**settings) -> SurfaceLayer:
    return SurfaceLayer((CORNERS, SIDES, VALUES), **settings)


def heard(layer) -> list[str]:
    """Names of the events from now on."""
    names: list[str] = []
    layer.events.connect(lambda event: names.append(event.type))
    return names


# Data.


def test_data_are_vertices_faces_and_values():
    one = layer()
    vertices, faces, values = one.data
    np.testing.assert_array_equal(vertices, CORNERS)
    np.testing.assert_array_equal(faces, SIDES)
    np.testing.assert_array_equal(values, VALUES)
    assert (one.ndim, one.dtype, one.name) == (3, np.float64, "Surface")
    assert one.contrast_limits == [1, 8]
    without = SurfaceLayer((CORNERS, SIDES))
    np.testing.assert_array_equal(without.vertex_values, np.ones(4))
    one.vertex_values = None
    np.testing.assert_array_equal(one.vertex_values, np.ones(4))


def test_setting_data_is_heard_and_makes_new_pictures():
    one = layer(colormap="gray", shading="none")
    before = one.picture("front", size=32)
    names = heard(one)
    one.vertices = CORNERS * [1, 1, 2]
    assert names == ["extent", "loaded", "set_data", "thumbnail", "data"]
    assert one.picture("front", size=32).shape != before.shape
    one.faces = SIDES[:2]
    np.testing.assert_array_equal(one.faces, SIDES[:2])
    one.data = icosphere(1)
    assert one.vertex_values.shape == (42,)
    assert one.extent.data.shape == (2, 3)


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        (CORNERS, UsageError, "data: must be vertices and faces"),
        ((CORNERS,), UsageError, "data: must be vertices and faces"),
        ((CORNERS[:, :2], SIDES), ImageDataError, "vertices: must be numbers of shape"),
        ((CORNERS, [[0, 1, 4]]), HeaderDataError, "faces: 1 name vertices that are not there"),
        ((CORNERS, SIDES, VALUES[:3]), ImageDataError, r"vertex_values: .* \(\.\.\., 4\)"),
        ((CORNERS, SIDES, VALUES * 1j), ImageDataError, "vertex_values: must be numbers"),
    ],
)
def test_data_that_do_not_fit_are_refused(data, error, message):
    with pytest.raises(error, match=message):
        SurfaceLayer(data)


def test_other_numbers_of_vertices_are_data():
    one = layer()
    with pytest.raises(ImageDataError, match="vertices: there are 4, got 3; set data"):
        one.vertices = CORNERS[:3]
    with pytest.raises(ImageDataError, match="vertex_colors: must be numbers of shape"):
        one.vertex_colors = np.zeros((3, 4))
    with pytest.raises(ImageDataError, match="vertex_colors: must be numbers of shape"):
        one.vertex_colors = np.zeros((4, 4), int)
    with pytest.raises(TypeError, match="unexpected keyword argument 'interpolation2d'"):
        layer(interpolation2d="linear")


def test_of_several_values_those_at_the_point_are_shown():
    series = np.stack([VALUES, 10 * VALUES, 100 * VALUES])
    one = SurfaceLayer((CORNERS, SIDES, series))
    assert one.ndim == 4
    np.testing.assert_array_equal(one.slice_values(), VALUES)
    names = heard(one)
    one.dims_point = (2, 0, 0, 0)
    assert names == ["loaded", "set_data", "thumbnail", "dims"]
    np.testing.assert_array_equal(one.slice_values(), 100 * VALUES)
    one.dims_point = (7, 0, 0, 0)
    np.testing.assert_array_equal(one.slice_values(), 100 * VALUES)
    assert one.contrast_limits == [1, 800]
    one.auto_contrast = True
    assert one.contrast_limits == [100, 800]
    one.dims_point = (0, 0, 0, 0)
    assert one.contrast_limits == [1, 8]
    np.testing.assert_array_equal(one.extent.data, [[0, 0, 0, 0], [2, 2, 3, 5]])
    one.vertex_values = VALUES
    assert one.ndim == 3
    np.testing.assert_array_equal(one.extent.data, [[0, 0, 0], [2, 3, 5]])


def test_vertices_without_a_position_do_not_count():
    vertices = CORNERS.copy()
    vertices[3] = np.nan
    one = SurfaceLayer((vertices, SIDES))
    np.testing.assert_array_equal(one.extent.world, [[0, 0, 0], [2, 3, 0]])


# Colours, light and lines.


def test_settings_of_lines_are_heard():
    one = layer(wireframe={"visible": True, "width": 2}, normals={"vertex": {"length": 1}})
    assert (one.wireframe.visible, one.wireframe.width, one.wireframe.color) == (
        True,
        2,
        (0, 0, 0, 1),
    )
    assert (one.normals.vertex.length, one.normals.face.length) == (1, 5)
    names = heard(one)
    one.wireframe.color = "red"
    assert names == ["thumbnail", "wireframe"]
    one.normals.face.visible = True
    one.shading = "Smooth"
    assert names[2:] == ["thumbnail", "normals", "thumbnail", "shading"]
    assert one.shading == "smooth"
    one.wireframe = None
    assert not one.wireframe.visible
    one.normals = {"face": {"visible": False, "mode": "face"}}
    assert not one.normals.face.visible
    other = layer(normals=one.normals, wireframe=one.wireframe)
    assert other.normals.dict() == one.normals.dict()
    assert repr(other.wireframe) == repr(one.wireframe)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"shading": "gouraud"}, "shading: must be one of none, flat, smooth"),
        ({"wireframe": 3}, "wireframe: must be a mapping of settings, got int"),
        ({"wireframe": {"colour": "red"}}, "colour: there is no such setting"),
        ({"wireframe": {"color": "no such"}}, "color: "),
        ({"wireframe": {"width": -1}}, "width: must be a number from 0"),
        ({"normals": {"edge": {}}}, "normals: must be of 'face' or 'vertex', got 'edge'"),
        ({"opacity": 2}, "opacity: must be from 0 to 1"),
    ],
)
def test_settings_that_do_not_fit_are_refused(settings, message):
    with pytest.raises(UsageError, match=message):
        layer(**settings)


def test_pictures_have_the_colours_of_the_layer():
    vertices, faces = icosphere(3)
    one = SurfaceLayer((vertices, faces, vertices[:, 2]), shading="none")
    picture = one.picture("front", size=61)
    assert picture.dtype == np.float32
    assert picture[30, 30] == pytest.approx([0.5, 0.5, 0.5, 1], abs=0.02)
    assert picture[0, 0, 3] == 0
    one.gamma = 2
    assert one.picture("front", size=61)[30, 30, 0] == pytest.approx(0.25, abs=0.02)
    one.opacity = 0.5
    assert one.picture("front", size=61)[30, 30, 3] == 0.5
    one.hidden_values = (-0.2, 0.2)
    assert one.picture("front", size=61)[30, 30, 3] == 0
    one.visible = False
    assert not one.picture("front", size=61).any()


def test_vertex_colours_and_labels_come_before_values():
    vertices, faces = icosphere(2)
    colors = np.zeros((len(vertices), 3), np.uint8)
    colors[:, 1] = 255
    one = SurfaceLayer((vertices, faces), vertex_colors=colors, shading="none", opacity=0.5)
    assert one.picture("left", size=31)[15, 15].tolist() == [0, 1, 0, 0.5]
    one.vertex_colors = None
    one.vertex_values = np.where(vertices[:, 1] > 0, 7, 9)
    one.labels = Labels([Label(7, "front", RED), Label(9, "back", BLUE)])
    one.opacity = 1
    picture = one.picture("left", size=31)
    assert picture[15, 5].tolist() == [1, 0, 0, 1]
    assert picture[15, 25].tolist() == [0, 0, 1, 1]


def test_a_view_is_a_camera_in_the_world():
    one = layer(scale=(2, 2, 2), translate=(10, 20, 30), shading="none")
    np.testing.assert_array_equal(one.extent.world, [[10, 20, 30], [14, 26, 40]])
    camera = View((10.5, 20, 30.5), (0, 1, 0), (0, 0, 1), 40, (40, 40))
    picture = one.picture(camera)
    assert picture.shape == (40, 40, 4)
    rows, columns = np.nonzero(picture[..., 3])
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (10, 20, 19, 23)
    with pytest.raises(UsageError, match="view: 'lateral' and 'medial' are of hemispheres"):
        one.picture("lateral")


def test_a_thumbnail_is_small_and_made_again():
    one = layer(colormap="red", shading="none")
    thumbnail = one.thumbnail
    assert thumbnail.shape == (32, 32, 4)
    assert thumbnail.dtype == np.uint8
    assert (thumbnail[..., 3] == 255).all()
    rows = np.flatnonzero(thumbnail[..., 0].any(axis=1))
    assert len(rows) >= 26
    assert one.thumbnail is thumbnail
    one.colormap = "blue"
    assert one.thumbnail[..., 2].any()


def test_edges_and_normals_are_lines():
    square = [[-1, 0, -1], [1, 0, -1], [1, 0, 1], [-1, 0, 1]]
    look = {"shading": "none", "contrast_limits": (0, 1), "colormap": "gray"}
    one = SurfaceLayer((square, [[0, 1, 2], [0, 2, 3]]), **look)
    plain = one.picture("back", size=104)
    one.wireframe.visible = True
    edges = one.picture("back", size=104)
    changed = np.argwhere((edges != plain).any(axis=2))
    # Seen from behind, +x is on the right: the diagonal runs from the lower left corner.
    on_diagonal = np.abs(changed.sum(axis=1) - 103) <= 1
    on_border = ((changed <= 3) | (changed >= 100)).any(axis=1)
    assert (on_diagonal | on_border).all()
    assert on_diagonal.sum() > 100
    assert edges[51, 52, 0] < 0.6
    one.wireframe.visible = False
    one.normals.vertex.update({"visible": True, "color": "red", "length": 0.5, "width": 3})
    one.normals.face.update({"visible": True, "color": "lime", "length": 0.5})
    side = one.picture(View((0, 0, 0), (1, 0, 0), (0, 0, 1), 4.0, (41, 41)))
    red = (side[..., 0] == 1) & (side[..., 1] == 0)
    rows, columns = np.nonzero(red)
    # From the left, the front is on the left; the faces look to the back.
    assert (columns.min(), columns.max()) == (19, 26)
    assert {10, 30} <= set(rows.tolist())
    green = (side[..., 1] == 1) & (side[..., 0] == 0)
    assert set(np.nonzero(green)[0]) == {17, 23}  # a third of the way from the middle


def test_normals_behind_the_surface_are_hidden():
    near = [[-2, -2, -2], [2, -2, -2], [2, -2, 2], [-2, -2, 2]]
    tilted = [[-1, 0, 0], [1, 0, 0], [0, 1, 1]]  # its normal leads up and to the viewer
    camera = View((0, 0, 0), (0, 1, 0), (0, 0, 1), 6.0, (61, 61))
    look = {"visible": True, "color": "red", "length": 1.5, "width": 2}

    def red(faces) -> int:
        one = SurfaceLayer((near + tilted, faces), shading="none", colormap="gray")
        one.normals.face.update(look)
        picture = one.picture(camera)
        return int(((picture[..., 0] == 1) & (picture[..., 1] == 0)).sum())

    wall = [[0, 1, 2], [0, 2, 3]]
    assert red([[4, 5, 6]]) >= 2 * 1.5 / np.sqrt(2) * 61 / 6
    # Seen from their ends, the normals of the wall are dots.
    assert red([*wall, [4, 5, 6]]) == red(wall) <= 8


# Values along lines of sight.


def test_a_line_meets_the_first_face_in_its_direction():
    hit = first_face(CORNERS, SIDES, (0.5, 0.5, -9), (0, 0, 1))
    assert hit.face == 0
    assert hit.distance == pytest.approx(9)
    np.testing.assert_allclose(hit.weights @ CORNERS[SIDES[0]], (0.5, 0.5, 0), atol=1e-12)
    back = first_face(CORNERS, SIDES, (0.5, 0.5, -9), (0, 0, -1))
    assert back.face == 3
    assert first_face(CORNERS, SIDES, (5, 5, 0), (0, 0, 1)) is None
    assert first_face(CORNERS, SIDES, (5, 5, 0), (1, 0, 0)) is None


def test_the_value_is_that_of_the_point_that_is_seen():
    one = layer()
    value, face = one.get_value((0.5, 0.75, -9), view_direction=(0, 0, 1))
    assert face == 0
    assert value == pytest.approx(0.5 * 1 + 0.25 * 2 + 0.25 * 4)
    assert one.get_value((9, 9, 9), view_direction=(0, 0, 1)) == (None, None)
    assert one.get_value((0.5, 0.75, -9)) is None
    assert one.get_value((0, 0, 0), (0, 0, 1), dims_displayed=[0, 1]) is None
    one.labels = Labels([Label(1, "a")])
    assert one.get_value((0.5, 0.75, -9), view_direction=(0, 0, 1)) == (1.0, 0)
    moved = layer(translate=(10, 0, 0))
    assert moved.get_value((10.5, 0.75, -9), (0, 0, 1), world=True)[0] == pytest.approx(value)
    moved.visible = False
    assert moved.get_value((10.5, 0.75, -9), (0, 0, 1), world=True) is None


# Surfaces.


def test_a_layer_of_a_surface_shows_its_values(tmp_path):
    surface = volio.Surface(CORNERS, SIDES, {"thickness": VALUES, "area": VALUES + 1})
    surface.structure = "cortex_left"
    one = SurfaceLayer.from_surface(surface, colormap="viridis")
    assert (one.name, one.units, one.shading) == ("cortex_left", ("mm",) * 3, "smooth")
    np.testing.assert_array_equal(one.vertex_values, VALUES)
    np.testing.assert_array_equal(
        SurfaceLayer.from_surface(surface, "area").vertex_values, VALUES + 1
    )
    assert one.picture("lateral", size=32).shape[2] == 4
    volio.save(surface, tmp_path / "lh.white.gii")
    loaded = SurfaceLayer.from_surface(tmp_path / "lh.white.gii", map=1, opacity=0.5)
    assert (loaded.name, loaded.opacity) == ("lh.white.gii", 0.5)
    np.testing.assert_array_equal(loaded.vertex_values, VALUES + 1)
    assert loaded.get_source_str().endswith("read by volio")
    keys = VertexArray("aparc", np.array([1, 1, 2, 2]), Labels([Label(1, "a", RED)]))
    assert SurfaceLayer.from_surface(surface, keys).labels.names == ("a",)
    with pytest.raises(UsageError, match="has values, but no vertices"):
        SurfaceLayer.from_surface(volio.Surface(data={"x": VALUES}))


def test_colours_of_a_surface_are_those_of_vertices():
    colors = np.array([RED, RED, BLUE, BLUE], np.uint8)
    one = SurfaceLayer.from_surface(volio.Surface(CORNERS, SIDES, colors=colors))
    np.testing.assert_array_equal(one.vertex_colors, colors / np.float32(255))


def test_the_surface_of_a_layer_has_its_values():
    surface = volio.Surface(CORNERS, SIDES, {"thickness": VALUES}, space="scanner")
    one = SurfaceLayer.from_surface(surface)
    again = one.to_surface()
    assert (list(again.data), again.space) == (["thickness"], "scanner")
    one.vertex_values = VALUES * 3
    one.name = "triple"
    np.testing.assert_array_equal(one.to_surface().data["triple"], VALUES * 3)
    one.translate = (1, 2, 3)
    moved = one.to_surface()
    assert moved.space == "unknown"
    np.testing.assert_array_equal(moved.vertices, CORNERS + np.array([1, 2, 3]))
    assert list(surface.data) == ["thickness"]


# The peer.


def test_the_keywords_of_editors_are_those_of_the_parts():
    parameters = inspect.signature(SurfaceLayer).parameters
    assert set(SurfaceSettings.__annotations__) == set(parameters) - {"data"}


@pytest.mark.requires("napari")
def test_napari_takes_the_tuple_and_says_the_same():
    from napari import layers

    settings = {
        "colormap": "viridis",
        "gamma": 0.5,
        "opacity": 0.25,
        "blending": "additive",
        "shading": "smooth",
        "translate": (1, 2, 3),
        "scale": (2, 1, 1),
        "wireframe": {"visible": True, "color": "red", "width": 3},
        "normals": {"face": {"visible": True, "length": 2}},
        "name": "mine",
        "metadata": {"a": 1},
    }
    ours = layer(**settings)
    data, parameters, kind = ours.as_layer_data_tuple()
    assert kind == "surface"
    theirs = layers.Surface(data, **parameters)
    for name in ("gamma", "opacity", "blending", "shading", "name", "ndim", "metadata"):
        assert getattr(ours, name) == getattr(theirs, name), name
    for name in ("translate", "scale", "rotate", "shear", "contrast_limits"):
        np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), err_msg=name)
    np.testing.assert_allclose(ours.extent.data, theirs.extent.data)
    np.testing.assert_allclose(ours.extent.world, theirs.extent.world)
    assert (theirs.wireframe.visible, theirs.wireframe.width) == (True, 3)
    np.testing.assert_allclose(theirs.wireframe.color, ours.wireframe.color)
    assert (theirs.normals.face.length, theirs.normals.vertex.visible) == (2, False)
    again = SurfaceLayer(data, **parameters)
    assert again.as_layer_data_tuple()[1].keys() == parameters.keys()
    plain = layers.Surface((CORNERS, SIDES))
    ours = SurfaceLayer((CORNERS, SIDES))
    assert plain.shading == ours.shading
    np.testing.assert_array_equal(plain.vertex_values, ours.vertex_values)
    for look in ("face", "vertex"):
        theirs, mine = getattr(plain.normals, look), getattr(ours.normals, look)
        np.testing.assert_allclose(theirs.color, mine.color, atol=0.01)
        assert (theirs.visible, theirs.width, theirs.length) == (
            mine.visible,
            mine.width,
            mine.length,
        )


@pytest.mark.requires("napari")
def test_values_along_lines_are_those_of_napari():
    from napari import layers

    vertices, faces = icosphere(1, radius=10.0)
    values = vertices[:, 0] + 2 * vertices[:, 1]
    theirs = layers.Surface((vertices, faces, values))
    theirs._slice_dims(_dims())
    ours = SurfaceLayer((vertices, faces, values))
    random = np.random.default_rng(3)
    seen = 0
    for _ in range(40):
        start = random.uniform(-8, 8, 3) * [1, 1, 0] + [0, 0, -30]
        end = start + np.array([0, 0, 60])
        value, face = theirs._get_value_3d(start, end, [0, 1, 2])
        found = ours.get_value(start, view_direction=(0, 0, 1))
        assert (found[1] is None) == (face is None)
        if face is not None:
            assert found[1] == face
            assert found[0] == pytest.approx(value, abs=1e-5)
            seen += 1
    assert seen > 20


def _dims():
    from napari.components import Dims

    return Dims(ndim=3, ndisplay=3)
