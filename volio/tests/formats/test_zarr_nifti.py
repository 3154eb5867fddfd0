"""The NIfTI header in a Zarr store: what OME-Zarr has no place for, and scaled voxels."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import nibabel
import numpy as np
import pytest

import volio
from volio.formats.nifti1.extension import Nifti1Extension
from volio.tests.formats.zarr_saves import ARRAY, names
from volio.tests.requirements import optional

zarr = optional("zarr")

pytestmark = pytest.mark.usefixtures("syncs")

AFFINE = np.diag([2.0, 2.5, 3.0, 1.0])


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    """A NIfTI file with a slope, an intent, a description, codes of spaces and an extension."""
    img = volio.Nifti1Image(ARRAY, AFFINE)
    img.header.set_slope_inter(0.25, 3)
    img.header.set_intent("t test", (5,), name="activation")
    img.header["descrip"] = b"a scan"
    img.header.set_sform(AFFINE, code="mni")
    img.header.set_qform(AFFINE, code="scanner")
    img.header.extensions.append(Nifti1Extension(6, b"by hand"))
    volio.save(img, tmp_path / "scan.nii")
    return tmp_path / "scan.nii"


def stored_header(path: Path) -> object:
    """The NIfTI header in a store, as nibabel reads it."""
    data = zarr.open_group(path, mode="r")["nifti"][...].tobytes()
    return nibabel.Nifti1Header.from_fileobj(BytesIO(data))


def check_fields(header: object) -> None:
    assert header.get_intent() == ("t test", (5.0,), "activation")
    assert header["descrip"].item() == b"a scan"
    assert (int(header["sform_code"]), int(header["qform_code"])) == (4, 1)
    np.testing.assert_allclose(header.get_sform(), AFFINE)
    assert [(each.get_code(), each.get_content()) for each in header.extensions] == [
        (6, b"by hand")
    ]


def test_nifti_zarr_has_voxels_as_they_are_stored_and_the_whole_header(scan: Path, tmp_path: Path):
    path = tmp_path / "a.nii.zarr"
    volio.save(volio.load(scan), path)
    np.testing.assert_array_equal(zarr.open_group(path, mode="r")["0"][...], ARRAY.T)
    header = stored_header(path)
    check_fields(header)
    assert header.get_slope_inter() == (0.25, 3.0)
    np.testing.assert_array_equal(volio.load(path).dataobj, ARRAY * 0.25 + 3)
    volio.save(volio.load(path), tmp_path / "back.nii")
    back = nibabel.load(tmp_path / "back.nii")
    check_fields(back.header)
    np.testing.assert_array_equal(back.dataobj.get_unscaled(), ARRAY)
    np.testing.assert_array_equal(back.get_fdata(), ARRAY * 0.25 + 3)
    volio.save(volio.load(path), tmp_path / "again.nii.zarr")
    again = zarr.open_group(tmp_path / "again.nii.zarr", mode="r")
    np.testing.assert_array_equal(again["0"][...], ARRAY.T)
    assert again["nifti"][...].tobytes() == zarr.open_group(path)["nifti"][...].tobytes()


def test_ome_zarr_has_values_and_what_it_lacks_in_a_header(scan: Path, tmp_path: Path):
    path = tmp_path / "a.ome.zarr"
    volio.save(volio.load(scan), path)
    stored = zarr.open_group(path, mode="r")["0"][...]
    np.testing.assert_array_equal(stored, ARRAY.T * 0.25 + 3)  # also for readers of OME-Zarr alone
    header = stored_header(path)
    check_fields(header)
    assert header.get_slope_inter() == (1.0, 0.0)
    np.testing.assert_array_equal(volio.load(path).dataobj, stored.T)


def test_a_header_is_not_written_where_ome_zarr_has_a_place_for_all(tmp_path: Path):
    volio.save(volio.Nifti1Image(ARRAY, AFFINE), tmp_path / "plain.ome.zarr")
    assert "nifti" not in names(tmp_path / "plain.ome.zarr")
    img = volio.MGHImage(ARRAY, AFFINE)
    img.header["tr"] = 2000
    volio.save(img, tmp_path / "timed.ome.zarr")
    assert "nifti" in names(tmp_path / "timed.ome.zarr")
    found = volio.load(tmp_path / "timed.ome.zarr").header.metadata()
    assert found.acquisition["repetition time"] == pytest.approx(2.0)


def test_slope_and_intercept_that_were_set_are_not_those_of_the_values(tmp_path: Path):
    img = volio.Nifti1Image(ARRAY, AFFINE)
    img.header.set_slope_inter(0.25, 3)
    volio.save(img, tmp_path / "a.nii.zarr")
    assert stored_header(tmp_path / "a.nii.zarr").get_slope_inter() == (1.0, 0.0)
    np.testing.assert_array_equal(volio.load(tmp_path / "a.nii.zarr").dataobj, ARRAY)


@pytest.mark.parametrize("ending", [".nii.zarr", ".ome.zarr", ".zarr"])
def test_slice_times_are_kept_whether_nifti_has_a_name_for_their_order_or_not(
    tmp_path: Path, ending: str
):
    for times in ((0, 0.2, 0.4, 0.6, 0.8), (0, 0.31, 0.1, 0.7, 0.5)):
        img = volio.Nifti1Image(np.arange(120, dtype=np.int16).reshape(4, 3, 5, 2), np.eye(4))
        img.header.set_zooms((1, 1, 1, 1.5))
        img.header.set_xyzt_units("mm", "sec")
        img.header.set_metadata(replace(img.header.metadata(), slice_times=times))
        volio.save(img, tmp_path / f"{times[1]}{ending}")
        loaded = volio.load(tmp_path / f"{times[1]}{ending}")
        assert loaded.header.metadata().slice_times == times
        back = volio.Nifti1Image.from_image(loaded)
        assert back.header.metadata().slice_times == times


def test_the_header_follows_the_slices(tmp_path: Path):
    img = volio.Nifti1Image(np.zeros((4, 5, 6, 7), np.int16), AFFINE)
    img.header.set_zooms((2, 2.5, 3, 2))
    img.header.set_xyzt_units("mm", "sec")
    img.header.set_dim_info(slice=2)
    img.header.set_slice_duration(0.25)
    img.header.set_slice_times([0, 0.25, 0.5, 0.75, 1, 1.25])
    volio.save(img, tmp_path / "a.ome.zarr")
    loaded = volio.load(tmp_path / "a.ome.zarr")
    assert loaded.header.metadata().slice_times == (0, 0.25, 0.5, 0.75, 1, 1.25)
    part = loaded.slicer[:, :, :3, :2]
    assert part.header.metadata().slice_times == (0, 0.25, 0.5)
    volio.save(part, tmp_path / "part.nii")
    header = nibabel.load(tmp_path / "part.nii").header
    assert header.get_slice_times() == (0, 0.25, 0.5)
    assert header.get_data_shape() == (4, 5, 3, 2)
    back = loaded.slicer[:, :, ::-1].header.metadata().slice_times
    assert back == (1.25, 1, 0.75, 0.5, 0.25, 0)
