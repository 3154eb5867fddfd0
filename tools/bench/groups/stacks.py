"""Patches of image stacks: what training reads, as float32 with an axis of channels."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from bench.case import Case, Fast, Way
from bench.groups.chunks import (
    LAYOUTS,
    PATCH,
    PATCHES,
    TITLES,
    Opened,
    Tensorstore,
    corners_of_patches,
    open_by_zarr,
)

__all__ = ["CASES"]

#: ``take(coords, patch_size)`` returns a patch, shape (channel, *patch_size).
Take = Callable[[list[int], list[int]], Any]


def _volio(path: Path) -> Take:
    from volio.stacks import ZarrImageStack

    return _taken_of(ZarrImageStack(_group(path), path.name, "ZYX"))


def _careamics(path: Path) -> Take:
    from careamics.dataset.image_stack import ZarrImageStack

    return _taken_of(ZarrImageStack(_group(path), path.name, "ZYX"))


def _group(path: Path) -> Any:
    """Return the group that an array is in, made where there is none yet."""
    import zarr

    return zarr.open_group(path.parent, mode="a")


def _taken_of(stack: Any) -> Take:
    return lambda coords, size: stack.extract_patch(0, None, coords, size)


def _by_slices(opened: Opened) -> Callable[[Path], Take]:
    """Return what takes patches of an array by hand."""

    def way(path: Path) -> Take:
        array = opened(path)

        def take(coords: list[int], size: list[int]) -> Any:
            sides = zip(coords, size, strict=True)
            index = tuple([slice(start, start + length) for start, length in sides])
            return np.asarray(array[index])[np.newaxis].astype(np.float32)

        return take

    return way


def _way(opened: Callable[[Path], Take], layout: str) -> Way:
    def way(files: Any) -> Callable[[], Any]:
        path = files.zarr(layout, LAYOUTS[layout])
        take = opened(path)
        corners, size = corners_of_patches(open_by_zarr(path).shape)
        middle = (0, *[n // 2 for n in size])

        def work() -> Any:
            return np.array([take(corner, size)[middle] for corner in corners])

        work()  # what can be kept is kept
        return work

    return way


WAYS = {
    "volio": _volio,
    "careamics": _careamics,
    "zarr": _by_slices(open_by_zarr),
    "tensorstore": _by_slices(Tensorstore),
}

CASES = tuple(
    Case(
        f"stack-{layout}",
        f"{PATCHES} patches of {PATCH}³ of a stack, float32, {TITLES[layout]}, chunks kept",
        {name: _way(opened, layout) for name, opened in WAYS.items()},
        (Fast("careamics", 5), Fast("zarr", 5), Fast("tensorstore", 1 / 2.5)),
    )
    for layout in LAYOUTS
)
