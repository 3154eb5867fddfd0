"""Images at several resolutions: which level is read, and where its voxels are shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import volio
from volio.display import (
    Contours,
    ImageLayer,
    ImageVolume,
    LayerStack,
    Overlay,
    View,
    find_limits,
    plot_mosaic,
    plot_ortho,
    plot_rendering,
    project,
    sample_plane,
    through_slices,
    turn,
)
from volio.display.base.image_levels import image_levels
from volio.display.base.level_grids import LevelGrids
from volio.display.pictures.preview import preview
from volio.errors import UsageError
from volio.space.affines import apply_affine, from_matvec
from volio.tests.display.pyramids import Pyramid, counted, pyramid, ramp_at

SIDES = ((32, 24, 16), (16, 12, 8), (8, 6, 4))
#: Voxels of each level are the means of those they cover: they begin between two fine ones.
MEANS = ((1, 0), (2, 0.5), (4, 1.5))
#: Voxels of each level are some of the fine ones.
PICKED = ((1, 0), (2, 0), (4, 1))
#: An affine of axes in another order, flipped, of unequal lengths.
TURNED = np.array([[0, -0.5, 0, 3], [0, 0, 2.0, -7], [1.5, 0, 0, 11], [0, 0, 0, 1]])


def halved(
    tmp_path: Path, voxels: np.ndarray, affine: Any = None, chunk: int = 4
) -> volio.OmeZarrImage:
    """Save an image with its pyramid, and load it."""
    img = volio.OmeZarrImage(voxels, np.eye(4) if affine is None else affine)
    img.to_file_map({"image": volio.FileHolder(tmp_path / "a.ome.zarr")}, chunks=(chunk,) * 3)
    return volio.load(tmp_path / "a.ome.zarr")


# Positions.


def test_levels_of_an_image_are_where_their_affines_say(tmp_path):
    img = halved(tmp_path, np.arange(13 * 10 * 7, dtype=np.uint16).reshape(13, 10, 7))
    assert [level.shape for level in img.levels] == [(13, 10, 7), (7, 5, 4), (4, 3, 2)]
    layer = ImageLayer.from_image(img)
    assert layer.multiscale
    assert layer.data[0] is img.dataobj
    # 13 / 7 is not 2.
    assert layer.downsample_factors.tolist() == [[1] * 3, [2] * 3, [4] * 3]
    assert layer.level_grids.offsets.tolist() == [[0] * 3, [0.5] * 3, [1.5] * 3]
    assert layer.to_image() is img
    again = ImageLayer.create(*layer.as_layer_data_tuple())
    np.testing.assert_array_equal(again.level_matrices, layer.level_matrices)
    assert ImageLayer([np.zeros((4, 4)), np.zeros((2, 2))]).level_matrices is None


@pytest.mark.parametrize("steps", [MEANS, PICKED])
@pytest.mark.parametrize("affine", [np.eye(4), TURNED], ids=["straight", "turned"])
@pytest.mark.parametrize("pixel", [0.3, 1.0, 2.0, 4.0, 7.0])
def test_values_are_those_of_their_positions_at_every_level(steps, affine, pixel):
    img = pyramid(SIDES, steps, affine)
    finest = np.linalg.norm(affine[:3, :3], axis=0).min()
    middle = apply_affine(affine, (15.3, 11.1, 5.2))
    u, v = affine[:3, 2], affine[:3, 0]
    u, v = u / np.linalg.norm(u) * pixel * finest, v / np.linalg.norm(v) * pixel * finest
    values = sample_plane(img, middle, u, v, (2, 2))
    rows, columns = np.indices((2, 2))
    positions = middle + rows[..., None] * u + columns[..., None] * v
    np.testing.assert_allclose(values, ramp_at(positions), rtol=1e-5)


@pytest.mark.parametrize(
    ("pixel", "level"), [(0.5, 0), (1.9, 0), (2.0, 1), (3.9, 1), (4.0, 2), (50, 2)]
)
def test_the_level_is_the_coarsest_whose_voxels_are_no_larger_than_a_pixel(pixel, level):
    arrays = counted(img := pyramid(SIDES, MEANS))
    sample_plane(img, (1, 1, 1), (pixel, 0, 0), (0, pixel, 0), (3, 3), "nearest")
    assert [array.count > 0 for array in arrays] == [n == level for n in range(3)]


def test_thick_slices_do_not_ask_for_a_finer_level():
    affine = np.diag([1.0, 1, 30, 1])
    arrays = counted(img := pyramid(SIDES, MEANS, affine))
    sample_plane(img, (1, 1, 90), (4, 0, 0), (0, 4, 0), (3, 3))
    assert [array.count > 0 for array in arrays] == [False, False, True]
    # Along z no level is finer than the first: the one with the voxels it has there is enough.
    thick = pyramid(
        [(32, 24, 16), (16, 12, 16), (8, 6, 8)],
        [(1, 0), ((2, 2, 1), (0.5, 0.5, 0)), ((4, 4, 2), (1.5, 1.5, 0.5))],
        affine,
    )
    arrays = counted(thick)
    sample_plane(thick, (1, 1, 90), (0, 4, 0), (0, 0, 4), (3, 3))
    assert [array.count > 0 for array in arrays] == [False, True, False]


def test_a_plane_at_an_angle_reads_the_level_that_fits():
    arrays = counted(img := pyramid(SIDES, MEANS))
    u, v = np.array([4.0, 0, 0.1]), np.array([0, 4.0, 0.1])
    values = sample_plane(img, (10, 9, 7), u, v, (3, 2))
    assert [array.count > 0 for array in arrays] == [False, False, True]
    rows, columns = np.indices((3, 2))
    expected = ramp_at((10, 9, 7) + rows[..., None] * u + columns[..., None] * v)
    np.testing.assert_allclose(values, expected, rtol=1e-5)


def test_a_layer_may_lock_its_level():
    arrays = counted(img := pyramid(SIDES, MEANS))
    layer = ImageLayer.from_image(img, locked_data_level=1, contrast_limits=(0, 1))
    for pixel in (0.5, 9.0):
        sample_plane(layer, (1, 1, 1), (pixel, 0, 0), (0, pixel, 0), (3, 3))
    assert [array.count > 0 for array in arrays] == [False, True, False]


def test_no_more_than_the_plane_is_read():
    arrays = counted(img := pyramid([(400, 400, 3)], [(1, 0)]))
    values = sample_plane(img, (200, 100, 1), (1, 0, 0), (0, 1, 0), (10, 20), "nearest")
    assert 200 <= arrays[0].count <= 14 * 24
    rows, columns = np.indices((10, 20))
    positions = np.stack([rows + 200, columns + 100, np.ones_like(rows)], axis=-1)
    np.testing.assert_array_equal(values, ramp_at(positions))


def test_the_last_slice_is_shown_at_a_level_that_lacks_it():
    img = pyramid([(9, 9, 9), (4, 4, 4)], [(1, 0), (2, 0.5)])
    shown = sample_plane(img, (1, 1, 8), (2, 0, 0), (0, 2, 0), (2, 2), "nearest")
    assert shown[0, 0] == ramp_at((0.5, 0.5, 6.5))
    assert shown[1, 1] == ramp_at((2.5, 2.5, 6.5))
    assert np.isnan(sample_plane(img, (1, 1, 9), (2, 0, 0), (0, 2, 0), (2, 2))).all()


@pytest.mark.parametrize("level", [0, 1, 2])
def test_values_at_a_position_are_of_the_voxel_that_is_there(level):
    img = pyramid(SIDES, PICKED, TURNED)
    layer = ImageLayer.from_image(img, locked_data_level=level)
    factor, offset = PICKED[level]
    voxel = np.array([3, 2, 1])
    position = apply_affine(TURNED, voxel * factor + offset)
    layer.dims_displayed = (0, 1)
    layer.dims_point = position
    assert layer.get_value(position, world=True) == (level, np.float32(ramp_at(position)))
    layer.dims_displayed = (0, 1, 2)
    seen = layer.pick(position, view_direction=TURNED[:3, 0], dims_displayed=(0, 1, 2), world=True)
    assert seen.level == level


# Which levels there are.


def test_levels_along_other_axes_and_of_no_fewer_voxels_are_left_out():
    img = pyramid(SIDES, MEANS)
    turned = volio.SpatialImage(np.zeros((8, 12, 12)), np.diag([2.0, -2, 2, 1]))
    oblique = volio.SpatialImage(
        np.zeros((8, 12, 11)), from_matvec([[2, 0.1, 0], [0, 2, 0], [0, 0, 2]])
    )
    same = volio.SpatialImage(np.zeros(SIDES[0]), np.eye(4))
    img.coarser = [same, turned, oblique, *img.coarser]
    layer = ImageLayer.from_image(img)
    assert [array.shape for array in layer.data] == list(SIDES)
    img.coarser = [same, turned]
    layer = ImageLayer.from_image(img)
    assert not layer.multiscale
    assert layer.data is img.dataobj


@pytest.mark.parametrize(
    ("matrices", "message"),
    [
        ([np.eye(4)], "must be 2 of 4 x 4 numbers"),
        ([np.eye(4), np.eye(3)], "must be 2 of 4 x 4 numbers"),
        ([np.eye(4), np.diag([2.0, 2, -2, 1])], "scales above 0"),
        ([np.eye(4), np.diag([2.0, 0, 2, 1])], "scales above 0"),
        ([np.eye(4), np.diag([2.0, np.nan, 2, 1])], "scales above 0"),
        ([np.eye(4), from_matvec([[2, 0, 0.001], [0, 2, 0], [0, 0, 2]])], "scales above 0"),
    ],
)
def test_matrices_of_levels_that_make_no_sense_are_refused(matrices, message):
    with pytest.raises(UsageError, match=message):
        LevelGrids.of_matrices(matrices, [(4, 4, 4), (2, 2, 2)])
    with pytest.raises(UsageError, match=message):
        ImageLayer([np.zeros((4, 4, 4)), np.zeros((2, 2, 2))], level_matrices=matrices)


def test_axes_after_the_third_may_be_coarser_too():
    fine = volio.Nifti1Image(np.zeros((8, 8, 8, 6), np.float32), np.eye(4))
    fine.header.set_zooms((1, 1, 1, 0.5))
    coarse = volio.Nifti1Image(np.zeros((4, 4, 4, 3), np.float32), np.diag([2.0, 2, 2, 1]))
    coarse.header.set_zooms((2, 2, 2, 1.0))
    img = Pyramid(fine.dataobj, fine.affine, fine.header)
    img.coarser = [coarse]
    layer = ImageLayer.from_image(img)
    assert layer.downsample_factors[1].tolist() == [2, 2, 2, 2]
    assert layer.level_grids.offsets[1].tolist() == [0, 0, 0, 0.5]


# Pictures.


def noise(tmp_path: Path) -> volio.OmeZarrImage:
    voxels = np.random.default_rng(3).integers(0, 4000, (64, 48, 32)).astype(np.uint16)
    return halved(
        tmp_path, voxels, np.diag([0.5, 0.5, 0.5, 1]) @ from_matvec(np.eye(3), (5, 6, 7)), 16
    )


@pytest.mark.parametrize(("size", "level"), [(64, 0), (63, 0), (32, 1), (16, 2), (20, 1)])
def test_a_picture_is_that_of_its_level_alone(tmp_path, size, level):
    img = noise(tmp_path)
    alone = volio.load(tmp_path / "a.ome.zarr", level=level)
    alone = volio.Nifti1Image(np.asarray(alone.dataobj), alone.affine)
    look = {"size": size, "vmin": 0, "vmax": 4000, "annotate": False}
    point = apply_affine(alone.affine, np.array(alone.shape) // 2)
    found = plot_ortho(img, point, interpolation="nearest", draw_cross=False, **look)
    expected = plot_ortho(alone, point, interpolation="nearest", draw_cross=False, **look)
    np.testing.assert_array_equal(found, expected)
    # Between voxels the last bit of a weight may be another: half a level of gray.
    found = plot_ortho(img, point, draw_cross=False, **look).astype(int)
    assert np.abs(found - plot_ortho(alone, point, draw_cross=False, **look)).max() <= 1
    cuts = apply_affine(alone.affine, [(0, 0, 1), (0, 0, 5)])[:, 2]
    found = plot_mosaic(img, "z", cuts, interpolation="nearest", **look)
    expected = plot_mosaic(alone, "z", cuts, interpolation="nearest", **look)
    np.testing.assert_array_equal(found, expected)


def test_overlays_of_several_levels_and_of_one_lie_on_each_other(tmp_path):
    img = noise(tmp_path)
    level = volio.load(tmp_path / "a.ome.zarr", level=2)
    alone = volio.Nifti1Image(np.asarray(level.dataobj), level.affine)
    one = volio.Nifti1Image(np.asarray(img.dataobj), img.affine)
    look = {"size": 16, "draw_cross": False, "annotate": False}
    for base in (one, img):
        over = [
            Overlay(image, "hot", 1500, 0.5, 0, 4000, interpolation="linear")
            for image in (img, alone)
        ]
        first, second = (plot_ortho(base, overlays=[each], **look) for each in over)
        np.testing.assert_array_equal(first, second)
    plain = plot_ortho(img, **look)
    assert (first != plain).any()


def test_limits_are_those_of_the_coarsest_level_with_enough_values():
    arrays = counted(img := pyramid([(64, 64, 64), (32, 32, 32), (8, 8, 8)], MEANS))
    layer = ImageLayer.from_image(img)
    assert tuple(layer.contrast_limits) == find_limits(arrays[1])
    assert (arrays[0].count, arrays[2].count) == (0, 0)


def test_contours_are_found_in_the_level_that_fits(tmp_path):
    sphere = np.linalg.norm(np.indices((64, 64, 64)) - 31.5, axis=(0)) < 20
    img = halved(tmp_path, sphere.astype(np.uint8) * 200, chunk=16)
    lines = Contours(img, 100, "red")
    small = plot_ortho(img, overlays=lines, size=16, annotate=False, draw_cross=False)
    red = (small[..., 0] > 150) & (small[..., 1] < 100)
    rows, columns = np.nonzero(red[:, :16])
    radius = np.hypot(rows - 7.5, columns - 7.5)
    assert len(radius) > 16
    assert (np.abs(radius - 5) < 1.5).all()


@pytest.mark.parametrize("mode", ["mip", "minip", "average", "iso"])
@pytest.mark.parametrize(("size", "level"), [(70, 0), (35, 1), (14, 2)])
def test_a_rendering_is_that_of_its_level_alone(tmp_path, mode, size, level):
    img = noise(tmp_path)
    loaded = volio.load(tmp_path / "a.ome.zarr", level=level)
    alone = volio.Nifti1Image(np.asarray(loaded.dataobj), loaded.affine)
    look = {"angle": (30, 20), "size": size, "vmin": 0, "vmax": 4000}
    found = plot_rendering(img, mode, **look)
    expected = plot_rendering(alone, mode, **look)
    np.testing.assert_allclose(found, expected, atol=1, rtol=0)
    assert found[..., :3].any()


@pytest.mark.parametrize("mode", ["translucent", "additive", "attenuated_mip"])
def test_a_coarse_level_is_as_opaque_as_a_fine_one(mode):
    depth = np.arange(33.0, 65.0, dtype=np.float32)
    fine = np.tile(depth, (32, 32, 1))
    coarse = fine.reshape(8, 4, 8, 4, 8, 4).mean((1, 3, 5))
    layer = ImageLayer([fine, coarse], contrast_limits=(0, 100), rendering=mode, attenuation=0.1)
    layer.colormap = [(0, 0, 0, 0), (1, 1, 1, 0.1)]
    layer.dims_displayed = (0, 1, 2)
    view = View((15.5, 15.5, 15.5), (0, 0, 1), (0, 1, 0), 16, (4, 4))
    found = []
    for level in (0, 1):
        layer.locked_data_level = level
        projection = project(layer, view)
        values = projection.rgba if mode != "attenuated_mip" else projection.values
        found.append(values[2, 2])
    np.testing.assert_allclose(*found, rtol=0.04)
    if mode == "translucent":
        # Alpha is (65 + 33) / 2 / 100 / 10 of a voxel on the average, along 32 of them.
        assert found[0][3] == pytest.approx(1 - (1 - 0.0485) ** 32, abs=0.02)


def test_a_turning_volume_reads_the_level_that_fits_once():
    arrays = counted(img := pyramid([(64, 64, 64), (32, 32, 32), (16, 16, 16)], MEANS))
    assert len(list(turn(img, frames=3, size=32, vmin=0, vmax=7000))) == 3
    assert (arrays[0].count, arrays[2].count) == (0, 0)
    assert arrays[1].count == 2 * 32**3  # once to see whether there are labels


def test_a_movie_through_slices_has_those_of_the_level_that_is_shown():
    arrays = counted(img := pyramid([(64, 64, 32), (32, 32, 16), (16, 16, 8)], MEANS))
    assert len(list(through_slices(img, "z", size=32, vmin=0, vmax=7000))) == 16
    assert len(list(through_slices(img, "z", 20, size=32, vmin=0, vmax=7000))) == 20
    assert (arrays[0].count, arrays[2].count) == (0, 0)
    assert len(list(through_slices(img, "z", size=64, vmin=0, vmax=7000))) == 32


def test_limits_of_an_image_that_is_projected_are_found_in_a_coarse_level():
    arrays = counted(img := pyramid([(64, 64, 64), (32, 32, 32), (16, 16, 16)], MEANS))
    projection = project(img, View.of(img, "front", 32), "mip")
    assert (projection.level, arrays[0].count, arrays[2].count) == (1, 0, 0)


def test_a_stack_and_a_slice_at_an_angle_read_the_level_that_fits():
    arrays = counted(img := pyramid([(64, 64, 64), (32, 32, 32), (16, 16, 16)], MEANS))
    stack = LayerStack([ImageLayer.from_image(img, contrast_limits=(0, 7000))])
    view = View((31, 31, 31), (1, 1, 0.5), (0, 0, 1), 64, 16)
    assert stack.picture(view, volume=False)[..., :3].any()
    assert [array.count > 0 for array in arrays] == [False, False, True]


def test_previews_and_thumbnails_read_a_coarse_level():
    arrays = counted(img := pyramid([(640, 640, 64), (320, 320, 32), (160, 160, 16)], MEANS))
    assert preview(img)[..., :3].any()
    assert ImageLayer.from_image(img).thumbnail[..., :3].any()
    assert (arrays[0].count, arrays[1].count) == (0, 0)


def test_a_preview_is_of_the_first_volume(tmp_path):
    voxels = np.random.default_rng(5).integers(0, 200, (32, 32, 32, 1, 3)).astype(np.uint8)
    img = volio.OmeZarrImage(voxels, np.eye(4))
    img.to_file_map({"image": volio.FileHolder(tmp_path / "a.ome.zarr")}, chunks=(8, 8, 8))
    loaded = volio.load(tmp_path / "a.ome.zarr")
    first = Pyramid(voxels[..., 0, 0], np.eye(4))
    first.coarser = [Pyramid(level.dataobj[..., 0, 0], level.affine) for level in loaded.levels[1:]]
    np.testing.assert_array_equal(preview(loaded, 32), preview(first, 32))


# Other programs.


def test_fastplotlib_and_volumes_take_one_level_at_its_position():
    img = pyramid(SIDES, PICKED, TURNED)
    voxel = np.array([2, 1, 1])
    for level in (None, 0, 1, 2):
        volume = ImageVolume.from_image(img, level=level)
        factor, offset = PICKED[level or 0]
        assert volume.data.value.shape == SIDES[level or 0][::-1]
        position = apply_affine(TURNED, voxel * factor + offset)
        np.testing.assert_allclose(volume.map_model_to_world(voxel), position)
        assert volume.data.value[tuple(voxel[::-1])] == np.float32(ramp_at(position))
    for wrong in (3, -1, 0.5):
        with pytest.raises(UsageError, match="level: there are 0 to 2"):
            ImageVolume.from_image(img, level=wrong)


def test_volumes_are_of_the_finest_level_that_memory_is_for():
    sides = [(1024, 512, 512), (512, 512, 512), (64, 64, 64)]
    images = [Pyramid(np.broadcast_to(np.uint8(0), side), np.eye(4)) for side in sides]
    for image, factor in zip(images, (1, (2, 1, 1), (16, 8, 8)), strict=True):
        image._affine = np.diag([*np.broadcast_to(factor, 3), 1.0])
    images[0].coarser = images[1:]
    levels = image_levels(images[0])
    assert levels.sized_for_memory == 1
    assert image_levels(images[1]).sized_for_memory == 0


def test_a_projection_says_of_which_level_its_voxels_are():
    img = pyramid(SIDES, PICKED)
    for pixels, level in ((40, 0), (16, 1), (8, 2)):
        found = project(img, View.of(img, "front", pixels), "mip")
        assert found.level == level
        row, column = pixels // 2, pixels // 2
        factor, offset = PICKED[level]
        voxel = found.voxel[row, column]
        assert found.values[row, column] == pytest.approx(
            ramp_at(voxel * factor + offset), abs=60 * factor
        )
