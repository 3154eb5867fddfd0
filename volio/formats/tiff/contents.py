"""What a TIFF file holds: images of one resolution or more, and what decodes their voxels."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

from volio.errors import HeaderDataError, LimitError
from volio.files.filemap import FileHolder
from volio.files.sources.source import ByteSource
from volio.files.xml_events import parse_xml
from volio.formats.tiff.directories import PageTree
from volio.formats.tiff.library import axes_of, every_series, open_tiff
from volio.formats.tiff.ome_series import MOST_LEVELS, OmeReading
from volio.formats.tiff.pages import ListedPages, Pages, TreePages, VirtualPages
from volio.formats.tiff.scales import VoxelScale, imagej_scale, lsm_scale, resolution_scale
from volio.formats.tiff.series import Axes, Series, TiffLevel, level_voxels, share_axes, traits_of
from volio.formats.tiff.voxels import LevelVoxels
from volio.images.data_files import DataFileFinder

__all__ = ["Contents", "Opener"]

#: Kinds of series of tifffile whose directories are right as they are.
PLAIN_KINDS = ("shaped", "imagej", "uniform", "generic")
OLD_JPEG = 6  # a compression whose bytes are found in other tags
MOST_OPENED = 8


class Contents:
    """The images of a file.

    Parameters
    ----------
    source : ByteSource
    finder : DataFileFinder
        Finds further files of OME-TIFF.

    Attributes
    ----------
    series : list of Series

    Raises
    ------
    DamagedFileError, HeaderDataError, LimitError
        If the file makes no sense.
    """

    def __init__(self, source: ByteSource, finder: DataFileFinder) -> None:
        self.source = source
        self._finder = finder
        self._tree = PageTree(source)
        with open_tiff(source) as file:
            self.series = self._ome(file) or [
                self._series(file, each) for each in every_series(file)
            ]
        if not self.series:
            raise HeaderDataError(f"{source.name}: has no image")

    def _ome(self, file: Any) -> list[Series]:
        """Return the images that OME-XML describes."""
        text = str(file.pages.first.description or "")
        if not text.lstrip("\ufeff \r\n\t").startswith("<"):
            return []
        root = parse_xml(text)  # refuses what tifffile would hand to a parser
        if root.tag.rpartition("}")[2] != "OME":
            return []
        return OmeReading(self._tree, text, self._open_file).series()

    def _open_file(self, name: str) -> ByteSource:
        """Open a further file of an image."""
        return self._finder.open([name], "raw")[0]

    # What tifffile finds.

    def _series(self, file: Any, series: Any) -> Series:
        name = self.source.name
        if len(series.levels) > MOST_LEVELS:
            raise LimitError(f"{name}: has more than {MOST_LEVELS} levels")
        if any(level.transform is not None for level in series.levels):
            raise HeaderDataError(f"{name}: images of the kind {series.kind} cannot be read")
        letters, shape = axes_of(series)
        axes = share_axes(letters, shape, series.keyframe.shaped, name)
        levels = tuple([self._level(level, axes) for level in series.levels])
        scale, metadata = _facts(file, series)
        return Series(series.name, series.kind, letters, axes, levels, scale, (), metadata)

    def _level(self, series: Any, axes: Axes) -> TiffLevel:
        lead = axes_of(series)[1][: axes.lead]
        pages = self._pages(series, prod(lead))
        found = level_voxels(series.keyframe, pages, lead, axes.kept, self._tree.byteorder)
        start = series.dataoffset
        # The colours of a voxel are not next to each other where samples are separate.
        is_apart = found.dtype.names is not None and found.grid.page[0] > 1
        return TiffLevel(found, None if start is None or is_apart else int(start))

    def _pages(self, series: Any, count: int) -> Pages:
        """Return where the pages of a series are."""
        keyframe = series.keyframe
        traits = traits_of(self._tree, int(keyframe.offset), keyframe)
        if series.dataoffset is not None and count > 1:
            first = ListedPages(self.source, [keyframe], traits.segments)
            return VirtualPages(first, int(keyframe.nbytes))
        if series.kind not in PLAIN_KINDS or keyframe.compression == OLD_JPEG:
            return ListedPages(self.source, list(series), traits.segments)
        offsets = [None if page is None else int(page.offset) for page in series]
        return TreePages(self.source, offsets, traits)


def _facts(file: Any, series: Any) -> tuple[VoxelScale, Mapping[str, Any]]:
    """Return scale and metadata of a series of tifffile."""
    keyframe = series.keyframe
    if series.kind == "imagej" and file.imagej_metadata:
        return imagej_scale(file.imagej_metadata, keyframe), dict(file.imagej_metadata)
    metadata = {"description": str(keyframe.description)} if keyframe.description else {}
    if series.kind == "lsm" and file.lsm_metadata:
        return lsm_scale(file.lsm_metadata), metadata
    return resolution_scale(keyframe), metadata


class Opener:
    """Opens a file, in this process and in others that it is sent to.

    Parameters
    ----------
    source : ByteSource
    holder : FileHolder
        As it was named: further files are next to it.
    allow_external : bool
        Whether these may be in other folders.
    """

    def __init__(self, source: ByteSource, holder: FileHolder, *, allow_external: bool) -> None:
        self.source = source
        self._name = holder.filename if holder.fileobj is None else None
        self._allow_external = allow_external

    def open(self) -> Contents:
        """Return what the file holds."""
        holder = FileHolder(filename=self._name)
        finder = DataFileFinder(holder, self.source, allow_external=self._allow_external)
        return Contents(self.source, finder)

    def contents(self) -> Contents:
        """Return what the file holds; what was opened last is kept."""
        identity = self.source.identity()
        if identity is None:
            return self.open()
        key = (identity, self._name, self._allow_external)
        contents = _OPENED.get(key)
        if contents is None:
            contents = _OPENED[key] = self.open()
            while len(_OPENED) > MOST_OPENED:
                _OPENED.pop(next(iter(_OPENED)))
        return contents

    def voxels(self, series: int, level: int) -> LevelVoxels:
        """Return what decodes the voxels of a level."""
        return self.contents().series[series].levels[level].voxels


#: What files held that arrays of other processes are in, by their identities.
_OPENED: dict[Any, Contents] = {}
