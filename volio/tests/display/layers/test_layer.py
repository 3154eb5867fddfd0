"""ImageLayer: what it is made of, what is refused, what it tells."""

from __future__ import annotations

import inspect
from itertools import product
from pkgutil import iter_modules

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import volio
from volio.display import (
    BLENDINGS,
    INTERPOLATIONS,
    RENDERINGS,
    Affine,
    Colormap,
    ImageLayer,
    layer_source,
)
from volio.errors import ImageDataError, UsageError

COLOUR = np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")])


@pytest.fixture
def layer() -> ImageLayer:
    return ImageLayer(np.arange(60.0).reshape(3, 4, 5))


def test_every_parameter_is_an_attribute(layer: ImageLayer):
    names = [name for name in inspect.signature(ImageLayer).parameters if name != "data"]
    assert len(names) == 32
    for name in names:
        assert hasattr(layer, name)
    assert (layer.ndim, layer.shape, layer.dtype) == (3, (3, 4, 5), np.float64)
    assert layer.data is layer.data_raw
    assert layer.loaded
    assert not layer.rgb
    assert not layer.multiscale
    assert repr(layer).startswith("<ImageLayer layer 'Image' at 0x")


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("opacity", 1.1),
        ("gamma", 0),
        ("gamma", -1),
        ("contrast_limits", (3, 3)),
        ("contrast_limits", (3, 2)),
        ("contrast_limits", (3, np.nan)),
        ("contrast_limits", 3),
        ("contrast_limits_range", (3, 2)),
        ("contrast_limits_range", (1, 2, 3)),
        ("blending", "subtract"),
        ("rendering", "x-ray"),
        ("depiction", "line"),
        ("interpolation2d", "bilinear"),
        ("interpolation2d", "sharp"),
        ("interpolation3d", "custom"),
        ("iso_threshold", np.inf),
        ("attenuation", np.nan),
        ("scale", (1, 0, 1)),
        ("scale", (1, 1, 1, 1)),
        ("translate", "far"),
        ("rotate", (1, 2)),
        ("rotate", np.eye(4)),
        ("shear", (1, 2)),
        ("shear", 0.5),
        ("shear", [[1, 2, 0], [2, 1, 0], [0, 0, 1]]),
        ("affine", np.eye(5)),
        ("affine", np.zeros((4, 4))),
        ("affine", np.ones((3, 4))),
        ("custom_interpolation_kernel_2d", [1, 2]),
        ("contrast_rule", "loud"),
        ("locked_data_level", 1),
        ("units", ("mm", "mm")),
        ("mode", "draw"),
        ("cursor", "hand"),
        ("dims_displayed", (0,)),
        ("dims_displayed", (0, 0)),
        ("dims_displayed", (0, 3)),
        ("dims_point", (0, 0)),
        ("data_level", 2),
        ("data_level", "fine"),
        ("locked_data_level", 0.5),
        ("opacity", "half"),
        ("gamma", None),
        ("iso_threshold", None),
        ("rotate", "left"),
        ("shear", "left"),
        ("dims_point", "here"),
        ("dims_thickness", "thick"),
        ("custom_interpolation_kernel_2d", "smooth"),
        ("units", 3),
        ("axis_labels", 3),
        ("cursor_size", "large"),
        ("colormap", None),
        ("colormap", 3),
    ],
)
def test_values_that_make_no_sense_are_refused_by_name(layer: ImageLayer, name: str, wrong):
    before = np.array(layer.data_to_world_matrix), layer.contrast_limits, layer.opacity
    told = {"locked_data_level": "level", "data_level": "level"}.get(name, name)
    with pytest.raises(ValueError, match=told):
        setattr(layer, name, wrong)
    np.testing.assert_array_equal(layer.data_to_world_matrix, before[0])
    assert (layer.contrast_limits, layer.opacity) == before[1:]


