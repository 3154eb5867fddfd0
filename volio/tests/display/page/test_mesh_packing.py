"""Meshes on pages: packed, decoded by the words of the docstring, and cut by a real browser."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest
from matplotlib.image import imread

import volio
from volio.display import Contours
from volio.display.page.mesh_packing import pack_mesh, position_step
from volio.display.sampling.sections import PicturePlane
from volio.display.scene.mesh_cuts import MeshCuts
from volio.tests.display.page.pages import READY, differences_of
from volio.tests.real_files import shared_path
from volio.tests.surfaces.shapes import CORNERS, SIDES, icosphere


def unpacked(mesh):
    """The vertices and faces of a packed mesh, one vertex after the other."""
    steps = differences_of(mesh["faces"], 4).reshape(3, mesh["triangles"]).T
    faces = np.cumsum(steps, axis=0)
    before = [[] for _ in range(mesh["count"])]
    for a, b, c in faces.tolist():
        for one, other in ((a, b), (b, c), (c, a)):
            before[max(one, other)].append(min(one, other))
    residuals = differences_of(mesh["positions"], 2).reshape(3, mesh["count"]).T
    numbers = np.zeros((mesh["count"], 3), np.int64)
    for vertex, others in enumerate(before):
        foretold = numbers[vertex - 1] if vertex else np.zeros(3, np.int64)
        if others:
            foretold = np.floor(numbers[others].sum(axis=0) / len(others) + 0.5).astype(np.int64)
        numbers[vertex] = (foretold + residuals[vertex]) % 65536
    return np.array(mesh["low"]) + mesh["step"] * numbers, faces


def shuffled(mesh, seed):
    """The same mesh with its vertices and faces in another order."""
    vertices, faces = mesh
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(vertices))
    return vertices[np.argsort(order)], order[faces][rng.permutation(len(faces))]


@pytest.mark.parametrize("bits", [16, 12])
@pytest.mark.parametrize(
    "mesh",
    [
        (CORNERS, SIDES),
        icosphere(2, 80.0),
        shuffled(icosphere(2, 80.0), 1),
        (np.vstack([CORNERS, [[-9, 9, 9]], CORNERS + 1]), np.vstack([SIDES, SIDES + 5])),
        (CORNERS, SIDES[:0]),
        (np.zeros((3, 3)), [[0, 1, 2]]),
        (np.zeros((0, 3)), np.zeros((0, 3), int)),
    ],
    ids=["block", "sphere", "shuffled", "parts", "points", "flat", "nothing"],
)
def test_a_mesh_comes_back_to_half_a_step(mesh, bits):
    vertices, faces = unpacked(pack_mesh(*mesh, bits))
    np.testing.assert_array_equal(faces, mesh[1])
    step = position_step(mesh[0], bits)
    np.testing.assert_allclose(vertices, mesh[0], rtol=0, atol=step / 2 * (1 + 1e-9))
    if len(mesh[0]) and np.ptp(mesh[0]) > 0:
        assert step == pytest.approx(np.ptp(mesh[0], axis=0).max() / (2**bits - 1))


def test_a_vertex_without_a_position_does_no_harm():
    vertices, faces = icosphere(1)
    torn = vertices.copy()
    torn[7] = np.nan
    left = faces[(faces != 7).all(axis=1)]
    found, _ = unpacked(pack_mesh(torn, left))
    kept = np.arange(len(vertices)) != 7
    np.testing.assert_allclose(found[kept], vertices[kept], atol=2e-5)


@pytest.mark.requires("real files")
def test_a_real_surface_takes_few_bytes():
    surf = volio.load(shared_path("surfaces/Conte69.L.inflated.32k_fs_LR.surf.gii"))
    sizes = [len(json.dumps(pack_mesh(surf.vertices, surf.faces, bits))) for bits in (16, 12)]
    assert sizes[0] < 5 * surf.n_vertices
    assert sizes[1] < 0.6 * sizes[0]


OBLIQUE = np.array(
    [[1.2, -0.5, 0.1, -9], [0.6, 1.6, -0.2, -11], [0.0, 0.3, 2.1, -12], [0, 0, 0, 1]]
)


def ball(radius=7.0, centre=(0, 0, 0)):
    vertices, faces = icosphere(2, radius)
    return volio.Surface(np.add(vertices, centre), faces, space="scanner")


def pieces(lines):
    """Pieces of lines with their ends in order."""
    return sorted(
        tuple(sorted((tuple(a.round(2)), tuple(b.round(2)))))
        for line in lines
        for a, b in pairwise(line)
    )


def test_a_page_cuts_a_surface_as_pictures_do(browser, tmp_path):
    img = volio.Nifti1Image(np.zeros((16, 14, 12), np.uint8), OBLIQUE)
    img.to_html(tmp_path / "page.html", [ball()], limit=None)
    browser.open(tmp_path / "page.html", READY)
    assert browser.complaints == []
    in_voxels = volio.affines.apply_affine(np.linalg.inv(OBLIQUE), ball().vertices)
    cuts = MeshCuts(in_voxels, ball().faces)
    for through, height in ((0, 7), (1, 6.5), (2, 4)):
        across, up = ((1, 2), (0, 2), (0, 1))[through]
        found = browser.run(
            "(() => { const found = []; "
            f"cut(scene.contours[0].mesh, {across}, {up}, {through}, {height}, "
            "(...line) => found.push(line)); return found; })()"
        )
        axes = np.eye(3)
        plane = PicturePlane(height * axes[through], axes[across], axes[up], (1, 1))
        own = pieces(np.reshape(found, (-1, 2, 2)))
        assert len(own) > 20
        np.testing.assert_allclose(own, pieces(cuts.lines(plane)), atol=0.011)
    assert "Positions of surfaces are rounded to 0.0002 mm." in browser.text("note")


def test_the_line_is_where_the_surface_is_and_follows_its_slider(browser, tmp_path):
    img = volio.Nifti1Image(np.zeros((40, 40, 40), np.uint8), np.eye(4))
    surfaces = [
        Contours(ball(8, (20, 15, 19)), colors="red"),
        Contours(ball(5, (12, 25, 19)), colors="cyan"),
    ]
    img.to_html(tmp_path / "page.html", surfaces)
    browser.open(tmp_path / "page.html", READY)
    browser.press("x")

    def seen(is_red):
        browser.screenshot(tmp_path / "page.png")
        picture = np.rint(imread(tmp_path / "page.png")[..., :3] * 255).astype(int)
        left, top, width, height = browser.run(
            "(({left, top, width, height}) => [left, top, width, height])"
            "(document.getElementById('axial').getBoundingClientRect())"
        )
        found = picture[round(top) : round(top + height), round(left) : round(left + width)]
        difference = found[..., 0] - found[..., 1]  # yellow letters have both
        rows, columns = np.nonzero((difference if is_red else -difference) > 90)
        return (columns + 0.5) / width * 40 - 0.5, (height - rows - 0.5) / height * 40 - 0.5

    # The axial plane is at 20, the centres at 19.
    for is_red, centre, radius in ((True, (20, 15), 63**0.5), (False, (12, 25), 24**0.5)):
        x, y = seen(is_red)
        distances = np.hypot(x - centre[0], y - centre[1])
        assert radius - 0.5 < distances.min() <= distances.max() < radius + 0.3
        assert np.diff(np.sort(np.arctan2(y - centre[1], x - centre[0]))).max() < 0.1
    browser.run("find('contours-0').value = 0")
    browser.run("find('contours-0').dispatchEvent(new Event('input'))")
    browser.settle()
    assert len(seen(True)[0]) == 0
    assert len(seen(False)[0]) > 50
    assert browser.complaints == []


def test_pages_with_surfaces_keep_to_their_limit(tmp_path):
    noise = np.random.default_rng(0).integers(0, 4096, (64, 64, 64)).astype(np.int16)
    img = volio.Nifti1Image(noise, np.eye(4))
    path = tmp_path / "page.html"
    img.to_html(path, limit=None)
    alone = path.stat().st_size
    img.to_html(path, [ball(20, (30, 30, 30))], limit=None)
    of_surface = path.stat().st_size - alone
    assert 1000 < of_surface < 10_000
    # The surface takes less with a limit: its positions are rounded more.
    img.to_html(path, [ball(20, (30, 30, 30))], limit=alone + of_surface)
    assert alone < path.stat().st_size < alone + of_surface
    assert "Every voxel is on this page." in path.read_text()
    assert "Positions of surfaces are rounded to 0.01 mm." in path.read_text()
    img.to_html(path, [ball(20, (30, 30, 30))], limit=150_000)
    assert 75_000 < path.stat().st_size <= 150_000
