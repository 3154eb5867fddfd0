"""Pages of surfaces, read by a real browser that draws them without a graphics card."""

from __future__ import annotations

import numpy as np
import pytest

import volio
from volio.display import View, surface_page
from volio.display.colour.blending import compose
from volio.display.colour.colormaps import as_colormap
from volio.display.page.surface_maps import surface_maps
from volio.display.surfaces.mesh import DrawnMesh
from volio.display.surfaces.painted import SurfaceStyle, paint_surfaces
from volio.display.surfaces.picture import draw_surface
from volio.errors import UsageError
from volio.surfaces.vertex_data import VertexArray
from volio.tests.display.browser import RIGHT
from volio.tests.display.page.pages import (
    NO_WEBGL,
    box,
    note_of,
    open_page,
    picture_of,
    point_at,
    ranks_of,
    resize,
    scene_of,
)
from volio.tests.surfaces.shapes import CORNERS, SIDES, icosphere


def ball(side="left", level=3, **data):
    """An ellipsoid with values, 60 by 140 by 100 mm, to the left or to the right of the middle."""
    vertices, faces = icosphere(level)
    places = vertices * [30, 70, 50] + [-40 if side == "left" else 40, 0, 0]
    structure = f"cortex_{side}" if side else ""
    surf = volio.Surface(places.astype(np.float32), faces, space="scanner", structure=structure)
    for name, values in data.items():
        surf.data[name] = values
    return surf


def ramp(surf, axis=1):
    return surf.vertices[:, axis].astype(np.float32)


# What is on a page.


def test_values_are_those_of_the_data_until_there_is_no_room_then_rounded_then_left_out():
    rng = np.random.default_rng(0)
    surf = ball(level=4)
    for name in "abc":
        surf.data[name] = rng.normal(size=surf.n_vertices).astype(np.float32)
    whole = surf.to_html(limit=None)
    assert "Values are those of the data." in note_of(whole)
    assert "2,562 vertices, 5,120 faces. Positions are rounded to 0.002 mm." in note_of(whole)
    sizes = {None: len(whole)}
    rounded = surf.to_html(limit=len(whole) - 1)
    assert "Values but labels are rounded to 65,535 steps of their range." in note_of(rounded)
    assert "Positions are rounded to 0.009 mm." in note_of(rounded)
    sizes["fine"] = len(rounded)
    coarse = surf.to_html(limit=len(rounded) - 1)
    assert "Values but labels are rounded to 255 steps of their range." in note_of(coarse)
    assert "Positions are rounded to 0.03 mm." in note_of(coarse)
    assert sizes[None] > sizes["fine"] > len(coarse)
    for text, steps in ((rounded, 65534), (coarse, 254)):
        for packed, name in zip(scene_of(text)["maps"], "abc", strict=True):
            values = surf.data[name]
            [channel] = packed["values"]
            found = channel["low"] + (ranks_of(channel) - 1) * channel["step"]
            assert channel["step"] == pytest.approx(np.ptp(values.astype(float)) / steps)
            assert np.abs(found - values).max() <= channel["step"] / 2 * (1 + 1e-9)
    fewer = surf.to_html(limit=len(coarse) - 1, map=1)
    assert "2 of 3 maps are on this page" in note_of(fewer)
    scene = scene_of(fewer)
    # The one that is shown is kept, and they are in their order.
    assert [each["name"] for each in scene["maps"]] == ["a", "b"]
    assert scene["shown"] == 1
    bare = surf.to_html(limit=len(fewer) - 6000)
    assert "0 of 3 maps" in note_of(bare)
    with pytest.raises(
        UsageError, match=r"limit: a page of these surfaces needs \d+ bytes without"
    ):
        surf.to_html(limit=20_000)


