"""Starts of patches that are drawn at random, but visit an image evenly: stratified sampling.

The image is divided into a grid of cells as large as a patch. Each cell has a region: the patches
that begin in it. Regions are packed into as many bins of equal capacity as an epoch has patches,
and each patch of an epoch is drawn from a bin of its own.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import product
from math import ceil, prod
from operator import index
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from volio.cached import cached_property
from volio.errors import IndexingError, UsageError

__all__ = ["Cell", "Strata"]

Cell = tuple[int, ...]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

ROUNDING = 1e-9  # of a number of patches: what is nearer to an integer is that integer


class Bins(NamedTuple):
    """Regions that are packed into bins.

    Attributes
    ----------
    regions : int array
        Numbers of all regions from which patches may be drawn, bin by bin.
    ends : int array
        Where each bin ends within `regions`.
    sums : float array
        Running sum of the weights of `regions`.
    capacity : float
        Weight that no bin exceeds.
    """

    regions: Integers
    ends: Integers
    sums: Floats
    capacity: float

    def find(self, number: int, part: float) -> int | None:
        """Return which of `regions` is at a part of the capacity of a bin, None for empty parts.

        Parameters
        ----------
        number : int
            Of the bin.
        part : float
            From 0 to less than 1.
        """
        first = self.ends[number - 1] if number else 0
        stop = self.ends[number]
        before = self.sums[first - 1] if first else 0.0
        wanted = before + part * self.capacity
        found = first + np.searchsorted(self.sums[first:stop], wanted, side="right")
        return None if found == stop else int(found)


class Strata:
    """The regions of one image from which starts of patches are drawn.

    Parameters
    ----------
    shape : sequence of int
        Of the image, along the axes that are cut.
    patch_size : sequence of int
    """

    def __init__(self, shape: Sequence[int], patch_size: Sequence[int]) -> None:
        self.shape = tuple(shape)
        self.patch_size = tuple(patch_size)
        sides = zip(shape, patch_size, strict=True)
        self.grid = tuple([max(1, (length + 1) // size) for length, size in sides])
        self.excluded: set[Cell] = set()
        self.probabilities: dict[Cell, float] = {}

    def cells(self) -> list[Cell]:
        """Return all cells of the grid, the last axis fastest."""
        return list(product(*map(range, self.grid)))

    def included(self) -> list[Cell]:
        """Return the cells that are not excluded."""
        return [cell for cell in self.cells() if cell not in self.excluded]

    def exclude(self, cells: Iterable[Sequence[int]]) -> None:
        """Leave out all patches that would touch one of these cells.

        Raises
        ------
        IndexingError
            If a cell is not one of the grid.
        """
        self.excluded.update([self._checked(cell) for cell in cells])
        self._forget()

    def set_probabilities(self, probabilities: Mapping[Cell, float]) -> None:
        """Set how likely patches begin in cells, relative to the others: 0 to 1.

        Raises
        ------
        IndexingError
            If a cell is not one of the grid.
        UsageError
            For a probability that is not from 0 to 1.
        """
        found = {self._checked(cell): float(value) for cell, value in probabilities.items()}
        for cell, value in found.items():
            if not 0 <= value <= 1:
                raise UsageError(f"probability of cell {cell}: must be from 0 to 1, got {value}")
        self.probabilities.update(found)
        self._forget()

    @property
    def n_patches(self) -> int:
        """Number of patches of an epoch: so many that voxels are visited once on average."""
        if not self._is_changed:
            return max(1, ceil(self._patches_that_cover))
        if not self._weights.any():
            return 0
        likely = [value for cell, value in self.probabilities.items() if cell not in self.excluded]
        fewer = len(self.excluded) + sum(1 - value for value in likely)
        return max(1, ceil(self._patches_that_cover - fewer - ROUNDING))

    def draw(self, number: int, rng: np.random.Generator) -> tuple[int, ...]:
        """Draw the first voxel of one patch of an epoch.

        Parameters
        ----------
        number : int
            Of the patch, 0 to ``n_patches - 1``.
        rng : Generator
        """
        region = self._draw_region(number, rng)
        cell = np.unravel_index(region, self.grid)
        parts = self._draw_parts(cell, rng)
        lengths = _part_lengths(self.shape, self.patch_size)
        room = [counts[c, p] for counts, c, p in zip(lengths, cell, parts, strict=True)]
        corner = np.multiply(cell, self.patch_size) + parts + rng.integers(room)
        return tuple(corner.tolist())

    def _draw_parts(
        self, cell: tuple[np.intp, ...], rng: np.random.Generator
    ) -> tuple[np.intp, ...]:
        """Draw the part of a region along each axis, by how many starts it has."""
        sums = np.cumsum(self._areas[cell])
        part = np.searchsorted(sums, rng.integers(sums[-1]), side="right")
        return np.unravel_index(part, (2,) * len(cell))

    def _draw_region(self, number: int, rng: np.random.Generator) -> int:
        """Draw a region of a bin; what a bin lacks of its capacity goes to all regions."""
        bins = self._bins
        found = bins.find(number, rng.random())
        if found is None:
            found = np.searchsorted(bins.sums, rng.random() * bins.sums[-1], side="right")
        # Rounding may lead past the last one.
        return int(bins.regions[min(found, len(bins.regions) - 1)])

    @cached_property
    def _areas(self) -> Integers:
        """Numbers of starts, shape (*grid, 2, 2, ...): of each cell those in each of its parts.

        Along an axis part 0 is the first start of the cell, whose patch touches this cell alone;
        part 1 are the others, whose patches also touch the next cell.
        """
        areas = _all_areas(self.shape, self.patch_size)
        if not self.excluded:
            return areas
        areas = areas.copy()
        for cell in self.excluded:
            for back in product((0, 1), repeat=len(cell)):
                _remove_starts(areas, cell, back)
        return areas

    @cached_property
    def _weights(self) -> Floats:
        """Number of starts of each region times its probability, one after the other."""
        weights = _region_areas(self._areas).astype(np.float64)
        for cell, value in self.probabilities.items():
            weights[cell] *= value
        flat: Floats = weights.ravel()
        return flat

    @cached_property
    def _bins(self) -> Bins:
        if not self._is_changed:
            return _even_bins(self.shape, self.patch_size, self.n_patches)
        return pack(self._weights, self.n_patches)

    @property
    def _is_changed(self) -> bool:
        return bool(self.excluded or self.probabilities)

    @property
    def _patches_that_cover(self) -> float:
        """Volume of the image in patches; a patch that is longer than the image fills it."""
        sides = list(zip(self.shape, self.patch_size, strict=True))
        return prod([max(length, size) for length, size in sides]) / prod(self.patch_size)

    def _checked(self, cell: Sequence[int]) -> Cell:
        found = tuple(map(index, cell))
        inside = len(found) == len(self.grid) and all(
            0 <= at < length for at, length in zip(found, self.grid, strict=True)
        )
        if not inside:
            raise IndexingError(f"cell {found} is not one of the grid, which has {self.grid} cells")
        return found

    def _forget(self) -> None:
        for name in ("_areas", "_weights", "_bins"):
            self.__dict__.pop(name, None)


def _remove_starts(areas: Integers, cell: Cell, back: Sequence[int]) -> None:
    """Remove the starts of one cell whose patches touch another, up to one cell later.

    Parameters
    ----------
    areas : int array
        As `Strata` has them; changed in place.
    cell : tuple of int
        That is not to be touched.
    back : sequence of int
        Per axis how many cells the starts are before it, 0 or 1. In a cell before it only part 1
        reaches it.
    """
    home = tuple([at - step for at, step in zip(cell, back, strict=True)])
    if min(home) >= 0:
        areas[(*home, *[1 if step else slice(None) for step in back])] = 0


@lru_cache(maxsize=4096)
def _part_lengths(shape: Cell, patch_size: Cell) -> list[Integers]:
    """Return per axis how many starts the two parts of each cell have, shape (cells, 2)."""
    lengths = []
    for length, size in zip(shape, patch_size, strict=True):
        starts = max(1, length - size + 1)
        first = np.arange(max(1, (length + 1) // size)) * size
        begins = np.stack([first, first + 1], axis=1)
        ends = np.stack([first + 1, first + size], axis=1)
        lengths.append((np.minimum(ends, starts) - np.minimum(begins, starts)).astype(np.int64))
    return lengths


@lru_cache(maxsize=64)
def _all_areas(shape: Cell, patch_size: Cell) -> Integers:
    """Return the numbers of starts where nothing is excluded, as `Strata` has them; read-only."""
    lengths = _part_lengths(shape, patch_size)
    ndim = len(lengths)
    operands: list[Integers | list[int]] = []
    for axis, counts in enumerate(lengths):
        operands += [counts, [axis, ndim + axis]]
    areas: Integers = np.einsum(*operands, list(range(2 * ndim)))
    areas.flags.writeable = False
    return areas


@lru_cache(maxsize=64)
def _even_bins(shape: Cell, patch_size: Cell, n_bins: int) -> Bins:
    """Return the bins of an image where nothing is excluded and all is as likely."""
    areas = _region_areas(_all_areas(shape, patch_size))
    return pack(areas.ravel().astype(np.float64), n_bins)


def _region_areas(areas: Integers) -> Integers:
    """Return the number of starts of each region, on the grid."""
    grid = areas.shape[: areas.ndim // 2]
    total: Integers = areas.reshape(*grid, -1).sum(axis=-1)
    return total


def pack(weights: Floats, n_bins: int) -> Bins:
    """Pack weights into bins, the largest first, each where it leaves the least room.

    Parameters
    ----------
    weights : float array
        Those of 0 are left out.
    n_bins : int
        Where a weight fits into no bin, the capacity of all grows.
    """
    order = np.argsort(-weights, kind="stable")
    order = order[weights[order] > 0]
    bin_of, capacity = _best_fit(weights[order], n_bins)
    regions = order[np.argsort(bin_of, kind="stable")]
    ends = np.cumsum(np.bincount(bin_of, minlength=n_bins))
    return Bins(regions, ends, np.cumsum(weights[regions]), capacity)


def _best_fit(weights: Floats, n_bins: int) -> tuple[Integers, float]:
    """Return the bin of each weight, and the capacity that all bins need.

    Parameters
    ----------
    weights : float array
        The largest first.
    n_bins : int
    """
    capacity = max(weights.sum() / n_bins, weights[0])
    bin_of = np.empty(len(weights), np.int64)
    # The negative content of each bin, in order: the fullest first.
    contents = [(0.0, number) for number in range(n_bins)]
    for item, weight in enumerate(weights.tolist()):
        # The fullest bin with room is the first whose content is at most capacity - weight.
        found = bisect_left(contents, (weight - capacity, -1))
        content, number = contents.pop(min(found, n_bins - 1))
        insort(contents, (content - weight, number))
        capacity = max(capacity, weight - content)
        bin_of[item] = number
    return bin_of, float(capacity)
