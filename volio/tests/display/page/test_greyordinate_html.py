"""Pages of CIFTI-2, read by a real browser: what is pointed at is the map on its hemisphere."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import volio
from volio.formats.cifti2 import BrainModelAxis, LabelAxis, ScalarAxis
from volio.tests.display.page.pages import open_page, picture_of, point_at, resize
from volio.tests.surfaces.shapes import icosphere

VERTICES, FACES = icosphere(3)
COUNT = len(VERTICES)
SIDES = {"left": -40.0, "right": 40.0}
WALL = VERTICES[:, 2] > 0.8  # has no value


@pytest.fixture(scope="module", autouse=True)
def small_window(browser):
    """A window that is drawn fast without a graphics card."""
    resize(browser, 700, 560)
    yield
    browser.call("Emulation.clearDeviceMetricsOverride")


def hemisphere(side: str) -> volio.Surface:
    places = VERTICES * [30, 70, 50] + [SIDES[side], 0, 0]
    structure = f"cortex_{side}"
    return volio.Surface(places.astype("f4"), FACES, space="mni", structure=structure)


def columns() -> BrainModelAxis:
    """Both hemispheres, without the wall."""
    left, right = (
        BrainModelAxis.from_surface(np.flatnonzero(~WALL), COUNT, f"cortex_{side}")
        for side in SIDES
    )
    return left + right


def shown(browser) -> list[dict]:
    return browser.run(
        "viewports().map((each) => ({ ...each, surfaces: null, "
        "numbers: each.surfaces.map((surface) => surface.number) }))"
    )


def pixel_of(surf: volio.Surface, vertex: int, viewport: dict) -> tuple[float, float]:
    rotation = np.reshape(viewport["rotation"], (3, 3))
    place = surf.vertices[vertex] - viewport["centre"]
    x, y, _ = (rotation @ place) * viewport["scale"]
    column = viewport["x"] + viewport["width"] / 2 + viewport["pan"][0] + x
    return round(column), round(viewport["height"] / 2 - viewport["pan"][1] - y)


def frontmost(surf: volio.Surface, viewport: dict, among: np.ndarray) -> int:
    """The vertex that looks at the viewer most."""
    towards = surf.normals @ viewport["rotation"][6:]
    return int(among[towards[among].argmax()])


def test_what_is_pointed_at_on_both_hemispheres(browser, tmp_path: Path):
    rng = np.random.default_rng(7)
    values = rng.normal(size=(2, 2 * (~WALL).sum())).astype(np.float32)
    img = volio.Cifti2Image(values, (ScalarAxis(["myelin", "thickness"]), columns()))
    volio.save(img, tmp_path / "maps.dscalar.nii")
    meshes = {side: hemisphere(side) for side in SIDES}
    for side, mesh in meshes.items():
        volio.save(mesh, tmp_path / f"{side}.surf.gii")
    pair = tuple(tmp_path / f"{side}.surf.gii" for side in SIDES)
    volio.load(tmp_path / "maps.dscalar.nii").to_html(pair, tmp_path / "page.html", limit=None)
    open_page(browser, tmp_path / "page.html")
    assert browser.run("document.title") == "maps.dscalar.nii"
    kept = np.flatnonzero(~WALL)
    told = set()
    for name in ("lateral", "dorsal"):
        browser.run(f"find('view-{name}').click()")
        browser.settle()
        for viewport in shown(browser):
            for number in viewport["numbers"]:
                side = list(SIDES)[number]
                mesh = meshes[side]
                vertex = frontmost(mesh, viewport, kept)
                point_at(browser, *pixel_of(mesh, vertex, viewport))
                assert browser.text("vertex").split()[0] == str(vertex)
                place = number * len(kept) + int(np.searchsorted(kept, vertex))
                for row, map_name in enumerate(("myelin", "thickness")):
                    browser.run(f"showMap({row})")
                    browser.settle()
                    assert browser.text("map-name") == map_name
                    assert np.float32(browser.text("value")) == values[row, place]
                told.add(side)
    assert told == set(SIDES)
    assert browser.complaints == []


def test_the_wall_is_background_and_labels_have_their_names(browser, tmp_path: Path):
    table = {0: ("none", (0, 0, 0, 0)), 4: ("front", (1, 0, 0, 1)), 9: ("back", (0, 0, 1, 1))}
    front = VERTICES[~WALL, 1] > 0
    keys = np.tile(np.where(front, 4, 9), 2)[np.newaxis].astype(np.int32)
    img = volio.Cifti2Image(keys, (LabelAxis(["parts"], table), columns()))
    pair = tuple(hemisphere(side) for side in SIDES)
    img.to_html(pair, tmp_path / "page.html", shading="none")
    open_page(browser, tmp_path / "page.html")
    browser.run("find('view-lateral').click()")
    browser.settle()
    for viewport in shown(browser):
        [number] = viewport["numbers"]
        mesh = pair[number]
        for among, label in ((front, "front"), (~front, "back")):
            vertex = frontmost(mesh, viewport, np.flatnonzero(~WALL)[among])
            point_at(browser, *pixel_of(mesh, vertex, viewport))
            assert label in browser.text("value")
        vertex = frontmost(mesh, viewport, np.flatnonzero(WALL))
        point_at(browser, *pixel_of(mesh, vertex, viewport))
        assert browser.text("vertex").split()[0] == str(vertex)
        assert "front" not in browser.text("value")
    picture = picture_of(browser, tmp_path)
    colours = {tuple(pixel) for pixel in picture[::3, ::3].reshape(-1, 3).tolist()}
    assert {(255, 0, 0), (0, 0, 255)} <= colours
    # No mixture of two labels between them.
    assert not [each for each in colours if each[0] > 20 and each[2] > 20 and each[1] < 10]
    assert browser.complaints == []
