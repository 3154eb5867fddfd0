"""Arguments that are something else: the error names the class, the argument and what to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import volio
from volio.errors import HeaderTypeError, UsageError, UsageTypeError
from volio.formats.cifti2.axes import ScalarAxis, SeriesAxis
from volio.formats.table import FORMATS
from volio.images.file_image import FileImage

VOXELS = np.zeros((2, 3, 4), np.int16)
EYE = np.eye(4)
MATRIX = np.zeros((2, 3), np.float32)

SURFACE = volio.Surface(EYE[:3, :3], [[0, 1, 2]], {"height": [1, 2, 3]})
TRACTS = volio.Tractogram(EYE[:3, :3], [3])
CIFTI = volio.Cifti2Image(MATRIX, (SeriesAxis(0, 1, 2), ScalarAxis(["a", "b", "c"])))


@pytest.mark.parametrize(
    ("img", "told"),
    [
        (
            volio.Nifti1Image(VOXELS, EYE),
            r"Nifti1Image: is a volume, .*np\.asarray\(img\.data",
        ),
        (CIFTI, r"Cifti2Image: is greyordinates, not an array; np\.asarray\(img\.dataobj\)"),
        (
            SURFACE,
            r"Surface: is a surface, not an array; surf\.vertices, surf\.faces and",
        ),
        (TRACTS, r"Tractogram: is tracts, not an array; tracts\.points is the array of all points"),
    ],
)
@pytest.mark.parametrize("use", [np.asarray, np.mean, lambda img: np.ones(3) + img])
def test_an_image_is_not_an_array(img: Any, told: str, use: Callable[[Any], Any]):
    with pytest.raises(UsageTypeError, match=told):
        use(img)


def filled(img: Any) -> Any:
    array = np.empty(2, object)
    array[:] = [img, img]
    return array


@pytest.mark.parametrize("img", [volio.Nifti1Image(VOXELS, EYE), CIFTI, SURFACE, TRACTS])
@pytest.mark.parametrize(
    "use",
    [
        lambda img: np.array([img, img], object),
        filled,
        lambda img: np.vectorize(lambda _: img)(["a", "b"]),  # as of volio.load, by niworkflows
    ],
)
def test_arrays_of_objects_hold_images(img: Any, use: Callable[[Any], Any]):
    array = use(img)
    assert array.shape == (2,)
    assert array[0] is array[1] is img


def image_classes() -> list[type[FileImage]]:
    """The image class of every file that the table knows."""
    layouts = [(row, layout) for row in FORMATS for layout in row.layouts]
    found = [getattr(row.module, layout.image) for row, layout in layouts]
    return list(dict.fromkeys(found))


@pytest.mark.parametrize("cls", image_classes(), ids=lambda cls: cls.__name__)
def test_arguments_that_do_not_exist_name_the_class_that_was_called(cls: Any):
    with pytest.raises(TypeError, match=rf"^{cls.__name__}\.__init__\(\) .* 'colour_of_hair'"):
        cls(colour_of_hair="grey")
    with pytest.raises(TypeError, match=rf"^{cls.__name__}\.__init__\(\) takes .* 15 were given"):
        cls(VOXELS, EYE, *[None] * 12)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: volio.Nifti1Image("scan.nii", EYE), "dataobj: .* got 'scan.nii'; volio.load"),
        (lambda: volio.Surface("lh.white"), "vertices: must be an array, got 'lh.white'"),
        (lambda: volio.Tractogram("a.trk"), "points: must be an array, got 'a.trk'"),
        (lambda: ScalarAxis("a.nii"), "name: must be an array, got 'a.nii'"),
        (lambda: volio.MGHImage([[1, 2], [3]], EYE), "dataobj: rows of unequal lengths"),
        (lambda: volio.Surface([[1, 2, 3], [4]]), "vertices: rows of unequal lengths"),
        (lambda: volio.Surface(EYE[:3, :3], [[0, 1, 2], [0]]), "faces: rows of unequal lengths"),
        (lambda: volio.Tractogram([[1, 2, 3], [4]]), "points: rows of unequal lengths"),
        (lambda: ScalarAxis([["a"], []]), "name: rows of unequal lengths"),
        (lambda: volio.Labels(VOXELS), r"rows: must be labels, as volio\.Label\(1, 'name'\), got"),
        (lambda: volio.Labels("a.txt"), "rows: must be labels, .* got str"),
        (lambda: volio.Labels(5), "rows: must be labels, .* got int"),
        (
            lambda: volio.Nifti1Image(VOXELS, EYE, None, EYE),
            "Nifti1Image: extra: must be",
        ),
    ],
)
def test_what_is_meant_to_be_an_array_or_labels(call: Callable[[], Any], told: str):
    with pytest.raises(UsageError, match=told):
        call()


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: volio.SpatialImage(VOXELS, EYE, VOXELS), "SpatialImage: header: .* got ndarray"),
        (lambda: volio.Nifti1Image(VOXELS, EYE, "a.nii"), "Nifti1Image: header: .* got str"),
        (
            lambda: volio.GiftiImage(VOXELS, EYE),
            r"GiftiImage: .* volio\.Surface\(vertices",
        ),
        (lambda: volio.Cifti2Image(MATRIX, EYE), "Cifti2Image: .* axes in place of an affine"),
        (lambda: volio.Surface(header=EYE), "Surface: header: must be a header or None"),
    ],
)
def test_an_array_is_not_a_header(call: Callable[[], Any], told: str):
    with pytest.raises(HeaderTypeError, match=told):
        call()


def test_what_numpy_says_of_other_arrays_is_kept():
    class Odd:
        def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
            raise UsageError("this one is odd")

    with pytest.raises(UsageError, match="this one is odd"):
        volio.Nifti1Image(Odd(), EYE)
