"""Numbers of FreeSurfer's binary files, which are big-endian, some of three bytes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from volio.errors import CorruptFileError
from volio.files.sources.source import ByteSource
from volio.surfaces.array_reader import ArrayReader

__all__ = ["NumberReader", "packed"]


class NumberReader(ArrayReader):
    """Reads FreeSurfer's numbers one after the other; a file that ends before is an error.

    Parameters
    ----------
    source : ByteSource
    offset : int
        Of the first number, in bytes.
    """

    def __init__(self, source: ByteSource, offset: int = 0) -> None:
        super().__init__(source, "a file of FreeSurfer", offset)

    def check_end(self) -> None:
        """Check that there is nothing after what was read.

        Raises
        ------
        CorruptFileError
        """
        if self.left:
            raise CorruptFileError(f"{self.left} bytes more than the file says that it has")

    def integer(self, what: str) -> int:
        """Return an integer of four bytes."""
        return int.from_bytes(self.raw(4, what), "big", signed=True)

    def integer3(self, what: str) -> int:
        """Return an unsigned integer of three bytes."""
        return int.from_bytes(self.raw(3, what), "big")

    def integers3(self, shape: tuple[int, ...], what: str) -> NDArray[np.int32]:
        """Return unsigned integers of three bytes each."""
        digits = self.array("u1", (*shape, 3), what)
        # Each is the end of four bytes, of which the first is the last of the one before.
        padded = np.zeros(digits.size + 1, np.uint8)
        padded[1:] = digits.reshape(-1)
        numbers = np.ndarray(digits.size // 3, ">i4", padded, strides=(3,)).astype(np.int32)
        numbers &= 0xFFFFFF
        return numbers.reshape(shape)


def packed(*values: int) -> bytes:
    """Return integers of four bytes each."""
    return np.array(values, ">i4").tobytes()
