"""ImageStack: what patches are taken of, and the rules that hold for every stack of volio."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from operator import index
from pathlib import Path
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import DTypeLike

from volio.arrays.dtypes import Array, native
from volio.arrays.indexing.request import Box
from volio.arrays.indexing.runs import allocate, lengths_of
from volio.errors import IndexingError, UsageError, UsageTypeError

__all__ = ["BaseImageStack", "ImageStack", "patch_dtype"]


@runtime_checkable
class ImageStack(Protocol):
    """Images of one size, as an array SC(Z)YX: samples, channels, perhaps depth, rows, columns.

    Any object with these attributes is one, whatever its class: stacks of your own can be given
    to `PatchExtractor`.

    Examples
    --------
    >>> stack = volio.stacks.InMemoryImageStack.from_array(np.zeros((8, 8)), "YX")
    >>> isinstance(stack, volio.stacks.ImageStack)
    True
    """

    @property
    def source(self) -> str | Path:
        """What the images come from: a path, an address, or "array"."""

    @property
    def data_shape(self) -> Sequence[int]:
        """Lengths of the axes SC(Z)YX."""

    @property
    def data_dtype(self) -> DTypeLike:
        """Of the values where they are stored."""

    @property
    def original_axes(self) -> str:
        """Letters of the axes where they are stored."""

    @property
    def original_data_shape(self) -> Sequence[int]:
        """Lengths of these axes."""

    def extract_patch(
        self,
        sample_idx: int,
        channels: Sequence[int] | None,
        coords: Sequence[int],
        patch_size: Sequence[int],
    ) -> Array:
        """Return a patch of a sample; see `BaseImageStack.extract_patch`."""


class BaseImageStack(ABC):
    """The stacks of volio: what a patch is, and what is refused. A subclass reads boxes.

    Any number of threads may take patches at once.

    Attributes
    ----------
    data_shape : sequence of int
        Lengths of the axes SC(Z)YX.
    data_dtype : numpy.dtype
        Of the values where they are stored.
    """

    data_shape: Sequence[int]
    data_dtype: np.dtype[Any]

    def extract_patch(
        self,
        sample_idx: int,
        channels: Sequence[int] | None,
        coords: Sequence[int],
        patch_size: Sequence[int],
        *,
        dtype: DTypeLike | None = None,
    ) -> Array:
        """Return a patch of a sample: zeros where it reaches out of the image.

        Parameters
        ----------
        sample_idx : int
            From -n to n - 1, negative ones counted from the end.
        channels : sequence of int, or None
            Likewise; in this order, also several times. None for all.
        coords : sequence of int
            Position of the first voxel, per spatial axis. It may be anywhere: negative ones are
            outside, before the first voxel of the image.
        patch_size : sequence of int
            Lengths of the patch, per spatial axis; 0 or more.
        dtype : dtype-like, optional
            Of the patch (default: float32 where that holds every value of `data_dtype`,
            otherwise `data_dtype`).

        Returns
        -------
        ndarray, shape (channels, (z,) y, x)
            New.

        Raises
        ------
        IndexingError
            If there is no such sample or channel, or if coords or lengths are not as many as
            spatial axes.
        UsageError
            If there are no channels, or a length is negative.
        UsageTypeError
            If a number is not an integer.
        ImageDataError
            If `dtype` cannot hold the values.
        ArrayTooLargeError
            If there is not so much memory.
        """
        self._check_open()
        n_samples, n_channels, *spatial = self.data_shape
        sample = _counted(sample_idx, n_samples, "sample_idx")
        chosen = _chosen_channels(channels, n_channels)
        corner = _one_per_axis(coords, spatial, "coords")
        size = _lengths(patch_size, spatial)
        inside = _inside(corner, size, spatial)
        reaches_out = inside.lengths != size
        shape = (len(chosen), *size)
        patch = allocate(shape, self._dtype_of_patch(dtype), zeros=reaches_out)
        if 0 not in inside.lengths:
            self._fill(patch[(slice(None), *inside.target)], sample, chosen, inside.box)
        return patch

    def _dtype_of_patch(self, dtype: DTypeLike | None) -> np.dtype[Any]:
        return patch_dtype(self.data_dtype) if dtype is None else np.dtype(dtype)

    def _check_open(self) -> None:  # noqa: B027  most stacks are never closed
        """Raise `UsageError` where patches cannot be taken now."""

    @abstractmethod
    def _fill(self, out: Array, sample: int, channels: Sequence[int], box: Box) -> None:
        """Fill an array with a box of a sample.

        Parameters
        ----------
        out : ndarray, shape (channels, (z,) y, x)
            Any strides, any dtype.
        sample : int
        channels : sequence of int
            In this order; 0 or more.
        box : tuple of (start, stop)
            Per spatial axis; inside the image, and not empty.
        """

    def __repr__(self) -> str:
        facts = f"data_shape={tuple(self.data_shape)}, data_dtype={self.data_dtype}"
        return f"{type(self).__name__}({str(getattr(self, 'source', ''))!r}, {facts})"


def patch_dtype(dtype: DTypeLike) -> np.dtype[Any]:
    """Return the dtype of patches: float32 if every value is exact in it, else the same dtype."""
    stored = native(dtype)
    if stored.kind in "biuf" and np.can_cast(stored, np.float32):
        return np.dtype(np.float32)
    return stored


def _chosen_channels(channels: Sequence[int] | None, count: int) -> Sequence[int]:
    if channels is None:
        return range(count)
    chosen = [_counted(channel, count, "channels") for channel in channels]
    if not chosen:
        raise UsageError("channels: must name one channel or more; None takes all")
    return chosen


def _lengths(patch_size: Sequence[int], spatial: Sequence[int]) -> tuple[int, ...]:
    size = _one_per_axis(patch_size, spatial, "patch_size")
    if min(size) < 0:
        raise UsageError(f"patch_size: lengths must be 0 or more, got {size}")
    return size


class _Inside(NamedTuple):
    """The part of a patch that is inside the image, per spatial axis.

    Attributes
    ----------
    box : tuple of (start, stop)
        In the image.
    target : tuple of slice
        In the patch.
    """

    box: Box
    target: tuple[slice, ...]

    @property
    def lengths(self) -> tuple[int, ...]:
        """Of the part; 0 where nothing of the patch is inside."""
        return lengths_of(self.box)


def _inside(corner: Sequence[int], size: Sequence[int], spatial: Sequence[int]) -> _Inside:
    box = []
    target = []
    for first, length, n in zip(corner, size, spatial, strict=True):
        start = min(max(first, 0), n)
        stop = min(max(first + length, start), n)
        box.append((start, stop))
        target.append(slice(start - first, stop - first))
    return _Inside(tuple(box), tuple(target))


def _counted(number: int, count: int, what: str) -> int:
    """Return an index from 0 on, of one that may be counted from the end."""
    at = _integer(number, what)
    if not -count <= at < count:
        raise IndexingError(f"{what}: must be {-count} to {count - 1}, for {count}; got {at}")
    return at % count


def _integer(number: int, what: str) -> int:
    try:
        return index(number)
    except TypeError:
        raise UsageTypeError(f"{what}: must be integers, got {number!r}") from None


def _one_per_axis(numbers: Sequence[int], spatial: Sequence[int], what: str) -> tuple[int, ...]:
    found = tuple([_integer(number, what) for number in numbers])
    if len(found) != len(spatial):
        raise IndexingError(
            f"{what}: must be {len(spatial)} integers, one per spatial axis of the image of size "
            f"{tuple(spatial)}, got {found}"
        )
    return found
