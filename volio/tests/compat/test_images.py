"""What nibabel's image modules offer beside the images."""

from __future__ import annotations

from typing import Any

import nibabel
import numpy as np
import pytest

import volio
from volio import compat
from volio.compat.nibabel.batteryrunners import Report
from volio.errors import HeaderDataError, UsageError
from volio.tests.compat.oracle import assert_alike

AFFINE = np.diag([2, 3, 4, 1.0])
VOXELS = np.arange(24, dtype=np.int16).reshape(2, 3, 4)


@pytest.fixture
def img() -> Any:
    """A small image."""
    return volio.Nifti1Image(VOXELS, AFFINE)


def test_dtypes_and_shapes_of_data(img: Any, tmp_path: Any):
    arrayproxy = compat.module("arrayproxy")
    img.to_filename(tmp_path / "a.nii")
    proxy = volio.load(tmp_path / "a.nii").dataobj
    assert arrayproxy.get_obj_dtype(proxy) == np.int16
    assert arrayproxy.get_obj_dtype([1.0]) == np.float64
    assert arrayproxy.reshape_dataobj(proxy, (6, 4)).shape == (6, 4)
    assert arrayproxy.is_proxy(arrayproxy.reshape_dataobj(proxy, (6, 4)))
    assert arrayproxy.reshape_dataobj([[1, 2]], (2,)).tolist() == [1, 2]
    assert isinstance(proxy, arrayproxy.ArrayProxy)
    assert isinstance(proxy, arrayproxy.ArrayLike)
    assert isinstance(VOXELS, arrayproxy.ArrayLike)


def test_all_image_classes(img: Any):
    classes = compat.module("imageclasses")
    assert volio.Nifti1Image in classes.all_image_classes
    assert classes.all_image_classes.count(volio.FreeSurferAnnotation) == 1  # of two layouts
    assert volio.MGHImage in classes.KNOWN_SPATIAL_FIRST
    assert classes.spatial_axes_first(img)
    four = np.zeros((2, 2, 2, 2))
    assert classes.spatial_axes_first(volio.Nifti1Image(four, AFFINE))
    assert not classes.spatial_axes_first(volio.SpatialImage(four, AFFINE))


def test_counting_voxels(img: Any):
    stats, theirs = compat.module("imagestats"), nibabel.imagestats
    mask = nibabel.Nifti1Image(VOXELS, AFFINE)
    assert stats.count_nonzero_voxels(img) == theirs.count_nonzero_voxels(mask)
    assert stats.mask_volume(img) == pytest.approx(theirs.mask_volume(mask))


@pytest.mark.parametrize("name", ["Nifti1Header", "AnalyzeHeader", "Nifti2Header"])
def test_supported_types(name: str):
    header = getattr(volio, name)()
    before = header.get_data_dtype()
    found = compat.module("spatialimages").supported_np_types(header)
    assert found >= {np.uint8, np.int16, np.float32}
    assert header.get_data_dtype() == before
    assert (np.uint64 in found) == (name != "AnalyzeHeader")


@pytest.mark.parametrize("n_dim", [1, 2, 3, 4, 5])
def test_adapting_affines(n_dim: int):
    import nibabel.processing

    ours = compat.module("processing").adapt_affine
    assert_alike(nibabel.processing.adapt_affine, ours, AFFINE, n_dim)
    assert compat.module("processing").SIGMA2FWHM == nibabel.processing.SIGMA2FWHM


HEADERS = {
    "analyze": ["header_key_dtd", "image_dimension_dtd", "data_history_dtd"],
    "spm99analyze": ["header_key_dtd", "image_dimension_dtd", "data_history_dtd"],
    "spm2analyze": ["image_dimension_dtd"],
    "nifti1": ["header_dtd"],
    "nifti2": ["header_dtd"],
    "freesurfer.mghformat": ["header_dtd", "footer_dtd"],
}


@pytest.mark.parametrize("name", HEADERS)
def test_layouts_of_headers(name: str):
    from importlib import import_module

    ours, theirs = compat.module(name), import_module(f"nibabel.{name}")
    assert ours.header_dtype == theirs.header_dtype
    for each in HEADERS[name]:
        assert np.dtype(getattr(ours, each)) == np.dtype(getattr(theirs, each))