@pytest.mark.parametrize(
    ("data", "error", "told"),
    [
        (np.zeros(3), UsageError, "two axes"),
        (np.zeros((3, 3), complex), ImageDataError, "complex"),
        (np.zeros((0, 3)), ImageDataError, "no voxels"),
        (np.array([["a"]]), ImageDataError, "numbers"),
        (np.zeros((3, 3), [("a", "f4"), ("b", "f4")]), ImageDataError, "fields"),
        ([], UsageError, "empty"),
        ([np.zeros((3, 3))] * 2, UsageError, "finest"),
        ([np.zeros((3, 3)), np.zeros((2, 2, 2))], UsageError, "axes|finest"),
    ],
)
def test_data_that_cannot_be_shown(data, error, told):
    with pytest.raises(error, match=told):
        ImageLayer(data)


def test_affines_of_other_types_are_no_affines(layer: ImageLayer):
    for wrong in ("identity", {"affine": 1}, 3):
        with pytest.raises(TypeError, match="affine"):
            layer.affine = wrong


def test_choices_have_the_names_of_the_peer(layer: ImageLayer):
    for name, choices in (("blending", BLENDINGS), ("rendering", RENDERINGS)):
        for choice in choices:
            setattr(layer, name, choice.upper())
            assert getattr(layer, name) == choice
    assert len(INTERPOLATIONS) == 16
    for name in INTERPOLATIONS:
        layer.interpolation2d = name
        assert layer.interpolation == name
    with pytest.warns(DeprecationWarning, match="cubic"):
        layer.interpolation2d = "bicubic"
    assert layer.interpolation2d == "cubic"
    layer.dims_displayed = (0, 1, 2)
    layer.interpolation = "nearest"
    assert (layer.interpolation3d, layer.interpolation2d) == ("nearest", "cubic")


def test_limits_and_their_range_hold_each_other():
    layer = ImageLayer(np.zeros((3, 3)), contrast_limits=(10, 20))
    assert layer.contrast_limits_range == [10, 20]
    assert layer.iso_threshold == 15
    layer.contrast_limits = (5, 15)
    assert layer.contrast_limits_range == [5, 20]
    layer.contrast_limits_range = (None, 12)
    assert (layer.contrast_limits_range, layer.contrast_limits) == ([5, 12], [5, 12])
    layer.contrast_limits_range = (100, 200)
    assert layer.contrast_limits == [100, 200]
    layer.iso_threshold = 3
    assert layer.iso_threshold == 3


def test_the_range_holds_what_is_found_and_what_was_set_before_it_was_asked_for():
    layer = ImageLayer(np.arange(60.0).reshape(3, 4, 5))
    layer.contrast_limits = (-7, 10)
    layer.contrast_limits = (20, 30)
    assert layer.contrast_limits_range == [-7, 59]
    assert layer.iso_threshold == 26
    assert ImageLayer(layer.data, contrast_limits=(3, 4)).contrast_limits_range == [3, 4]


def test_limits_of_slices_and_of_all():
    data = np.zeros((3, 8, 8))
    data[0, 0, 0], data[2, 0, 0] = 7, 90
    layer = ImageLayer(data, contrast_rule="exact")
    assert layer.contrast_limits == [0, 90]
    layer.reset_contrast_limits()
    assert layer.contrast_limits == [0, 7]
    layer.reset_contrast_limits("data")
    assert layer.contrast_limits == [0, 90]
    with pytest.raises(UsageError, match="mode"):
        layer.reset_contrast_limits("all")
    layer.auto_contrast = True
    assert layer.contrast_limits == [0, 7]
    layer.dims_point = (2, 0, 0)
    assert layer.contrast_limits == [0, 90]
    layer.reset_contrast_limits(rule="dtype")
    assert layer.contrast_limits == [0, 1]


