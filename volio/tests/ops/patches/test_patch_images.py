"""Patches and tiles of images."""

from __future__ import annotations

import numpy as np
import pytest

import volio
from volio.errors import ImageDataError, UsageError
from volio.ops.patches import random_patches, stitch_tiles, stratified_patches, tiles
from volio.space.affines import from_matvec
from volio.tests.requirements import optional

AFFINE = from_matvec([[0, -2, 0], [3, 0, 0], [0, 0, 4]], [5, 6, 7])


def image(shape) -> volio.Nifti1Image:
    return volio.Nifti1Image(np.arange(np.prod(shape), dtype=np.int32).reshape(shape), AFFINE)


@pytest.mark.parametrize("shape", [(9, 14, 5), (9, 14, 5, 3), (9, 14)])
@pytest.mark.parametrize("overlap", [0, 2, 3])
def test_tiles_that_are_stitched_are_the_image(shape, overlap, tmp_path):
    volio.save(image(shape), tmp_path / "a.nii.gz")
    img = volio.load(tmp_path / "a.nii.gz")
    found = stitch_tiles(tiles(img, 6, overlap), img)
    assert type(found) is volio.Nifti1Image
    np.testing.assert_array_equal(found.affine, img.affine)
    np.testing.assert_array_equal(found.dataobj, image(shape).dataobj)
    assert found.get_data_dtype() == np.int32


def test_tiles_are_read_where_they_say():
    img = image((9, 14, 5))
    padded = np.pad(np.asarray(img.dataobj), [(0, 0), (0, 0), (0, 3)])
    found = list(tiles(img, (4, 14, 8), (1, 0, 0)))
    assert [tile.coords for _, tile in found] == [(0, 0, 0), (3, 0, 0), (5, 0, 0)]
    for voxels, tile in found:
        first = tile.coords[0]
        np.testing.assert_array_equal(voxels, padded[first : first + 4])
        assert tile.total_tiles == 3


def test_tiles_come_in_the_order_of_the_file():
    found = [tile.coords for _, tile in tiles(image((8, 8, 8)), 4)]
    assert found[:5] == [(0, 0, 0), (4, 0, 0), (0, 4, 0), (4, 4, 0), (0, 0, 4)]
    assert len(set(found)) == 8


def test_tiles_are_read_when_they_are_asked_for(tmp_path):
    volio.save(image((8, 8, 8)), tmp_path / "a.nii")
    img = volio.load(tmp_path / "a.nii")
    wait = tiles(img, 4)
    next(wait)
    (tmp_path / "a.nii").write_bytes(b"")
    with pytest.raises(volio.VolioError, match=r"a\.nii"):
        list(wait)


def test_stitched_voxels_may_have_other_axes_and_another_dtype():
    img = image((9, 14, 5, 2))
    parts = ((voxels.sum(axis=-1)[..., None, None] * [1, 2, 3], t) for voxels, t in tiles(img, 6))
    found = stitch_tiles(parts, img, dtype=np.float64)
    summed = np.asarray(img.dataobj).sum(axis=-1)
    assert found.shape == (9, 14, 5, 1, 3)
    np.testing.assert_array_equal(found.get_fdata()[..., 0, :], summed[..., None] * [1, 2, 3])


def test_tiles_are_written_into_an_array():
    img = image((9, 14, 5))
    out = np.zeros(img.shape, np.int64)
    found = stitch_tiles(tiles(img, 6, 1), img, out=out)
    np.testing.assert_array_equal(out, img.dataobj)
    assert np.shares_memory(np.asarray(found.dataobj), out)


@pytest.mark.parametrize("overlap", [2, 3])
def test_tiles_are_written_into_an_array_in_chunks(overlap, tmp_path):
    zarr = optional("zarr")
    img = image((9, 14, 5))
    # Every tile has values of its own: with odd overlaps the later one counts where two meet.
    parts = [(np.full(v.shape, n), tile) for n, (v, tile) in enumerate(tiles(img, 5, overlap))]
    out = zarr.create_array(tmp_path / "a", shape=img.shape, dtype="i8", chunks=(4, 3, 2))
    found = stitch_tiles(parts, img, out=out)
    np.testing.assert_array_equal(found.dataobj[:], stitch_tiles(parts, img).dataobj)
    np.testing.assert_array_equal(zarr.open_array(tmp_path / "a")[:], found.dataobj[:])


def test_what_does_not_fit_is_refused():
    img = image((9, 14, 5))
    parts = list(tiles(img, 6))
    with pytest.raises(UsageError, match="the image: 5 of 6 of its tiles came"):
        stitch_tiles(parts[1:], img)
    with pytest.raises(UsageError, match="the image: none of its tiles came"):
        stitch_tiles([], img)
    with pytest.raises(UsageError, match=r"must have the shape \(6, 6, 6, ...\), got \(5, 6, 6\)"):
        stitch_tiles([(parts[0][0][1:], parts[0][1])], img)
    with pytest.raises(UsageError, match=r"out: must have the shapes \[\(9, 14, 5\)\], got"):
        stitch_tiles(parts, img, out=np.zeros((9, 14, 5, 1)))
    with pytest.raises(UsageError, match=r"out: must have the shapes \[\(9, 14, 5, 2\)\], got"):
        stitch_tiles([parts[0], (np.zeros((6, 6, 6, 2)), parts[1][1])], img)
    with pytest.raises(ImageDataError, match="voxels of int32 change when they are stored"):
        stitch_tiles(parts, img, dtype=np.uint8)


