"""Numbers of patches, from 0: which stack and sample each belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from operator import index

import numpy as np

from volio.errors import IndexingError, UsageError
from volio.ops.patches.lengths import check_sizes

__all__ = [
    "STACK_AXES",
    "NumberedPatching",
    "PatchNumbers",
    "check_number",
    "check_patch_size",
    "check_shapes",
]

STACK_AXES = 2  # sample and channel stand before the axes of space


class PatchNumbers:
    """Numbers of patches: stack after stack, and sample after sample within.

    Parameters
    ----------
    counts : sequence of sequence of int
        Number of patches of each sample of each stack.
    """

    def __init__(self, counts: Sequence[Sequence[int]]) -> None:
        samples = [0, *[len(per_sample) for per_sample in counts]]
        # All samples in one row: the first of each stack, and the first patch of each sample.
        self._first_samples = np.cumsum(samples).tolist()
        self._first_patches = np.cumsum([0, *[n for each in counts for n in each]])

    @classmethod
    def even(cls, shapes: Sequence[Sequence[int]], per_sample: Sequence[int]) -> PatchNumbers:
        """Make the numbers where all samples of a stack have as many patches.

        Parameters
        ----------
        shapes : sequence of sequence of int
            SC(Z)YX of each stack.
        per_sample : sequence of int
            Number of patches of each sample, per stack.
        """
        stacks = zip(shapes, per_sample, strict=True)
        return cls([[count] * shape[0] for shape, count in stacks])

    @property
    def total(self) -> int:
        """Number of patches."""
        return int(self._first_patches[-1])

    def locate(self, number: int) -> tuple[int, int, int]:
        """Return stack, sample, and the number of a patch within its sample.

        Raises
        ------
        IndexingError
            If there is no such patch.
        """
        patch = check_number("index", number, self.total)
        row = int(np.searchsorted(self._first_patches, patch, side="right")) - 1
        stack = int(np.searchsorted(self._first_samples, row, side="right")) - 1
        return stack, row - self._first_samples[stack], patch - int(self._first_patches[row])

    def of_stack(self, data_idx: int) -> range:
        """Return the numbers of the patches of a stack.

        Raises
        ------
        IndexingError
            If there is no such stack.
        """
        check_number("data_idx", data_idx, len(self._first_samples) - 1)
        first, stop = self._first_samples[data_idx : data_idx + 2]
        return range(int(self._first_patches[first]), int(self._first_patches[stop]))


class NumberedPatching:
    """Base of patchings whose number of patches depends on the shapes alone."""

    _numbers: PatchNumbers

    @property
    def n_patches(self) -> int:
        """Number of patches of all stacks."""
        return self._numbers.total

    def get_patch_indices(self, data_idx: int) -> range:
        """Return the numbers of all patches of one stack; see `Patching`."""
        return self._numbers.of_stack(data_idx)


def check_shapes(
    data_shapes: Sequence[Sequence[int]], ndim: int | None = None
) -> list[tuple[int, ...]]:
    """Return the shapes SC(Z)YX of stacks.

    Parameters
    ----------
    data_shapes : sequence of sequence of int
    ndim : int, optional
        Number of their axes of space (default: 2 or 3).

    Raises
    ------
    UsageError
        If a shape has another number of axes, or a length below 1.
    """
    shapes = [check_sizes(f"data_shapes[{i}]", shape) for i, shape in enumerate(data_shapes)]
    for number, shape in enumerate(shapes):
        space = len(shape) - STACK_AXES
        if space not in (2, 3) or ndim not in (None, space):
            wanted = "SCYX or SCZYX" if ndim is None else f"S, C and {ndim} of space"
            raise UsageError(f"data_shapes[{number}]: axes must be {wanted}, got {shape}")
    return shapes


def check_patch_size(patch_size: Sequence[int]) -> tuple[int, ...]:
    """Return lengths of a patch along (Z)YX.

    Raises
    ------
    UsageError
        If there are not two or three, or one is below 1.
    """
    lengths = check_sizes("patch_size", patch_size)
    if len(lengths) not in (2, 3):
        raise UsageError(f"patch_size: must be two or three lengths, (Z)YX, got {lengths}")
    return lengths


def check_number(name: str, number: int, count: int) -> int:
    """Return the number of one of so many things.

    Raises
    ------
    IndexingError
        If there is no such one; the message calls the number `name`.
    """
    found = index(number)
    if not 0 <= found < count:
        raise IndexingError(f"{name}: must be 0 to {count - 1}, for {count}; got {found}")
    return found
