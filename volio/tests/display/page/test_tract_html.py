"""Pages of tracts: packed, decoded by the words of the docstring, and shown by a real browser."""

from __future__ import annotations

from base64 import b64decode

import numpy as np
import pytest

import volio
from volio.display.page.line_packing import LineGrid, pack_lines, thinned
from volio.display.pictures.image_planes import planes_for_tracts
from volio.display.tracts.segment_colours import group_colours
from volio.errors import ImageDataError, UsageError
from volio.space.affines import apply_affine
from volio.tests.display.page.pages import (
    NO_WEBGL,
    box,
    differences_of,
    note_of,
    open_page,
    picture_of,
    point_at,
    ranks_of,
    resize,
    scene_of,
)

RNG = np.random.default_rng(5)


def fans(count=40, seed=0):
    """Smooth lines of 5 to 40 points that go to the front and apart, with values."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(5, 41, count)
    lines = []
    for number, length in enumerate(lengths):
        along = np.linspace(-50, 50, length)
        bend = (number - count / 2) * (along / 50) ** 2
        lines.append(np.stack([bend, along, np.full(length, 0.5 * number)], axis=1))
    points = np.concatenate(lines).astype(np.float32)
    return volio.Tractogram(
        points,
        lengths,
        per_point={
            "fa": rng.random(len(points)).astype(np.float32),
            "rgb": np.ones((len(points), 3)),
        },
        per_line={"w": np.arange(count) * 1.5, "id": np.arange(count, dtype=np.int32) + 100},
    )


def unpacked(scene):
    """The points of a page, and how many each line has, one point after the other."""
    table = np.frombuffer(b64decode(scene["lengths"]["table"]), "<f8")
    lengths = table[ranks_of(scene["lengths"])].astype(int)
    residuals = differences_of(scene["positions"], 2).reshape(3, scene["count"]).T
    numbers = np.zeros((scene["count"], 3), np.int64)
    i = 0
    first = np.zeros(3, np.int64)
    for length in lengths:
        for place in range(length):
            foretold = first
            if place == 1:
                foretold = numbers[i - 1]
            elif place > 1:
                foretold = 2 * numbers[i - 1] - numbers[i - 2]
            numbers[i] = (foretold + residuals[i]) % 65536
            if place == 0:
                first = numbers[i]
            i += 1
    return np.array(scene["low"]) + scene["unit"] * numbers, lengths


@pytest.mark.parametrize("bits", [16, 12])
@pytest.mark.parametrize(
    "lengths", [[3, 1, 4], [1, 1, 1], [0, 5, 0, 2, 0], [8]], ids=["some", "points", "empty", "one"]
)
def test_points_come_back_to_half_a_step(lengths, bits):
    points = RNG.uniform(-80, 120, (sum(lengths), 3))
    grid = LineGrid.around(points)
    found, counts = unpacked(pack_lines(points, np.array(lengths), grid, bits))
    assert counts.tolist() == lengths
    np.testing.assert_allclose(found, points, atol=grid.step(bits) / 2 * (1 + 1e-9))
    assert grid.step(bits) == pytest.approx(np.ptp(points, axis=0).max() / (2**bits - 1))


def test_thinned_lines_keep_their_ends():
    points, lengths = thinned(np.array([7, 0, 1, 4]), 3)
    assert points.tolist() == [0, 3, 6, 7, 8, 11]
    assert lengths.tolist() == [3, 0, 1, 2]
    assert thinned(np.array([3, 2]), 1)[0].tolist() == [0, 1, 2, 3, 4]


def test_a_page_has_20_000_lines_or_those_that_are_asked_for():
    tracts = fans(60)
    scene = scene_of(tracts.to_html())
    assert note_of(tracts.to_html()).startswith("All 60 lines are on this page. Positions are")
    points, lengths = unpacked(scene)
    np.testing.assert_array_equal(lengths, tracts.lengths_in_points)
    np.testing.assert_allclose(points, tracts.points, atol=scene["unit"])
    some = tracts.to_html(lines=25, seed=3)
    assert note_of(some).startswith("25 of 60 lines are on this page, chosen at random.")
    scene = scene_of(some)
    numbers = scene["numbers"]
    table = np.frombuffer(b64decode(numbers["table"]), "<f8")
    chosen = table[ranks_of(numbers)].astype(int)
    assert len(set(chosen.tolist())) == 25
    points, _ = unpacked(scene)
    np.testing.assert_allclose(points, tracts[chosen].points, atol=scene["unit"])
    many = volio.Tractogram(np.zeros((21_000, 3)), np.ones(21_000, int))
    assert note_of(many.to_html()).startswith("20,000 of 21,000 lines are on this page")
    assert note_of(many.to_html(lines=None)).startswith("All 21,000 lines")


def test_pages_keep_to_their_limit_by_rounding_then_points_then_lines():
    tracts = fans(300)
    whole = tracts.to_html(limit=None)
    assert "Positions are rounded to 0.005 mm." in note_of(whole)
    rounded = tracts.to_html(limit=len(whole) - 1)
    assert "Positions are rounded to 0.02 mm." in note_of(rounded)
    assert "one is on this page" not in note_of(rounded)
    coarse = tracts.to_html(limit=len(rounded) - 1)
    assert len(coarse) < len(rounded) < len(whole)
    fewer_points = tracts.to_html(limit=len(coarse) - 600)
    assert "points of a line one is on this page, and its ends" in note_of(fewer_points)
    scene = scene_of(fewer_points)
    points, lengths = unpacked(scene)
    kept, counts = thinned(tracts.lengths_in_points, scene["step"])
    np.testing.assert_array_equal(lengths, counts)
    np.testing.assert_allclose(points, tracts.points[kept], atol=scene["unit"])
    limit = len(volio.Tractogram([[0, 0, 0]]).to_html()) + 4000
    few = tracts.to_html(limit=limit)
    assert len(few) <= limit
    assert 10 < int(note_of(few).split(" of ")[0]) < 300
    with pytest.raises(UsageError, match="a page of tracts needs more than 1000 bytes"):
        tracts.to_html(limit=1000)


def test_values_that_can_be_chosen():
    tracts = fans()
    names = [each["name"] for each in scene_of(tracts.to_html())["maps"]]
    assert names == ["w", "id"]
    scene = scene_of(tracts.to_html(values=["fa"], colour="w", vmin=0, vmax=9))
    assert [(each["name"], each["points"]) for each in scene["maps"]] == [
        ("fa", True),
        ("w", False),
    ]
    assert scene["shown"] == 1
    assert scene["maps"][1]["limits"] == [0, 9]
    assert scene_of(tracts.to_html())["shown"] == -1
    with pytest.raises(UsageError, match="there are none called 'md'; there are w, id, fa, rgb"):
        tracts.to_html(colour="md")
    with pytest.raises(UsageError, match=r"rgb has \(3,\) numbers for each"):
        tracts.to_html(values=["rgb"])
    with pytest.raises(UsageError, match="view: must be one of left"):
        tracts.to_html(view="lateral")
    with pytest.raises(UsageError, match="lines: must be from 1"):
        tracts.to_html(lines=0)
    with pytest.raises(ImageDataError, match="there are no lines to show"):
        volio.Tractogram().to_html()


# In a browser.


@pytest.fixture(scope="module", autouse=True)
def small_window(browser):
    """A window that is drawn fast without a graphics card."""
    resize(browser, 600, 540)
    yield
    browser.call("Emulation.clearDeviceMetricsOverride")


@pytest.fixture
def show(browser, tmp_path):
    """Open a page of tracts; it must load without complaints or requests."""

    def _show(tracts, **options):
        tracts.to_html(tmp_path / "page.html", **options)
        open_page(browser, tmp_path / "page.html")
        return browser

    yield _show
    assert browser.complaints == []


def pixel_of(browser, line, place):
    """Column and row of a point of a line in the picture."""
    return browser.run(
        f"(() => {{ const i = 3 * (scene.starts[{line}] + {place}), at = placesOf();"
        " const c = find('picture'); return [c.width / 2 + at[i], c.height / 2 - at[i + 1]]; })()"
    )


def test_what_is_pointed_at_is_the_line_with_its_value_and_place(show):
    tracts = fans(6)
    browser = show(tracts, values=["fa", "w"], view="dorsal")
    assert browser.run("renderer.name") == "webgl"
    offsets = tracts.offsets
    for line, place in ((0, 1), (3, 2), (5, 0)):
        # Of the points of one pixel the one that is nearest to the viewer, the highest, is told.
        browser.run("showMap(0)")
        point_at(browser, *np.round(pixel_of(browser, line, place)))
        told = browser.text("line")
        assert told == f"{line}, point {place} of {tracts.lengths_in_points[line]}"
        row = offsets[line] + place
        assert np.float32(browser.text("value")) == tracts.per_point["fa"][row]
        mm = [float(part) for part in browser.text("mm").split(" (")[0].split(", ")]
        np.testing.assert_allclose(mm, tracts.points[row], atol=0.005)
        browser.run("showMap(1)")
        assert float(browser.text("value")) == tracts.per_line["w"][line]
    point_at(browser, 2, 2)
    assert browser.text("line") == browser.text("mm") == ""


def test_points_that_are_left_out_keep_the_numbers_of_the_others(show):
    tracts = fans(300)
    finest = len(tracts.to_html(limit=None))
    coarse = len(tracts.to_html(limit=finest - 4000))
    browser = show(tracts, limit=min(coarse, finest - 4000))
    step = browser.run("scene.step")
    assert (step > 1, browser.run("scene.lines")) == (True, 300)
    line = int(np.argmax(tracts.lengths_in_points))
    for place in (1, int(browser.run(f"scene.lengths[{line}]")) - 1):
        browser.run(f"state.at = {{ line: {line}, place: {place} }}; tell()")
        whole = tracts.lengths_in_points[line]
        number = min(place * step, whole - 1)
        assert browser.text("line") == f"{line}, point {number} of {whole}"
        mm = [float(part) for part in browser.text("mm").split(" (")[0].split(", ")]
        expected = tracts.points[tracts.offsets[line] + number]
        np.testing.assert_allclose(mm, expected, atol=0.05)


def lit(picture):
    return picture.max(axis=-1) > 60


@pytest.mark.parametrize("kind", ["webgl", "canvas"])
def test_lines_are_where_they_are_in_the_colours_of_their_directions(show, browser, tmp_path, kind):
    script = None
    if kind == "canvas":
        script = browser.call("Page.addScriptToEvaluateOnNewDocument", source=NO_WEBGL)[
            "identifier"
        ]
    along = np.linspace(-40, 40, 30)
    lines = [
        np.stack([along, 0 * along, 0 * along], 1),
        np.stack([0 * along, along, 0 * along + 5], 1),
    ]
    try:
        show(volio.Tractogram.from_lines(lines), view="dorsal")
    finally:
        if script is not None:
            browser.call("Page.removeScriptToEvaluateOnNewDocument", identifier=script)
    assert browser.run("renderer.name") == kind
    picture = picture_of(browser, tmp_path)
    is_red = (picture[..., 0] > 60) & (picture[..., 1] < 20)
    is_green = (picture[..., 1] > 60) & (picture[..., 0] < 20)
    scale = browser.run("camera().scale")
    for where, long_axis in ((is_red, 1), (is_green, 0)):
        places = np.argwhere(where)
        assert np.ptp(places[:, long_axis]) == pytest.approx(80 * scale, abs=3)
        assert np.ptp(places[:, 1 - long_axis]) <= 3
    # The one that is nearer to the viewer, above, is in front.
    middle = picture.shape[0] // 2, picture.shape[1] // 2
    around = picture[middle[0] - 1 : middle[0] + 2, middle[1] - 1 : middle[1] + 2]
    assert around[..., 1].sum() > 1.2 * around[..., 0].sum()
    before = picture
    browser.press("ArrowLeft")
    assert (lit(picture_of(browser, tmp_path)) != lit(before)).mean() > 0.0005
    browser.press("a")
    from_the_front = picture_of(browser, tmp_path)
    assert np.ptp(np.argwhere(lit(from_the_front)), axis=0)[0] < 8 * scale
    browser.press("Home")
    np.testing.assert_array_equal(lit(picture_of(browser, tmp_path)), lit(before))


def with_a_bright_cube():
    """Voxels of 1 mm around the origin, bright at (12, -10, 0) mm."""
    voxels = np.full((41, 41, 41), 20, np.uint8)
    voxels[30:35, 8:13, 18:23] = 220
    affine = np.eye(4)
    affine[:3, 3] = -20
    return volio.Nifti1Image(voxels, affine)


def above_and_below():
    """A line along y 5 mm above the origin."""
    along = np.linspace(-15, 15, 40)
    return volio.Tractogram(np.stack([0 * along, along, 0 * along + 5], 1))


def test_planes_of_an_image_are_where_it_is():
    affine = np.array([[0, -2, 0, 30], [1.5, 0, 0, -20], [0, 0, -3, 25], [0, 0, 0, 1]])
    weights = np.array([2, 5, 7])
    indices = np.moveaxis(np.indices((20, 16, 12)), 0, -1)
    img = volio.Nifti1Image((indices @ weights).astype(np.uint8), affine)
    planes = planes_for_tracts(above_and_below(), img, (4, -2, 7))
    assert [plane.name for plane in planes] == ["sagittal", "coronal", "axial"]
    for axis, plane in enumerate(planes):
        rows, columns = plane.picture.shape[:2]
        row, column = np.mgrid[20 : rows - 20 : 7, 20 : columns - 20 : 7]
        share = np.stack([(row + 0.5) / rows, (column + 0.5) / columns], -1)
        places = plane.corner + share @ np.stack([plane.down, plane.across])
        assert np.ptp(places[..., axis]) < 1e-3
        assert abs(places[0, 0, axis] - (4, -2, 7)[axis]) <= 1.5
        expected = apply_affine(np.linalg.inv(affine), places) @ weights
        grey = plane.picture[row, column, 0].astype(float)
        slope, inter = np.polyfit(expected.ravel(), grey.ravel(), 1)
        assert slope > 0
        np.testing.assert_allclose(grey, slope * expected + inter, atol=2)
    scene = scene_of(above_and_below().to_html(image=img))
    assert [(each["name"], each["parts"]) for each in scene["planes"]] == [
        ("sagittal", 1),
        ("coronal", 1),
        ("axial", 1),
    ]
    assert scene_of(above_and_below().to_html())["planes"] == []
    with pytest.raises(UsageError, match="cut_coords: is the place of an image's planes"):
        above_and_below().to_html(cut_coords=(0, 0, 0))
    with pytest.raises(UsageError, match="outside of the image"):
        above_and_below().to_html(image=img, cut_coords=(0, 0, 500))


@pytest.mark.parametrize("kind", ["webgl", "canvas"])
def test_planes_are_seen_among_the_lines(show, browser, tmp_path, kind):
    script = None
    if kind == "canvas":
        source = {"source": NO_WEBGL}
        script = browser.call("Page.addScriptToEvaluateOnNewDocument", **source)["identifier"]
    try:
        show(above_and_below(), image=with_a_bright_cube(), cut_coords=(0, 0, 0), view="dorsal")
    finally:
        if script is not None:
            browser.call("Page.removeScriptToEvaluateOnNewDocument", identifier=script)
    assert browser.run("renderer.name") == kind

    def colour_at(*mm):
        """The colour where a point in space is seen."""
        column, row = browser.run(
            f"(() => {{ const {{ rotation: r, centre, scale }} = camera(), c = find('picture');"
            f" const p = [{mm[0]}, {mm[1]}, {mm[2]}].map((part, axis) => part - centre[axis]);"
            " return [c.width / 2 + scale * (r[0] * p[0] + r[1] * p[1] + r[2] * p[2]),"
            " c.height / 2 - scale * (r[3] * p[0] + r[4] * p[1] + r[5] * p[2])]; })()"
        )
        around = picture[int(row) - 1 : int(row) + 2, int(column) - 1 : int(column) + 2]
        return around.reshape(-1, 3).mean(axis=0)

    picture = picture_of(browser, tmp_path)
    bright = colour_at(12, -10, 0)
    dark = colour_at(-12, -10, 0)
    assert bright.min() > 150
    assert dark.max() < 60
    green = colour_at(0, 8, 5)
    assert green[1] > 2 * green[0]
    browser.run("find('plane-axial').click()")
    browser.settle()
    picture = picture_of(browser, tmp_path)
    assert colour_at(12, -10, 0).max() == 0
    browser.run("find('plane-axial').click(); find('view-ventral').click()")
    browser.settle()
    picture = picture_of(browser, tmp_path)
    assert colour_at(12, -10, 0).min() > 150
    hidden = colour_at(0, 8, 5)
    if kind == "webgl":  # which knows what is behind a plane
        assert hidden.max() < 60


def test_values_views_and_the_number_of_lines_change_the_picture(show, tmp_path):
    browser = show(fans(40), view="dorsal", cmap=["red", "blue"])
    first = picture_of(browser, tmp_path)
    assert browser.text("count") == "40 of 40"
    browser.run("find('map').value = 0; find('map').dispatchEvent(new Event('change'))")
    by_weight = picture_of(browser, tmp_path)
    assert np.abs(by_weight - first).max() > 100
    # Weights rise with the numbers of lines, which go from the left to the right at both ends.
    row = by_weight[: by_weight.shape[0] // 2]
    red, blue = row[..., 0] > row[..., 2] + 60, row[..., 2] > row[..., 0] + 60
    assert np.argwhere(red)[:, 1].mean() < np.argwhere(blue)[:, 1].mean()
    assert browser.run("find('colours').children.length") == 1
    browser.run("find('share').value = 0.25; find('share').dispatchEvent(new Event('input'))")
    browser.settle()
    assert browser.text("count") == "10 of 40"
    assert lit(picture_of(browser, tmp_path)).sum() < 0.6 * lit(first).sum()
    left, top, width, height = box(browser)
    scale = browser.run("camera().scale")
    browser.mouse("mouseWheel", left + width / 2, top + height / 2, deltaX=0, deltaY=-200)
    browser.settle()
    assert browser.run("camera().scale") == pytest.approx(scale * np.exp(0.4))


def test_groups_have_their_colours_and_names(show):
    tracts = fans(6)
    markup = "<b>bold"
    tracts.groups = {"first": np.array([0, 1]), markup: np.array([1, 2, 3])}
    browser = show(tracts, colour="group", view="dorsal")
    assert browser.run("find('map').selectedOptions[0].textContent") == "group"
    rows = browser.run("Array.from(find('colours').children, (row) => row.textContent)")
    assert rows == ["first", markup]
    colours = [browser.run(f"Array.from(colourOf(currentMap(), {n}))") for n in (1, 2)]
    expected = [np.rint(np.array(each[:3]) * 255) for each in group_colours(tracts).values()]
    np.testing.assert_array_equal(colours, expected)
    for line, name in ((0, "first"), (1, "first"), (3, markup), (5, "no group")):
        browser.run(f"state.at = {{ line: {line}, place: 0 }}; tell()")
        assert browser.text("value") == name
    browser.run("showMap(0)")  # values per line have a bar
    assert browser.run("find('colours').firstChild.tagName") == "CANVAS"


def test_groups_of_selected_lines_and_more_than_there_are_colours():
    tracts = fans(300)
    tracts.groups = {f"g{number}": np.array([number]) for number in range(300)}
    scene = scene_of(tracts.to_html(lines=50, colour="group"))
    (found,) = [each for each in scene["maps"] if each["name"] == "group"]
    assert scene["shown"] == len(scene["maps"]) - 1
    assert found["names"][:3] == ["no group", "g0", "g1"]
    assert len(found["names"]) == 301
    with pytest.raises(UsageError, match="there are none called 'group'"):
        fans(3).to_html(colour="group")


def test_names_are_no_markup(show):
    name = "<img src=x onerror=alert(1)>&\"'@SCENE@</script>"
    tracts = fans(4)
    tracts.per_line[name] = np.arange(4.0)
    browser = show(tracts, title=name, colour=name, black_bg=False)
    assert browser.run("document.title") == name
    assert browser.run("find('map').selectedOptions[0].textContent") == name
    assert browser.run("document.images.length + document.scripts.length") == 2
    assert browser.run("document.body.classList.contains('white')") is True


def test_a_scrollbar_takes_no_room_from_the_colours(browser, tmp_path):
    fans(40).to_html(tmp_path / "page.html", values=["fa"], colour="fa")
    browser.hide_scrollbars(False)
    try:
        open_page(browser, tmp_path / "page.html")
        window, page = browser.run("[innerWidth, document.documentElement.clientWidth]")
        assert page < window  # notes are below what is in sight, so there is a scrollbar
        assert browser.run("document.documentElement.scrollWidth") == page
        room, bar = browser.run("[find('colours').clientWidth, find('bar').offsetWidth]")
        assert room >= bar
    finally:
        browser.hide_scrollbars(True)
