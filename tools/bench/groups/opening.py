"""Opening: headers of many files, and what importing takes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from bench.case import Case, Fast, Way
from bench.peers import LOADERS, Opened

__all__ = ["CASES"]


def _headers(opened: Opened, ending: str) -> Way:
    def way(files: Any) -> Callable[[], Any]:
        paths = files.many(ending)
        load = opened(files, paths[0])
        load()
        module = sys.modules["volio" if "volio" in sys.modules else "nibabel"]

        def work() -> Any:
            images = [module.load(path) for path in map(str, paths)]
            return np.array([[*image.shape, *image.affine.ravel()] for image in images])

        return work

    return way


def _import_volio(files: Any) -> Callable[[], Any]:
    def work() -> Any:
        import volio

        return np.array(volio.__name__ == "volio")

    return work


def _import_nibabel(files: Any) -> Callable[[], Any]:
    def work() -> Any:
        import nibabel

        return np.array(nibabel.__name__ == "nibabel")

    return work


def _first_load_volio(files: Any) -> Callable[[], Any]:
    path = str(files.small())

    def work() -> Any:
        import volio

        return np.array(volio.load(path).shape)

    return work


def _first_load_nibabel(files: Any) -> Callable[[], Any]:
    path = str(files.small())

    def work() -> Any:
        import nibabel

        return np.array(nibabel.load(path).shape)

    return work


CASES = (
    *(
        Case(
            f"headers{ending}",
            f"volio.load, shape and affine of 1,000 {ending} files; the library in use already",
            {name: _headers(LOADERS[name], ending) for name in ("volio", "nibabel")},
            (Fast("nibabel", 3),),
        )
        for ending in (".nii.gz", ".nii")
    ),
    Case(
        "import",
        "import of the library, numpy being there; fresh process, files of the library in the "
        "page cache",
        {"volio": _import_volio, "nibabel": _import_nibabel},
        (Fast(seconds=0.010),),
    ),
    Case(
        "first-load",
        "import and load of a small .nii.gz, numpy being there; fresh process",
        {"volio": _first_load_volio, "nibabel": _first_load_nibabel},
        (Fast(seconds=0.040),),
    ),
)
