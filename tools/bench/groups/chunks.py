"""Arrays in chunks: patches, whole arrays, and a volume that becomes OME-Zarr."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from shutil import rmtree
from typing import Any

import numpy as np

from bench.case import Case, Fast, Way

__all__ = [
    "CASES",
    "LAYOUTS",
    "PATCH",
    "PATCHES",
    "TITLES",
    "Opened",
    "Tensorstore",
    "corners_of_patches",
    "open_by_zarr",
]

PATCH = 48
PATCHES = 200

#: How the array is cut: what zarr-python is told.
LAYOUTS: dict[str, dict[str, Any]] = {
    "cubes": {"chunks": (64, 64, 64)},
    "shards": {"chunks": (32, 32, 32), "shards": (128, 128, 128)},
    "planes": {"chunks": (1, 512, 512)},
}
TITLES = {"cubes": "chunks of 64³", "shards": "shards of 32³", "planes": "planes"}

Opened = Callable[[Path], Any]


def _volio(path: Path) -> Any:
    import volio

    return volio.load(path, axes="XYZ").dataobj  # in the order of the file, as the others have it


def open_by_zarr(path: Path) -> Any:
    """Return an array of zarr-python."""
    import zarr

    return zarr.open_array(path, mode="r")


class Tensorstore:
    """An array of tensorstore with the interface of numpy, which keeps chunks as volio does.

    Parameters
    ----------
    path : Path
    rechecks : bool
        Whether each read asks if the files of its chunks have changed, as volio always does.
    """

    def __init__(self, path: Path, *, rechecks: bool = False) -> None:
        import tensorstore

        context = {"cache_pool": {"total_bytes_limit": 256 << 20}}
        store = {"driver": "file", "path": str(path)}
        spec = {"driver": "zarr3", "kvstore": store, "recheck_cached_data": rechecks}
        self._array = tensorstore.open(spec, context=tensorstore.Context(context)).result()
        self.shape = tuple(self._array.shape)

    def __getitem__(self, index: Any) -> Any:
        return self._array[index].read().result()


def corners_of_patches(shape: Sequence[int]) -> tuple[list[list[int]], list[int]]:
    """Return random places for patches, and the size of a patch."""
    size = [min(PATCH, n) for n in shape]
    room = [n - length + 1 for n, length in zip(shape, size, strict=True)]
    return np.random.default_rng(0).integers(0, room, (PATCHES, 3)).tolist(), size


def _read_patches(array: Any) -> Any:
    """Read patches at random places; return the middle voxel of each."""
    corners, size = corners_of_patches(array.shape)
    found = []
    for corner in corners:
        index = [slice(start, start + n) for start, n in zip(corner, size, strict=True)]
        patch = array[tuple(index)]
        found.append(patch[tuple(n // 2 for n in size)])
    return np.array(found)


def _patches(opened: Opened, layout: str) -> Way:
    def way(files: Any) -> Callable[[], Any]:
        array = opened(files.zarr(layout, LAYOUTS[layout]))
        _read_patches(array)  # what can be kept is kept
        return lambda: _read_patches(array)

    return way


def _whole(opened: Opened, layout: str) -> Way:
    def way(files: Any) -> Callable[[], Any]:
        path = files.zarr(layout, LAYOUTS[layout])
        opened(path)[:1, :1, :1]
        return lambda: opened(path)[:, :, :]

    return way


PEERS: dict[str, Opened] = {"volio": _volio, "zarr": open_by_zarr, "tensorstore": Tensorstore}
RECHECKING: dict[str, Opened] = {"that rechecks": partial(Tensorstore, rechecks=True)}


def _ways(
    how: Callable[[Opened, str], Way], layout: str, peers: dict[str, Opened]
) -> dict[str, Way]:
    return {name: how(opened, layout) for name, opened in peers.items()}


def _converted_by_volio(files: Any) -> Callable[[], Any]:
    import volio

    source = files.own("series")
    volio.load(files.small())
    return lambda: _level_0(files, lambda target: volio.convert(source, target))


def _converted_by_hand(files: Any) -> Callable[[], Any]:
    """Return work that reads all voxels and lets zarr-python write the finest level alone."""
    import zarr

    import volio

    source = files.own("series")

    def write(target: Path) -> None:
        voxels = np.asarray(volio.load(source).dataobj).transpose()
        made = zarr.open_group(target, mode="w").create_array(
            "0", shape=voxels.shape, dtype=voxels.dtype, chunks=(1, 64, 64, 64)
        )
        made[...] = voxels

    return lambda: _level_0(files, write)


def _level_0(files: Any, write: Callable[[Path], None]) -> Any:
    """Write a folder; return a part of its finest level."""
    import zarr

    target = files.output("a.done").with_name("a.ome.zarr")
    rmtree(target, ignore_errors=True)
    write(target)
    return zarr.open_group(target, mode="r")["0"][0, ::7]


CASES = (
    *(
        Case(
            f"patches-{layout}",
            f"{PATCHES} patches of {PATCH}³, {TITLES[layout]}, chunks kept in memory",
            _ways(_patches, layout, PEERS | RECHECKING),
            (Fast("zarr", 5), Fast("tensorstore", 1 / 2.5)),
        )
        for layout in LAYOUTS
    ),
    *(
        Case(
            f"whole-{layout}",
            f"all voxels, {TITLES[layout]}",
            _ways(_whole, layout, PEERS),
            (Fast("zarr"),),
        )
        for layout in LAYOUTS
    ),
    Case(
        "convert-ome-zarr",
        ".nii.gz to OME-Zarr with a pyramid; by hand: read, and zarr-python writes one level",
        {"volio": _converted_by_volio, "by hand": _converted_by_hand},
        (Fast("by hand", 1 / 1.3),),
    ),
)