def test_both_hemispheres_have_their_maps_in_twelve_bytes_a_vertex(tmp_path):
    vertices, faces = icosphere(5, 60)
    waves = np.sin(vertices[:, 0] / 7) * np.cos(vertices[:, 1] / 5)
    places = (vertices * (1 + 0.05 * waves[:, np.newaxis])).astype(np.float32)
    left = volio.Surface(
        np.subtract(places, [65, 0, 0]), faces, {"w": waves}, structure="cortex_left"
    )
    right = volio.Surface(np.add(places, [65, 0, 0]), faces, {"w": waves}, structure="cortex_right")
    scripts = len(volio.Surface(CORNERS, SIDES).to_html())
    surface_page(left, right, tmp_path / "page.html", limit=scripts + 12 * 10_242)
    text = (tmp_path / "page.html").read_text()
    assert len(text.encode()) <= scripts + 12 * 10_242
    assert "of 1 maps" not in note_of(text)
    # Faces that are the same on both sides are there once.
    assert scene_of(text)["surfaces"][1]["mesh"]["faces"] is None


def test_nan_and_infinite_values_are_kept_when_others_are_rounded():
    surf = ball()
    values = ramp(surf)
    values[3] = np.nan
    surf.data["a"] = values
    [packed] = scene_of(surf.to_html(limit=len(surf.to_html(limit=None)) - 1))["maps"]
    ranks = ranks_of(packed["values"][0])
    np.testing.assert_array_equal(ranks == 0, np.isnan(values))
    [found] = surface_maps([surf], "a", SurfaceStyle(vmin=-1, vmax=1))
    assert "step" in found.facts(255)["values"][0]
    values[4] = np.inf
    [found] = surface_maps([surf], VertexArray("a", values), SurfaceStyle(vmin=-1, vmax=1))
    assert "step" not in found.facts(255)["values"][0]
    assert "step" not in surface_maps([surf], values > 0, SurfaceStyle())[0].facts(255)["values"][0]


def test_maps_are_named_listed_and_shared_by_hemispheres(tmp_path):
    left, right = ball("left"), ball("right")
    left.data["sulc"] = right.data["sulc"] = ramp(left)
    left.data["a"] = right.data["a"] = ramp(left)
    left.data["mine"] = ramp(left)
    left.data["series"] = right.data["series"] = np.stack([ramp(left), -ramp(left)], axis=1)
    scene = scene_of(surface_page(left, right))
    names = [each["name"] for each in scene["maps"]]
    assert names == ["a", "mine", "series [0]", "series [1]", "sulc"]
    assert [each is None for each in scene["maps"][1]["values"]] == [False, True]
    assert scene["maps"][0]["limits"] == scene["maps"][3]["limits"]
    volio.save(volio.Surface(data={"thick": ramp(left) + 100}), tmp_path / "lh.thick.gii")
    given = {"file": (tmp_path / "lh.thick.gii", ramp(right)), "named": "a"}
    maps = scene_of(surface_page(left, right, values=given))["maps"]
    assert [each["name"] for each in maps] == ["file", "named"]
    assert maps[0]["limits"][1] > 150 > 80 > maps[1]["limits"][1]
    alone = scene_of(surface_page(None, right, values=["a", ramp(right)], map=1, vmin=0, vmax=2))
    assert [each["name"] for each in alone["maps"]] == ["a", "values"]
    assert alone["shown"] == 1
    assert alone["maps"][1]["limits"] == [0, 2]
    with pytest.raises(UsageError, match="different numbers of maps"):
        surface_page(left, right, values=("series", "a"))
    with pytest.raises(UsageError, match="a tuple has one for each of 2 surfaces"):
        surface_page(left, right, values=("a", "a", "a"))


