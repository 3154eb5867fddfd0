"""The demonstration measures what it says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import volio
from volio.testing import demo, phantom

installed = pytest.mark.requires("volio-convert")


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    """A small head in a file."""
    volio.save(volio.Nifti1Image(*phantom.head((12, 14, 8))), tmp_path / "scan.nii.gz")
    return tmp_path / "scan.nii.gz"


@installed
def test_every_round_trip_brings_the_scan_back(scan: Path, capfd: pytest.CaptureFixture[str]):
    assert demo.main([str(scan)]) == 0
    shown = capfd.readouterr().out
    assert shown.count("voxels: largest difference 0\n") == len(demo.TRIPS)
    assert f"{len(demo.TRIPS)} of {len(demo.TRIPS)} round trips" in shown


@installed
def test_a_missing_file_is_reported(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    assert demo.main([str(tmp_path / "none.nii")]) == 1
    shown = capfd.readouterr().out
    assert shown.count("no such file") == 1
    assert "0 of 0 round trips" in shown


def test_a_changed_voxel_and_a_moved_affine_are_seen(scan: Path):
    before = volio.load(scan)
    array = np.array(before.dataobj)
    array[1, 2, 3] += 1
    assert not demo._report(before, volio.Nifti1Image(array, before.affine), demo.TRIPS[0])
    moved = before.affine + np.eye(4)[:, [3, 0, 1, 2]] * 0.01
    moved[3] = 0, 0, 0, 1
    assert not demo._report(before, volio.Nifti1Image(before.dataobj, moved), demo.TRIPS[0])
    assert demo._report(before, volio.load(scan), demo.TRIPS[0])


def test_a_lost_axis_of_length_one_is_no_difference():
    array = np.arange(24, dtype=np.int16).reshape(2, 3, 4, 1)
    before = volio.Nifti1Image(array, np.eye(4))
    after = volio.Nifti1Image(array[..., 0], np.eye(4))
    assert demo._voxel_difference(before, after) == 0
    assert demo._voxel_difference(before, after.slicer[:1]) == np.inf
