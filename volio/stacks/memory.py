"""InMemoryImageStack: patches of an array in memory."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any, Self

import numpy as np

from volio.arrays.dtypes import Array, cast_into
from volio.arrays.indexing.request import Box
from volio.errors import UsageError
from volio.stacks.axes import reshape_array
from volio.stacks.reading import ReadFunc, read_tiff
from volio.stacks.stack import BaseImageStack

__all__ = ["InMemoryImageStack"]


class InMemoryImageStack(BaseImageStack):
    """A stack of an array in memory; it pickles with its values.

    Parameters
    ----------
    source : str or Path
        What the array comes from.
    data : ndarray, shape (S, C, (Z,) Y, X)
        Not copied.
    original_axes : str, optional
        Letters of the axes that it had before.
    original_data_shape : sequence of int, optional
        Lengths of these axes.

    Attributes
    ----------
    source : str or Path
    data_shape : tuple of int
        SC(Z)YX.
    data_dtype : numpy.dtype
    original_axes : str
        "" where it is not known.
    original_data_shape : tuple of int
        () where it is not known.

    Raises
    ------
    UsageError
        If the array does not have four or five axes.

    Examples
    --------
    >>> stack = volio.stacks.InMemoryImageStack.from_array(np.arange(24).reshape(2, 3, 4), "SYX")
    >>> stack.data_shape, stack.source
    ((2, 1, 3, 4), 'array')
    >>> stack.extract_patch(-1, None, coords=(1, -1), patch_size=(2, 3))
    array([[[ 0, 16, 17],
            [ 0, 20, 21]]])
    """

    def __init__(
        self,
        source: str | Path,
        data: Array,
        original_axes: str | None = None,
        original_data_shape: Sequence[int] | None = None,
    ) -> None:
        self._data = np.asarray(data)
        if self._data.ndim not in (4, 5):
            raise UsageError(
                f"data: must have the axes SC(Z)YX, got shape {self._data.shape}; from_array() "
                "takes other orders"
            )
        self.source = source
        self.data_shape: tuple[int, ...] = self._data.shape
        self.data_dtype = self._data.dtype
        self.original_axes = original_axes or ""
        self.original_data_shape = tuple(original_data_shape or ())

    @classmethod
    def from_array(cls, data: Array, axes: str) -> Self:
        """Make a stack of an array with axes in any order.

        Parameters
        ----------
        data : ndarray
            Not copied if its axes are in the order of ``STCZYX``.
        axes : str
            A letter per axis, of ``STCZYX``; see `AxesTransform`.

        Returns
        -------
        InMemoryImageStack
            Its `source` is "array".

        Raises
        ------
        UsageError
            If the letters do not name the axes of the array.
        """
        return cls._reshaped("array", np.asarray(data), axes)

    @classmethod
    def from_tiff(cls, path: str | PathLike[str], axes: str) -> Self:
        """Read the first series of a TIFF file.

        Parameters
        ----------
        path : str or PathLike
            Ends in ``.tif`` or ``.tiff``.
        axes : str
            A letter per axis of the array in the file, of ``STCZYX``.

        Returns
        -------
        InMemoryImageStack

        Raises
        ------
        UsageError
            If the name does not end so, or the letters do not name the axes of the array.
        ImageFileError
            If the file is not there, or cannot be read.
        MissingPackageError
            If the extra ``tiff`` is not installed.
        """
        return cls.from_custom_file_type(path, axes, read_tiff)

    @classmethod
    def from_custom_file_type(
        cls, path: str | PathLike[str], axes: str, read_func: ReadFunc, **read_kwargs: Any
    ) -> Self:
        """Read a file with a function of your own.

        Parameters
        ----------
        path : str or PathLike
        axes : str
            A letter per axis of the array that the function returns, of ``STCZYX``.
        read_func : callable
            ``read_func(path, **read_kwargs)`` returns an array.
        **read_kwargs
            For the function.

        Returns
        -------
        InMemoryImageStack

        Raises
        ------
        UsageError
            If the letters do not name the axes of the array.
        """
        where = Path(path)
        return cls._reshaped(where, np.asarray(read_func(where, **read_kwargs)), axes)

    @classmethod
    def _reshaped(cls, source: str | Path, data: Array, axes: str) -> Self:
        return cls(source, reshape_array(data, axes), axes, data.shape)

    def _fill(self, out: Array, sample: int, channels: Sequence[int], box: Box) -> None:
        where = tuple([slice(start, stop) for start, stop in box])
        for place, channel in enumerate(channels):
            cast_into(out[place], self._data[sample, channel][where])
