import pickle

import numpy as np
import pytest

import volio
from volio.errors import (
    AffineError,
    GeometryWarning,
    HeaderDataError,
    ImageDataError,
    IndexingError,
    UsageError,
)
from volio.images.headers.metadata import Metadata
from volio.images.spatial import SpatialImage

AFFINE = np.array([[1.5, 4, 0, -10], [-2, 3, 0, 5], [0, 0, 4, 7], [0, 0, 0, 1.0]])
VOXELS = np.arange(5 * 6 * 7 * 3, dtype=np.int16).reshape(5, 6, 7, 3)


@pytest.fixture
def on_disk(tmp_path):
    path = tmp_path / "a.nii"
    volio.Nifti1Image(VOXELS, AFFINE).to_filename(path)
    return volio.load(path)


def test_an_array_is_kept_as_it_is():
    voxels = VOXELS.astype(np.float64)
    img = SpatialImage(voxels, AFFINE)
    assert img.get_fdata() is voxels
    assert img.dataobj is voxels
    assert img.get_data() is voxels
    assert img.in_memory


def test_integers_become_floats_that_are_kept():
    img = SpatialImage(VOXELS, AFFINE)
    first = img.get_fdata()
    assert first.dtype == np.float64
    assert img.get_fdata() is first
    img.uncache()
    assert img.get_fdata() is not first


def test_lists_are_arrays_too():
    assert SpatialImage([[[1.0, 2.0]]], None).shape == (1, 1, 2)


def test_a_proxy_gives_fresh_arrays_until_one_is_kept(on_disk):
    one = on_disk.get_fdata(caching="unchanged")
    assert on_disk.get_fdata(caching="unchanged") is not one
    assert not on_disk.in_memory
    kept = on_disk.get_fdata()
    kept[0, 0, 0, 0] = -99
    assert on_disk.in_memory
    assert on_disk.get_fdata() is kept
    assert on_disk.get_fdata(caching="unchanged")[0, 0, 0, 0] == -99
    on_disk.uncache()
    assert on_disk.get_fdata()[0, 0, 0, 0] == 0


def test_each_dtype_is_read_anew(on_disk):
    kept = on_disk.get_fdata(dtype=np.float32)
    assert kept.dtype == np.float32
    assert on_disk.get_fdata(dtype=np.float32) is kept
    assert on_disk.get_fdata().dtype == np.float64
    assert on_disk.get_data().dtype == np.int16


@pytest.mark.parametrize(
    ("arguments", "words"),
    [({"dtype": np.int16}, "dtype: .* got int16"), ({"caching": "sometimes"}, "got 'sometimes'")],
)
def test_arguments_of_get_fdata_are_checked(on_disk, arguments, words):
    with pytest.raises(UsageError, match=words):
        on_disk.get_fdata(**arguments)


def test_data_that_are_no_real_numbers_are_refused_as_floats():
    with pytest.raises(ImageDataError, match="complex128"):
        SpatialImage(np.zeros((2, 2, 2), np.complex64), None).get_fdata()
    rgb = np.zeros((2, 2, 2), [("R", "u1"), ("G", "u1"), ("B", "u1")])
    with pytest.raises(ImageDataError, match="fields"):
        SpatialImage(rgb, None).get_fdata()
    assert SpatialImage(np.zeros((2, 2), np.complex64), None).get_fdata(dtype="c16").dtype == "c16"


@pytest.mark.parametrize(
    ("affine", "words"),
    [
        (np.eye(3), "4x4"),
        (np.diag([1, 1, np.nan, 1]), "finite"),
        ("abc", "real numbers"),
    ],
)
def test_affines_are_checked(affine, words):
    with pytest.raises(AffineError, match=words):
        SpatialImage(VOXELS, affine)


@pytest.mark.parametrize("row", [(0, 0, 0, 2), (0, 0, 1, 1), (0, 1e-7, 0, 1)])
def test_another_last_row_of_an_affine_stays_in_memory(row):
    given = np.vstack([AFFINE[:3], row])
    with pytest.warns(GeometryWarning, match="last row is .* left out of files") as caught:
        img = volio.Nifti1Image(VOXELS, given)
    assert caught[0].filename == __file__
    np.testing.assert_array_equal(img.affine, given)
    again = volio.Nifti1Image.from_bytes(img.to_bytes())
    np.testing.assert_array_equal(again.affine[3], [0, 0, 0, 1])
    np.testing.assert_allclose(again.affine[:3], AFFINE[:3])
    np.testing.assert_array_equal(
        img.slicer[1:].affine, SpatialImage(VOXELS, AFFINE).slicer[1:].affine
    )