def small(header: Any, fix: bool = False) -> tuple[Any, Report]:
    """Check that the number has two digits."""
    fine = header["number"] < 100
    return header, Report() if fine else Report(HeaderDataError, 40, "number is above 99")


def test_subclasses_of_records():
    wrapstruct = compat.module("wrapstruct")

    class Mine(wrapstruct.WrapStruct):
        template_dtype = np.dtype([("number", "<i4"), ("name", "S4")])

        @classmethod
        def _get_checks(cls) -> tuple[Any, ...]:
            return (small,)

    class Named(wrapstruct.LabeledWrapStruct, Mine):
        _field_recoders = {"number": volio.codes.Recoder([(7, "seven")], ("code", "label"))}

    assert Mine.diagnose_binaryblock(b"\xe8\3\0\0abcd", "<") == "number is above 99"
    with pytest.raises(HeaderDataError, match="above 99"):
        Mine(b"\xe8\3\0\0abcd", "<")
    assert Named(b"\7\0\0\0abcd", "<").get_value_label("number") == "seven"
    assert not isinstance(volio.Nifti1Header(), Mine | Named)
    thing = Mine()
    thing["number"] = 7
    assert Mine(thing.binaryblock, endianness="<")["number"] == 7
    assert isinstance(volio.Nifti1Header(), wrapstruct.LabeledWrapStruct)
    with pytest.raises(wrapstruct.WrapStructError, match="takes 8 bytes, got 5"):
        Mine(b"short")


def test_points():
    from nibabel import pointset as theirs

    from volio.compat.nibabel import pointset as ours

    coordinates = np.arange(12.0).reshape(4, 3)
    found, expected = ours.Pointset(coordinates), theirs.Pointset(coordinates)
    assert (found.n_coords, found.dim) == (expected.n_coords, expected.dim)
    moved, moved_there = AFFINE @ found, AFFINE @ expected
    np.testing.assert_array_equal(moved.get_coords(), moved_there.get_coords())
    np.testing.assert_array_equal(
        moved.get_coords(as_homogeneous=True), moved_there.get_coords(as_homogeneous=True)
    )
    assert found == ours.Pointset(coordinates.copy())
    assert found != moved
    assert found != "points"
    assert "4 points in 3 dimensions" in repr(found)
    homogeneous = ours.Pointset(np.column_stack([coordinates, np.ones(4)]), homogeneous=True)
    np.testing.assert_array_equal(homogeneous.get_coords(), coordinates)
    with pytest.raises(UsageError, match="affine"):
        ours.Pointset(coordinates, np.eye(3))
    with pytest.raises(TypeError, match="does not support ufuncs"):
        found @ AFFINE


def test_grids(img: Any):
    from nibabel import pointset as theirs

    from volio.compat.nibabel import pointset as ours

    there = nibabel.Nifti1Image(VOXELS, AFFINE)
    found, expected = ours.Grid.from_image(img), theirs.Grid.from_image(there)
    np.testing.assert_array_equal(found.get_coords(), expected.get_coords())
    assert found.coordinates.dtype == np.uint8
    assert repr(found.coordinates) == "<GridIndices(2, 3, 4)>"
    inside = ours.Grid.from_mask(volio.Nifti1Image((VOXELS > 20).astype(np.uint8), AFFINE))
    np.testing.assert_array_equal(inside.coordinates, np.argwhere(VOXELS > 20))
    assert inside.coordinates.dtype == np.uint8
    np.testing.assert_array_equal(inside.to_mask().dataobj, VOXELS > 20)
    wider = inside.to_mask((4, 4, 4))
    assert wider.shape == (4, 4, 4)
    np.testing.assert_array_equal(wider.affine, AFFINE)


def test_serializable_images_fit_beside_any_other(img: Any):
    base = compat.module("filebasedimages").SerializableImage

    class First(base, volio.Nifti1Image):
        pass

    class Last(volio.SpatialImage, base):
        pass

    class Alone(base):
        pass

    first = First(VOXELS, AFFINE)
    assert isinstance(img, base)
    assert isinstance(first, base)
    assert isinstance(first, First)
    assert not isinstance(img, First | Last | Alone)
    assert not isinstance("image", base)
    assert issubclass(Last, base)
    np.testing.assert_array_equal(First.from_bytes(first.to_bytes()).get_fdata(), VOXELS)
