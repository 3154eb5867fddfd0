"""The z-buffer: which face is seen at each pixel, and where on it."""

from __future__ import annotations

import numpy as np
import pytest

from volio.display import View
from volio.display.surfaces import raster
from volio.display.surfaces.mesh import DrawnMesh
from volio.display.surfaces.raster import rasterise
from volio.errors import UsageError
from volio.tests.surfaces.shapes import CORNERS, SIDES, icosphere

FRONT = {"direction": (0, -1, 0), "up": (0, 0, 1)}


def view(size: int = 101, field: float = 2.2, **changes: object) -> View:
    """A view from the front, of pixels of the same size along both sides."""
    settings = {"centre": (0, 0, 0), **FRONT, "field_of_view": field, "size": (size, size)}
    return View(**{**settings, **changes})


def shown(hits) -> np.ndarray:
    """Whether each pixel shows anything."""
    found = np.zeros(hits.shape[0] * hits.shape[1], bool)
    found[hits.pixels] = True
    return found.reshape(hits.shape)


def points_of(mesh: DrawnMesh, hits) -> np.ndarray:
    """The points that pixels show, mm."""
    return np.einsum("nk,nkc->nc", hits.weights, mesh.vertices[mesh.faces[hits.faces]])


def test_the_silhouette_of_a_sphere_is_a_disk_to_a_pixel():
    mesh = DrawnMesh.of(*icosphere(5))
    camera = view(201)
    found = shown(rasterise(mesh, camera))
    rows, columns = np.indices(found.shape) - 100
    radius = np.hypot(rows, columns) * camera.pixel[0]
    assert found[radius < 1 - camera.pixel[0]].all()
    assert not found[radius > 1].any()
    assert found.sum() * camera.pixel[0] ** 2 == pytest.approx(np.pi, rel=0.005)


def test_what_is_seen_of_a_sphere_is_the_near_side_at_the_place_of_the_pixel():
    mesh = DrawnMesh.of(*icosphere(3))
    camera = view()
    hits = rasterise(mesh, camera)
    points = points_of(mesh, hits)
    origin, down, right = camera.plane()
    row, column = np.divmod(hits.pixels, camera.size[1])
    expected = origin + row[:, np.newaxis] * down + column[:, np.newaxis] * right
    np.testing.assert_allclose(points[:, [0, 2]], expected[:, [0, 2]], atol=1e-5)
    assert (points[:, 1] > -1e-5).all()  # the viewer stands in front, where y is positive
    np.testing.assert_allclose(hits.depths, points[:, 1], atol=1e-5)
    np.testing.assert_allclose(hits.weights.sum(axis=1), 1, rtol=1e-6)


@pytest.mark.parametrize("up", [(0, 0, 1), (1, 0, 0.2), (1, 0, 1)])
def test_a_square_of_many_faces_has_no_holes(up):
    places = np.linspace(-1, 1, 51)  # edges run through the centres of pixels
    x, z = np.meshgrid(places, places, indexing="ij")
    vertices = np.stack([x, 0 * x, z], axis=-1).reshape(-1, 3)
    numbers = np.arange(51 * 51).reshape(51, 51)
    a, b, c, d = (numbers[i : i + 50, j : j + 50].ravel() for i in (0, 1) for j in (0, 1))
    faces = np.concatenate([np.stack([a, b, d], 1), np.stack([a, d, c], 1)])
    camera = view(201, 2.0 * 201 / 200, up=up)  # pixel centres are 1/100 apart, from -1 to 1
    found = shown(rasterise(DrawnMesh.of(vertices, faces), camera))
    origin, down, right = camera.plane()
    row, column = np.indices(found.shape)[..., np.newaxis]
    pixels = origin + row * down + column * right
    outside = np.abs(pixels).max(axis=-1)
    assert found[outside < 1 - 1e-9].all()
    assert not found[outside > 1 + 1e-3].any()


