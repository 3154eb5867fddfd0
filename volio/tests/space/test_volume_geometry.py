"""The two spaces of FreeSurfer: against nibabel's matrices of an MGH header."""

from __future__ import annotations

import nibabel
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from volio import VolumeGeometry
from volio.errors import AffineError

ANGLES = st.tuples(*[st.floats(-180, 180)] * 3)


def affine_of(angles: tuple[float, ...], sizes: tuple[float, ...]) -> np.ndarray:
    affine = np.eye(4)
    affine[:3, :3] = Rotation.from_euler("xyz", angles, degrees=True).as_matrix() * sizes
    affine[:3, 3] = (-10.5, 20, 3)
    return affine


@given(ANGLES)
def test_matrices_are_those_of_the_volume(angles: tuple[float, float, float]):
    affine = affine_of(angles, (0.8, 1.0, 1.5))
    image = nibabel.MGHImage(np.zeros((11, 20, 30), np.float32), affine)
    geometry = VolumeGeometry.from_affine(affine, image.shape)
    np.testing.assert_allclose(geometry.vox2ras, affine, atol=1e-9)
    np.testing.assert_allclose(geometry.vox2ras_tkr, image.header.get_vox2ras_tkr(), atol=1e-5)
    voxel = [3, 4, 5, 1]
    by_tkras = geometry.scanner_from_tkras @ geometry.vox2ras_tkr @ voxel
    np.testing.assert_allclose(by_tkras, affine @ voxel, atol=1e-9)


def test_standard_directions_only_shift():
    geometry = VolumeGeometry.standard((5, 6, 7), (1.0, 2.0, 3.0), (4.0, -5.0, 6.0))
    shift = np.eye(4)
    shift[:3, 3] = (4, -5, 6)
    np.testing.assert_allclose(geometry.scanner_from_tkras, shift, atol=1e-12)
    assert nibabel.aff2axcodes(geometry.vox2ras) == ("L", "I", "A")
    np.testing.assert_allclose(geometry.vox2ras @ [2.5, 3, 3.5, 1], [4, -5, 6, 1])


def test_an_oblique_scan_is_not_only_shifted():
    affine = affine_of((0, 0, 30), (1, 1, 1)) @ np.diag([-1, 1, 1, 1])
    geometry = VolumeGeometry.from_affine(affine, (10, 10, 10))
    turn = geometry.scanner_from_tkras[:3, :3]
    assert np.abs(turn - np.eye(3)).max() > 0.4
    np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-12)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"shape": (0, 5, 5)}, "lengths and voxel sizes must be positive"),
        ({"voxel_sizes": (1, 1, 0)}, "lengths and voxel sizes must be positive"),
        ({"centre": (0, 0, np.nan)}, "finite numbers"),
        ({"directions": ((1, 0), (0, 1))}, "3 x 3 directions"),
        ({"directions": ((2, 0, 0), (0, 1, 0), (0, 0, 1))}, "unit vectors"),
        ({"directions": ((1, 1, 0), (0, 0, 0), (0, 0, 1))}, "unit vectors"),
    ],
)
def test_what_is_not_a_volume_is_refused(changes: dict[str, object], told: str):
    fine = {
        "shape": (5, 5, 5),
        "voxel_sizes": (1.0, 1.0, 1.0),
        "directions": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
        "centre": (0.0, 0.0, 0.0),
    }
    assert VolumeGeometry(**fine).shape == (5, 5, 5)
    with pytest.raises(AffineError, match=told):
        VolumeGeometry(**{**fine, **changes})


def test_an_affine_without_a_size_is_refused():
    with pytest.raises(AffineError, match=r"voxel sizes must be positive, got \[1.0, 1.0, 0.0\]"):
        VolumeGeometry.from_affine(np.diag([1, 1, 0, 1]), (2, 2, 2))
