"""Pictures of surfaces: values, labels, thresholds, both hemispheres in one sheet."""

from __future__ import annotations

import numpy as np
import pytest

import volio
from volio.display import plot_surface
from volio.display.colour.srgb import linear_to_srgb
from volio.display.surfaces.views import MARGIN
from volio.errors import ImageDataError, UsageError, UsageTypeError
from volio.images.labels import Label, Labels
from volio.surfaces.vertex_data import VertexArray
from volio.tests.surfaces.shapes import icosphere

BARE = {"colorbar": False, "annotate": False}
BLACK = (0, 0, 0)
RED, BLUE = (255, 0, 0, 255), (0, 0, 255, 255)


def ball(structure: str = "cortex_left", level: int = 4, radius: float = 10.0) -> volio.Surface:
    """A sphere whose values are its coordinates."""
    vertices, faces = icosphere(level, radius)
    data = dict(zip("xyz", vertices.T, strict=True))
    return volio.Surface(vertices, faces, data, structure=structure)


def with_labels(surface: volio.Surface) -> volio.Surface:
    """The surface with labels of its front and its back; those in the middle are of none."""
    y = surface.data["y"]
    keys = np.where(y > 2, 1, np.where(y < -2, 2, 0))
    table = Labels([Label(0, "???"), Label(1, "front", RED), Label(2, "back", BLUE)])
    surface.data.put(VertexArray("region", keys, table))
    return surface


def covered(picture: np.ndarray) -> np.ndarray:
    """Whether pixels show the surface, which is nowhere black."""
    return (picture[..., :3] != 0).any(axis=-1)


def test_a_ball_coloured_by_x_is_symmetric_and_a_disk():
    picture = ball().plot("x", views="anterior", size=121, shading="none", cmap="gray", **BARE)
    assert picture.dtype == np.uint8
    assert picture.shape == (121, 121, 4)
    gray = picture[..., 0].astype(float)
    np.testing.assert_allclose(gray, gray[::-1], atol=1)  # upside down
    row, column = np.indices((121, 121)) - 60
    radius = np.hypot(row, column) / (60.5 - MARGIN)
    inside = radius < 0.95
    # x runs from right to left, as the subject is seen from the front: gray is a plane.
    expected = 127.5 * (1 - column / (60.5 - MARGIN))
    np.testing.assert_allclose(gray[inside], expected[inside], atol=3)
    np.testing.assert_allclose(gray[inside] + gray[:, ::-1][inside], 255, atol=3)
    assert (gray[radius > 1.02] == 0).all()


def test_lateral_of_the_left_hemisphere_shows_the_vertex_of_least_x():
    for structure, view, end in (
        ("cortex_left", "lateral", "argmin"),
        ("cortex_left", "medial", "argmax"),
        ("cortex_right", "lateral", "argmax"),
        ("cortex_right", "medial", "argmin"),
    ):
        surface = ball(structure)
        marked = np.zeros(surface.n_vertices)
        marked[getattr(np, end)(surface.data["x"])] = 1
        options = {"views": view, "size": 81, "cmap": ["black", "white"], "shading": "none"}
        picture = surface.plot(marked, **options, **BARE)
        assert picture[35:46, 35:46, 0].max() > 200


def test_values_are_interpolated_before_they_are_coloured():
    corners = [[0, 0, 0], [0, 0, 10], [0, 10, 0]]
    surface = volio.Surface(corners, [[0, 1, 2]], {"v": [0.0, 0.0, 1.0]}, structure="cortex_left")
    steps = ["red", "lime", "blue"]  # a mixture of red and blue has no green
    picture = surface.plot("v", views="left", size=84, cmap=steps, shading="none", **BARE)
    row = picture[covered(picture).any(axis=1)][-2]
    colours = row[covered(row)]
    assert np.ptp(colours[:, 1]) > 240
    half = colours[np.abs(colours[:, 1].astype(int) - 255) < 8]
    assert len(half)
    assert (half[:, [0, 2]].astype(int).sum(axis=1) < 20).all()


