"""Cutting blocks out and putting them back: every voxel is found again where it was."""

from __future__ import annotations

import numpy as np
import pytest

import volio
from volio.affines import apply_affine
from volio.arrays.lazy import LazyArray
from volio.errors import AffineError, ImageDataError, LossWarning, UsageError
from volio.ops.crop import block_around_box
from volio.tests.points import PointsImage

OBLIQUE = np.array([[-1.6, -1.8, 0, 9], [-1.2, 2.4, 0, -12], [0, 0, 4, 7], [0, 0, 0, 1]])
SHAPE = (6, 5, 4)
RGB = np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")])


def numbered(shape=SHAPE, affine=OBLIQUE, cls=volio.Nifti1Image):
    """An image in which every value differs, none of them 0."""
    return cls(1 + np.arange(np.prod(shape), dtype=np.int32).reshape(shape), affine)


def positions(img):
    """World position of each value that is not 0, axes after the third taken together."""
    data = np.asarray(img.dataobj)
    indices = np.argwhere(data != 0)
    world = apply_affine(img.affine, indices[:, :3]).round(4).tolist()
    return dict(zip(data[data != 0].tolist(), world, strict=True))


def mask_of(shape, *voxels):
    mask = np.zeros(shape, np.uint8)
    for voxel in voxels:
        mask[voxel] = 1
    return mask


MASK = mask_of(SHAPE, (1, 2, 3), (3, 3, 1))


@pytest.mark.parametrize(
    ("margin", "block"),
    [
        (0, np.s_[1:4, 2:4, 1:4]),
        (1, np.s_[0:5, 1:5, 0:4]),
        ((0, 1, 2), np.s_[1:4, 1:5, 0:4]),
        (9, np.s_[:, :, :]),
    ],
)
def test_the_smallest_block_with_a_margin(margin, block):
    img = numbered()
    cropped = volio.crop_to_mask(img, MASK, margin)
    np.testing.assert_array_equal(cropped.dataobj, np.asarray(img.dataobj)[block])
    everything = positions(img)
    assert all(everything[value] == at for value, at in positions(cropped).items())


@pytest.mark.parametrize("kind", ["u1", "f4", "c8", "?", RGB], ids=str)
def test_voxels_of_the_image_itself_that_are_not_0(kind):
    data = np.zeros((6, 5, 4, 2), kind)
    data[1, 2, 3, 0] = data[3, 3, 1, 1] = 1
    cropped = volio.crop_to_mask(volio.SpatialImage(data, OBLIQUE))
    assert cropped.shape == (3, 2, 3, 2)
    np.testing.assert_array_equal(cropped.dataobj, data[1:4, 2:4, 1:4])


def test_nan_is_not_inside():
    data = np.full(SHAPE, np.nan)
    data[2, 2, 2] = 5
    assert volio.crop_to_mask(volio.SpatialImage(data, OBLIQUE)).shape == (1, 1, 1)


def test_a_mask_on_the_same_grid_counts_by_indices_whatever_its_header_rounds(tmp_path):
    volio.save(volio.Nifti1Image(MASK, OBLIQUE), tmp_path / "mask.nii")  # float32 affine
    cropped = volio.crop_to_mask(numbered(), volio.load(tmp_path / "mask.nii"))
    assert cropped.shape == (3, 2, 3)


@pytest.mark.parametrize("flip", [1, -1])
def test_a_mask_on_another_grid_counts_where_it_is(flip):
    img = numbered((8, 8, 8), np.diag([2.0, 2, 2, 1]))
    # Voxels of 3 mm: x from 4.5 to 10.5 mm, y and z from 4.5 to 7.5 mm. A voxel of the image
    # reaches 1 mm around its centre: indices 2 (3 to 5 mm) to 5, and 2 to 4 (7 to 9 mm).
    mask = volio.Nifti1Image(mask_of((5, 5, 5), (2, 2, 2), (3, 2, 2)), np.diag([3.0, 3, 3, 1]))
    turned = mask.slicer[::flip]
    cropped = volio.crop_to_mask(img, turned)
    np.testing.assert_array_equal(cropped.dataobj, np.asarray(img.dataobj)[2:6, 2:5, 2:5])


def test_a_mask_in_metres_is_where_it_is():
    img = numbered((8, 8, 8), np.diag([2.0, 2, 2, 1]))
    mask = volio.Nifti1Image(mask_of((2, 2, 2), (1, 1, 1)), np.diag([0.006, 0.006, 0.006, 1]))
    mask.header.set_xyzt_units("meter")
    # 3 to 9 mm
    assert volio.crop_to_mask(img, mask).affine[:3, 3].tolist() == [4, 4, 4]
    assert volio.crop_to_mask(img, mask).shape == (3, 3, 3)


