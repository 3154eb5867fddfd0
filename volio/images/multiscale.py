"""MultiscaleImage and OpenedLevels: an image of which a file has several resolutions.

A format whose voxels lie in chunks implements `OpenedLevels`: which axes its file has, and for each
level the array and where its voxels are. Images of levels, their order of axes, headers and affines
are made here, once for all.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from math import prod
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.arrays.chunked import ChunkedArray
from volio.arrays.lazy import LazyArray
from volio.errors import HeaderDataError, UsageError
from volio.files.filemap import copy_file_map
from volio.images.levels import Space, level_of, same_region
from volio.images.microscopy import MicroscopyFacts
from volio.images.named_axes import FileAxis, shown_axes, world_affine
from volio.images.slab import SlabImage

__all__ = ["MultiscaleImage", "OpenedLevels"]


class OpenedLevels(ABC):
    """An opened file that has an image in one resolution or more, the finest first.

    Parameters
    ----------
    name : str
        Of the file, for messages.
    file_axes : sequence of FileAxis
        In the order of the arrays.
    count : int
        How many resolutions there are.

    Attributes
    ----------
    shown : ShownAxes
        The order in which the axes are shown.
    """

    def __init__(self, name: str, file_axes: Sequence[FileAxis], count: int = 1) -> None:
        self.name = name
        self.file_axes = tuple(file_axes)
        self.count = count
        self._arrays: dict[int, LazyArray] = {}
        self.shown = shown_axes(self.file_axes, name)

    @abstractmethod
    def stored(self, level: int) -> LazyArray:
        """Find the array of a level as the file has it, axes in the order of the file."""

    def array(self, level: int) -> LazyArray:
        """Return the array of a level, which is looked for once."""
        if level not in self._arrays:
            self._arrays[level] = self.stored(level)
        return self._arrays[level]

    @abstractmethod
    def matrix(self, level: int) -> NDArray[np.float64] | None:
        """Return voxel indices of a level to positions, shape (n + 1, n + 1).

        Axes and units are those of the file, voxel centres at integers. None where nothing is known
        of sizes.
        """

    @abstractmethod
    def facts(self, *, anatomical: bool) -> MicroscopyFacts:
        """Return what the file says besides shape, dtype and positions."""

    def values(self, stored: LazyArray) -> LazyArray:
        """Return the values of a stored array, where a file has a slope."""
        return stored

    def world(self, level: int) -> tuple[NDArray[np.float64] | None, bool]:
        """Return the affine of a level in mm, and whether it leads to RAS+."""
        matrix = self.matrix(level)
        if matrix is None:
            return None, False
        return world_affine(matrix, self.file_axes, self.shown, self.name)

    def check_level(self, level: int) -> None:
        """Refuse a level that there is not.

        Raises
        ------
        UsageError
        """
        if level not in range(self.count):
            raise UsageError(f"level: {self.name} has levels 0 to {self.count - 1}, got {level!r}")

    def image(self, cls: type[Any], level: int) -> Any:
        """Return the image of a level.

        Raises
        ------
        HeaderDataError
            If its array does not have the axes of the file, or more voxels than the level before.
        """
        stored = self.array(level)
        self._check_shape(level, stored.shape)
        affine, anatomical = self.world(level)
        view = self.shown.view(self.values(stored))
        header = cls.header_class(self.facts(anatomical=anatomical))
        header.set_data_dtype(stored.dtype)
        header.set_data_shape(view.shape)
        if affine is not None:
            header.set_affine(affine)
        header.set_zooms((*header.get_zooms()[:3], *self._later_sizes(level))[: view.ndim])
        header.start_time = self._start(level)
        return cls(view, affine, header)

    def _check_shape(self, level: int, shape: tuple[int, ...]) -> None:
        if len(shape) != len(self.file_axes):
            raise HeaderDataError(
                f"{self.name}: level {level} must have {len(self.file_axes)} axes, got {len(shape)}"
            )
        before = self.array(level - 1).shape if level else shape
        if prod(shape) > prod(before):
            raise HeaderDataError(
                f"{self.name}: level {level} of shape {shape} is larger than level {level - 1} of "
                f"shape {before}"
            )

    def _start(self, level: int) -> float:
        """Return the position of the first volume along the axis of time; 0 without one."""
        matrix = self.matrix(level)
        axis = next(iter(self.shown.axes[3:4]), None)
        if matrix is None or axis is None or self.file_axes[axis].kind != "time":
            return 0.0
        return float(matrix[axis, -1])

    def _later_sizes(self, level: int) -> list[float]:
        """Return the size of a step along each axis past the third."""
        matrix = self.matrix(level)
        if matrix is None:
            return [1.0] * len(self.shown.axes[3:])
        return [1.0 if axis is None else float(matrix[axis, axis]) for axis in self.shown.axes[3:]]


class MultiscaleImage(SlabImage):
    """An image of which a file has one resolution or more; formats are derived from it.

    Parameters
    ----------
    dataobj, affine, header, extra, file_map, dtype
        As for `SlabImage`.
    """

    ImageArrayProxy: ClassVar[type[LazyArray]] = ChunkedArray  # type: ignore[assignment]
    packs_voxels = True
    ends_with_voxels = False

    #: What the image was loaded from; None for one that was made or derived.
    _opened: OpenedLevels | None = None
    _level = 0

    #: What this is a region of; None for all other images.
    _whole: Self | None = None

    @classmethod
    def _of_level(cls, opened: OpenedLevels, level: int, file_map: Any) -> Self:
        """Return the image of a level of an opened file, with the file map of the file."""
        opened.check_level(level)
        img: Self = opened.image(cls, level)
        img.file_map = copy_file_map(dict(file_map))
        img._opened = opened
        img._level = level
        return img

    @property
    def levels(self) -> tuple[Self, ...]:
        """The image in all its resolutions, this one first, then those that are coarser.

        Those of a region have every voxel that touches it.
        """
        if self._whole is not None:
            coarser = [_part_of_level(level, self) for level in self._whole.levels[1:]]
            # A coarser level may end before the last voxels of this one.
            return (self, *[part for part in coarser if part is not None])
        opened = self._opened
        if opened is None:
            return (self,)
        further = range(self._level + 1, opened.count)
        return (self, *[self._of_level(opened, level, self.file_map) for level in further])

    def _further_facts(self) -> dict[str, str]:
        whole = self if self._whole is None else self._whole
        count = 1 if whole._opened is None else whole._opened.count - whole._level
        return {"levels": str(count)} if count > 1 else {}

    def roi(self, bounds: ArrayLike, space: Space = "voxel", *, level: int = 0) -> Self:
        """Return the part of the image within bounds, lazily, with the coarser levels of it.

        Parameters
        ----------
        bounds : (2, 3) array-like
        space : {"voxel", "world", "project"}
        level : int
            As for `SpatialImage.roi`.

        Raises
        ------
        UsageError
            If nothing of the image is within the bounds, or they make no sense.
        """
        part = super().roi(bounds, space, level=level)
        if part.affine is not None:
            part._whole = level_of(self, level)
        return part


def _part_of_level(level: Any, part: Any) -> Any:
    """Return the part of a coarser level that a part of a finer one covers, with its levels."""
    found = same_region(level, part)
    if found is not None:
        found._whole = level
    return found