def test_what_cannot_be_a_page_is_refused(tmp_path):
    surf = ball(a=np.zeros(642))
    with pytest.raises(UsageError, match=r"ends in \.html or \.htm"):
        surf.to_html(tmp_path / "page.png")
    with pytest.raises(UsageError, match="there is no such option; there are"):
        surf.to_html(view="left", views="left")
    with pytest.raises(
        UsageError, match="neither an array of the surface nor a file is called 'b'"
    ):
        surf.to_html(values="b")
    with pytest.raises(UsageError, match="map: must be from 0 to 0, got 1"):
        surf.to_html(map=1)
    with pytest.raises(UsageError, match="shading: must be one of"):
        surf.to_html(shading="shiny")
    with pytest.raises(UsageError, match="view: a page begins with one view"):
        surf.to_html(view=["left", "right"])
    with pytest.raises(UsageError, match="hemi= says it"):
        ball("").to_html(view="medial")
    with pytest.raises(UsageError, match="labels: a table is needed"):
        surf.to_html(labels="a")
    with pytest.raises(UsageError, match="has vertices, but no faces that could be drawn"):
        volio.Surface(CORNERS).to_html()
    with pytest.raises(UsageError, match="at least one surface is needed"):
        surface_page()
    with pytest.raises(UsageError, match="is a volume, and surface_page takes surfaces"):
        surface_page(volio.Nifti1Image(np.zeros((2, 2, 2), "u1"), np.eye(4)))
    assert list(tmp_path.iterdir()) == []


# In a browser.


@pytest.fixture(scope="module", autouse=True)
def small_window(browser):
    """A window that is drawn fast without a graphics card."""
    resize(browser, 600, 540)
    yield
    browser.call("Emulation.clearDeviceMetricsOverride")


@pytest.fixture
def show(browser, tmp_path):
    """Open a page of surfaces; it must load without complaints or requests."""

    def _show(*surfaces, **options):
        path = tmp_path / "page.html"
        if len(surfaces) == 2:
            surface_page(*surfaces, path, **options)
        else:
            surfaces[0].to_html(path, **options)
        open_page(browser, path)
        return browser

    yield _show
    assert browser.complaints == []


@pytest.fixture
def without_webgl(browser):
    """Pages that are opened get no WebGL."""
    script = browser.call("Page.addScriptToEvaluateOnNewDocument", source=NO_WEBGL)
    yield
    browser.call("Page.removeScriptToEvaluateOnNewDocument", identifier=script["identifier"])


def viewports(browser):
    """Where the surfaces are in the picture."""
    return browser.run(
        "viewports().map((each) => ({ ...each, surfaces: null, "
        "numbers: each.surfaces.map((surface) => surface.number) }))"
    )


def pixels_of(surf, viewport):
    """Column and row of each vertex in the picture, and how near it is to the viewer."""
    rotation = np.reshape(viewport["rotation"], (3, 3))
    x, y, depth = (rotation @ (surf.vertices - viewport["centre"]).T) * viewport["scale"]
    column = viewport["x"] + viewport["width"] / 2 + viewport["pan"][0] + x
    row = viewport["height"] / 2 - viewport["pan"][1] - y
    return np.stack([column, row, depth], axis=1)


def facing(surf, viewport, least=0.5):
    """The vertices that look at the viewer, by their normals."""
    to_viewer = viewport["rotation"][6:]
    return np.flatnonzero(surf.normals @ to_viewer > least)


