"""Voxels that several volumes may share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import WeakMethod

import numpy as np
from numpy.typing import DTypeLike, NDArray

from volio.display.base.channels import plain
from volio.display.base.far_numbers import is_far
from volio.display.colour.contrast import quick_ends
from volio.errors import ImageDataError
from volio.flags import as_flag

__all__ = ["VolumeBuffer"]

#: Numbers so many times farther from 0 than from each other are kept in float64.
FAR = 4096


class VolumeBuffer:
    """Voxels, and the volumes that show them.

    Parameters
    ----------
    data : array-like
        Axes (z, y, x), of colours a fourth of 3 or 4.
    isolated : bool
        Copy; else an array of float32 is used as it is, and later changes to it are seen.

    Raises
    ------
    ImageDataError
        If it has other axes, no voxels, or no real numbers.
    """

    def __init__(self, data: Any, isolated: bool = True) -> None:
        self.value = _checked(data, isolated)
        self._listeners: list[Any] = []

    def listen(self, method: Callable[[Any, Any], None]) -> None:
        """Call a bound method with key and value after each change, as long as its object lives."""
        self._listeners.append(WeakMethod(method))

    def replace(self, data: Any) -> None:
        """Take other voxels, of any shape with as many axes."""
        value = _checked(data, True)
        if value.ndim != self.value.ndim:
            raise ImageDataError(
                f"data: must keep its {self.value.ndim} axes, got shape {value.shape}"
            )
        if value.shape == self.value.shape:
            self.value[...] = value
        else:
            self.value = value
        self._changed(slice(None), data)

    def _changed(self, key: Any, value: Any) -> None:
        methods = [listener() for listener in self._listeners]
        self._listeners = [WeakMethod(method) for method in methods if method is not None]
        for method in methods:
            if method is not None:
                method(key, value)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the voxels."""
        return self.value.shape

    @property
    def ndim(self) -> int:
        """Number of axes, colours included."""
        return self.value.ndim

    @property
    def dtype(self) -> np.dtype[Any]:
        """float32; float64 for numbers far from 0."""
        return self.value.dtype

    def astype(self, dtype: DTypeLike) -> NDArray[Any]:
        """Return a copy of the voxels in another dtype."""
        return self.value.astype(dtype)

    def __getitem__(self, key: Any) -> Any:
        """Return voxels, as numpy does."""
        return self.value[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        """Change voxels; every volume that shares them shows it."""
        self.value[key] = np.asarray(value)
        self._changed(key, value)

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        if copy is None:  # numpy has it so from 2.0 on
            return np.asarray(self.value, dtype)
        return np.array(self.value, dtype, copy=copy)

    def __len__(self) -> int:
        return len(self.value)

    def __repr__(self) -> str:
        return f"VolumeBuffer(shape={self.shape})"


def _checked(data: Any, isolated: bool) -> NDArray[np.float32]:
    as_flag("isolated", isolated)
    array = plain(np.asarray(data))
    if array.ndim not in (3, 4) or (array.ndim == 4 and array.shape[-1] not in (3, 4)):
        raise ImageDataError(
            f"data: must have axes (z, y, x), and a fourth of 3 or 4 if it holds colours, "
            f"got shape {array.shape}"
        )
    if not array.size or array.dtype.kind not in "biuf":
        raise ImageDataError(f"data: real numbers are needed, got {array.size} of {array.dtype}")
    dtype = _dtype_for(array)
    return np.array(array, dtype) if isolated else np.asarray(array, dtype)


def _dtype_for(array: NDArray[Any]) -> np.dtype[Any]:
    """Return float32; float64, or what they have, for numbers that are equal in it, and differ."""
    single = np.dtype(np.float32)
    double = np.dtype(np.float64)
    is_exact = array.dtype.kind == "b" or array.dtype.itemsize <= (
        4 if array.dtype.kind == "f" else 2
    )
    if is_exact or array.ndim > 3:
        return single
    low, high = quick_ends(array)
    if max(-low, high) <= FAR * (high - low):
        return single
    is_rounded = array.dtype.kind in "iu" and is_far(low, high)
    return array.dtype if is_rounded else double
