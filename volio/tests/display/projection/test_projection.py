"""Projections of volumes whose picture is known, and both qualities against each other."""

import itertools
from types import SimpleNamespace

import matplotlib
import numpy as np
import pytest

import volio
from volio.display.base.layer_protocol import PlainLayer
from volio.display.projection import MODES, project
from volio.display.projection.surface import Light
from volio.display.sampling.view import View
from volio.errors import UsageError
from volio.testing import phantom

BOX = np.array([[2.0, 0, 0, -10], [0, 2, 0, -12], [0, 0, 2, -14], [0, 0, 0, 1]])
SHEARED = np.array([[-1.5, 0.3, 0, 4], [0.2, 1.1, 0.4, -7], [0, -0.3, 2, 1], [0, 0, 0, 1]])


def layer(voxels, matrix=BOX, **settings):
    return PlainLayer(np.asarray(voxels), np.asarray(matrix, float), **settings)


def random(shape=(11, 13, 15), seed=0):
    return np.random.default_rng(seed).uniform(1, 9, shape).astype(np.float32)


def smooth(shape=(30, 32, 27)):
    """A few blobs, and nothing at the faces of the volume."""
    grid = np.stack(np.meshgrid(*[np.linspace(-1, 1, n) for n in shape], indexing="ij"), -1)
    total = np.zeros(shape, np.float32)
    for centre, width, height in (
        ((0, 0, 0), 0.3, 60),
        ((0.4, 0.3, -0.2), 0.15, 100),
        ((-0.3, -0.4, 0.3), 0.2, 80),
    ):
        total += height * np.exp(-(((grid - centre) / width) ** 2).sum(-1) / 2)
    return total


def one_to_one(image, name):
    """A view along an axis of `BOX` with a pixel for each voxel."""
    return View.of(image, name, size=_shape(image, name))


def _shape(image, name):
    across = {"front": (2, 0), "left": (2, 1), "bottom": (1, 0)}[name]
    return tuple(image.data.shape[axis] for axis in across)


@pytest.mark.parametrize("quality", ["fast", "exact"])
@pytest.mark.parametrize(
    ("mode", "reduce"), [("mip", np.max), ("minip", np.min), ("average", np.mean)]
)
@pytest.mark.parametrize(("name", "axis"), [("front", 1), ("left", 0), ("bottom", 2)])
def test_along_an_axis_the_projection_is_that_of_numpy(mode, reduce, name, axis, quality):
    image = layer(random(), interpolation3d="nearest", contrast_limits=(0, 10))
    found = project(image, one_to_one(image, name), mode, quality, step=1.0)
    expected = reduce(image.data, axis=axis).T[::-1]
    if one_to_one(image, name).right.sum() < 0:
        expected = expected[:, ::-1]
    np.testing.assert_allclose(found.values, expected, rtol=1e-5)
    assert found.picture.shape == (*expected.shape, 4)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("quality", ["fast", "exact"])
def test_a_constant_volume_is_of_one_colour(mode, quality):
    image = layer(np.full((9, 9, 9), 5.0), contrast_limits=(0, 10), iso_threshold=4.0)
    image.attenuation = 0.0
    found = project(image, View.from_angles(image, 20, 30, 64), mode, quality)
    inside = found.rgba[..., 3] > 0.99
    assert 0.3 < inside.mean() < 0.9
    assert found.rgba[0, 0, 3] == 0
    if found.values is not None:
        np.testing.assert_allclose(found.values[inside], 5, rtol=1e-5)
        assert np.isnan(found.values[0, 0])
    if mode in ("mip", "minip", "average", "attenuated_mip", "translucent"):
        np.testing.assert_allclose(found.rgba[inside][:, :3], 0.5, atol=0.01)


