"""Writing files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from bench.case import Case, Fast, Small, Way, array_digest, file_size

__all__ = ["CASES"]

AFFINE = np.diag([2.0, 2.0, 2.5, 1.0])


def _voxels(files: Any, what: str) -> Any:
    return np.array(files.array(what), order="F")


def _volio(what: str, ending: str) -> Way:
    def way(files: Any) -> Callable[[], Any]:
        import volio

        path, voxels = files.output(f"volio{ending}"), _voxels(files, what)
        volio.save(volio.Nifti1Image(voxels[:2], AFFINE), path)
        return lambda: _written(volio.save, volio.Nifti1Image(voxels, AFFINE), path)

    return way


def _nibabel(what: str, ending: str) -> Way:
    def way(files: Any) -> Callable[[], Any]:
        import nibabel

        path, voxels = files.output(f"nibabel{ending}"), _voxels(files, what)
        nibabel.save(nibabel.Nifti1Image(voxels[:2], AFFINE), path)
        return lambda: _written(nibabel.save, nibabel.Nifti1Image(voxels, AFFINE), path)

    return way


def _simpleitk(what: str, ending: str) -> Way:
    def way(files: Any) -> Callable[[], Any]:
        import SimpleITK

        path, voxels = files.output(f"itk{ending}"), _voxels(files, what)
        image = SimpleITK.GetImageFromArray(voxels.T, isVector=False)

        def write(image: Any, path: Path) -> None:
            SimpleITK.WriteImage(image, str(path), useCompression=ending.endswith(".gz"))

        return lambda: _written(write, image, path)

    return way


def _written(save: Callable[[Any, Path], None], image: Any, path: Path) -> Path:
    save(image, path)
    return path


def _voxels_digest(path: Path) -> str:
    import nibabel

    return array_digest(np.asanyarray(nibabel.load(path).dataobj))


def _case(what: str, ending: str, targets: Any) -> Case:
    return Case(
        f"write{ending}-{what}",
        f"save int16 as {ending}; the library in use already; volio brings the bytes to disk "
        "(fsync) before it replaces a file, the others do not",
        {
            "volio": _volio(what, ending),
            "nibabel": _nibabel(what, ending),
            "SimpleITK": _simpleitk(what, ending),
        },
        targets,
        digest=_voxels_digest,
        size=file_size,
    )


CASES = tuple(
    case
    for what in ("series", "t1")
    for case in (
        _case(what, ".nii.gz", (Fast("nibabel", 8), Small("nibabel"))),
        _case(what, ".nii", (Fast("nibabel", 3),)),
    )
)
