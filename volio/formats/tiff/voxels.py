"""LevelVoxels: how the pages of a level are cut into strips, tiles and chunks."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

from volio.arrays.dtypes import DType
from volio.formats.tiff.directories import ByteOrder
from volio.formats.tiff.pages import Pages

__all__ = ["RAW_BAND", "LevelVoxels", "PageGrid", "VoxelsOpener"]

BAND = 1 << 18  # bytes of strips that make one chunk
RAW_BAND = 1 << 20  # bytes of rows that are not compressed

Five = tuple[int, int, int, int, int]


class PageGrid(NamedTuple):
    """How a page is cut into strips or tiles.

    Axes of a page are its separate samples, depth, rows, columns and samples of a pixel.

    Attributes
    ----------
    page : tuple of int
        Its shape.
    segment : tuple of int
        Shape of a strip or tile.
    chunk : tuple of int
        Shape of a chunk: a tile, or several strips.
    is_raw : bool
        Whether rows are stored as they are, one after the other.
    """

    page: Five
    segment: Five
    chunk: Five
    is_raw: bool

    @classmethod
    def of(cls, keyframe: Any, *, joins_samples: bool) -> PageGrid:
        """Return the grid of a ``tifffile.TiffPage``.

        Parameters
        ----------
        keyframe : tifffile.TiffPage
        joins_samples : bool
            Whether a chunk has all separate samples: they are fields of a voxel.
        """
        separate, depth, rows, columns, samples = [int(n) for n in keyframe.shaped]
        page = (separate, depth, rows, columns, samples)
        joined = separate if joins_samples else 1
        if keyframe.is_tiled:
            tile = (int(keyframe.tiledepth), int(keyframe.tilelength), int(keyframe.tilewidth))
            segment = (1, *tile, samples)
            return cls(page, segment, (joined, *tile, samples), is_raw=False)
        height = max(1, int(keyframe.rowsperstrip) or rows)
        segment = (1, 1, height, columns, samples)
        is_raw = _is_raw(keyframe)
        band = _rows_of_band(columns * samples * keyframe.dtype.itemsize, height, is_raw=is_raw)
        return cls(page, segment, (joined, 1, max(1, min(band, rows)), columns, samples), is_raw)

    @property
    def counts(self) -> Five:
        """How many strips or tiles there are along each axis."""
        both = zip(self.page, self.segment, strict=True)
        a, b, c, d, e = [-(-n // step) for n, step in both]
        return a, b, c, d, e

    @property
    def chunk_counts(self) -> Five:
        """How many chunks there are along each axis."""
        both = zip(self.page, self.chunk, strict=True)
        a, b, c, d, e = [-(-n // step) for n, step in both]
        return a, b, c, d, e


def _rows_of_band(row_bytes: int, height: int, *, is_raw: bool) -> int:
    """Return the rows that are read together: whole strips, unless any row can be read alone.

    Parameters
    ----------
    row_bytes : int
    height : int
        Rows of a strip.
    is_raw : bool
        Whether rows can be read alone.
    """
    nbytes = max(1, row_bytes)
    return max(1, RAW_BAND // nbytes) if is_raw else height * max(1, BAND // (nbytes * height))


def _is_raw(keyframe: Any) -> bool:
    """Return whether voxels of strips are as they are in memory, but for the byte order."""
    return bool(
        keyframe.compression == 1
        and keyframe.predictor == 1
        and keyframe.fillorder == 1
        and keyframe.sampleformat != 5  # complex integers
        and keyframe.bitspersample in (8, 16, 32, 64, 128)
        and not keyframe.is_subsampled
    )


class LevelVoxels(NamedTuple):
    """What decodes the voxels of a level.

    Attributes
    ----------
    pages : Pages
    keyframe : tifffile.TiffPage
        Whose ``decode`` takes the strips or tiles of all pages; its file is closed.
    grid : PageGrid
    lead : tuple of int
        Shape of the array of pages.
    kept : tuple of int
        Which axes the array has, of those of the array of pages and of a page.
    dtype : numpy.dtype
        Of the array; a record where the samples of a pixel are a colour.
    byteorder : {"<", ">"}
    """

    pages: Pages
    keyframe: Any
    grid: PageGrid
    lead: tuple[int, ...]
    kept: tuple[int, ...]
    dtype: DType
    byteorder: ByteOrder

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array."""
        full = (*self.lead, *self.grid.page)
        return tuple([full[axis] for axis in self.kept])

    @property
    def chunks(self) -> tuple[int, ...]:
        """Shape of a chunk of the array."""
        full = (*[1] * len(self.lead), *self.grid.chunk)
        return tuple([full[axis] for axis in self.kept])


class VoxelsOpener(Protocol):
    """What opens a file anew in another process; it pickles."""

    def voxels(self, series: int, level: int) -> LevelVoxels:
        """Return what decodes the voxels of a level."""
