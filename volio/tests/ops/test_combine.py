"""Joining images, taking them apart, dropping axes: as nibabel does, and lazily."""

from __future__ import annotations

import nibabel
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import volio
from volio.arrays.lazy import LazyArray
from volio.errors import ImageDataError, UsageError
from volio.ops.combine import concat_images, four_to_three, squeeze_image
from volio.testing.strategies import affines, shapes, voxels

AFFINE = np.diag([2.0, 3, 4, 1])


def pair(shape=(2, 3, 4), affine=AFFINE, dtype=np.float32):
    """The same random image for volio and nibabel."""
    data = (100 * np.random.default_rng(len(shape)).normal(size=shape)).astype(dtype)
    return volio.Nifti1Image(data, affine), nibabel.Nifti1Image(data, affine)


@pytest.mark.parametrize("axis", [None, 0, 1, 2, -1, -3])
@pytest.mark.parametrize("shape", [(2, 3, 4), (2, 3, 4, 2)])
def test_concat_as_nibabel(axis, shape):
    ours, theirs = pair(shape)
    found = concat_images([ours, ours, ours], axis=axis)
    expected = nibabel.concat_images([theirs, theirs, theirs], axis=axis)
    np.testing.assert_array_equal(found.dataobj, expected.dataobj)
    np.testing.assert_array_equal(found.affine, expected.affine)
    assert found.header.get_data_dtype() == expected.header.get_data_dtype()
    np.testing.assert_allclose(found.header.get_zooms(), expected.header.get_zooms())


@given(st.data())
def test_four_to_three_and_back(data):
    shape = data.draw(shapes(4, 4))
    array, affine = data.draw(voxels(shape, np.int16)), data.draw(affines())
    img = volio.Nifti1Image(array, affine)
    volumes = four_to_three(img)
    assert [volume.shape for volume in volumes] == [shape[:3]] * shape[3]
    joined = concat_images(volumes)
    np.testing.assert_array_equal(joined.dataobj, array)
    assert joined.dataobj.dtype == np.int16
    np.testing.assert_array_equal(joined.affine, affine)


def test_lengths_may_differ_along_the_axis():
    short, long = pair((2, 3, 4, 1))[0], pair((2, 3, 4, 5))[0]
    joined = concat_images([short, long], axis=3)
    assert joined.shape == (2, 3, 4, 6)
    np.testing.assert_array_equal(joined.dataobj[..., 1:], long.dataobj)


def test_header_of_the_first_image_stays():
    first = pair()[0]
    first.header["descrip"] = b"a scan"
    first.header.set_sform(AFFINE, "scanner")
    joined = concat_images([first, pair()[0]])
    assert joined.header["descrip"] == b"a scan"
    assert joined.header["sform_code"] == 1


def test_files_stay_on_disk(tmp_path):
    img = pair((3, 4, 5), dtype=np.int16)[0]
    names = [tmp_path / "a.nii.gz", str(tmp_path / "b.nii")]
    for name in names:
        volio.save(img, name)
    joined = concat_images(names)
    assert isinstance(joined.dataobj, LazyArray)
    assert joined.dataobj.dtype == np.int16
    np.testing.assert_array_equal(joined.dataobj, np.stack([img.dataobj] * 2, axis=-1))
    volio.save(joined, tmp_path / "c.nii.gz")
    again = volio.load(tmp_path / "c.nii.gz")
    volumes = four_to_three(again)
    assert all(isinstance(volume.dataobj, LazyArray) for volume in volumes)
    np.testing.assert_array_equal(volumes[1].dataobj, img.dataobj)


def test_images_that_do_not_fit_are_named(tmp_path):
    img, other = pair()[0], pair((2, 3, 5))[0]
    volio.save(other, tmp_path / "other.nii")
    with pytest.raises(UsageError, match=r"image 2 \(.*other\.nii\)"):
        concat_images([img, img, tmp_path / "other.nii"])
    with pytest.raises(UsageError, match=r"shape \(2, 3, 5\) of image 1 .* along axis 0"):
        concat_images([img, other], axis=0)
    moved = volio.Nifti1Image(img.dataobj, np.eye(4))
    with pytest.raises(UsageError, match="affine of image 1"):
        concat_images([img, moved])
    assert concat_images([img, moved], check_affines=False).shape == (2, 3, 4, 2)
    with pytest.raises(UsageError, match="affine of image 1"):
        concat_images([volio.SpatialImage(img.dataobj, None), img])
    with pytest.raises(UsageError, match="axis: 3"):
        concat_images([img, img], axis=3)
    with pytest.raises(UsageError, match="at least one"):
        concat_images([])


