from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import volio
from volio.errors import GeometryWarning, HeaderDataError
from volio.formats.nifti1 import Nifti1Header, Nifti1Image
from volio.space.rotations import nearest_rotation
from volio.tests.formats.nifti1_cases import AFFINE, ORACLE, both


def test_best_affine_in_the_order_of_the_standard():
    ours, theirs = both()
    ours.set_zooms((2, 3, 4, 1))
    for change in (
        lambda: None,
        lambda: ours.set_qform(AFFINE, "scanner"),
        lambda: ours.set_sform(np.diag([5, 6, 7, 1]), "mni"),
        lambda: ours.set_sform(None, 0),
        lambda: ours.set_qform(None, 0),
    ):
        change()
        theirs = ORACLE(ours.binaryblock)
        np.testing.assert_allclose(ours.get_best_affine(), theirs.get_best_affine(), atol=1e-5)
    np.testing.assert_array_equal(ours.get_base_affine(), theirs.get_base_affine())


@pytest.mark.parametrize("kind", ["qform", "sform"])
def test_codes_of_affines(kind):
    header, _ = both()
    get, put = getattr(header, f"get_{kind}"), getattr(header, f"set_{kind}")
    assert get(coded=True) == (None, 0)
    put(AFFINE)
    assert get(coded=True)[1] == 2
    put(AFFINE, 1)
    assert get(coded=True)[1] == 1
    np.testing.assert_allclose(get(coded=True)[0], AFFINE, atol=1e-5)
    put(AFFINE, "mni")
    put(AFFINE)
    affine, code = get(coded=True)
    assert code == 4
    np.testing.assert_allclose(affine, get())
    put(AFFINE, 3)
    assert header.get_value_label(f"{kind}_code") == "talairach"
    put(None)
    assert get(coded=True) == (None, 0)
    with pytest.raises(HeaderDataError, match="xform code"):
        put(AFFINE, "nowhere")
    assert get(coded=True) == (None, 0)


angles = st.floats(-np.pi, np.pi)
sizes = st.floats(0.1, 20)
places = st.floats(-500, 500)


def rotation(a: float, b: float, c: float) -> np.ndarray:
    return volio.eulerangles.euler2mat(a, b, c)


@given(
    st.tuples(angles, angles, angles), st.tuples(sizes, sizes, sizes),
    st.tuples(places, places, places), st.booleans(),
)  # fmt: skip
def test_quaternions_keep_rigid_affines(turn, zooms, origin, mirrored):
    matrix = nearest_rotation(rotation(*turn)) * ((1, 1, -1) if mirrored else (1, 1, 1)) * zooms
    affine = volio.affines.from_matvec(matrix, origin)
    header = Nifti1Header()
    header.set_data_shape((10, 10, 10))
    header.set_qform(affine, "scanner")
    again = Nifti1Header(header.binaryblock)
    # The part w of the quaternion is not stored: near half turns little is left of it.
    w = max(again.get_qform_quaternion()[0], 1e-3)
    near = {"rtol": 1e-6, "atol": 5e-5 + max(zooms) * (1e-6 + 2e-6 / w)}
    np.testing.assert_allclose(again.get_qform(), affine, **near)
    np.testing.assert_allclose(ORACLE(header.binaryblock).get_qform(), again.get_qform(), **near)
    once = again.get_qform()
    again.set_qform(once)
    np.testing.assert_allclose(again.get_qform(), once, **near)
    assert again.get_zooms() == pytest.approx(zooms, rel=1e-6)


def test_shears_in_a_qform():
    header, _ = both()
    sheared = np.array([[1, 1, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1.0]])
    with pytest.raises(HeaderDataError, match="shears"):
        header.set_qform(sheared, strip_shears=False)
    header.set_qform(sheared)
    stored = header.get_qform()[:3, :3] / header.get_zooms()[:3]
    np.testing.assert_allclose(stored @ stored.T, np.eye(3), atol=1e-6)
    theirs = ORACLE()
    for affine in (sheared, sheared @ np.diag([-1, 2, 3, 1]), sheared @ np.diag([1, 1, -4, 1])):
        header.set_qform(affine)
        theirs.set_qform(affine)
        np.testing.assert_allclose(header.get_qform(), theirs.get_qform(), atol=1e-6)


def test_without_shears_a_qform_is_stored_as_it_is():
    header, _ = both()
    turn = np.array([[0.0, -1, 0], [0.6, 0, -0.8], [0.8, 0, 0.6]])
    for zooms in ((1, 1, 1), (2, 3, 4), (2, 3, -4)):
        affine = np.eye(4)
        affine[:3, :3] = turn * zooms
        header.set_qform(affine, strip_shears=False)
        np.testing.assert_allclose(header.get_qform(), affine, atol=1e-6)


def test_hostile_quaternions():
    header, _ = both(quatern_b=1, quatern_c=1)
    with pytest.raises(HeaderDataError, match="squares must add up to 1 at most, got 2;"):
        header.get_qform()
    header["quatern_c"] = np.nan
    with pytest.raises(HeaderDataError, match="squares"):
        header.get_qform()
    header, _ = both()
    header["pixdim"][1] = -1
    with pytest.raises(HeaderDataError, match="pixdim"):
        header.get_qform()