def test_colours_are_never_guessed_unless_asked_for():
    picture = np.zeros((40, 50, 3), np.uint8)
    assert (ImageLayer(picture).rgb, ImageLayer(picture).ndim) == (False, 3)
    assert ImageLayer(picture, rgb="guess").rgb
    assert not ImageLayer(picture[:20], rgb="guess").rgb
    assert ImageLayer(picture, rgb=True).shape == (40, 50)
    with pytest.raises(UsageError, match="rgb"):
        ImageLayer(np.zeros((4, 5)), rgb=True)
    records = np.zeros((4, 5, 6), COLOUR)
    records["G"][1, 2, 3] = 200
    layer = ImageLayer(records)
    assert (layer.rgb, layer.ndim, layer.dtype, layer.data is records) == (True, 3, np.uint8, True)
    assert layer.get_value((1, 2, 3)).tolist() == [0, 200, 0]
    assert layer.get_status((1, 2, 3))["value"] == "[0, 200, 0]"
    assert layer.contrast_limits == [0, 255]
    layer.dims_point = (1, 0, 0)
    np.testing.assert_allclose(layer.slice_colours()[2, 3], (0, 200 / 255, 0, 1))
    with pytest.raises(ImageDataError, match="fields"):
        ImageLayer(records, rgb=False)


def test_nan_is_clear_or_has_the_colour_of_the_map():
    data = np.array([[0, np.nan], [0.5, 1]])
    clear = ImageLayer(data, contrast_limits=(0, 1)).slice_colours()
    np.testing.assert_allclose(clear[:, :, 3], [[1, 0], [1, 1]])
    marked = Colormap(["black", "white"], nan_color="red")
    layer = ImageLayer(data, contrast_limits=(0, 1), colormap=marked, opacity=0.5)
    np.testing.assert_allclose(layer.slice_colours()[0, 1], (1, 0, 0, 0.5))


def test_slices_follow_the_point_and_the_axes(layer: ImageLayer):
    data = layer.data
    np.testing.assert_array_equal(layer.slice_values(), data[0])
    layer.dims_point = (1.6, 99, 99)
    np.testing.assert_array_equal(layer.slice_values(), data[2])
    layer.dims_displayed = (2, 0)
    layer.dims_point = (0, 3, 0)
    np.testing.assert_array_equal(layer.slice_values(), data[:, 3].T)
    layer.dims_displayed = (-1, 0, 1)
    np.testing.assert_array_equal(layer.slice_values(), data.transpose(2, 0, 1))
    layer.dims_displayed = (1, 2)
    layer.dims_point = (2.6, 0, 0)
    assert layer.slice_values() is None
    assert layer.slice_colours() is None
    assert layer.thumbnail[..., :3].max() == 0
    layer.scale = (2, 1, 1)
    np.testing.assert_array_equal(layer.slice_values(), data[1])
    layer.cache = False
    np.testing.assert_array_equal(layer.slice_values(), data[1])
    layer.set_view_slice()


def test_values_by_the_full_position_or_of_the_slice_that_is_shown(layer: ImageLayer):
    assert layer.get_value((2, 1, 1)) == layer.data[2, 1, 1]
    assert layer.get_value((2, 1, 1), shown=True) == layer.data[0, 1, 1]
    assert layer.get_value((0, 1.5, 2.5)) == layer.data[0, 2, 2]
    assert layer.get_value((0, -0.6, 0)) is None
    assert layer.pick((2, 1, 1)).voxel == (2, 1, 1)
    layer.visible = False
    assert layer.get_value((2, 1, 1)) is None


def test_levels_give_level_and_value():
    levels = [np.full((n, n), n) for n in (64, 32, 16)]
    layer = ImageLayer(levels)
    assert layer.get_value((40, 40)) == (2, 16)
    assert layer.get_status((40, 40))["coordinates"] == "[40, 40]: 2, 16"
    layer.data_level = 0
    assert layer.get_value((40, 40)) == (0, 64)
    layer.locked_data_level = 1
    assert layer.fit_level([[0, 0], [63, 63]], (10, 10)) == 1
    assert ImageLayer(levels, locked_data_level=0).data_level == 0
    assert ImageLayer(level for level in levels).multiscale
    assert not ImageLayer([levels[0]]).multiscale
    assert ImageLayer([levels[0]], multiscale=True).multiscale
    assert not ImageLayer([[1, 2], [3, 4]]).multiscale


