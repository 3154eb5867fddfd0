"""Besides the proxy itself: nibabel's other ``arrayproxy`` names."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import numpy as np

__all__ = ["KEEP_FILE_OPEN_DEFAULT", "ArrayLike", "get_obj_dtype", "reshape_dataobj"]

KEEP_FILE_OPEN_DEFAULT = False
"""volio keeps no file open between reads; setting this changes nothing."""


@runtime_checkable
class ArrayLike(Protocol):
    """What an image takes as its data: an array or a proxy."""

    shape: tuple[int, ...]

    @property
    def ndim(self) -> int:
        """Number of axes."""

    def __array__(self, dtype: Any = None, /) -> Any:
        """Return the values as an array."""

    def __getitem__(self, key: Any, /) -> Any:
        """Return some of the values."""


def reshape_dataobj(obj: Any, shape: tuple[int, ...]) -> Any:
    """Return an array, or a proxy, with the same values in another shape."""
    return obj.reshape(shape) if hasattr(obj, "reshape") else np.reshape(obj, shape)


def get_obj_dtype(obj: Any) -> np.dtype[Any]:
    """Return the dtype of an array, or that in which a proxy gives its values."""
    dtype: np.dtype[Any] = obj.dtype if hasattr(obj, "dtype") else np.asarray(obj).dtype
    return dtype
