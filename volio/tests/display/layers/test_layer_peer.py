"""ImageLayer gives what napari's Image layer gives, where volio means the same.

=====================================================  ==========================================
what                                                   test, in this module unless said otherwise
=====================================================  ==========================================
defaults of parameters and attributes                  defaults
data, dtype, ndim, rgb, multiscale, guesses            kinds of data
level_shapes, downsample_factors, data_level, corners  levels, levels that are chosen
name, metadata, visible, editable, cursor, mode, ...   events, modes
scale, rotate, shear, translate, affine, extent        places, placing again, parts of a matrix
data_to_world, world_to_data                           places
slices, thick slices                                   values of slices; test_thick
contrast limits and ranges                             limits (four tests)
colour maps, gamma                                     colours, names of colour maps
thumbnail                                              thumbnails (three tests)
get_value, in slices and along rays                    values (two tests), levels that are chosen
get_ray_intersections, click_plane, mouse drag         rays, mouse; test_mouse for planes
get_status                                             status (two tests)
planes, lists of clipping planes                       planes
events and their order                                 events
names of keys                                          names of keys
as_layer_data_tuple, create                            state, kinds of layers
=====================================================  ==========================================
"""

from __future__ import annotations

import inspect
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from volio.display import (
    Affine,
    ClippingPlane,
    ClippingPlaneList,
    ImageLayer,
    Plane,
    SlicingPlane,
    as_colormap,
    colormap_names,
    normalize_key,
)
from volio.display.colour.colormaps import POPULAR, STOPS
from volio.display.colour.contrast import find_limits
from volio.tests.display import peer
from volio.tests.requirements import optional

pytestmark = pytest.mark.requires("napari")

RANDOM = np.random.default_rng(7)


def values(*shape: int, dtype: str = "float64") -> np.ndarray:
    """Random numbers that fill a good part of the dtype's range."""
    return (RANDOM.random(shape) * 200).astype(dtype)


PLACES = {
    2: [
        {},
        {"scale": (2, -3), "translate": (1, 5)},
        {"rotate": 30, "shear": (0.4,)},
        {"affine": [[0, 2, 1], [-1, 0.5, 3], [0, 0, 1]], "scale": (0.5, 4)},
        {"shear": [[1, 0], [0.3, 1]]},
    ],
    3: [
        {"scale": (2, 3)},
        {"rotate": (20, -40, 70), "scale": (1, 2, 3), "translate": (4,)},
        {"shear": (0.1, -0.2, 0.3), "rotate": 12},
        {"affine": np.diag([2.0, 3.0, 1.0]), "translate": (1, 2, 3)},
    ],
    4: [{"scale": (3, 1, 2, 0.5), "rotate": (10, 20, 30), "translate": (7, 1)}],
}
PLACED = [(n, options) for n, several in PLACES.items() for options in several]


@pytest.mark.parametrize(("n", "options"), PLACED)
def test_places_are_those_of_the_peer(n, options):
    data = values(*range(3, 3 + n))
    ours, theirs = ImageLayer(data, **options), peer.make(data, **options)
    for point in ((0,) * n, tuple(range(n)), (1.5,), (9, *range(n))):
        np.testing.assert_allclose(ours.data_to_world(point), theirs.data_to_world(point))
        np.testing.assert_allclose(
            ours.world_to_data(point), theirs.world_to_data(point), atol=1e-12
        )
    np.testing.assert_allclose(ours.extent.data, theirs.extent.data)
    np.testing.assert_allclose(ours.extent.world, theirs.extent.world, atol=1e-12)
    np.testing.assert_allclose(ours.extent.step, theirs.extent.step)
    for name in ("scale", "translate", "rotate", "shear"):
        np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), atol=1e-9)
    np.testing.assert_allclose(ours.affine, theirs.affine.affine_matrix)