@pytest.mark.parametrize("cls", [SpatialImage, volio.Nifti1Image, volio.MGHImage])
def test_errors_of_arguments_name_the_class_that_was_called(cls):
    with pytest.raises(TypeError, match=rf"^{cls.__name__}\.__init__\(\) missing .* 'affine'"):
        cls(VOXELS)


def test_the_affine_is_the_images_own():
    mine = AFFINE.copy()
    img = SpatialImage(VOXELS, mine)
    mine[0, 3] = 99
    np.testing.assert_array_equal(img.affine, AFFINE)
    assert SpatialImage(VOXELS, None).affine is None


def test_the_header_follows_the_image():
    img = SpatialImage(VOXELS, AFFINE)
    assert img.header.get_data_shape() == VOXELS.shape
    assert img.header.get_data_dtype() == np.int16
    np.testing.assert_allclose(img.header.get_zooms()[:3], np.sqrt((AFFINE[:3, :3] ** 2).sum(0)))


def test_sizes_set_in_the_header_alone_are_put_back():
    img = volio.Nifti1Image(VOXELS, np.diag([2, 3, 4, 1.0]))
    img.header.set_zooms((1, 1, 1, 2.5))
    with pytest.warns(GeometryWarning, match="affine is kept"):
        img.update_header()
    assert img.header.get_zooms() == (2, 3, 4, 2.5)
    img.header.set_zooms((2, 3, 4, 1.5))
    img.update_header()
    assert img.header.get_zooms() == (2, 3, 4, 1.5)


@pytest.mark.parametrize(
    "index",
    [
        np.s_[1:4],
        np.s_[::-1, 2:, ::2],
        np.s_[-2:, ::-2, 1:-1, 1:],
        np.s_[..., 1],
        np.s_[:, :, 3:4, ::-1],
    ],
)
def test_slices_keep_voxels_where_they_were(on_disk, index):
    part = on_disk.slicer[index]
    assert not part.in_memory
    np.testing.assert_array_equal(np.asarray(part.dataobj), VOXELS[index])
    places = np.stack([axis[index].ravel() for axis in np.indices(VOXELS.shape)[:3]], -1)
    grid = np.stack([axis.ravel() for axis in np.indices(part.shape)[:3]], -1)
    np.testing.assert_allclose(
        grid @ part.affine[:3, :3].T + part.affine[:3, 3],
        places @ on_disk.affine[:3, :3].T + on_disk.affine[:3, 3],
        atol=1e-12,
    )


def test_time_steps_follow_the_slices():
    img = volio.Nifti1Image(VOXELS, AFFINE)
    img.header.set_zooms((*img.header.get_zooms()[:3], 2.5))
    assert img.slicer[..., ::2].header.get_zooms()[3] == 5
    assert img.slicer[..., 1].header.get_zooms() == img.header.get_zooms()[:3]


def test_later_axes_take_their_sizes_with_them():
    img = volio.Nifti1Image(VOXELS[..., None], AFFINE)
    img.header.set_zooms((*img.header.get_zooms()[:3], 2.5, 7))
    assert img.slicer[:, :, :, 0].header.get_zooms()[3:] == (7,)
    assert img.slicer[..., 0].header.get_zooms()[3:] == (2.5,)
    assert img.slicer[..., ::2, 0].header.get_zooms()[3:] == (5,)


@pytest.mark.parametrize(
    "index", [np.s_[..., None], np.s_[:, ::-1, :, None], np.s_[1:3, :, :, None, 1, None]]
)
def test_new_axes_come_after_the_third(on_disk, index):
    part = on_disk.slicer[index]
    assert not part.in_memory
    np.testing.assert_array_equal(np.asarray(part.dataobj), VOXELS[index])
    np.testing.assert_array_equal(part.affine, on_disk.slicer[index[:2]].affine)
    assert part.header.get_zooms() == (2.5, 5, 4, 1, 1)


def test_labels_follow_the_volumes():
    img = volio.AFNIImage(np.zeros((2, 3, 4, 3), np.int16), AFFINE)
    img.header.set_metadata(Metadata(labels=("a", "b", "c")))
    for index, labels in (
        (np.s_[1:], ["a", "b", "c"]),
        (np.s_[..., 1:], ["b", "c"]),
        (np.s_[..., ::-1], ["c", "b", "a"]),
        (np.s_[..., 2:], ["c"]),
    ):
        assert img.slicer[index].header.get_volume_labels() == labels