def test_rays_give_the_voxel_that_is_seen():
    data = np.zeros((9, 9, 9))
    data[6, 4, 4], data[2, 4, 4] = 90, 40
    question = ((-5, 4, 4), (1, 0, 0), (0, 1, 2))
    seen = {}
    for rendering in RENDERINGS:
        layer = ImageLayer(data, rendering=rendering, iso_threshold=30, contrast_limits=(0, 100))
        seen[rendering] = layer.pick(*question)
        assert layer.get_value(*question) == seen[rendering].value
    assert seen["mip"][:2] == (90, (6, 4, 4))
    assert seen["iso"][:2] == (40, (2, 4, 4))
    assert seen["minip"].value == seen["translucent"].value == 0
    assert seen["average"].voxel == (0, 4, 4)
    assert seen["attenuated_mip"][:2] == (90, (6, 4, 4))
    strong = ImageLayer(data, rendering="attenuated_mip", attenuation=9.0, contrast_limits=(0, 100))
    assert strong.pick(*question)[:2] == (40, (2, 4, 4))
    layer = ImageLayer(data, rendering="iso", iso_threshold=95)
    assert layer.pick(*question) == (None, None, 0)
    assert layer.get_value((-5, 40, 4), (1, 0, 0), (0, 1, 2)) is None


def test_rays_do_not_see_what_is_cut_away_and_stop_at_the_plane():
    data = np.zeros((9, 9, 9))
    data[6, 4, 4], data[2, 4, 4] = 90, 40
    question = ((-5, 8, 4), (1, 0, 0), (0, 1, 2))
    layer = ImageLayer(data, scale=(1, 2, 1))
    assert layer.pick(*question, world=True).voxel == (6, 4, 4)
    layer.experimental_clipping_planes = {"position": (5, 0, 0), "normal": (-1, 0, 0)}
    assert layer.pick(*question, world=True)[:2] == (40, (2, 4, 4))
    layer.experimental_clipping_planes = None
    layer.depiction = "plane"
    layer.plane = {"position": (2, 0, 0), "normal": (1, 0, 0)}
    assert layer.pick(*question, world=True)[:2] == (40, (2, 4, 4))
    layer.plane.position = (20, 0, 0)
    assert layer.pick(*question, world=True).value is None
    layer.plane.normal = (0, 0, 1)
    assert layer.pick(*question, world=True).value is None


def test_rays_through_volumes_of_a_series_and_of_levels():
    data = np.zeros((2, 8, 8, 8), np.int16)
    data[1, 3, 3, 3] = 5
    layer = ImageLayer(data)
    view, dims = (0, 1, 0, 0), (1, 2, 3)
    assert layer.pick((1, -4, 3, 3), view, dims)[:2] == (5, (1, 3, 3, 3))
    assert layer.get_value((0, -4, 3, 3), view, dims) == 0
    assert layer.get_value((5, -4, 3, 3), view, dims) is None
    fine = np.zeros((8, 8, 8))
    coarse = np.zeros((4, 4, 4))
    coarse[1, 1, 1] = 9
    pick = ImageLayer([fine, coarse]).pick((-4, 3, 2), (1, 0, 0), (0, 1, 2))
    assert pick == (9, (1, 1, 1), 1)


def test_status_and_source():
    assert ImageLayer(np.zeros((3, 3))).get_status()["coordinates"] == ""
    with layer_source(path="a.nii", reader_plugin="mine"), layer_source(sample=("mine", "head")):
        layer = ImageLayer(np.full((3, 3), 1 / 3), name="x")
    assert layer.source.path == "a.nii"
    assert layer.get_source_str() == "x, sample head of mine, read by mine"
    assert layer.get_status((1, 1), world=True) == {
        "layer_name": "x",
        "layer_base": "x",
        "source_type": "sample",
        "plugin": "mine",
        "coordinates": "[1, 1]: 0.333",
        "coords": "[1, 1]",
        "value": "0.333",
    }
    assert ImageLayer(np.zeros((3, 3))).source.path is None
    assert layer.get_status((9, 9))["coordinates"] == "[9, 9]"