def test_an_oblique_mask_is_covered():
    turn = np.array([[0.8, -0.6, 0, 0], [0.6, 0.8, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1.0]])
    img = numbered((20, 20, 3), np.eye(4))
    mask = volio.SpatialImage(mask_of((9, 9, 3), (5, 5, 1)), turn @ np.diag([2.0, 2, 1, 1]))
    # Centre (2, 14, 1); half the voxel reaches 0.8 + 0.6 = 1.4 to each side.
    assert volio.ops.crop.block_around_mask(img, mask) == np.s_[1:4, 13:16, 1:2]


def test_voxels_stay_lazy_and_are_of_the_same_class(tmp_path):
    volio.save(numbered(cls=volio.MGHImage), tmp_path / "a.mgz")
    img = volio.load(tmp_path / "a.mgz")
    cropped = volio.crop_to_mask(img, MASK)
    back = volio.pad_to_image(cropped, img)
    assert type(back) is volio.MGHImage
    assert isinstance(cropped.dataobj, LazyArray)
    assert isinstance(back.dataobj, LazyArray)
    assert np.asarray(back.dataobj).sum() == np.asarray(img.dataobj)[1:4, 2:4, 1:4].sum()


@pytest.mark.parametrize("shape", [(7,), (6, 5), SHAPE, (6, 5, 4, 2), (6, 5, 4, 2, 3)], ids=str)
def test_padding_back_gives_the_grid_and_the_voxels(shape):
    img = numbered(shape)
    mask = np.zeros(shape[:3], bool)
    mask[(2,) * mask.ndim] = True
    cropped = volio.crop_to_mask(img, mask, margin=1)
    back = volio.pad_to_image(cropped, img)
    assert back.shape == shape
    assert back.affine.tolist() == img.affine.tolist()
    kept = np.zeros(shape, bool)
    kept[(slice(1, 4),) * mask.ndim] = True
    np.testing.assert_array_equal(back.dataobj, np.where(kept, img.dataobj, 0))


def test_padding_back_a_saved_part_with_another_value(tmp_path):
    img = numbered()
    volio.save(img.slicer[2:4, 1:3, :2], tmp_path / "part.nii")
    back = volio.pad_to_image(volio.load(tmp_path / "part.nii"), img, value=-1)
    expected = np.full(SHAPE, -1)
    expected[2:4, 1:3, :2] = np.asarray(img.dataobj)[2:4, 1:3, :2]
    np.testing.assert_array_equal(back.dataobj, expected)


@pytest.mark.parametrize(
    ("widths", "pairs"),
    [
        (2, [(2, 2)] * 3),
        ((1, 0, 3), [(1, 1), (0, 0), (3, 3)]),
        ([(1, 2), 0, (0, 1)], [(1, 2), (0, 0), (0, 1)]),
        (np.array([[1, 2], [0, 0], [0, 1]]), [(1, 2), (0, 0), (0, 1)]),
    ],
)
def test_padding_moves_no_voxel(widths, pairs):
    img = numbered((3, 4, 2, 2))
    padded = volio.pad_image(img, widths)
    np.testing.assert_array_equal(padded.dataobj, np.pad(img.dataobj, [*pairs, (0, 0)]))
    assert positions(padded) == positions(img)


def test_labels_of_volumes_stay_and_two_spaces_move():
    img = numbered((4, 4, 4, 2))
    img.header.set_zooms((*img.header.get_zooms()[:3], 2.5))
    img.header.set_xyzt_units("mm", "sec")
    other = np.diag([2.0, 3, 4, 1])
    img.set_sform(OBLIQUE, "mni")
    img.set_qform(other, "scanner")
    padded = volio.pad_image(img, (1, 0, 2))
    assert padded.header.get_zooms()[3] == 2.5
    assert (padded.header["sform_code"], padded.header["qform_code"]) == (4, 1)
    np.testing.assert_allclose(padded.get_qform()[:3, 3], [-2, 0, -8])
    np.testing.assert_allclose(padded.get_sform(), padded.affine)


def test_new_slices_have_no_times():
    img = numbered((4, 4, 3))
    img.header.set_dim_info(slice=2)
    img.header.set_slice_duration(1)
    img.header.set_slice_times((0, 1, 2))
    assert volio.pad_image(img, (1, 1, 0)).header.get_slice_times() == (0, 1, 2)
    with pytest.warns(LossWarning, match="slice times") as caught:
        padded = volio.pad_image(img, (0, 0, 1))
    assert padded.header["slice_code"] == 0
    assert caught[0].filename == __file__