def test_numbers_and_records_do_not_join():
    rgb = np.zeros((2, 3, 4), [("R", "u1"), ("G", "u1"), ("B", "u1")])
    with pytest.raises(ImageDataError, match="no dtype"):
        concat_images([pair()[0], volio.Nifti1Image(rgb, AFFINE)])
    assert concat_images([volio.Nifti1Image(rgb, AFFINE)] * 2).dataobj.dtype == rgb.dtype


def test_volumes_keep_the_zooms_of_space():
    img = pair((2, 3, 4, 2))[0]
    img.header.set_zooms((2, 3, 4, 1.5))
    assert four_to_three(img)[0].header.get_zooms() == (2, 3, 4)
    with pytest.raises(UsageError, match="four axes"):
        four_to_three(pair()[0])


@pytest.mark.parametrize(
    "shape",
    [(4, 5, 6), (4, 5, 6, 1), (4, 5, 6, 1, 1), (4, 5, 1), (4, 1, 1, 1, 2, 1, 1), (4, 1), (4,)],
)
def test_squeeze_as_nibabel(shape):
    ours, theirs = pair(shape)
    found, expected = squeeze_image(ours), nibabel.squeeze_image(theirs)
    assert found.shape == expected.shape
    np.testing.assert_array_equal(found.dataobj, expected.dataobj)
    assert found is not ours


def test_squeeze_stays_lazy(tmp_path):
    volio.save(pair((4, 5, 6, 1))[0], tmp_path / "a.nii.gz")
    squeezed = squeeze_image(volio.load(tmp_path / "a.nii.gz"))
    assert isinstance(squeezed.dataobj, LazyArray)
    assert squeezed.header.get_zooms() == (2, 3, 4)


# How far apart the voxels of joined images may be.


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        (((0, 3), 0.0049), False),  # 0.01 of 0.5 mm
        (((0, 3), 0.0051), True),
        (((2, 0), 0.0049 / 3), False),  # times three steps to the last voxel
        (((2, 0), 0.0051 / 3), True),
    ],
)
def test_affines_that_differ_by_rounding(change, refused):
    affine = np.diag([2.0, 0.5, 3.0, 1.0])
    affine[:3, 3] = -90, -126, -72
    other = affine.copy()
    place, difference = change
    other[place] += difference
    images = [volio.Nifti1Image(np.ones((4, 3, 2)), each) for each in (affine, other)]
    if not refused:
        joined = concat_images(images)
        np.testing.assert_array_equal(joined.affine, affine)
        return
    voxel = r"\(3, 0, 0\)" if place == (2, 0) else r"\(0, 0, 0\)"
    with pytest.raises(UsageError, match=rf"voxel {voxel} is 0\.0051 mm away, more than 0\.01 of"):
        concat_images(images)


def test_rounding_to_a_few_decimals_is_no_other_place():
    """As text headers have them: six digits of direction cosines, three of positions."""
    angle = np.radians(12.3456789)
    affine = np.eye(4)
    affine[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    affine[:3, 3] = -90.12345, 17.65432, 3.0
    rounded = affine.round(6)
    rounded[:3, 3] = affine[:3, 3].round(3)
    data = np.ones((256, 256, 1), np.uint8)
    images = [volio.Nifti1Image(data, each) for each in (affine, rounded)]
    assert concat_images(images).shape == (256, 256, 1, 2)


def test_other_places_are_named():
    img = volio.Nifti1Image(np.ones((2, 2, 2)), np.eye(4))
    with pytest.raises(UsageError, match=r"affine of image 1 .*: one of them has none"):
        concat_images([img, volio.SpatialImage(np.ones((2, 2, 2)), None)])
    moved = volio.Nifti1Image(np.ones((2, 2, 2)), np.diag([1.0, 1, 6, 1]))
    with pytest.raises(UsageError, match=r"voxel \(0, 0, 1\) is 5 mm away.*resample_from_to"):
        concat_images([img, moved])