def test_of_translucent_and_additive_the_way_counts_and_not_the_step():
    table = np.array([[0.2, 0.4, 0.6, 0.1]] * 2, np.float32)
    image = layer(np.ones((8, 20, 8)), contrast_limits=(0, 2), colormap=table)
    front = View.of(image, "front", size=16)
    alpha = 1 - 0.9**20
    for quality, step in (("fast", 1), ("exact", 0.25), ("exact", 0.5)):
        found = project(image, front, "translucent", quality, step=step).rgba[8, 8]
        np.testing.assert_allclose(found, [0.2, 0.4, 0.6, alpha], atol=0.01)
        light = project(image, front, "additive", quality, step=step).rgba[8, 8]
        screen = 1 - (1 - table[0]) ** 20
        np.testing.assert_allclose(light, screen, atol=0.01)


def test_attenuation_weakens_what_lies_behind():
    voxels = np.zeros((3, 40, 3), np.float32)
    voxels[:, 35:] = 5  # in front: seen first from the front
    voxels[:, 5] = 9
    image = layer(voxels, contrast_limits=(0, 10), attenuation=0.5)
    near, far = 5 * np.exp(-0.5 * (0.25 - 1)), 9 * np.exp(-0.5 * (2.5 + 0.45 - 1))
    assert near > far
    for quality in ("fast", "exact"):
        view = View.of(image, "front", size=9)
        found = project(image, view, "attenuated_mip", quality, step=1)
        np.testing.assert_allclose(found.values[4, 4], near, rtol=0.06)
        assert found.voxel[4, 4, 1] >= 35


def test_a_single_voxel_is_seen_where_it_is():
    voxels = np.zeros((9, 11, 13), np.float32)
    voxels[6, 3, 8] = 1
    for matrix in (BOX, SHEARED):
        image = layer(voxels, matrix, contrast_limits=(0, 1))
        for azimuth, elevation in itertools.product((0, 40, 130, 250), (-50, 0, 35)):
            view = View.from_angles(image, azimuth, elevation, 200)
            found = project(image, view, "mip")
            row, column = np.unravel_index(np.nanargmax(found.values), found.values.shape)
            origin, down, right = view.plane()
            world = matrix[:3, :3] @ (6, 3, 8) + matrix[:3, 3]
            seen = origin + row * down + column * right
            across = (world - seen) @ np.stack([view.right, view.up], 1) / view.pixel
            assert np.abs(across).max() < 2 * max(1, np.linalg.norm(matrix[:3, :3], 2) / 10)
            np.testing.assert_array_equal(found.voxel[row, column], (6, 3, 8))
            depth = (world - view.centre) @ view.direction
            assert abs(found.depth[row, column] - depth) < 1.2


@pytest.mark.parametrize("quality", ["fast", "exact"])
def test_the_radius_of_a_sphere_is_right_to_a_tenth_of_a_voxel(quality):
    size, radius = 48, 15.3
    grid = np.stack(np.meshgrid(*[np.arange(size) - (size - 1) / 2] * 3, indexing="ij"), -1)
    voxels = (100 - np.linalg.norm(grid, axis=-1)).astype(np.float32)
    matrix = np.eye(4)
    image = layer(voxels, matrix, contrast_limits=(0, 100), iso_threshold=100 - radius)
    for azimuth, elevation in ((0, 0), (33, 21), (45, 45)):
        view = View.from_angles(image, azimuth, elevation, 64)
        found = project(image, view, "iso", quality)
        origin, down, right = view.plane()
        rows, columns = np.nonzero(np.isfinite(found.depth))
        points = (
            origin
            + rows[:, None] * down
            + columns[:, None] * right
            + found.depth[rows, columns][:, None] * view.direction
        )
        reached = np.linalg.norm(points - (size - 1) / 2, axis=1)
        facing = -((points - (size - 1) / 2) @ view.direction) / reached
        assert np.abs(reached - radius)[facing > 0.2].max() < 0.1
        seen = np.isfinite(found.depth).sum() * np.prod(view.pixel)
        assert np.sqrt(seen / np.pi) == pytest.approx(radius, abs=0.15)


