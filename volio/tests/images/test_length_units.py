"""Lengths in metre or micron become mm where they leave NIfTI, and mm is stated where meant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import volio
from volio.ops.stats import mask_volume

VOXELS = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
MM = np.array([[2.0, 0, 0, -10], [0, 2, 0, -20], [0, 0, 3, -30], [0, 0, 0, 1]])

#: Unit of NIfTI, and how many of it make a mm.
UNITS = {"meter": 1e-3, "mm": 1.0, "micron": 1e3}

TARGETS = ["a.mgz", "a.nrrd", "a.mha", "a.mif", "a.mnc", "a+orig.HEAD", "a.v"]


def in_unit(unit: str, cls: type[Any] = volio.Nifti1Image) -> Any:
    """Voxels of 2 x 2 x 3 mm, in a header with another unit."""
    per_mm = UNITS[unit]
    img = cls(VOXELS, np.diag([per_mm, per_mm, per_mm, 1]) @ MM)
    img.header.set_xyzt_units(unit)
    return img


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.filterwarnings("ignore::volio.errors.GeometryWarning")  # ECAT keeps sizes alone
def test_other_formats_get_mm(unit: str, target: str, tmp_path: Path):
    volio.save(in_unit(unit), tmp_path / target)
    loaded = volio.load(tmp_path / target)
    np.testing.assert_allclose(volio.affines.voxel_sizes(loaded.affine), (2, 2, 3), rtol=1e-5)
    if target != "a.v":
        np.testing.assert_allclose(loaded.affine @ (1, 2, 3, 1), MM @ (1, 2, 3, 1), rtol=1e-5)


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("cls", [volio.Nifti2Image, volio.Nifti1Pair])
def test_other_kinds_of_nifti_keep_the_unit(unit: str, cls: type[Any]):
    other = cls.from_image(in_unit(unit))
    assert other.header.get_xyzt_units()[0] == unit
    np.testing.assert_allclose(other.affine, in_unit(unit).affine, rtol=1e-6)


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.filterwarnings("ignore::volio.errors.GeometryWarning")  # Analyze keeps sizes alone
def test_analyze_gets_mm(unit: str):
    other = volio.AnalyzeImage.from_image(in_unit(unit))
    np.testing.assert_allclose(other.header.get_zooms(), (2, 2, 3), rtol=1e-5)


@pytest.mark.parametrize("unit", UNITS)
def test_volumes_are_mm3(unit: str):
    assert mask_volume(in_unit(unit)) == pytest.approx(23 * 12, rel=1e-5)


@pytest.mark.parametrize("target", [name for name in TARGETS if name != "a.v"])
def test_nifti_states_the_mm_of_other_formats(target: str, tmp_path: Path):
    volio.save(in_unit("mm"), tmp_path / target)
    img = volio.Nifti1Image.from_image(volio.load(tmp_path / target))
    assert img.header.get_xyzt_units()[0] == "mm"
    np.testing.assert_allclose(volio.affines.voxel_sizes(img.affine), (2, 2, 3), rtol=1e-5)


def test_a_new_image_has_no_unit():
    assert volio.Nifti1Image(VOXELS, MM).header.get_xyzt_units() == ("unknown", "unknown")
    assert volio.Nifti1Image.from_image(volio.SpatialImage(VOXELS, MM)).header.length_unit is None