@pytest.mark.parametrize(
    ("name", "value"),
    [("scale", (2, 5)), ("rotate", 45), ("shear", (1, 0.5, 0)), ("translate", (1, 2, 3))],
)
def test_placing_again_is_that_of_the_peer(name, value):
    data = values(3, 4, 5)
    ours = ImageLayer(data, scale=(3, 2, 1), rotate=10, shear=(0, 0.5, 0))
    theirs = peer.make(data, scale=(3, 2, 1), rotate=10, shear=(0, 0.5, 0))
    setattr(ours, name, value)
    setattr(theirs, name, value)
    np.testing.assert_allclose(ours.data_to_world((1, 2, 3)), theirs.data_to_world((1, 2, 3)))


@pytest.mark.parametrize(
    "data",
    [
        values(20, 30),
        values(5, 6, 7, dtype="int16"),
        values(9, 9, dtype="uint8"),
        np.zeros((4, 4), bool),
        np.full((3, 3), 5),
        np.full((3, 3), -5.0),
        np.full((3, 3), np.nan),
        np.where(values(6, 6) > 100, np.nan, values(6, 6)),
        np.where(values(3, 6, 6) > 100, np.inf, values(3, 6, 6)),
        values(6, 6, dtype="float16"),
    ],
    ids=lambda data: f"{data.dtype}{data.shape}",
)
def test_limits_by_the_rule_of_the_peer(data):
    ours, theirs = ImageLayer(data, contrast_rule="napari"), peer.make(data)
    assert ours.contrast_limits == pytest.approx(theirs.contrast_limits)
    assert ours.contrast_limits_range == pytest.approx(theirs.contrast_limits_range)
    assert ours.iso_threshold == pytest.approx(theirs.iso_threshold)
    ours.reset_contrast_limits_range()
    theirs.reset_contrast_limits_range()
    assert ours.contrast_limits_range == pytest.approx(theirs.contrast_limits_range)


def test_limits_of_large_arrays_look_at_three_planes_as_the_peer():
    from napari.layers.utils.layer_utils import calc_data_range

    data = np.zeros((3, 3400, 1000), np.float32)
    data[0, 5, 5], data[1, 700, 500], data[2, 0, 0] = -3, 8, 11
    assert find_limits(data, "napari") == calc_data_range(data) == (-3, 11)
    deep = np.zeros((5, 2200, 1000), np.float32)
    deep[1], deep[2] = 50, 7
    assert find_limits(deep, "napari") == calc_data_range(deep) == (0, 7)
    wide = np.zeros((2, 3300, 3300), np.float32)
    wide[1, 1650, 1650], wide[1, 0, 0] = 4, 99
    assert find_limits(wide, "napari") == calc_data_range(wide) == (0, 4)


@pytest.mark.parametrize("shape", [(100, 40), (20, 90), (7, 5), (2, 300), (32, 32), (64, 65)])
@pytest.mark.parametrize("look", [{}, {"gamma": 0.5, "colormap": "red"}, {"opacity": 0.4}])
def test_thumbnails_are_those_of_the_peer(shape, look):
    data = values(*shape)
    look = {"contrast_limits": (20, 150), **look}
    ours, theirs = ImageLayer(data, **look), peer.make(data, **look)
    np.testing.assert_array_equal(ours.thumbnail, theirs.thumbnail)


def test_thumbnails_of_volumes_and_colours_are_those_of_the_peer():
    volume = values(9, 40, 30, dtype="int16")
    ours, theirs = ImageLayer(volume, contrast_rule="napari"), peer.make(volume)
    np.testing.assert_array_equal(ours.thumbnail, theirs.thumbnail)
    ours.dims_point, theirs = (4, 0, 0), peer.show(theirs, 2, (4, 0, 0))
    np.testing.assert_array_equal(ours.thumbnail, theirs.thumbnail)
    ours.dims_displayed = (0, 1, 2)
    np.testing.assert_array_equal(ours.thumbnail, peer.show(theirs, 3).thumbnail)
    for picture in (values(40, 50, 3, dtype="uint8"), values(40, 50, 4) / 200):
        ours = ImageLayer(picture, rgb=True, opacity=0.5)
        theirs = peer.make(picture, rgb=True, opacity=0.5)
        np.testing.assert_array_equal(ours.thumbnail, theirs.thumbnail)


