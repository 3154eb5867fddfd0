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
