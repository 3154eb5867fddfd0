"""Slices and slabs against plain indexing, scipy, matplotlib, and functions that are known."""

import io

import matplotlib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import pyplot
from scipy import ndimage

import volio
from volio.display.base.layer_protocol import PlainLayer, as_shown
from volio.display.sampling.kernels import CUSTOM, NAMES, NEAREST, matrix, taps
from volio.display.sampling.plane import sample_plane
from volio.display.sampling.view import View
from volio.errors import AffineError, ImageDataError, UsageError
from volio.testing import phantom

TURNED = np.array([[0, 0, -3.0, 20], [-2, 0, 0, 30], [0, 1.5, 0, -10], [0, 0, 0, 1]])
SHEARED = np.array([[-1.5, 0.3, 0, 4], [0.2, 1.1, 0.4, -7], [0, -0.3, 2, 1], [0, 0, 0, 1]])


class Counted:
    """An array that notes what is read, as a file would be."""

    def __init__(self, array):
        self.array, self.keys = array, []
        self.shape, self.dtype, self.ndim = array.shape, array.dtype, array.ndim

    def __getitem__(self, key):
        self.keys.append(key)
        return self.array[key]

    def voxels_read(self):
        return [int(np.prod(self.array[key].shape)) for key in self.keys]


def random(shape=(7, 8, 9)):
    return np.random.default_rng(1).normal(size=shape).astype(np.float32)


def layer(voxels, affine, **settings):
    return PlainLayer(voxels, affine, **{"contrast_limits": (0, 1), **settings})


def linear(shape, matrix):
    """Voxels that hold a linear function of the world, and the function."""
    slope = np.array([0.3, -0.2, 0.5])
    index = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), -1)
    return ((index @ matrix[:3, :3].T + matrix[:3, 3]) @ slope).astype(np.float32), slope


@pytest.mark.parametrize("interpolation", ["nearest", "linear", "lanczos"])
def test_a_plane_along_axes_is_plain_indexing_and_reads_one_slice(interpolation):
    voxels = random()
    for signs in ((1, 1), (-1, 1), (1, -1), (-1, -1)):
        counted = Counted(voxels)
        steps = TURNED[:3, 2] * signs[0], TURNED[:3, 0] * signs[1]
        first = (0 if signs[1] > 0 else 6, 5, 0 if signs[0] > 0 else 8)
        origin = TURNED[:3, :3] @ first + TURNED[:3, 3]
        found = sample_plane(layer(counted, TURNED), origin, *steps, (9, 7), interpolation)
        expected = voxels[:, 5, :].T[:: signs[0], :: signs[1]]
        np.testing.assert_allclose(found, expected, atol=1e-5)
        assert counted.voxels_read() == [63]


def test_planes_between_slices_read_two():
    counted = Counted(random())
    plane = TURNED[:3, :3] @ (0, 2.25, 0) + TURNED[:3, 3], TURNED[:3, 0], TURNED[:3, 2], (7, 9)
    found = sample_plane(layer(counted, TURNED), *plane)
    expected = 0.75 * counted.array[:, 2] + 0.25 * counted.array[:, 3]
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert counted.voxels_read() == [63, 63]
    counted.keys.clear()
    np.testing.assert_array_equal(
        sample_plane(layer(counted, TURNED), *plane, "nearest"), counted.array[:, 2]
    )
    assert counted.voxels_read() == [63]


def test_a_lazy_file_gives_one_slice(tmp_path):
    array, affine = phantom.head((20, 24, 16), frames=3)
    volio.save(volio.Nifti1Image(array, affine), tmp_path / "bold.nii.gz")
    img = volio.load(tmp_path / "bold.nii.gz")
    origin = affine[:3, :3] @ (0, 0, 7) + affine[:3, 3]
    found = sample_plane(img, origin, affine[:3, 0], affine[:3, 1], (20, 24))
    np.testing.assert_array_equal(found, array[:, :, 7, 0])