def test_image_forms_follow_each_other():
    img = Nifti1Image(np.zeros((2, 3, 4), np.uint8), AFFINE)
    assert img.get_sform(coded=True)[1] == 2
    assert img.get_qform(coded=True) == (None, 0)
    other = np.diag([3, 4, 5, 1.0])
    img.set_sform(other, "mni")
    np.testing.assert_array_equal(img.affine, other)
    img.set_qform(AFFINE, "scanner", update_affine=False)
    np.testing.assert_array_equal(img.affine, other)
    img.set_sform(None)
    np.testing.assert_allclose(img.affine, img.get_qform())


def test_header_zooms_against_the_affine_are_told():
    img = Nifti1Image(np.zeros((2, 3, 4), np.uint8), np.diag([2, 3, 4, 1]))
    img.header.set_zooms((1, 1, 1))
    with pytest.warns(GeometryWarning, match="voxel sizes"):
        img.update_header()
    assert img.header.get_zooms() == (2, 3, 4)


@pytest.mark.parametrize("cls", [Nifti1Image, volio.Nifti2Image])
@pytest.mark.parametrize("codes", [("mni", "scanner"), ("scanner", "scanner")])
def test_a_qform_keeps_voxel_sizes_of_its_own(cls, codes, tmp_path):
    qform = np.diag([0.5, 0.75, 1.5, 1])
    sform = np.diag([2, 3, 4, 1.0])
    for through_image in (True, False):
        img = cls(np.zeros((2, 3, 4), np.uint8), sform)
        owner = img if through_image else img.header
        owner.set_sform(sform, codes[0])
        owner.set_qform(qform, codes[1])
        img.to_filename(tmp_path / "two_forms.nii")
        loaded = volio.load(tmp_path / "two_forms.nii")
        np.testing.assert_array_equal(loaded.get_qform(), qform)
        np.testing.assert_array_equal(loaded.affine, sform)
        assert loaded.header.get_zooms() == (0.5, 0.75, 1.5)
        loaded.header.set_zooms((9, 9, 9))
        with pytest.warns(GeometryWarning, match="affine is kept"):
            loaded.update_header()
        np.testing.assert_array_equal(loaded.get_qform(), qform)


@pytest.mark.parametrize("cls", [Nifti1Image, volio.Nifti2Image])
@pytest.mark.parametrize("place", [(0, 3), (1, 2)])
def test_positions_that_no_reader_takes_are_not_saved(cls, place, tmp_path):
    affine = np.diag([2.0, 3, 4, 1])
    affine[place] = 1e39
    with pytest.raises(HeaderDataError, match=r"srow_.*: .* 3\.4e\+38"):
        cls(np.zeros((2, 3, 4), np.uint8), affine).to_filename(tmp_path / "far.nii")
    assert not list(tmp_path.iterdir())


def test_steps_of_an_axis_that_float32_makes_zero_are_refused():
    affine = np.eye(4)
    affine[2, :3] = (1, 0, 1e-46)  # no row is small, only what one axis steps
    with pytest.raises(HeaderDataError, match=r"srow_x, srow_y, srow_z: .* 1e-46\]"):
        Nifti1Header().set_sform(affine)


def test_encoding_axes_follow_a_reorientation():
    img = Nifti1Image(np.zeros((2, 3, 4), np.uint8), AFFINE)
    img.header.set_dim_info(0, 1, 2)
    turned = img.as_reoriented([[2, 1], [0, -1], [1, 1]])
    assert turned.shape == (3, 4, 2)
    assert turned.header.get_dim_info() == (2, 0, 1)


def test_a_second_form_without_a_way_from_the_old_voxels_to_the_new_loses_its_code():
    header, _ = both()
    for voxels in (None, np.diag([1.0, 0, 1, 1])):
        header.set_sform(np.diag([2.0, 2, 2, 1]), "mni")
        header.set_qform(np.diag([3.0, 3, 3, 1]), "scanner")
        header.move_to(np.diag([4.0, 4, 4, 1]), voxels)
        assert (int(header["sform_code"]), int(header["qform_code"])) == (4, 0)
    header.set_qform(np.diag([3.0, 3, 3, 1]), "scanner")
    header.move_to(np.diag([4.0, 4, 4, 1]), np.diag([2.0, 2, 2, 1]))
    np.testing.assert_allclose(header.get_qform(), np.diag([6.0, 6, 6, 1]), atol=1e-6)
    assert header["qform_code"] == 1


def test_a_new_grid_has_its_affine_where_no_form_counted():
    header, _ = both(sform_code=0, qform_code=0)
    affine = np.array([[0.0, -2, 0, 5], [3, 0, 0, 6], [0, 0, 4, 7], [0, 0, 0, 1]])
    header.move_to(affine, np.eye(4))
    np.testing.assert_allclose(header.get_best_affine(), affine)


