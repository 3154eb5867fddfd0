"""The images of OME-TIFF: planes in pages of one file or more, each page with its pyramid."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from math import prod
from typing import Any, NamedTuple
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from volio.files.limits import read_limited
from volio.files.sources.source import ByteSource
from volio.files.xml_events import MOST_XML, parse_xml
from volio.formats.tiff.directories import PageTree
from volio.formats.tiff.library import open_tiff, tifffile
from volio.formats.tiff.ome import OmeImage, parse_ome, plane_numbers
from volio.formats.tiff.pages import OmePages, PageFile
from volio.formats.tiff.scales import ome_scale
from volio.formats.tiff.series import Axes, Series, TiffLevel, level_voxels, share_axes, traits_of

__all__ = ["MOST_LEVELS", "OmeReading"]

MOST_LEVELS = 32

Planes = NDArray[np.int64]  # shape (planes, 2): number of the file, and of the page in it


class _FirstPage(NamedTuple):
    """The page from which the decoder of an image is made, and where it is."""

    tree: PageTree
    offset: int
    shaped: tuple[int, ...]


class OmeReading:
    """Finds the images that OME-XML describes.

    Parameters
    ----------
    tree : PageTree
        Of the file that has the XML.
    text : str
        The XML.
    open_file : callable
        ``open_file(name)`` returns the source of another file.

    Raises
    ------
    HeaderDataError
        If the XML makes no sense.
    ImageFileError
        If it is in another file, which cannot be read.
    """

    def __init__(self, tree: PageTree, text: str, open_file: Callable[[str], ByteSource]) -> None:
        self._tree = tree
        self._text = text
        self._open_file = open_file
        root = parse_xml(text)
        companion = root.find("./{*}BinaryOnly")
        self._own_uuid = root.get("UUID", "")
        if companion is not None:
            root = self._companion(companion.get("MetadataFile", ""))
        self._images = parse_ome(root)
        self._files = {0: PageFile.opened(tree)}
        self._numbers: dict[str, int] = {}

    def _companion(self, name: str) -> ElementTree.Element:
        """Return the OME-XML that another file has: a document, or a TIFF file."""
        source = self._open_file(name)
        if source.head()[:2] not in (b"II", b"MM"):
            data = read_limited(source, MOST_XML, "OME-XML")
            return parse_xml(data.decode("utf-8-sig", "replace"))
        with open_tiff(source) as file:
            return parse_xml(str(file.pages.first.description or ""))

    def series(self) -> list[Series]:
        """Return the images; none where they do not fit the pages, as after editing."""
        found: list[Series] = []
        for image in self._images:
            if image.parts:
                series = self._series(image)
                if series is None:
                    return []
                found.append(series)
        return found

    def _series(self, image: OmeImage) -> Series | None:
        planes = self._planes(image)
        place = self._first_page(planes)
        if place is None:
            return None
        tree, offset = place
        with open_tiff(tree.source) as file:
            keyframe = _page_at(file, offset)
            first = _FirstPage(tree, offset, tuple([int(n) for n in keyframe.shaped]))
            if not _fits(image, first.shaped):
                return None
            letters, axes = _axes(image, first)
            levels: list[TiffLevel] = []
            for number, each in enumerate(_offsets_of_levels(tree, offset)):
                page = _page_at(file, each)
                pages = OmePages(self._files, planes, number, traits_of(tree, each, page))
                found = level_voxels(page, pages, image.shape[:-2], axes.kept, tree.byteorder)
                levels.append(TiffLevel(found))
        return self._described(image, letters, axes, levels)

    def _described(
        self, image: OmeImage, letters: str, axes: Axes, levels: Sequence[TiffLevel]
    ) -> Series:
        """Return the series of an image whose levels were found."""
        return Series(
            image.name,
            "ome",
            letters,
            axes,
            tuple(levels),
            ome_scale(image),
            image.channels,
            {"ome": self._text},
        )

    def _first_page(self, planes: Planes) -> tuple[PageTree, int] | None:
        """Return where the first page of an image is, in this file if it has any."""
        there = np.flatnonzero(planes[:, 0] >= 0)
        if not there.size:
            return None
        own = there[planes[there, 0] == 0]
        file, page = planes[own[0] if own.size else there[0]].tolist()
        tree = self._files[file].tree
        return (tree, tree.chain[page]) if page < len(tree.chain) else None

    def _planes(self, image: OmeImage) -> Planes:
        """Return the file and the page of each plane, -1 for those that are nowhere."""
        shape = image.shape[:-2]
        planes = np.full((prod(shape), 2), -1, np.int64)
        for part in image.parts:
            file = self._file(part.file_name, part.uuid)
            pages = len(self._files[file].tree.chain) if part.planes is None else 0
            numbers = plane_numbers(shape, part, pages)
            planes[numbers, 0] = file
            planes[numbers, 1] = part.page + np.arange(len(numbers))
        return planes

    def _file(self, name: str, uuid: str) -> int:
        """Return the number of a file."""
        own = self._tree.source.name.replace("\\", "/").rpartition("/")[2]
        if not name or name == own or (uuid and uuid == self._own_uuid):
            return 0
        number = self._numbers.setdefault(name, len(self._numbers) + 1)
        if number not in self._files:
            self._files[number] = PageFile(partial(self._open_file, name))
        return number


def _fits(image: OmeImage, page: Sequence[int]) -> bool:
    """Return whether a page has the rows, columns and samples that OME-XML states."""
    separate, depth, rows, columns, samples = page
    has_plane = (rows, columns) == tuple(image.shape[-2:]) and depth == 1
    return has_plane and separate * samples == image.samples


def _axes(image: OmeImage, first: _FirstPage) -> tuple[str, Axes]:
    """Return the letters of all axes, and which arrays have."""
    separate, _, rows, columns, samples = first.shaped
    outer = image.axes[:-2]
    if separate > 1:
        letters = f"{outer}SYX"
        shape = (*image.shape[:-2], separate, rows, columns)
    else:
        letters = f"{outer}YXS"
        shape = (*image.shape[:-2], rows, columns, samples)
    shared = share_axes(letters, shape, first.shaped, first.tree.source.name)
    # A row or column of one voxel is of the page, not one more axis of planes.
    lead = len(outer)
    kept = [axis if axis < shared.lead else axis - shared.lead + lead for axis in shared.kept]
    return letters, shared._replace(lead=lead, kept=tuple(kept))


def _page_at(file: Any, offset: int) -> Any:
    """Read the page at a byte of an open file."""
    file.filehandle.seek(offset)
    return tifffile().TiffPage(file, 0)


def _offsets_of_levels(tree: PageTree, offset: int) -> tuple[int, ...]:
    """Return where the pages of a plane are, the finest first: those of other levels are below."""
    return (offset, *tree.below.get(offset, ())[: MOST_LEVELS - 1])