@pytest.mark.parametrize("affine", [TURNED, SHEARED])
def test_oblique_planes_agree_with_scipy(affine):
    voxels = random((14, 15, 16))
    origin, u, v = np.array([-2.0, -6, 8]), np.array([0.3, 0.5, 0.2]), np.array([-0.4, 0.1, 0.6])
    origin = affine[:3, :3] @ (3, 3, 3) + affine[:3, 3]
    found = sample_plane(layer(voxels, affine), origin, u, v, (20, 24))
    points = origin + np.arange(20)[:, None, None] * u + np.arange(24)[:, None] * v
    index = (points - affine[:3, 3]) @ np.linalg.inv(affine[:3, :3]).T
    expected = ndimage.map_coordinates(voxels, np.moveaxis(index, -1, 0), order=1, mode="nearest")
    inside = ((index >= -0.5) & (index <= np.array(voxels.shape) - 0.5)).all(-1)
    assert inside.sum() > 50
    np.testing.assert_allclose(found[inside], expected[inside], atol=1e-4)
    assert np.isnan(found[~inside]).all()
    nearest = sample_plane(layer(voxels, affine), origin, u, v, (20, 24), "nearest", outside=-1)
    sure = inside & (np.abs(index - np.floor(index) - 0.5) > 1e-6).all(-1)
    rounded = tuple(np.floor(index[sure] + 0.5).astype(int).T)
    np.testing.assert_array_equal(nearest[sure], voxels[rounded])
    assert (nearest[~inside] == -1).all()


def test_a_lazy_oblique_plane_is_read_in_parts(monkeypatch):
    monkeypatch.setattr("volio.display.sampling.points.SLAB", 400)
    voxels = random((20, 18, 16))
    counted = Counted(voxels)
    plane = (0, 0, 0), (0.7, 0.1, 0.6), (0.1, 0.9, 0.2), (24, 18)
    for name in ("nearest", "linear", "cubic"):
        lazy = sample_plane(layer(counted, np.eye(4)), *plane, name)
        held = sample_plane(layer(voxels, np.eye(4)), *plane, name)
        np.testing.assert_allclose(lazy, held, atol=1e-6)
    assert len(counted.keys) > 6
    assert max(counted.voxels_read()) <= voxels.size / 2
    assert sum(counted.voxels_read()) <= 6 * voxels.size  # of three readings


@pytest.mark.parametrize("affine", [TURNED, SHEARED])
@pytest.mark.parametrize("thickness", [0, 2.0, 5.0])
def test_the_average_of_a_slab_of_a_linear_function_is_that_of_its_plane(affine, thickness):
    voxels, slope = linear((16, 17, 18), affine)
    origin = affine[:3, :3] @ (7, 7, 8) + affine[:3, 3]
    u, v = np.array([0.5, 0.2, -0.1]), np.array([0.1, -0.4, 0.3])
    found = sample_plane(layer(voxels, affine), origin, u, v, (4, 5), thickness=thickness)
    points = origin + np.arange(4)[:, None, None] * u + np.arange(5)[:, None] * v
    np.testing.assert_allclose(found, points @ slope, atol=1e-3)


@pytest.mark.parametrize("reduce", ["average", "mip", "minip", "sum"])
@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_a_slab_of_whole_slices_is_reduced_as_numpy_does(reduce, count):
    voxels = random()
    middle = 3 + (count - 1) / 2
    origin = TURNED[:3, :3] @ (0, middle, 0) + TURNED[:3, 3]
    found = sample_plane(
        *(layer(voxels, TURNED), origin, TURNED[:3, 0], TURNED[:3, 2], (7, 9)),
        thickness=1.5 * count,
        reduce=reduce,
    )
    numpy = {"average": np.mean, "mip": np.max, "minip": np.min, "sum": np.sum}[reduce]
    np.testing.assert_allclose(found, numpy(voxels[:, 3 : 3 + count], axis=1), atol=1e-5)


@pytest.mark.parametrize("name", [n for n in NAMES if n != CUSTOM])
def test_kernels_sum_to_one_and_are_symmetric(name):
    places = np.linspace(3, 4, 9)
    found = taps(places, name)
    np.testing.assert_allclose(found.weights.sum(axis=0), 1, atol=1e-6)
    weights = matrix(places, 12, name)
    mirrored = matrix(11 - places, 12, name)[:, ::-1]
    kept = [0, 1, 2, 3, 5, 6, 7, 8] if name == NEAREST else range(9)
    np.testing.assert_allclose(weights[kept], mirrored[kept], atol=1e-6)


