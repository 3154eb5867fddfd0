"""Variables of a MATLAB file of version 4, one after the other, by their places."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from volio.errors import CorruptFileError, LimitError, TruncatedFileError
from volio.files.sources.reader import Reader

__all__ = [
    "FULL",
    "LONGEST_HEAD",
    "MatlabVariable",
    "packed_head",
    "packed_variable",
    "variable_in",
    "variables_from",
]

HEAD = 20  # bytes before the name of a variable
#: Kinds of numbers, by the third digit of the type. The last one is not MATLAB's: DSI Studio
#: writes it.
NUMBERS = ("f8", "f4", "i4", "i2", "u2", "u1", "u8")
#: Kinds of matrices, by the last digit of the type.
FULL, TEXT, SPARSE = range(3)
#: Most bytes of a name, and of an array that is read at once.
MOST_NAME = 1 << 10
LONGEST_HEAD = HEAD + MOST_NAME
MOST_BYTES = 1 << 30
#: Most bytes of a text, and most variables.
MOST_TEXT = 16 << 20
MOST_VARIABLES = 1 << 16


class MatlabVariable(NamedTuple):
    """A variable in a file.

    Attributes
    ----------
    name : str
    dtype : numpy dtype
    shape : tuple of int
        Rows and columns.
    start : int
        Byte at which its values begin, column by column.
    kind : int
        Of the matrix: full, text or sparse. A sparse one is stored as a full one, with a row for
        each value.
    is_complex : bool
        Whether imaginary parts follow the values, of a full matrix.
    """

    name: str
    dtype: np.dtype[Any]
    shape: tuple[int, int]
    start: int
    kind: int = FULL
    is_complex: bool = False

    @property
    def is_real(self) -> bool:
        """Whether it is a matrix of real numbers, or text: what can be read."""
        return self.kind != SPARSE and not self.is_complex

    @property
    def nbytes(self) -> int:
        """Bytes of the values."""
        parts = 2 if self.is_complex and self.kind != SPARSE else 1
        return self.shape[0] * self.shape[1] * self.dtype.itemsize * parts

    @property
    def end(self) -> int:
        """The byte after the values."""
        return self.start + self.nbytes

    def read(self, reader: Reader) -> NDArray[Any]:
        """Return the values, flat, in native byte order.

        Raises
        ------
        CorruptFileError
            If they are complex, or the matrix is sparse.
        LimitError
            If they take more than 1 GiB.
        """
        if not self.is_real:
            raise CorruptFileError(f"{reader.name}: {self.name}: must be of real numbers")
        if self.nbytes > MOST_BYTES:
            raise LimitError(f"{reader.name}: {self.name}: {self.nbytes} bytes are too many")
        data = np.frombuffer(reader.read(self.start, self.nbytes), self.dtype)
        return data.astype(self.dtype.newbyteorder("="))

    def text(self, reader: Reader) -> str:
        """Return the values as text.

        Raises
        ------
        LimitError
            If it takes more than 16 MiB.
        """
        if self.nbytes > MOST_TEXT:
            raise LimitError(
                f"{reader.name}: {self.name}: {self.nbytes} bytes are too many of text"
            )
        raw = self.read(reader).astype(np.uint8).tobytes().rstrip(b"\0")
        return raw.decode("utf-8", "surrogateescape")


def variables_from(reader: Reader, start: int) -> Iterator[MatlabVariable]:
    """Go through the variables from a byte of a file on; values are not read.

    Raises
    ------
    CorruptFileError
        If there is something else than a variable.
    TruncatedFileError
        If the file ends within one.
    LimitError
        If there are more than 65,536 variables.
    """
    count = 0
    while head := reader.read_upto(start, LONGEST_HEAD):
        variable = variable_in(head, start)
        if variable is None:
            raise CorruptFileError(f"{reader.name}: there is no variable of MATLAB at byte {start}")
        count += 1
        if count > MOST_VARIABLES:
            raise LimitError(f"{reader.name}: more than {MOST_VARIABLES} variables of MATLAB")
        yield variable
        start = variable.end
        if variable.nbytes and not reader.read_upto(start - 1, 1):
            raise TruncatedFileError(
                f"{reader.name}: {variable.name}: the file ends before byte {start}, within it"
            )


def variable_in(head: bytes, start: int) -> MatlabVariable | None:
    """Return the variable whose header bytes at byte `start` of a file are; None if it is none.

    Parameters
    ----------
    head : bytes
        The first `LONGEST_HEAD` of them, or all that there are.
    start : int
    """
    if len(head) <= HEAD:
        return None
    for order in "<>":
        code, rows, columns, imaginary, length = np.frombuffer(head[:HEAD], f"{order}i4").tolist()
        dtype = _dtype_of(code, order)
        is_sized = rows >= 0 and columns >= 0 and imaginary in (0, 1)
        # A name has its zero byte, so one of a single byte is none.
        has_name = 1 < length <= MOST_NAME and HEAD + length <= len(head)
        if dtype is not None and is_sized and has_name:
            name = head[HEAD : HEAD + length].rstrip(b"\0").decode("latin-1")
            begin = start + HEAD + length
            return MatlabVariable(name, dtype, (rows, columns), begin, code % 10, imaginary == 1)
    return None


def _dtype_of(code: int, order: str) -> np.dtype[Any] | None:
    """Return the dtype of a type as MATLAB codes it; None where it is of another byte order."""
    # The digits of the type: byte order, 0, kind of numbers, kind of matrix.
    thousands, rest = divmod(code, 1000)
    numbers, kind = divmod(rest, 10)
    if code < 0 or thousands != (order == ">") or numbers >= len(NUMBERS) or kind > SPARSE:
        return None
    return np.dtype(f"{order}{NUMBERS[numbers]}")


def packed_variable(name: str, values: NDArray[Any], is_text: bool = False) -> bytes:
    """Return the bytes of a variable of one row, or of one column where it is of bytes."""
    is_column = values.dtype.itemsize == 1 and not is_text
    shape = (values.size, 1) if is_column else (1, values.size)
    head = packed_head(name, values.dtype, shape, is_text)
    return head + np.ascontiguousarray(values, values.dtype.newbyteorder("<")).tobytes()


def packed_head(
    name: str, dtype: np.dtype[Any], shape: tuple[int, ...], is_text: bool = False
) -> bytes:
    """Return the bytes before the values of a variable of some rows and columns."""
    label = name.encode("latin-1") + b"\0"
    code = 10 * NUMBERS.index(dtype.newbyteorder("=").str[1:]) + (TEXT if is_text else FULL)
    return np.array([code, *shape, 0, len(label)], "<i4").tobytes() + label