def test_what_is_pointed_at_is_the_vertex_with_its_value_and_place(show):
    surf = ball(level=3)
    rng = np.random.default_rng(1)
    surf.data["noise"] = rng.normal(size=surf.n_vertices).astype(np.float32)
    surf.data["exact"] = rng.normal(size=surf.n_vertices) * 1e-5
    surf.data["count"] = rng.integers(0, 2**31, surf.n_vertices).astype(np.int32)
    browser = show(surf, limit=None)
    for name in ("lateral", "dorsal", "anterior"):
        browser.run(f"find('view-{name}').click()")
        browser.settle()
        [viewport] = viewports(browser)
        seen = facing(surf, viewport)
        pixels = pixels_of(surf, viewport)
        for vertex in seen[:: len(seen) // 2]:
            # The mouse is on whole points: a vertex is the nearest, if others are farther away.
            point_at(browser, *np.round(pixels[vertex, :2]))
            assert browser.text("vertex") == str(vertex)
            mm = [float(part) for part in browser.text("mm").split(" (")[0].split(", ")]
            np.testing.assert_allclose(mm, surf.vertices[vertex], atol=0.003)
            assert browser.text("mm").endswith("(scanner)")
            for number, map_name in enumerate(("noise", "exact", "count")):
                browser.run(f"showMap({number})")
                browser.settle()
                assert browser.text("map-name") == map_name
                values = surf.data[map_name]
                assert values.dtype.type(browser.text("value")) == values[vertex]
    point_at(browser, 3, 3)
    assert browser.text("vertex") == browser.text("value") == browser.text("mm") == ""


def test_between_vertices_the_nearest_one_is_told(show):
    surf = ball(level=1)
    surf.data["number"] = np.arange(surf.n_vertices, dtype=np.float32)
    browser = show(surf)
    [viewport] = viewports(browser)
    pixels = pixels_of(surf, viewport)
    shares = np.array([0.2, 0.25, 0.55])
    towards = viewport["rotation"][6:]
    checked = 0
    for face in surf.faces:
        normal = np.cross(*(surf.vertices[face[1:]] - surf.vertices[face[0]]))
        if normal @ towards < 0.8 * np.linalg.norm(normal):
            continue
        point_at(browser, *np.round(shares @ pixels[face, :2]))
        assert browser.text("vertex") == str(face[2])
        checked += 1
    assert checked > 5


LOOK = {"shading": "none", "cmap": "viridis", "vmin": -60.0, "vmax": 60.0}


def test_colours_are_those_of_the_values(show, tmp_path):
    surf = ball(level=4)
    surf.data["a"] = ramp(surf)
    browser = show(surf, **LOOK)
    assert browser.run("renderer.name") == "webgl"
    picture = picture_of(browser, tmp_path)
    [viewport] = viewports(browser)
    pixels = pixels_of(surf, viewport)
    seen = facing(surf, viewport)
    expected = as_colormap("viridis").map(np.clip((ramp(surf) + 60) / 120, 0, 1))[:, :3] * 255
    columns, rows = np.floor(pixels[seen, :2]).astype(int).T
    # A pixel of 0.3 mm is as far from its vertex as half a colour at most.
    np.testing.assert_allclose(picture[rows, columns], expected[seen], atol=5)
    assert np.abs(picture[rows, columns] - expected[seen]).mean() < 1
    assert picture[2, 2].tolist() == [0, 0, 0]


@pytest.mark.parametrize("shading", ["smooth", "flat"])
@pytest.mark.parametrize("kind", ["webgl", "canvas"])
def test_pictures_are_those_of_plots(show, request, tmp_path, kind, shading):
    if kind == "canvas":
        request.getfixturevalue("without_webgl")
    surf = ball(level=2)
    values = ramp(surf)
    values[surf.vertices[:, 2] > 25] = np.nan
    surf.data["a"] = values
    surf.data["sulc"] = ramp(surf, 2)
    look = {"shading": shading, "threshold": 10.0, "vmin": -60, "vmax": 60, "view": (60, 20)}
    browser = show(surf, values="a", **look)
    assert browser.run("renderer.name") == kind
    picture = picture_of(browser, tmp_path)
    [viewport] = viewports(browser)
    _, up, towards = np.reshape(viewport["rotation"], (3, 3))
    size = (viewport["height"], viewport["width"])
    view = View(viewport["centre"], -towards, up, tuple(np.divide(size, viewport["scale"])), size)
    style = SurfaceStyle(values="a", threshold=10.0, vmin=-60, vmax=60)
    [painted], _ = paint_surfaces([surf], [style])
    drawn = draw_surface(DrawnMesh.of_surface(surf), view, painted.paints, shading)
    expected = compose([drawn], background=(0, 0, 0))[..., :3].astype(int)
    difference = np.abs(picture - expected).max(axis=-1)
    is_seen = expected.max(axis=-1) > 0
    assert is_seen.mean() > 0.15
    # But for pixels at edges, which WebGL makes smooth, and rounding.
    assert np.percentile(difference[is_seen], 95) <= 4
    assert difference.mean() < 1


def test_turning_changes_the_picture_and_comes_back(show, tmp_path):
    surf = ball(level=3)
    surf.data["a"] = ramp(surf)
    browser = show(surf)
    first = picture_of(browser, tmp_path)
    left, top, width, height = box(browser)
    x, y = left + width / 2, top + height / 2
    browser.drag((x, y), (x + 80, y + 20))
    turned = picture_of(browser, tmp_path)
    assert (np.abs(turned - first).max(axis=-1) > 8).mean() > 0.05
    rotation = np.reshape(viewports(browser)[0]["rotation"], (3, 3))
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-9)
    # What was in the middle has gone to the right and down with the mouse.
    near = np.array([-1.0, 0, 0])
    assert (rotation @ near)[0] > 0.2
    assert (rotation @ near)[1] < -0.05
    browser.press("Home")
    np.testing.assert_array_equal(picture_of(browser, tmp_path), first)
    for key in ("ArrowLeft", "ArrowUp", "+"):
        before = picture_of(browser, tmp_path)
        browser.press(key)
        assert (picture_of(browser, tmp_path) != before).any(axis=-1).mean() > 0.02
    scale = viewports(browser)[0]["scale"]
    browser.mouse("mouseWheel", x, y, deltaX=0, deltaY=-120)
    browser.settle()
    assert viewports(browser)[0]["scale"] == pytest.approx(scale * np.exp(120 / 500))
    browser.drag((x, y), (x + 50, y), RIGHT)
    assert viewports(browser)[0]["pan"] == pytest.approx([50, 0])
    browser.mouse("mousePressed", x, y, "left", clickCount=2)
    browser.mouse("mouseReleased", x, y, "left", clickCount=2, buttons=0)
    browser.settle()
    np.testing.assert_array_equal(picture_of(browser, tmp_path), first)