def test_flags_of_front_ends(layer: ImageLayer):
    log: list[str] = []
    layer.events.connect(lambda event: log.append(event.type))
    layer.interactive = False
    assert (layer.mouse_pan, layer.mouse_zoom, layer.interactive) == (False, False, False)
    layer.interactive = False
    assert log == ["mouse_pan", "mouse_zoom", "interactive"]
    layer.mode = "transform"
    assert (layer.mode, layer.mouse_pan, bool(layer.help)) == ("transform", False, True)
    layer.editable = False
    assert layer.mode == "pan_zoom"
    layer.mode = "transform"
    assert layer.mode == "pan_zoom"
    layer.cursor_size = 9
    layer.name = ""
    layer.translate_grid = (4, 5)
    assert (layer.cursor_size, layer.name, layer.translate_grid.tolist()) == (9, "Image", [0, 4, 5])
    with layer.block_update_properties():
        layer.bounding_box.visible = True
    layer.units, layer.axis_labels = "mm", "zyx"
    assert (layer.units, layer.axis_labels) == (("mm",) * 3, ("z", "y", "x"))


def test_metadata_are_a_copy_that_is_changed_in_place():
    given = {"a": 1}
    layer = ImageLayer(np.zeros((3, 3)), metadata=given)
    kept = layer.metadata
    layer.metadata = {"b": 2}
    assert (given, kept, layer.metadata is kept) == ({"a": 1}, {"b": 2}, True)


def test_new_data_keep_limits_and_place():
    layer = ImageLayer(np.zeros((4, 5)), contrast_limits=(0, 9), scale=(2, 3))
    layer.data = np.ones((2, 4, 5))
    assert (layer.ndim, layer.contrast_limits) == (3, [0, 9])
    assert layer.scale.tolist() == [1, 2, 3]
    assert layer.get_value((0, 2, 3), world=True) == 1
    assert layer.axis_labels == ("-3", "-2", "-1")
    layer.data = np.ones((7, 7))
    assert layer.scale.tolist() == [2, 3]
    with pytest.raises(UsageError, match="two axes or more"):
        layer.data = np.ones(7)
    assert layer.shape == (7, 7)


MOVED = ["extent", "loaded", "set_data", "thumbnail"]


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("opacity", 0.5, ["thumbnail", "opacity"]),
        ("scale", (1, 2, 3), [*MOVED, "scale"]),
        ("affine", np.diag([1, 2, 3, 1]), [*MOVED, "affine"]),
        ("data", np.zeros((2, 2)), [*MOVED, "data"]),
        ("contrast_limits", (5, 9), ["thumbnail", "contrast_limits"]),
        (
            "contrast_limits",
            (-5, 99),
            ["contrast_limits_range", "thumbnail", "contrast_limits"],
        ),
        ("dims_point", (1, 0, 0), [*MOVED[1:], "dims"]),
        ("gamma", 1.0, ["thumbnail", "gamma"]),
        ("name", "Image", []),
        ("mode", "pan_zoom", []),
        ("cursor", "standard", []),
        ("mouse_pan", True, []),
    ],
)
def test_events_of_a_change_in_their_order(layer: ImageLayer, name: str, value, told):
    layer.contrast_limits = (0, 10)
    assert layer.contrast_limits_range == [0, 59]
    log: list[str] = []
    layer.events.connect(lambda event: log.append(event.type))
    setattr(layer, name, value)
    assert log == told


def test_explicit_refresh_is_told(layer: ImageLayer):
    log: list[str] = []
    layer.events.connect(lambda event: log.append(event.type))
    layer.refresh()
    layer.visible = False
    layer.refresh()
    assert log == ["loaded", "set_data", "thumbnail", "refresh", "visible", "refresh"]


def test_places_of_edges_and_centres():
    layer = ImageLayer(np.zeros((3, 4)), scale=(2, 1), translate=(10, 0))
    np.testing.assert_allclose(layer.extent.world, [(10, 0), (14, 3)])
    np.testing.assert_allclose(layer.extent_edges.world, [(9, -0.5), (15, 3.5)])
    np.testing.assert_allclose(layer.extent_edges.data, [(-0.5, -0.5), (2.5, 3.5)])
    assert layer.affine.inverse == layer.affine
    np.testing.assert_allclose(layer.affine((1, 2)), (1, 2))
    assert layer.world_to_data((7, 12, 2)).tolist() == [1, 2]


