"""Images read and written by dipy or MONAI; run as a program, on nibabel or on volio in its place.

``python -m volio.tests.compat.image_program_jobs {dipy,monai} {nibabel,volio} FOLDER`` reads
FOLDER/LIBRARY/*.nii.gz and writes the figures to FOLDER/LIBRARY.npz.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from volio.tests.compat.nilearn_jobs import without_nibabel


def dipy_figures(folder: Path) -> dict[str, Any]:
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


def monai_figures(folder: Path) -> dict[str, Any]:
    """Load a series and labels, save the series, and load that."""
    from monai.transforms import LoadImage, SaveImage

    plain = LoadImage(image_only=True)(folder / "bold.nii.gz")
    figures = _tensor_figures("plain", plain)
    channels_first = LoadImage(image_only=True, ensure_channel_first=True, reader="NibabelReader")
    series = channels_first(folder / "bold.nii.gz")
    figures |= _tensor_figures("series", series)
    labels = LoadImage(image_only=True, dtype=np.int16)(folder / "parts.nii.gz")
    figures |= _tensor_figures("labels", labels)
    save = SaveImage(folder, output_postfix="saved", separate_folder=False, print_log=False)
    save(series)
    figures |= _tensor_figures("saved", channels_first(folder / "bold_saved.nii.gz"))
    return figures


def _tensor_figures(name: str, tensor: Any) -> dict[str, Any]:
    """Return the values of a tensor, its affine, and the names and shapes of its metadata."""
    return {
        name: tensor.numpy(),
        f"{name} affine": tensor.affine.numpy(),
        f"{name} shape": np.asarray(tensor.meta["spatial_shape"]),
        f"{name} metadata": np.array(sorted(map(str, tensor.meta))),
    }


FIGURES = {"dipy": dipy_figures, "monai": monai_figures}


def run(program: str, library: str, folder: Path) -> None:
    """Run the job of a program, and write its figures."""
    warnings.simplefilter("ignore")
    if library == "volio":
        without_nibabel()
    figures = FIGURES[program](folder / library)
    np.savez(folder / f"{library}.npz", **figures)


if __name__ == "__main__":
    run(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