def test_a_surface_shines_where_it_faces_the_viewer():
    grid = np.stack(np.meshgrid(*[np.arange(32) - 15.5] * 3, indexing="ij"), -1)
    voxels = (100 - np.linalg.norm(grid, axis=-1)).astype(np.float32)
    image = layer(voxels, np.eye(4), contrast_limits=(0, 100), iso_threshold=90.0)
    view = View.of(image, "left", 65)
    dull = project(image, view, "iso", light=Light(shininess=0)).rgba
    glossy = project(image, view, "iso").rgba
    glowing = project(image, view, "iso", light=Light(shininess=0, emissive=(0.5, 0, 0))).rgba
    assert dull[32, 32, 0] > dull[32, 20, 0] > dull[32, 14, 0] > 0
    assert glossy[32, 32, 0] > dull[32, 32, 0] + 0.05
    assert glowing[32, 14, 0] > dull[32, 14, 0] + 0.1
    np.testing.assert_array_equal(glowing[..., 1], dull[..., 1])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("matrix", [BOX, SHEARED], ids=["box", "sheared"])
def test_shifted_slices_agree_with_exact_rays(mode, matrix):
    table = matplotlib.colormaps["viridis"](np.linspace(0, 1, 256))
    if mode in ("translucent", "additive"):
        table *= np.linspace(0, 0.2, 256)[:, np.newaxis]
    image = layer(smooth(), matrix, contrast_limits=(0, 120), colormap=table, iso_threshold=30.0)
    errors = []
    for azimuth, elevation in ((25, 15), (140, -35)):
        view = View.from_angles(image, azimuth, elevation, 56)
        fast, exact = (project(image, view, mode, quality) for quality in ("fast", "exact"))
        errors.append(np.abs(fast.rgba * fast.rgba[..., 3:] - exact.rgba * exact.rgba[..., 3:]))
        if fast.values is not None:
            both = np.isfinite(fast.values) & np.isfinite(exact.values)
            assert np.abs(fast.values - exact.values)[both].mean() / 120 <= 0.005
    assert np.mean(errors) <= 0.005


def orientations():
    for order in itertools.permutations(range(3)):
        for signs in itertools.product((1, -1), repeat=3):
            yield np.array([order, signs]).T


@pytest.mark.parametrize("mode", ["mip", "translucent", "iso"])
def test_all_orientations_show_the_same_picture(mode):
    img = volio.Nifti1Image(smooth((18, 22, 20)), SHEARED)
    table = np.linspace(0, 1, 256)[:, np.newaxis] * (1, 0.7, 0.4, 0.3)
    settings = {"contrast_limits": (0, 120), "colormap": table, "iso_threshold": 30.0}
    view = View.from_angles(img, 35, 20, 48)
    pictures = []
    for ornt in orientations():
        turned = img.as_reoriented(ornt)
        image = PlainLayer(np.asarray(turned.dataobj), turned.affine, **settings)
        pictures.append(project(image, view, mode).picture)
    assert len(pictures) == 48
    for picture in pictures[1:]:
        difference = np.abs(picture.astype(int) - pictures[0])
        assert difference.mean() < 0.05
        assert difference.max() <= 3 or (difference > 3).mean() < 0.001


class Counted:
    """An array that notes what is read, as a file would be."""

    def __init__(self, array):
        self.array, self.keys = array, []
        self.shape, self.dtype, self.ndim = array.shape, array.dtype, array.ndim

    def __getitem__(self, key):
        self.keys.append(key)
        return self.array[key]


def test_lazy_volumes_are_read_once_in_order(monkeypatch):
    monkeypatch.setattr("volio.display.projection.slice_batches.MOST_ACROSS", 5 * 11 * 13)
    counted = Counted(random((11, 13, 15)))
    image = layer(np.zeros((11, 13, 15)), contrast_limits=(0, 10))
    image.data = counted
    view = View.from_angles(image, 10, 80, 32)
    lazy = project(image, view, "mip")
    read = [key[2] for key in counted.keys]
    assert len(read) == 3
    assert sorted((part.start, part.stop) for part in read) == [(0, 5), (5, 10), (10, 15)]
    image.data = counted.array
    np.testing.assert_array_equal(lazy.values, project(image, view, "mip").values)


