"""Patchings: which patches of image stacks there are, numbered from 0.

A patching knows the shapes of stacks, SC(Z)YX, and nothing of their voxels: its specs are the
arguments of `PatchExtractor.extract_patch`.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Protocol, TypeVar, runtime_checkable

import numpy as np

from volio.ops.patches.lengths import check_overlaps
from volio.ops.patches.specs import PatchSpecs, TileSpecs, patch_specs
from volio.ops.patches.starts import Seed, covering_patches, random_starts, starts_along
from volio.ops.patches.stitching import stitch
from volio.ops.patches.tiling import TileGrid, tile_axis
from volio.stacks.numbering import (
    STACK_AXES,
    NumberedPatching,
    PatchNumbers,
    check_number,
    check_patch_size,
    check_shapes,
)

__all__ = [
    "FixedPatching",
    "FixedRandomPatching",
    "PatchSpecs",
    "Patching",
    "RandomPatching",
    "SequentialPatching",
    "TileSpecs",
    "TiledPatching",
    "WholeSamplePatching",
    "stitch",
    "tile_axis",
]

Specs = TypeVar("Specs", bound=PatchSpecs, covariant=True)


@runtime_checkable
class Patching(Protocol[Specs]):
    """What all patchings can do; a class of your own that can is one.

    Examples
    --------
    >>> from volio.stacks import Patching, WholeSamplePatching
    >>> isinstance(WholeSamplePatching([(1, 1, 8, 8)]), Patching)
    True
    """

    @property
    def n_patches(self) -> int:
        """Number of patches of all stacks."""

    def get_patch_spec(self, index: int) -> Specs:
        """Return where a patch is.

        Parameters
        ----------
        index : int
            Number of the patch, 0 to ``n_patches - 1``.

        Raises
        ------
        IndexingError
            For any other number.
        """

    def get_patch_indices(self, data_idx: int) -> Sequence[int]:
        """Return the numbers of all patches of one stack.

        Parameters
        ----------
        data_idx : int
            Number of the stack.

        Raises
        ------
        IndexingError
            If there is no such stack.
        """


class RandomPatching(NumberedPatching):
    """Patches at random positions, drawn anew each time one is asked for.

    There are as many patches of each sample as cover it where they do not overlap. The number of
    a patch says which sample it is of; its position is uniform among those where it is inside, and
    0 along an axis that is shorter than the patch.

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
    >>> from volio.stacks import RandomPatching
    >>> patching = RandomPatching([(2, 1, 64, 100)], patch_size=(32, 32), seed=0)
    >>> patching.n_patches
    16
    >>> spec = patching.get_patch_spec(8)
    >>> spec["data_idx"], spec["sample_idx"], spec["patch_size"]
    (0, 1, (32, 32))
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
        per_sample = [covering_patches(s[STACK_AXES:], self.patch_size) for s in self.data_shapes]
        self._numbers = PatchNumbers.even(self.data_shapes, per_sample)

    def get_patch_spec(self, index: int) -> PatchSpecs:
        """Draw a patch; see `Patching`."""
        data_idx, sample_idx, _ = self._numbers.locate(index)
        space = self.data_shapes[data_idx][STACK_AXES:]
        (coords,) = random_starts(space, self.patch_size, 1, self._rng).tolist()
        return patch_specs(data_idx, sample_idx, coords, self.patch_size)


