"""Outlines of surfaces on slices: triangles cut with planes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import volio
from volio.display import Contours, OrthoState, Overlay, plot_mosaic, plot_ortho, plot_rendering
from volio.display.sampling.sections import PicturePlane, Sections
from volio.display.scene.mesh_cuts import MeshCuts
from volio.errors import SpaceError, UsageError
from volio.tests.surfaces.shapes import CORNERS, SIDES, icosphere

SPHERE = icosphere(3)
PLAIN = {"annotate": False, "draw_cross": False}


def plane_across(height, u=(1.0, 0, 0), v=(0.0, 1, 0)):
    """A plane whose rows and columns are u and v, at a height above the origin along u x v."""
    normal = np.cross(u, v)
    origin = height * normal / np.linalg.norm(normal)
    return PicturePlane(origin, np.array(u), np.array(v), (10, 10))


def world(line, plane):
    return plane.origin + line[:, :1] * plane.u + line[:, 1:] * plane.v


def distance_to_edges(points, vertices, faces):
    """The distance of each point to the nearest side of a triangle."""
    starts, stops = np.concatenate(
        [vertices[faces[:, [n, (n + 1) % 3]]] for n in range(3)]
    ).swapaxes(0, 1)
    ways = stops - starts
    share = ((points[:, np.newaxis] - starts) * ways).sum(-1) / (ways**2).sum(-1)
    nearest = starts + np.clip(share, 0, 1)[..., np.newaxis] * ways
    return np.linalg.norm(points[:, np.newaxis] - nearest, axis=-1).min(axis=1)


# Cuts.


def test_a_triangle_is_cut_where_its_sides_cross():
    cuts = MeshCuts([[0, 0, 0], [4, 0, 2], [0, 8, 2]], [[0, 1, 2]])
    [line] = cuts.lines(plane_across(0.5))
    # At a quarter of the two sides that rise from the origin by 2.
    assert sorted(map(tuple, line.tolist())) == [(0.0, 2.0), (1.0, 0.0)]
    assert cuts.lines(plane_across(2.5)) == []
    assert cuts.lines(plane_across(-0.5)) == []


@pytest.mark.parametrize("height", [-0.9, -0.4, 0.0, 0.3, 0.77])
def test_a_sphere_is_cut_in_a_circle(height):
    [line] = MeshCuts(*SPHERE).lines(plane_across(height))
    np.testing.assert_array_equal(line[0], line[-1])
    radius = np.sqrt(1 - height**2)
    found = np.linalg.norm(line, axis=1)
    # Sides of triangles are chords: they are less than 1 % inside of a sphere of 1,280.
    assert radius * (1 - 0.015 / radius**2) < found.min() <= found.max() <= radius + 1e-12
    x, y = line.T
    area = abs((x[:-1] * y[1:] - x[1:] * y[:-1]).sum()) / 2
    assert area == pytest.approx(np.pi * radius**2, rel=0.04)


def test_oblique_planes_with_rows_and_columns_askew():
    vertices, faces = SPHERE
    plane = plane_across(0.35, u=(0.3, 0.1, -0.4), v=(0.2, 0.9, 0.25))
    [line] = MeshCuts(vertices, faces).lines(plane)
    points = world(line, plane)
    assert distance_to_edges(points, vertices, faces).max() < 1e-12
    middle = plane.origin
    radii = np.linalg.norm(points - middle, axis=1)
    assert radii.max() <= np.sqrt(1 - 0.35**2) + 1e-12
    assert radii.min() > np.sqrt(1 - 0.35**2) - 0.015
    # The circle goes all the way around.
    angles = np.sort(
        np.arctan2(*((points - middle) @ np.linalg.qr(np.stack([plane.u, plane.v], 1))[0]).T)
    )
    assert np.diff(angles).max() < 0.2


@given(
    st.floats(-1.2, 1.2),
    st.lists(st.floats(-1, 1), min_size=6, max_size=6).filter(
        lambda numbers: np.linalg.norm(np.cross(numbers[:3], numbers[3:])) > 0.05
    ),
)
def test_lines_of_a_closed_surface_are_closed(height, numbers):
    vertices, faces = icosphere(1)
    two = np.concatenate([vertices, vertices * 0.4 + [0.1, 0, 0]])
    both = np.concatenate([faces, faces + len(vertices)])
    plane = plane_across(height, numbers[:3], numbers[3:])
    lines = MeshCuts(two, both).lines(plane)
    assert len(lines) <= 2
    for line in lines:
        np.testing.assert_array_equal(line[0], line[-1])
    heights = (two - plane.origin) @ np.cross(plane.u, plane.v)
    above = (heights[both] >= 0).sum(axis=1)
    assert sum(len(line) - 1 for line in lines) == ((above > 0) & (above < 3)).sum()


def test_vertices_and_triangles_on_the_plane():
    corners = np.array([[1, 0, 0], [0, 1, 0], [-1, 0, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1.0]])
    around = [[n, (n + 1) % 4] for n in range(4)]
    octahedron = [[*side, 4] for side in around] + [[*side[::-1], 5] for side in around]
    [line] = MeshCuts(corners, octahedron).lines(plane_across(0.0))
    distinct = np.unique(line.round(12), axis=0)
    np.testing.assert_array_equal(distinct, [[-1, 0], [0, -1], [0, 1], [1, 0]])
    # The base of the block is in the plane: seen from below it is nothing, from above its border.
    assert MeshCuts(CORNERS, SIDES).lines(plane_across(0.0)) == []
    [line] = MeshCuts(CORNERS * [1, 1, -1], SIDES).lines(plane_across(0.0))
    np.testing.assert_array_equal(np.unique(line, axis=0), [[0, 0], [0, 3], [2, 0]])


def test_open_surfaces_have_lines_with_ends():
    vertices, faces = SPHERE
    half = faces[(vertices[faces][..., 0] > 0).all(axis=1)]
    [line] = MeshCuts(vertices, half).lines(plane_across(0.1))
    assert np.linalg.norm(line[0] - line[-1]) > 1.8
    assert line[:, 0].min() > 0
    torn = vertices.copy()
    torn[np.argmax(vertices[:, 1])] = np.nan
    lines = MeshCuts(torn, faces).lines(plane_across(0.0))
    assert len(lines) == 1
    assert np.isfinite(lines[0]).all()
    assert (lines[0][0] != lines[0][-1]).any()


# On images.


OBLIQUE = np.array(
    [[1.6, -0.9, 0.2, -14], [0.9, 1.7, -0.3, -22], [0.1, 0.4, 2.2, -18], [0, 0, 0, 1]]
)
CENTRE = np.array([1.0, -2, 3])


def ball(radius=9.0, **more):
    vertices, faces = SPHERE
    return volio.Surface(radius * vertices + CENTRE, faces, **{"space": "scanner", **more})


def red_pixels(picture):
    wide = picture.astype(int)
    return np.nonzero((wide[..., 0] > 130) & (wide[..., 1] < 90))


def test_a_picture_of_an_oblique_image_has_the_circle_in_its_place():
    img = volio.Nifti1Image(np.zeros((20, 22, 18), np.uint8), OBLIQUE)
    point = np.add(CENTRE, [0.5, -1, 1.5])
    size = 500
    picture = plot_ortho(img, point, overlays=[ball()], display_mode="z", size=size, **PLAIN)
    section = Sections(img.shape, OBLIQUE)[2]
    voxel = np.rint(volio.affines.apply_affine(np.linalg.inv(OBLIQUE), point)).astype(int)
    rows, columns = red_pixels(picture)
    plane = section.plane(voxel.tolist(), picture.shape[:2], down=True)
    points = plane.origin + np.multiply.outer(rows, plane.u) + np.multiply.outer(columns, plane.v)
    pixel = np.linalg.norm(plane.u)
    # The middle of the circle is the point of the plane nearest to the centre of the ball.
    normal = np.cross(plane.u, plane.v) / np.linalg.norm(np.cross(plane.u, plane.v))
    depth = (CENTRE - plane.origin) @ normal
    radius = np.sqrt(81 - depth**2)
    found = np.linalg.norm(points - (CENTRE - depth * normal), axis=1)
    assert radius - 0.2 - 2 * pixel < found.min() <= found.max() < radius + 2 * pixel
    assert len(found) > 2 * np.pi * radius / pixel  # 1.5 pixels wide, all the way around


def test_several_surfaces_have_colours_of_their_own():
    img = volio.Nifti1Image(np.zeros((20, 22, 18), np.uint8), OBLIQUE)
    picture = plot_ortho(img, CENTRE, overlays=[ball(), ball(5.0)], size=200, **PLAIN).astype(int)
    is_red = (picture[..., 0] > 130) & (picture[..., 2] < 90)
    is_cyan = (picture[..., 0] < 90) & (picture[..., 2] > 130)
    assert is_red.sum() > 1.5 * is_cyan.sum() > 300
    with_one = plot_ortho(
        img, CENTRE, overlays=[Contours(ball(), colors=(0, 1, 0), linewidths=4)], size=200, **PLAIN
    )
    assert (with_one[..., 1] > 200).sum() > is_red.sum()
    assert plot_mosaic(img, overlays=[ball()], cuts=3, size=60)[..., 0].max() > 130
    with pytest.raises(UsageError, match="contours are for sections"):
        plot_rendering(img, overlays=[ball()], size=20)


def test_the_viewer_has_lines_in_rows_and_columns_of_voxels():
    img = volio.Nifti1Image(np.zeros((20, 22, 18), np.uint8), OBLIQUE)
    state = OrthoState(Overlay(img, "gray", None), start="centre")
    contours = Contours(ball(), name="a ball")
    calls = []
    state.events.looks.connect(calls.append)
    state.add(contours)
    assert state.n_volumes == 1
    state.position = CENTRE
    for panel in range(3):
        [(shown, (color, lines))] = state.outlines(panel)
        assert shown is contours
        np.testing.assert_array_equal(color[:3], [1, 0, 0])
        section = state.sections[panel]
        voxels = [section.voxel(row, column, state.voxel) for row, column in np.concatenate(lines)]
        places = volio.affines.apply_affine(OBLIQUE, voxels)
        # Sections of a viewer are moved aside by a small part of a voxel.
        assert distance_to_edges(places, contours.cuts.vertices, contours.cuts.faces).max() < 2e-3
    count = len(calls)
    contours.layer.opacity = 0.5
    assert len(calls) > count
    state.remove(contours)
    assert state.outlines(0) == []
    assert contours.layer.name == "a ball"


def test_the_space_of_a_surface_is_stated_or_it_is_refused(tmp_path):
    with pytest.raises(SpaceError, match="'unknown', and nothing says how to get to 'scanner'"):
        Contours(ball(space="unknown"))
    with pytest.raises(SpaceError, match="'mni', and nothing says how to get to 'scanner'"):
        Contours(ball(space="mni"))
    np.testing.assert_array_equal(
        Contours(ball(space="mni"), space="mni").cuts.vertices, ball().vertices
    )
    orig = volio.Nifti1Image(np.zeros((20, 22, 24), "u1"), OBLIQUE)
    matrix = volio.VolumeGeometry.from_affine(OBLIQUE, orig.shape).scanner_from_tkras
    moved = volio.affines.apply_affine(matrix, ball().vertices)
    found = Contours(ball(space="tkras"), reference=orig).cuts.vertices
    np.testing.assert_allclose(found, moved, atol=1e-9)
    single = ball()
    single.vertices = single.vertices.astype(np.float32)
    volio.save(single, tmp_path / "ball.surf.gii")
    from_file = Contours(tmp_path / "ball.surf.gii")
    assert from_file.layer.name == "ball.surf.gii"
    np.testing.assert_allclose(from_file.cuts.vertices, ball().vertices, atol=1e-5)


def test_what_surfaces_do_not_have_is_refused():
    with pytest.raises(UsageError, match="levels: is for contours of images"):
        Contours(ball(), 0.5)
    with pytest.raises(UsageError, match="affine: is for contours of images"):
        Contours(ball(), affine=np.eye(4))
    with pytest.raises(UsageError, match="the surface has no faces, and so no outline"):
        Contours(volio.Surface(CORNERS, space="scanner"))
    with pytest.raises(UsageError, match="has values, but no vertices"):
        Contours(volio.Surface(data={"a": [1.0]}))
