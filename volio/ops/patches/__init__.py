"""Patches and tiles: boxes cut out of images and arrays, and put together again."""

from volio.ops.patches.images import (
    random_patches,
    stitch_tiles,
    stratified_patches,
    tiles,
)
from volio.ops.patches.stitching import stitch
from volio.ops.patches.tiling import Tile, tile_axis

__all__ = [
    "Tile",
    "random_patches",
    "stitch",
    "stitch_tiles",
    "stratified_patches",
    "tile_axis",
    "tiles",
]