def test_fingers_turn_and_stretch(show, tmp_path):
    browser = show(ball(a=np.arange(642.0)))
    first = viewports(browser)[0]
    left, top, width, height = box(browser)
    x, y = left + width / 2, top + height / 2

    def touch(kind, *points):
        places = [{"x": x + dx, "y": y + dy, "id": n} for n, (dx, dy) in enumerate(points)]
        browser.call("Input.dispatchTouchEvent", type=kind, touchPoints=places)
        browser.settle()

    touch("touchStart", (0, 0))
    assert browser.text("vertex")  # a finger points, too
    touch("touchMove", (60, 0))
    touch("touchEnd")
    turned = viewports(browser)[0]
    assert np.abs(np.subtract(turned["rotation"], first["rotation"])).max() > 0.2
    touch("touchStart", (-30, 0), (30, 0))
    touch("touchMove", (-60, 0), (60, 0))
    touch("touchEnd")
    stretched = viewports(browser)[0]
    assert stretched["rotation"] == turned["rotation"]
    assert stretched["scale"] == pytest.approx(2 * turned["scale"])


def test_buttons_and_keys_show_the_named_views(show):
    surf = ball("right", a=np.arange(642.0))
    browser = show(surf)
    names = browser.run("Array.from(find('views').children, (button) => button.textContent)")
    assert names == [
        *("lateral", "medial", "left", "right", "anterior", "posterior", "dorsal", "ventral")
    ]
    # Where the viewer is: lateral of the right hemisphere is from the right.
    towards = {"lateral": (1, 0, 0), "medial": (-1, 0, 0), "left": (-1, 0, 0)}
    towards |= {"anterior": (0, 1, 0), "posterior": (0, -1, 0)}
    towards |= {"dorsal": (0, 0, 1), "ventral": (0, 0, -1)}
    for name, direction in towards.items():
        browser.run(f"find('view-{name}').click()")
        browser.settle()
        assert viewports(browser)[0]["rotation"][6:] == pytest.approx(direction)
    for key, name in {"l": "lateral", "m": "medial", "a": "anterior", "d": "dorsal"}.items():
        browser.press(key)
        assert viewports(browser)[0]["rotation"][6:] == pytest.approx(towards[name])
    assert browser.run("state.view") == "dorsal"
    browser = show(ball("", a=np.arange(642.0)))
    assert browser.run("find('views').children.length") == 6
    browser.press("l")
    assert viewports(browser)[0]["rotation"][6:] == pytest.approx((-1, 0, 0))


