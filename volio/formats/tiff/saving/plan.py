"""How an image becomes a TIFF file: its kind, its pages, and the pass over its voxels."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, BinaryIO

import numpy as np

from volio.arrays.dtypes import RGB, Array, DType, is_colour, native
from volio.arrays.lazy import LazyArray
from volio.arrays.saving.pyramid import MOST_LEVELS, LevelPlan, plan_levels
from volio.arrays.views import lazy_slice, lazy_transpose
from volio.caller import warn_caller
from volio.errors import LossWarning, SaveError, UsageError
from volio.formats.tiff.header import TiffHeader
from volio.formats.tiff.saving.choices import TiffChoices
from volio.formats.tiff.saving.directories import (
    LONG,
    SHORT,
    Layout,
    NewDirectory,
    TiffFileWriter,
    new_page,
    pack_page,
    tiff_file,
)
from volio.formats.tiff.saving.imagej import IMAGEJ_DTYPES, ImagejFile
from volio.formats.tiff.saving.ome_xml import ome_xml
from volio.formats.tiff.saving.tiles import CODES, LevelTiles, TilePlan, level_tiles, plane_stream
from volio.images.microscopy import Channel
from volio.images.saving.plan import SavePlan

__all__ = ["TiffPlan", "in_page_order", "is_imagej"]

#: Axes x, y, z, t, c of an image, the slowest in the file first.
OME_ORDER = (4, 3, 2, 1, 0)
IMAGEJ_ORDER = (3, 2, 4, 1, 0)

#: Of a classic file, with room for its directories.
MOST_CLASSIC = 2**32 - 2**26
FORMATS = {"u": 1, "i": 2, "f": 3, "c": 6}  # SampleFormat


def in_page_order(voxels: LazyArray | Array, *, imagej: bool = False) -> LazyArray | Array:
    """Return voxels of up to five axes with all five, in the order of the pages.

    Raises
    ------
    SaveError
        If there are more than five axes, or no voxels.
    """
    if voxels.ndim > 5 or 0 in voxels.shape:
        raise SaveError(f"shape: one to five axes with voxels fit TIFF, got {voxels.shape}")
    missing = 5 - voxels.ndim
    widened = lazy_slice(voxels, (..., *[None] * missing)) if missing else voxels
    return lazy_transpose(widened, IMAGEJ_ORDER if imagej else OME_ORDER)


def is_imagej(choices: TiffChoices, name: str, dtype: DType, header: TiffHeader) -> bool:
    """Return whether a file is written for ImageJ: where its name and the image leave the choice.

    Raises
    ------
    SaveError, UsageError
        If that was asked for, and cannot be.
    """
    fits = dtype.name in IMAGEJ_DTYPES or dtype == RGB
    is_named_ome = ".ome." in name.lower()
    if choices.imagej is None:
        has_channels = any(header.channel_names) or any(header.channel_colors)
        return fits and not (is_named_ome or has_channels or choices.is_ome_alone)
    if choices.imagej and is_named_ome:
        raise UsageError(f"imagej: {name} is the name of an OME-TIFF")
    if choices.imagej and not fits:
        raise SaveError(
            f"imagej: ImageJ has {', '.join(IMAGEJ_DTYPES)} and RGB, not {dtype}; choose dtype="
        )
    return choices.imagej


def _time_step(header: TiffHeader) -> float | None:
    """Return the seconds between volumes; a step of no unit counts as seconds, one of 1 as none."""
    zooms = header.get_zooms()
    step = float(zooms[3]) if len(zooms) > 3 else 0.0
    unit = header.time_unit
    if step <= 0 or (unit is None and step == 1):
        return None
    return step * (unit or 1.0)


class TiffPlan:
    """All that is decided before anything is written.

    Parameters
    ----------
    header : TiffHeader
        What is written, with its shape.
    voxels : SavePlan
        Its voxels are in the order of the pages.
    choices : TiffChoices
    sizes : sequence of float
        Of a voxel along x, y and z, mm; empty where these are not known.
    imagej : bool
    """

    def __init__(
        self,
        header: TiffHeader,
        voxels: SavePlan,
        choices: TiffChoices,
        sizes: Sequence[float],
        *,
        imagej: bool,
    ) -> None:
        self._header = header
        self._voxels = voxels
        self._choices = choices
        self._shape = tuple(voxels.voxels.shape)
        self._sizes = dict(zip("XYZ", sizes, strict=False))
        self._step = _time_step(header)
        self._unit = header.unit or "millimeter"
        self._imagej = self._imagej_file() if imagej else None

    def _imagej_file(self) -> ImagejFile:
        header = self._header
        if any(header.channel_names) or any(header.channel_colors):
            warn_caller("ImageJ has no place for names and colours of channels", LossWarning)
        dtype = native(self._voxels.dtype)
        x, y, z, t, c = (*header.get_data_shape(), 1, 1, 1, 1)[:5]
        return ImagejFile(dtype, (t, z, c, y, x), self._sizes, self._unit, self._step)

    def write(self, stream: BinaryIO) -> None:
        """Write the file."""
        stored = self._voxels.dtype.newbyteorder("<")
        if self._imagej is not None:
            self._imagej.write(stream, lambda target: self._voxels.write(target, stored))
            return
        tiles = self._tile_plan()
        levels = self._level_plans(tiles)
        with tiff_file(stream, self._layout()) as writer:
            written = level_tiles(writer, tiles, levels)
            planes: Any = plane_stream(written[0], tiles, levels[0])
            self._voxels.write(planes, stored)
            count = prod(self._shape[:3])
            for number in range(count):
                pages = self._directories(tiles, levels, written, number)
                _append_page(writer, pages, is_last=number == count - 1)
        if writer.position >= 2**32 and not writer.layout.is_big:
            raise SaveError("bigtiff: the file has more than 4 GiB; bigtiff=True writes it")

    def _directories(
        self,
        tiles: TilePlan,
        levels: Sequence[LevelPlan],
        written: Sequence[LevelTiles],
        number: int,
    ) -> list[NewDirectory]:
        """Return the directories of a plane, the finest level first."""
        found: list[NewDirectory] = []
        for level, done in zip(levels, written, strict=True):
            is_reduced = bool(found)
            found.append(self._directory(tiles, level, done.tables[number], is_reduced=is_reduced))
        if not number:
            found[0].set_text(270, self._ome())
        return found

    def _layout(self) -> Layout:
        chosen = self._choices.bigtiff
        nbytes = prod(self._shape) * self._voxels.dtype.itemsize
        # Bytes that do not compress grow a little, and coarser levels take a third more.
        return Layout(is_big=nbytes * 1.4 >= MOST_CLASSIC if chosen is None else chosen)

    def _samples(self) -> tuple[int, DType]:
        """Return how many samples a pixel has, and their dtype."""
        dtype = native(self._voxels.dtype)
        if is_colour(dtype):
            return dtype.itemsize, np.dtype(np.uint8)
        return 1, dtype

    def _tile_plan(self) -> TilePlan:
        samples, sample = self._samples()
        labels = self._choices.labels
        if labels is None:
            labels = self._header.is_labels
        codec, level = self._choices.codec_level()
        tile = self._choices.tile_shape(*self._shape[3:])
        return TilePlan(sample.newbyteorder("<"), samples, tile, codec, level, labels)

    def _level_plans(self, tiles: TilePlan) -> list[LevelPlan]:
        """Return the resolutions of a plane: rows and columns are halved until a tile holds all."""
        most = self._choices.levels
        count = most if isinstance(most, int) else MOST_LEVELS
        sizes = (1.0, self._sizes.get("Y", 1.0), self._sizes.get("X", 1.0))
        return plan_levels((1, *self._shape[3:]), sizes, (1, *tiles.tile), count)

    def _directory(
        self,
        tiles: TilePlan,
        level: LevelPlan,
        table: tuple[Sequence[int], Sequence[int]],
        *,
        is_reduced: bool,
    ) -> NewDirectory:
        _, rows, columns = level.shape
        samples = tiles.samples
        offset_kind = self._layout().offset_kind
        bits = 8 * tiles.dtype.itemsize
        page = new_page(rows, columns, samples, bits, compression=CODES[tiles.codec])
        page.set(254, LONG, int(is_reduced))
        page.set(284, SHORT, 1)  # samples of a pixel are next to each other
        if tiles.predicts:
            page.set(317, SHORT, 2)
        page.set(322, LONG, tiles.tile[1])
        page.set(323, LONG, tiles.tile[0])
        page.set(324, offset_kind, *table[0])
        page.set(325, LONG, *table[1])
        if samples == 4:
            page.set(338, SHORT, 2)  # opacity, by which colours are not multiplied
        page.set(339, SHORT, *[FORMATS[tiles.dtype.kind]] * samples)
        return page

    def _ome(self) -> str:
        channels, times, slices, rows, columns = self._shape
        lengths = {"X": columns, "Y": rows, "Z": slices, "T": times, "C": channels}
        samples, sample = self._samples()
        return ome_xml(
            sample, samples, lengths, self._sizes, self._unit, self._step, self._channels()
        )

    def _channels(self) -> list[Channel]:
        """Return names and colours of channels, where there are as many as the image has."""
        header = self._header
        count = self._shape[0]
        names = header.channel_names if len(header.channel_names) == count else ("",) * count
        known = header.channel_colors
        colors = known if len(known) == count else ("",) * count
        return [Channel(name, color) for name, color in zip(names, colors, strict=True)]


def _append_page(
    writer: TiffFileWriter, directories: Sequence[NewDirectory], *, is_last: bool
) -> None:
    """Write the directories of a plane, at an even byte."""
    start = writer.position + writer.position % 2
    place = writer.append(pack_page(writer.layout, directories, start, is_last=is_last))
    writer.first = writer.first or place
