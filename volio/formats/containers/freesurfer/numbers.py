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
        # The lowest three bytes of a number of four.
        numbers = np.zeros((*shape, 4), np.uint8)
        numbers[..., 1:] = digits
        return numbers.view(">i4")[..., 0].astype(np.int32)


def packed(*values: int) -> bytes:
    """Return integers of four bytes each."""
    return np.array(values, ">i4").tobytes()