def set_input(browser, name, value, event="change"):
    browser.run(f"find('{name}').value = '{value}'")
    browser.run(f"find('{name}').dispatchEvent(new Event('{event}'))")
    browser.settle()


def test_maps_limits_threshold_and_opacity_change_the_picture(show, tmp_path):
    surf = ball(level=3)
    surf.data["a"] = ramp(surf)
    surf.data["b"] = np.where(ramp(surf) > 0, 1.5, -2).astype(np.float32)
    browser = show(surf, shading="none", cmap="coolwarm", vmin=-70, vmax=70)
    first = picture_of(browser, tmp_path)
    gray = round(0.72 * 255)
    assert (np.abs(first - gray).max(axis=-1) < 3).mean() < 0.02
    set_input(browser, "hide-low", -30)
    set_input(browser, "hide-high", 30)
    [viewport] = viewports(browser)
    pixels = np.floor(pixels_of(surf, viewport)).astype(int)
    picture = picture_of(browser, tmp_path)
    seen = facing(surf, viewport)
    is_gray = np.abs(picture[pixels[seen, 1], pixels[seen, 0]] - gray).max(axis=-1) < 3
    well_inside, well_outside = np.abs(ramp(surf)[seen]) < 27, np.abs(ramp(surf)[seen]) > 33
    assert is_gray[well_inside].all()
    assert not is_gray[well_outside].any()
    set_input(browser, "opacity", 0, "input")
    assert (np.abs(picture_of(browser, tmp_path) - gray).max(axis=-1) < 3).mean() > 0.2
    set_input(browser, "opacity", 1, "input")
    set_input(browser, "high", 1000)
    assert browser.run("currentMap().limits") == [-70, 1000]
    set_input(browser, "low", 2000)  # not below the other one
    assert browser.run("currentMap().limits") == [-70, 1000]
    assert np.abs(picture_of(browser, tmp_path) - picture).max() > 50
    before = picture_of(browser, tmp_path)
    browser.press("]")
    assert browser.run("find('map').selectedOptions[0].textContent") == "b"
    assert np.abs(picture_of(browser, tmp_path) - before).max() > 50
    browser.press("]")
    assert browser.run("find('map').selectedOptions[0].textContent") == "a"
    set_input(browser, "map", 1)
    assert browser.text("map-name") == "b"


def parcels(surf):
    """Two labels with a table, and a third key that the table lacks."""
    keys = np.where(surf.vertices[:, 1] > 0, 7, 40).astype(np.int32)
    keys[surf.vertices[:, 2] > 30] = 3
    rows = [
        volio.Label(7, "front <b>", (250, 10, 20, 255)),
        volio.Label(40, "back", (10, 20, 240, 255)),
    ]
    surf.data.put(VertexArray("parcels", keys, volio.Labels(rows)))
    return keys