def test_labels_are_never_mixed():
    picture = with_labels(ball()).plot("region", size=91, shading="none", background=None, **BARE)
    colours = {tuple(colour) for colour in picture[..., :3].reshape(-1, 3).tolist()}
    plain = (184, 184, 184)  # of the key that has no colour
    assert colours == {BLACK, plain, RED[:3], BLUE[:3]}


def test_outlines_of_labels_are_lines_between_them():
    surface = with_labels(ball())
    options = {"views": "lateral", "size": 300, "shading": "none", "background": None, **BARE}
    areas = surface.plot("region", **options)
    lines = surface.plot("region", outline=True, **options)
    is_red = (areas[..., 0] == 255) & (areas[..., 2] == 0)
    red_line = (lines[..., 0] == 255) & (lines[..., 2] == 0)
    is_other = covered(areas) & ~is_red
    beside_other = np.zeros_like(is_other)
    for shift, axis in ((1, 0), (-1, 0), (1, 1), (-1, 1)):
        beside_other |= np.roll(is_other, shift, axis)
    np.testing.assert_array_equal(red_line, is_red & beside_other)
    assert 100 < red_line.sum() < 1000
    over_values = surface.plot("x", labels="region", outline=True, cmap="gray", **options)
    np.testing.assert_array_equal(over_values[red_line][:, :3], lines[red_line][:, :3])
    assert not (over_values[150, 150, :3] == lines[150, 150, :3]).all()


def test_nan_and_what_a_threshold_hides_show_the_background():
    surface = ball()
    values = surface.data["z"].copy()
    options = {"views": "lateral", "size": 101, "shading": "none", "background": None, **BARE}
    hidden = surface.plot(values, threshold=3, cmap="autumn", **options)
    plain = (hidden[..., :3] == 184).all(axis=-1)
    rows = np.flatnonzero(plain[:, 50])
    height = 10 * (50.5 - rows) / (50.5 - MARGIN)
    assert np.abs(height).max() < 3.2
    assert len(rows) == pytest.approx(6 / 20 * 97, abs=2)
    values[values > 5] = np.nan
    missing = surface.plot(values, cmap="autumn", **options)
    plain = (missing[..., :3] == 184).all(axis=-1)
    rows = np.flatnonzero(plain[:, 50])
    assert rows.max() == pytest.approx(50.5 - 48.5 / 2, abs=2)


def test_a_threshold_changes_no_colour():
    surface = ball()
    options = {"vmin": -10, "vmax": 10, "cmap": "coolwarm", "size": 81, **BARE}
    whole = surface.plot("z", **options)
    cut = surface.plot("z", threshold=(-2, 4), **options)
    high = slice(5, 20)
    np.testing.assert_array_equal(cut[high], whole[high])
    assert (cut[38:43] != whole[38:43]).any()


def test_light_comes_from_the_viewer_and_leaves_what_faces_it():
    surface = ball()
    options = {"views": "lateral", "cmap": ["red", "red"], "size": 101, **BARE}
    lit = surface.plot("x", **options)
    assert lit[50, 50, 0] >= 254
    row = lit[50, 50:, 0].astype(int)
    assert (np.diff(row[: np.flatnonzero(row)[-1]]) <= 0).all()
    cosine = np.cos(np.arcsin(40 / (50.5 - MARGIN)))
    assert row[40] == pytest.approx(255 * linear_to_srgb(0.25 + 0.75 * cosine), abs=3)
    flat = surface.plot("x", shading="flat", **options)
    assert len(np.unique(flat[..., 0])) < len(np.unique(lit[..., 0]))
    unlit = surface.plot("x", shading="none", **options)
    assert set(np.unique(unlit[..., 0])) == {0, 255}


