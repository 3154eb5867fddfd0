"""Pictures of tracts: where lines are, their colours, and the planes below them."""

from __future__ import annotations

import numpy as np
import pytest

import volio
from volio.display import plot_ortho, plot_tracts
from volio.display.tracts.segment_colours import group_colours
from volio.errors import UsageError, UsageTypeError
from volio.tests.real_files import shared_path

BARE = {"annotate": False, "colorbar": False}
#: A line along each axis of the world, through its own corner of a cube.
ALONG_X = [[-20, -20, -20], [20, -20, -20]]
ALONG_Y = [[-20, -20, 20], [-20, 20, 20]]
ALONG_Z = [[20, 20, -20], [20, 20, 20]]


def tracts(**further) -> volio.Tractogram:
    return volio.Tractogram.from_lines([ALONG_X, ALONG_Y, ALONG_Z], **further)


def head() -> volio.Nifti1Image:
    voxels = np.random.default_rng(0).integers(1, 200, (30, 30, 30)).astype(np.uint8)
    affine = np.diag([2.0, 2, 2, 1])
    affine[:3, 3] = -29
    return volio.Nifti1Image(voxels, affine)


def places(picture: np.ndarray, colour) -> tuple[float, float, float, float]:
    """First and last row and column with a colour, as shares of the picture."""
    rows, columns = np.nonzero((picture[..., :3] == colour).all(axis=-1))
    height, width = picture.shape[:2]
    ends = rows.min() / height, rows.max() / height, columns.min() / width, columns.max() / width
    return tuple(float(end) for end in ends)


RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def test_directions_are_red_green_and_blue_at_their_places():
    # Axial: the front is up, the right on the right.
    axial = tracts().plot(views="z", size=131, **BARE)
    assert places(axial, RED) == pytest.approx((0.98, 0.99, 0.02, 0.98), abs=0.03)
    assert places(axial, GREEN) == pytest.approx((0.02, 0.98, 0.02, 0.02), abs=0.03)
    assert places(axial, BLUE) == pytest.approx((0.02, 0.02, 0.98, 0.98), abs=0.03)
    # Coronal: the head is up, the right on the right.
    coronal = tracts().plot(views="y", size=131, **BARE)
    assert places(coronal, RED) == pytest.approx((0.98, 0.98, 0.02, 0.98), abs=0.03)
    assert places(coronal, BLUE) == pytest.approx((0.02, 0.98, 0.98, 0.98), abs=0.03)
    # Sagittal: the front is on the right.
    sagittal = tracts().plot(views="x", size=131, **BARE)
    assert places(sagittal, GREEN) == pytest.approx((0.02, 0.02, 0.02, 0.98), abs=0.03)
    mirrored = tracts().plot(views="z", size=131, radiological=True, **BARE)
    assert places(mirrored, BLUE) == pytest.approx((0.02, 0.02, 0.02, 0.02), abs=0.03)


def test_an_oblique_direction_has_its_share_of_each_colour():
    one = volio.Tractogram.from_lines([[[0, 0, 0], [30, -40, 0]]])
    picture = one.plot(views="z", size=81, **BARE)
    seen = picture[picture[..., :3].any(axis=-1)]
    brightest = seen[seen[:, 1].argmax()]
    np.testing.assert_allclose(brightest[:3], [0.6 * 255, 0.8 * 255, 0], atol=1)


def test_lines_lie_over_the_planes_of_an_image():
    img = head()
    picture = tracts().plot(img, size=120, linewidth=3, **BARE)
    below = plot_ortho(img, (0, 0, 0), size=120, draw_cross=False, annotate=False)
    assert picture.shape == below.shape
    is_line = (picture != below).any(axis=-1)
    assert 0.01 < is_line.mean() < 0.2
    axial = picture[:, -120:]
    # 40 of 60 mm, in the middle.
    assert places(axial, GREEN) == pytest.approx((10 / 60, 50 / 60, 10 / 60, 10 / 60), abs=0.03)
    moved = tracts().plot(img, cut_coords=(4, 0, 0), views="x", size=120, **BARE)
    expected = plot_ortho(
        img, (4, 0, 0), display_mode="x", size=120, draw_cross=False, annotate=False
    )
    same = (moved == expected).all(axis=-1)
    assert 0.9 < same.mean() < 1


