"""CziFile: what is known of a CZI file, read once: its subblocks, scenes and metadata."""

from __future__ import annotations

import os
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from volio.cached import cached_property
from volio.errors import HeaderDataError, UsageError
from volio.files.remote.ranges import RangeSource
from volio.files.sources.source import ByteSource
from volio.formats.czi.directory import read_subblocks
from volio.formats.czi.entries import Subblocks
from volio.formats.czi.extents import Extents, Rectangle
from volio.formats.czi.metadata import Document, parse_document
from volio.formats.czi.mosaic import Mosaic
from volio.formats.czi.pixels import Samples, samples_of
from volio.formats.czi.pyramid import mosaics_of
from volio.formats.czi.segments import FileHeader, read_file_header, read_xml
from volio.formats.czi.subblock import Location, Subblock, locate
from volio.settings import options
from volio.threads import in_parallel

__all__ = ["CziFile", "Scene"]

PIECE = 1 << 18  # bytes


class Scene:
    """A scene of a file, or all of them in one plane.

    Parameters
    ----------
    table : Subblocks
        Those of the scene.
    nbytes : int
        That the file has.
    name : str
        Of the file, for messages.

    Attributes
    ----------
    extents : Extents

    Raises
    ------
    HeaderDataError, LimitError
        If it has no pixels, or is nearly all empty.
    """

    def __init__(self, table: Subblocks, nbytes: int, name: str) -> None:
        self._table = table
        self._name = name
        finest = table.take(table.is_finest)
        if not len(finest):
            raise HeaderDataError(f"{name}: has no pixels of its finest resolution")
        self.extents = Extents.of(finest, nbytes, name)

    @cached_property
    def levels(self) -> tuple[Mosaic, ...]:
        """Its tiles in each resolution, the finest first."""
        return mosaics_of(self._table, self.extents, self._name)

    @cached_property
    def _pixel_types(self) -> list[set[int]]:
        """The codes of pixel types of each channel, in all resolutions."""
        low, length = self.extents.along("C")
        codes: list[set[int]] = [set() for _ in range(length)]
        for level in self.levels:
            channels = level.table.along("C") - low
            pairs = np.unique(np.stack([channels, level.table.pixel_type]), axis=1)
            for channel, code in pairs.T.tolist():
                codes[channel].add(code)
        return codes

    def samples(self, colours_apart: bool = False) -> Samples:
        """Return what its values are; see `samples_of`."""
        return samples_of(self._pixel_types, self._name, colours_apart=colours_apart)


class CziFile:
    """What is known of a CZI file; it pickles as the source of its bytes.

    Parameters
    ----------
    source : ByteSource

    Attributes
    ----------
    nbytes : int
        That the file has, decompressed.

    Raises
    ------
    ImageFileError
        If it is not a CZI file, damaged, or one of several files of a set.

    Warns
    -----
    VolioWarning
        If the file has no directory, and was searched for its images.
    """

    def __init__(self, source: ByteSource) -> None:
        self.source = source
        self._token = os.urandom(16)  # for sources that do not identify themselves
        self._is_open = True
        self._locations: dict[int, Location] = {}
        self._scenes: dict[int | None, Scene] = {}
        self.header: FileHeader = read_file_header(source)
        self.__dict__["table"] = read_subblocks(source, self.header, warn=True)
        size = source.size()
        self.nbytes = self._decoded_size() if size is None else size

    def _decoded_size(self) -> int:
        """Return how many bytes a compressed file has, and verify its checksum.

        The directory is at the end of the file, which was decoded for it.
        """
        end = self.header.directory or self.header.first
        with self.source.open() as reader:
            while piece := reader.read_upto(end, PIECE):
                end += len(piece)
            reader.finish()
        return end

    @cached_property
    def table(self) -> Subblocks:
        """All subblocks."""
        return read_subblocks(self.source, self.header, warn=False)

    @cached_property
    def document(self) -> Document:
        """What the XML text says."""
        position = self.header.metadata
        text = read_xml(self.source, position) if position else ""
        return parse_document(text, self.source.name)

    @property
    def name(self) -> str:
        """Of the file."""
        return self.source.name

    @property
    def identity(self) -> Hashable:
        """What identifies the file, the same in every process it is sent to."""
        return self.source.identity() or self._token

    @cached_property
    def rectangles(self) -> dict[int, Rectangle]:
        """The rectangle of each scene in the plane; none of a file without scenes."""
        table = self.table
        table = table.take(table.is_finest & table.has("S"))
        if not len(table):
            return {}
        by_scene = table.take(np.argsort(table.along("S"), kind="stable"))
        scenes, firsts = np.unique(by_scene.along("S"), return_index=True)
        rectangles = Rectangle.of_groups(by_scene, firsts)
        return dict(zip(scenes.tolist(), rectangles, strict=True))

    def scene(self, scene: int | None) -> Scene:
        """Return a scene, or all of them in one plane for None.

        Raises
        ------
        UsageError
            If there is no such scene.
        HeaderDataError, LimitError
            If it makes no sense.
        """
        found = self._scenes.get(scene)
        if found is None:
            found = self._scenes[scene] = Scene(self._table_of(scene), self.nbytes, self.name)
        return found

    def _table_of(self, scene: int | None) -> Subblocks:
        if scene is None:
            return self.table
        if scene not in self.rectangles:
            known = ", ".join(map(str, self.rectangles)) or "none"
            raise UsageError(f"scene: {self.name} has no scene {scene}; there are: {known}")
        return self.table.take(self.table.has("S") & (self.table.along("S") == scene))

    def location(self, tile: Subblock) -> Location:
        """Return where the pixels of a tile are; the file is asked once."""
        found = self._locations.get(tile.position)
        if found is None:
            found = self._locations[tile.position] = locate(self.source, tile)
        return found

    def locate(self, tiles: Sequence[Subblock]) -> None:
        """Find the pixels of several tiles; a server is asked for many at once."""
        unknown = [tile for tile in tiles if tile.position not in self._locations]
        if self.is_remote and len(unknown) > 1:
            in_parallel(self.location, unknown, options.connections)

    @property
    def is_remote(self) -> bool:
        """Whether each read is a request to a server."""
        return isinstance(self.source, RangeSource)

    def close(self) -> None:
        """End all reading, and forget what was read."""
        self._is_open = False
        self._locations = {}
        self._scenes = {}

    def check_open(self) -> None:
        """Refuse a file that was closed.

        Raises
        ------
        UsageError
        """
        if not self._is_open:
            raise UsageError(f"{self.name}: was closed")

    def __getstate__(self) -> dict[str, Any]:
        state = {**self.__dict__, "_locations": {}, "_scenes": {}}
        for worked_out in ("table", "document", "rectangles"):
            state.pop(worked_out, None)
        return state
