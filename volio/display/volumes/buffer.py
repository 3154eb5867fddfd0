"""Voxels that several volumes may share."""

from __future__ import annotations

from collections.abc import Callable
from math import floor, prod
from typing import Any
from weakref import WeakMethod

import numpy as np
from numpy.typing import DTypeLike, NDArray

from volio.display.base.channels import finite_range, plain
from volio.errors import ImageDataError

__all__ = ["VolumeBuffer", "quick_limits"]

#: Values in which limits are found.
ENOUGH = 1_000_000


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
        """float32."""
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
        return np.array(self.value, dtype, copy=copy)

    def __len__(self) -> int:
        return len(self.value)

    def __repr__(self) -> str:
        return f"VolumeBuffer(shape={self.shape})"


def _checked(data: Any, isolated: bool) -> NDArray[np.float32]:
    array = plain(np.asarray(data))
    if array.ndim not in (3, 4) or (array.ndim == 4 and array.shape[-1] not in (3, 4)):
        raise ImageDataError(
            f"data: must have axes (z, y, x), and a fourth of 3 or 4 if it holds colours, "
            f"got shape {array.shape}"
        )
    if not array.size or array.dtype.kind not in "biuf":
        raise ImageDataError(f"data: real numbers are needed, got {array.size} of {array.dtype}")
    return np.array(array, np.float32) if isolated else np.asarray(array, np.float32)


def quick_limits(data: Any) -> tuple[float, float]:
    """Return the smallest and largest value of an array, of a subsample if it is large.

    Parameters
    ----------
    data : array-like
        Numbers ``data.min`` and ``data.max`` are taken as they are. Of more than a million
        values, each axis is thinned out by the same factor.

    Returns
    -------
    low, high : float
        NaN and infinite values are left out; (0, 1) if there are no others.
    """
    known = (getattr(data, "min", None), getattr(data, "max", None))
    if all(isinstance(limit, (int, float)) for limit in known):
        return float(known[0]), float(known[1])  # type: ignore[arg-type]
    array = data if hasattr(data, "shape") else np.asarray(data)
    sampled = tuple(slice(None, None, step) for step in _steps(array.shape))
    return finite_range(plain(np.asarray(array[sampled]))) or (0.0, 1.0)


def _steps(shape: tuple[int, ...]) -> list[int]:
    """Return the steps of a subsample: every axis is thinned out by about the same factor."""
    factor = max(1.0, (prod(shape) / ENOUGH) ** (1 / len(shape)))
    kept = [max(1, floor(n / factor)) for n in shape]
    return [max(1, n // count) for n, count in zip(shape, kept, strict=True)]
