"""Files of BigDataViewer: views, times and resolutions in groups of HDF5.

Voxels are in ``t00000/s00/0/cells``: time, setup (channel, tile, angle), resolution. Sizes of
voxels are in an XML file next to it and are not read.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from volio.arrays.chunked import ChunkedArray
from volio.arrays.dtypes import native
from volio.errors import HeaderDataError, ImageFileError
from volio.formats.containers.hdf5.datasets import StoredDataset, read_dataset
from volio.formats.containers.hdf5.file import OpenedFile
from volio.formats.hdf5.contents import Hdf5Contents
from volio.formats.hdf5.stacks import Volumes, stack_array
from volio.images.named_axes import axes_of_names

__all__ = ["is_bigdataviewer", "read_bigdataviewer", "split_setup"]

TIME = re.compile(r"t([0-9]{5,18})")
SETUP = re.compile(r"s([0-9]{2,18})")
MOST_LEVELS = 32


def is_bigdataviewer(file: Any) -> bool:
    """Return whether an ``h5py.File`` has what a file of BigDataViewer has."""
    return any(SETUP.fullmatch(name) and "resolutions" in file[name] for name in file)


def split_setup(path: str) -> int | None:
    """Return the number of the setup that a path names, ``s01``; None for other paths."""
    match = SETUP.fullmatch(path.strip("/"))
    return int(match[1]) if match else None


def read_bigdataviewer(opened: OpenedFile, setup: int | None = None) -> Hdf5Contents:
    """Return the contents of a file: its setups as channels, or one of them.

    Raises
    ------
    ImageFileError
        If the setups differ in their shapes; the message lists them.
    HeaderDataError
        If there are no voxels.
    """
    times = _numbers(opened.file, TIME)
    setups = _numbers(opened.file, SETUP) if setup is None else (setup,)
    if not times or not setups:
        raise HeaderDataError(f"{opened.source.name}: has no time t00000 or no setup s00")
    _check_alike(opened, times[0], setups)
    levels = _levels(opened.file, times[0], setups[0])
    arrays = tuple([_array(opened, times, setups, level) for level in levels])
    names = Volumes("", times, setups).names
    return Hdf5Contents(axes_of_names([*names, *"zyx"]), arrays, (None,) * len(arrays))


def _check_alike(opened: OpenedFile, time: int, setups: tuple[int, ...]) -> None:
    """Refuse setups of several shapes, which cannot be channels of one image."""
    finest = {setup: _volume(opened, time, setup, 0) for setup in setups}
    if len({(volume.shape, volume.dtype) for volume in finest.values()}) > 1:
        sizes = ", ".join([f"s{setup:02d} {volume.shape}" for setup, volume in finest.items()])
        raise ImageFileError(
            f"{opened.source.name}: has setups of several shapes: {sizes}; path='s00' names the "
            "one to load"
        )


def _array(
    opened: OpenedFile, times: tuple[int, ...], setups: tuple[int, ...], level: int
) -> ChunkedArray:
    volumes = Volumes(f"t{{t:05d}}/s{{c:02d}}/{level}/cells", times, setups)
    stored = _volume(opened, times[0], setups[0], level)
    # 16 bits are stored as if they had a sign, which they have not.
    is_short = native(stored.dtype) == np.int16
    dtype = np.dtype(np.uint16) if is_short else stored.dtype
    return stack_array(opened.source, volumes, stored.shape, stored.chunks, dtype)


def _numbers(group: Any, pattern: re.Pattern[str]) -> tuple[int, ...]:
    return tuple(sorted([int(match[1]) for name in group if (match := pattern.fullmatch(name))]))


def _levels(file: Any, time: int, setup: int) -> list[int]:
    group = file[f"t{time:05d}/s{setup:02d}"]
    return [level for level in range(MOST_LEVELS) if f"{level}/cells" in group]


def _volume(opened: OpenedFile, time: int, setup: int, level: int) -> StoredDataset:
    path = f"t{time:05d}/s{setup:02d}/{level}/cells"
    if path not in opened.file:
        raise HeaderDataError(f"{opened.source.name}: {path}: there is no such data set")
    stored = read_dataset(opened, path, opened.file[path])
    if len(stored.shape) != 3:
        raise HeaderDataError(f"{opened.source.name}: {path}: must have 3 axes, got {stored.shape}")
    return stored