class FixedRandomPatching(RandomPatching):
    """Patches at random positions that are drawn once: a number always means the same patch.

    Parameters and errors are those of `RandomPatching`.

    Parameters
    ----------
    data_shapes : sequence of sequence of int
        Shape SC(Z)YX of each stack.
    patch_size : sequence of int
        Lengths of a patch along (Z)YX.
    seed : int, optional
        What `numpy.random.default_rng` takes.

    Examples
    --------
    >>> from volio.stacks import FixedRandomPatching
    >>> patching = FixedRandomPatching([(2, 1, 64, 100)], patch_size=(32, 32))
    >>> patching.get_patch_spec(8) == patching.get_patch_spec(8)
    True
    """

    def __init__(
        self,
        data_shapes: Sequence[Sequence[int]],
        patch_size: Sequence[int],
        seed: Seed = None,
    ) -> None:
        super().__init__(data_shapes, patch_size, seed)
        drawn = [
            random_starts(shape[STACK_AXES:], self.patch_size, len(indices), self._rng)
            for shape, indices in zip(self.data_shapes, self._indices(), strict=True)
        ]
        self._coords = np.concatenate([np.empty((0, len(self.patch_size)), np.int64), *drawn])

    def _indices(self) -> list[range]:
        """Return the numbers of the patches of each stack."""
        return [self.get_patch_indices(number) for number in range(len(self.data_shapes))]

    def get_patch_spec(self, index: int) -> PatchSpecs:
        """Return where a patch is; see `Patching`."""
        data_idx, sample_idx, _ = self._numbers.locate(index)
        return patch_specs(data_idx, sample_idx, self._coords[index].tolist(), self.patch_size)


class SequentialPatching(NumberedPatching):
    """Patches side by side from the first voxel on; the last along an axis ends with it.

    Parameters
    ----------
    data_shapes : sequence of sequence of int
        Shape SC(Z)YX of each stack. Along an axis that is shorter than the patch there is one.
    patch_size : sequence of int
        Lengths of a patch along (Z)YX.
    overlaps : sequence of int, optional
        Voxels that neighbours share along each axis (default: none); the last patch along an axis
        may share more.

    Raises
    ------
    UsageError
        If shapes, lengths and overlaps do not fit each other.

    Examples
    --------
    >>> from volio.stacks import SequentialPatching
    >>> patching = SequentialPatching([(1, 1, 64, 100)], patch_size=(32, 64))
    >>> [patching.get_patch_spec(index)["coords"] for index in range(patching.n_patches)]
    [(0, 0), (0, 36), (32, 0), (32, 36)]
    """

    def __init__(
        self,
        data_shapes: Sequence[Sequence[int]],
        patch_size: Sequence[int],
        overlaps: Sequence[int] | None = None,
    ) -> None:
        self.patch_size = check_patch_size(patch_size)
        self.data_shapes = check_shapes(data_shapes, len(self.patch_size))
        given = [0] * len(self.patch_size) if overlaps is None else overlaps
        self.overlaps = check_overlaps(given, self.patch_size)
        self._starts = [self._starts_of(shape[STACK_AXES:]) for shape in self.data_shapes]
        per_sample = [prod(map(len, starts)) for starts in self._starts]
        self._numbers = PatchNumbers.even(self.data_shapes, per_sample)

    def _starts_of(self, space: Sequence[int]) -> list[list[int]]:
        """Return the first voxels of patches along each axis of a stack."""
        sides = zip(space, self.patch_size, self.overlaps, strict=True)
        return [starts_along(*side) for side in sides]

    def get_patch_spec(self, index: int) -> PatchSpecs:
        """Return where a patch is; see `Patching`."""
        data_idx, sample_idx, number = self._numbers.locate(index)
        starts = self._starts[data_idx]
        indices = np.unravel_index(number, [len(axis) for axis in starts])
        coords = [axis[index] for axis, index in zip(starts, indices, strict=True)]
        return patch_specs(data_idx, sample_idx, coords, self.patch_size)


