"""ImageSlicer: basic indexing of an image that keeps every voxel where it is in the world."""

from __future__ import annotations

import operator
from contextlib import suppress
from typing import Any

import numpy as np

from volio.arrays.views import lazy_slice
from volio.errors import IndexingError
from volio.images.headers.volume_metadata import HeaderVolume, count_volumes
from volio.space.grids import slice_affine

__all__ = ["ImageSlicer"]


class ImageSlicer:
    """What ``img.slicer`` is: index it with slices to get an image.

    Parameters
    ----------
    img : SpatialImage
        The image; its first three axes are those of space.
    """

    def __init__(self, img: Any) -> None:
        self.img = img

    def __getitem__(self, index: Any) -> Any:
        """Return the part of the image that `index` selects.

        Raises
        ------
        IndexingError
            For indices other than slices, Ellipsis and, past the third axis, integers and None
            (a new axis), and for slices of space that leave nothing.
        """
        full = self.check_slicing(index)
        data = lazy_slice(self.img.dataobj, full)
        voxels = slice_affine(np.eye(4), self.img.shape, full[:3])
        return self.img._derived(
            data, self.slice_affine(index), self._later_sizes(full), self._volumes(full), voxels
        )

    def slice_affine(self, index: Any) -> Any:
        """Return the affine that the part of the image selected by `index` has, shape (4, 4)."""
        full = self.check_slicing(index)
        if self.img._affine is None:
            return None
        return slice_affine(self.img._affine, self.img.shape, full[:3])

    def check_slicing(self, index: Any) -> tuple[Any, ...]:
        """Return `index` with one slice or integer per axis of the image, and None for new axes.

        Raises
        ------
        IndexingError
            As for indexing.
        """
        shape = self.img.shape
        full = _spelled_out(index if isinstance(index, tuple) else (index,), len(shape))
        for axis, (part, length) in enumerate(zip(full[:3], shape, strict=False)):
            if part is None:
                raise IndexingError(f"axis {axis} is one of space: new axes come after the third")
            if not isinstance(part, slice):
                raise IndexingError(
                    f"axis {axis} is one of space and must stay: use [{part}:{part + 1}]"
                )
            if not range(*part.indices(length)):
                raise IndexingError(
                    f"axis {axis}: {_written(part)} leaves nothing of {length} voxels"
                )
        return full

    def _volumes(self, full: tuple[Any, ...]) -> list[HeaderVolume] | None:
        """Return the volumes that are left; None where all are."""
        shape = self.img.shape
        numbers = np.arange(count_volumes(shape)).reshape(shape[3:], order="F")
        left = numbers[full[3:]].ravel(order="F").tolist()
        if left == list(range(numbers.size)):
            return None
        return [(self.img.header, volume) for volume in left]

    def _later_sizes(self, full: tuple[Any, ...]) -> list[float]:
        """Return the sizes of the axes past the third; 1 for new ones."""
        sizes = iter(self.img.header.get_zooms()[3:])
        later: list[float] = []
        for part in full[3:]:
            size = 1.0 if part is None else float(next(sizes, 1.0))
            if not isinstance(part, int):
                later.append(size * abs((part and part.step) or 1))
        return later


def _spelled_out(index: tuple[Any, ...], ndim: int) -> tuple[Any, ...]:
    parts = [_part(part) for part in index]
    dots = [number for number, part in enumerate(parts) if part is Ellipsis]
    if len(dots) > 1:
        raise IndexingError(f"{index}: holds more than one Ellipsis (...)")
    missing = ndim - sum(part is not None and part is not Ellipsis for part in parts)
    if missing < 0:
        raise IndexingError(f"{index}: too many indices for an image of {ndim} axes")
    at = dots[0] if dots else len(parts)
    return (*parts[:at], *[slice(None)] * missing, *parts[at + len(dots) :])


def _part(part: Any) -> Any:
    if part is None or part is Ellipsis or isinstance(part, slice):
        return part
    if not isinstance(part, bool | np.bool_):
        with suppress(TypeError):
            return operator.index(part)
    raise IndexingError(
        f"{part!r}: an image is sliced with slices, integers, None and Ellipsis; "
        "img.dataobj[...] takes everything numpy does"
    )


def _written(part: slice) -> str:
    """Return a slice in the notation of Python."""
    ends = ("" if end is None else str(end) for end in (part.start, part.stop, part.step))
    return f"[{':'.join(ends).removesuffix(':')}]"