def test_levels_are_those_of_the_peer():
    levels = [values(n, 2 * n) for n in (256, 128, 64)]
    ours, theirs = ImageLayer(levels), peer.make(levels)
    assert ours.multiscale
    assert ours.data_level == theirs.data_level == 2
    np.testing.assert_array_equal(ours.level_shapes, theirs.level_shapes)
    np.testing.assert_array_equal(ours.downsample_factors, theirs.downsample_factors)
    for corners in ([[0, 0], [255, 511]], [[10.2, 30.7], [90.1, 200]], [[100, 100], [108, 109]]):
        for canvas in ((600, 600), (100, 100), (30, 40), (8, 8)):
            theirs._update_draw(1, np.array(corners), np.array(canvas))
            assert ours.fit_level(corners, canvas) == theirs.data_level
            np.testing.assert_array_equal(ours.corner_pixels, theirs.corner_pixels)


@settings(max_examples=30)
@given(st.lists(st.floats(-3, 12), min_size=3, max_size=3), st.integers(0, 2))
def test_values_of_slices_are_those_of_the_peer(position, axis):
    data = np.arange(1.0, 8 * 9 * 10 + 1).reshape(8, 9, 10)
    theirs = peer.make(data, scale=(1, 2, 0.5))
    ours = ImageLayer(data, scale=(1, 2, 0.5))
    position[0] = float(round(position[0]))
    inside = 0 <= position[0] < 8
    peer.show(theirs, 2, position)
    ours.dims_point = position
    got = ours.get_value(position, world=True)
    assert got == (theirs.get_value(position, world=True) if inside else None)


RAYS = [
    ((-5, 3.2, 4.1), (1, 0.1, 0)),
    ((4.5, 20, 3.3), (0, -1, 0.05)),
    ((9.7, 9.1, 12.2), (-1, -0.9, -1.1)),
    ((3, 40, 3), (1, 0, 0)),
]


@pytest.mark.parametrize(("position", "view"), RAYS)
def test_rays_meet_the_box_of_the_peer(position, view):
    data = values(8, 9, 10)
    options = {"scale": (1, 2, 0.5), "translate": (0.2, 0.1, -0.3), "rotate": 10}
    ours, theirs = ImageLayer(data, **options), peer.show(peer.make(data, **options), 3)
    view = np.array(view) / np.linalg.norm(view)
    found = ours.get_ray_intersections(position, view, [0, 1, 2])
    expected = theirs.get_ray_intersections(position, view, [0, 1, 2])
    assert (found[0] is None) == (expected[0] is None)
    if found[0] is not None:
        np.testing.assert_allclose(found, expected, atol=1e-6)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_any_place_and_any_line_of_sight_give_what_the_peer_gives(seed):
    random = np.random.default_rng(seed)
    matrix = np.eye(4)
    matrix[:3, :3] += random.uniform(-0.3, 0.3, (3, 3))
    matrix[:3, 3] = random.uniform(-3, 3, 3)
    parts = {
        "scale": random.uniform(0.3, 3, 3) * random.choice([1, 1, -1], 3),
        "translate": random.uniform(-5, 5, 3),
        "rotate": tuple(random.uniform(-90, 90, 3)),
        "shear": random.uniform(-0.6, 0.6, 3),
        "affine": matrix,
    }
    chosen = {name: part for name, part in parts.items() if random.random() < 0.6}
    data = random.random(random.integers(3, 8, 3))
    ours, theirs = ImageLayer(data, **chosen), peer.show(peer.make(data, **chosen), 3)
    point, view = random.uniform(-3, 8, 3), random.normal(size=3)
    view /= np.linalg.norm(view)
    for name in ("data_to_world", "world_to_data"):
        found, expected = (getattr(layer, name)(point) for layer in (ours, theirs))
        np.testing.assert_allclose(found, expected, atol=1e-9)
    for part in ("world", "step"):
        found, expected = (getattr(layer.extent, part) for layer in (ours, theirs))
        np.testing.assert_allclose(found, expected, atol=1e-9)
    start, dims = ours.data_to_world(np.array(data.shape) / 2), [0, 1, 2]
    end, vectors = start + random.normal(size=3), random.normal(size=(2, 3))
    for name, question in (
        ("get_ray_intersections", (start, view, dims)),
        ("click_plane_from_click_data", (start, view, dims)),
        ("projected_distance_from_mouse_drag", (start, end, view, vectors, dims)),
    ):
        found, expected = (getattr(layer, name)(*question) for layer in (ours, theirs))
        np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("rendering", ["mip", "minip", "average", "additive", "translucent"])