def test_codes_stay_where_the_space_stays():
    img = volio.Nifti1Image(VOXELS, AFFINE)
    img.set_sform(AFFINE, "mni")
    img.set_qform(AFFINE, "scanner")
    part = img.slicer[1:, ::-1]
    assert (part.get_sform(coded=True)[1], part.get_qform(coded=True)[1]) == (4, 1)


@pytest.mark.parametrize(
    ("index", "words"),
    [
        (0, r"axis 0 .* use \[0:1\]"),
        (np.s_[:, 1], r"axis 1 .* use \[1:2\]"),
        (np.s_[:, :, 1], r"axis 2 .* use \[1:2\]"),
        (np.s_[:, :, None], "axis 2 .* new axes come after the third"),
        (np.s_[:, :, :, [0]], "sliced with slices"),
        (np.s_[[1, 2]], "sliced with slices"),
        (np.array([1, 2]), "sliced with slices"),
        (np.bool_(True), "sliced with slices"),
        (True, "sliced with slices"),
        (np.s_[None], "new axes come after the third"),
        (np.s_[3:3], r"\[3:3\] leaves nothing of 5"),
        (np.s_[..., ...], "more than one Ellipsis"),
        (np.s_[..., 1:, ...], "more than one Ellipsis"),
        (np.s_[:, :, :, :, :], "too many indices for an image of 4 axes"),
    ],
)
def test_slices_that_leave_no_image_are_refused(index, words):
    with pytest.raises(IndexingError, match=words):
        SpatialImage(VOXELS, AFFINE).slicer[index]


def test_too_many_indices_are_refused():
    with pytest.raises(IndexingError, match="too many"):
        SpatialImage(VOXELS, AFFINE).slicer[:, :, :, :, :]


def test_an_image_itself_is_not_indexed():
    with pytest.raises(TypeError, match="slicer"):
        SpatialImage(VOXELS, AFFINE)[0]


def test_reorienting_to_the_same_axes_is_the_image_itself(on_disk):
    assert on_disk.as_reoriented([[0, 1], [1, 1], [2, 1]]) is on_disk
    turned = on_disk.as_reoriented([[2, -1], [0, 1], [1, 1]])
    assert turned.shape == (6, 7, 5, 3)
    np.testing.assert_array_equal(np.asarray(turned.dataobj), VOXELS[::-1].transpose(1, 2, 0, 3))


def test_encoding_axes_follow_a_reorientation():
    img = volio.Nifti1Image(VOXELS, AFFINE)
    img.header.set_dim_info(freq=0, phase=1, slice=2)
    assert img.as_reoriented([[2, -1], [0, 1], [1, 1]]).header.get_dim_info() == (2, 0, 1)


@pytest.mark.parametrize("dtype", [np.object_, "U3", "M8[s]"])
def test_dtypes_that_no_file_holds_are_refused(dtype):
    with pytest.raises(HeaderDataError, match="dtype"):
        volio.Nifti1Image(np.zeros((2, 2, 2), dtype), AFFINE)


def test_an_image_tells_its_facts(on_disk, tmp_path):
    for text in (repr(on_disk), str(on_disk), on_disk._repr_html_()):
        assert "5 × 6 × 7 × 3" in text
        assert "int16" in text
        assert "a.nii" in text
    assert "<table>" in on_disk._repr_html_()
    assert "stored as int16" in repr(volio.Nifti1Image(VOXELS * 1.0, None, dtype=np.int16))


def test_old_names_work_and_warn():
    img = SpatialImage(VOXELS, AFFINE)
    with pytest.warns(DeprecationWarning, match="use affine"):
        np.testing.assert_array_equal(img.get_affine(), AFFINE)
    with pytest.warns(DeprecationWarning, match="use header"):
        assert img.get_header() is img.header
    with pytest.warns(DeprecationWarning, match="use shape"):
        assert img.get_shape() == VOXELS.shape


def test_images_pickle(on_disk):
    again = pickle.loads(pickle.dumps(on_disk))
    np.testing.assert_array_equal(np.asarray(again.dataobj), VOXELS)
    np.testing.assert_array_equal(again.affine, on_disk.affine)
    assert again.header == on_disk.header
