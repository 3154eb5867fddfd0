"""Random patches that visit image stacks evenly: stratified sampling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from volio.ops.patches.specs import PatchSpecs, patch_specs
from volio.ops.patches.starts import Seed
from volio.ops.patches.strata import Cell, Strata
from volio.stacks.numbering import (
    STACK_AXES,
    NumberedPatching,
    PatchNumbers,
    check_number,
    check_patch_size,
    check_shapes,
)

__all__ = ["StratifiedPatching"]


class StratifiedPatching(NumberedPatching):
    """Patches at random positions that visit each sample evenly, drawn anew each time.

    In an epoch, one patch of each number, a pixel is in one patch on average. A grid of cells of
    the size of a patch begins with the first pixel of a sample; what shall not be seen is excluded
    cell by cell.

    Parameters
    ----------
    data_shapes : sequence of sequence of int
        Shape SC(Z)YX of each stack.
    patch_size : sequence of int
        Lengths of a patch along (Z)YX.
    seed : int, optional
        What `numpy.random.default_rng` takes. Processes that work side by side need seeds of their
        own, such as those of ``numpy.random.SeedSequence(seed).spawn(n)``.

    Raises
    ------
    UsageError
        If shapes or lengths do not fit each other.

    Examples
    --------
    >>> from volio.stacks import StratifiedPatching
    >>> patching = StratifiedPatching([(1, 1, 64, 96)], patch_size=(32, 32), seed=0)
    >>> patching.n_patches, patching.get_all_grid_coords()[0, 0][:4]
    (6, [(0, 0), (0, 1), (0, 2), (1, 0)])
    >>> patching.exclude_patches(0, 0, [(0, 0), (1, 0)])
    >>> patching.n_patches, patching.get_patch_spec(0)["coords"][1] >= 32
    (4, True)
    """

    def __init__(
        self,
        data_shapes: Sequence[Sequence[int]],
        patch_size: Sequence[int],
        seed: Seed = None,
    ) -> None:
        self.patch_size = check_patch_size(patch_size)
        self.data_shapes = check_shapes(data_shapes, len(self.patch_size))
        self._rng = np.random.default_rng(seed)
        self._strata = [
            [Strata(shape[STACK_AXES:], self.patch_size) for _ in range(shape[0])]
            for shape in self.data_shapes
        ]
        self._numbers = self._counted()

    def get_patch_spec(self, index: int) -> PatchSpecs:
        """Draw a patch; see `Patching`."""
        data_idx, sample_idx, number = self._numbers.locate(index)
        coords = self._strata[data_idx][sample_idx].draw(number, self._rng)
        return patch_specs(data_idx, sample_idx, coords, self.patch_size)

    def exclude_patches(
        self, data_idx: int, sample_idx: int, grid_coords: Sequence[Sequence[int]]
    ) -> None:
        """Leave out all patches that would touch one of these cells.

        Parameters
        ----------
        data_idx, sample_idx : int
            Number of the stack, and of the sample in it.
        grid_coords : sequence of sequence of int
            Cells of the grid, counted along (Z)YX.

        Raises
        ------
        IndexingError
            If there is no such stack, sample or cell.
        """
        self._sample(data_idx, sample_idx).exclude(grid_coords)
        self._numbers = self._counted()

    def set_region_probs(self, data_idx: int, sample_idx: int, probs: Mapping[Cell, float]) -> None:
        """Make patches that begin in some cells rarer.

        Parameters
        ----------
        data_idx, sample_idx : int
            Number of the stack, and of the sample in it.
        probs : mapping
            Cell of the grid, (Z)YX, to the probability that a patch that begins in it is taken: 0
            to 1, which is that of all others.

        Raises
        ------
        IndexingError
            If there is no such stack, sample or cell.
        UsageError
            If a probability is not from 0 to 1.
        """
        self._sample(data_idx, sample_idx).set_probabilities(probs)
        self._numbers = self._counted()

    def get_all_grid_coords(self) -> dict[tuple[int, int], list[Cell]]:
        """Return all cells of each sample, by number of stack and sample."""
        return {sample: strata.cells() for sample, strata in self._items()}

    def get_included_grid_coords(self) -> dict[tuple[int, int], list[Cell]]:
        """Return the cells of each sample that are not excluded, by number of stack and sample."""
        return {sample: strata.included() for sample, strata in self._items()}

    def _items(self) -> list[tuple[tuple[int, int], Strata]]:
        return [
            ((data_idx, sample_idx), strata)
            for data_idx, samples in enumerate(self._strata)
            for sample_idx, strata in enumerate(samples)
        ]

    def _sample(self, data_idx: int, sample_idx: int) -> Strata:
        samples = self._strata[check_number("data_idx", data_idx, len(self._strata))]
        return samples[check_number("sample_idx", sample_idx, len(samples))]

    def _counted(self) -> PatchNumbers:
        counts = [[strata.n_patches for strata in samples] for samples in self._strata]
        return PatchNumbers(counts)
