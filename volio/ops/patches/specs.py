"""What describes a patch of an image stack, as dictionaries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

__all__ = ["PatchSpecs", "TileSpecs", "patch_specs"]


class PatchSpecs(TypedDict):
    """Where a patch is: a dictionary with these keys.

    Parameters
    ----------
    data_idx : int
        Number of the stack.
    sample_idx : int
        Number of the sample in the stack.
    coords : sequence of int
        First voxel along (Z)YX.
    patch_size : sequence of int
        Lengths along (Z)YX.

    Examples
    --------
    >>> from volio.stacks import InMemoryImageStack, PatchExtractor, PatchSpecs
    >>> patches = PatchExtractor([InMemoryImageStack.from_array(np.zeros((9, 9)), "YX")])
    >>> spec = PatchSpecs(data_idx=0, sample_idx=0, coords=(4, 4), patch_size=(2, 3))
    >>> patches.extract_patch(**spec).shape
    (1, 2, 3)
    """

    data_idx: int
    sample_idx: int
    coords: Sequence[int]
    patch_size: Sequence[int]


class TileSpecs(PatchSpecs):
    """Where a tile is, and which part of it is kept when tiles are stitched: a dictionary.

    Parameters
    ----------
    data_idx, sample_idx, coords, patch_size
        As of `PatchSpecs`.
    crop_coords : sequence of int
        First voxel that is kept, counted from that of the tile.
    crop_size : sequence of int
        Lengths of the part that is kept.
    stitch_coords : sequence of int
        Where the first voxel that is kept is in the sample.
    total_tiles : int
        Number of tiles of all samples of the stack.

    Examples
    --------
    >>> from volio.stacks import TiledPatching
    >>> sorted(TiledPatching([(1, 1, 9, 9)], (8, 8), (2, 2)).get_patch_spec(0))[:4]
    ['coords', 'crop_coords', 'crop_size', 'data_idx']
    """

    crop_coords: Sequence[int]
    crop_size: Sequence[int]
    stitch_coords: Sequence[int]
    total_tiles: int


def patch_specs(
    data_idx: int, sample_idx: int, coords: Sequence[int], patch_size: Sequence[int]
) -> PatchSpecs:
    """Return the specs of a patch, whose fields are the parameters."""
    return {
        "data_idx": data_idx,
        "sample_idx": sample_idx,
        "coords": tuple(coords),
        "patch_size": tuple(patch_size),
    }