def test_labels_have_their_colours_names_and_borders(show, tmp_path):
    surf = ball(level=3)
    keys = parcels(surf)
    browser = show(surf, shading="none")
    [viewport] = viewports(browser)
    pixels = np.floor(pixels_of(surf, viewport)).astype(int)
    seen = facing(surf, viewport)
    picture = picture_of(browser, tmp_path)
    palette = {7: (250, 10, 20), 40: (10, 20, 240), 3: (184, 184, 184)}
    expected = [palette[key] for key in keys[seen]]
    np.testing.assert_allclose(picture[pixels[seen, 1], pixels[seen, 0]], expected, atol=1)
    # Nothing is between two labels, but for pixels at the edge of the surface.
    _, counts = np.unique(picture.reshape(-1, 3), axis=0, return_counts=True)
    assert counts[np.argsort(counts)[-4:]].sum() > 0.98 * counts.sum()
    for key in (7, 40, 3):
        of_key = seen[keys[seen] == key]
        vertex = of_key[len(of_key) // 2]
        point_at(browser, *np.round(pixels[vertex, :2]))
        name = {7: "7: front <b>", 40: "40: back", 3: "3"}[key]
        assert browser.text("value") == name
    assert browser.run(
        "Array.from(document.querySelectorAll('#colours span'), (s) => s.textContent)"
    ) == [
        "front <b>",
        "back",
    ]
    browser.run("find('outline').click()")
    browser.settle()
    borders = picture_of(browser, tmp_path)
    is_coloured = np.ptp(borders, axis=-1) > 100
    assert 0.003 < is_coloured.mean() < 0.3 * (np.ptp(picture, axis=-1) > 100).mean()


def test_values_that_are_not_there_show_what_is_below(show, tmp_path):
    surf = ball(level=3)
    values = ramp(surf)
    values[values > 0] = np.nan
    surf.data["a"] = values
    browser = show(surf, shading="none")
    [viewport] = viewports(browser)
    pixels = np.floor(pixels_of(surf, viewport)).astype(int)
    seen = facing(surf, viewport)
    picture = picture_of(browser, tmp_path)
    is_gray = np.ptp(picture[pixels[seen, 1], pixels[seen, 0]], axis=-1) < 3
    np.testing.assert_array_equal(is_gray, np.isnan(values[seen]))
    vertex = seen[np.isnan(values[seen])][5]
    point_at(browser, *pixels[vertex, :2])
    assert browser.text("value") == "no value"


def test_stored_colours_patches_and_alpha(show, tmp_path):
    surf = ball(level=2)
    colors = np.full((surf.n_vertices, 4), 255, np.uint8)
    colors[:, 0] = np.where(surf.vertices[:, 1] > 0, 200, 20)
    surf.colors = colors
    surf.indices = np.arange(surf.n_vertices) * 3 + 1000
    browser = show(surf, shading="none")
    [viewport] = viewports(browser)
    pixels = np.floor(pixels_of(surf, viewport)).astype(int)
    seen = facing(surf, viewport, 0.9)
    picture = picture_of(browser, tmp_path)
    far = seen[np.abs(surf.vertices[seen, 1]) > 12]
    np.testing.assert_allclose(picture[pixels[far, 1], pixels[far, 0]], colors[far, :3], atol=2)
    point_at(browser, *pixels[far[0], :2])
    assert browser.text("vertex") == str(far[0] * 3 + 1000)
    assert browser.text("value") == ", ".join(map(str, colors[far[0]]))
    surf.data["a"] = ramp(surf)
    alpha = np.where(surf.vertices[:, 1] > 0, 1.0, 0.0)
    browser = show(surf, shading="none", alpha=alpha, values="a")
    picture = picture_of(browser, tmp_path)
    is_gray = np.ptp(picture[pixels[far, 1], pixels[far, 0]], axis=-1) < 3
    np.testing.assert_array_equal(is_gray, alpha[far] == 0)


# Two hemispheres.


def test_hemispheres_side_by_side_are_mirrored_and_together_are_where_they_are(show, tmp_path):
    left, right = ball("left", 3), ball("right", 3)
    for surf in (left, right):
        surf.data["a"] = ramp(surf)
    browser = show(left, right, values="a")
    views = viewports(browser)
    assert [view["numbers"] for view in views] == [[0], [1]]
    picture = picture_of(browser, tmp_path)
    half = views[0]["width"]
    difference = np.abs(picture[:, :half] - picture[:, half : 2 * half][:, ::-1])
    assert difference.mean() < 2
    assert picture[:, :half].max() > 100
    left_edge, top, _, _ = box(browser)
    browser.drag((left_edge + 100, top + 100), (left_edge + 160, top + 130))
    turned = picture_of(browser, tmp_path)
    assert np.abs(turned - picture).mean() > 1
    difference = np.abs(turned[:, :half] - turned[:, half : 2 * half][:, ::-1])
    assert difference.mean() < 2
    # The vertex of the right one is told as such.
    browser.press("l")
    view = viewports(browser)[1]
    vertex = facing(right, view, 0.9)[3]
    point_at(browser, *np.round(pixels_of(right, view)[vertex, :2]))
    assert browser.text("vertex") == f"{vertex} right"
    browser.run("find('apart').click()")
    browser.press("d")
    [together] = viewports(browser)
    assert together["numbers"] == [0, 1]
    columns = [pixels_of(surf, together)[:, 0] for surf in (left, right)]
    assert columns[0].max() < columns[1].min()
    seen = picture_of(browser, tmp_path).max(axis=(0, 2)) > 60
    assert seen[round(columns[0].mean())]
    assert seen[round(columns[1].mean())]
    browser.run("find('side-1').click()")
    browser.settle()
    [alone] = viewports(browser)
    assert alone["numbers"] == [0]


def test_hemispheres_that_are_in_each_other_are_moved_apart(show):
    left, right = ball("left"), ball("right")
    left.vertices = left.vertices + np.float32([35, 0, 0])
    right.vertices = right.vertices - np.float32([35, 0, 0])
    for surf in (left, right):
        surf.data["a"] = ramp(surf)
    browser = show(left, right)
    browser.run("find('apart').click()")
    browser.press("d")
    shifts = browser.run("surfaces.map((surface) => surface.shift)")
    assert shifts == pytest.approx([-30, 30], abs=0.1)  # 50 mm, and 10 between them
    [view] = viewports(browser)
    moved = volio.Surface(right.vertices + np.float32([shifts[1], 0, 0]), right.faces)
    vertex = facing(right, view, 0.9)[2]
    point_at(browser, *np.round(pixels_of(moved, view)[vertex, :2]))
    assert browser.text("vertex") == f"{vertex} right"
    mm = [float(part) for part in browser.text("mm").split(" (")[0].split(", ")]
    np.testing.assert_allclose(mm, right.vertices[vertex], atol=0.003)


# Without WebGL.


def test_without_webgl_the_page_shows_the_same(show, without_webgl, tmp_path):
    surf = ball(level=2)
    parcels(surf)
    surf.data["a"] = ramp(surf)
    browser = show(surf, values=["parcels", "a"])
    assert browser.run("renderer.name") == "canvas"
    first = picture_of(browser, tmp_path)
    assert first.max() > 100
    browser.press("m")
    assert np.abs(picture_of(browser, tmp_path) - first).mean() > 1
    browser.press("]")
    assert browser.text("map-name") == "a"
    browser.run("find('outline').click()")
    [viewport] = viewports(browser)
    vertex = facing(surf, viewport, 0.8)[4]
    point_at(browser, *np.round(pixels_of(surf, viewport)[vertex, :2]))
    assert np.float32(browser.text("value")) == surf.data["a"][vertex]


def test_names_are_no_markup(show):
    name = "<img src=x onerror=alert(1)>&\"'@SCENE@</script>"
    surf = ball()
    surf.data[name] = ramp(surf)
    browser = show(surf, title=name)
    assert browser.run("document.title") == name
    assert browser.run("document.querySelector('h1').textContent") == name
    assert browser.run("find('map').selectedOptions[0].textContent") == name
    assert browser.text("map-name") == name
    assert browser.run("document.images.length + document.scripts.length") == 2


def test_a_surface_without_values_is_shown(show, tmp_path):
    browser = show(volio.Surface(CORNERS, SIDES), black_bg=False)
    assert browser.run("find('of-map').hidden") is True
    picture = picture_of(browser, tmp_path)
    assert picture[1, 1].tolist() == [255, 255, 255]
    assert (picture[..., 0] < 230).mean() > 0.05
    browser.press("]")
    browser.press("s")
    assert browser.run("state.shading") == "flat"


def test_the_picture_and_the_values_are_in_the_window(show, browser):
    surf = ball(level=2)
    surf.data["a"] = ramp(surf)
    try:
        for width, height in ((1200, 760), (420, 800)):
            resize(browser, width, height)
            show(surf)
            for name in ("picture", "readout", "views"):
                left, top, right, bottom = browser.run(
                    "(({left, top, right, bottom}) => [left, top, right, bottom])"
                    f"(find('{name}').getBoundingClientRect())"
                )
                assert 0 <= left <= right <= width
                assert 0 <= top <= bottom <= height
    finally:
        resize(browser, 600, 540)
