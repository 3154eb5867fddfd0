"""Headers of text: opening many files, as other libraries do and as they open .nii.gz files."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from bench.case import Case, Fast, Way

__all__ = ["CASES"]

#: Ending of a file, and of the one whose header SimpleITK reads in comparison.
ENDINGS = {".nrrd": ".nrrd", ".nhdr": ".nhdr", ".mha": ".mha", ".mhd": ".mhd", ".mif": ".nrrd"}

#: Signs of x, y and z from the space of ITK to RAS+.
LPS = np.array([-1, -1, 1, 1])

#: Shape and affine of a file.
Header = tuple[tuple[int, ...], Any]


def _by_volio() -> Callable[[str], Header]:
    import volio

    def read(path: str) -> Header:
        image = volio.load(path)
        return image.shape, image.affine

    return read


def _by_nibabel() -> Callable[[str], Header]:
    sys.modules["indexed_gzip"] = None  # type: ignore[assignment]  as if it were not installed
    import nibabel

    def read(path: str) -> Header:
        image = nibabel.load(path)
        return image.shape, image.affine

    return read


def _by_simpleitk() -> Callable[[str], Header]:
    import SimpleITK

    def read(path: str) -> Header:
        reader = SimpleITK.ImageFileReader()
        reader.SetFileName(path)
        reader.ReadImageInformation()
        affine = np.eye(4)
        affine[:3, :3] = np.reshape(reader.GetDirection(), (3, 3)) * reader.GetSpacing()
        affine[:3, 3] = reader.GetOrigin()
        return reader.GetSize(), LPS[:, np.newaxis] * affine

    return read


def _by_pynrrd() -> Callable[[str], Header]:
    import nrrd

    def read(path: str) -> Header:
        header = nrrd.read_header(path)
        affine = np.eye(4)
        affine[:3, :3] = header["space directions"].T
        affine[:3, 3] = header["space origin"]
        return tuple(header["sizes"]), LPS[:, np.newaxis] * affine

    return read


def _way(library: Callable[[], Callable[[str], Header]], ending: str) -> Way:
    """Return a way to read the headers of many files with a library that is in use already."""

    def way(files: Any) -> Callable[[], Any]:
        paths = [str(path) for path in files.many(ending)]
        read = library()
        read(paths[0])
        return lambda: _table(map(read, paths))

    return way


def _table(headers: Iterable[Header]) -> Any:
    """Return shape and affine of each file, a row each; no minus zeros."""
    return np.array([[*shape, *np.ravel(affine)] for shape, affine in headers]) + 0.0


def _case(ending: str) -> Case:
    compared = ENDINGS[ending]
    itk = "SimpleITK" if compared == ending else f"SimpleITK {compared}"
    ways = {
        "volio": _way(_by_volio, ending),
        itk: _way(_by_simpleitk, compared),
        "nibabel .nii.gz": _way(_by_nibabel, ".nii.gz"),
    }
    if compared == ".nrrd":
        ways["pynrrd"] = _way(_by_pynrrd, compared)
    return Case(
        f"text-headers{ending}",
        f"volio.load, shape and affine of 1,000 {ending} files; the library in use already. "
        "SimpleITK and pynrrd read the header alone",
        ways,
        (Fast(itk, 1 / 3), Fast("nibabel .nii.gz")),
    )


CASES = tuple(map(_case, ENDINGS))