def test_both_hemispheres_are_mirrored_in_one_sheet():
    left, right = ball("cortex_left"), ball("cortex_right")
    picture = plot_surface(left, right, values="y", size=61, cmap="gray", shading="none", **BARE)
    assert picture.shape == (2 * 61 + 2, 2 * 61 + 2, 4)
    lateral_left, lateral_right = picture[:61, :61], picture[:61, 63:]
    np.testing.assert_allclose(lateral_left[..., 0], lateral_right[:, ::-1, 0], atol=2)
    assert lateral_left[30, 10, 0] > 200  # the front of the left hemisphere is on the left
    np.testing.assert_array_equal(picture[63:, :61], lateral_right)


def test_joined_hemispheres_are_seen_from_the_left_and_the_right():
    left, right = ball("cortex_left"), ball("cortex_right")
    both = left.join(right)
    seen = both.plot("y", size=61, **BARE)
    expected = both.plot("y", views=("left", "right"), size=61, **BARE)
    np.testing.assert_array_equal(seen, expected)
    of_one = both.plot("y", hemi="left", size=61, **BARE)
    np.testing.assert_array_equal(of_one, left.plot("y", size=61, **BARE))


def test_hemispheres_have_common_limits_and_one_bar():
    left, right = ball("cortex_left"), ball("cortex_right")
    values = (np.zeros(left.n_vertices), np.full(right.n_vertices, 8.0))
    options = {"views": "lateral", "size": 61, "cmap": "gray", "shading": "none"}
    picture = plot_surface(left, right, values=values, annotate=False, background=None, **options)
    assert picture[30, 30, 0] == 0
    assert picture[30, 63 + 30, 0] == 255
    assert picture.shape[1] > 2 * 61 + 2 + 14
    only = plot_surface(right=right, values=values, annotate=False, colorbar=False, **options)
    assert only.shape[1] == 61


def test_values_come_from_names_files_surfaces_and_arrays(tmp_path):
    surface = ball(level=2)
    thickness = volio.Surface(data={"thickness": surface.data["y"].astype(np.float32)})
    volio.save(thickness, tmp_path / "lh.thickness")
    options = {"size": 41, **BARE}
    expected = surface.plot("y", **options)
    loaded = volio.load(tmp_path / "lh.thickness")
    two = np.stack([surface.data["x"], surface.data["y"]], axis=1)
    ways = [tmp_path / "lh.thickness", str(tmp_path / "lh.thickness"), loaded, thickness]
    ways += [surface.data["y"].tolist(), surface.data.array("y")]
    for given in ways:
        np.testing.assert_array_equal(surface.plot(given, **options), expected)
    np.testing.assert_array_equal(surface.plot(two, map=1, **options), expected)
    np.testing.assert_array_equal(surface.plot(surface, map=1, **options), expected)
    del surface.data["x"]
    np.testing.assert_array_equal(surface.plot(**options), expected)


def test_values_of_a_whole_surface_do_for_a_patch():
    whole = ball(level=2)
    numbers = np.arange(100, 162)
    faces = whole.faces[np.isin(whole.faces, numbers).all(axis=1)] - 100
    patch = volio.Surface(whole.vertices[numbers], faces, indices=numbers, structure="cortex_left")
    options = {"size": 41, **BARE}
    of_whole = patch.plot(whole.data["x"], **options)
    np.testing.assert_array_equal(of_whole, patch.plot(whole.data["x"][numbers], **options))
    assert covered(of_whole).sum() > 10


def test_surfaces_without_values_have_their_own_colours_or_gray():
    vertices, faces = icosphere(2)
    colors = np.broadcast_to(np.array(RED, np.uint8), (len(vertices), 4))
    options = {"views": "front", "size": 41, "shading": "none", **BARE}
    assert volio.Surface(vertices, faces, colors=colors).plot(**options)[20, 20, 0] == 255
    gray = volio.Surface(vertices, faces).plot(**options)
    assert gray[20, 20].tolist() == [184, 184, 184, 255]


