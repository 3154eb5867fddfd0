"""Stitching: the tiles of image stacks become arrays again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike

from volio.arrays.dtypes import Array
from volio.errors import IndexingError, UsageError
from volio.ops.patches.box_writer import BoxWriter, WritableArray, box_writer, check_out
from volio.ops.patches.lengths import box_at, check_sizes
from volio.ops.patches.specs import TileSpecs
from volio.ops.patches.zarr_results import Chunks, can_hold_arrays, new_zarr_arrays

if TYPE_CHECKING:
    import zarr

__all__ = ["TileCount", "stitch"]

STACK_AXES = 2  # sample and channel stand before the axes of space


def stitch(
    parts: Iterable[tuple[Array, TileSpecs]],
    data_shapes: Sequence[Sequence[int]],
    *,
    dtype: DTypeLike | None = None,
    out: WritableArray | Sequence[WritableArray] | zarr.Group | str | PathLike[str] | None = None,
    chunks: Sequence[Chunks] | None = None,
) -> list[Any]:
    """Put the tiles of image stacks together; each gives the part that its specs keep.

    Tiles may come in any order, from a generator that makes one after the other. Where two tiles
    keep the same voxel, as with odd overlaps, the later one counts.

    Parameters
    ----------
    parts : iterable of (array, TileSpecs)
        Arrays of the shape ``(channels, *patch_size)``, axes C(Z)YX, and the specs that
        `TiledPatching` gave for them.
    data_shapes : sequence of sequence of int
        Shape SC(Z)YX of each result: those of the image stacks, with the channels of `parts`.
    dtype : dtype-like, optional
        Of the results (default: that of `out`, or of the first tile).
    out : array, sequence of arrays, zarr.Group, str or path, optional
        What the tiles are written into, by default new arrays in memory: one array per stack, or
        the array itself for one stack (also memory-mapped, or of Zarr or HDF5, whose chunks are
        each written once where the order of tiles allows it, with at most
        ``volio.options.chunk_memory`` bytes waiting); or a group of Zarr, or the name of a folder
        for one, in which arrays ``0``, ``1``, ... are made, one per stack.
    chunks : sequence, optional
        Of arrays that are made in a group, one entry per stack: lengths along SC(Z)YX, or an image
        stack, whose chunks are taken. None, and stacks without chunks, are for 128 rows and columns
        of one plane.

    Returns
    -------
    list of array
        One per stack, axes SC(Z)YX: those of `out`, or new ones.

    Raises
    ------
    UsageError
        If a tile does not fit its specs or the shape of its stack, `out` has other shapes or
        another dtype, or tiles of new arrays are missing. Arrays that are given as `out` keep
        their values where no tile comes.
    IndexingError
        If a tile is of a stack or a sample that there is not.
    ImageDataError
        If the values of a tile are changed by the dtype, other than by rounding floats.

    Examples
    --------
    >>> from volio.stacks import InMemoryImageStack, PatchExtractor, TiledPatching, stitch
    >>> stack = InMemoryImageStack.from_array(np.arange(300.0).reshape(15, 20), "YX")
    >>> patches = PatchExtractor([stack])
    >>> tiling = TiledPatching(patches.shapes, patch_size=(8, 8), overlaps=(2, 2))
    >>> keys = ("data_idx", "sample_idx", "coords", "patch_size")
    >>> def results():
    ...     for spec in map(tiling.get_patch_spec, range(tiling.n_patches)):
    ...         yield -patches.extract_patch(*[spec[key] for key in keys]), spec
    >>> (found,) = stitch(results(), patches.shapes)
    >>> found.shape, bool((found == -np.arange(300.0).reshape(15, 20)).all())
    ((1, 1, 15, 20), True)
    """
    shapes = [check_sizes(f"data_shapes[{i}]", shape) for i, shape in enumerate(data_shapes)]
    results = _Results(shapes, dtype, out, chunks)
    for array, spec in parts:
        results.add(np.asanyarray(array), spec)
    return results.finished()


class _Results:
    """The arrays that tiles are written into, which are made when the first tile comes."""

    def __init__(
        self,
        shapes: list[tuple[int, ...]],
        dtype: DTypeLike | None,
        out: Any,
        chunks: Sequence[Chunks] | None,
    ) -> None:
        self.shapes = shapes
        self.dtype = dtype
        self.chunks = chunks
        self.target: Any = out
        self.is_new = out is None or can_hold_arrays(out)
        self.counts = [TileCount() for _ in shapes]
        self.arrays: list[WritableArray] = []
        self.writers: list[BoxWriter] = []
        if chunks is not None and not can_hold_arrays(out):
            raise UsageError("chunks: are those of arrays that are made in a group; out is not one")
        if not self.is_new:
            arrays = [out] if hasattr(out, "shape") else list(out)
            check_out(arrays, shapes, dtype)
            self._write_into(arrays)

    def add(self, array: Array, spec: TileSpecs) -> None:
        """Write what a tile keeps."""
        _check_keys(spec)
        number = spec["data_idx"]
        if not 0 <= number < len(self.shapes):
            raise IndexingError(f"data_idx: must be 0 to {len(self.shapes) - 1}, got {number}")
        if not self.arrays:
            self._write_into(self._new_arrays(array.dtype))
        shape = self.shapes[number]
        where = _place(spec, shape)
        self.writers[number].write(where, _kept_of_tile(array, spec, shape)[np.newaxis])
        position = (spec["sample_idx"], *spec["stitch_coords"])
        self.counts[number].add(position, spec["total_tiles"])

    def finished(self) -> list[WritableArray]:
        """Store what waits, and return the arrays."""
        for number, count in enumerate(self.counts if self.is_new else ()):
            count.check(f"stack {number}")
        for writer in self.writers:
            writer.finish()
        return self.arrays

    def _write_into(self, arrays: list[WritableArray]) -> None:
        self.arrays = arrays
        self.writers = [box_writer(array) for array in arrays]

    def _new_arrays(self, found: np.dtype[Any]) -> list[WritableArray]:
        dtype = np.dtype(found if self.dtype is None else self.dtype)
        if self.target is None:
            return [np.zeros(shape, dtype) for shape in self.shapes]
        return new_zarr_arrays(self.target, self.shapes, dtype, self.chunks)


class TileCount:
    """Which tiles of an image have come, and how many there are."""

    def __init__(self) -> None:
        self._positions: set[tuple[int, ...]] = set()
        self._total: int | None = None

    def add(self, position: tuple[int, ...], total: int) -> None:
        """Count a tile, by the position where it is stitched."""
        self._positions.add(position)
        self._total = total

    def check(self, what: str) -> None:
        """Refuse a result of which tiles are missing.

        Raises
        ------
        UsageError
        """
        if len(self._positions) != self._total:
            total = "none" if self._total is None else f"{len(self._positions)} of {self._total}"
            raise UsageError(
                f"parts: {what}: {total} of its tiles came; an array that is given as out= may "
                "be filled in parts"
            )


def _check_keys(spec: TileSpecs) -> None:
    """Refuse specs of patches that are not tiles."""
    missing = sorted(TileSpecs.__required_keys__ - spec.keys())
    if missing:
        raise UsageError(f"parts: specs must be those of tiles; no {', '.join(missing)}")


def _kept_of_tile(array: Array, spec: TileSpecs, shape: tuple[int, ...]) -> Array:
    """Return what is kept of a tile C(Z)YX of a stack."""
    expected = (shape[1], *spec["patch_size"])
    if array.shape != expected:
        raise UsageError(
            f"parts: a tile must have the shape {expected} (channels and patch_size), got "
            f"{array.shape}"
        )
    kept = _box(spec["crop_coords"], spec["crop_size"], spec["patch_size"], "a tile")
    return array[(slice(None), *kept)]


def _place(spec: TileSpecs, shape: tuple[int, ...]) -> tuple[slice, ...]:
    """Return where in a stack SC(Z)YX the kept part of a tile is."""
    sample = spec["sample_idx"]
    if not 0 <= sample < shape[0]:
        raise IndexingError(f"sample_idx: must be 0 to {shape[0] - 1}, got {sample}")
    box = _box(spec["stitch_coords"], spec["crop_size"], shape[STACK_AXES:], "a stack")
    return (slice(sample, sample + 1), slice(0, shape[1]), *box)


def _box(
    first: Sequence[int], lengths: Sequence[int], inside: Sequence[int], what: str
) -> tuple[slice, ...]:
    """Return the slices of a box of specs, which must be inside a tile, or a stack."""
    is_inside = len(first) == len(lengths) == len(inside) and all(
        0 <= start <= start + length <= n
        for start, length, n in zip(first, lengths, inside, strict=True)
    )
    if not is_inside:
        raise UsageError(
            f"parts: {tuple(lengths)} voxels from {tuple(first)} on, as specs have them, are not "
            f"inside {what} of {tuple(inside)}"
        )
    return box_at(first, lengths)