def test_one_chunk_of_slices_is_read_at_a_time():
    counted = Counted(smooth((12, 14, 20)))
    counted.chunks = (3, 14, 20)
    image = layer(np.zeros((12, 14, 20)), contrast_limits=(0, 120))
    image.data = counted
    project(image, View.from_angles(image, 80, 10, 32), "average")
    read = [key[0] for key in counted.keys]
    assert sorted((part.start, part.stop) for part in read) == [(0, 3), (3, 6), (6, 9), (9, 12)]


def test_a_lazy_proxy_is_read_in_the_order_of_its_file(tmp_path, monkeypatch):
    voxels = smooth((40, 42, 44)).astype(np.float32)
    path = tmp_path / "image.nii.gz"
    volio.save(volio.Nifti1Image(voxels, np.eye(4)), path)
    monkeypatch.setattr("volio.arrays.proxy.BLOCK", 3 * 40 * 42 * 4)
    img, sizes = volio.load(path), []
    read = type(img.dataobj).read

    def counted(self, *args):
        found = read(self, *args)
        sizes.append(found.size)
        return found

    monkeypatch.setattr(type(img.dataobj), "read", counted)
    image = PlainLayer(img.dataobj, img.affine, contrast_limits=(0, 120))
    view = View.from_angles(image, 10, 80, 32)
    lazy = project(image, view, "mip")
    assert len(sizes) == 15
    assert max(sizes) == 3 * 40 * 42
    held = PlainLayer(voxels, img.affine, contrast_limits=(0, 120))
    np.testing.assert_allclose(lazy.values, project(held, view, "mip").values, rtol=1e-5)


@pytest.mark.parametrize("mode", MODES)
def test_the_order_of_memory_does_not_matter(mode):
    voxels = smooth((18, 22, 20))
    settings = {"contrast_limits": (0, 120), "iso_threshold": 30.0}
    images = [layer(np.asarray(voxels, order=order), SHEARED, **settings) for order in "CF"]
    view = View.from_angles(images[0], 35, 20, 48)
    one, other = (project(image, view, mode).picture.astype(int) for image in images)
    assert np.abs(one - other).max() <= 1


@pytest.mark.parametrize("quality", ["fast", "exact"])
def test_the_surface_of_a_lazy_volume_is_that_of_one_in_memory(monkeypatch, quality):
    monkeypatch.setattr("volio.display.projection.lazy_parts.PART", 4 * 24 * 26)
    counted = Counted(smooth((22, 24, 26)))
    image = layer(np.zeros((22, 24, 26)), SHEARED, contrast_limits=(0, 120), iso_threshold=30.0)
    view = View.from_angles(image, 35, 20, 48)
    image.data = counted
    lazy = project(image, view, "iso", quality)
    passes = sum(key[0].indices(22)[1] - key[0].indices(22)[0] for key in counted.keys) / 22
    assert passes <= 5 if quality == "fast" else passes == 1
    image.data = counted.array
    held = project(image, view, "iso", quality)
    assert np.isfinite(held.depth).sum() > 100
    np.testing.assert_allclose(lazy.depth, held.depth, atol=1e-6)
    np.testing.assert_allclose(lazy.rgba, held.rgba, atol=1e-4)
    np.testing.assert_array_equal(lazy.voxel, held.voxel)


def test_planes_cut_off_what_lies_behind_them():
    image = layer(random((11, 13, 15)), interpolation3d="nearest", contrast_limits=(0, 10))
    image.experimental_clipping_planes = [
        {"position": (0, 6, 0), "normal": (0, 1, 0), "enabled": True},
        {"position": (0, 0, 3), "normal": (0, 0, 1), "enabled": True},
        {"position": (99, 0, 0), "normal": (1, 0, 0), "enabled": False},
    ]
    view = one_to_one(image, "front")
    for quality in ("fast", "exact"):
        found = project(image, view, "mip", quality, step=1.0).values
        expected = image.data[:, 6:, 3:].max(axis=1).T[::-1, ::-1]
        np.testing.assert_allclose(found[:-3], expected, rtol=1e-5)
        np.testing.assert_array_equal(found[-3:], np.full((3, 11), np.nan))