def test_images_without_an_affine_are_cropped_and_padded_by_indices():
    img = volio.SpatialImage(MASK, None)
    cropped = volio.crop_to_mask(img)
    assert (cropped.shape, cropped.affine) == ((3, 2, 3), None)
    assert volio.pad_image(cropped, 1).shape == (5, 4, 5)
    with pytest.raises(AffineError, match="reference: has no affine"):
        volio.pad_to_image(cropped, img)
    with pytest.raises(UsageError, match="no affine that says where it is"):
        volio.crop_to_mask(img, volio.SpatialImage(np.ones((2, 2, 2)), OBLIQUE))


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (np.ones((6, 5)), r"shape \(6, 5\) does not fit"),
        (np.ones((6, 5, 3)), r"shape \(6, 5, 3\) does not fit"),
        (volio.SpatialImage(np.ones((2, 2, 2)), np.diag([1, 1, 1, 1])), "is outside the image"),
    ],
    ids=["axes", "length", "elsewhere"],
)
def test_masks_that_do_not_fit_are_refused(mask, message):
    with pytest.raises(UsageError, match=f"mask: {message}"):
        volio.crop_to_mask(numbered(affine=np.diag([1.0, 1, 1, 1]) + np.eye(4, k=3) * 50), mask)


def test_a_mask_without_voxels_is_refused():
    img = numbered()
    with pytest.raises(ImageDataError, match="mask: has no voxel that is not 0"):
        volio.crop_to_mask(img, np.zeros(SHAPE))
    with pytest.raises(ImageDataError, match="mask: has no voxel that is not 0"):
        volio.crop_to_mask(img, volio.SpatialImage(np.zeros((2, 2, 2)), np.eye(4)))
    with pytest.raises(ImageDataError, match="img: has no voxel that is not 0"):
        volio.crop_to_mask(volio.SpatialImage(np.full(SHAPE, np.nan), None))


@pytest.mark.parametrize("margin", [-1, (1, 2), (0, 0, -1), 0.5, "1"])
def test_margins_that_are_no_numbers_of_voxels_are_refused(margin):
    with pytest.raises(UsageError, match="margin: must be"):
        volio.crop_to_mask(numbered(), MASK, margin)


@pytest.mark.parametrize("widths", [-1, (1, 2), [(1, 2, 3), 0, 0], 0.5, [(1, -1), 0, 0], "1"])
def test_widths_that_are_no_numbers_of_voxels_are_refused(widths):
    with pytest.raises(UsageError, match="widths: must be"):
        volio.pad_image(numbered(), widths)


def test_values_that_voxels_cannot_have_are_refused():
    with pytest.raises(ImageDataError, match=r"value: 0\.5 cannot be stored as int32"):
        volio.pad_image(numbered(), 1, 0.5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda img: img.slicer[::-1], "turned by 180 degrees"),
        (lambda img: img.slicer[::2], "not those of the reference"),
        (lambda img: volio.SpatialImage(img.dataobj, img.affine + np.eye(4, k=3) * 0.5), "0.5 mm"),
        (lambda img: volio.pad_image(img, (0, 0, 1)), r"voxels \[0, 0, -1\] to \[5, 4, 4\]"),
        (lambda img: volio.pad_image(img, [(0, 1), 0, 0]), r"to \[6, 4, 3\] of the reference"),
    ],
    ids=["flipped", "every second", "moved", "before", "after"],
)
def test_what_is_not_a_part_is_refused(change, message):
    img = numbered()
    with pytest.raises(UsageError, match=message):
        volio.pad_to_image(change(img), img)


def test_boxes():
    img = numbered(affine=np.diag([2.0, 2, 2, 1]))
    assert block_around_box(img, (1.1, 3, -9), (2.9, 5, 99)) == np.s_[1:2, 2:3, 0:4]
    assert block_around_box(img, (4, 4, 4), (4, 4, 4)) == np.s_[2:3, 2:3, 2:3]
    plane = numbered((6, 5), np.diag([2.0, 2, 2, 1]))
    assert block_around_box(plane, (2, 2, -1), (4, 4, 1)) == np.s_[1:3, 1:3]
    with pytest.raises(UsageError, match="x -1 to 11, y -1 to 9, z -1 to 7"):
        block_around_box(img, (12, 0, 0), (13, 1, 1))
    with pytest.raises(UsageError, match="has no voxels"):
        block_around_box(volio.SpatialImage(np.zeros((0, 2, 2)), np.eye(4)), (0, 0, 0), (1, 1, 1))


@pytest.mark.parametrize("task", ["crop_to_mask", "pad_image", "pad_to_image"])
def test_images_of_other_kinds_are_refused(task):
    points = PointsImage(np.zeros((2, 3)))
    given = {"crop_to_mask": (), "pad_image": (1,), "pad_to_image": (numbered(),)}[task]
    with pytest.raises(UsageError, match=f"{task} takes volumes"):
        getattr(volio, task)(points, *given)