def test_what_cannot_be_read_is_no_image(tmp_path):
    img = image((9, 14, 5))
    with volio.create(tmp_path / "a.nii", img.shape, np.int32, AFFINE) as out:
        with pytest.raises(UsageError, match="out: ImageWriter cannot be read as the voxels"):
            stitch_tiles(tiles(img, 6), img, out=out)
        out[...] = 0


def test_lengths_may_be_numbers_of_numpy():
    img = image((9, 14, 5))
    sizes = [tile.patch_size for _, tile in tiles(img, np.array([4, 14, 5]), np.array([1, 0, 0]))]
    assert sizes == [(4, 14, 5)] * 3
    assert next(tiles(img, np.int64(4)))[0].shape == (4, 4, 4)


@pytest.mark.parametrize("cut", [tiles, random_patches, stratified_patches])
def test_lengths_are_checked_before_anything_is_read(cut):
    img = image((9, 14, 5))
    for size in ((4, 4), 0, (4, 4, -1)):
        with pytest.raises(UsageError, match="size: "):
            cut(img, size)
    with pytest.raises(UsageError, match="size: must be integers"):
        cut(img, 4.5)
    with pytest.raises(UsageError, match=f"{cut.__name__}: must be given an image, got ndarray"):
        cut(np.zeros((4, 4, 4)), 2)


def test_overlaps_are_checked():
    with pytest.raises(UsageError, match="overlaps: must be one per axis"):
        tiles(image((9, 14, 5)), 4, (1, 1))
    with pytest.raises(UsageError, match="overlaps: must be one per axis"):
        tiles(image((9, 14, 5)), 4, 4)


def test_random_patches_are_inside_and_repeat_with_their_seed():
    img = image((9, 14, 5, 2))
    found = list(random_patches(img, (4, 6, 5), seed=1))
    assert len(found) == 9  # 3 x 3 x 1
    for voxels, corner in found:
        box = tuple(slice(c, c + n) for c, n in zip(corner, (4, 6, 5), strict=True))
        np.testing.assert_array_equal(voxels, np.asarray(img.dataobj)[box])
    again = [corner for _, corner in random_patches(img, (4, 6, 5), seed=1)]
    assert again == [corner for _, corner in found]
    other = [corner for _, corner in random_patches(img, (4, 6, 5), seed=2)]
    assert other != again
    assert len(list(random_patches(img, 4, count=0))) == 0
    with pytest.raises(UsageError, match="count: must be 0 or more, got -1"):
        random_patches(img, 4, count=-1)


def test_patches_of_short_axes_are_0_after_the_image():
    ((voxels, corner),) = random_patches(image((9, 14, 5)), (9, 14, 8), seed=0)
    assert corner == (0, 0, 0)
    assert voxels[..., :5].any()
    assert not voxels[..., 5:].any()


def test_stratified_patches_stay_inside_the_cells_of_a_mask():
    img = image((16, 24, 9))
    mask = np.zeros((16, 24, 9))
    mask[9, 17, 8] = np.nan
    mask[3, 20, 8] = 2
    mask[8:, 5, 0] = 1
    found = [corner for _, corner in stratified_patches(img, 8, mask, seed=0)]
    # 6.75 patches, 4 of 6 cells without: 3 patches, in cells (0, 2) and (1, 0).
    assert len(found) == 3
    assert {corner[:2] for corner in found} <= {(0, 16), (8, 0)}
    series = np.stack([mask * 0, mask], axis=-1)
    again = stratified_patches(img, 8, volio.Nifti1Image(series, AFFINE), seed=0)
    assert [corner for _, corner in again] == found


def test_stratified_patches_cover_the_image_without_a_mask():
    img = image((16, 24, 9))
    found = list(stratified_patches(img, 8, seed=3))
    assert len(found) == 7  # 6.75
    for voxels, corner in found:
        box = tuple(slice(c, c + 8) for c in corner)
        np.testing.assert_array_equal(voxels, np.asarray(img.dataobj)[box])


def test_masks_that_do_not_fit_are_refused():
    img = image((16, 24, 9))
    with pytest.raises(UsageError, match=r"mask: shape .* is not on the grid of the image"):
        stratified_patches(img, 8, np.ones((16, 24, 8)))
    moved = volio.Nifti1Image(np.ones(img.shape), np.eye(4))
    with pytest.raises(UsageError, match=r"mask: shape .* is not on the grid of the image"):
        stratified_patches(img, 8, moved)
    with pytest.raises(UsageError, match=r"mask: leaves no patch of \(8, 8, 8\)"):
        stratified_patches(img, 8, np.zeros(img.shape))


def test_tiles_can_be_written_to_a_file_one_by_one(tmp_path):
    img = image((20, 14, 9))
    with volio.create(tmp_path / "a.nii", img.shape, np.float32, img.affine) as out:
        for voxels, tile in tiles(img, 8, 4):
            out[tile.target] = voxels[tile.crop] / 2
    found = volio.load(tmp_path / "a.nii")
    np.testing.assert_array_equal(found.dataobj, np.asarray(img.dataobj) / 2)