class TiledPatching(NumberedPatching):
    """Tiles that cover each sample, and which part of each is kept when they are stitched.

    Parameters
    ----------
    data_shapes : sequence of sequence of int
        Shape SC(Z)YX of each stack. Along an axis that is shorter than the tile there is one tile,
        of which the length of the axis is kept.
    patch_size : sequence of int
        Lengths of a tile along (Z)YX.
    overlaps : sequence of int
        Voxels that neighbours share along each axis; see `tile_axis`.

    Raises
    ------
    UsageError
        If shapes, lengths and overlaps do not fit each other.

    See Also
    --------
    stitch

    Examples
    --------
    >>> from volio.stacks import TiledPatching
    >>> tiling = TiledPatching([(1, 1, 8, 16)], patch_size=(8, 8), overlaps=(2, 3))
    >>> spec = tiling.get_patch_spec(2)
    >>> spec["coords"], spec["stitch_coords"], spec["crop_coords"], spec["crop_size"]
    ((0, 8), (0, 11), (0, 3), (8, 5))
    >>> spec["total_tiles"]
    3
    """

    def __init__(
        self,
        data_shapes: Sequence[Sequence[int]],
        patch_size: Sequence[int],
        overlaps: Sequence[int],
    ) -> None:
        self.patch_size = check_patch_size(patch_size)
        self.data_shapes = check_shapes(data_shapes, len(self.patch_size))
        self.overlaps = check_overlaps(overlaps, self.patch_size)
        self._grids = [
            TileGrid(shape[STACK_AXES:], self.patch_size, self.overlaps)
            for shape in self.data_shapes
        ]
        self._numbers = PatchNumbers.even(self.data_shapes, list(map(len, self._grids)))

    def get_patch_spec(self, index: int) -> TileSpecs:
        """Return where a tile is, and what is kept of it; see `Patching`."""
        data_idx, sample_idx, number = self._numbers.locate(index)
        tile = self._grids[data_idx].tile(number)
        return {
            "data_idx": data_idx,
            "sample_idx": sample_idx,
            "coords": tile.coords,
            "patch_size": tile.patch_size,
            "crop_coords": tile.crop_coords,
            "crop_size": tile.crop_size,
            "stitch_coords": tile.stitch_coords,
            "total_tiles": len(self.get_patch_indices(data_idx)),
        }


class WholeSamplePatching(NumberedPatching):
    """Each sample is one patch.

    Parameters
    ----------
    data_shapes : sequence of sequence of int
        Shape SC(Z)YX of each stack.

    Raises
    ------
    UsageError
        If a shape has other than four or five axes.

    Examples
    --------
    >>> from volio.stacks import WholeSamplePatching
    >>> patching = WholeSamplePatching([(2, 1, 64, 100), (1, 1, 30, 30)])
    >>> patching.n_patches, patching.get_patch_spec(2)["patch_size"]
    (3, (30, 30))
    """

    def __init__(self, data_shapes: Sequence[Sequence[int]]) -> None:
        self.data_shapes = check_shapes(data_shapes)
        self._numbers = PatchNumbers.even(self.data_shapes, [1] * len(self.data_shapes))

    def get_patch_spec(self, index: int) -> PatchSpecs:
        """Return which sample a patch is; see `Patching`."""
        data_idx, sample_idx, _ = self._numbers.locate(index)
        space = self.data_shapes[data_idx][STACK_AXES:]
        return patch_specs(data_idx, sample_idx, [0] * len(space), space)


class FixedPatching:
    """Patches that the caller has chosen.

    Parameters
    ----------
    fixed_patch_specs : sequence of PatchSpecs
        Where each patch is.

    Examples
    --------
    >>> from volio.stacks import FixedPatching
    >>> spec = {"data_idx": 1, "sample_idx": 0, "coords": (5, 5), "patch_size": (8, 8)}
    >>> patching = FixedPatching([spec])
    >>> patching.n_patches, patching.get_patch_indices(1), patching.get_patch_indices(0)
    (1, [0], [])
    """

    def __init__(self, fixed_patch_specs: Sequence[PatchSpecs]) -> None:
        self.specs = list(fixed_patch_specs)

    @property
    def n_patches(self) -> int:
        """Number of patches of all stacks."""
        return len(self.specs)

    def get_patch_spec(self, index: int) -> PatchSpecs:
        """Return where a patch is; see `Patching`."""
        return self.specs[check_number("index", index, len(self.specs))]

    def get_patch_indices(self, data_idx: int) -> list[int]:
        """Return the numbers of all patches of one stack, none where there are none of it."""
        return [index for index, spec in enumerate(self.specs) if spec["data_idx"] == data_idx]
