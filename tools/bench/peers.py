"""Ways that several cases share: reading with each library, all of a file or parts of it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from bench.case import Way

__all__ = [
    "LOADERS",
    "Opened",
    "lazily",
    "medrs_file",
    "nibabel_file",
    "nibabel_indexed_file",
    "simpleitk_file",
    "stored",
    "then",
    "volio_file",
]

Work = Callable[[], Any]
#: ``opened(files, path)`` imports a library, warms it with a small file and returns its loader.
Opened = Callable[[Any, Path], Callable[[], Any]]


def volio_file(files: Any, path: Path) -> Work:
    """Return what loads a file with volio."""
    import volio

    volio.load(str(files.small())).get_fdata()
    return lambda: volio.load(str(path))


def nibabel_file(files: Any, path: Path, *, indexed: bool = False) -> Work:
    """Return what loads a file with nibabel, without its optional index of gzip."""
    if indexed:
        import indexed_gzip  # noqa: F401  nibabel takes it where it is installed
    else:
        sys.modules["indexed_gzip"] = None  # type: ignore[assignment]  as if it were not
    import nibabel

    nibabel.load(files.small()).get_fdata()
    return lambda: nibabel.load(path)


def nibabel_indexed_file(files: Any, path: Path) -> Work:
    """Return what loads a file with nibabel and indexed_gzip."""
    return nibabel_file(files, path, indexed=True)


def simpleitk_file(files: Any, path: Path) -> Work:
    """Return what reads a whole file with SimpleITK: an array of its own voxels."""
    import SimpleITK

    SimpleITK.ReadImage(str(files.small()))
    return lambda: _from_itk(SimpleITK, SimpleITK.ReadImage(str(path)))


def _from_itk(itk: Any, image: Any) -> Any:
    return itk.GetArrayFromImage(image).transpose()


def medrs_file(files: Any, path: Path) -> Work:
    """Return what reads a whole file with medrs: an array of the stored voxels."""
    import medrs

    medrs.load(str(files.small())).to_numpy_native()
    return lambda: medrs.load(str(path)).to_numpy_native()


def then(opened: Opened, path: Callable[[Any], Path], work: Callable[[Any], Any]) -> Way:
    """Return a way: load the file that `path` chooses, then do the work with the image."""

    def way(files: Any) -> Work:
        load = opened(files, path(files))
        return lambda: work(load())

    return way


def stored(image: Any) -> Any:
    """Return all voxels of an image of volio or nibabel, or an array that was read."""
    return np.asanyarray(getattr(image, "dataobj", image))


#: Those that load an image whose voxels are read later, all or in part.
LOADERS: dict[str, Opened] = {
    "volio": volio_file,
    "nibabel": nibabel_file,
    "nibabel+indexed_gzip": nibabel_indexed_file,
}


def lazily(path: Callable[[Any], Path], work: Callable[[Any], Any]) -> dict[str, Way]:
    """Return the ways of those that can read a part: load the file, do the work with the image."""
    return {name: then(opened, path, work) for name, opened in LOADERS.items()}
