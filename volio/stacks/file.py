"""FileImageStack: patches of a file that is in memory for some time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import DTypeLike

from volio.arrays.dtypes import Array
from volio.arrays.indexing.request import Box
from volio.errors import ImageDataError, UsageError
from volio.stacks.axes import AxesTransform, reshape_array
from volio.stacks.memory import InMemoryImageStack
from volio.stacks.reading import ReadFunc, read_tiff, read_tiff_facts
from volio.stacks.stack import BaseImageStack

__all__ = ["FileImageStack"]


class FileImageStack(BaseImageStack):
    """A stack of a file of which nothing is read before `load`, for more files than fit memory.

    `LimitFilesPatchExtractor` loads and closes such stacks by itself. Pickled, a stack takes
    its path along and not its values; one that was loaded reads the file again where it arrives.

    Parameters
    ----------
    source : str or PathLike
        Path of the file.
    axes : str
        A letter per axis of the array that `read_func` returns, of ``STCZYX``.
    data_shape : sequence of int
        SC(Z)YX.
    data_dtype : dtype-like
        Of the values in the file.
    read_func : callable
        ``read_func(path, **read_kwargs)`` returns the array of the file.
    read_kwargs : mapping, optional
    original_data_shape : sequence of int, optional
        Lengths of the axes in the file.

    Attributes
    ----------
    source : Path
    axes, original_axes : str
        Both are the letters of the axes in the file.
    data_shape : tuple of int
    data_dtype : numpy.dtype
    original_data_shape : tuple of int
        () where it is not known.

    Raises
    ------
    UsageError
        If the letters do not name axes, or do not give such a shape.

    Examples
    --------
    >>> np.save("image.npy", np.arange(12.0).reshape(3, 4))
    >>> stack = volio.stacks.FileImageStack(
    ...     "image.npy", "YX", (1, 1, 3, 4), np.float64, np.load, {"mmap_mode": "r"}
    ... )
    >>> stack.is_loaded
    False
    >>> stack.load()
    >>> stack.extract_patch(0, None, (1, 2), (2, 3))
    array([[[ 6.,  7.,  0.],
            [10., 11.,  0.]]])
    >>> stack.close()
    """

    def __init__(
        self,
        source: str | PathLike[str],
        axes: str,
        data_shape: Sequence[int],
        data_dtype: DTypeLike,
        read_func: ReadFunc,
        read_kwargs: Mapping[str, Any] | None = None,
        original_data_shape: Sequence[int] | None = None,
    ) -> None:
        self.source = Path(source)
        self.axes = axes
        self.data_shape: tuple[int, ...] = tuple(data_shape)
        self.data_dtype = np.dtype(data_dtype)
        self.read_func = read_func
        self.read_kwargs = dict(read_kwargs or {})
        self.original_data_shape = tuple(original_data_shape or ())
        self._loaded: InMemoryImageStack | None = None
        self._check_shapes()

    def _check_shapes(self) -> None:
        known = AxesTransform(self.axes, self.original_data_shape or (1,) * len(self.axes))
        expected = known.transformed_shape if self.original_data_shape else self.data_shape
        if self.data_shape != expected or len(expected) != len(known.transformed_axes):
            raise UsageError(
                f"data_shape: must be that of {known.transformed_axes} of an array "
                f"{self.axes} {self.original_data_shape or ''}, got {self.data_shape}"
            )

    @classmethod
    def from_tiff(cls, path: str | PathLike[str], axes: str) -> Self:
        """Make a stack of the first series of a TIFF file; only its tags are read.

        Parameters
        ----------
        path : str or PathLike
            Ends in ``.tif`` or ``.tiff``.
        axes : str
            A letter per axis of the array in the file, of ``STCZYX``.

        Returns
        -------
        FileImageStack

        Raises
        ------
        UsageError
            If the name does not end so, or the letters do not name the axes of the array.
        ImageFileError
            If the file is not there, or is not a TIFF file.
        MissingPackageError
            If the extra ``tiff`` is not installed.
        """
        where = Path(path)
        facts = read_tiff_facts(where)
        shape = AxesTransform(axes, facts.shape).transformed_shape
        return cls(where, axes, shape, facts.dtype, read_tiff, original_data_shape=facts.shape)

    @property
    def original_axes(self) -> str:
        """Letters of the axes in the file."""
        return self.axes

    @property
    def is_loaded(self) -> bool:
        """Whether the values are in memory."""
        return self._loaded is not None

    def load(self) -> None:
        """Read the file, unless it is in memory.

        Raises
        ------
        ImageDataError
            If the array in the file has another shape than the stack.
        UsageError
            If it has another number of axes.
        """
        if self._loaded is not None:
            return
        data = np.asarray(self.read_func(self.source, **self.read_kwargs))
        samples = reshape_array(data, self.axes)
        if samples.shape != self.data_shape:
            raise ImageDataError(
                f"{self.source}: must have the shape {self.data_shape} as {self.axes}, "
                f"got {samples.shape}"
            )
        self._loaded = InMemoryImageStack(self.source, samples, self.axes, data.shape)

    def close(self) -> None:
        """Let go of the values."""
        self._loaded = None

    def _check_open(self) -> None:
        self._in_memory()

    def _fill(self, out: Array, sample: int, channels: Sequence[int], box: Box) -> None:
        self._in_memory()._fill(out, sample, channels, box)

    def _in_memory(self) -> InMemoryImageStack:
        loaded = self._loaded  # another thread may close the stack
        if loaded is None:
            raise UsageError(f"{self.source}: is not in memory; load() reads it")
        return loaded

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_loaded": self.is_loaded}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _loaded=None)
        if state["_loaded"]:
            self.load()