@pytest.mark.parametrize(("position", "view"), RAYS)
def test_values_along_rays_are_those_of_the_peer(position, view, rendering):
    data = values(8, 9, 10)
    ours = ImageLayer(data, rendering=rendering, scale=(1, 2, 0.5))
    theirs = peer.show(peer.make(data, rendering=rendering, scale=(1, 2, 0.5)), 3)
    view = np.array(view) / np.linalg.norm(view)
    question = {"view_direction": view, "dims_displayed": [0, 1, 2], "world": True}
    expected = theirs.get_value(position, **question)
    found = ours.get_value(position, **question)
    assert found == (expected if expected is None else pytest.approx(expected))


def test_mouse_in_three_dimensions_is_that_of_the_peer():
    data = values(8, 9, 10)
    options = {"scale": (1, 2, 0.5), "rotate": 25, "translate": (3, 2, 1)}
    ours, theirs = ImageLayer(data, **options), peer.show(peer.make(data, **options), 3)
    view, dims = np.array([0.6, 0.0, 0.8]), [0, 1, 2]
    for vector in ((0, 1, 0), [(1, 0, 0), (2, 1, 3)]):
        drag = ((1, 2, 3), (4, 9, 2), view, np.array(vector), dims)
        np.testing.assert_allclose(
            ours.projected_distance_from_mouse_drag(*drag),
            theirs.projected_distance_from_mouse_drag(*drag),
        )
    for mine, its in zip(
        ours.click_plane_from_click_data((1, 2, 3), view, dims),
        theirs.click_plane_from_click_data((1, 2, 3), view, dims),
        strict=True,
    ):
        np.testing.assert_allclose(mine, its)


def test_defaults_are_those_of_the_peer():
    ours, theirs = (
        inspect.signature(cls.__init__).parameters for cls in (ImageLayer, peer.image_class())
    )
    for name, parameter in theirs.items():
        assert ours[name].default == parameter.default, name
    layer, other = ImageLayer(values(5, 6, 7)), peer.make(values(5, 6, 7))
    for name in (
        *("opacity", "visible", "blending", "rendering", "depiction", "interpolation2d", "gamma"),
        *("interpolation3d", "attenuation", "mode", "cursor", "cursor_size", "help", "editable"),
        *("mouse_pan", "mouse_zoom", "loaded", "data_level", "ndim", "multiscale", "rgb"),
        *("metadata", "axis_labels", "locked_data_level", "auto_contrast", "projection_mode"),
    ):
        assert getattr(layer, name) == getattr(other, name), name
    for name in ("custom_interpolation_kernel_2d", "corner_pixels", "level_shapes"):
        np.testing.assert_array_equal(getattr(layer, name), getattr(other, name))
    for name in ("visible", "lines", "line_thickness", "points", "point_size"):
        assert getattr(layer.bounding_box, name) == getattr(other.bounding_box, name)
    assert layer.plane.thickness == other.plane.thickness == 1


