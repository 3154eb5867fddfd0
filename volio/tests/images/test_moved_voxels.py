"""What a header knows of its slices and of a second space follows the voxels, or is forgotten."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import volio
from volio.errors import LossWarning
from volio.formats.nifti1.codes import slice_order_codes

ORDERS = [label for label in dict.fromkeys(slice_order_codes.label.values()) if label != "unknown"]

SCANNER = np.array([[0.5, -0.8660254, 0, 10], [0.8660254, 0.5, 0, 20], [0, 0, 1, 30], [0, 0, 0, 1]])
MNI = np.array([[1.0, 0, 0, -90], [0, 1, 0, -126], [0, 0, 1, -72], [0, 0, 0, 1]])


def two_spaces(cls: type[Any] = volio.Nifti1Image, scanner: Any = SCANNER) -> Any:
    """Voxels that are numbered, in scanner space by the qform and in MNI space by the sform."""
    img = cls(np.arange(120, dtype=np.int16).reshape(4, 5, 6), MNI)
    img.header.set_sform(MNI, "mni")
    img.header.set_qform(scanner, "scanner")
    return img


def positions(img: Any, affine: Any) -> dict[int, tuple[float, ...]]:
    """Position of each voxel by its number."""
    voxels = np.asarray(img.dataobj)
    indices = np.argwhere(np.ones(voxels.shape))
    places = volio.affines.apply_affine(affine, indices)
    return dict(zip(voxels.ravel().tolist(), map(tuple, places.round(3).tolist()), strict=True))


MOVES = {
    "cut": lambda img: img.slicer[1:, 2:, 1:],
    "flip": lambda img: img.slicer[:, :, ::-1],
    "stride": lambda img: img.slicer[::2, :, ::3],
    "turn": lambda img: img.as_reoriented([[1, 1], [0, -1], [2, 1]]),
    "canonical": lambda img: volio.as_closest_canonical(img.slicer[::-1]),
}


@pytest.mark.parametrize("cls", [volio.Nifti1Image, volio.Nifti1Pair, volio.Nifti2Image])
@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
def test_each_of_two_spaces_moves_with_the_voxels(cls: type[Any], move: Any):
    img = two_spaces(cls)
    moved = move(img)
    assert int(moved.header["sform_code"]) == 4
    assert int(moved.header["qform_code"]) == 1
    for form in ("get_sform", "get_qform"):
        before = positions(img, getattr(img.header, form)())
        after = positions(moved, getattr(moved.header, form)())
        assert after
        for number, place in after.items():
            assert place == pytest.approx(before[number], abs=2e-3)


def test_two_forms_may_have_different_voxel_sizes():
    img = two_spaces(scanner=SCANNER @ np.diag([0.9, 1.1, 1.2, 1]))
    cut = img.slicer[1:, 2:, 1:]
    np.testing.assert_allclose(cut.header.get_sform()[:3, 3], (-89, -124, -71))
    voxels = SCANNER @ np.diag([0.9, 1.1, 1.2, 1]) @ (1, 2, 1, 1)
    np.testing.assert_allclose(cut.header.get_qform()[:3, 3], voxels[:3], atol=1e-3)


def test_a_form_that_a_quaternion_cannot_hold_loses_its_code():
    img = two_spaces()
    sheared = MNI @ np.array([[1, 0.3, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    moved = volio.resample_from_to(img, ((4, 5, 6), sheared), order=0)
    assert int(moved.header["sform_code"]) == 4
    assert int(moved.header["qform_code"]) == 0


def test_one_space_in_both_forms_keeps_both_codes():
    img = volio.Nifti1Image(np.zeros((4, 5, 6)), MNI)
    img.header.set_sform(MNI, "mni")
    img.header.set_qform(MNI, "mni")
    cut = img.slicer[1:]
    assert int(cut.header["qform_code"]) == int(cut.header["sform_code"]) == 4
    np.testing.assert_allclose(cut.header.get_qform(), cut.affine)


# Times of slices.


def timed(order: str = "alternating increasing", count: int = 4, affine: Any = None) -> Any:
    """A series whose slices, along k, were acquired in an order, 0.5 s each."""
    img = volio.Nifti1Image(np.zeros((2, 3, count, 2), np.int16), np.eye(4))
    header = img.header
    header.set_xyzt_units("mm", "sec")
    header.set_dim_info(0, 1, 2)
    header["slice_code"] = slice_order_codes[order]
    header["slice_duration"] = 0.5
    header["slice_end"] = count - 1
    if affine is None:
        return img
    return type(img)(img.dataobj, affine, header)


def absolute_times(img: Any) -> list[float]:
    """Time of each slice after the start of the series before it was cut, s."""
    start = float(img.header["toffset"])
    if img.header.get_n_slices() == 1:
        return [start]
    return [start + time for time in img.header.get_slice_times()]


def test_times_of_a_flipped_series():
    img = timed()
    assert img.header.get_slice_times() == (0.0, 1.0, 0.5, 1.5)
    flipped = img.slicer[:, :, ::-1]
    assert flipped.header.get_slice_times() == (1.5, 0.5, 1.0, 0.0)
    assert int(flipped.header["slice_code"]) == 4
    assert float(flipped.header["toffset"]) == 0


def test_times_follow_slices_to_another_axis():
    turned = timed().as_reoriented([[2, 1], [1, 1], [0, -1]])
    assert turned.header.get_dim_info() == (2, 1, 0)
    assert turned.header.get_slice_times() == (1.5, 0.5, 1.0, 0.0)


def test_cuts_of_other_axes_leave_times_alone():
    img = timed()
    cut = img.slicer[1:, ::-1, :, 1:]
    assert cut.header.get_slice_times() == img.header.get_slice_times()
    assert cut.header.get_dim_info() == (0, 1, 2)


@given(
    order=st.sampled_from(ORDERS),
    count=st.integers(1, 9),
    start=st.none() | st.integers(-9, 9),
    stop=st.none() | st.integers(-9, 9),
    step=st.sampled_from([None, 1, 2, 3, -1, -2]),
)
@pytest.mark.filterwarnings("ignore::volio.errors.LossWarning")
def test_times_of_any_cut_are_right_or_unknown(
    order: str, count: int, start: int | None, stop: int | None, step: int | None
):
    img = timed(order, count)
    kept = list(range(count))[start:stop:step]
    if not kept:
        return
    cut = img.slicer[:, :, start:stop:step]
    if count == 1:
        return
    times = [img.header.get_slice_times()[number] for number in kept]
    try:
        found = absolute_times(cut)
    except volio.VolioError:
        assert int(cut.header["slice_code"]) == 0
        assert int(cut.header["slice_end"]) == 0
        return
    np.testing.assert_allclose(found, times, atol=1e-5)


def test_times_that_no_order_gives_become_unknown_with_a_warning():
    img = timed("alternating increasing", 6)  # 0, 1.5, 0.5, 2, 1, 2.5 s
    with pytest.warns(LossWarning, match="slice times: no order of NIfTI"):
        cut = img.slicer[:, :, [1, 2, 3][0] : 4]
    assert int(cut.header["slice_code"]) == 0


def test_resampled_slices_have_no_times():
    img = timed()
    with pytest.warns(LossWarning, match="slice times"):
        finer = volio.resample_from_to(img, ((2, 3, 8), np.diag([1, 1, 0.5, 1])), order=0)
    assert int(finer.header["slice_code"]) == 0


def test_offsets_of_slices_in_attributes_of_afni_follow_them():
    img = volio.AFNIImage(np.zeros((2, 3, 4, 2), np.float32), np.diag([-1, -1, 1, 1]))
    source = volio.Nifti1Image(img.dataobj, img.affine)
    source.header.set_xyzt_units("mm", "sec")
    source.header.set_zooms((1, 1, 1, 2))
    source.header.set_dim_info(0, 1, 2)
    source.header["slice_code"] = slice_order_codes["alternating increasing"]
    source.header["slice_duration"] = 0.5
    source.header["slice_end"] = 3
    with pytest.warns(LossWarning, match="lost: encoding axes"):
        afni = volio.AFNIImage.from_image(source)
    assert afni.header.attributes["TAXIS_OFFSETS"] == [0.0, 1.0, 0.5, 1.5]
    assert afni.slicer[:, :, ::-1].header.attributes["TAXIS_OFFSETS"] == [1.5, 0.5, 1.0, 0.0]
    assert afni.slicer[:, :, 1:3].header.attributes["TAXIS_OFFSETS"] == [1.0, 0.5]
    assert afni.slicer[1:].header.attributes["TAXIS_OFFSETS"] == [0.0, 1.0, 0.5, 1.5]
