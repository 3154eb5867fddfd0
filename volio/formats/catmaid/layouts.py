"""TileSourceType: how servers name tiles, and where volumes that are not in tiles are.

Sources: the client code and the documentation of CATMAID (https://catmaid.readthedocs.io, "Tile
source types"); DVID and Boss as that client asks them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import IntEnum
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, urlencode

from volio.errors import UsageError
from volio.formats.catmaid.index import TileIndex

__all__ = ["TileSourceType", "is_transposed", "is_valid_format_url", "tile_url"]

#: What a template names in single braces once it is filled: the tile.
TILE_WORDS = ("depth", "row", "col", "zoom_level")
#: What `is_valid_format_url` asks for.
REQUIRED_WORDS = (
    "{image_base}",
    "{{depth}}",
    "{{zoom_level}}",
    "{{row}}",
    "{{col}}",
    "{file_extension}",
)


class TileSourceType(IntEnum):
    """How a server names its tiles, by the numbers of CATMAID.

    Examples
    --------
    >>> volio.tiles.TileSourceType(4).name
    'FILE_BASED_WITH_ZOOM_DIRS'
    """

    FILE_BASED = 1
    REQUEST_QUERY = 2
    HDF5 = 3
    FILE_BASED_WITH_ZOOM_DIRS = 4
    DIR_BASED = 5
    DVID_IMAGEBLK = 6
    RENDER_SERVICE = 7
    DVID_IMAGETILE = 8
    FLIXSERVER = 9
    H2N5_TILES = 10
    N5 = 11
    BOSS = 12
    CLOUDVOLUME = 13
    NEUROGLANCER_PRECOMPUTED = 14

    def format(self, **kwargs: object) -> str:
        """Fill what all tiles share into the template of the type.

        Parameters
        ----------
        **kwargs
            ``image_base``, ``file_extension``, ``tile_width`` and ``tile_height``; others are not
            used.

        Returns
        -------
        str
            With ``{depth}``, ``{row}``, ``{col}`` and ``{zoom_level}`` in it.

        Raises
        ------
        UsageError
            If the type has no template, or a word is missing.

        Examples
        --------
        >>> volio.tiles.TileSourceType.DIR_BASED.format(
        ...     image_base="https://host/", file_extension="png"
        ... )
        'https://host/{zoom_level}/{depth}/{row}/{col}.png'
        """
        if self not in TEMPLATES:
            known = ", ".join(str(int(each)) for each in TEMPLATES)
            raise UsageError(
                f"tile source type {int(self)} ({self.name}) has no template; those that have "
                f"one: {known}"
            )
        kept = {word: f"{{{word}}}" for word in TILE_WORDS}
        return _filled(TEMPLATES[self], {**kwargs, **kept})

    @property
    def has_tiles(self) -> bool:
        """Whether there are tiles with addresses: N5 and precomputed volumes are in chunks."""
        return self not in (TileSourceType.N5, TileSourceType.NEUROGLANCER_PRECOMPUTED)

    @property
    def is_of_catmaid(self) -> bool:
        """Whether the CATMAID server cuts tiles: the image base is a file or volume that it has."""
        return self in (TileSourceType.HDF5, TileSourceType.CLOUDVOLUME)


TEMPLATES: dict[TileSourceType, str] = {
    TileSourceType.FILE_BASED: "{image_base}{depth}/{row}_{col}_{zoom_level}.{file_extension}",
    TileSourceType.FILE_BASED_WITH_ZOOM_DIRS: (
        "{image_base}{depth}/{zoom_level}/{row}_{col}.{file_extension}"
    ),
    TileSourceType.DIR_BASED: "{image_base}{zoom_level}/{depth}/{row}/{col}.{file_extension}",
    TileSourceType.RENDER_SERVICE: (
        "{image_base}largeDataTileSource/{tile_width}/{tile_height}/"
        "{zoom_level}/{depth}/{row}/{col}.{file_extension}"
    ),
    TileSourceType.FLIXSERVER: "{image_base}{depth}/{row}_{col}_{zoom_level}.{file_extension}",
}

#: Parameters that a type takes from the query of its image base, to the end of each address.
BASE_PARAMETERS: dict[TileSourceType, tuple[str, ...]] = {
    TileSourceType.RENDER_SERVICE: ("maxTileSpecsToRender",),
    TileSourceType.FLIXSERVER: ("color", "min", "max", "gamma", "quality"),
}


class TileAddress(NamedTuple):
    """What the address of a tile is made of.

    Attributes
    ----------
    base : str
        Image base of the mirror.
    extension : str
    tile : TileIndex
    orientation : str
        Of the stack: "xy", "xz" or "zy".
    stack_url : str
        Address of the stack on its CATMAID server; "" where that is not known.
    """

    base: str
    extension: str
    tile: TileIndex
    orientation: str
    stack_url: str

    @property
    def x(self) -> int:
        """First column of pixels of the tile."""
        return self.tile.coords["x"]

    @property
    def y(self) -> int:
        """First row of pixels of the tile."""
        return self.tile.coords["y"]


def tile_url(
    kind: TileSourceType,
    base: str,
    extension: str,
    tile: TileIndex,
    orientation: str = "xy",
    stack_url: str = "",
) -> str:
    """Return the address of a tile.

    Parameters
    ----------
    kind : TileSourceType
    base : str
        Image base of the mirror.
    extension : str
        Without a dot.
    tile : TileIndex
    orientation : {"xy", "xz", "zy"}
        Of the stack.
    stack_url : str, optional
        Address of the stack on its CATMAID server (``https://host/1/stack/5``), of which types 3
        and 13 ask.

    Raises
    ------
    UsageError
        If tiles of this kind have no addresses, or the server is needed and not known.
    """
    address = TileAddress(base, extension, tile, orientation, stack_url)
    if kind in TEMPLATES:
        return _template_url(kind, address)
    if kind not in RULES:
        raise UsageError(
            f"tile source type {int(kind)} ({kind.name}): voxels are in chunks, tiles have no "
            "addresses"
        )
    return RULES[kind](address)


def is_transposed(kind: TileSourceType, orientation: str) -> bool:
    """Return whether a server sends columns of tiles as rows: DVID does for zy stacks."""
    dvid = (TileSourceType.DVID_IMAGEBLK, TileSourceType.DVID_IMAGETILE)
    return kind in dvid and orientation == "zy"


def is_valid_format_url(format_url: str) -> bool:
    """Return whether a template names the image base, the tile and the extension.

    Parameters
    ----------
    format_url : str
        With single braces around what all tiles share, and double ones around the tile.

    Returns
    -------
    bool

    Examples
    --------
    >>> volio.tiles.is_valid_format_url(
    ...     "{image_base}{{depth}}/{{zoom_level}}/{{row}}_{{col}}.{file_extension}"
    ... )
    True
    """
    return all(word in format_url for word in REQUIRED_WORDS)


def _filled(template: str, values: Mapping[str, object]) -> str:
    """Replace words in braces, once: what comes from a server is not looked at again."""

    def value_of(found: re.Match[str]) -> str:
        if found[1] not in values:
            raise UsageError(f"template {template!r}: needs {found[1]!r}")
        return str(values[found[1]])

    return re.sub(r"\{(\w+)\}", value_of, template)


def _template_url(kind: TileSourceType, address: TileAddress) -> str:
    base = address.base
    query = ""
    if kind in BASE_PARAMETERS and "?" in base:
        base, query = _split_query(base, BASE_PARAMETERS[kind])
    words = {
        "image_base": base,
        "file_extension": address.extension,
        "tile_width": address.tile.width,
        "tile_height": address.tile.height,
        **address.tile.url_kwargs,
    }
    return _filled(TEMPLATES[kind], words) + query


def _split_query(base: str, names: tuple[str, ...]) -> tuple[str, str]:
    """Return an image base without its query, and those parameters of it that a type takes."""
    path, _, query = base.partition("?")
    taken = [pair for pair in parse_qsl(query, keep_blank_values=True) if pair[0] in names]
    return f"{path.rstrip('/')}/", f"?{urlencode(taken)}" if taken else ""


def _query(address: TileAddress) -> str:
    tile = address.tile
    # Row and column are the letters of the axes; the scale is written without an exponent.
    scale = Decimal(0.5**tile.zoom_level)
    return (
        f"x={address.x}&y={address.y}&width={tile.width}&height={tile.height}"
        f"&row=y&col=x&scale={scale:f}&z={tile.depth}"
    )


def _request_query(address: TileAddress) -> str:
    separator = "&" if "?" in address.base else "?"
    return f"{address.base}{separator}{_query(address)}"


def _through_catmaid(address: TileAddress, file_format: str) -> str:
    """Return where CATMAID itself cuts a tile out of a file that it has."""
    if not address.stack_url:
        raise UsageError(
            f"mirror {address.base}: its tiles come from the CATMAID server, which is not known: "
            "load the stack by its address, or name it: from_stack_info(info, server=...)"
        )
    return (
        f"{address.stack_url}/tile?{_query(address)}&file_extension={quote(address.extension)}"
        f"&basename={quote(address.base, safe='/:')}&type=all&format={file_format}"
    )


def _hdf5(address: TileAddress) -> str:
    return _through_catmaid(address, "hdf5")


def _cloudvolume(address: TileAddress) -> str:
    return _through_catmaid(address, "cloudvolume")


def _dvid_imageblk(address: TileAddress) -> str:
    tile = address.tile
    if tile.zoom_level != 0:
        raise UsageError(
            f"mirror {address.base}: has zoom level 0 only (DVID imageblk), got {tile.zoom_level}"
        )
    first = {
        "xy": (address.x, address.y, tile.depth),
        "xz": (address.x, tile.depth, address.y),
        "zy": (tile.depth, address.y, address.x),
    }[address.orientation]
    corner = "_".join(map(str, first))
    return f"{address.base}{tile.width}_{tile.height}/{corner}/{address.extension}"


def _dvid_imagetile(address: TileAddress) -> str:
    tile = address.tile
    plane, place = {
        "xy": ("xy", (tile.col, tile.row, tile.depth)),
        "xz": ("xz", (tile.col, tile.depth, tile.row)),
        "zy": ("yz", (tile.depth, tile.row, tile.col)),
    }[address.orientation]
    return f"{address.base}{plane}/{tile.zoom_level}/{'_'.join(map(str, place))}"


def _h2n5(address: TileAddress) -> str:
    values = {
        "%SCALE_DATASET%": f"s{address.tile.zoom_level}",
        "%AXIS_0%": str(address.x),
        "%AXIS_1%": str(address.y),
        "%AXIS_2%": str(address.tile.depth),
    }
    words = "|".join(map(re.escape, values))
    url = re.sub(words, lambda found: values[found[0]], address.base)
    return f"{url}.{address.extension}"


def _boss(address: TileAddress) -> str:
    tile = address.tile
    if tile.width != tile.height:
        raise UsageError(
            f"mirror {address.base}: tiles of Boss are square, got {tile.width} x {tile.height}"
        )
    plane, place = {
        "xy": ("xy", (tile.col, tile.row, tile.depth)),
        "xz": ("xz", (tile.col, tile.depth, tile.row)),
        "zy": ("yz", (tile.col, tile.row, tile.depth)),
    }[address.orientation]
    return f"{address.base}{plane}/{tile.width}/{tile.zoom_level}/{'/'.join(map(str, place))}"


RULES: dict[TileSourceType, Callable[[TileAddress], str]] = {
    TileSourceType.REQUEST_QUERY: _request_query,
    TileSourceType.HDF5: _hdf5,
    TileSourceType.DVID_IMAGEBLK: _dvid_imageblk,
    TileSourceType.DVID_IMAGETILE: _dvid_imagetile,
    TileSourceType.H2N5_TILES: _h2n5,
    TileSourceType.BOSS: _boss,
    TileSourceType.CLOUDVOLUME: _cloudvolume,
}
