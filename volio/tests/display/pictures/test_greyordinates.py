"""Pictures of CIFTI-2: maps on surfaces, their medial wall, and only the row that is shown."""

from __future__ import annotations

import numpy as np
import pytest

import volio
from volio.display.pictures.greyordinates import plot_greyordinates
from volio.errors import ImageDataError, ImageFileError, UsageError
from volio.formats.cifti2 import BrainModelAxis, LabelAxis, ParcelsAxis, ScalarAxis, SeriesAxis
from volio.tests.arrays.arrays import Counting
from volio.tests.real_files import shared_path
from volio.tests.surfaces.shapes import icosphere

PLAIN = [184, 184, 184]
LOOK = {"size": 61, "shading": "none", "colorbar": False, "annotate": False, "cmap": "gray"}
VERTICES, FACES = icosphere(2, 10.0)
COUNT = len(VERTICES)
#: Vertices in front have no values, as a medial wall.
KNOWN = np.flatnonzero(VERTICES[:, 1] < 4)


def mesh(structure: str) -> volio.Surface:
    return volio.Surface(VERTICES, FACES, structure=structure)


def models() -> BrainModelAxis:
    left = BrainModelAxis.from_surface(KNOWN, COUNT, "cortex_left")
    return left + BrainModelAxis.from_surface(np.arange(COUNT), COUNT, "cortex_right")


def maps() -> volio.Cifti2Image:
    z = np.concatenate([VERTICES[KNOWN, 2], VERTICES[:, 2]])
    return volio.Cifti2Image(np.stack([z, -z]), (ScalarAxis(["up", "down"]), models()))


PAIR = (mesh("cortex_left"), mesh("cortex_right"))


def test_a_map_is_shown_on_both_hemispheres():
    picture = maps().plot(PAIR, title=None, **LOOK)
    left = np.full(COUNT, np.nan)
    left[KNOWN] = VERTICES[KNOWN, 2]
    expected = volio.display.plot_surface(*PAIR, values=(left, VERTICES[:, 2]), **LOOK)
    np.testing.assert_array_equal(picture, expected)
    lateral = picture[:61, :61]
    assert lateral[30, 6, :3].tolist() == PLAIN  # the front of the left one has no values
    assert lateral[10, 40, 0] > lateral[50, 40, 0]
    down = maps().plot(PAIR, "down", title=None, **LOOK)
    assert down[10, 40, 0] < down[50, 40, 0]
    np.testing.assert_array_equal(maps().plot(PAIR, map=1, title=None, **LOOK), down)


def test_the_title_is_the_name_of_the_map():
    titled = maps().plot(PAIR, **LOOK)
    plain = maps().plot(PAIR, title=None, **LOOK)
    assert titled.shape[0] > plain.shape[0]
    np.testing.assert_array_equal(titled[-plain.shape[0] :], plain)
    np.testing.assert_array_equal(maps().plot(PAIR, title="up", **LOOK), titled)


def test_one_hemisphere_may_be_enough():
    one = maps().plot(PAIR[1], views="medial", title=None, **LOOK)
    assert one.shape[:2] == (61, 61)
    pair = maps().plot((None, PAIR[1]), views="medial", title=None, **LOOK)
    np.testing.assert_array_equal(pair, one)


def test_labels_have_the_colours_of_their_table():
    keys = np.concatenate([np.where(VERTICES[KNOWN, 2] > 0, 1, 0), np.full(COUNT, 1)])
    table = {0: ("???", (0, 0, 0, 0)), 1: ("top", (1, 0, 0, 1))}
    img = volio.Cifti2Image(
        keys[np.newaxis].astype(np.float32), (LabelAxis(["a"], table), models())
    )
    look = {name: value for name, value in LOOK.items() if name != "cmap"}
    picture = img.plot(PAIR, title=None, **look)
    assert picture[10, 40].tolist() == [255, 0, 0, 255]
    assert picture[50, 40, :3].tolist() == PLAIN


def test_points_of_a_series_and_parcels_are_maps_too():
    z = np.concatenate([VERTICES[KNOWN, 2], VERTICES[:, 2]])
    series = volio.Cifti2Image(np.stack([z, -z]), (SeriesAxis(0, 1, 2), models()))
    np.testing.assert_array_equal(
        series.plot(PAIR, map=1, **LOOK), maps().plot(PAIR, "down", title=None, **LOOK)
    )
    parcels = ParcelsAxis.from_brain_models([("all", models())])
    img = volio.Cifti2Image(np.array([[7.0]]), (ScalarAxis(["a"]), parcels))
    picture = img.plot(PAIR, vmin=0, vmax=7, title=None, **LOOK)
    assert picture[30, 40].tolist() == [255] * 4
    assert picture[30, 6, :3].tolist() == PLAIN


def test_only_the_row_that_is_shown_is_read():
    data = Counting(np.asarray(maps().dataobj))
    img = volio.Cifti2Image(data, maps().axes)
    img.plot(PAIR, map=1, **LOOK)
    assert {tuple(box[0]) for box in data.boxes} == {(1, 2)}
    assert data.asked == len(KNOWN) + COUNT


@pytest.mark.parametrize(
    ("surfaces", "options", "message"),
    [
        (PAIR[::-1], {}, "is of cortex_right, not of cortex_left"),
        ((None, None), {}, "surfaces: at least one is needed"),
        (PAIR[:1], {}, "surfaces: a left and a right one, got 1"),
        (PAIR, {"map": "sideways"}, "sideways"),
        (PAIR, {"map": 2}, "2"),
        (mesh("cerebellum"), {}, "cerebellum: the matrix has no such surface"),
    ],
    ids=["swapped", "none", "one of a pair", "no such name", "no such number", "another structure"],
)
def test_what_does_not_fit_is_refused(surfaces, options, message):
    with pytest.raises((UsageError, IndexError), match=message):
        maps().plot(surfaces, **options, **LOOK)


def test_other_numbers_of_vertices_and_other_images_are_refused():
    small = volio.Surface(*icosphere(1), structure="cortex_left")
    with pytest.raises(ImageDataError, match="has 162 values, the surface has 42 vertices"):
        maps().plot((small, None), **LOOK)
    with pytest.raises(UsageError, match="plot_greyordinates takes"):
        plot_greyordinates(small, PAIR)
    with pytest.raises(ImageFileError, match=r"missing\.gii"):
        maps().plot(("missing.gii", None), **LOOK)
    only_right = maps().sel(structure="cortex_right")
    with pytest.raises(UsageError, match="cortex_left: the matrix has no such surface"):
        only_right.plot(PAIR, **LOOK)


@pytest.mark.requires("real files")
def test_a_real_map_shows_the_medial_wall_as_background():
    path = shared_path("cifti/Conte69.MyelinAndCorrThickness.32k_fs_LR.dscalar.nii")
    img = volio.load(path)
    left = volio.load(shared_path("surfaces/Conte69.L.inflated.32k_fs_LR.surf.gii"))
    look = {"size": 150, "shading": "none", "colorbar": False, "annotate": False}
    picture = img.plot(left, map="corrThickness", views="medial", title=None, **look)
    is_wall = (picture[..., :3] == 184).all(axis=-1)
    is_surface = picture[..., :3].any(axis=-1)
    # 2,068 of 32,492 vertices have no values, and they are in the middle of this side.
    assert 0.05 < is_wall.sum() / is_surface.sum() < 0.25
    rows, columns = np.nonzero(is_wall)
    assert 0.3 < columns.mean() / picture.shape[1] < 0.7
    assert rows.min() > 0.2 * picture.shape[0]
