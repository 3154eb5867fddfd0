"""What holds for every affine, array and header: nothing moves, nothing is lost."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import volio
from volio.errors import GeometryWarning
from volio.formats.table import FORMATS
from volio.space.orientations import aff2axcodes
from volio.testing import strategies
from volio.testing.comparison import same_values, world_positions

WRITTEN = [row for row in FORMATS if row.write and row.kind == "volume"]


def numbered(shape: tuple[int, ...], affine: np.ndarray) -> volio.Nifti1Image:
    """Return an image in which every voxel has a value of its own."""
    return volio.Nifti1Image(np.arange(np.prod(shape), dtype=np.int32).reshape(shape), affine)


def lazy(image: volio.Nifti1Image) -> volio.Nifti1Image:
    """Return the image as it comes from a file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GeometryWarning)  # sheared
        return volio.Nifti1Image.from_bytes(image.to_bytes())


def check_nothing_moved(before, after) -> None:
    """Assert that every value that is left lies where it was."""
    places = world_positions(before.affine, before.shape)
    found = np.asanyarray(after.dataobj)
    origin = np.unravel_index(found, before.shape)
    expected = places[origin[:3]]
    where = world_positions(after.affine, after.shape)
    where = where[(..., *[np.newaxis] * (found.ndim - 3), slice(None))]
    np.testing.assert_allclose(np.broadcast_to(where, expected.shape), expected, atol=1e-3)


images = st.builds(numbered, strategies.shapes(3, 5), strategies.affines())
either = st.sampled_from([lazy, lambda image: image])


@given(image=images, form=either, data=st.data())
def test_slices_leave_voxels_where_they_were(image, form, data):
    slicing = data.draw(strategies.slicings(image.shape))
    part = form(image).slicer[slicing]
    same_values(np.asanyarray(part.dataobj), np.asanyarray(image.dataobj)[slicing])
    check_nothing_moved(image, part)


@given(image=images, data=st.data())
def test_slices_of_slices_leave_voxels_where_they_were(image, data):
    part = lazy(image).slicer[data.draw(strategies.slicings(image.shape))]
    check_nothing_moved(image, part.slicer[data.draw(strategies.slicings(part.shape))])


@given(image=images, form=either, ornt=strategies.orientations())
def test_reorienting_leaves_voxels_where_they_were(image, form, ornt):
    turned = form(image).as_reoriented(ornt)
    assert sorted(turned.shape) == sorted(image.shape)
    check_nothing_moved(image, turned)


@given(image=images, axis=st.integers(0, 2))
def test_flips_leave_voxels_where_they_were(image, axis):
    index = [slice(None)] * 3
    index[axis] = slice(None, None, -1)
    flipped = image.slicer[tuple(index)]
    same_values(np.asanyarray(flipped.dataobj), np.flip(np.asanyarray(image.dataobj), axis))
    check_nothing_moved(image, flipped)


@given(image=images, form=either)
def test_closest_canonical_leaves_voxels_where_they_were(image, form):
    turned = volio.as_closest_canonical(form(image))
    assert aff2axcodes(turned.affine) == ("R", "A", "S")
    check_nothing_moved(image, turned)


@given(image=images, data=st.data())
def test_what_is_cropped_and_turned_is_saved_where_it_was(image, data):
    part = lazy(image).slicer[data.draw(strategies.slicings(image.shape))]
    check_nothing_moved(image, lazy(part.as_reoriented(data.draw(strategies.orientations()))))


SIZES_ONLY = {"analyze", "ecat", "tiff"}  # hold no angles, and say so


@pytest.mark.parametrize("row", WRITTEN, ids=lambda row: row.name)
@settings(max_examples=12)  # of each of 13 formats
@given(data=st.data())
def test_values_return_from_every_format(tmp_path, row, data):
    """Arrays that a format stores come back as they were; integers as integers."""
    image = data.draw(strategies.images(row.image_class(), kinds="iufc"))
    path = tmp_path / f"a{row.endings[0]}"
    with warnings.catch_warnings():
        if row.name in SIZES_ONLY:
            warnings.simplefilter("ignore", GeometryWarning)
        image.to_filename(path)
    back = type(image).from_filename(path)
    found, expected = np.asanyarray(back.dataobj), np.asanyarray(image.dataobj)
    assert found.dtype.kind in ("iu" if expected.dtype.kind in "iu" else expected.dtype.kind)
    np.testing.assert_array_equal(found.reshape(expected.shape), expected)
    if row.name in SIZES_ONLY:
        sizes = volio.affines.voxel_sizes(image.affine)
        np.testing.assert_allclose(volio.affines.voxel_sizes(back.affine), sizes, rtol=1e-5)
    else:
        np.testing.assert_allclose(back.affine, image.affine, atol=1e-3, rtol=1e-5)


# Integers at the ends of every dtype: test_values_kept.py.


@pytest.mark.parametrize("row", WRITTEN, ids=lambda row: row.name)
@settings(max_examples=12)  # of each of 13 formats
@given(dtype=st.sampled_from(["f4", "i2", "u1"]), data=st.data())
def test_exact_keeps_every_value(tmp_path, row, dtype, data):
    array = data.draw(strategies.voxels((2, 3, 4), dtype))
    path = tmp_path / f"a{row.endings[0]}"
    row.image_class()(array, None).to_filename(path, dtype="exact")
    found = np.asanyarray(volio.load(path).dataobj)
    np.testing.assert_array_equal(found.reshape(array.shape), array)


@given(image=strategies.images(volio.Nifti1Image, kinds="iuf"), order=st.sampled_from("<>"))
def test_an_untouched_header_is_written_as_it_was(image, order):
    swapped = volio.Nifti1Image(image.dataobj, image.affine, image.header.as_byteswapped(order))
    first = swapped.to_bytes()
    assert volio.Nifti1Image.from_bytes(first).to_bytes() == first


@given(low=st.floats(-1e6, 1e6), spread=st.floats(1e-3, 1e6), data=st.data())
def test_rounding_stays_within_what_the_warning_states(low, spread, data):
    assume(spread > abs(low) * 1e-6)
    array = np.linspace(low, low + spread, 24).reshape(2, 3, 4)
    image = volio.Nifti1Image(array, np.eye(4))
    with pytest.warns(volio.errors.PrecisionWarning, match="rounded to fit int16"):
        stored = image.to_bytes(dtype=np.int16)
    back = volio.Nifti1Image.from_bytes(stored).get_fdata()
    assert np.abs(back - array).max() <= 1.01 * spread / (2**16 - 2)
