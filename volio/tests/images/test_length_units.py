"""Lengths in metre or micron become mm where they leave NIfTI, and mm is stated where meant."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import volio
from volio.ops.stats import mask_volume
from volio.space import affines, grids, orientations, rotations, transforms

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


# What docstrings say.


def takes_an_affine(function: Any) -> bool:
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False
    return bool({"affine", "aff", "to_vox_map", "affines"} & {*parameters})


def documented() -> list[tuple[str, Any]]:
    """Public functions, classes and methods that take an affine, by their names."""
    found: dict[str, Any] = {}
    modules = [volio, affines, orientations, rotations, transforms, grids]
    for module in modules:
        for name in module.__all__:
            value = getattr(module, name)
            found[name] = value
            if inspect.isclass(value):
                methods = inspect.getmembers(value, inspect.isfunction)
                found |= {f"{name}.{n}": each for n, each in methods if not n.startswith("_")}
    return [(name, value) for name, value in found.items() if takes_an_affine(value)]


@pytest.mark.parametrize(
    ("name", "value"), documented(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_who_takes_an_affine_says_which_unit_and_space(name: str, value: Any):
    text = inspect.getdoc(value) or ""
    refers = "affine, " in text and "As for `" in text  # to a class that does
    layer = name in ("ImageLayer",)  # of the display: any physical unit, world coordinates
    assert ("mm" in text and "RAS" in text) or refers or layer
