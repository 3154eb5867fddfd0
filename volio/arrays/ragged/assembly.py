"""Sequences of arrays made from several: side by side, or one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from volio.arrays.ragged.sequence import ArraySequence, rows_of
from volio.errors import UsageError

__all__ = ["concatenate", "create_arraysequences_from_generator"]


def create_arraysequences_from_generator(
    gen: Iterable[Sequence[Any]], n: int, buffer_sizes: Sequence[float] | None = None
) -> list[ArraySequence]:
    """Return sequences that are filled side by side from one iterable.

    Parameters
    ----------
    gen : iterable of tuples
        Each with an array for each of the sequences; arrays without values are left out.
    n : int
        How many sequences.
    buffer_sizes : sequence of float, optional
        By how many MiB the memory of each grows at least; 4 by default.
    """
    sizes = [4.0] * n if buffer_sizes is None else buffer_sizes
    sequences = [ArraySequence(buffer_size=size) for size in sizes]
    for arrays in gen:
        for sequence, array in zip(sequences, arrays, strict=False):
            sequence.append(array, cache_build=True)
    for sequence in sequences:
        sequence.finalize_append()
    return sequences


def concatenate(seqs: Iterable[ArraySequence], axis: int) -> ArraySequence:
    """Return a new sequence of the arrays of several.

    Parameters
    ----------
    seqs : iterable of ArraySequence
    axis : int
        0: the arrays of all sequences, one after the other. Another: arrays side by side along
        that axis.

    Raises
    ------
    UsageError
        If there are no sequences, or `axis` is not 0 and arrays differ in number or length.
    """
    sequences = list(seqs)
    if not sequences:
        raise UsageError("concatenate: needs at least one sequence")
    first = sequences[0].copy()
    if axis == 0:
        for sequence in sequences[1:]:
            first.extend(sequence)
        return first
    for number, sequence in enumerate(sequences):
        if not np.array_equal(sequence._lengths, first._lengths):
            raise UsageError(f"concatenate: sequence {number} has arrays of other lengths")
    first._data = np.concatenate([rows_of(sequence) for sequence in sequences], axis=axis)
    return first
