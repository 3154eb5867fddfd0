"""Choices: what a user may choose when an image is saved as TIFF."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from volio.arrays.saving.pyramid import MOST_LEVELS
from volio.errors import UsageError
from volio.extras import need
from volio.files.codecs.presets import Compression
from volio.files.codecs.table import codec_named
from volio.formats.tiff.saving.tiles import CODES

__all__ = ["TiffChoices"]

TILE = 256
STEP = 16  # sides of tiles are multiples of it
#: Names of codecs that programs have besides.
ALIASES = {"zlib": "deflate"}


@dataclass(frozen=True)
class TiffChoices:
    """What a user may choose when an image is saved as TIFF.

    Parameters
    ----------
    imagej : bool, optional
        Write a hyperstack of ImageJ, not OME-TIFF (default: by the name of the file and the dtype).
    codec : {"deflate", "zstd", "lzw", "none"}, optional
        Of tiles.
    tile : (int, int), optional
        Columns and rows of a tile.
    levels : int or "auto"
        Resolutions at most.
    labels : bool, optional
        Whether values are labels, which are not averaged (default: what the header says).
    bigtiff : bool, optional
        Write a BigTIFF (default: from 4 GiB on).
    compression : {"fast", "balanced", "small"} or int, optional
    """

    imagej: bool | None = None
    codec: str | None = None
    tile: Sequence[int] | None = None
    levels: int | str = "auto"
    labels: bool | None = None
    bigtiff: bool | None = None
    compression: Compression = None

    def check(self) -> None:
        """Refuse choices that make no sense.

        Raises
        ------
        UsageError
        MissingPackageError
            If the codec needs a package that is not installed.
        """
        if self.codec is not None and self.codec_name not in CODES:
            raise UsageError(f"codec: must be one of {[*CODES]}, got {self.codec!r}")
        if self.levels != "auto" and self.levels not in range(1, MOST_LEVELS + 1):
            raise UsageError(f"levels: must be 'auto' or 1 to {MOST_LEVELS}, got {self.levels!r}")
        tile = self.tile
        if tile is not None and (len(tile) != 2 or any(n < 1 or n % STEP for n in tile)):
            raise UsageError(f"tile: must be two multiples of {STEP} (x, y), got {tile!r}")
        if self.imagej and self.is_ome_alone:
            raise UsageError("imagej: ImageJ has no tiles, codecs and levels; OME-TIFF has")
        if self.codec_name == "lzw":
            need("imagecodecs", "tiff")
        self.codec_level()

    @property
    def codec_name(self) -> str:
        """Name of the codec, as `CODES` has it."""
        codec = self.codec or "deflate"
        return ALIASES.get(codec, codec)

    @property
    def is_ome_alone(self) -> bool:
        """Whether something was chosen that only OME-TIFF has."""
        chosen = (self.codec, self.tile, self.labels, self.bigtiff)
        return any(one is not None for one in chosen) or self.levels != "auto"

    def codec_level(self) -> tuple[str, int]:
        """Return codec and level of tiles; level 0 is none.

        Raises
        ------
        UsageError
            If the codec does not have the level.
        """
        name = self.codec_name
        if name in ("none", "lzw"):
            return name, 0
        level = codec_named("zlib" if name == "deflate" else name).level(self.compression)
        return (name, level) if level else ("none", 0)

    def tile_shape(self, rows: int, columns: int) -> tuple[int, int]:
        """Return rows and columns of a tile; no more than an image of this size needs."""
        wanted = (TILE, TILE) if self.tile is None else (self.tile[1], self.tile[0])
        needed = [-(-length // STEP) * STEP for length in (rows, columns)]
        if self.tile is not None:
            return wanted
        return min(wanted[0], needed[0]), min(wanted[1], needed[1])
