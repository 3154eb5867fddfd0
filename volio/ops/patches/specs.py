"""What describes a patch of an image stack, as dictionaries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

__all__ = ["PatchSpecs", "TileSpecs", "patch_specs"]


class PatchSpecs(TypedDict):
    """Where a patch is: which stack, which sample of it, and which box of its voxels."""

    data_idx: int
    sample_idx: int
    coords: Sequence[int]  # first voxel along (Z)YX
    patch_size: Sequence[int]  # lengths along (Z)YX


class TileSpecs(PatchSpecs):
    """Where a tile is, and which part of it is kept when the tiles are stitched."""

    crop_coords: Sequence[int]  # first voxel that is kept, counted from that of the tile
    crop_size: Sequence[int]  # lengths of the part that is kept
    stitch_coords: Sequence[int]  # where the first voxel that is kept is in the sample
    total_tiles: int  # of all samples of the stack


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
