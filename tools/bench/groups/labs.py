"""Volumes of other formats: read whole, and one volume of a series."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from bench.case import Case, Fast, Way
from bench.peers import Opened, nibabel_file, simpleitk_file, stored, then, volio_file

__all__ = ["CASES"]

#: Kinds that nibabel reads, and the axis along which it has the volumes of a series.
BY_NIBABEL = {"afni": -1, "afni-gz": -1, "minc1": 0, "minc2": 0, "ecat": -1}
#: Kinds of which opening is measured, and the share of nibabel's speed that is wanted: a header of
#: MINC2 is read with all of its attributes, which a save must keep.
OPENED = {"minc1": 0.6, "minc2": 0.45}
OPENINGS = 50
#: Kinds that SimpleITK reads, and whether pynrrd does.
BY_ITK = {"nrrd": True, "nrrd-gz": True, "metaimage": False, "metaimage-zlib": False}


def _opened(peer: Opened, kind: str) -> Opened:
    """Return the loader, with what it needs for this kind in memory already."""

    def opened(files: Any, path: Path) -> Callable[[], Any]:
        stored(peer(files, files.lab(kind, "small"))())
        return peer(files, path)

    return opened


def _way(peer: Opened, kind: str, what: str, work: Callable[[Any], Any]) -> Way:
    return then(_opened(peer, kind), lambda files: files.lab(kind, what), work)


def _pynrrd_file(files: Any, path: Path) -> Callable[[], Any]:
    import nrrd

    return lambda: nrrd.read(str(path))[0]


def _ecat_file(files: Any, path: Path) -> Callable[[], Any]:
    nibabel_file(files, path)
    from nibabel.ecat import EcatImage

    return lambda: EcatImage.load(path)


def _whole(image: Any, axis: int) -> Any:
    return image.get_fdata(dtype=np.float32)


def _middle(image: Any, axis: int) -> Any:
    index: list[Any] = [slice(None)] * 4
    index[axis] = image.shape[axis] // 2
    return np.asanyarray(image.dataobj[tuple(index)])


def _nibabel_ways(kind: str, what: str, work: Callable[[Any, int], Any]) -> dict[str, Way]:
    peer = _ecat_file if kind == "ecat" else nibabel_file
    axis = BY_NIBABEL[kind]
    return {
        "volio": _way(volio_file, kind, what, lambda image: work(image, -1)),
        "nibabel": _way(peer, kind, what, lambda image: work(image, axis)),
    }


def _openings(peer: Opened, kind: str) -> Way:
    """Return what opens a small image often and gives its affine."""

    def way(files: Any) -> Callable[[], Any]:
        load = _opened(peer, kind)(files, files.lab(kind, "small"))
        return lambda: np.array([load().affine for _ in range(OPENINGS)])

    return way


def _itk_ways(kind: str) -> dict[str, Way]:
    ways = {
        "volio": _way(volio_file, kind, "t1", stored),
        "SimpleITK": _way(simpleitk_file, kind, "t1", np.asarray),
    }
    if BY_ITK[kind]:
        ways["pynrrd"] = _way(_pynrrd_file, kind, "t1", np.asarray)
    return ways


CASES = (
    *(
        Case(
            f"labs-{kind}-whole",
            f"get_fdata(dtype=float32) of a 256^3 image in {kind}; fresh process, page cache warm",
            _nibabel_ways(kind, "t1", _whole),
            (Fast("nibabel"),),
            dtype=np.float32,
        )
        for kind in BY_NIBABEL
    ),
    *(
        Case(
            f"labs-{kind}-volume",
            f"one volume of a series in {kind}; fresh process, page cache warm",
            _nibabel_ways(kind, "series", _middle),
            (Fast("nibabel"),),
            dtype=np.float64,
        )
        for kind in BY_NIBABEL
    ),
    *(
        Case(
            f"labs-{kind}-open",
            f"a small image in {kind} opened {OPENINGS} times; fresh process, page cache warm",
            {
                "volio": _openings(volio_file, kind),
                "nibabel": _openings(nibabel_file, kind),
            },
            (Fast("nibabel", times),),
        )
        for kind, times in OPENED.items()
    ),
    *(
        Case(
            f"labs-{kind}-whole",
            f"all voxels of a 256^3 image in {kind}; fresh process, page cache warm",
            _itk_ways(kind),
            (Fast("SimpleITK"),),
        )
        for kind in BY_ITK
    ),
)