@pytest.mark.parametrize("name", [n for n in NAMES if n not in (CUSTOM, "bessel", "kaiser")])
def test_interpolations_are_those_of_matplotlib(name):
    voxels = np.random.default_rng(3).uniform(size=(1, 12, 12)).astype(np.float32)
    step, size = 12 / 96, 96
    origin = (0, -0.5 + step / 2, -0.5 + step / 2)
    found = sample_plane(
        layer(voxels, np.eye(4)), origin, (0, step, 0), (0, 0, step), (size, size), name
    )
    imshow = {"linear": "bilinear", "cubic": "bicubic"}.get(name, name)
    figure = pyplot.figure(figsize=(size / 50, size / 50), dpi=50)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.axis("off")
    with matplotlib.rc_context({"image.resample": True}):
        axes.imshow(voxels[0], "gray", interpolation=imshow, vmin=0, vmax=1, aspect="auto")
    picture = io.BytesIO()
    figure.savefig(picture, dpi=50)
    pyplot.close(figure)
    picture.seek(0)
    drawn = pyplot.imread(picture)[..., 0]
    inner = (slice(32, -32),) * 2  # matplotlib mirrors at the edge
    difference = np.abs(np.clip(found, 0, 1) - drawn)[inner]
    if name == "nearest":
        assert np.median(difference) < 0.01
    else:
        assert difference.mean() * 255 < 2
        assert difference.max() * 255 < 10


def test_a_custom_kernel_weighs_the_voxels_around():
    voxels = random()
    weights = np.array([[0, 1, 0], [1, 2, 3], [0, 1, 0]]) / 8
    plane = TURNED[:3, :3] @ (0, 4, 0) + TURNED[:3, 3], TURNED[:3, 0], TURNED[:3, 2], (7, 9)
    image = layer(voxels, TURNED)
    found = sample_plane(image, *plane, "custom", kernel=weights)
    expected = ndimage.correlate(voxels[:, 4], weights, mode="constant")
    np.testing.assert_allclose(found, expected, atol=1e-5)
    np.testing.assert_allclose(sample_plane(image, *plane, "custom"), voxels[:, 4], atol=1e-6)
    oblique = np.array([3.0, 4, 4]), (0.6, 0.8, 0), (0, 0, 1.0), (2, 2)
    plain = layer(voxels, np.eye(4))
    np.testing.assert_allclose(
        sample_plane(plain, *oblique, "custom"), sample_plane(plain, *oblique), atol=1e-6
    )


def test_nan_stays_where_it_is():
    voxels = random()
    voxels[3, 4, 5] = np.nan
    image = layer(voxels, np.eye(4))
    for name in ("nearest", "linear", "cubic"):
        found = sample_plane(image, (0, 4, 0), (1, 0, 0), (0, 0, 1), (7, 9), name)
        reach = 2 if name == "cubic" else 1
        assert np.isnan(found[3, 5])
        assert np.isnan(found).sum() == (9 if name == "cubic" else 1), reach
    tilted = sample_plane(image, (0, 4, 0), (1, 0.01, 0), (0, 0, 1), (7, 9))
    assert np.isnan(tilted[3, 5])
    assert np.isnan(tilted).sum() <= 1 + 2


def test_colours_are_sampled_channel_by_channel():
    voxels = np.random.default_rng(0).integers(0, 255, (5, 6, 7, 3)).astype(np.uint8)
    image = layer(voxels, np.eye(4), rgb=True)
    found = sample_plane(image, (0, 0, 3), (1, 0, 0), (0, 1, 0), (5, 6))
    np.testing.assert_allclose(found, voxels[:, :, 3] / 255, atol=1e-6)
    tilted = sample_plane(image, (0, 0.3, 3), (1, 0, 0.1), (0, 1, 0), (4, 5))
    assert tilted.shape == (4, 5, 3)
    np.testing.assert_allclose(
        tilted[0, 0], (0.7 * voxels[0, 0, 3] + 0.3 * voxels[0, 1, 3]) / 255.0, atol=1e-5
    )


