"""Images read and written by dipy; run as a program, on nibabel or on volio in its place.

``python -m volio.tests.compat.dipy_jobs {nibabel,volio} FOLDER`` reads FOLDER/NAME/*.nii and writes
the figures to FOLDER/NAME.npz.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from volio.tests.compat.nilearn_jobs import without_nibabel


def image_figures(folder: Path) -> dict[str, Any]:
    """Read a series and labels, write a volume of the series, and read that."""
    from dipy.io.image import load_nifti, load_nifti_data, save_nifti

    series, affine, img, zooms, axes = load_nifti(
        str(folder / "bold.nii.gz"), return_img=True, return_voxsize=True, return_coords=True
    )
    save_nifti(str(folder / "volume.nii.gz"), series[..., 1] * 2, affine, hdr=img.header)
    saved, saved_affine = load_nifti(str(folder / "volume.nii.gz"))
    return {
        "series": series,
        "affine": affine,
        "zooms": np.asarray(zooms, np.float32),
        "axes": np.array(axes),
        "saved": saved,
        "saved affine": saved_affine,
        "labels": load_nifti_data(str(folder / "parts.nii.gz")),
    }


def run(library: str, folder: Path) -> None:
    """Run the job, and write its figures."""
    warnings.simplefilter("ignore")
    if library == "volio":
        without_nibabel()
    figures = image_figures(folder / library)
    np.savez(folder / f"{library}.npz", **figures)


if __name__ == "__main__":
    run(sys.argv[1], Path(sys.argv[2]))