@pytest.mark.parametrize(
    ("name", "value", "after"),
    [
        ("mode", "transform", ("mode", "mouse_pan", "mouse_zoom", "cursor")),
        ("mode", "pan_zoom", ("mode",)),
        ("cursor", "circle_frozen", ("cursor",)),
        ("cursor", "crosshair", ("cursor",)),
        ("cursor", "standard", ("cursor",)),
        ("help", "drag", ("help",)),
        ("cursor_size", 7, ("cursor_size",)),
        ("mouse_zoom", False, ("mouse_zoom", "mouse_pan")),
        ("locked_data_level", None, ("locked_data_level", "data_level")),
        ("projection_mode", "max", ("projection_mode",)),
        ("auto_contrast", True, ("auto_contrast", "contrast_limits")),
    ],
)
def test_modes_and_flags_are_those_of_the_peer(name, value, after):
    data, logs, states = values(5, 6, 7), [], []
    for layer in (ImageLayer(data, contrast_rule="napari"), peer.make(data)):
        log: list[str] = []
        layer.events.connect(lambda event, log=log: log.append(event.type))
        setattr(layer, name, value)
        logs.append([kind for kind in log if kind not in OTHERS])
        states.append([getattr(layer, each) for each in after])
    assert logs[0] == logs[1] or name == "locked_data_level"
    assert states[0] == states[1]


GUESSED = [
    [np.zeros((8, 8)), np.zeros((4, 4))],
    (np.zeros((8, 8)), np.zeros((4, 4))),
    [np.zeros((8, 8))],
    np.zeros((2, 8, 8)),
    [np.zeros((8, 8)), np.zeros((8, 8))],
    [np.zeros((4, 4)), np.zeros((8, 8))],
    np.zeros(3),
]


@pytest.mark.parametrize("data", GUESSED, ids=range(len(GUESSED)))
def test_kinds_of_data_are_those_of_the_peer(data):
    try:
        expected = peer.make(data)
    except ValueError:
        with pytest.raises(ValueError, match="data"):
            ImageLayer(data)
    else:
        found = ImageLayer(data)
        assert (found.multiscale, found.ndim) == (expected.multiscale, expected.ndim)
        assert found.dtype == expected.dtype


@pytest.mark.parametrize(
    "shape", [(40, 40, 3), (20, 40, 3), (40, 31, 4), (40, 40, 40, 3), (31, 31, 3), (64, 64, 5)]
)
def test_guesses_of_colours_are_those_of_the_peer(shape):
    data = np.zeros(shape, np.uint8)
    assert ImageLayer(data, rgb="guess").rgb == peer.make(data).rgb


@pytest.mark.parametrize(
    "matrix",
    [
        np.diag([2.0, -3, 1, 1]),
        [[0, 2, 0.3, 4], [1, 0.1, 0, 5], [0, 0.2, -1, 6], [0, 0, 0, 1]],
        [[1, 2, 0.3, 4], [1, 0.1, 0, 5], [0, 0.2, 1, 6], [0, 0, 0, 1]],
        np.eye(4),
    ],
)
def test_parts_of_a_matrix_are_those_of_the_peer(matrix):
    theirs = peer.make(values(3, 4, 5), affine=np.array(matrix, float)).affine
    ours = ImageLayer(values(3, 4, 5), affine=theirs).affine
    assert ours == Affine(3, matrix=matrix)
    for name in ("scale", "rotate", "shear", "translate"):
        if name == "rotate" and np.linalg.det(theirs.rotate) < 0 < np.prod(theirs.scale) * -1:
            continue  # a flip that the peer tells twice, in the scale and in the rotation
        np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), atol=1e-12)


SHAPES = [((256, 512), (128, 256), (64, 128), (32, 64)), ((40, 40), (20, 20))]