def test_a_background_is_gray_and_darker_where_it_is_larger():
    surface = ball(level=3)
    surface.data["sulc"] = surface.data["z"]
    options = {"views": "lateral", "size": 61, "shading": "none", **BARE}
    values = np.full(surface.n_vertices, np.nan)
    picture = surface.plot(values, **options).astype(int)
    assert np.diff(picture[[10, 30, 50], 30, 0]).min() > 20  # the head is at the top
    np.testing.assert_array_equal(picture[..., 0], picture[..., 2])
    del surface.data["sulc"]
    given = surface.plot(values, background="z", **options)
    np.testing.assert_array_equal(given, picture)
    half = surface.plot("x", alpha=0.5, background="z", cmap=["red", "red"], **options)
    np.testing.assert_allclose(half[30, 30, :3], picture[30, 30, :3] / 2 + [127.5, 0, 0], atol=1)
    ramp = np.where(surface.data["z"] > 0, 1.0, 0.0)
    each = surface.plot("x", alpha=ramp, background=None, cmap=["red", "red"], **options)
    assert each[10, 30].tolist() == [255, 0, 0, 255]
    assert each[50, 30].tolist() == [184, 184, 184, 255]


def test_whole_numbers_are_shown_by_a_table_or_as_labels():
    surface = ball(level=3)
    keys = np.where(surface.data["y"] > 0, 5, 9)
    table = Labels([Label(5, "a", RED), Label(9, "b", BLUE)])
    options = {"views": "lateral", "size": 61, "shading": "none", **BARE}
    by_table = surface.plot(keys, labels=table, **options)
    assert {RED, BLUE} == set(map(tuple, by_table[30, [10, 50]].tolist()))
    by_map = surface.plot(keys, cmap="gray", **options)
    assert set(np.unique(by_map[20:40, 20:40, 0])) == {0, 255}  # nothing in between
    no_colours = surface.plot(keys, labels=Labels([Label(5, "a"), Label(9, "b")]), **options)
    assert len(np.unique(no_colours[30, 10:50], axis=0)) == 2


def test_the_medial_wall_and_the_unknown_show_the_background():
    surface = ball(level=3)
    black = (0, 0, 0, 255)
    options = {"views": "lateral", "size": 61, "shading": "none", "background": None, **BARE}
    for name in ("FreeSurfer_Defined_Medial_Wall", "unknown", "???", "Unknown", " "):
        keys = VertexArray("parts", np.full(surface.n_vertices, 4), Labels([Label(4, name, black)]))
        assert surface.plot(keys, **options)[30, 30, :3].tolist() == [184] * 3, name
    for name in ("12", "medial orbitofrontal", "unknown nucleus 3"):
        keys = VertexArray("parts", np.full(surface.n_vertices, 4), Labels([Label(4, name, RED)]))
        assert surface.plot(keys, **options)[30, 30].tolist() == list(RED), name


def test_views_are_next_to_each_other_at_one_scale(tmp_path):
    surface = volio.Surface(*icosphere(2), structure="cortex_left")
    surface.vertices = surface.vertices * [1, 2, 1]
    options = {"colorbar": False, "annotate": False, "size": 101}
    picture = surface.plot(views=("lateral", "anterior"), **options)
    assert picture.shape[1] == pytest.approx(101 + 2 + 52, abs=2)
    six = surface.plot(views=("lateral", "medial", "dorsal", "ventral", "front", "back"), **options)
    assert six.shape[0] > 2 * 101
    named = tmp_path / "surface.png"
    plain = surface.plot(**options)
    surface.plot(output_file=named, title="a ball", **options)
    from PIL import Image

    with Image.open(named) as image:
        assert image.size == (plain.shape[1], plain.shape[0] + round(8 * 1.8))


def test_pictures_are_shown_in_axes():
    from matplotlib.figure import Figure

    axes = Figure().add_subplot()
    picture = ball(level=1).plot("x", size=31, axes=axes)
    np.testing.assert_array_equal(axes.images[0].get_array(), picture)
    assert not axes.axison


