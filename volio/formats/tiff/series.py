"""Series: an image in a file, its axes, and what decodes the voxels of each resolution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, NamedTuple

import numpy as np

from volio.arrays.dtypes import COLOURS, DType
from volio.errors import HeaderDataError
from volio.formats.tiff.directories import ByteOrder, PageTree, open_directories
from volio.formats.tiff.pages import Pages, Traits
from volio.formats.tiff.scales import NO_SCALE, VoxelScale
from volio.formats.tiff.voxels import LevelVoxels, PageGrid
from volio.images.microscopy import Channel

__all__ = ["Axes", "Series", "TiffLevel", "level_voxels", "share_axes", "traits_of"]

#: Photometric interpretations whose samples are red, green and blue once they are decoded.
RED_GREEN_BLUE = (2, 6)
# Axes of a page.
ROWS = 2
COLUMNS = 3


@dataclass(frozen=True)
class TiffLevel:
    """One resolution of an image.

    Parameters
    ----------
    voxels : LevelVoxels
    start : int or None
        Byte of the first voxel, where all are stored as one array.
    """

    voxels: LevelVoxels
    start: int | None = None


@dataclass(frozen=True)
class Series:
    """An image in a file.

    Parameters
    ----------
    name : str
    kind : str
        'ome', 'imagej', or what tifffile calls it.
    all_axes : str
        Letters of all axes, those of length 1 too.
    axes : Axes
    levels : tuple of TiffLevel
        The finest first.
    scale : VoxelScale
    channels : tuple of Channel
    metadata : mapping
        What else the file says, as it says it.
    """

    name: str
    kind: str
    all_axes: str
    axes: Axes
    levels: tuple[TiffLevel, ...]
    scale: VoxelScale = NO_SCALE
    channels: tuple[Channel, ...] = ()
    metadata: Mapping[str, Any] | None = None

    @property
    def letters(self) -> str:
        """Letters of the axes that arrays have."""
        return "".join([self.axes.letters[number] for number in self._numbers])

    @property
    def places(self) -> tuple[int | None, ...]:
        """Which of all axes arrays have."""
        return tuple([self.axes.places[number] for number in self._numbers])

    @property
    def _numbers(self) -> list[int]:
        """Which axes are not samples that make a colour."""
        kept = self.levels[0].voxels.kept
        return [number for number, axis in enumerate(self.axes.kept) if axis in kept]


class Axes(NamedTuple):
    """How the axes of a series are shared among those of pages and those of a page.

    Attributes
    ----------
    lead : int
        How many axes are those of pages.
    kept : tuple of int
        Which axes arrays have, of those of pages and the five of a page (see `PageGrid`).
    letters : str
        Of `kept`.
    places : tuple of int or None
        Which axes of the series these are; None for a row or column that it does not count.
    """

    lead: int
    kept: tuple[int, ...]
    letters: str
    places: tuple[int | None, ...]


def share_axes(letters: str, shape: Sequence[int], page: Sequence[int], name: str) -> Axes:
    """Return which axes of a series are those of pages; axes of length 1 are left out but Y and X.

    Parameters
    ----------
    letters : str
    shape : sequence of int
        Of the series.
    page : sequence of int
        Of a page: separate samples, depth, rows, columns, samples.
    name : str
        For messages.

    Raises
    ------
    HeaderDataError
        If a series does not end with the axes of its pages.
    """
    lead, found = _axes_of_page(shape, page, name)
    inner: dict[int, int | None] = {ROWS: None, COLUMNS: None, **found}
    outer = [axis for axis in range(lead) if shape[axis] > 1]
    words = [letters[axis] for axis in outer]
    kept = [*outer]
    places: list[int | None] = [*outer]
    for axis in sorted(inner):
        place = inner[axis]
        words.append({ROWS: "Y", COLUMNS: "X"}[axis] if place is None else letters[place])
        kept.append(lead + axis)
        places.append(place)
    return Axes(lead, tuple(kept), "".join(words), tuple(places))


def _axes_of_page(
    shape: Sequence[int], page: Sequence[int], name: str
) -> tuple[int, dict[int, int]]:
    """Return how many axes of a series are not of pages, and which the axes of a page are there."""
    found: dict[int, int] = {}
    left = [axis for axis in range(5) if page[axis] > 1]
    lead = len(shape)
    while lead and left:
        lead -= 1
        if shape[lead] == page[left[-1]]:
            found[left.pop()] = lead
        elif shape[lead] != 1:
            break
    if left:
        raise HeaderDataError(f"{name}: pages of shape {tuple(page)} make no image of {shape}")
    return lead, found


#: Fields that hold one code; a damaged file may state several.
CODES = ("compression", "photometric", "planarconfig", "predictor", "fillorder")


def _check_codes(keyframe: Any) -> None:
    """Refuse a page that states several codes where there is one.

    Raises
    ------
    HeaderDataError
    """
    for name in CODES:
        code = getattr(keyframe, name)
        if not isinstance(code, int):
            codes = [int(each) for each in code]
            raise HeaderDataError(f"{name}: must be one code, got {codes}")


def level_voxels(
    keyframe: Any, pages: Pages, lead: tuple[int, ...], kept: tuple[int, ...], byteorder: ByteOrder
) -> LevelVoxels:
    """Return what decodes the voxels of a level.

    Parameters
    ----------
    keyframe : tifffile.TiffPage
        While its file is open.
    pages : Pages
    lead : tuple of int
        Shape of the array of pages.
    kept : tuple of int
        Axes of arrays, see `Axes`; those of samples are dropped where these are a colour.
    byteorder : {"<", ">"}

    Raises
    ------
    HeaderDataError
        If voxels are of no dtype, or a page has no voxels.
    """
    _check_codes(keyframe)
    if keyframe.dtype is None or 0 in keyframe.shaped:
        raise HeaderDataError(
            f"a page of shape {keyframe.shape} with {keyframe.bitspersample} bits of format "
            f"{keyframe.sampleformat} has no voxels that can be read"
        )
    colour = _colour(keyframe)
    if colour is not None:
        samples = (len(lead), len(lead) + 4)
        kept = tuple([axis for axis in kept if axis not in samples])
    _check_kept((*lead, *keyframe.shaped), kept, samples=colour is not None)
    keyframe.decode  # noqa: B018  it is made here, from tags for which the file must be open
    grid = PageGrid.of(keyframe, joins_samples=colour is not None)
    return LevelVoxels(pages, keyframe, grid, lead, kept, colour or keyframe.dtype, byteorder)


def _check_kept(shape: Sequence[int], kept: Sequence[int], *, samples: bool) -> None:
    """Refuse a level that has an axis which the finest level lacks.

    Parameters
    ----------
    shape : sequence of int
        Of the array of pages and of a page.
    kept : sequence of int
        Which axes arrays have.
    samples : bool
        Whether the samples of a pixel make a colour.
    """
    last = len(shape) - 1
    colour = (last - 4, last) if samples else ()
    lost = [axis for axis, n in enumerate(shape) if n > 1 and axis not in (*kept, *colour)]
    if lost:
        raise HeaderDataError(f"levels have different axes: pages of shape {tuple(shape)}")


def _colour(keyframe: Any) -> DType | None:
    """Return the dtype of a colour, where the samples of a pixel are one."""
    separate, _, _, _, samples = keyframe.shaped
    if keyframe.dtype != np.uint8 or int(keyframe.photometric) not in RED_GREEN_BLUE:
        return None
    return COLOURS.get(max(separate, samples))


def traits_of(tree: PageTree, offset: int, keyframe: Any) -> Traits:
    """Return what other pages must share with a page.

    Parameters
    ----------
    tree : PageTree
        Of its file.
    offset : int
        Of its directory.
    keyframe : tifffile.TiffPage
    """
    with open_directories(tree.source) as reader:
        traits = reader.traits(reader.read(offset))
    count = prod(PageGrid.of(keyframe, joins_samples=False).counts)
    is_only_strip = keyframe.compression == 1 and count == 1
    nbytes = int(keyframe.nbytes) if is_only_strip else None
    return Traits(traits, tree.byteorder, count, nbytes)
