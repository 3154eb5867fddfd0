"""StackMirror: one of the servers that have the tiles of a stack, and how it is chosen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import floor
from operator import index
from typing import Any, Self

from volio.errors import UsageError, UsageTypeError
from volio.formats.catmaid.index import TileIndex
from volio.formats.catmaid.layouts import TEMPLATES, TileSourceType, is_transposed, tile_url
from volio.numerals import is_count

__all__ = ["LARGEST_BODY", "LARGEST_TILE", "StackMirror", "find_mirror", "other_mirrors"]

LARGEST_TILE = 16_384  # pixels of a side
LARGEST_BODY = 1 << 26  # bytes of an image that is decoded

#: What a server says of a mirror.
KEYS = ("image_base", "tile_height", "tile_width", "tile_source_type", "file_extension")
OPTIONAL_KEYS = ("title", "position", "auth")


class StackMirror:
    """Where tiles of a stack are, and how they are named there.

    Parameters
    ----------
    image_base : str
        What all addresses begin with. A slash is added where it has no ``%`` and no ``?``, and
        the type does not put a query after it.
    tile_height, tile_width : int
        In pixels, 1 to 16,384.
    tile_source_type : int
        How tiles are named: one of `TileSourceType`.
    file_extension : str
        With or without a dot.
    title : str, optional
    position : int, optional
        Mirrors are sorted by it.
    auth : optional
        What is sent with requests to this mirror only: user and password, or a callable that adds
        headers to a request, as the authentications of requests do.

    Attributes
    ----------
    format_url : str or None
        The address of a tile, with ``{depth}``, ``{row}``, ``{col}`` and ``{zoom_level}`` in it;
        None of types that need more.
    stack_url : str
        Address of the stack on its CATMAID server, which cuts tiles of types 3 and 13; "" where
        that is not known.
    allow_private : bool
        Whether the mirror may send on to a private network, though it is not in one.

    Raises
    ------
    UsageError
        If the type is not known, or a size is out of range.

    Examples
    --------
    >>> mirror = volio.tiles.StackMirror("https://host/em", 512, 512, 4, "png")
    >>> mirror.generate_url(volio.tiles.TileIndex(3, 5, 4, 0, 512, 512))
    'https://host/em/3/0/5_4.png'
    """

    def __init__(
        self,
        image_base: str,
        tile_height: int,
        tile_width: int,
        tile_source_type: int,
        file_extension: str,
        title: str | None = None,
        position: int = 0,
        auth: Any = None,
    ) -> None:
        self.tile_source_type = _checked_type(tile_source_type)
        self.image_base = _with_slash(_text("image_base", image_base), self.tile_source_type)
        self.tile_height = _checked_side("tile_height", tile_height)
        self.tile_width = _checked_side("tile_width", tile_width)
        self.file_extension = _text("file_extension", file_extension).removeprefix(".")
        self.title = "" if title is None else str(title)
        self.position = _integer("position", position)
        self.auth = auth
        self.stack_url = ""
        self.allow_private = False
        self.format_url = self._template()

    def _template(self) -> str | None:
        if self.tile_source_type not in TEMPLATES:
            return None
        return self.tile_source_type.format(
            image_base=self.image_base,
            file_extension=self.file_extension,
            tile_width=self.tile_width,
            tile_height=self.tile_height,
        )

    def generate_url(self, tile_index: TileIndex, orientation: str = "xy") -> str:
        """Return the address of a tile.

        Parameters
        ----------
        tile_index : TileIndex
        orientation : {"xy", "xz", "zy"}, optional
            Of the stack.

        Raises
        ------
        UsageError
            If the tile is not of this mirror's size, or tiles of its type have no addresses.
        """
        if not self.has_size_of(tile_index):
            raise UsageError(
                f"{self.described()}: tiles are {self.tile_height} x {self.tile_width} (height x "
                f"width), got one of {tile_index.height} x {tile_index.width}"
            )
        return tile_url(
            self.tile_source_type,
            self.image_base,
            self.file_extension,
            tile_index,
            str(orientation),
            self.stack_url,
        )

    def has_size_of(self, tile_index: TileIndex) -> bool:
        """Return whether a tile is of the size of this mirror's.

        Parameters
        ----------
        tile_index : TileIndex
        """
        return (tile_index.height, tile_index.width) == (self.tile_height, self.tile_width)

    def get_tile_index(
        self, scaled_coords: Mapping[str, float], zoom_level: int = 0
    ) -> tuple[TileIndex, dict[str, float]]:
        """Return the tile that a pixel is in, and where in it.

        Parameters
        ----------
        scaled_coords : mapping
            x, y and z, in pixels of the zoom level; negative ones are in tiles -1, -2, ...
        zoom_level : int, optional

        Returns
        -------
        tile : TileIndex
        offset : dict
            From the first pixel of the tile: x, y and z.
        """
        x, y, z = (scaled_coords[dim] for dim in "xyz")
        col = floor(x / self.tile_width)
        row = floor(y / self.tile_height)
        depth = floor(z)
        offset = {"x": x - col * self.tile_width, "y": y - row * self.tile_height, "z": z - depth}
        return self.tile_at(depth, row, col, zoom_level), offset

    def tile_at(self, depth: int, row: int, col: int, zoom_level: int = 0) -> TileIndex:
        """Return the index of a tile of this mirror's size.

        Parameters
        ----------
        depth, row, col : int
        zoom_level : int, optional
        """
        return TileIndex(depth, row, col, zoom_level, self.tile_height, self.tile_width)

    def is_transposed(self, orientation: str) -> bool:
        """Return whether the rows of images are the columns of tiles.

        Parameters
        ----------
        orientation : {"xy", "xz", "zy"}
            Of the stack.
        """
        return is_transposed(self.tile_source_type, str(orientation))

    @classmethod
    def from_dict(cls, d: Mapping[str, Any]) -> Self:
        """Make a mirror of what a server says of it.

        Parameters
        ----------
        d : mapping
            ``image_base``, ``tile_height``, ``tile_width``, ``tile_source_type``,
            ``file_extension``; ``title``, ``position`` and ``auth`` where it has them.

        Raises
        ------
        UsageError
            If one is missing or not valid.
        """
        missing = [key for key in KEYS if key not in d]
        if missing:
            raise UsageError(f"mirror: needs {', '.join(missing)}, got {sorted(d)}")
        optional = {key: d[key] for key in OPTIONAL_KEYS if key in d}
        return cls(**{key: d[key] for key in KEYS}, **optional)

    def described(self) -> str:
        """Return what it is called in messages."""
        return f"mirror {self.title!r} ({self.image_base})"

    def __repr__(self) -> str:
        kind = f"{int(self.tile_source_type)}, {self.file_extension!r}, {self.title!r}"
        sides = f"{self.tile_height}, {self.tile_width}"
        return f"{type(self).__name__}({self.image_base!r}, {sides}, {kind})"


def find_mirror(mirrors: Iterable[StackMirror], wanted: object) -> StackMirror | None:
    """Return a mirror by position or title.

    Parameters
    ----------
    mirrors : iterable of StackMirror
    wanted : int or str
        Digits are a position.

    Returns
    -------
    StackMirror or None
        The first that fits.
    """
    known = list(mirrors)
    text = str(wanted)
    if is_count(text):
        for mirror in known:
            if mirror.position == int(text):
                return mirror
    return next((mirror for mirror in known if mirror.title == text), None)


def other_mirrors(mirrors: Iterable[StackMirror], failed: StackMirror) -> list[StackMirror]:
    """Return the mirrors that can stand in for one: those with tiles of its size, in order."""
    size = (failed.tile_height, failed.tile_width)
    return [
        mirror
        for mirror in mirrors
        if mirror is not failed
        and mirror.tile_source_type.has_tiles
        and (mirror.tile_height, mirror.tile_width) == size
    ]


def _checked_type(number: object) -> TileSourceType:
    try:
        return TileSourceType(_integer("tile_source_type", number))
    except ValueError:
        known = ", ".join(f"{int(each)} {each.name}" for each in TileSourceType)
        raise UsageError(
            f"tile_source_type: {number!r:.60} is not known; there are {known}"
        ) from None


def _with_slash(image_base: str, kind: TileSourceType) -> str:
    if kind.is_of_catmaid or kind == TileSourceType.REQUEST_QUERY:
        return image_base
    complete = image_base.endswith("/") or "%" in image_base or "?" in image_base
    return image_base if complete else f"{image_base}/"


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise UsageTypeError(f"mirror: {name}: must be text, got {value!r:.60}")
    return value


def _integer(name: str, value: Any) -> int:
    try:
        return index(value)
    except TypeError:
        raise UsageTypeError(f"mirror: {name}: must be an integer, got {value!r:.60}") from None


def _checked_side(name: str, value: object) -> int:
    side = _integer(name, value)
    if not 1 <= side <= LARGEST_TILE:
        raise UsageError(f"mirror: {name}: must be 1 to {LARGEST_TILE} pixels, got {side}")
    return side