@pytest.mark.parametrize("shapes", SHAPES)
def test_levels_that_are_chosen_give_what_the_peer_gives(shapes):
    levels = [values(*shape) for shape in shapes]
    ours = ImageLayer(levels, contrast_rule="napari", name="x")
    theirs = peer.make(levels, name="x")
    assert ours.contrast_limits == pytest.approx(theirs.contrast_limits)
    np.testing.assert_array_equal(ours.corner_pixels, theirs.corner_pixels)
    for level in range(len(levels)):
        ours.data_level = theirs.data_level = level
        np.testing.assert_array_equal(ours.thumbnail, theirs.thumbnail)
        # The peer rounds position / factor: in the middle of a voxel of the level that is the same.
        assert ours.get_value((2, 4)) == theirs.get_value((2, 4))
        assert ours.get_status((2, 4)) == theirs.get_status((2, 4))
    ours.locked_data_level = theirs.locked_data_level = 0
    assert ours.data_level == theirs.data_level == 0


@pytest.mark.parametrize("dtype", ["float32", "int16", "uint8"])
def test_limits_of_arrays_that_are_not_in_memory_are_those_of_the_peer(dtype):
    array = optional("dask").from_array(values(5, 6, 7, dtype=dtype), chunks=3)
    ours, theirs = ImageLayer(array, contrast_rule="napari"), peer.make(array)
    assert ours.contrast_limits == pytest.approx(theirs.contrast_limits)
    assert ours.contrast_limits_range == pytest.approx(theirs.contrast_limits_range)


@pytest.mark.parametrize("dtype", ["int16", ">i2", "uint64", "float32", "bool", "uint8"])
def test_limits_that_are_reset_are_those_of_the_peer(dtype):
    data = values(5, 6, 7, dtype="float64") > 100 if dtype == "bool" else values(5, 6, 7)
    data = data.astype(dtype)
    ours, theirs = ImageLayer(data, contrast_rule="napari"), peer.make(data)
    for mode in (None, "slice", "data"):
        for layer in (ours, theirs):
            layer.reset_contrast_limits(mode)
            layer.reset_contrast_limits_range(mode)
        assert ours.contrast_limits == pytest.approx(theirs.contrast_limits)
        assert ours.contrast_limits_range == pytest.approx(theirs.contrast_limits_range)


def test_planes_are_those_of_the_peer():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from napari.layers.utils import plane as theirs
    points = np.array([(0, 0, 1), (3, 1, 1), (0, 3, 2)], float)
    np.testing.assert_allclose(
        Plane.from_points(*points).as_array(), theirs.Plane.from_points(*points).as_array()
    )
    ours = SlicingPlane((1, 2, 3), (0, 3, 4), 2)
    other = theirs.SlicingPlane(position=(1, 2, 3), normal=(0, 3, 4), thickness=2)
    line = np.array([(0, 0, 0), (1, 2, 3)], float)
    np.testing.assert_allclose(ours.intersect_with_line(*line), other.intersect_with_line(*line))
    for each in (ours, other):
        each.shift_along_normal_vector(3)
    np.testing.assert_allclose(ours.as_array(), other.as_array())
    assert set(ours.dict()) == set(dict(other))
    box = ((1, 2, 3), (4, 8, 6))
    np.testing.assert_allclose(
        ClippingPlaneList.from_bounding_box(*box).as_array(),
        theirs.ClippingPlaneList.from_bounding_box(*box).as_array(),
    )
    assert ClippingPlane().dict().keys() == dict(theirs.ClippingPlane()).keys()


