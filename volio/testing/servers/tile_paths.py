"""Which tile an address asks for, by type of tile source: what a tile server reads from a path.

Written from the layouts of CATMAID's tile sources, the other way round from what a client does,
and sharing nothing with it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

__all__ = ["SOURCES", "ServedTile", "TileRequest", "requested_tile"]

NUMBER = r"-?\d+"


class ServedTile(NamedTuple):
    """A tile by its place: zoom level, slice, row, column."""

    level: int
    depth: int
    row: int
    column: int


@dataclass(frozen=True)
class TileRequest:
    """What a request asks for.

    Parameters
    ----------
    tile : ServedTile
    width, height : int or None
        Pixels of a tile, where the address has them.
    transposed : bool
        Whether the tile's rows are sent as columns.
    """

    tile: ServedTile
    width: int | None = None
    height: int | None = None
    transposed: bool = False


class TilePattern(NamedTuple):
    """A type of tile source: what its base ends with, and the pattern of its addresses."""

    base: str
    pattern: str


#: By type, below ``/tiles/{type}/``. In a pattern N is a number, s the zoom level, z r c slice, row
#: and column, x y pixels of a tile's first corner, w h those of its size, p the plane, and i j k
#: the three numbers that the plane puts into another order.
SOURCES = {
    1: TilePattern("", r"(?P<z>N)/(?P<r>N)_(?P<c>N)_(?P<s>N)\.\w+"),
    2: TilePattern(
        "",
        r"\?x=(?P<x>N)&y=(?P<y>N)&width=(?P<w>N)&height=(?P<h>N)&row=y&col=x"
        r"&scale=(?P<scale>[\d.]+)&z=(?P<z>N)",
    ),
    4: TilePattern("", r"(?P<z>N)/(?P<s>N)/(?P<r>N)_(?P<c>N)\.\w+"),
    5: TilePattern("", r"(?P<s>N)/(?P<z>N)/(?P<r>N)/(?P<c>N)\.\w+"),
    6: TilePattern(
        "api/node/a1b2/gray/raw/PLANE/",
        r"api/node/a1b2/gray/raw/(?P<p>\d_\d)/(?P<w>N)_(?P<h>N)/"
        r"(?P<i>N)_(?P<j>N)_(?P<k>N)/\w+(:\d+)?",
    ),
    7: TilePattern(
        "", r"largeDataTileSource/(?P<w>N)/(?P<h>N)/(?P<s>N)/(?P<z>N)/(?P<r>N)/(?P<c>N)\.\w+"
    ),
    8: TilePattern(
        "api/node/a1b2/tiles/tile/",
        r"api/node/a1b2/tiles/tile/(?P<p>\w\w)/(?P<s>N)/(?P<i>N)_(?P<j>N)_(?P<k>N)",
    ),
    9: TilePattern("", r"(?P<z>N)/(?P<r>N)_(?P<c>N)_(?P<s>N)\.\w+(\?.*)?"),
    10: TilePattern(
        "cube.n5/%SCALE_DATASET%/%AXIS_0%_%AXIS_1%_%AXIS_2%",
        r"cube\.n5/s(?P<s>N)/(?P<x>N)_(?P<y>N)_(?P<z>N)\.\w+",
    ),
    12: TilePattern(
        "em/cube/gray/",
        r"em/cube/gray/(?P<p>\w\w)/(?P<w>N)/(?P<s>N)/(?P<i>N)/(?P<j>N)/(?P<k>N)",
    ),
}

#: Numbers i, j, k of an address, by its plane.
ORDERS = {
    6: {"0_1": "xyz", "0_2": "xzy", "1_2": "zyx"},
    8: {"xy": "crz", "xz": "czr", "yz": "zrc"},
    12: {"xy": "crz", "xz": "czr", "yz": "crz"},
}
TRANSPOSED = {(6, "1_2"), (8, "yz")}


def requested_tile(kind: int, rest: str, size: tuple[int, int]) -> TileRequest | None:
    """Return what an address asks for; None where it is not one of that type.

    Parameters
    ----------
    kind : int
        Type of the tile source.
    rest : str
        What follows ``/tiles/{type}/``, with its query.
    size : (width, height)
        Pixels of a tile, where the address does not have them.
    """
    source = SOURCES.get(kind)
    found = source and re.fullmatch(source.pattern.replace(">N", f">{NUMBER}"), rest)
    if not found:
        return None
    words = found.groupdict()
    plane = words.get("p")
    if plane is not None and plane not in ORDERS[kind]:
        return None
    numbers = {key: int(text) for key, text in words.items() if key not in ("p", "scale")}
    if plane is not None:
        numbers |= dict(zip(ORDERS[kind][plane], _three(numbers), strict=True))
    width = numbers.get("w", size[0])
    height = numbers.get("h", width if kind == 12 else size[1])
    return TileRequest(
        _tile(numbers, words.get("scale"), width, height),
        width,
        height,
        (kind, plane) in TRANSPOSED,
    )


def _three(numbers: dict[str, int]) -> list[int]:
    return [numbers[key] for key in "ijk"]


def _tile(numbers: dict[str, int], scale: str | None, width: int, height: int) -> ServedTile:
    """Return the tile; of pixels where no row and column are given."""
    level = numbers.get("s", 0)
    if scale is not None:
        level = round(1 / float(scale)).bit_length() - 1
    if "x" in numbers:
        return ServedTile(level, numbers["z"], numbers["y"] // height, numbers["x"] // width)
    return ServedTile(level, numbers["z"], numbers["r"], numbers["c"])
