"""Surfaces handed to napari and fastplotlib, with these programs."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import volio
from volio.display import SurfaceLayer
from volio.display.handoff.fastplotlib import mesh_parts
from volio.display.handoff.napari_manifest import manifest, write_manifest
from volio.display.handoff.napari_plugin import get_reader
from volio.errors import SpaceError, UsageError
from volio.space.meshes import enclosed_volume
from volio.surfaces.vertex_data import VertexArray
from volio.tests.display.peer import image_class
from volio.tests.requirements import optional, require
from volio.tests.source_tree import PACKAGE
from volio.tests.surfaces.shapes import CORNERS, SIDES, icosphere

OBLIQUE = np.array(
    [[1.2, -0.5, 0.1, -9], [0.6, 1.6, -0.2, -11], [0.0, 0.3, 2.1, -12], [0, 0, 0, 1]]
)
GEOMETRY = volio.VolumeGeometry.from_affine(OBLIQUE, (20, 22, 24))
#: Of volumes on the way to the scanner: the axes are not quite at right angles.
STRETCH = abs(np.linalg.det(GEOMETRY.scanner_from_tkras[:3, :3]))
TABLE = volio.Labels(
    [volio.Label(1, "one", (255, 0, 0, 255)), volio.Label(2, "two", (0, 0, 255, 255))]
)


@pytest.fixture(scope="module")
def napari():
    image_class()
    return optional("napari")


def block(**more):
    surf = volio.Surface(CORNERS, SIDES, {"height": np.float32([0, 0.5, 1, 5])}, **more)
    return surf


def world_of(layer, vertex):
    """The position of a vertex in napari, x y z."""
    return np.asarray(layer.data_to_world(layer.data[0][vertex]))[::-1]


def test_a_layer_of_napari_has_the_surface_in_the_scanner(napari):
    surf = block(space="tkras", geometry=GEOMETRY)
    layer = surf.to_napari("height", colormap="magma", contrast_limits=(0, 4), name="a block")
    assert type(layer).__name__ == "Surface"
    assert (layer.name, layer.colormap.name, list(layer.contrast_limits)) == (
        "a block",
        "magma",
        [0, 4],
    )
    expected = surf.vertices_in("scanner")
    for vertex in range(4):
        np.testing.assert_allclose(world_of(layer, vertex), expected[vertex], atol=1e-4)
    np.testing.assert_array_equal(layer.data[2], surf.data["height"])
    # The way from tkRAS mirrors here, and faces look outwards all the same.
    assert enclosed_volume(layer.data[0][:, ::-1], layer.data[1]) == pytest.approx(
        5 * STRETCH, rel=1e-4
    )
    np.testing.assert_array_equal(np.sort(layer.data[1]), np.sort(SIDES))
    assert layer.metadata["space"] == "scanner"
    assert layer.metadata["volio_surface"] is surf
    assert (layer.shading, [str(unit) for unit in layer.units]) == ("smooth", ["millimeter"] * 3)


def test_a_surface_lies_on_the_volume_that_it_was_made_from(napari):
    voxels = np.zeros((20, 22, 24), np.uint8)
    with warnings.catch_warnings():  # of napari: the image is turned
        warnings.simplefilter("ignore")
        image = volio.Nifti1Image(voxels, OBLIQUE).to_napari()
    layer = block(space="tkras", geometry=GEOMETRY).to_napari()
    # A voxel of the volume, x y z, and the vertex that is there.
    vertex = np.linalg.inv(GEOMETRY.vox2ras_tkr) @ [*CORNERS[3], 1]
    in_image = np.asarray(image.data_to_world(vertex[:3][::-1]))[::-1]
    np.testing.assert_allclose(world_of(layer, 3), in_image, atol=1e-4)


def test_without_a_way_to_the_scanner_vertices_stay_where_they_are(napari):
    for space in ("unknown", "mni", "tkras"):
        layer = block(space=space).to_napari()
        assert layer.metadata["space"] == space
        np.testing.assert_allclose(world_of(layer, 1), CORNERS[1])
    with pytest.raises(SpaceError, match="'mni', and nothing says how to get to 'scanner'"):
        block(space="mni").to_napari(space="scanner")
    surf = block(space="tkras", geometry=GEOMETRY)
    np.testing.assert_allclose(world_of(surf.to_napari(space="tkras"), 2), CORNERS[2])


def test_labels_have_their_colours_and_nan_vertices_no_face(napari):
    surf = block(space="scanner")
    surf.data.put(VertexArray("parts", np.array([1, 2, 7, 1]), TABLE))
    layer = surf.to_napari("parts")
    colors = np.asarray(layer.vertex_colors)
    np.testing.assert_allclose(colors[[0, 1, 3], :3], [[1, 0, 0], [0, 0, 1], [1, 0, 0]], atol=1e-6)
    np.testing.assert_allclose(colors[2], [0.72, 0.72, 0.72, 1], atol=1e-6)
    torn = block(space="scanner")
    torn.vertices = np.where(np.arange(4)[:, np.newaxis] == 3, np.nan, CORNERS)
    (vertices, faces, values), _, kind = SurfaceLayer.from_surface(torn).to_napari(as_tuple=True)
    assert kind == "surface"
    assert np.isfinite(vertices).all()
    assert faces.tolist() == [[0, 2, 1]]
    assert values[3] == 5


def test_settings_of_a_layer_go_along(napari):
    surf = block(space="scanner")
    layer = SurfaceLayer.from_surface(surf, shading="flat", opacity=0.5, scale=(1, 2, 3))
    layer.wireframe.visible = True
    there = layer.to_napari()
    assert (there.shading, there.opacity, there.wireframe.visible) == ("flat", 0.5, True)
    np.testing.assert_allclose(world_of(there, 3), CORNERS[3] * [1, 2, 3])
    with pytest.raises(UsageError, match="as_tuple: must be True or False"):
        layer.to_napari(as_tuple="no")


def test_the_plugin_reads_surfaces_and_leaves_values_alone(tmp_path):
    patterns = manifest()["contributions"]["readers"][0]["filename_patterns"]
    assert {"*.gii", "*.gii.gz", "*.mz3", "*.ply", "[lr]h.*"} <= set(patterns)
    for writer in manifest()["contributions"]["writers"]:
        assert ".gii" not in writer["filename_extensions"]
    volio.save(block(space="scanner"), tmp_path / "block.surf.gii")
    volio.save(volio.Surface(CORNERS, SIDES, space="tkras"), tmp_path / "lh.block")
    volio.save(volio.Surface(data={"a": np.float32([1, 2])}), tmp_path / "a.shape.gii")
    names = [str(tmp_path / name) for name in ("block.surf.gii", "lh.block")]
    reader = get_reader(names)
    assert reader is not None
    layers = reader(names)
    assert [kind for _, _, kind in layers] == ["surface", "surface"]
    np.testing.assert_allclose(layers[0][0][0], CORNERS[:, ::-1])
    np.testing.assert_array_equal(layers[0][0][2], [0, 0.5, 1, 5])
    assert layers[1][1]["name"] == "lh.block"
    assert get_reader(str(tmp_path / "a.shape.gii")) is None


def test_npe2_opens_a_surface(napari, tmp_path):
    npe2 = optional("npe2")
    write_manifest(PACKAGE / "napari.yaml")  # as installing does
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        npe2.PluginManager.instance().discover()
    volio.save(volio.Surface(CORNERS, SIDES, space="tkras"), tmp_path / "lh.block")
    [(data, meta, kind)] = npe2.read([str(tmp_path / "lh.block")], stack=False)
    assert (kind, meta["name"]) == ("surface", "lh.block")
    np.testing.assert_allclose(data[0], CORNERS[:, ::-1])


# fastplotlib


def test_mesh_parts_are_in_the_world_in_their_colours():
    surf = block(space="tkras", geometry=GEOMETRY)
    surf.data.put(VertexArray("parts", np.array([1, 2, 7, 1]), TABLE))
    layer = SurfaceLayer.from_surface(
        surf, "parts", affine=GEOMETRY.scanner_from_tkras, opacity=0.5
    )
    parts = mesh_parts(layer)
    np.testing.assert_allclose(parts.positions, surf.vertices_in("scanner"), atol=1e-4)
    assert parts.positions.dtype == np.float32
    assert enclosed_volume(parts.positions, parts.indices) == pytest.approx(5 * STRETCH, rel=1e-4)
    np.testing.assert_array_equal(np.sort(parts.indices), np.sort(SIDES))
    gray = [0.72] * 3
    np.testing.assert_allclose(
        parts.colors, [[1, 0, 0, 1], [0, 0, 1, 1], [*gray, 1], [1, 0, 0, 1]], atol=1e-6
    )


def test_fastplotlib_draws_a_surface_at_its_place():
    require("graphics driver")
    fastplotlib = optional("fastplotlib")
    vertices, faces = icosphere(2, 20)
    surf = volio.Surface(np.add(vertices, [0, 0, 30.0]), faces, space="scanner")
    surf.data["side"] = vertices[:, 0].astype(np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        graphic = surf.to_fastplotlib("side", colormap=["red", "blue"], shading="none")
        np.testing.assert_allclose(np.asarray(graphic.positions[:])[3], vertices[3] + [0, 0, 30])
        assert graphic.mode == "basic"
        figure = fastplotlib.Figure(cameras="3d", size=(160, 160), canvas="offscreen")
        figure[0, 0].add_graphic(graphic)
        figure[0, 0].axes.visible = False
        figure.show()
        figure[0, 0].camera.show_object(graphic.world_object, view_dir=(0, 0, -1), up=(0, 1, 0))
        picture = np.asarray(figure.canvas.draw())
        figure.canvas.close()
    # Seen from above, the left is red, and the right blue.
    left, right = picture[80, 60, :3].astype(int), picture[80, 100, :3].astype(int)
    assert left[0] > left[2] + 30
    assert right[2] > right[0] + 30


# From napari.


def same_layers(one, other):
    assert type(one) is type(other)
    for mine, theirs in zip(one.data, other.data, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    np.testing.assert_allclose(one.data_to_world_matrix, other.data_to_world_matrix, atol=1e-12)
    for name in ("name", "opacity", "gamma", "shading", "blending", "visible", "contrast_limits"):
        assert getattr(one, name) == getattr(other, name), name
    assert one.colormap.name == other.colormap.name
    assert tuple(map(str, one.units)) == tuple(map(str, other.units))
    assert one.wireframe.visible == other.wireframe.visible
    assert one.normals.vertex.length == other.normals.vertex.length
    assert one.labels == other.labels
    assert one.origin_surface is other.origin_surface


def way_back(layer, program):
    """A layer that came back, from a layer of napari or from its data tuple."""
    there = layer.to_napari() if program else layer.to_napari(as_tuple=True)
    return SurfaceLayer.from_napari(there)


@pytest.mark.parametrize("program", [False, True])
def test_a_layer_comes_back_from_napari(program, request):
    if program:
        request.getfixturevalue("napari")
    surf = block(space="scanner")
    layer = SurfaceLayer.from_surface(
        surf, shading="flat", opacity=0.5, gamma=2, colormap="magma", translate=(5, 6, 7),
        contrast_limits=(0, 4), name="a block", rotate=[[0, -1, 0], [1, 0, 0], [0, 0, 1]],
        metadata={"mine": 1},
    )  # fmt: skip
    layer.wireframe.visible = True
    layer.normals.vertex.length = 7
    again = way_back(layer, program)
    same_layers(again, layer)
    assert dict(again.metadata) == {"mine": 1}
    pictures = (each.picture("front", size=40) for each in (again, layer))
    np.testing.assert_allclose(*pictures, atol=1e-6)
    # It leads to its surface, as the layer does.
    plain = way_back(SurfaceLayer.from_surface(surf), program)
    assert plain.vertices is surf.vertices
    assert list(plain.to_surface().data) == ["height"]
    assert plain.to_surface().space == "scanner"


@pytest.mark.parametrize("program", [False, True])
def test_labels_and_nan_vertices_come_back(program, request):
    if program:
        request.getfixturevalue("napari")
    surf = block(space="scanner")
    surf.data.put(VertexArray("parts", np.array([1, 2, 7, 1]), TABLE))
    surf.vertices = np.where(np.arange(4)[:, np.newaxis] == 3, np.nan, CORNERS)
    layer = SurfaceLayer.from_surface(surf, "parts")
    again = way_back(layer, program)
    same_layers(again, layer)
    assert again.vertex_colors is None
    np.testing.assert_array_equal(again.vertex_colours(), layer.vertex_colours())


@pytest.mark.parametrize("program", [False, True])
def test_several_values_of_each_vertex_go_and_come_back(program, request):
    if program:
        request.getfixturevalue("napari")
    values = np.arange(12, dtype=np.float32).reshape(3, 4)
    layer = SurfaceLayer((CORNERS, SIDES, values), scale=(1, 2, 3), translate=(5, 6, 7))
    same_layers(way_back(layer, program), layer)
    turned = SurfaceLayer((CORNERS, SIDES, values), scale=(2.5, 1, 2, 3), translate=(9, 5, 6, 7))
    if program:  # tuples have no parameters of the axes before those of vertices
        there = turned.to_napari()
        np.testing.assert_allclose(there.scale, [2.5, 3, 2, 1])
        np.testing.assert_allclose(there.translate, [9, 7, 6, 5])
        same_layers(SurfaceLayer.from_napari(there), turned)
    else:
        found = way_back(turned, program).matrix_of_space
        np.testing.assert_allclose(found, turned.matrix_of_space)


def test_a_layer_that_napari_made(napari):
    made = napari.Surface(
        (np.float32(CORNERS)[:, ::-1], SIDES, np.float32([0, 1, 2, 3])), scale=(4, 3, 2),
        vertex_colors=np.tile(np.float32([1, 0, 0, 1]), (4, 1)),
    )  # fmt: skip
    layer = SurfaceLayer.from_napari(made)
    np.testing.assert_array_equal(layer.vertices, CORNERS)
    np.testing.assert_allclose(layer.matrix_of_space, np.diag([2, 3, 4, 1]))
    np.testing.assert_allclose(layer.vertex_colors[:, :3], [[1, 0, 0]] * 4)
    surface = layer.to_surface()
    np.testing.assert_allclose(surface.vertices, CORNERS * [2, 3, 4])


def test_other_layers_are_refused():
    image = volio.ImageLayer(np.zeros((2, 3, 4)))
    with pytest.raises(UsageError, match="must be a surface of napari, got one of the type 'image"):
        SurfaceLayer.from_napari(image.to_napari(as_tuple=True))
    with pytest.raises(UsageError, match=r"vertices must have the shape \(V, 3\), got \(4, 2\)"):
        SurfaceLayer.from_napari(((np.zeros((4, 2)), [[0, 1, 2]]), {}, "surface"))
    surf = SurfaceLayer.from_surface(block()).to_napari(as_tuple=True)
    with pytest.raises(UsageError, match=r"SurfaceLayer\.from_napari takes it"):
        volio.ImageLayer.from_napari(surf)
