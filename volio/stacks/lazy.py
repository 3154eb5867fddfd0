"""LazyImageStack: patches of an array of which a part can be read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from volio.arrays.dtypes import Array, cast_into
from volio.arrays.indexing.request import Box
from volio.arrays.lazy import LazyArray
from volio.errors import UsageTypeError
from volio.stacks.axes import AxesTransform
from volio.stacks.stack import BaseImageStack

__all__ = ["ArrayImageStack", "LazyImageStack", "SlicedArray"]


class SlicedArray(Protocol):
    """An array that gives a part of itself for a tuple of slices, as those of h5py and dask do."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes."""

    @property
    def dtype(self) -> Any:
        """Of the values."""

    def __getitem__(self, index: Any, /) -> Any: ...


class ArrayImageStack(BaseImageStack):
    """A stack of an array with axes in any order, of which a patch is read when it is asked for.

    Parameters
    ----------
    data : LazyArray, or array that takes slices
    axes : str
        A letter per axis of the array.
    sample_axes : str
        Those that become one, the slowest first.
    spatial_axes : str
        Those of patches, in their order.
    """

    def __init__(
        self, data: LazyArray | SlicedArray, axes: str, sample_axes: str, spatial_axes: str
    ) -> None:
        self._data = data
        self._axes = axes
        self._sample_axes = sample_axes
        self._spatial_axes = spatial_axes
        self._lengths = dict(zip(axes, data.shape, strict=True))
        self.data_dtype = _dtype_of(data)

    def _fill(self, out: Array, sample: int, channels: Sequence[int], box: Box) -> None:
        counts = [self._lengths[axis] for axis in self._sample_axes]
        position = np.unravel_index(sample, counts) if counts else ()
        ranges = {
            axis: (int(at), int(at) + 1)
            for axis, at in zip(self._sample_axes, position, strict=True)
        }
        ranges.update(zip(self._spatial_axes, box, strict=True))
        for run in _runs(channels):
            end = run.place + run.length
            ranges["C"] = (run.first, run.first + run.length)
            part = self._in_original_order(out[run.place : end])
            self._read_box(part, tuple([ranges[axis] for axis in self._axes]))

    def _in_original_order(self, out: Array) -> Array:
        """Return a view of C(Z)YX with the axes of the array; those of samples have length 1."""
        view = out[(np.newaxis,) * len(self._sample_axes)]
        names = f"{self._sample_axes}C{self._spatial_axes}"
        if "C" not in self._axes:
            view = view.squeeze(names.index("C"))
            names = names.replace("C", "")
        return view.transpose([names.index(axis) for axis in self._axes])

    def _read_box(self, out: Array, box: Box) -> None:
        """Fill an array with a box of the stored one; axes as that one has them."""
        if isinstance(self._data, LazyArray):
            self._data.check()
            self._data.fill(out, box)
        else:
            slices = tuple([slice(start, stop) for start, stop in box])
            cast_into(out, np.asarray(self._data[slices]))


class LazyImageStack(ArrayImageStack):
    """A stack of an array of which a patch is read when it is asked for.

    Parameters
    ----------
    source : str or Path
        What the array comes from.
    data : LazyArray, or array that takes slices
        ``img.dataobj`` of an image, arrays of dask, h5py, zarr-python, tensorstore, ...
    axes : str
        A letter per axis, of ``STCZYX``; see `AxesTransform`.

    Attributes
    ----------
    source : str or Path
    data_shape : tuple of int
        SC(Z)YX.
    data_dtype : numpy.dtype
    original_axes : str
    original_data_shape : tuple of int

    Raises
    ------
    UsageError
        If the letters do not name the axes of the array.
    UsageTypeError
        If `data` is not an array of numbers.

    Examples
    --------
    >>> bold = volio.Nifti1Image(np.ones((48, 56, 24, 3), np.int16), np.eye(4))
    >>> volio.save(bold, "bold.nii.gz")
    >>> voxels = volio.load("bold.nii.gz").dataobj
    >>> stack = volio.stacks.LazyImageStack("bold.nii.gz", voxels, "XYZT")
    >>> stack.data_shape
    (3, 1, 24, 56, 48)
    >>> patch = stack.extract_patch(2, None, coords=(-2, 20, 20), patch_size=(8, 16, 16))
    >>> patch.shape, patch.dtype.name, float(patch.mean())
    ((1, 8, 16, 16), 'float32', 0.75)
    """

    def __init__(self, source: str | Path, data: LazyArray | SlicedArray, axes: str) -> None:
        if not all(hasattr(data, name) for name in ("shape", "dtype", "__getitem__")):
            raise UsageTypeError(f"data: must be an array, got {type(data).__name__}")
        if _dtype_of(data).kind not in "biufc":
            raise UsageTypeError(f"data: must be an array of numbers, got dtype {data.dtype}")
        self.original_data_shape = tuple([int(length) for length in data.shape])
        self.original_axes = axes
        self.source = source
        transform = AxesTransform(axes, self.original_data_shape)
        spatial_axes = transform.transformed_axes[2:]
        super().__init__(data, axes, "".join(transform.sample_dims), spatial_axes)
        self.data_shape: tuple[int, ...] = transform.transformed_shape


def _dtype_of(data: LazyArray | SlicedArray) -> np.dtype[Any]:
    """Return the dtype of an array: that of tensorstore has one of numpy."""
    return np.dtype(getattr(data.dtype, "numpy_dtype", data.dtype))


class _Run(NamedTuple):
    """Channels that follow each other.

    Attributes
    ----------
    first : int
    length : int
        How many.
    place : int
        Of the first one in the list.
    """

    first: int
    length: int
    place: int


def _runs(channels: Sequence[int]) -> Iterator[_Run]:
    """Cut a list of channels into runs that can be read at once."""
    place = 0
    for at, channel in enumerate(channels, 1):
        if at == len(channels) or channels[at] != channel + 1:
            yield _Run(channels[place], at - place, place)
            place = at
