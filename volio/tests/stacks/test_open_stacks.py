"""Stacks of whatever volio loads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import volio
from volio.arrays.dtypes import RGB
from volio.errors import MissingFileError, UsageError
from volio.stacks import LazyImageStack, open_stacks
from volio.stacks.loading import stack_of_image
from volio.testing.samples import samples_of
from volio.tests.requirements import optional
from volio.tests.stacks.makers import expected_patch

VOXELS = np.arange(1, 3 * 4 * 5 * 2 + 1, dtype=np.int16).reshape(3, 4, 5, 2)


def one(source: Path, axes: str | None = None) -> LazyImageStack:
    """The only stack of a file."""
    (stack,) = open_stacks(source, axes)
    assert isinstance(stack, LazyImageStack)
    return stack


def all_of(stack: LazyImageStack, sample: int = 0) -> np.ndarray:
    """The whole of a sample."""
    shape = stack.data_shape[2:]
    return stack.extract_patch(sample, None, (0,) * len(shape), shape)


@pytest.mark.parametrize("ending", [".nii.gz", ".mgz", ".nrrd"])
def test_series_of_volumes(tmp_path, ending):
    path = tmp_path / f"bold{ending}"
    volio.save(volio.Nifti1Image(VOXELS, np.eye(4)), path)
    stack = one(path)
    assert stack.source == str(path)
    assert (stack.original_axes, stack.original_data_shape) == ("XYZT", (3, 4, 5, 2))
    assert stack.data_shape == (2, 1, 5, 4, 3)
    np.testing.assert_array_equal(all_of(stack, 1)[0], VOXELS[..., 1].T)


def test_a_fifth_axis_is_that_of_channels(tmp_path):
    path = tmp_path / "vectors.nii"
    volio.save(volio.Nifti1Image(VOXELS[:, :, :, np.newaxis], np.eye(4)), path)
    stack = one(path)
    assert stack.data_shape == (1, 2, 5, 4, 3)
    np.testing.assert_array_equal(all_of(stack), np.moveaxis(VOXELS, 3, 0).transpose(0, 3, 2, 1))


def test_a_sixth_axis_is_that_of_samples(tmp_path):
    img = volio.Nifti1Image(VOXELS.reshape(3, 4, 5, 1, 1, 2), np.eye(4))
    assert stack_of_image(img, "six").data_shape == (2, 1, 5, 4, 3)
    flat = stack_of_image(volio.Nifti1Image(np.zeros((3, 4, 1, 2, 1, 1)), np.eye(4)), "flat")
    # Nothing varies along the sixth axis; the depth is one of the image all the same.
    assert (flat.original_axes, flat.data_shape) == ("XYZTC", (2, 1, 1, 4, 3))
    seven = volio.Nifti1Image(np.zeros((2, 2, 2, 1, 1, 2, 2)), np.eye(4))
    with pytest.raises(UsageError, match="x, y, z, t, c, d, e cannot be distinguished"):
        stack_of_image(seven, "seven")
    named = stack_of_image(volio.Nifti1Image(VOXELS, np.eye(4)), "mine", "ZYXC")
    assert named.data_shape == (1, 2, 3, 4, 5)


def test_letters_of_the_user_name_the_axes_of_the_image(tmp_path):
    path = tmp_path / "bold.nii"
    volio.save(volio.Nifti1Image(VOXELS, np.eye(4)), path)
    stack = one(path, "XYSC")
    assert stack.data_shape == (5, 2, 4, 3)
    np.testing.assert_array_equal(all_of(stack, 4)[1], VOXELS[:, :, 4, 1].T)
    with pytest.raises(UsageError, match="names 3 axes, the array has 4"):
        open_stacks(path, "XYZ")


def test_letters_of_the_user_name_the_axes_of_an_array_in_its_file(tmp_path):
    img = volio.OmeZarrImage(VOXELS, np.eye(4))
    volio.save(img, tmp_path / "a.ome.zarr")  # in the file t, z, y, x
    assert one(tmp_path / "a.ome.zarr").data_shape == (2, 1, 5, 4, 3)
    stack = one(tmp_path / "a.ome.zarr", "CTYX")
    assert stack.data_shape == (5, 2, 4, 3)
    np.testing.assert_array_equal(all_of(stack, 4)[1], VOXELS[:, :, 4, 1].T)


def test_depths_that_a_file_lacks_are_no_axes(tmp_path):
    img = volio.OmeZarrImage(VOXELS, np.eye(4))
    volio.save(img, tmp_path / "a.ome.zarr")
    flat = one(tmp_path / "a.ome.zarr", "SCYX")
    assert (flat.data_shape, flat.original_axes) == ((2, 5, 4, 3), "XYCS")
    np.testing.assert_array_equal(all_of(flat, 1)[3], VOXELS[:, :, 3, 1].T)


@pytest.mark.parametrize("lazy", [True, False])
def test_colours_are_channels(tmp_path, lazy):
    colours = np.zeros((3, 4, 5), RGB)
    for number, name in enumerate("RGB"):
        colours[name] = np.arange(60).reshape(3, 4, 5) + 60 * number
    img = volio.Nifti1Image(colours, np.eye(4))
    if lazy:
        volio.save(img, tmp_path / "colours.nii.gz")
        img = volio.load(tmp_path / "colours.nii.gz")
    stack = stack_of_image(img, "colours")
    assert (stack.data_shape, stack.data_dtype) == ((1, 3, 5, 4, 3), np.uint8)
    assert stack.original_axes == "XYZC"
    patch = stack.extract_patch(0, [2, 0], (0, 0, 1), (1, 1, 3))
    assert patch.tolist() == [[[[140, 160, 0]]], [[[20, 40, 0]]]]


# Of CZI there is a stack for each scene; see its own tests.
FORMATS = [
    row
    for row in volio.FORMATS
    if row.kind == "volume" and row.name != "czi" and samples_of(row.name)
]


@pytest.mark.parametrize("row", FORMATS, ids=lambda row: row.name)
def test_a_file_of_each_format(row):
    if row.extra == "tiff":
        optional("tifffile")
    if row.extra in ("minc2", "hdf5"):
        optional("h5py")
    path = samples_of(row.name)[-1].path
    stack = one(path)
    voxels = np.asarray(volio.load(path).dataobj)
    if voxels.dtype.names:
        voxels = np.stack([voxels[field] for field in voxels.dtype.names], axis=-1)
    # Axes of length 1 may have been left out; the others are in the order of the image.
    stored = voxels.reshape(stack.original_data_shape)
    coords = [-1] * len(stack.data_shape[2:])
    size = [n + 2 for n in stack.data_shape[2:]]
    expected = expected_patch(stored, stack.original_axes, -1, None, coords, size)
    np.testing.assert_array_equal(stack.extract_patch(-1, None, coords, size), expected)
    assert voxels.any()


def test_files_that_are_not_there(tmp_path):
    with pytest.raises(MissingFileError, match=r"nothing.nii"):
        open_stacks(tmp_path / "nothing.nii")
