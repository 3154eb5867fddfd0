"""NIfTI-1 headers and images that several test modules use."""

from __future__ import annotations

import nibabel as nib
import numpy as np

from volio.formats.nifti1 import Nifti1Header

AFFINE = np.array([[-2, 3, 0, 10], [1.5, 4, 0, -20], [0, 0, 4, 30], [0, 0, 0, 1.0]])
ORACLE = nib.Nifti1Header


def both(**fields) -> tuple[Nifti1Header, nib.Nifti1Header]:
    """The same header to both readers."""
    ours = Nifti1Header()
    ours.set_data_shape((3, 4, 5, 2))
    for name, value in fields.items():
        ours[name] = value
    return ours, ORACLE(ours.binaryblock, check=False)


def saved(img) -> bytes:
    return img.to_bytes()
