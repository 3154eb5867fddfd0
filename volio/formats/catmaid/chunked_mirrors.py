"""Mirrors that are volumes in chunks: N5 and precomputed, read by what reads these formats."""

from __future__ import annotations

import re
from collections.abc import Sequence

from volio.arrays.lazy import LazyArray
from volio.arrays.views import AnyArray, lazy_slice, lazy_transpose
from volio.errors import HeaderDataError, ImageFileError, VolioWarning
from volio.files.remote.stores import HTTPStore
from volio.formats.catmaid.layouts import TileSourceType
from volio.formats.catmaid.mirrors import StackMirror
from volio.formats.catmaid.tiles import TileSource
from volio.formats.n5.attributes import read_node
from volio.formats.n5.voxels import n5_array
from volio.formats.precomputed.info import Scale, read_info
from volio.formats.precomputed.voxels import precomputed_array

__all__ = ["chunked_level"]

SCALE = "%SCALE_DATASET%"
#: The last part of an image base: which dimension of the volume is x, y and z of the stack.
DIMENSIONS = re.compile(r"([0-9])_([0-9])_([0-9])")


def chunked_level(source: TileSource, level: int) -> LazyArray:
    """Return a level of a volume in chunks, axes z, y, x of the stack.

    Parameters
    ----------
    source : TileSource
        With a mirror of type 11 or 14.
    level : int

    Raises
    ------
    HeaderDataError
        If the image base is not of such a mirror, or the volume is not as large as the level.
    ImageFileError
        If there is no such volume.
    """
    mirror = source.mirror
    base, dimensions = _parts_of(mirror)
    _note_choices(source)
    if mirror.tile_source_type == TileSourceType.N5:
        array = _n5_level(source, base.replace(SCALE, f"s{level}"))
    else:
        array = _precomputed_level(source, base.partition(f"/{SCALE}")[0], level)
    if array.ndim != 3:
        raise HeaderDataError(f"{mirror.described()}: must have 3 axes, has {array.ndim}")
    # Arrays have their dimensions backwards, as the result has x, y, z.
    in_order = lazy_transpose(array, [2 - each for each in dimensions[::-1]])
    shape = source.stack.level_shape(level)[::-1]
    what = f"{mirror.described()}: level {level}"
    return _first_voxels(in_order, shape, what)


def _first_voxels(array: AnyArray, shape: Sequence[int], what: str) -> LazyArray:
    """Return as many voxels as a level has of an array that may have more."""
    if any(found < wanted for found, wanted in zip(array.shape, shape, strict=True)):
        raise HeaderDataError(
            f"{what} must have {shape} voxels (z, y, x) or more, has {array.shape}"
        )
    cut = lazy_slice(array, tuple([slice(length) for length in shape]))
    assert isinstance(cut, LazyArray)
    return cut


def _note_choices(source: TileSource) -> None:
    """Warn once of choices that are for tiles, and of no use here."""
    choices = source.choices
    given = {"cache": choices.cache_folder, "failover": choices.failover}
    unused = [name for name, value in given.items() if value]
    if unused:
        text = (
            f"{source.mirror.described()}: has a volume in chunks, not tiles, which is not kept on "
            f"disk, nor looked for elsewhere: {' and '.join(unused)} of no use"
        )
        source.note_once("chunks", text, VolioWarning)


def _parts_of(mirror: StackMirror) -> tuple[str, Sequence[int]]:
    """Return the address of a volume, and which of its dimensions are x, y and z."""
    base, _, last = mirror.image_base.rstrip("/").rpartition("/")
    found = DIMENSIONS.fullmatch(last)
    dimensions = [int(each) for each in found.groups()] if found else []
    if sorted(dimensions) != [0, 1, 2]:
        raise HeaderDataError(
            f"{mirror.described()}: must end in the dimensions of x, y and z, as /0_1_2, got "
            f"{last!r:.60}"
        )
    return re.sub(r"^(n5|precomputed)://", "", base), dimensions


def _store(source: TileSource, address: str) -> HTTPStore:
    choices = source.choices
    credential = source.access.to_mirror(source.mirror, address)
    return HTTPStore(
        address,
        choices.timeout,
        choices.missing_codes,
        credential,
        allow_private=source.mirror.allow_private,
        rules=choices.rules,
    )


def _n5_level(source: TileSource, address: str) -> LazyArray:
    store = _store(source, address)
    node = read_node(store, "")
    if node is None or node.dataset is None:
        raise ImageFileError(f"{address}: there is no dataset of N5")
    return n5_array(store, node)


def _precomputed_level(source: TileSource, address: str, level: int) -> LazyArray:
    store = _store(source, address)
    info = read_info(store)
    if level >= len(info.scales):
        raise HeaderDataError(f"{address}: has {len(info.scales)} scales, the stack level {level}")
    scale = info.scales[level]
    array = precomputed_array(store, info, scale)
    starts = _starts(source, scale, level)
    if min(starts) < 0:
        raise HeaderDataError(
            f"{address}: the volume begins at voxel {scale.offset} (x, y, z), the stack before that"
        )
    cut = lazy_slice(array, (..., *[slice(start, None) for start in starts[::-1]]))
    assert isinstance(cut, LazyArray)
    return cut


def _starts(source: TileSource, scale: Scale, level: int) -> list[int]:
    """Return where the stack begins in the array of a volume, which begins at its own offset."""
    metadata = getattr(source.stack, "info", {}).get("metadata")
    shift = metadata.get("voxelOffset") if isinstance(metadata, dict) else None
    if shift is None:
        return [0, 0, 0]
    try:
        factors = source.stack.level_factors(level)
        found = [round(float(n) / factors[dim]) for n, dim in zip(shift, "xyz", strict=True)]
    except (TypeError, ValueError, OverflowError):
        raise HeaderDataError(f"voxelOffset: must be three numbers, got {shift!r:.60}") from None
    return [start - first for start, first in zip(found, scale.offset, strict=True)]