KEYS = (
    *("a", "A", "Control-a", "Ctrl-a", "ctrl-A", "Shift-Control-A", "Control-Shift-A", "Alt-a"),
    *("Meta-a", "Control-Alt-Shift-Meta-A", "Meta-Shift-Alt-Control-a", "Up", "PageDown", "F5"),
    *("Escape", "Backspace", "Space", "Enter", "Tab", "Delete", "Home", "End", "Insert", "-"),
    *("=", "/", "Control--", "Shift-=", ";", "[", "0", "Control-Space", "Ctrl-Delete", "Shift"),
)


def test_names_of_keys_mean_the_same_to_the_peer():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from napari.utils.key_bindings import coerce_keybinding
    ours, theirs = [[of(key) for key in KEYS] for of in (normalize_key, coerce_keybinding)]
    for one in range(len(KEYS)):
        for two in range(one):
            same = theirs[one] == theirs[two]
            assert (ours[one] == ours[two]) == same, (KEYS[one], KEYS[two])
    for key in KEYS:
        assert coerce_keybinding(normalize_key(key)) == coerce_keybinding(key)


def test_kinds_of_layers_are_those_of_the_peer():
    base = next(cls for cls in peer.image_class().__mro__ if cls.__name__ == "Layer")
    for dtype in ("int8", "int16", "int32", "uint32", "int64", "uint64", "float32", "uint8"):
        data = np.ones((3, 4), dtype)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = type(base.create(data)).__name__
        found = ImageLayer.create(data)
        assert (found.colormap.name == "nipy_spectral") == (expected == "Labels"), dtype


def test_status_of_volumes_is_that_of_the_peer():
    data = values(8, 9, 10, dtype="int16")
    ours, theirs = ImageLayer(data, name="x"), peer.show(peer.make(data, name="x"), 3)
    question = {"view_direction": np.array([1.0, 0, 0]), "dims_displayed": [0, 1, 2]}
    found = ours.get_status((-3, 4, 5), world=True, **question)
    assert found == theirs.get_status((-3, 4, 5), world=True, **question)


def test_status_is_that_of_the_peer():
    for data, options in (
        (values(8, 9), {}),
        (values(8, 9, dtype="int16"), {}),
        (values(8, 9, 3) / 200, {"rgb": True}),
    ):
        ours = ImageLayer(data, name="x", **options)
        theirs = peer.make(data, name="x", **options)
        for position in ((3, 4), (2.6, 1.1)):
            expected = theirs.get_status(position)
            assert ours.get_status(position) == expected


NAMES = ("gray", "gray_r", "red", "green", "blue", "cyan", "magenta", "yellow")


@pytest.mark.parametrize("name", [*NAMES, "viridis", "plasma", "turbo", "#ff8800", "orange"])
def test_colours_are_those_of_the_peer(name):
    ours, theirs = ImageLayer(values(4, 4), colormap=name), peer.make(values(4, 4), colormap=name)
    places = np.linspace(0, 1, 77)
    np.testing.assert_allclose(
        ours.colormap.map(places), theirs.colormap.map(places), atol=1.5 / 255
    )


def test_names_of_colour_maps_are_those_of_the_peer():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from napari.utils.colormaps import AVAILABLE_COLORMAPS
    places = np.array([*np.linspace(0, 1, 41), np.nan])
    there = [name for name in AVAILABLE_COLORMAPS if name in colormap_names()]
    assert {*STOPS, *POPULAR, "nan", "HiLo", "I Blue", "bop orange"} <= set(there)
    for name in there:
        theirs = AVAILABLE_COLORMAPS[name]
        np.testing.assert_allclose(
            as_colormap(name).map(places), theirs.map(places), atol=2.5 / 255, err_msg=name
        )
        assert as_colormap(theirs).name == name


def test_steps_of_colour_maps_are_those_of_the_peer():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from napari.utils import Colormap as Theirs
    colours, borders = [(1.0, 0, 0, 1), (0, 1, 0, 0.5), (0, 0, 1, 1)], (0, 0.2, 0.7, 1)
    theirs = Theirs(colours, controls=borders, interpolation="zero")
    places = np.linspace(0, 1, 101)
    np.testing.assert_allclose(as_colormap(theirs).map(places), theirs.map(places))
    smooth = Theirs(colours, controls=(0, 0.3, 1))
    np.testing.assert_allclose(as_colormap(smooth).map(places), smooth.map(places), atol=1e-6)