def test_a_plane_shows_a_slab_about_it():
    image = layer(random((11, 13, 15)), interpolation3d="nearest", contrast_limits=(0, 10))
    image.depiction = "plane"
    view = one_to_one(image, "front")
    for thickness, part in ((0, [6]), (1, [6]), (3, [5, 6, 7])):
        image.plane = SimpleNamespace(position=(5, 6, 7), normal=(0, 1, 0), thickness=thickness)
        expected = image.data[:, part].mean(axis=1).T[::-1, ::-1]
        np.testing.assert_allclose(project(image, view, "average").values, expected, rtol=1e-5)
    image.plane = SimpleNamespace(position=(5, 6, 7), normal=(1, 0, 0), thickness=1)
    edge = project(image, view, "mip").values  # the plane seen from its edge
    np.testing.assert_array_equal(edge, np.full(view.size, np.nan))


@pytest.mark.parametrize("mode", ["mip", "minip", "average"])
@pytest.mark.parametrize("quality", ["fast", "exact"])
def test_nan_is_left_out(mode, quality):
    voxels = np.full((9, 9, 9), 4, np.float32)
    voxels[3:6, 3:6, 3:6] = np.nan
    voxels[:, 7, :] = np.nan
    image = layer(voxels, contrast_limits=(0, 10))
    found = project(image, View.from_angles(image, 10, 10, 32), mode, quality).values
    np.testing.assert_allclose(found[12:20, 12:20], 4, rtol=1e-5)


@pytest.mark.parametrize("quality", ["fast", "exact"])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("odd", [np.inf, -np.inf])
def test_infinite_values_are_drawn_without_a_warning(mode, quality, odd):
    some = np.where(random((12, 14, 16)) < 3, odd, 1)
    for voxels in (np.full((12, 14, 16), odd), some):
        image = layer(voxels.astype(np.float32), contrast_limits=(0, 10), iso_threshold=5.0)
        found = project(image, View.from_angles(image, 30, 20, 16), mode, quality)
        assert found.rgba.shape == (16, 16, 4)
        assert np.isfinite(found.rgba).all()


def test_background_is_cut_at_the_limit_where_the_layer_is_translucent():
    voxels = np.zeros((9, 9, 9), np.float32)
    voxels[4, 4, 4] = 5
    image = layer(voxels, contrast_limits=(1, 10))
    for blending, part in (("translucent", 0.0), ("additive", 1.0)):
        image.blending = blending
        found = project(image, View.of(image, "front", size=18), "mip")
        assert found.rgba[0, 0, 3] == part
        assert np.isnan(found.depth[0, 0]) == (part == 0)
        assert found.rgba[9, 9, 3] == 1