def test_forms_that_differ_by_rounding_are_one():
    """A quaternion of single precision is off by less than a thousandth of a mm."""
    header, _ = both()
    affine = np.eye(4)
    affine[:3, :3] = rotation(0.3, 0.2, 0.1) * (2, 3, 4)
    affine[:3, 3] = (5, 6, 7)
    header.set_sform(affine, "mni")
    header.set_qform(affine, "scanner")
    assert not np.array_equal(header.get_qform(), header.get_sform())
    assert not header.has_two_spaces()
    other = np.diag([4.0, 4, 4, 1])
    header.move_to(other, np.diag([9.0, 9, 9, 1]))  # which would not lead from the one to the other
    np.testing.assert_allclose(header.get_qform(), other, atol=1e-6)
    assert (int(header["sform_code"]), int(header["qform_code"])) == (4, 1)


def test_forms_that_differ_by_more_than_rounding_are_two():
    header, _ = both()
    moved = np.diag([2.0, 3, 4, 1])
    header.set_sform(moved, "mni")
    moved[0, 3] = 0.002
    header.set_qform(moved, "scanner")
    assert header.has_two_spaces()
    header["sform_code"] = header["qform_code"]
    assert not header.has_two_spaces()


@pytest.mark.parametrize("codes", [(4, 0), (0, 1)])
def test_a_form_without_a_code_is_no_other_space(codes: tuple[int, int]):
    """What stands in its place in the file counts for nothing, however it differs."""
    header, _ = both(sform_code=codes[0], qform_code=codes[1])
    header["qoffset_x"] = 77
    header["srow_x"] = (5, 0, 0, -50)
    assert not header.has_two_spaces()
    affine = np.diag([4.0, 6, 8, 1])
    header.move_to(affine, np.diag([2.0, 2, 2, 1]))
    assert (int(header["sform_code"]), int(header["qform_code"])) == codes
    np.testing.assert_allclose(header.get_best_affine(), affine)
    np.testing.assert_allclose(header.get_qform(), affine)


def test_a_qform_that_moves_with_the_voxels_keeps_its_code_where_it_is_oblique():
    header, _ = both()
    oblique = np.eye(4)
    oblique[:3, :3] = rotation(0.3, 0.2, 0.1) * (2, 3, 4)
    header.set_sform(np.diag([2.0, 2, 2, 1]), "mni")
    header.set_qform(oblique, "scanner")
    header.move_to(np.diag([4.0, 4, 4, 1]), np.diag([2.0, 2, 2, 1]))
    assert header["qform_code"] == 1
    np.testing.assert_allclose(header.get_qform(), oblique @ np.diag([2, 2, 2, 1]), atol=1e-5)


@pytest.mark.parametrize(
    ("offset", "is_told"), [(10.000013, False), (100.0, False), (100.000013, True)]
)
def test_rounding_by_more_than_half_a_voxel_is_told(tmp_path, offset: float, is_told: bool):
    """A voxel of 4 nm; numbers of float32 are 1e-6 mm apart at 10 mm, 8e-6 at 100."""
    affine = np.diag([4e-6, 4e-6, 4e-5, 1])
    affine[0, 3] = offset
    img = volio.Nifti1Image(np.zeros((2, 3, 4), np.uint8), affine)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        volio.save(img, tmp_path / "a.nii")
        volio.save(volio.Nifti2Image(img.dataobj, affine), tmp_path / "b.nii")
    moved = volio.load(tmp_path / "a.nii").affine - affine
    assert (np.abs(moved).max() > 2e-6) == is_told
    expected = ["Nifti1Image: as float32 the affine is rounded"] * is_told
    assert [str(each.message)[:45] for each in caught] == expected
    assert {each.category for each in caught} <= {GeometryWarning}
    assert volio.load(tmp_path / "b.nii").affine[0, 3] == affine[0, 3]


@pytest.mark.parametrize("kind", ["qform", "sform"])
def test_a_last_row_has_no_place_in_a_header(kind: str):
    header = Nifti1Header()
    projective = AFFINE.copy()
    projective[3] = 0, 0, 0.5, 2
    with pytest.warns(GeometryWarning, match=r"last row is \[0.0, 0.0, 0.5, 2.0\]") as caught:
        getattr(header, f"set_{kind}")(projective)
    assert [warning.filename for warning in caught] == [__file__]
    np.testing.assert_allclose(header.affine, AFFINE, atol=1e-5)


def test_an_affine_that_a_program_keeps_in_the_header():
    # As dipy's create_nifti_header does.
    header = Nifti1Header()
    header.set_sform(AFFINE, code="mni")
    before = header.binaryblock
    header.affine = header.get_best_affine()
    assert header.binaryblock == before
    header.affine = np.diag([2, 3, 4, 1])
    np.testing.assert_array_equal(header.get_sform(), np.diag([2, 3, 4, 1]))
    np.testing.assert_array_equal(header.get_qform(), header.affine)


def test_zeros_can_be_the_rows_of_an_sform():
    # dipy makes such a header to show that it refuses it.
    header = Nifti1Header()
    with pytest.warns(GeometryWarning, match="left out"):
        header.set_sform(np.zeros((4, 4)))
    assert header.get_best_affine().tolist() == np.diag([0, 0, 0, 1]).tolist()
