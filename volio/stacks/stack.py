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
        ndarray, shape (channels, *patch_size)
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
        """
        self._check_open()
        request = _patch_request(self.data_shape, sample_idx, channels, coords, patch_size)
        wanted = patch_dtype(self.data_dtype) if dtype is None else np.dtype(dtype)
        shape = (len(request.channels), *request.size)
        make = np.empty if request.is_inside else np.zeros
        patch = make(shape, wanted)
        if patch.size and all(start < stop for start, stop in request.box):
            part = patch[(slice(None), *request.target)]
            self._fill(part, request.sample, request.channels, request.box)
        return patch

    def _check_open(self) -> None:  # noqa: B027  most stacks are never closed
        """Raise `UsageError` where patches cannot be taken now."""

    @abstractmethod
    def _fill(self, out: Array, sample: int, channels: Sequence[int], box: Box) -> None:
        """Fill an array with a box of a sample.

        Parameters
        ----------
        out : ndarray, shape (channels, (Z,) Y, X)
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


class _PatchRequest(NamedTuple):
    """A patch, checked.

    Attributes
    ----------
    sample : int
    channels : tuple of int
    size : tuple of int
        Of the patch, per spatial axis.
    box : tuple of (start, stop)
        What is inside the image, per spatial axis; empty ones for patches that are outside.
    target : tuple of slice
        Where that is in the patch.
    """

    sample: int
    channels: tuple[int, ...]
    size: tuple[int, ...]
    box: Box
    target: tuple[slice, ...]

    @property
    def is_inside(self) -> bool:
        """Whether all of the patch is inside the image."""
        return all(
            stop - start == length
            for (start, stop), length in zip(self.box, self.size, strict=True)
        )


def _patch_request(
    shape: Sequence[int],
    sample_idx: int,
    channels: Sequence[int] | None,
    coords: Sequence[int],
    patch_size: Sequence[int],
) -> _PatchRequest:
    n_samples, n_channels, *spatial = shape
    sample = _counted(sample_idx, n_samples, "sample_idx")
    chosen: Sequence[int] = range(n_channels)
    if channels is not None:
        chosen = [_counted(channel, n_channels, "channels") for channel in channels]
    if channels is not None and not chosen:
        raise UsageError("channels: must name one channel or more; None takes all")
    corner = _one_per_axis(coords, spatial, "coords")
    size = _one_per_axis(patch_size, spatial, "patch_size")
    if min(size) < 0:
        raise UsageError(f"patch_size: lengths must be 0 or more, got {size}")
    box = []
    target = []
    for first, length, n in zip(corner, size, spatial, strict=True):
        start = min(max(first, 0), n)
        stop = max(start, min(first + length, n))
        box.append((start, stop))
        target.append(slice(start - first, stop - first))
    return _PatchRequest(sample, tuple(chosen), size, tuple(box), tuple(target))


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
