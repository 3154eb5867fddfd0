"""Extents: how far an image reaches along each dimension."""

from __future__ import annotations

from math import prod
from typing import NamedTuple

import numpy as np

from volio.errors import LimitError
from volio.formats.czi.compression import RAW
from volio.formats.czi.entries import Integers, Subblocks

__all__ = ["AXES", "Extents", "Rectangle"]

#: Dimensions besides X and Y in the order of arrays, the slowest first. S and M are not axes:
#: scenes and tiles of a mosaic lie next to each other in a plane.
AXES = "TZBHVRIC"

SPARSEST = 1 << 15  # pixels of an image for each byte of the file: zstd packs no closer
MOST_CHANNELS = 10_000


class Rectangle(NamedTuple):
    """A rectangle of pixels.

    Parameters
    ----------
    x, y : int
        Left and upper edge.
    w, h : int
        Width and height.

    Examples
    --------
    >>> from volio.testing.samples import samples_of
    >>> volio.stacks.CziReader(samples_of("czi")[0].path).bounds
    Rectangle(x=-4, y=-3, w=33, h=13)
    """

    x: int
    y: int
    w: int
    h: int

    @classmethod
    def around(cls, table: Subblocks) -> Rectangle:
        """Return the rectangle around all of some subblocks."""
        return cls.of_groups(table, np.array([0]))[0]

    @classmethod
    def of_groups(cls, table: Subblocks, firsts: Integers) -> list[Rectangle]:
        """Return the rectangle around each group of subblocks that follow each other.

        Parameters
        ----------
        table : Subblocks
        firsts : ndarray of int
            The first row of each group.
        """
        corners = table.start[:, :2]  # X, Y
        lows = np.minimum.reduceat(corners, firsts)
        sizes = np.maximum.reduceat(corners + table.size, firsts) - lows
        return [cls(*low, *size) for low, size in zip(lows.tolist(), sizes.tolist(), strict=True)]


class Extents(NamedTuple):
    """How far an image reaches.

    Attributes
    ----------
    letters : str
        Its dimensions besides X and Y, in the order of `AXES`.
    lows, lengths : tuple of int
        First index and length along each.
    rectangle : Rectangle
        In the plane.
    """

    letters: str
    lows: tuple[int, ...]
    lengths: tuple[int, ...]
    rectangle: Rectangle

    @classmethod
    def of(cls, table: Subblocks, nbytes: int, name: str) -> Extents:
        """Return how far subblocks of the finest level reach.

        Parameters
        ----------
        table : Subblocks
        nbytes : int
            That the file has.
        name : str
            Of the file, for messages.

        Raises
        ------
        LimitError
            If nearly all of the image would be empty, or the file cannot have so many pixels.
        """
        letters = "".join([letter for letter in AXES if np.any(table.has(letter))])
        indices = [table.along(letter) for letter in letters]
        lows = tuple([int(index.min()) for index in indices])
        highs = [int(index.max()) for index in indices]
        lengths = tuple([high - low + 1 for low, high in zip(lows, highs, strict=True)])
        found = cls(letters, lows, lengths, Rectangle.around(table))
        found._check(table, nbytes, name)
        return found

    def _check(self, table: Subblocks, nbytes: int, name: str) -> None:
        """Refuse extents that the bytes of a file cannot fill."""
        shape = (*self.lengths, self.rectangle.h, self.rectangle.w)
        # Tiles that are raw take a byte a pixel at least.
        raw = table.stored.prod(axis=1)[table.compression == RAW]
        if prod(shape) > SPARSEST * nbytes or raw.max(initial=0) > nbytes:
            raise LimitError(
                f"{name}: dimensions {self.letters}YX of lengths {shape}, the file has {nbytes} "
                "bytes for all pixels"
            )
        channels = self.along("C")[1]
        if channels > MOST_CHANNELS:
            raise LimitError(f"{name}: {channels} channels, at most {MOST_CHANNELS} are read")

    def along(self, letter: str) -> tuple[int, int]:
        """Return the first index and the length along a dimension; 0 and 1 where it has none."""
        if letter not in self.letters:
            return 0, 1
        axis = self.letters.index(letter)
        return self.lows[axis], self.lengths[axis]
