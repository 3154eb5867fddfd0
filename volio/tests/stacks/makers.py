"""The same array as every kind of stack, and what a patch of it must be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from volio.arrays.dtypes import cast_into
from volio.arrays.lazy import LazyArray
from volio.stacks import (
    FileImageStack,
    InMemoryImageStack,
    LazyImageStack,
    ZarrImageStack,
    reshape_array,
)
from volio.stacks.stack import BaseImageStack
from volio.tests.requirements import optional

__all__ = ["MAKERS", "expected_patch"]


class Remembered(LazyArray):
    """A lazy array of values in memory, which pickles."""

    def __init__(self, values: np.ndarray) -> None:
        self.values = values
        self.shape = values.shape
        self.dtype = values.dtype

    def fill(self, out: np.ndarray, box: Sequence[tuple[int, int]]) -> None:
        """Fill an array with a box."""
        cast_into(out, self.values[tuple(slice(*side) for side in box)])


def _memory(array: np.ndarray, axes: str, _: Path) -> BaseImageStack:
    return InMemoryImageStack.from_array(array, axes)


def _file(array: np.ndarray, axes: str, folder: Path) -> BaseImageStack:
    path = folder / "array.npy"
    np.save(path, array)
    shape = reshape_array(array, axes).shape
    stack = FileImageStack(path, axes, shape, array.dtype, np.load, None, array.shape)
    stack.load()
    return stack


def _sliced(array: np.ndarray, axes: str, _: Path) -> BaseImageStack:
    return LazyImageStack("array", array, axes)


def _lazy(array: np.ndarray, axes: str, _: Path) -> BaseImageStack:
    return LazyImageStack("array", Remembered(array), axes)


def _dask(array: np.ndarray, axes: str, _: Path) -> BaseImageStack:
    dask = optional("dask")
    return LazyImageStack("array", dask.from_array(array, chunks=2), axes)


def _h5py(array: np.ndarray, axes: str, folder: Path) -> BaseImageStack:
    file = optional("h5py").File(folder / "array.h5", "w")
    return LazyImageStack("array.h5", file.create_dataset("a", data=array), axes)


def _zarr(
    array: np.ndarray, axes: str, store: object, zarr_format: int = 3, **options: object
) -> BaseImageStack:
    zarr = optional("zarr")
    group = zarr.open_group(store, mode="a", zarr_format=zarr_format)
    chunks = tuple(min(2, n) for n in array.shape)
    made = group.create_array(
        "a/b", shape=array.shape, dtype=array.dtype, chunks=chunks, overwrite=True, **options
    )
    made[...] = array
    return ZarrImageStack(group, "a/b", axes)


def _zarr_folder(array: np.ndarray, axes: str, folder: Path) -> BaseImageStack:
    return _zarr(array, axes, folder / "a.zarr", 2)


def _zarr_shards(array: np.ndarray, axes: str, folder: Path) -> BaseImageStack:
    shards = tuple(4 if n > 1 else 1 for n in array.shape)
    return _zarr(array, axes, folder / "a.zarr", shards=shards)


def _zarr_memory(array: np.ndarray, axes: str, _: Path) -> BaseImageStack:
    return _zarr(array, axes, {})  # a store that only zarr-python reads


#: Kinds of stacks, by name: array, axes and a folder for files make a stack.
MAKERS: dict[str, Callable[[np.ndarray, str, Path], BaseImageStack]] = {
    "memory": _memory,
    "file": _file,
    "sliced": _sliced,
    "lazy": _lazy,
    "dask": _dask,
    "h5py": _h5py,
    "zarr folder": _zarr_folder,
    "zarr shards": _zarr_shards,
    "zarr memory": _zarr_memory,
}


def expected_patch(
    array: np.ndarray,
    axes: str,
    sample: int,
    channels: Sequence[int] | None,
    coords: Sequence[int],
    size: Sequence[int],
) -> np.ndarray:
    """What numpy gives: axes moved one by one, zeros all around, then a slice."""
    for axis in "STC":
        if axis not in axes:
            array = array[np.newaxis]
            axes = axis + axes
    order = [axes.index(axis) for axis in "STCZYX" if axis in axes]
    ordered = np.transpose(array, order)
    n_times = ordered.shape[1]
    n_samples = ordered.shape[0] * n_times
    image = ordered[sample % n_samples // n_times, sample % n_samples % n_times]
    if channels is not None:
        image = np.stack([image[channel] for channel in channels])
    widths = []
    where = [slice(None)]
    for first, length, n in zip(coords, size, image.shape[1:], strict=True):
        before = max(0, -first)
        widths.append((before, max(0, first + length - n)))
        where.append(slice(first + before, first + before + length))
    return np.pad(image, [(0, 0), *widths])[tuple(where)]
