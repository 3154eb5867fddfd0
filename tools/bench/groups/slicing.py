"""Reading parts of files, compressed or not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from bench.case import Case, Fast, Way
from bench.peers import LOADERS, Opened, lazily, stored, then, volio_file

__all__ = ["CASES"]


def _own_series(files: Any) -> Path:
    return files.own("series")


def _foreign_series(files: Any) -> Path:
    return files.foreign("series")


def _cold(opened: Opened) -> Way:
    """Return a way that reads a volume of a file of which nothing is known; another was read."""

    def way(files: Any) -> Callable[[], Any]:
        _middle_volume(opened(files, files.own("spare"))())
        load = opened(files, _own_series(files))
        return lambda: _middle_volume(load())

    return way


def _middle_volume(image: Any) -> Any:
    return np.asanyarray(image.dataobj[..., image.shape[3] // 2])


def _sagittal(image: Any) -> Any:
    return np.asanyarray(image.dataobj[image.shape[0] // 2])


def _sagittal_of_whole(image: Any) -> Any:
    return stored(image)[image.shape[0] // 2]


def _second(opened: Opened) -> Way:
    """Return a way that has read one volume of the image before the time counts."""

    def way(files: Any) -> Callable[[], Any]:
        image = opened(files, _foreign_series(files))()
        np.asanyarray(image.dataobj[..., image.shape[3] * 2 // 3])
        return lambda: _middle_volume(image)

    return way


def _plain_series(files: Any) -> Path:
    return files.plain("series")


def _voxels(image: Any) -> Any:
    """Read a thousand voxels, each alone."""
    voxels = image.dataobj
    places = np.random.default_rng(0).integers(0, image.shape, (1000, len(image.shape)))
    return np.array([voxels[tuple(place)] for place in places.tolist()])


def _volumes(image: Any) -> Any:
    """Read every volume alone; return the middle voxel of each."""
    voxels = image.dataobj
    middle = tuple(length // 2 for length in image.shape[:3])
    return np.array([voxels[..., time][middle] for time in range(image.shape[3])])


def _many(opened: Opened, work: Callable[[Any], Any]) -> Way:
    """Return a way that has done the same work once before the time counts."""

    def way(files: Any) -> Callable[[], Any]:
        image = opened(files, _plain_series(files))()
        work(image)
        return lambda: work(image)

    return way


def _sagittal_case(kind: str) -> Case:
    def path(files: Any) -> Path:
        return files.foreign("t1") if kind == "foreign" else files.own("t1")

    ways = {**lazily(path, _sagittal), "whole read": then(volio_file, path, _sagittal_of_whole)}
    return Case(
        f"sagittal-{kind}",
        f"a sagittal slice of a 3-D .nii.gz ({kind}), cold: fresh process, nothing known of the "
        "file, page cache warm",
        ways,
        (Fast("whole read", 0.95),),  # not slower: within the noise of the measurement
    )


CASES = (
    Case(
        "volume-own",
        "one volume of a 4-D .nii.gz written by volio, cold: fresh process, nothing known of the "
        "file, page cache warm; the library in use already",
        {name: _cold(opened) for name, opened in LOADERS.items()},
        (Fast("nibabel", 50),),
    ),
    _sagittal_case("foreign"),
    _sagittal_case("own"),
    Case(
        "second-slice",
        "a volume of a foreign 4-D .nii.gz of which another was read in this process",
        {name: _second(opened) for name, opened in LOADERS.items()},
        (Fast("nibabel", 50),),
    ),
    Case(
        "voxels-plain",
        "a thousand voxels of a 4-D .nii, each read alone; the same ones were read before",
        {name: _many(opened, _voxels) for name, opened in LOADERS.items()},
        (Fast("nibabel"),),
    ),
    Case(
        "volumes-plain",
        "all volumes of a 4-D .nii, each read alone; they were read before",
        {name: _many(opened, _volumes) for name, opened in LOADERS.items()},
        (Fast("nibabel"),),
    ),
)