def test_an_oblique_image_is_met_at_the_same_place():
    turn = np.deg2rad(30)
    affine = np.eye(4)
    affine[:2, :2] = [[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]
    affine[:3, 3] = affine[:3, :3] @ [-20, -20, -20]
    voxels = np.zeros((41, 41, 41), np.uint8)
    voxels[20, 5:36, 20] = 1  # a bar through the middle, along the second voxel axis
    along = affine[:3, :3] @ [0, 1, 0]
    one = volio.Tractogram.from_lines([[-15.0 * along, 15.0 * along]])
    img = volio.Nifti1Image(voxels, affine)
    picture = one.plot(img, views="z", size=205, colour="red", linewidth=1, **BARE)
    rows, columns = np.nonzero((picture[..., :3] == RED).all(axis=-1))
    assert np.ptp(columns) == 0
    assert columns[0] == 102
    assert (rows.min(), rows.max()) == pytest.approx((102 - 75, 102 + 75), abs=1)


def test_values_per_point_and_per_line_have_colours_and_a_bar():
    values = [[0.0, 1.0], [0.0, 1.0], [0.5, 0.5]]
    given = tracts(per_point={"fa": values}, per_line={"w": [1, 2, 3]})
    options = {"views": "y", "size": 131, "cmap": "gray", "annotate": False}
    by_line = given.plot(colour="w", colorbar=False, **options)
    assert by_line[129, 65].tolist() == [0, 0, 0, 255]  # along x: the lowest
    assert by_line[65, 129, 0] == 255
    bar = given.plot(colour="w", **options)
    assert bar.shape[1] > by_line.shape[1] + 14
    limited = given.plot(colour="w", vmin=0, vmax=6, colorbar=False, **options)
    assert int(limited[65, 129, 0]) == pytest.approx(127.5, abs=1)
    by_point = given.plot(colour="fa", colorbar=False, **options)
    # A segment has the mean of its two points.
    assert int(by_point[65, 129, 0]) == pytest.approx(127.5, abs=1)
    assert int(by_point[129, 65, 0]) == pytest.approx(127.5, abs=1)


def test_colours_that_are_stored_are_shown():
    rgb = np.array([[255, 0, 255], [0, 255, 255], [255, 255, 0]], np.uint8)
    given = tracts(per_line={"rgb": rgb, "share": rgb / np.float32(255)})
    options = {"views": "y", "size": 131, **BARE}
    picture = given.plot(colour="rgb", **options)
    assert picture[65, 129, :3].tolist() == [255, 255, 0]
    np.testing.assert_array_equal(given.plot(colour="share", **options), picture)


def test_groups_have_colours_of_their_own():
    given = tracts(groups={"a": [0, 1], "b": [1]})
    picture = given.plot(colour="group", views="z", size=131, **BARE)
    along_x, along_y = picture[129, 65, :3], picture[65, 1, :3]
    np.testing.assert_array_equal(along_x, along_y)  # the first group that a line is in
    assert along_x.max() > 150
    assert picture[1, 129].tolist() == [128, 128, 128, 255]
    with pytest.raises(UsageError, match="colour: the tracts have no groups"):
        tracts().plot(colour="group")


def test_groups_are_named_in_their_colours():
    given = tracts(groups={"a": [0, 1], "b": [2]})
    options = {"colour": "group", "views": "z", "size": 131, "colorbar": True}
    named = given.plot(**options)
    bare = given.plot(**{**options, "colorbar": False})
    rows, columns = np.nonzero((named != bare).any(axis=2))
    assert rows.max() < 40
    assert columns.max() < 30
    written = named[rows, columns, :3].astype(int)
    for colour in group_colours(given).values():
        # Letters are thin: few of their pixels are theirs alone.
        assert np.abs(written - np.array(colour[:3]) * 255).max(axis=1).min() < 25
    many = tracts(groups={f"g{number}": [0] for number in range(60)})
    few = many.plot(**options)
    changed = np.nonzero((few != many.plot(**{**options, "colorbar": False})).any(axis=2))[0]
    assert 60 < changed.max() < 131


def test_one_colour_alpha_and_width():
    options = {"views": "y", "size": 131, **BARE}
    lime = tracts().plot(colour="lime", **options)
    assert lime[65, 129].tolist() == [0, 255, 0, 255]
    half = tracts().plot(colour=(0, 1, 0), alpha=0.5, **options)
    assert half[65, 129].tolist() == [0, 128, 0, 255]
    wide = tracts().plot(colour="lime", linewidth=5, **options)
    assert (wide[65] != lime[65]).any(axis=-1).sum() >= 2
    white = tracts().plot(colour="black", black_bg=False, **options)
    assert white[65, 65].tolist() == [255] * 4
    assert white[65, 129].tolist() == [0, 0, 0, 255]


def test_of_many_lines_some_are_drawn_and_it_is_said():
    random = np.random.default_rng(0)
    lines = random.uniform(-20, 20, (300, 4, 3))
    many = volio.Tractogram.from_lines(lines)
    some = many.plot(lines=20, views="z", size=150, **BARE)
    expected = many.subsample(20).plot(views="z", size=150, **BARE)
    np.testing.assert_array_equal(some, expected)
    noted = many.plot(lines=20, views="z", size=150, colorbar=False)
    plain = many.subsample(20).plot(views="z", size=150, colorbar=False)
    assert (noted != plain)[-20:, :110].any()
    assert (noted == plain)[:120].all()


def test_points_without_a_position_break_lines():
    line = np.array([[0, 0, 0], [10, 0, 0], [np.nan, 0, 0], [30, 0, 0], [40, 0, 0]], float)
    picture = volio.Tractogram.from_lines([line]).plot(views="y", size=131, **BARE)
    columns = np.flatnonzero((picture[..., 0] > 100).any(axis=0)) / picture.shape[1]
    assert not ((columns > 0.3) & (columns < 0.7)).any()
    assert columns.min() < 0.05
    assert columns.max() > 0.95


def test_a_file_is_saved_with_title(tmp_path):
    from PIL import Image

    path = tmp_path / "a.tck"
    volio.save(tracts(), path)
    picture = plot_tracts(path, title="three", size=60, output_file=tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as image:
        np.testing.assert_array_equal(np.asarray(image), picture)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"views": "xw"}, "views: must be made of x, y and z"),
        ({"colour": "fa"}, "colour: must be 'direction', 'group', values .'w'. or a colour"),
        ({"colour": 3}, "colour: must be"),
        ({"colour": "wide"}, "colour: wide has 2 values each"),
        ({"lines": 0}, "lines: must be from 1"),
        ({"alpha": 2}, "alpha: must be from 0 to 1"),
        ({"linewidth": "thick"}, "linewidth: must be a number"),
        ({"cut_coords": (500, 0, 0)}, "cut_coords: .* outside of the image"),
    ],
    ids=str,
)
def test_options_that_do_not_fit_are_refused(options, message):
    values = {"w": [1, 2, 3], "wide": np.ones((3, 2))}
    if options.get("colour") == "fa":
        del values["wide"]
    with pytest.raises(UsageError, match=message):
        tracts(per_line=values).plot(**options)


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(UsageError, match="tracts: a picture needs lines of two points or more"):
        volio.Tractogram.from_lines([[[0, 0, 0]], [[1, 1, 1]]]).plot()
    with pytest.raises(UsageError, match="plot_tracts takes"):
        plot_tracts(head())
    with pytest.raises(UsageTypeError, match="colours: there is no such option"):
        tracts().plot(colours="red")


@pytest.mark.requires("real files")
def test_a_real_bundle_lies_in_the_right_hemisphere():
    bundle = volio.load(shared_path("tracts/tract.SLF1_R.tck"))
    img = volio.load(shared_path("volumes/chris_t1.nii.gz"))
    picture = bundle.plot(img, views="z", colour="lime", size=200, **BARE)
    rows, columns = np.nonzero((picture[..., :3] == (0, 255, 0)).all(axis=-1))
    plane = img.affine
    # Columns run from the left to the right of the subject.
    middle = (columns.mean() + 0.5) / picture.shape[1] * img.shape[0] * abs(plane[0, 0])
    ends = sorted((plane[0, 3], plane[0, 3] + plane[0, 0] * (img.shape[0] - 1)))
    assert ends[0] + middle == pytest.approx(bundle.bounds()[:, 0].mean(), abs=4)
    assert len(rows) > 100


def test_lines_far_beyond_any_head_are_drawn():
    far = volio.Tractogram(np.array([[0, 0, 0], [1, 2, 3], [1e100, 1e100, 0]]), [3])
    assert far.plot(size=32, views="xyz").shape[2] == 4