def test_the_nearer_of_two_faces_is_seen_whatever_their_order():
    far = [[-1, -1, -1], [1, -1, -1], [0, -1, 1]]
    near = [[-0.5, 1, -0.5], [0.5, 1, -0.5], [0, 1, 0.5]]
    vertices = np.array(far + near, float)
    for faces in ([[0, 1, 2], [3, 4, 5]], [[3, 4, 5], [0, 1, 2]]):
        mesh = DrawnMesh.of(vertices, faces)
        hits = rasterise(mesh, view())
        depth = points_of(mesh, hits)[:, 1]
        seen = np.full(101 * 101, np.nan)
        seen[hits.pixels] = depth
        seen = seen.reshape(101, 101)
        assert seen[50, 50] == 1
        assert seen[75, 20] == -1
        assert np.isnan(seen[5, 5])
        assert np.count_nonzero(seen == 1) < np.count_nonzero(seen == -1)


def test_faces_that_cut_each_other_are_seen_each_where_it_is_nearer():
    ends = [[-1, -1, -1], [1, 1, -1], [0, 0, 3], [-1, 1, -1], [1, -1, -1]]
    mesh = DrawnMesh.of(np.array(ends, float), [[0, 1, 2], [3, 4, 2]])
    hits = rasterise(mesh, view())
    column = hits.pixels % 101
    at = points_of(mesh, hits)
    np.testing.assert_allclose(at[:, 1], np.abs(at[:, 0]), atol=1e-5)
    # From the front the subject's right, where the first face is nearer, is on the left.
    np.testing.assert_array_equal(np.unique(hits.faces[column < 49]), [0])
    np.testing.assert_array_equal(np.unique(hits.faces[column > 51]), [1])


def test_groups_of_faces_make_no_difference(monkeypatch):
    mesh = DrawnMesh.of(*icosphere(3))
    whole = rasterise(mesh, view())
    monkeypatch.setattr(raster, "GROUP", 100)
    parts = rasterise(mesh, view())
    np.testing.assert_array_equal(parts.pixels, whole.pixels)
    np.testing.assert_array_equal(parts.faces, whole.faces)


def test_faces_outside_of_the_picture_or_seen_from_their_edge_are_not_drawn():
    vertices = np.array([[9, 0, 0], [10, 0, 0], [9, 0, 1], [0, -1, 0], [0, 1, 0], [0.3, 0, 0]])
    mesh = DrawnMesh.of(vertices, [[0, 1, 2]])
    assert len(rasterise(mesh, view()).pixels) == 0
    level = DrawnMesh.of(vertices, [[3, 4, 5]])  # in the plane z = 0: a line for the viewer
    hits = rasterise(level, view())
    assert set(hits.pixels // 101) == {50}
    np.testing.assert_allclose(hits.weights.sum(axis=1), 1)


def test_a_picture_cuts_what_is_larger():
    mesh = DrawnMesh.of(*icosphere(2, radius=50.0))
    assert shown(rasterise(mesh, view(31))).all()


# Meshes.


def test_closed_meshes_are_found_and_turned_outwards():
    for faces in (SIDES, SIDES[:, ::-1]):
        mesh = DrawnMesh.of(CORNERS, faces)
        assert mesh.closed
        assert (np.einsum("ij,ij->i", mesh.normals, CORNERS - CORNERS.mean(axis=0)) > 0).all()
    assert not DrawnMesh.of(CORNERS, SIDES[:3]).closed
    turned = SIDES.copy()
    turned[2] = turned[2, ::-1]
    assert not DrawnMesh.of(CORNERS, turned).closed


def test_the_inside_of_an_open_mesh_is_seen():
    vertices, faces = icosphere(3)
    back_half = faces[(vertices[faces][:, :, 1] < 0).all(axis=1)]
    mesh = DrawnMesh.of(vertices, back_half)
    points = points_of(mesh, rasterise(mesh, view()))
    assert len(points) > 5000
    assert (points[:, 1] < 0).all()


def test_normals_of_a_sphere_point_outwards():
    vertices, faces = icosphere(4)
    normals = DrawnMesh.of(vertices, faces).normals
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, rtol=1e-5)
    assert np.einsum("ij,ij->i", normals, vertices).min() > 0.999


def test_faces_at_vertices_without_a_place_are_left_out():
    vertices = CORNERS.copy()
    vertices[3] = np.nan
    mesh = DrawnMesh.of(vertices, SIDES)
    np.testing.assert_array_equal(mesh.faces, [[0, 2, 1]])
    np.testing.assert_array_equal(mesh.drawn_vertices, CORNERS[:3])
    vertices[:] = np.inf
    with pytest.raises(UsageError, match="there is none to be seen"):
        DrawnMesh.of(vertices, SIDES)
