"""Images read and written by MONAI; run as a program, on nibabel or on volio in its place.

``python -m volio.tests.compat.monai_jobs {nibabel,volio} FOLDER`` reads FOLDER/NAME/*.nii.gz and
writes the figures to FOLDER/NAME.npz.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from volio.tests.compat.nilearn_jobs import without_nibabel


def image_figures(folder: Path) -> dict[str, Any]:
    """Load a series and labels, save the series, and load that."""
    from monai.transforms import LoadImage, SaveImage

    plain = LoadImage(image_only=True)(folder / "bold.nii.gz")
    figures = tensor_figures("plain", plain)
    channels_first = LoadImage(image_only=True, ensure_channel_first=True, reader="NibabelReader")
    series = channels_first(folder / "bold.nii.gz")
    figures |= tensor_figures("series", series)
    labels = LoadImage(image_only=True, dtype=np.int16)(folder / "parts.nii.gz")
    figures |= tensor_figures("labels", labels)
    save = SaveImage(folder, output_postfix="saved", separate_folder=False, print_log=False)
    save(series)
    figures |= tensor_figures("saved", channels_first(folder / "bold_saved.nii.gz"))
    return figures


def tensor_figures(name: str, tensor: Any) -> dict[str, Any]:
    """Return the values of a tensor, its affine, and the names and shapes of its metadata."""
    shape = tensor.meta["spatial_shape"]
    return {
        f"{name} values": tensor.numpy(),
        f"{name} affine": tensor.affine.numpy(),
        f"{name} shape": np.asarray(shape),
        f"{name} metadata": np.array(sorted(map(str, tensor.meta))),
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
