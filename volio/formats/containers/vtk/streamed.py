"""Values that are written piece by piece, and what VTK stores them as."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from volio.errors import SaveError

__all__ = ["StreamedValues", "stored_dtype"]

#: Numbers that VTK has; those of other dtypes are cast.
DTYPES = frozenset(["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8"])


@dataclass(frozen=True)
class StreamedValues:
    """An array whose values come in pieces, when it is written.

    Attributes
    ----------
    name : str
    dtype : numpy dtype
        One that VTK has.
    width : int
        Numbers of each point or cell.
    count : int
        Points or cells.
    pieces : callable
        Gives arrays of that dtype, one after the other.
    """

    name: str
    dtype: np.dtype[Any]
    width: int
    count: int
    pieces: Callable[[], Iterable[NDArray[Any]]]

    @classmethod
    def of(cls, name: str, values: NDArray[Any]) -> Self:
        """Return an array that is in memory, of shape (n,) or (n, k)."""
        width = 1 if values.ndim == 1 else values.shape[1]
        return cls(name, values.dtype, width, len(values), lambda: (values,))

    @property
    def nbytes(self) -> int:
        """Number of bytes."""
        return self.count * self.width * self.dtype.itemsize

    def packed(self, order: str) -> Iterator[bytes]:
        """Yield the bytes in a byte order, '<' or '>'."""
        stored = np.dtype(order + self.dtype.str[1:])
        for piece in self.pieces():
            yield piece.astype(stored).tobytes()


def stored_dtype(name: str, dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the dtype that values are stored in.

    Parameters
    ----------
    name : str
        Of the values, for the message.
    dtype : numpy dtype

    Raises
    ------
    SaveError
        If they are complex.
    """
    if dtype.kind == "c":
        raise SaveError(f"{name}: VTK has no complex values")
    if dtype.kind == "b":
        return np.dtype(np.uint8)
    if dtype.str[1:] in DTYPES:
        return dtype.newbyteorder("=")
    return np.dtype(np.float32 if dtype.itemsize < 4 else np.float64)
