"""Entries of a directory: where a subblock is, what it holds, and which rectangle it covers."""

from __future__ import annotations

from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from volio.arrays.dtypes import Array, DType
from volio.errors import CorruptFileError, ImageFileError

__all__ = ["LETTERS", "NDIM_AT", "Integers", "Subblocks", "entry_size", "parse_entries"]

#: Names of dimensions.
LETTERS = "XYCZTSMBHVRI"
X = LETTERS.index("X")
Y = LETTERS.index("Y")

Integers = NDArray[np.int64]


FIXED = np.dtype(
    [
        ("schema", "S2"),  # b"DV"
        ("pixel_type", "<i4"),
        ("position", "<i8"),  # of the subblock in the file
        ("part", "<i4"),  # of a set of files
        ("compression", "<i4"),
        ("pyramid", "u1"),  # not always right: sizes are looked at
        ("reserved", "V5"),
        ("ndim", "<i4"),
    ]
)
DIMENSION = np.dtype(
    [
        ("name", "S4"),
        ("start", "<i4"),
        ("size", "<i4"),  # pixels of the finest level
        ("coordinate", "<f4"),
        ("stored", "<i4"),  # pixels in the file; 0 for as many as `size`
    ]
)
#: Byte of an entry at which the number of its dimensions is.
NDIM_AT = FIXED.itemsize - 4


class Subblocks(NamedTuple):
    """The subblocks of a file, a row each.

    Attributes
    ----------
    position : ndarray of int64, shape (n,)
        Byte of the file at which each begins.
    pixel_type, compression : ndarray of int64, shape (n,)
        Codes.
    start : ndarray of int64, shape (n, 12)
        Index along each dimension, in the order of `LETTERS`; 0 where a subblock has none.
    present : ndarray of bool, shape (n, 12)
        Which dimensions a subblock has.
    size, stored : ndarray of int64, shape (n, 2)
        Width and height: on the finest level, and in the file.
    """

    position: Integers
    pixel_type: Integers
    compression: Integers
    start: Integers
    present: NDArray[np.bool_]
    size: Integers
    stored: Integers

    def take(self, rows: NDArray[np.bool_] | Integers) -> Self:
        """Return some of the rows, by a mask or by their numbers."""
        columns: list[Any] = [column[rows] for column in self]
        return type(self)(*columns)

    def along(self, letter: str) -> Integers:
        """Return the index of each along a dimension."""
        return self.start[:, LETTERS.index(letter)]

    def has(self, letter: str) -> NDArray[np.bool_]:
        """Return which have a dimension."""
        return self.present[:, LETTERS.index(letter)]

    @property
    def is_finest(self) -> NDArray[np.bool_]:
        """Which have all pixels of their rectangles; the others are of pyramids."""
        is_equal: NDArray[np.bool_] = np.all(self.stored == self.size, axis=1)
        return is_equal

    def __len__(self) -> int:
        return len(self.position)


def entry_size(ndim: int) -> int:
    """Return the bytes of an entry."""
    return FIXED.itemsize + ndim * DIMENSION.itemsize


def parse_entries(raw: bytes, offsets: Integers, where: str) -> Subblocks:
    """Return the table of entries.

    Parameters
    ----------
    raw : bytes
        Of all entries.
    offsets : ndarray of int, shape (n,)
        Where each begins.
    where : str
        Of them, for messages.

    Raises
    ------
    CorruptFileError
        If one makes no sense.
    ImageFileError
        If one is of another file.
    """
    memory = np.frombuffer(raw, np.uint8)
    fixed = _records(memory, offsets, FIXED, 1)[:, 0]
    sides = _Sides.empty(len(offsets))
    for ndim in np.unique(fixed["ndim"]).tolist():
        rows = np.flatnonzero(fixed["ndim"] == ndim)
        dimensions = _records(memory, offsets[rows] + FIXED.itemsize, DIMENSION, ndim)
        for column in dimensions.T:  # the n-th dimension of each entry, whatever its name
            sides.fill(rows, _letter_numbers(column["name"], where), column)
    _check_kinds(fixed, where)
    _check_sides(sides, where)
    in_plane = [X, Y]
    return Subblocks(
        fixed["position"].astype(np.int64),
        fixed["pixel_type"].astype(np.int64),
        fixed["compression"].astype(np.int64),
        sides.start,
        sides.present,
        sides.size[:, in_plane],
        sides.stored[:, in_plane],
    )


class _Sides(NamedTuple):
    """Start, size and stored size along each dimension, shape (n, 12), and which there are."""

    start: Integers
    size: Integers
    stored: Integers
    present: NDArray[np.bool_]

    @classmethod
    def empty(cls, count: int) -> Self:
        """Return those of entries without dimensions: one index, 0, along each."""
        shape = (count, len(LETTERS))
        start = np.zeros(shape, np.int64)
        return cls(start, start + 1, start + 1, np.zeros(shape, np.bool_))

    def fill(self, rows: Integers, letters: Integers, column: Array) -> None:
        """Fill in one dimension of some entries."""
        self.start[rows, letters] = column["start"]
        self.size[rows, letters] = column["size"]
        # 0 stands for the size.
        stored = np.where(column["stored"], column["stored"], column["size"])
        self.stored[rows, letters] = stored
        self.present[rows, letters] = True


def _records(memory: NDArray[np.uint8], at: Integers, dtype: DType, count: int) -> Array:
    """Return records of a dtype that begin at each of many bytes, shape (n, count)."""
    nbytes = count * dtype.itemsize
    if not len(at):
        return np.zeros((0, count), dtype)
    rows = np.lib.stride_tricks.sliding_window_view(memory, nbytes)[at]
    return np.ascontiguousarray(rows).view(dtype)


def _letter_numbers(names: NDArray[np.bytes_], where: str) -> Integers:
    """Return the number of each letter in `LETTERS`."""
    known, inverse = np.unique(names, return_inverse=True)
    letters = [name.decode("latin-1") for name in known.tolist()]
    for letter in letters:
        if len(letter) != 1 or letter not in LETTERS:
            raise CorruptFileError(
                f"{where}: dimension {letter!r} is not known, only {', '.join(LETTERS)}"
            )
    numbers = np.array([LETTERS.index(letter) for letter in letters], np.int64)
    return numbers[inverse.reshape(-1)]


def _check_kinds(fixed: Array, where: str) -> None:
    """Refuse entries of another kind, or of other files."""
    if np.any(fixed["schema"] != b"DV"):
        raise CorruptFileError(f"{where}: an entry is not of the kind DV")
    part = int(fixed["part"].max(initial=0)) or int(fixed["part"].min(initial=0))
    if part:
        raise ImageFileError(
            f"{where}: an image is in part {part} of a set of files, which is not read"
        )
    if np.any(fixed["position"] < 0):
        raise CorruptFileError(f"{where}: an entry begins before the file")


def _check_sides(sides: _Sides, where: str) -> None:
    """Refuse entries that are not a rectangle of one plane."""
    in_plane = np.isin([*LETTERS], ["X", "Y"])
    size = sides.size[:, in_plane]
    stored = sides.stored[:, in_plane]
    if not np.all(sides.present[:, in_plane]):
        raise CorruptFileError(f"{where}: an entry has no width or no height")
    if min(size.min(initial=1), stored.min(initial=1)) < 1:
        raise CorruptFileError(f"{where}: an entry has a width or height that is not positive")
    if np.any(stored > size):
        raise CorruptFileError(f"{where}: an entry has more pixels in the file than it covers")
    if np.any(sides.size[:, ~in_plane] > 1):
        raise CorruptFileError(f"{where}: an entry is of several planes, which is not read")
