"""Imaris files (.ims): resolutions, times and channels in groups of HDF5.

Voxels are in ``DataSet/ResolutionLevel n/TimePoint t/Channel c/Data``, filled up to whole chunks;
attributes are text in arrays of single characters.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.arrays.chunked import ChunkedArray
from volio.errors import HeaderDataError
from volio.formats.containers.hdf5.datasets import read_dataset
from volio.formats.containers.hdf5.file import OpenedFile
from volio.formats.hdf5.attribute_text import read_text
from volio.formats.hdf5.contents import Hdf5Contents, matrix_of
from volio.formats.hdf5.stacks import Volumes, stack_array
from volio.images.microscopy import Channel
from volio.images.named_axes import FileAxis
from volio.numerals import parse_float

__all__ = ["is_imaris", "read_imaris"]

INFO = "DataSetInfo"
LEVEL = "DataSet/ResolutionLevel"
MOST = 100_000  # times, channels
MOST_LEVELS = 32
OUTER = {"t": FileAxis("t", "time", "second"), "c": FileAxis("c", "channel")}


def is_imaris(file: Any) -> bool:
    """Return whether an ``h5py.File`` has what an Imaris file has."""
    return f"{LEVEL} 0" in file and f"{INFO}/Image" in file


def read_imaris(opened: OpenedFile) -> Hdf5Contents:
    """Return the contents of an Imaris file.

    Raises
    ------
    HeaderDataError
        If extents or sizes are not numbers, or a level has no voxels.
    """
    file = opened.file
    times = _count(file[f"{LEVEL} 0"], "TimePoint")
    channels = _count(file[f"{LEVEL} 0/TimePoint 0"], "Channel")
    numbers = _numbered(file["DataSet"], "ResolutionLevel")[:MOST_LEVELS]
    stacks = [Volumes(_template(level), times, channels) for level in numbers]
    arrays = tuple([_array(opened, volumes) for volumes in stacks])
    matrices = tuple([_matrix(opened, stacks[0].names, array.shape[-3:]) for array in arrays])
    unit = read_text(file[f"{INFO}/Image"], "Unit")
    in_space = [FileAxis(name, "space", unit) for name in "zyx"]
    axes = (*[OUTER[name] for name in stacks[0].names], *in_space)
    named = tuple([_channel(file, number) for number in channels])
    return Hdf5Contents(axes, arrays, matrices, named)


def _template(level: int) -> str:
    return f"{LEVEL} {level}/TimePoint {{t}}/Channel {{c}}/Data"


def _array(opened: OpenedFile, volumes: Volumes) -> ChunkedArray:
    stored = read_dataset(opened, volumes.path(), opened.file[volumes.path()])
    shape = _true_shape(opened, volumes)
    return stack_array(opened.source, volumes, shape, stored.chunks, stored.dtype)


def _matrix(opened: OpenedFile, names: Sequence[str], shape: Sequence[int]) -> NDArray[np.float64]:
    """Return voxel indices of a level to positions; the first axes are those of the names."""
    file = opened.file
    where = f"{INFO}/Image"
    sizes, first = _positions(file[where], shape, f"{opened.source.name}: {where}")
    steps = np.array([_time_step(file) if name == "t" else 1.0 for name in names])
    starts = np.zeros(len(steps))
    return matrix_of(np.append(steps, sizes), np.append(starts, first))


def _numbered(group: Any, word: str) -> tuple[int, ...]:
    """Return the numbers of the groups of a word, ``TimePoint 3``, which must be 0, 1, 2, ..."""
    count = 0
    while count < MOST and f"{word} {count}" in group:
        count += 1
    return tuple(range(count))


def _count(group: Any, word: str) -> tuple[int, ...]:
    found = _numbered(group, word)
    if not found:
        raise HeaderDataError(f"{group.name}: has no {word} 0")
    return found


def _true_shape(opened: OpenedFile, volumes: Volumes) -> tuple[int, ...]:
    """Return z, y, x of a level without what chunks are filled up with.

    The groups of volumes state it; of the finest level also the information on the image.
    """
    path = volumes.path()
    stored = opened.file[path].shape
    where = opened.file[path.rpartition("/")[0]]
    prefix = "ImageSize"
    if not read_text(where, "ImageSizeX"):
        if volumes.template != _template(0):
            return tuple(stored)  # what it is filled up with is not known
        where = opened.file[f"{INFO}/Image"]
        prefix = ""
    what = f"{opened.source.name}: {where.name}"
    lengths = [_number(where, f"{prefix}{axis}", what) for axis in "ZYX"]
    if not _are_within(lengths, stored):
        raise HeaderDataError(f"{what}: the size {lengths} is not within {stored}")
    return tuple([int(length) for length in lengths])


def _are_within(lengths: Sequence[float], stored: Sequence[int]) -> bool:
    """Return whether there are as many lengths as axes, each above 0 and of what is stored."""
    if len(lengths) != len(stored):
        return False
    return all(0 < n <= most for n, most in zip(lengths, stored, strict=True))


def _number(node: Any, name: str, what: str) -> float:
    text = read_text(node, name)
    try:
        value = parse_float(text)
    except ValueError:
        value = math.nan
    if not abs(value) < 1e30:
        raise HeaderDataError(f"{what}: {name}: must be a number, got {text!r:.60}")
    return value


def _positions(
    info: Any, shape: Sequence[int], what: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the sizes of a voxel along z, y, x, and the centre of the first one.

    Extents are those of the outer borders of the voxels.
    """
    low = _extents(info, "ExtMin", what)
    high = _extents(info, "ExtMax", what)
    sizes = (high - low) / shape
    if min(sizes) <= 0:
        raise HeaderDataError(
            f"{what}: ExtMax0 to 2 must be above ExtMin0 to 2, got {low.tolist()}, {high.tolist()}"
        )
    return sizes, low + sizes / 2


def _extents(info: Any, name: str, what: str) -> NDArray[np.float64]:
    """Return borders of the image along z, y, x; the file numbers x, y, z."""
    return np.array([_number(info, f"{name}{axis}", what) for axis in (2, 1, 0)])


def _time_step(file: Any) -> float:
    """Return the seconds from the first time to the second; 1 where they are not known."""
    if f"{INFO}/TimeInfo" not in file:
        return 1.0
    info = file[f"{INFO}/TimeInfo"]
    texts = [read_text(info, f"TimePoint{number}") for number in (1, 2)]
    try:
        first, second = (datetime.fromisoformat(text) for text in texts)
    except ValueError:
        return 1.0
    return (second - first).total_seconds() or 1.0


def _channel(file: Any, number: int) -> Channel:
    path = f"{INFO}/Channel {number}"
    if path not in file:
        return Channel()
    info = file[path]
    window = _floats(read_text(info, "ColorRange"))
    color = _floats(read_text(info, "Color"))
    is_color = len(color) == 3 and all(0 <= part <= 1 for part in color)
    digits = "".join([f"{round(255 * part):02X}" for part in color]) if is_color else ""
    ends = (window[0], window[1]) if len(window) == 2 else None
    return Channel(read_text(info, "Name"), digits, ends)


def _floats(text: str) -> list[float]:
    try:
        return [parse_float(word) for word in text.split()]
    except ValueError:
        return []
