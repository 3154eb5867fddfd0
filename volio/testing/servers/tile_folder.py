"""Tiles as files below a folder, for a web server that knows nothing of tiles."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from volio.testing.servers.tile_images import TileEncoding, encoded, padded

__all__ = ["write_info", "write_tiles"]

#: Where a tile is: slice z, zoom level s, row r, column c.
PATHS = {
    1: "{z}/{r}_{c}_{s}.{ext}",
    4: "{z}/{s}/{r}_{c}.{ext}",
    5: "{s}/{z}/{r}/{c}.{ext}",
}


def write_tiles(
    folder: Path,
    levels: Sequence[NDArray[Any]],
    size: tuple[int, int] = (256, 128),
    kind: int = 4,
    encoding: TileEncoding | None = None,
    absent: Iterable[int] = (),
) -> int:
    """Write the tiles of a stack.

    Parameters
    ----------
    folder : Path
        What becomes the ``image_base`` of a mirror.
    levels : sequence of ndarray of uint8 or uint16
        Pixels of each zoom level, axes x, y, z.
    size : (width, height)
        Pixels of a tile.
    kind : {1, 4, 5}
        Type of the tile source.
    encoding : TileEncoding, optional
    absent : iterable of int
        Slices without tiles.

    Returns
    -------
    int
        How many there are.
    """
    how = encoding or TileEncoding()
    width, height = size
    left_out = set(absent)
    count = 0
    for level, pixels in enumerate(levels):
        slices = [z for z in range(pixels.shape[2]) if z not in left_out]
        columns = range(0, pixels.shape[0], width)
        rows = range(0, pixels.shape[1], height)
        for z, x, y in product(slices, columns, rows):
            tile = pixels[x : x + width, y : y + height, z].T  # pictures have their rows first
            name = PATHS[kind].format(z=z, s=level, r=y // height, c=x // width, ext=how.form)
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(encoded(padded(tile, size, how), how))
            count += 1
    return count


def write_info(folder: Path, info: Mapping[str, Any]) -> None:
    """Write the description of a stack where a client asks for it: ``1/stack/5/info``."""
    path = folder / str(info["pid"]) / "stack" / str(info["sid"]) / "info"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(info), encoding="utf-8")