def test_a_white_background_and_letters():
    options = {"views": "lateral", "size": 101, "colorbar": False}
    white = ball(level=2).plot("x", black_bg=False, **options)
    black = ball(level=2).plot("x", **options)
    assert white[0, -1].tolist() == [255] * 4
    assert black[0, -1].tolist() == [0, 0, 0, 255]
    bare = ball(level=2).plot("x", annotate=False, **options)
    assert (bare != black)[-20:, :80].any()


def test_a_narrow_picture_is_made_as_wide_as_its_name():
    surface = ball(level=2)
    surface.vertices = surface.vertices * [0.1, 0.1, 1]
    options = {"views": "posterior", "size": 121, "colorbar": False, "cmap": ["red", "red"]}
    bare = surface.plot("x", annotate=False, **options)
    named = surface.plot("x", **options)
    assert named.shape[1] > bare.shape[1] + 20
    white = np.flatnonzero((named == 255).all(axis=(2)).any(axis=0))
    assert (white.min(), white.max()) >= (3, 60)
    assert white.max() < named.shape[1] - 2
    is_red = (named[..., 0] > 100) & (named[..., 1] == 0)
    assert np.flatnonzero(is_red.any(axis=0)).mean() == pytest.approx(named.shape[1] / 2, abs=1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"values": "thickness"}, "neither an array of the surface nor a file is called"),
        ({"values": Ellipsis}, "a name, a file or numbers of shape"),
        ({"values": "x", "map": 1}, "map: values has 1, numbered from 0; got 1"),
        ({"values": "x", "map": -1}, "map: values has 1, numbered from 0; got -1"),
        ({"background": "curv"}, "background: neither an array"),
        ({"labels": "x"}, "labels: x has no table of labels"),
        ({"threshold": -1}, "threshold: must be 0 or more"),
        ({"alpha": 2}, "alpha: must be from 0 to 1, got 2"),
        ({"cmap": "no such"}, "cmap: colormap: there is no"),
        ({"vmin": 5, "vmax": 2}, "vmin and vmax: must be two finite numbers that rise"),
        ({"shading": "gouraud"}, "shading: must be one of none, flat, smooth"),
        ({"size": 3}, "size: must be from 5"),
        ({"views": "up"}, "views: must be of lateral"),
        ({"hemi": "both"}, "hemi: must be 'left' or 'right'"),
        ({"outline": "yes"}, "outline"),
    ],
    ids=str,
)
def test_options_that_do_not_fit_are_refused(options, message):
    with pytest.raises(UsageError, match=message):
        ball(level=2).plot(**{"size": 41, **options})


def test_what_cannot_be_drawn_is_refused(tmp_path):
    values = volio.Surface(data={"thickness": np.arange(3.0)})
    with pytest.raises(UsageError, match="has values, but no vertices"):
        values.plot(hemi="left")
    with pytest.raises(ImageDataError, match="values has 3 values, the surface has 162 vertices"):
        ball(level=2).plot([1, 2, 3])
    points = volio.Surface([[0, 0, 0]], structure="cortex_left")
    with pytest.raises(UsageError, match="has vertices, but no faces"):
        points.plot()
    with pytest.raises(UsageError, match="left, right: at least one surface is needed"):
        plot_surface()
    with pytest.raises(UsageError, match="plot_surface takes surfaces"):
        plot_surface(volio.Nifti1Image(np.zeros((2, 2, 2), np.uint8), np.eye(4)))
    with pytest.raises(UsageTypeError, match="sise: there is no such option"):
        ball(level=1).plot(sise=4)
    volio.save(volio.Nifti1Image(np.zeros((2, 2, 2), np.uint8), np.eye(4)), tmp_path / "a.nii")
    with pytest.raises(UsageError, match="a file of values per vertex is needed"):
        ball(level=1).plot(tmp_path / "a.nii")
    with pytest.raises(UsageError, match="has no values"):
        ball(level=1).plot(points)