CHANGES = [
    ("projection_mode", "max"),
    ("locked_data_level", None),
    ("auto_contrast", False),
    ("help", "text"),
    ("mode", "transform"),
    ("mode", "pan_zoom"),
    ("interpolation3d", "nearest"),
    ("opacity", 0.5),
    ("scale", (2, 2, 2)),
    ("translate", (1, 2, 3)),
    ("rotate", 30),
    ("shear", (1, 0, 0)),
    ("affine", np.diag([2.0, 2, 2, 1])),
    ("contrast_limits", (-10, 999)),
    ("contrast_limits", (10, 20)),
    ("contrast_limits_range", (0, 15)),
    ("gamma", 0.5),
    ("colormap", "red"),
    ("rendering", "iso"),
    ("iso_threshold", 3),
    ("attenuation", 0.3),
    ("depiction", "plane"),
    ("blending", "additive"),
    ("visible", False),
    ("visible", True),
    ("name", "other"),
    ("metadata", {"a": 1}),
    ("data", np.ones((3, 4, 5))),
    ("editable", False),
    ("cursor", "cross"),
    ("mouse_pan", False),
    ("custom_interpolation_kernel_2d", np.ones((3, 3))),
]
#: Events of one of the two alone: of older versions, or of newer ones.
OTHERS = {"extent", "_extent_augmented", "loaded", "interactive"}


def test_events_come_in_the_order_of_the_peer():
    ours, theirs = (make(values(3, 4, 5)) for make in (ImageLayer, peer.make))
    logs: list[list[str]] = []
    for layer in (ours, theirs):
        log: list[str] = []
        layer.contrast_limits = (0, 100)
        assert layer.contrast_limits_range[1] > 150
        layer.events.connect(lambda event, log=log: log.append(event.type))
        for name, value in CHANGES:
            setattr(layer, name, value)
            log.append(f"<- {name}")
        logs.append([kind for kind in log if kind not in OTHERS])
    # This version of the peer says it twice if the limits widen the range.
    twice = ["contrast_limits_range", "thumbnail", "contrast_limits"]
    at = logs[1].index("contrast_limits_range")
    assert logs[1][at : at + 5] == [*twice, *twice[1:]]
    del logs[1][at + 3 : at + 5]
    assert logs[0] == logs[1]


def test_state_goes_to_the_peer_and_back():
    ours = ImageLayer(
        values(3, 4, 5),
        scale=(1, 2, 3),
        rotate=10,
        colormap="viridis",
        gamma=2,
        blending="additive",
        rendering="iso",
        plane={"position": (1, 1, 1), "normal": (0, 1, 1), "thickness": 4},
        experimental_clipping_planes=[{"position": (1, 0, 0), "normal": (1, 0, 0)}],
    )
    data, state, _ = ours.as_layer_data_tuple()
    theirs = peer.make(data, **state)
    np.testing.assert_allclose(theirs.data_to_world((1, 2, 3)), ours.data_to_world((1, 2, 3)))
    state = {**theirs.as_layer_data_tuple()[1]}
    again = ImageLayer.create(data, {k: v for k, v in state.items() if k != "projection_mode"})
    assert (again.rendering, again.blending, again.gamma) == ("iso", "additive", 2)
    np.testing.assert_allclose(again.plane.as_array(), ours.plane.as_array())
    assert again.plane.thickness == 4
    np.testing.assert_allclose(
        again.experimental_clipping_planes.as_array(),
        ours.experimental_clipping_planes.as_array(),
    )
    np.testing.assert_allclose(again.data_to_world_matrix, ours.data_to_world_matrix)