numbers = st.floats(-50, 50)


@given(
    st.lists(st.floats(0.2, 5) | st.floats(-5, -0.2), min_size=3, max_size=3),
    st.lists(numbers, min_size=3, max_size=3),
    st.lists(numbers, min_size=3, max_size=3),
    st.lists(st.floats(-1, 1), min_size=3, max_size=3),
)
def test_the_way_to_the_world_has_a_way_back(scale, rotate, translate, shear):
    layer = ImageLayer(
        np.zeros((3, 4, 5)), scale=scale, rotate=rotate, translate=translate, shear=shear
    )
    np.testing.assert_allclose(
        layer.world_to_data(layer.data_to_world((1, 2, 3))), (1, 2, 3), atol=1e-7
    )
    parts = {name: getattr(layer, name) for name in ("scale", "rotate", "translate", "shear")}
    np.testing.assert_allclose(
        ImageLayer(layer.data, **parts).data_to_world_matrix, layer.data_to_world_matrix
    )
    whole = Affine(3, matrix=layer.data_to_world_matrix)
    again = Affine(3, whole.scale, whole.translate, whole.rotate, whole.shear)
    np.testing.assert_allclose(again.affine_matrix, layer.data_to_world_matrix, atol=1e-9)
    np.testing.assert_allclose(whole.rotate @ whole.rotate.T, np.eye(3), atol=1e-9)
    low, high = layer.extent_edges.world
    corners = product((-0.5, 2.5), (-0.5, 3.5), (-0.5, 4.5))
    mapped = [layer.data_to_world(corner) for corner in corners]
    np.testing.assert_allclose(low, np.min(mapped, axis=0), atol=1e-9)
    np.testing.assert_allclose(high, np.max(mapped, axis=0), atol=1e-9)


def test_state_makes_the_same_layer_again(layer: ImageLayer):
    layer.contrast_limits, layer.colormap, layer.opacity = (3, 9), ["red", "#00ff00"], 0.3
    layer.shear, layer.affine = (0.1, 0.2, 0.3), np.diag([2, 3, 4, 1])
    data, state, kind = layer.as_layer_data_tuple()
    again = ImageLayer.create(data, state, kind.upper())
    assert again.data is data
    before, after = layer.as_layer_data_tuple()[1], again.as_layer_data_tuple()[1]
    assert before.keys() == after.keys()
    for name, value in before.items():
        if name == "colormap":
            assert again.colormap == layer.colormap
        else:
            np.testing.assert_array_equal(after[name], value)


def test_create_makes_labels_of_integers_and_refuses_what_it_does_not_know():
    labels = ImageLayer.create(np.array([[1, 2], [3, 40]]))
    assert (labels.interpolation3d, labels.contrast_limits) == ("nearest", [1, 40])
    assert ImageLayer.create(np.zeros((2, 2), np.int16)).colormap.name == "gray"
    assert ImageLayer.create(np.zeros((2, 2), int), {}, "image").colormap.name == "gray"
    with pytest.raises(UsageError, match="points"):
        ImageLayer.create(np.zeros((2, 2)), {}, "points")
    with pytest.raises(TypeError, match="colourmap"):
        ImageLayer.create(np.zeros((2, 2)), {"colourmap": "red"})


def test_public_names():
    assert volio.ImageLayer is ImageLayer
    modules = {f"volio.display.{found.name}" for found in iter_modules(volio.display.__path__)}
    for name in volio.display.__all__:
        assert f"volio.display.{name}" not in modules, "the module would hide it"
        assert getattr(volio.display, name) is not None
    assert set(volio.display.__all__) <= set(dir(volio.display))
    with pytest.raises(AttributeError, match="Points"):
        volio.display.Points  # noqa: B018
