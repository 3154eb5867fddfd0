"""Arrays of Zarr that are made for stitched stacks."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from volio.errors import UsageError
from volio.extras import need
from volio.ops.patches.box_writer import WritableArray
from volio.ops.patches.lengths import check_sizes

if TYPE_CHECKING:
    import zarr

__all__ = ["Chunks", "StackOfAxes", "can_hold_arrays", "new_zarr_arrays"]

PLANE = 128  # rows and columns of a chunk


class StackOfAxes(Protocol):
    """An image stack, with the axes of the array that it is of."""

    @property
    def original_axes(self) -> str:
        """Letters of the axes where the stack is stored."""


#: Of one stack: lengths of chunks along SC(Z)YX, a stack that has them, or None.
Chunks = Sequence[int] | StackOfAxes | None


def can_hold_arrays(out: object) -> bool:
    """Return whether arrays can be made in something: a group of Zarr, or the name of a folder."""
    return isinstance(out, str | PathLike) or hasattr(out, "create_array")


def new_zarr_arrays(
    out: zarr.Group | str | PathLike[str],
    shapes: Sequence[tuple[int, ...]],
    dtype: np.dtype[Any],
    chunks: Sequence[Chunks] | None,
) -> list[WritableArray]:
    """Make arrays ``0``, ``1``, ... in a group of Zarr, or in a folder that becomes one.

    Parameters
    ----------
    out : zarr.Group, str or path
    shapes : sequence of tuple of int
        SC(Z)YX of each array.
    dtype : numpy.dtype
    chunks : sequence, optional
        One entry per array.

    Raises
    ------
    UsageError
        If chunks do not fit the shapes, or there are arrays of these names.
    MissingPackageError
        If zarr is not installed.
    """
    cuts = _cuts(shapes, chunks)
    names = [str(number) for number in range(len(shapes))]
    group = _opened(out)
    _check_free(group, names)
    return [
        group.create_array(name, shape=shape, dtype=dtype, chunks=cut)
        for name, shape, cut in zip(names, shapes, cuts, strict=True)
    ]


def _cuts(
    shapes: Sequence[tuple[int, ...]], chunks: Sequence[Chunks] | None
) -> list[tuple[int, ...]]:
    """Return the shape of the chunks of each array."""
    given = [None] * len(shapes) if chunks is None else list(chunks)
    if len(given) != len(shapes):
        raise UsageError(f"chunks: must be {len(shapes)} entries, one per stack, got {len(given)}")
    return [_chunk_shape(shape, each) for shape, each in zip(shapes, given, strict=True)]


def _check_free(group: zarr.Group, names: Sequence[str]) -> None:
    """Refuse a group that has arrays of these names."""
    taken = [name for name in names if name in group]
    if taken:
        raise UsageError(f"out: {group.store_path} already has arrays: {', '.join(taken)}")


def _opened(out: zarr.Group | str | PathLike[str]) -> zarr.Group:
    """Open a folder as a group of Zarr; it becomes one where there is nothing."""
    if not isinstance(out, str | PathLike):
        return out
    group: zarr.Group = need("zarr", "zarr").open_group(str(out), mode="a")
    return group


def _chunk_shape(shape: tuple[int, ...], given: Chunks) -> tuple[int, ...]:
    """Return the shape of chunks of a stack SC(Z)YX, not longer than its axes."""
    if given is None or isinstance(given, Sequence | np.ndarray):
        wanted = given
    else:
        wanted = _chunks_of(given, len(shape))
    if wanted is None:
        wanted = [1] * (len(shape) - 2) + [PLANE, PLANE]
    lengths = check_sizes("chunks", wanted, len(shape))
    return tuple(map(min, zip(lengths, shape, strict=True)))


def _chunks_of(stack: StackOfAxes, ndim: int) -> list[int] | None:
    """Return the chunks of a stack along SC(Z)YX; None where it has none."""
    stored = getattr(stack, "chunks", None)
    if stored is None:
        return None
    lengths = dict(zip(stack.original_axes, stored, strict=True))
    # S and T are one axis of samples, on which T is fast: its neighbours are those of T.
    lengths["S"] = lengths.get("T", lengths.get("S", 1))
    letters = "SCZYX" if ndim == 5 else "SCYX"
    return [lengths.get(letter, 1) for letter in letters]
