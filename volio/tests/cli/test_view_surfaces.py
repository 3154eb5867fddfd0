"""``volio view`` of surfaces: files of values and labels, both hemispheres, without a display."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import volio
from volio.images.labels import Label, Labels
from volio.surfaces.vertex_data import VertexArray
from volio.tests.display.page.pages import scene_of as scene_of_text
from volio.tests.surfaces.shapes import icosphere

RED, BLUE = (255, 0, 0, 255), (0, 0, 255, 255)
OPTIONS = ("--size", "61", "--bare", "--png")


@pytest.fixture(autouse=True)
def surfaces(folder):
    """Balls as lh.pial and rh.pial, with values and labels, and two maps in GIFTI."""
    points, faces = icosphere(2, 10.0)
    vertices = points.astype(np.float32)
    y = vertices[:, 1]
    table = Labels([Label(0, "unknown"), Label(1, "front", RED), Label(2, "back", BLUE)])
    keys = np.where(y > 0, 1, 2)
    for name in ("lh", "rh"):
        volio.save(volio.Surface(vertices, faces, space="tkras"), f"{name}.pial")
        sign = 1 if name == "lh" else 2
        volio.save(volio.Surface(data={"thickness": sign * y}), f"{name}.thickness")
        labels = volio.Surface()
        labels.data.put(VertexArray("aparc", keys, table))
        volio.save(labels, f"{name}.aparc.annot")
    maps = {"first": y, "second": -y}
    volio.save(volio.Surface(vertices, faces, maps), "ball.L.surf.gii")
    volio.save(volio.Surface(vertices + 40, faces), "ball.surf.gii")


def picture(name: str) -> np.ndarray:
    from PIL import Image

    with Image.open(name) as image:
        return np.asarray(image)


def test_values_of_a_file_are_shown(run):
    assert run("view", "lh.pial", "--data", "lh.thickness", *OPTIONS, "a.png") == (0, [], [])
    expected = volio.load("lh.pial").plot("lh.thickness", size=61, annotate=False, colorbar=False)
    np.testing.assert_array_equal(picture("a.png"), expected)
    assert run("view", "lh.pial", "lh.thickness", *OPTIONS, "b.png") == (0, [], [])
    np.testing.assert_array_equal(picture("b.png"), expected)
    assert run("view", "lh.pial", "--data", "lh.thickness", "--png", "c.png").code == 0
    assert picture("c.png").shape[1] > 2 * 500 + 14


def test_options_are_those_of_pictures(run):
    words = ("--views", "dorsal", "--cmap", "plasma", "--limits=-8,9", "--threshold", "-1,2")
    further = ("--alpha", "0.5", "--white", "--colorbar", "--title", "a ball", "--hemi", "right")
    further += ("--background", "first", "--volume", "1", "--angle", "30,10")
    assert run("view", "ball.L.surf.gii", *words, *further, *OPTIONS, "a.png") == (0, [], [])
    expected = volio.load("ball.L.surf.gii").plot(
        views=["dorsal", (30, 10)],
        cmap="plasma",
        vmin=-8,
        vmax=9,
        threshold=(-1, 2),
        alpha=0.5,
        black_bg=False,
        title="a ball",
        hemi="right",
        background="first",
        map=1,
        size=61,
        annotate=False,
    )
    np.testing.assert_array_equal(picture("a.png"), expected)


def test_labels_are_shown_alone_or_over_values(run):
    assert run("view", "lh.pial", "lh.aparc.annot", *OPTIONS, "a.png") == (0, [], [])
    alone = picture("a.png")
    assert alone[30, 10].tolist()[1:3] == [0, 0]  # red, in the light
    words = ("lh.pial", "lh.thickness", "lh.aparc.annot", "--outline")
    assert run("view", *words, *OPTIONS, "b.png") == (0, [], [])
    words = ("lh.pial", "--data", "lh.thickness", "--labels", "lh.aparc.annot", "--outline")
    assert run("view", *words, *OPTIONS, "c.png") == (0, [], [])
    np.testing.assert_array_equal(picture("b.png"), picture("c.png"))
    assert (picture("b.png") != alone).any()


def test_both_hemispheres_are_in_one_sheet(run):
    files = ("rh.pial", "lh.pial", "--data", "lh.thickness", "--data", "rh.thickness")
    assert run("view", *files, *OPTIONS, "a.png") == (0, [], [])
    expected = volio.display.plot_surface(
        "lh.pial",
        "rh.pial",
        values=("lh.thickness", "rh.thickness"),
        size=61,
        annotate=False,
        colorbar=False,
    )
    np.testing.assert_array_equal(picture("a.png"), expected)
    values = ("lh.pial", "rh.pial", "rh.thickness", "lh.thickness")
    assert run("view", *values, *OPTIONS, "b.png") == (0, [], [])
    np.testing.assert_array_equal(picture("b.png"), expected)
    Path("lh.thickness").rename("one.shape")
    Path("rh.thickness").rename("two.shape")
    in_order = ("lh.pial", "rh.pial", "--data", "one.shape", "--data", "two.shape")
    assert run("view", *in_order, *OPTIONS, "c.png") == (0, [], [])
    np.testing.assert_array_equal(picture("c.png"), expected)


def test_a_map_of_greyordinates_is_drawn_on_surfaces(run):
    vertices = np.arange(162)
    from volio.formats import cifti2

    left = cifti2.BrainModelAxis.from_surface(vertices, 162, "cortex_left")
    right = cifti2.BrainModelAxis.from_surface(vertices, 162, "cortex_right")
    values = np.random.default_rng(0).normal(size=(2, 324)).astype(np.float32)
    img = volio.Cifti2Image(values, (cifti2.ScalarAxis(["one", "two"]), left + right))
    volio.save(img, "maps.dscalar.nii")
    words = ("view", "maps.dscalar.nii", "rh.pial", "lh.pial", "--volume", "1", *OPTIONS)
    assert run(*words, "a.png") == (0, [], [])
    expected = img.plot(("lh.pial", "rh.pial"), "two", size=61, annotate=False, colorbar=False)
    np.testing.assert_array_equal(picture("a.png"), expected)
    words = ("view", "maps.dscalar.nii", "lh.pial", "--title", "mine", *OPTIONS)
    assert run(*words, "b.png") == (0, [], [])
    for further, wrong in (
        ((), "greyordinates are drawn on surfaces"),
        (("lh.pial", "--data", "x"), "--data is for surfaces, and not for greyordinates"),
        (("lh.pial", "--volume", "2"), "2"),
    ):
        ran = run("view", "maps.dscalar.nii", *further, *OPTIONS, "c.png")
        assert (ran.code, len(ran.err)) == (2, 1)
        assert wrong in ran.err[0]


def test_a_guessed_hemisphere_is_told(run):
    ran = run("view", "ball.surf.gii", *OPTIONS, "a.png")
    assert (ran.code, len(ran.err)) == (0, 1)
    assert "taken for the right one" in ran.err[0]
    assert run("view", "ball.surf.gii", "--hemi", "right", *OPTIONS, "b.png") == (0, [], [])
    np.testing.assert_array_equal(picture("a.png"), picture("b.png"))
    assert run("view", "ball.surf.gii", "--angle", "90", *OPTIONS, "c.png") == (0, [], [])


def test_a_picture_goes_to_standard_output(capfdbinary):
    from volio.cli import main

    assert main(["view", "lh.pial", "--size", "40", "--png", "-"]) == 0
    assert capfdbinary.readouterr().out.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        (("lh.pial", "--cuts", "3", "--png", "a.png"), "--cuts is for volumes"),
        (("lh.pial", "--mode", "mip", "--png", "a.png"), "--mode is for volumes"),
        (("lh.pial", "--gif", "a.gif"), "--gif is for volumes"),
        (("lh.pial", "--space", "mni", "--png", "a.png"), "--space is for volumes"),
        (("head.nii.gz", "--data", "x", "--png", "a.png"), "--data is for surfaces"),
        (("head.nii.gz", "--views", "dorsal", "--png", "a.png"), "--views is for surfaces"),
        (("lh.pial", "--data", "area", "--png", "a.png"), "is called 'area'"),
        (("lh.pial", "--data", "lh.pial", "--png", "a.png"), "has no values"),
        (("lh.pial", "--png", "lh.pial"), "is a file to read"),
        (
            ("lh.pial", "--data", "lh.thickness", "--force", "--png", "lh.thickness"),
            "is a file to read",
        ),
        (("lh.pial", "lh.pial", "--png", "a.png"), "these are left, left"),
        (("lh.pial", "rh.pial", "--hemi", "left", "--png", "a.png"), "--hemi is for one surface"),
        (("lh.pial", "rh.pial", "ball.surf.gii", "--png", "a.png"), "not of 3"),
        (
            ("lh.pial", "--data", "lh.thickness", "--data", "rh.thickness", "--png", "a.png"),
            "--data: there are 2 to show on 1 surface",
        ),
        (("lh.pial", "--threshold", "1", "--threshold", "2", "--png", "a.png"), "given once"),
        (("lh.pial", "--threshold", "1,2,3", "--png", "a.png"), "--threshold takes one number"),
        (("lh.pial", "--angle", "1,2,3", "--png", "a.png"), "--angle takes one number or two"),
        (("lh.pial", "--limits", "1,2,3", "--png", "a.png"), "--limits takes two numbers"),
        (("lh.pial", "--views", "up", "--png", "a.png"), "views: must be of lateral"),
        (("lh.pial", "head.nii.gz", "--png", "a.png"), "takes surfaces"),
        (("lh.thickness", "--png", "a.png"), "has values, but no vertices"),
    ],
)
def test_what_cannot_be_done_is_one_line(run, words, wrong):
    before = sorted(Path().iterdir())
    ran = run("view", *words)
    assert (ran.code, ran.out, len(ran.err)) == (2, [], 1)
    assert wrong in ran.err[0]
    assert sorted(Path().iterdir()) == before


def test_a_window_shows_the_picture(run, monkeypatch):
    from matplotlib import pyplot

    ran = run("view", "lh.pial")
    assert (ran.code, len(ran.err)) == (2, 1)
    assert "there is no display to open a window on" in ran.err[0]
    assert "--png saves what would be seen" in ran.err[0]
    shown = []
    before = set(pyplot.get_fignums())
    monkeypatch.setattr("volio.cli.console.windows.has_display", lambda: True)
    monkeypatch.setattr(pyplot, "show", lambda: shown.extend(pyplot.get_fignums()))
    assert run("view", "lh.pial", "--size", "61", "--bare") == (0, [], [])
    (number,) = set(shown) - before
    axes = pyplot.figure(number).axes[0]
    expected = volio.load("lh.pial").plot(size=61, annotate=False, colorbar=False)
    np.testing.assert_array_equal(axes.images[0].get_array(), expected)
    pyplot.close(number)


def scene_of(name):
    """What the script of a page shows."""
    return scene_of_text(Path(name).read_text(encoding="utf-8"))


def test_pages_have_all_that_is_given_as_maps(run):
    words = ("lh.pial", "lh.aparc.annot", "--data", "lh.thickness", "--threshold", "2")
    look = ("--views", "dorsal", "--cmap", "plasma", "--limits=-8,9", "--white", "--outline")
    assert run("view", *words, *look, "--title", "a ball", "--html", "a.html") == (0, [], [])
    scene = scene_of("a.html")
    assert [each["mode"] for each in scene["maps"]] == ["between", "labels"]
    assert scene["maps"][0]["limits"] == [-8, 9]
    assert scene["maps"][0]["hidden"] == [-2, 2]
    assert scene["start"] == scene["views"]["dorsal"]
    assert (scene["black"], scene["outline"], scene["shown"]) == (False, True, 0)
    assert "<title>a ball</title>" in Path("a.html").read_text(encoding="utf-8")
    names = ("--volume", "1", "--angle", "30,10", "--background", "first")
    assert run("view", "ball.L.surf.gii", *names, "--html", "b.html") == (0, [], [])
    scene = scene_of("b.html")
    assert [each["name"] for each in scene["maps"]] == ["first", "second"]
    assert scene["shown"] == 1
    both = ("--html", "c.html", "--png", "c.png", "--size", "61")
    assert run("view", "lh.pial", *both) == (0, [], [])
    assert picture("c.png").shape[1] > 61
    assert run("view", "ball.surf.gii", "--html", "d.html") == (0, [], [])


def test_pages_of_both_hemispheres_pair_their_files(run):
    files = ("rh.pial", "lh.pial", "rh.aparc.annot", "lh.aparc.annot")
    words = (*files, "--data", "lh.thickness", "--data", "rh.thickness", "--html", "a.html")
    assert run("view", *words) == (0, [], [])
    scene = scene_of("a.html")
    assert [each["side"] for each in scene["surfaces"]] == ["left", "right"]
    assert [each["mode"] for each in scene["maps"]] == ["between", "labels"]
    assert all(values is not None for each in scene["maps"] for values in each["values"])
    # The right hemisphere has twice the values of the left one, and one range is for both.
    assert scene["maps"][0]["limits"] == pytest.approx([-20, 20], abs=1)
    alone = ("lh.pial", "rh.pial", "--data", "rh.thickness", "--html", "b.html")
    assert run("view", *alone) == (0, [], [])
    [only] = scene_of("b.html")["maps"]
    assert [values is None for values in only["values"]] == [True, False]
    Path("lh.thickness").rename("one.shape")
    Path("rh.thickness").rename("two.shape")
    in_order = ("lh.pial", "rh.pial", "--data", "one.shape", "--data", "two.shape")
    assert run("view", *in_order, "--html", "c.html") == (0, [], [])
    [paired] = scene_of("c.html")["maps"]
    assert None not in paired["values"]
    named = ("ball.L.surf.gii", "rh.pial", "--data", "second", "--html", "d.html")
    assert run("view", *named) == (0, [], [])
    assert [each["name"] for each in scene_of("d.html")["maps"]] == ["second"]


def test_pages_refuse_what_only_pictures_have(run):
    for words in (("--size", "50"), ("--bare",), ("--colorbar",)):
        ran = run("view", "lh.pial", "--html", "a.html", *words)
        assert (ran.code, len(ran.err)) == (2, 1)
        assert f"{words[0]} is for a picture: give --png" in ran.err[0]
    ran = run("view", "lh.pial", "--html", "a.png")
    assert "ends in .html" in ran.err[0]
    assert not list(Path().glob("a.*"))


def test_a_page_of_greyordinates_has_their_maps(run):
    from volio.formats import cifti2

    sides = [cifti2.BrainModelAxis.from_surface(np.arange(1, 162), 162, f"cortex_{side}")
             for side in ("left", "right")]  # fmt: skip
    values = np.random.default_rng(0).normal(size=(2, 322)).astype(np.float32)
    axes = (cifti2.ScalarAxis(["one", "two"]), sides[0] + sides[1])
    img = volio.Cifti2Image(values, axes)
    volio.save(img, "maps.dscalar.nii")
    words = ("view", "maps.dscalar.nii", "rh.pial", "lh.pial", "--volume", "1", "--threshold", "1")
    assert run(*words, "--html", "a.html", "--png", "a.png", "--size", "61") == (0, [], [])
    scene = scene_of("a.html")
    assert [each["side"] for each in scene["surfaces"]] == ["left", "right"]
    assert [each["name"] for each in scene["maps"]] == ["one", "two"]
    assert (scene["shown"], scene["maps"][1]["hidden"]) == (1, [-1, 1])
    own = img.to_html(("lh.pial", "rh.pial"), map=1, threshold=1)
    assert scene["maps"] == scene_of_text(own)["maps"]
    # Of a series the point that is asked for, and one surface is enough.
    series = volio.Cifti2Image(values, (cifti2.SeriesAxis(0, 2, 2), axes[1]))
    volio.save(series, "rest.dtseries.nii")
    words = ("view", "rest.dtseries.nii", "lh.pial", "--volume", "1", "--html", "b.html")
    assert run(*words) == (0, [], [])
    [only] = scene_of("b.html")["maps"]
    assert only["values"] == scene_of_text(series.to_html("lh.pial", maps=[1]))["maps"][0]["values"]
    ran = run("view", "maps.dscalar.nii", "--html", "c.html")
    assert ran.code == 2
    assert "give the meshes of the left and the right hemisphere after FILE" in ran.err[0]
    ran = run("view", "maps.dscalar.nii", "lh.pial", "--volume", "2", "--html", "c.html")
    assert (ran.code, len(ran.err)) == (2, 1)
    assert not Path("c.html").exists()
