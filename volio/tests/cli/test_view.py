"""``volio view``: pictures, movies and pages, with and without a display."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import matplotlib
import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.backends import backend_agg
from matplotlib.image import imread
from PIL import Image

import volio
from volio.cli import main_view
from volio.cli.pictures import VOLUMES
from volio.display import RENDERINGS
from volio.tests.surfaces.shapes import icosphere

#: A sphere in scanner space.
SURFACE = Path(__file__).parents[1] / "samples" / "gifti" / "mesh.gii"


@pytest.fixture(autouse=True)
def ball(folder):
    """A ball of 8 of 12 voxels, its image, a mask and a map with both signs."""
    places = np.indices((12, 12, 12)) - 5.5
    ball = np.where((places**2).sum(axis=0) < 16, 100, 0).astype(np.int16)
    affine = np.diag([2.0, 2, 2, 1])
    affine[:3, 3] = -11
    volio.save(volio.Nifti1Image(ball, affine), "ball.nii")
    volio.save(volio.Nifti1Image((ball > 0).astype(np.uint8), affine), "mask.nii")
    signs = np.where(places[0] > 0, 3, -4).astype(np.float32) * (ball > 0)
    volio.save(volio.Nifti1Image(signs, affine), "signs.nii")


def picture(name):
    return np.rint(imread(name)[..., :3] * 255).astype(int)


def frames(name):
    with Image.open(name) as movie:
        found = []
        for number in range(movie.n_frames):
            movie.seek(number)
            alike = movie.info["duration"] // 200  # pictures that are the same become one
            found += [np.asarray(movie.convert("RGB")).astype(int)] * alike
        return found


def test_modes_are_those_of_the_display():
    assert VOLUMES == RENDERINGS


def test_planes_through_a_point(run):
    assert run("view", "ball.nii", "--png", "a.png", "--size", "120", "--bare") == (0, [], [])
    found = picture("a.png")
    assert found.shape == (120, 3 * 120 + 4, 3)
    assert found[60, 60].tolist() == [255, 255, 255]
    assert found[5, 5].tolist() == [0, 0, 0]
    run("view", "ball.nii", "--png", "b.png", "--size", "120", "--bare", "--at", "-11,0,0")
    assert picture("b.png")[:, :120].max() == 0  # the sagittal plane is beside the ball
    assert picture("b.png")[:, 120:].max() == 255


def test_cuts_of_a_mosaic_are_where_they_are_said_to_be(run):
    words = ("--mode", "mosaic", "--size", "60", "--bare", "--at", "-11,0,11", "--axis", "z")
    assert run("view", "ball.nii", "--png", "a.png", *words).code == 0
    found = picture("a.png")
    lit = [found[:60, 62 * n : 62 * n + 60].max() for n in range(3)]
    assert sorted(lit) == [0, 0, 255]
    assert run("view", "ball.nii", "--png", "b.png", *words[:-4], "--cuts", "6").code == 0
    assert picture("b.png").shape[0] * picture("b.png").shape[1] >= 6 * 60 * 60


@pytest.mark.parametrize("mode", VOLUMES)
def test_volumes_from_an_angle(run, mode):
    words = ("--mode", mode, "--angle", "40,20", "--size", "50")
    assert run("view", "ball.nii", "--png", "a.png", *words) == (0, [], [])
    found = picture("a.png")
    assert found.shape == (50, 50, 3)
    assert found[0].max() == 0
    assert (found[25, 25].min() > 60) == (mode != "minip")


def test_overlays_have_colours_thresholds_and_contours(run):
    words = ("--size", "120", "--bare", "--planes", "z", "--png")
    run("view", "ball.nii", "signs.nii", *words, "both.png", "--radiological")
    found = picture("both.png")
    blue, red = found[60, 75], found[60, 45]
    assert blue[2] > blue[0] + 50  # radiological: the subject's right, above 0, is on the left
    assert red[0] > red[2] + 50
    run("view", "ball.nii", "signs.nii", *words, "high.png", "--threshold", "3.5")
    assert picture("high.png")[60, 75].tolist() == [255, 255, 255]
    words = (*words[:-1], "--overlay-cmap", "lime", "--png")
    run("view", "ball.nii", "mask.nii", *words, "half.png", "--alpha", "0.5")
    assert picture("half.png")[60, 60] == pytest.approx([128, 255, 128], abs=1)
    run("view", "ball.nii", "mask.nii", *words, "lines.png", "--contours")
    found = picture("lines.png")
    assert found[60, 60].tolist() == [255, 255, 255]
    green = (found[..., 1] > 200) & (found[..., 0] < 100)
    assert 100 < green.sum() < 1500
    assert green[60].any()


def test_each_overlay_has_its_own_look(run):
    words = ("--size", "60", "--bare", "--planes", "z", "--png", "a.png")
    look = ("--overlay-cmap", "red", "--overlay-cmap", "blue", "--alpha", "1", "--alpha", "0.5")
    assert run("view", "ball.nii", "mask.nii", "mask.nii", *words, *look).code == 0
    assert picture("a.png")[30, 30] == pytest.approx([128, 0, 128], abs=1)
    ran = run("view", "ball.nii", "mask.nii", *look, "-f", *words)
    assert ran.code == 2
    assert "--overlay-cmap is given 2 times, for 1 overlays" in ran.err[0]
    ran = run("view", "ball.nii", "--contours", "-f", *words)
    assert ran.code == 2
    assert "--contours is for overlays, and there are none" in ran.err[0]


def sphere(name, radius=6.0, space="scanner", centre=(0, 0, 0)):
    vertices, faces = icosphere(2, radius)
    places = np.add(vertices, centre).astype(np.float32)
    volio.save(volio.Surface(places, faces, space=space), name)


def test_of_surfaces_the_outlines_are_drawn(run):
    sphere("small.surf.gii", 4)
    sphere("large.surf.gii", 10)
    words = ("--size", "120", "--bare", "--planes", "z", "--png")
    surfaces = ("small.surf.gii", "large.surf.gii")
    assert run("view", "ball.nii", *surfaces, *words, "lines.png") == (0, [], [])
    found = picture("lines.png")
    red = (found[..., 0] > 200) & (found[..., 1] < 100)
    cyan = (found[..., 0] < 100) & (found[..., 1] > 200)
    for is_line, radius in ((red, 4), (cyan, 10)):  # 24 mm are 120 pixels
        distances = np.hypot(*(np.argwhere(is_line) - 59.5).T) / 5
        # The plane is 1 mm above the centre.
        assert distances == pytest.approx(np.sqrt(radius**2 - 1), abs=0.5)
        assert len(distances) > 60
    look = ("--overlay-cmap", "lime", "--alpha", "0.5")
    assert run("view", "ball.nii", surfaces[1], *look, *words, "one.png").code == 0
    found = picture("one.png")[60, 104:116]
    assert 100 < found[..., 1].max() < 160  # lime, half of it
    assert found[..., 0].max() == 0
    lines = ("--contours", "--space", "scanner")
    assert run("view", "ball.nii", "mask.nii", *surfaces, *lines, *words, "all.png").code == 0
    assert run("view", "ball.nii", *surfaces, "--html", "page.html").code == 0
    assert "small.surf.gii" in Path("page.html").read_text()
    assert run("view", "ball.nii", surfaces[0], "--gif", "a.gif", "--size", "30").code == 0


def test_surfaces_say_where_they_are_or_the_command_line_does(run):
    sphere("unknown.surf.gii", space="unknown")
    sphere("mni.surf.gii", space="mni")
    words = ("--size", "60", "--bare", "--png")
    ran = run("view", "ball.nii", "unknown.surf.gii", *words, "a.png")
    assert ran.code == 2
    assert "unknown.surf.gii: space: the vertices are in the space 'unknown'" in ran.err[0]
    both = ("unknown.surf.gii", "mni.surf.gii")
    assert run("view", "ball.nii", *both, "--space", "mni", *words, "b.png") == (0, [], [])
    assert run("view", "ball.nii", "mni.surf.gii", "--space", "scanner", *words, "c.png").code == 2
    assert not Path("a.png").exists()
    sphere("far.surf.gii", centre=(0, 0, 500))
    ran = run("view", "ball.nii", "far.surf.gii", *words, "d.png")
    assert "far.surf.gii: is nowhere on the image: along z at 494 to 506 mm" in ran.err[0]


def test_an_overlay_that_is_not_on_the_image_is_told(run):
    far = volio.load("mask.nii")
    affine = far.affine.copy()
    affine[2, 3] += 900
    volio.save(volio.Nifti1Image(np.asarray(far.dataobj), affine), "far.nii")
    ran = run("view", "ball.nii", "mask.nii", "far.nii", "--size", "40", "--png", "far.png")
    assert ran.code == 0
    assert len(ran.err) == 1
    assert "far.nii: is nowhere on the image: along z at" in ran.err[0]


def test_movies_turn_go_through_time_and_through_slices(run):
    shared = ("--size", "40", "--seconds", "0.2", "--bare")
    turn = ("--mode", "mip", "--gif", "turn.gif", "--frames", "5")
    assert run("view", "ball.nii", *turn, *shared).code == 0
    found = frames("turn.gif")
    assert len(found) == 5
    assert all(one[20, 20].min() > 100 for one in found)
    assert run("view", "bold.nii", "--gif", "time.gif", *shared).code == 0
    found = frames("time.gif")
    assert len(found) == 6
    means = [one.mean() for one in found]
    assert means == sorted(means)
    assert means[0] < means[-1]
    assert run("view", "ball.nii", "--gif", "slices.gif", *shared).code == 0
    areas = [int((one[..., 0] > 128).sum()) for one in frames("slices.gif")]
    assert len(areas) == 12
    assert areas[0] == areas[-1] == 0
    assert max(areas) == areas[6]


def test_a_page_and_a_picture_at_once(run):
    ran = run(
        "view", "ball.nii", "signs.nii", "--html", "a.html", "--png", "a.png", "--title", "<x>"
    )
    assert ran == (0, [], [])
    assert "<title>&lt;x&gt;</title>" in Path("a.html").read_text("utf-8")
    assert picture("a.png").max() == 255


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        (("ball.nii", "--png", "ball.nii"), "is a file to read"),
        (("ball.nii", "--png", "mask.nii"), "exists already; --force"),
        (("missing.nii", "--png", "a.png"), "missing.nii"),
        (("ball.nii", "missing.nii", "--png", "a.png"), "missing.nii"),
        (("ball.nii", "--at", "1,2", "--png", "a.png"), "three numbers"),
        (("ball.nii", "--at", "1,2,300", "--png", "a.png"), "outside of the image"),
        (("ball.nii", "--volume", "3", "--png", "a.png"), "volume: must be from 0 to 0"),
        (("ball.nii", "--limits", "5,1", "--png", "a.png"), "--limits takes two numbers"),
        (("ball.nii", "--angle", "1,2,3", "--png", "a.png"), "--angle takes one number or two"),
        (("ball.nii", "mask.nii", "--alpha", "2", "--png", "a.png"), "alpha"),
        (("ball.nii", "--cmap", "nomap", "--png", "a.png"), "nomap"),
        (("ball.nii", "--gif", "turn.mp4"), "movies are GIF files"),
        (("ball.nii", "--html", "page.png"), "ends in .html"),
        (("ball.nii", "--png", "a.mp4"), "no picture has the ending 'mp4'; there are"),
        (("ball.nii", "--iso", "5", "--png", "a.png"), "--iso is for --mode iso, not ortho"),
        (("ball.nii", "--mode", "mip", "--at", "1,2,3", "--gif", "a.gif"), "--at is for --mode"),
        (("ball.nii", "--mode", "mip", "--title", "x", "--png", "a.png"), "--title is for --mode"),
        (("ball.nii", "--cuts", "3", "--png", "a.png"), "--cuts is for --mode mosaic"),
        (("ball.nii", "--mode", "iso", "--html", "a.html"), "--mode is for a picture or a movie"),
        (("ball.nii", "--frames", "3", "--png", "a.png"), "--frames is for a movie"),
        (
            ("ball.nii", "mask.nii", "--contours", "--alpha", "1", "--png", "a.png"),
            "--alpha is for",
        ),
        (("ball.nii", "--mode", "mip", "mask.nii", "--contours", "--png", "a.png"), "for sections"),
        (("ball.nii", "mask.nii", "--space", "mni", "--png", "a.png"), "--space is for surfaces"),
        (
            ("ball.nii", str(SURFACE), "--threshold", "2", "--png", "a.png"),
            "--threshold is for images",
        ),
        (
            ("ball.nii", str(SURFACE), "--contours", "2", "--png", "a.png"),
            "--contours takes levels of images",
        ),
    ],
)
def test_what_cannot_be_done_is_one_line(run, words, wrong):
    before = sorted(Path().iterdir())
    ran = run("view", *words)
    assert (ran.code, ran.out, len(ran.err)) == (2, [], 1)
    assert wrong in ran.err[0]
    assert sorted(Path().iterdir()) == before


def test_a_series_over_a_volume_has_all_its_volumes(run):
    series = np.zeros((12, 12, 12, 3), np.float32)
    for number in range(3):
        series[number * 4 : number * 4 + 4, 4:8, 4:8, number] = 9
    volio.save(volio.Nifti1Image(series, volio.load("ball.nii").affine), "series.nii")
    words = ("view", "ball.nii", "series.nii", "--size", "40", "--bare")
    for number in range(3):
        name = f"{number}.png"
        assert run(*words, "--volume", str(number), "--png", name).code == 0
    assert not np.array_equal(picture("0.png"), picture("2.png"))
    assert run(*words, "--gif", "time.gif", "--seconds", "0.2").code == 0
    assert len(frames("time.gif")) == 3
    assert run(*words[:3], "--volume", "2", "--html", "page.html").code == 0
    assert run(*words, "--volume", "2", "--mode", "mip", "--png", "mip.png").code == 0
    assert "volume: must be from 0 to 2" in run(*words, "--volume", "3", "--png", "a.png").err[0]


@pytest.mark.parametrize("title", ["first\nsecond", "bell\x07", "long " * 80, ""])
def test_titles_of_any_letters(run, title):
    words = ("--title", title, "--png", "a.png", "--html", "a.html")
    assert run("view", "ball.nii", *words) == (0, [], [])


@pytest.mark.parametrize("backend", ["module://matplotlib_inline.backend_inline", "nowhere"])
def test_a_backend_that_is_not_installed_is_no_error(backend):
    """Kernels of notebooks set this variable for every process that they start."""
    script = (
        "import sys; sys.modules['matplotlib_inline'] = None\n"
        "import volio\nfrom volio.cli import main\n"
        "code = main(['view', 'ball.nii', '--colorbar', '--png', 'a.png', '--gif', 'a.gif'])\n"
        "assert '<img' in volio.load('ball.nii')._repr_html_()\n"
        "code += main(['view', 'ball.nii', '--cmap', 'viridis', '--png', 'a.jpg'])\n"
        "sys.exit(code)"
    )
    environment = {**os.environ, "MPLBACKEND": backend}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert Path("a.gif").exists()


def test_overlays_may_come_after_options(run):
    assert run("view", "ball.nii", "--png", "a.png", "mask.nii", "--bare", "signs.nii").code == 0
    assert run("view").err == [
        "volio view: the following arguments are required: FILE; see volio view --help"
    ]


def test_neither_display_nor_output_is_said(run):
    ran = run("view", "ball.nii")
    assert (ran.code, len(ran.err)) == (2, 1)
    assert "there is no display" in ran.err[0]
    assert "--png" in ran.err[0]


@pytest.fixture
def window(monkeypatch):
    """A backend of matplotlib with windows, which nobody sees; what was shown is listed."""
    shown = []

    class Manager(backend_agg.FigureCanvasAgg.manager_class):
        @classmethod
        def pyplot_show(cls, *, block=None):
            shown.extend(pyplot.figure(number) for number in pyplot.get_fignums())

    class Canvas(backend_agg.FigureCanvasAgg):
        manager_class = Manager

    module = ModuleType("volio_test_window")
    module.FigureCanvas = Canvas
    monkeypatch.setitem(sys.modules, "volio_test_window", module)
    pyplot.close("all")
    before = matplotlib.get_backend()
    pyplot.switch_backend("module://volio_test_window")
    yield shown
    pyplot.close("all")
    pyplot.switch_backend(before)


def test_with_a_display_a_window_opens(window, folder, capsys):
    words = ["bold.nii", "mask.nii", "ball.nii", "--volume", "2", "--title", "all of it"]
    assert main_view(words) == 0
    told = capsys.readouterr().err.splitlines()
    assert [line.split(":")[2].strip() for line in told] == ["mask.nii", "ball.nii"]
    assert all("is nowhere on the image" in line for line in told)
    [figure] = window
    assert len(figure.axes) >= 4
    assert main_view(["ball.nii", "mask.nii", "--contours"]) == 0


@pytest.mark.parametrize(
    ("shape", "cuts"), [((12, 14, 10), 10), ((12, 14, 3), 3), ((4, 4, 40), 15)]
)
def test_a_mosaic_has_as_many_cuts_as_there_are_slices(run, shape, cuts):
    voxels = np.random.default_rng(0).integers(0, 200, shape).astype(np.int16)
    volio.save(volio.Nifti1Image(voxels, np.eye(4)), "small.nii")
    words = ("view", "small.nii", "--mode", "mosaic", "--size", "14", "--bare", "--force")
    assert run(*words, "--png", "default.png").code == 0
    assert run(*words, "--cuts", str(cuts), "--png", "asked.png").code == 0
    assert Path("default.png").read_bytes() == Path("asked.png").read_bytes()
    ran = run(*words, "--cuts", str(shape[2] + 1), "--png", "more.png")
    assert (ran.code, len(ran.err)) == (2, 1)


@pytest.mark.parametrize(
    ("affine", "plane"),
    [(np.eye(4), "z"), (np.eye(4)[[0, 2, 1, 3]], "y"), (np.eye(4)[[2, 0, 1, 3]], "x")],
    ids=["axial", "coronal", "sagittal"],
)
@pytest.mark.parametrize("shape", [(16, 12), (16, 12, 1)])
def test_a_single_slice_is_shown_in_its_plane(run, affine, plane, shape):
    voxels = np.random.default_rng(0).integers(0, 200, shape).astype(np.int16)
    volio.save(volio.Nifti1Image(voxels, affine), "slice.nii")
    words = ("view", "slice.nii", "--size", "32", "--force")
    assert run(*words, "--png", "default.png").code == 0
    assert run(*words, "--planes", plane, "--png", "asked.png").code == 0
    assert Path("default.png").read_bytes() == Path("asked.png").read_bytes()
    assert run(*words, "--mode", "mosaic", "--png", "mosaic.png").code == 0
    assert run(*words, "--mode", "mosaic", "--axis", plane, "--png", "axis.png").code == 0
    assert Path("mosaic.png").read_bytes() == Path("axis.png").read_bytes()


def test_planes_are_overlays_and_pages_too(run):
    voxels = np.random.default_rng(0).integers(0, 200, (16, 12)).astype(np.int16)
    volio.save(volio.Nifti1Image(voxels, np.eye(4)), "plane.nii")
    assert run("view", "plane.nii", "plane.nii", "--png", "a.png", "--size", "20").code == 0
    assert run("view", "plane.nii", "--html", "a.html").code == 0