#: What three of nine voxels of a colour make of it, without alpha (the others are black and
#: opaque, the first of them hides the rest) and with (the others are transparent).
GREEN = np.array((0, 200, 100, 255)) / 255
MIXED = {
    "mip": (GREEN, GREEN),
    "attenuated_mip": (GREEN, GREEN),
    "minip": ((0, 0, 0, 1), (0, 0, 0, 0)),
    "average": ((*GREEN[:3] / 3, 1), GREEN / 3),
    "additive": (1 - (1 - GREEN) ** 3, 1 - (1 - GREEN) ** 3),
    "translucent": ((0, 0, 0, 1), GREEN),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("channels", [3, 4])
def test_volumes_of_colours_keep_their_colours(mode, channels):
    voxels = np.zeros((9, 9, 9, channels), np.uint8)
    voxels[3:6, 3:6, 3:6] = (0, 200, 100, 255)[:channels]
    if channels == 3:
        voxels[3:6, 3:6, 3:6] = (0, 200, 100)
    image = layer(voxels, rgb=True, iso_threshold=0.2, blending="additive")
    for quality in ("fast", "exact"):
        found = project(image, View.of(image, "front", size=27), mode, quality)
        red, green, blue, alpha = found.rgba[13, 13]
        if mode == "iso":  # with shades
            assert green > blue > red
            assert alpha == 1
        else:
            # Samples between voxels are mixed with transparent ones.
            tolerance = 0.17 if quality == "exact" else 2e-3
            expected = MIXED[mode][channels - 3]
            np.testing.assert_allclose(found.rgba[13, 13], expected, atol=tolerance)
        assert found.values is None


@pytest.mark.parametrize("quality", ["fast", "exact"])
def test_the_brightest_colour_is_that_with_its_alpha(quality):
    """Of a bright voxel of low alpha and a dark one of full alpha the dark one shines more."""
    voxels = np.zeros((9, 9, 9, 4), np.uint8)
    voxels[:, 2] = (255, 255, 255, 50)
    voxels[:, 6] = (0, 0, 200, 255)
    voxels[:, 6, :, 1] = 100
    image = layer(voxels, rgb=True, blending="additive", interpolation3d="nearest")
    found = project(image, one_to_one(image, "front"), "mip", quality).rgba[4, 4]
    np.testing.assert_allclose(found, (0, 100 / 255, 200 / 255, 1), atol=2e-3)


def test_structured_colours_are_colours():
    rgb = np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")])
    voxels = np.zeros((5, 5, 5), rgb)
    voxels["G"] = 255
    found = project(volio.Nifti1Image(voxels, BOX), "front", "mip")
    np.testing.assert_array_equal(found.picture[128, 128], (0, 255, 0, 255))


@pytest.mark.parametrize(
    "name", ["nearest", "linear", "cubic", "lanczos", "mitchell", "gaussian", "spline36", "hanning"]
)
def test_every_interpolation_leaves_a_constant_as_it_is_and_both_ways_agree(name):
    image = layer(smooth((16, 18, 14)), contrast_limits=(0, 120), interpolation3d=name)
    view = View.from_angles(image, 30, 20, 40)
    fast, exact = (project(image, view, "mip", quality).values for quality in ("fast", "exact"))
    both = np.isfinite(fast) & np.isfinite(exact)
    assert np.abs(fast - exact)[both].mean() < (3 if name == "nearest" else 0.9)
    image.data = np.full((16, 18, 14), 7, np.float32)
    found = project(image, view, "average").values
    np.testing.assert_allclose(found[np.isfinite(found)], 7, rtol=1e-4)


def test_of_several_levels_the_one_with_a_voxel_for_a_pixel_is_shown():
    fine = smooth((32, 32, 32))
    coarse = fine.reshape(16, 2, 16, 2, 16, 2).mean((1, 3, 5))
    image = PlainLayer([fine, coarse], BOX, (0, 120), multiscale=True)
    small = project(image, View.of(image, "front", 16), "mip")
    assert np.nanmax(small.values) == pytest.approx(coarse.max(), rel=0.02)
    large = project(image, View.of(image, "front", 64), "mip")
    assert np.nanmax(large.values) == pytest.approx(fine.max(), rel=0.02)


def test_of_four_axes_the_point_chooses():
    array, affine = phantom.head((16, 18, 12), frames=3)
    img = volio.Nifti1Image(array, affine)
    first = project(img, "left", "mip").values
    alone = project(volio.Nifti1Image(array[..., 0], affine), "left", "mip").values
    np.testing.assert_array_equal(first, alone)


def test_hidden_layers_show_nothing():
    image = layer(random(), visible=False)
    found = project(image, View.of(image, "front", size=8))
    np.testing.assert_array_equal(found.rgba, np.zeros((8, 8, 4)))
    np.testing.assert_array_equal(found.depth, np.full((8, 8), np.nan))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"mode": "xray"}, "mode: must be one of mip"),
        ({"quality": "best"}, "quality: must be one of fast, exact"),
        ({"view": "behind"}, "view: must be one of axial"),
    ],
)
def test_unknown_names_are_refused(settings, message):
    with pytest.raises(UsageError, match=message):
        project(layer(random()), **settings)


def test_unknown_interpolations_are_refused():
    with pytest.raises(UsageError, match="interpolation: must be one of bessel"):
        project(layer(random(), interpolation3d="custom"))
