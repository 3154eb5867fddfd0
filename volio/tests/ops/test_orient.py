"""Turning images: world positions stay, voxels stay lazy."""

from __future__ import annotations

from itertools import permutations, product

import nibabel
import numpy as np
import pytest
from hypothesis import given

import volio
from volio.arrays.lazy import LazyArray
from volio.errors import AffineError, OrientationError, UsageError
from volio.ops.orient import as_closest_canonical, reorient
from volio.testing.comparison import world_positions
from volio.testing.strategies import affines, shapes
from volio.tests.points import PointsImage

CODES = [
    "".join(pair[way] for pair, way in zip(order, ways, strict=True))
    for order in permutations(("LR", "PA", "IS"))
    for ways in product((0, 1), repeat=3)
]


def numbered(shape, affine=None):
    """An image whose voxels all differ."""
    data = np.arange(np.prod(shape), dtype=np.int32).reshape(shape)
    return volio.Nifti1Image(data, np.eye(4) if affine is None else affine)


def places(img):
    """World position of each value of the first volume, by value."""
    first = np.asarray(img.dataobj).reshape(*img.shape[:3], -1)[..., 0]
    where = world_positions(img.affine, (*img.shape[:3], 1, 1)[:3]).reshape(-1, 3)
    return where[np.argsort(first.ravel())]


@given(affine=affines(), shape=shapes())
def test_voxels_stay_where_they_are(affine, shape):
    img = numbered(shape, affine)
    turned = as_closest_canonical(img)
    assert volio.aff2axcodes(turned.affine) == ("R", "A", "S")
    np.testing.assert_allclose(places(turned), places(img), atol=1e-6)
    assert type(turned) is type(img)


@given(affine=affines(), shape=shapes(3, 5, 3))
def test_as_nibabel(affine, shape):
    img = numbered(shape, affine)
    other = nibabel.Nifti1Image(np.asarray(img.dataobj), affine)
    turned, expected = as_closest_canonical(img), nibabel.as_closest_canonical(other)
    np.testing.assert_array_equal(turned.dataobj, expected.dataobj)
    np.testing.assert_allclose(turned.affine, expected.affine, atol=1e-9)


@pytest.mark.parametrize("codes", CODES)
def test_reorient_to_codes_and_back(codes):
    img = numbered((2, 3, 4, 2), np.diag([2.0, 3, 4, 1]))
    turned = reorient(img, codes)
    assert "".join(volio.aff2axcodes(turned.affine)) == codes
    np.testing.assert_allclose(places(turned), places(img))
    back = reorient(turned, ("R", "A", "S"))
    np.testing.assert_array_equal(back.dataobj, img.dataobj)
    np.testing.assert_allclose(back.affine, img.affine)


def test_nothing_to_turn_gives_the_image_itself():
    img = numbered((2, 3, 4))
    assert as_closest_canonical(img) is img
    assert reorient(img, "ras") is img


def test_lazy_voxels_stay_lazy(tmp_path):
    img = numbered((3, 4, 5, 2), np.diag([-1.0, -2, 3, 1]))
    volio.save(img, tmp_path / "a.nii.gz")
    turned = as_closest_canonical(volio.load(tmp_path / "a.nii.gz"))
    assert isinstance(turned.dataobj, LazyArray)
    np.testing.assert_array_equal(turned.dataobj, np.asarray(img.dataobj)[::-1, ::-1])


def test_codes_of_spaces_stay():
    img = numbered((2, 3, 4), np.diag([-1.0, 1, 1, 1]))
    img.header.set_sform(img.affine, "mni")
    img.header.set_qform(img.affine, "scanner")
    turned = as_closest_canonical(img)
    assert turned.header["sform_code"] == 4
    assert turned.header["qform_code"] == 1
    np.testing.assert_allclose(turned.get_qform(), turned.affine, atol=1e-5)


def test_diagonal_can_be_enforced():
    img = numbered((2, 3, 4), np.array([[0, -2, 0, 0], [3, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1.0]]))
    assert as_closest_canonical(img, enforce_diag=True).shape == (3, 2, 4)
    oblique = img.affine.copy()
    oblique[0, 0] = 0.2
    with pytest.raises(OrientationError, match="diagonal"):
        as_closest_canonical(numbered((2, 3, 4), oblique), enforce_diag=True)


@pytest.mark.parametrize("codes", ["RAR", "RA", "RAX", "", ("R", "A", None)])
def test_codes_must_name_each_axis_once(codes):
    with pytest.raises(OrientationError, match="axcodes"):
        reorient(numbered((2, 3, 4)), codes)


def test_images_that_cannot_be_turned():
    with pytest.raises(AffineError, match="no affine"):
        as_closest_canonical(volio.SpatialImage(np.zeros((2, 3, 4)), None))
    with pytest.raises(OrientationError, match="direction"):
        as_closest_canonical(volio.SpatialImage(np.zeros((2, 3, 4)), np.diag([1.0, 0, 1, 1])))


@pytest.mark.parametrize("cls", [volio.SpatialImage, volio.Nifti1Image, volio.NrrdImage])
@pytest.mark.parametrize("codes", ["RAS", "LPS", "LAI", "PRS", "ALS"])
def test_the_two_axes_of_a_plane_are_turned(cls, codes):
    plane = numbered((3, 4), np.diag([-2.0, 3, 4, 1]))
    plane = cls(np.asarray(plane.dataobj), plane.affine)
    turned = reorient(plane, codes)
    assert len(turned.shape) == 2
    assert "".join(volio.aff2axcodes(turned.affine)) == codes
    np.testing.assert_allclose(places(turned), places(plane))


@pytest.mark.parametrize(
    ("shape", "codes", "expected"),
    [
        ((3, 4), "SLP", (1, 3, 4)),
        ((3, 4), "RSA", (3, 1, 4)),
        ((3,), "LIP", (3,)),
        ((3,), "SRA", (1, 3)),
        ((3,), "ASL", (1, 1, 3)),
    ],
)
def test_axes_that_are_lacking_are_there_where_they_come_first(shape, codes, expected):
    img = numbered(shape, np.diag([-2.0, 3, 4, 1]))
    turned = reorient(img, codes)
    assert turned.shape == expected
    assert "".join(volio.aff2axcodes(turned.affine)) == codes
    np.testing.assert_allclose(places(turned), places(img))


def test_a_plane_that_runs_as_it_should_is_the_image_itself():
    plane = numbered((3, 4), np.diag([2.0, 3, 4, 1]))
    assert as_closest_canonical(plane, enforce_diag=True) is plane


@pytest.mark.parametrize("task", [reorient, as_closest_canonical])
def test_images_of_other_kinds_are_refused(task):
    with pytest.raises(UsageError, match=f"{task.__name__} takes volumes"):
        task(PointsImage(np.zeros((2, 3))))
