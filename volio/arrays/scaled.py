"""Lazy arrays whose values are stored as others: with a slope and an intercept."""

from __future__ import annotations

from abc import abstractmethod
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from volio.arrays.dtypes import Array
from volio.arrays.indexing.box_reads import FillBox
from volio.arrays.indexing.request import Box
from volio.arrays.lazy import LazyArray
from volio.arrays.scaling import Factor, is_all
from volio.files.sources.source import ByteSource
from volio.files.sources.store import Store

__all__ = ["ScaledArray"]


class ScaledArray(LazyArray):
    """Values in a file: value = stored * slope + inter.

    Attributes
    ----------
    source : ByteSource
        The file.
    on_disk_dtype : numpy.dtype
        Of the stored values.
    slope, inter : float or ndarray
        Arrays broadcast to the shape.
    keep_file_open : bool, optional
        Whether the file stays open after a read; None for the option of `volio.options`.
    """

    source: ByteSource
    on_disk_dtype: np.dtype[Any]
    slope: Factor
    inter: Factor
    keep_file_open: bool | str | None = None

    @property
    def is_scaled(self) -> bool:
        """Whether slope or intercept change anything; records are never scaled."""
        neutral = is_all(self.slope, 1.0) and is_all(self.inter, 0.0)
        return not neutral and not self.on_disk_dtype.names

    @property
    def sources(self) -> tuple[ByteSource | Store, ...]:
        """The file that holds the values."""
        return (self.source,)

    @abstractmethod
    def open(self) -> AbstractContextManager[FillBox]:
        """Open the file; see `LazyArray.open`."""

    def fill(self, out: Array, box: Box) -> None:
        """Fill `out` with a box of values."""
        with self.open() as fill:
            fill(out, box)

    @abstractmethod
    def unscaled(self) -> LazyArray:
        """Return the stored values, lazy."""

    def get_unscaled(self) -> Array:
        """Read all values as they are stored, without slope and intercept.

        Returns
        -------
        ndarray, shape `shape`
            Of the stored dtype, in the byte order of the machine.
        """
        return self.unscaled().read()
