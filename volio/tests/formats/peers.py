"""Voxels and physical points of an image, as SimpleITK and pynrrd read them from a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from volio.space.affines import from_matvec
from volio.space.eulerangles import euler2mat
from volio.tests.requirements import optional

__all__ = ["TURNED", "itk", "pynrrd"]

#: An oblique affine, voxels to RAS+ mm.
TURNED = from_matvec(euler2mat(0.1, 0.2, 0.3) @ np.diag([-1.5, 2, 2.5]), [5, -6, 7])


def itk(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return voxels, channels last, and the affine in RAS+ that SimpleITK finds."""
    sitk = optional("SimpleITK")
    image = sitk.ReadImage(str(path))
    data = sitk.GetArrayFromImage(image)
    several = image.GetNumberOfComponentsPerPixel() > 1
    voxels = np.moveaxis(data.T, 0, -1) if several else data.T
    count = image.GetDimension()
    matrix = np.eye(max(3, count))
    matrix[:count, :count] = np.reshape(image.GetDirection(), (count, count)) * image.GetSpacing()
    affine = from_matvec(matrix[:3, :3], (*image.GetOrigin(), 0, 0)[:3])
    return voxels, np.diag([-1, -1, 1, 1]) @ affine


def pynrrd(path: Path) -> tuple[np.ndarray, Any]:
    """Return voxels, in the order of the file, and header that pynrrd finds."""
    nrrd = optional("nrrd")
    return nrrd.read(str(path))
