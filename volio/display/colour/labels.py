"""Label images: whole numbers that name regions, found by looking at some voxels."""

from __future__ import annotations

from math import gcd
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.display.colour.samples import VoxelSample, finite_values

__all__ = ["are_labels"]

#: So few different whole numbers are labels wherever they are.
FEW = 16
#: So many may be, if neighbours have the same.
MANY = 4096
#: Voxels of each number that there are on average, at least.
REPEATED = 4
#: So many multiples of a number are intensities in steps of it.
STEPS = 4
#: Share of neighbours with the same number, of those that are not background.
ALIKE = 0.5
#: Values that are looked at first: intensities differ among so few already.
FIRST = 4096


def are_labels(sample: VoxelSample) -> bool:
    """Return whether values look like labels of regions, or a mask.

    Labels are whole numbers; there are few of them, or each fills regions: most neighbours of a
    voxel have the number that it has.
    """
    if sample.values.dtype.kind == "b":
        return True
    few = finite_values(sample.few)
    first = few[:: max(1, few.size // FIRST)]
    if not few.size or not _are_whole(first):
        return False
    values = finite_values(sample.values)
    if not _are_whole(values):
        return False
    # Intensities differ among the first values already; they are not sorted all.
    seen, counts = np.unique(first, return_counts=True)
    background = seen[np.argmax(counts)]
    if len(seen) > FEW and not _are_alike(sample, background):
        return False
    if values.min() == values.max():  # of integers, the background of labels that are elsewhere
        return values.dtype.kind in "iu"
    numbers = np.unique(few)
    if not _may_name_regions(numbers, few.size):
        return False
    return len(numbers) <= FEW or _are_alike(sample, background)


def _may_name_regions(numbers: NDArray[Any], count: int) -> bool:
    """Return whether different numbers of so many voxels are not too many, and not steps."""
    are_too_many = len(numbers) > MANY or len(numbers) * REPEATED > count
    return not (are_too_many or _are_steps(numbers))


def _are_whole(values: NDArray[Any]) -> bool:
    return values.dtype.kind in "iu" or bool((values == np.rint(values)).all())


def _are_steps(numbers: NDArray[Any]) -> bool:
    """Return whether different numbers are most multiples of one: intensities in few steps."""
    whole = [abs(int(number)) for number in numbers if number]
    if len(whole) < STEPS:
        return False
    step = gcd(*whole)
    return step > 1 and max(whole) // step <= 2 * len(whole)


def _are_alike(sample: VoxelSample, background: Any) -> bool:
    """Return whether most neighbours along the longest axis have the same number.

    Those in the background, which is the same in all images, do not count.
    """
    along = sample.neighbouring
    counts = along[1:] != background
    if not counts.any():
        return False
    same = (along[1:] == along[:-1])[counts]
    return float(same.mean()) >= ALIKE
