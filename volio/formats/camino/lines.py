"""The lines of a .Bfloat file: the number of points, that of the seed, and the points."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from volio.errors import CorruptFileError, TruncatedFileError
from volio.files.limits import check_declared
from volio.files.sources.source import ByteSource
from volio.space.points import move_points
from volio.tracts.lines import Column, LineLayout, Lines
from volio.tracts.sources import BLOCK, FileLines

__all__ = ["SEED", "CaminoLines"]

Floats = NDArray[np.float32]

WORD = 4
#: Words before the points of a line.
HEAD = 2
COLUMNS = 3
#: Name of the values per line: the number of the point that a line began with.
SEED = "seed"
#: Whole numbers beyond this are not exact in float32.
LARGEST = 2.0**24


class FoundLines(NamedTuple):
    """The complete lines at the beginning of some words.

    Attributes
    ----------
    starts, counts : array of int64, shape (m,)
        Word at which each begins, and its points.
    end : int
        Word after the last one.
    needed : int
        Words of the line that follows; 0 where nothing does.
    wrong : int
        The word after them that is not a number of points, or not one of a seed among them; -1
        where there is none.
    """

    starts: NDArray[np.int64]
    counts: NDArray[np.int64]
    end: int
    needed: int
    wrong: int


def find_lines(words: Floats) -> FoundLines:
    """Find the lines in words that begin with one."""
    values = words.data
    length = len(values)
    # Where the words are that are not zero, and the end, which ends zeros as well.
    not_zero = np.append(np.flatnonzero(words), length)
    starts: list[int] = []
    counts: list[int] = []
    at = 0
    needed = 0
    wrong = -1
    while at < length:
        empty = _empty_lines(at, not_zero) if values[at] == 0 else range(0)
        if empty:
            starts.extend(empty)
            counts.extend([0] * len(empty))
            at = empty.stop
            continue
        number = values[at]
        if not _is_index(number, LARGEST):
            wrong = at
            break
        after = at + HEAD + COLUMNS * int(number)
        if after > length or at + 1 >= length:
            needed = after - at
            break
        # The point that the line began with is one of its points; a line without has 0 there.
        if not _is_index(values[at + 1], max(number, 1)):
            wrong = at + 1
            break
        starts.append(at)
        counts.append(int(number))
        at = after
    return FoundLines(np.array(starts, np.int64), np.array(counts, np.int64), at, needed, wrong)


def _empty_lines(at: int, not_zero: NDArray[np.int64]) -> range:
    """Return where lines without points begin, from a word on that is zero.

    A file of zeros is one of empty lines, millions of which fit into a few compressed bytes: they
    are taken together.
    """
    next_one = int(not_zero[np.searchsorted(not_zero, at)])
    # Each has two words, both zero: of a single zero that is left nothing is known yet.
    pairs = (next_one - at) // HEAD
    return range(at, at + pairs * HEAD, HEAD)


def _is_index(number: float, end: float) -> bool:
    """Return whether a number is a whole one from 0 to below `end`; NaN is none."""
    return 0 <= number < end and number == int(number)


class CaminoLines(FileLines):
    """The lines of a .Bfloat file.

    Parameters
    ----------
    source : ByteSource
    affine : array of float64, shape (4, 4), or None
        From coordinates of the file to scanner RAS+ mm; None leaves them as they are.
    """

    layout = LineLayout(np.dtype(np.float32), {}, {SEED: Column(np.dtype(np.int32), 0)})

    def __init__(self, source: ByteSource, affine: NDArray[np.float64] | None) -> None:
        super().__init__(source)
        self.affine = affine

    def blocks(self, points: int = BLOCK) -> Iterator[Lines]:
        """Go through the lines, in order."""
        for words, found in self._cut(HEAD + COLUMNS * points):
            is_point = np.ones(found.end, bool)
            is_point[found.starts] = False
            is_point[found.starts + 1] = False
            rows = words[: found.end][is_point].reshape(-1, COLUMNS)
            if self.affine is not None:
                move_points(rows, self.affine)
            seeds = words[found.starts + 1].astype(np.int32)
            yield Lines.compact(rows, found.counts, {}, {SEED: seeds})

    def _cut(self, at_once: int) -> Iterator[tuple[Floats, FoundLines]]:
        """Go through the file: words, and the complete lines at their beginning."""
        at = 0  # byte at which the next line begins
        done = 0  # lines
        room = at_once  # words that are read at once
        with self.source.open() as reader:
            while data := reader.read_upto(at, room * WORD):
                words = np.frombuffer(data, ">f4", len(data) // WORD).astype(np.float32)
                found = find_lines(words)
                self.source.check_usual(at, "tracts")
                if len(found.starts):
                    yield words, found
                    done += len(found.starts)
                    at += found.end * WORD
                    room = at_once
                    continue
                line = f"{self.source.name}: line {done}"
                if found.wrong >= 0:
                    raise CorruptFileError(
                        f"{line}: at byte {at + found.wrong * WORD}: must be a number of points "
                        f"and that of the seed, got {words[found.wrong]:g}"
                    )
                # A line that is longer than what was read, or of which the file has no more.
                needed = max(found.needed, 1)
                check_declared(self.source, at + needed * WORD, f"line {done}")
                is_end = len(data) < room * WORD
                if is_end and len(data) < needed * WORD:
                    end = at + len(data)
                    raise TruncatedFileError(f"{line}: the file ends within it, at byte {end}")
                room = max(needed, room + 1)

    def _counts(self) -> Iterator[NDArray[np.int64]]:
        for _, found in self._cut(HEAD + COLUMNS * BLOCK):
            yield found.counts

    def most_points(self) -> int:
        """Return how many points fit into the file."""
        size = self.source.size()
        return 0 if size is None else size // (WORD * COLUMNS)