@settings(max_examples=40, deadline=None)
@given(
    axes=st.permutations(range(3)),
    signs=st.tuples(*[st.sampled_from([1, -1])] * 3),
    number=st.integers(0, 4),
)
def test_turned_images_give_the_same_slices(axes, signs, number):
    img = volio.Nifti1Image(random((5, 6, 7)), SHEARED)
    turned = img.as_reoriented(np.array([axes, signs]).T)
    origin = SHEARED[:3, :3] @ (number, 0, 0) + SHEARED[:3, 3]
    plane = origin, SHEARED[:3, 1], SHEARED[:3, 2], (6, 7)
    np.testing.assert_allclose(sample_plane(turned, *plane), img.get_fdata()[number], atol=1e-5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"interpolation": "bilinear"}, "interpolation: must be one of bessel"),
        ({"reduce": "median"}, "reduce: must be one of average"),
        ({"thickness": -1}, "thickness: must be 0 mm or more, got -1"),
        ({"v": (2, 0, 0)}, "u and v: must span a plane"),
        ({"u": (np.nan, 0, 0)}, "three finite numbers"),
        ({"shape": (0, 5)}, "shape: must be two positive numbers"),
        ({"interpolation": "custom", "kernel": [1, 2]}, "kernel: a table of finite numbers"),
    ],
)
def test_bad_arguments_are_refused(change, message):
    plane = {"origin": (0, 0, 0), "u": (1, 0, 0), "v": (0, 1, 0), "shape": (4, 4)}
    with pytest.raises(UsageError, match=message):
        sample_plane(random(), **{**plane, **change})


def test_images_that_cannot_be_shown_are_refused():
    with pytest.raises(ImageDataError, match=r"three axes or more is needed, got shape \(3, 4\)"):
        as_shown(np.zeros((3, 4)))
    with pytest.raises(ImageDataError, match="complex"):
        as_shown(np.zeros((3, 4, 5), complex))
    flat = np.diag([1.0, 0, 1, 1])
    with pytest.raises(AffineError, match="no inverse"):
        sample_plane(layer(random(), flat), (0, 0, 0), (1, 0, 0), (0, 1, 0), (4, 4))


def test_views_by_name_show_the_sides_they_say():
    box = np.zeros((20, 30, 40), np.float32)
    for name, right, up in (
        ("front", (-1, 0, 0), (0, 0, 1)),
        ("back", (1, 0, 0), (0, 0, 1)),
        ("left", (0, -1, 0), (0, 0, 1)),
        ("right", (0, 1, 0), (0, 0, 1)),
        ("axial", (-1, 0, 0), (0, 1, 0)),
        ("top", (1, 0, 0), (0, 1, 0)),
    ):
        view = View.of(box, name, size=(50, 100))
        np.testing.assert_allclose(view.right, right, atol=1e-12)
        np.testing.assert_allclose(view.up, up, atol=1e-12)
        np.testing.assert_allclose(view.centre, (9.5, 14.5, 19.5))
        assert view.pixel[0] == pytest.approx(view.pixel[1])


def test_views_by_angle_go_round_the_subject():
    box = np.zeros((20, 30, 40), np.float32)
    for azimuth, name in ((0, "front"), (90, "left"), (180, "back"), (270, "right")):
        view, named = View.from_angles(box, azimuth), View.of(box, name)
        np.testing.assert_allclose(view.direction, named.direction, atol=1e-12)
        np.testing.assert_allclose(view.up, named.up, atol=1e-12)
        assert view.field_of_view == pytest.approx(named.field_of_view)
    above = View.from_angles(box, 0, 90)
    np.testing.assert_allclose(above.direction, (0, 0, -1), atol=1e-12)
    with pytest.raises(UsageError, match="elevation: must be between"):
        View.from_angles(box, 0, 91)


def test_the_plane_of_a_view_is_centred():
    view = View((1, 2, 3), (0, 1, 0), (0, 0.5, 1), (30, 60), (3, 6))
    origin, down, right = view.plane()
    np.testing.assert_allclose(origin + down + 2.5 * right, (1, 2, 3))
    np.testing.assert_allclose([down, right], [(0, 0, -10), (10, 0, 0)], atol=1e-12)
    for bad in ({"up": (0, 1, 0)}, {"size": (0, 4)}, {"field_of_view": -1}, {"centre": (0, 0)}):
        given = {"centre": (0, 0, 0), "direction": (0, 1, 0), "up": (0, 0, 1), "field_of_view": 10}
        with pytest.raises(UsageError, match=f"^{next(iter(bad))}: must"):
            View(**{**given, **bad})
