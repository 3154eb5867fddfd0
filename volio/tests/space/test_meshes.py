"""Triangle meshes: against formulas for spheres and tetrahedra."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from volio.errors import UsageError
from volio.space import meshes
from volio.tests.surfaces.shapes import CORNERS, SIDES, icosphere


@pytest.mark.parametrize("level", [0, 1, 3])
def test_counts_of_a_sphere(level: int):
    vertices, faces = icosphere(level)
    assert (len(vertices), len(faces)) == (10 * 4**level + 2, 20 * 4**level)
    assert len(meshes.edges(faces)) == 30 * 4**level
    assert meshes.euler_number(faces) == 2
    assert len(meshes.boundary_edges(faces)) == 0
    assert meshes.boundary_edges(faces[1:]).tolist() == sorted(
        sorted(side) for side in zip(faces[0], np.roll(faces[0], -1), strict=True)
    )


def test_parts_of_a_mesh():
    _, sphere = icosphere(3)
    assert meshes.count_parts(sphere) == 1
    assert meshes.count_parts(np.concatenate([sphere, 1000 + sphere, 5000 + sphere])) == 3
    # A strip whose numbers are mixed up, so that the lowest one is far away from most.
    order = np.random.default_rng(0).permutation(3000)
    strip = order[np.arange(2998)[:, np.newaxis] + np.arange(3)]
    assert meshes.count_parts(strip) == 1
    assert meshes.count_parts(np.delete(strip, [700, 701, 702, 1900, 1901], axis=0)) == 3
    assert meshes.count_parts(np.zeros((0, 3), int)) == 0


def test_edges_of_more_than_two_faces():
    assert len(meshes.crowded_edges(SIDES)) == 0
    assert meshes.crowded_edges([*SIDES, [0, 1, 4]]).tolist() == [[0, 1]]


def test_areas_and_volume_of_a_sphere():
    vertices, faces = icosphere(5, 3.0)
    assert meshes.triangle_areas(vertices, faces).sum() == pytest.approx(36 * np.pi, rel=2e-3)
    assert meshes.vertex_areas(vertices, faces).sum() == pytest.approx(36 * np.pi, rel=2e-3)
    assert meshes.enclosed_volume(vertices, faces) == pytest.approx(36 * np.pi, rel=3e-3)
    assert meshes.enclosed_volume(vertices, faces[:, ::-1]) == pytest.approx(-36 * np.pi, rel=3e-3)


def test_areas_and_volume_of_a_tetrahedron():
    assert meshes.triangle_areas(CORNERS, SIDES)[:3].tolist() == [3.0, 5.0, 7.5]
    # Heron's formula for the slanted side.
    a, b, c = 13**0.5, 34**0.5, 29**0.5
    half = (a + b + c) / 2
    slanted = (half * (half - a) * (half - b) * (half - c)) ** 0.5
    assert meshes.triangle_areas(CORNERS, SIDES)[3] == pytest.approx(slanted)
    assert meshes.enclosed_volume(CORNERS + 100, SIDES) == pytest.approx(5.0)
    shares = [(3 + 5 + 7.5) / 3, (3 + 5 + slanted) / 3, (3 + 7.5 + slanted) / 3]
    assert meshes.vertex_areas(CORNERS, SIDES)[:3] == pytest.approx(shares)


def test_an_open_surface_has_no_volume():
    with pytest.raises(UsageError, match="the surface is open, 3 edges have one face"):
        meshes.enclosed_volume(CORNERS, SIDES[:3])


def test_normals_of_a_sphere_point_outwards():
    vertices, faces = icosphere(3)
    np.testing.assert_allclose(meshes.vertex_normals(vertices, faces), vertices, atol=0.01)
    normals = meshes.triangle_normals(vertices, faces)
    assert np.linalg.norm(normals, axis=1) == pytest.approx(np.ones(len(faces)))
    assert ((normals * vertices[faces].mean(axis=1)).sum(axis=1) > 0.95).all()


def test_normals_do_not_depend_on_how_a_side_is_cut():
    # A corner of a cube: two of its sides are one triangle there, the third is cut in two.
    square = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0]], float)
    uncut = [[0, 2, 1], [0, 1, 3], [0, 3, 2]]
    cut = [[0, 4, 1], [0, 2, 4], [0, 1, 3], [0, 3, 2]]
    for faces in (uncut, cut):
        np.testing.assert_allclose(meshes.vertex_normals(square, faces)[0], [-(3**-0.5)] * 3)


def test_faces_without_area_and_vertices_without_faces_have_no_normal():
    vertices = [[0, 0, 0], [1, 0, 0], [0, 1, 0], [9, 9, 9]]
    faces = [[0, 1, 2], [0, 1, 1]]
    assert np.isnan(meshes.triangle_normals(vertices, faces)[1]).all()
    normals = meshes.vertex_normals(vertices, faces)
    assert normals[:3].tolist() == [[0, 0, 1]] * 3
    assert np.isnan(normals[3]).all()
    assert meshes.degenerate_faces(faces).tolist() == [1]
    assert meshes.degenerate_faces([[0, 0, 1], [0, 1, 0], [0, 1, 2], [1, 0, 0]]).tolist() == [
        0,
        1,
        3,
    ]
    assert meshes.unused_vertices(faces, 4).tolist() == [3]


def test_polygons_are_cut_into_fans():
    polygons = [0, 1, 2, 9, 8, 3, 4, 5, 6, 7]
    triangles = meshes.fan_triangles(polygons, [3, 2, 5])
    assert triangles.tolist() == [[0, 1, 2], [3, 4, 5], [3, 5, 6], [3, 6, 7]]
    assert meshes.fan_triangles([], []).shape == (0, 3)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=30))
def test_welding_keeps_the_order_and_every_position(numbers: list[int]):
    points = np.array([[0, 0, 0], [0, 0, -0.0], [1, np.nan, 2], [3, 4, 5]], np.float32)[numbers]
    unique, where = meshes.weld(points)
    assert unique[where].tobytes() == points.tobytes()
    assert [number.tobytes() for number in unique] == list(
        dict.fromkeys(point.tobytes() for point in points)
    )
