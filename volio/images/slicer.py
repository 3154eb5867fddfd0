"""ImageSlicer: basic indexing of an image that keeps every voxel where it is in the world."""

from __future__ import annotations

from typing import Any

from volio.arrays.views import lazy_slice
from volio.errors import IndexingError
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
            For indices other than slices, integers (past the third axis) and Ellipsis, and for
            slices of space that leave nothing.
        """
        full = self.check_slicing(index)
        affine = self.slice_affine(index)
        steps = [part.step or 1 if isinstance(part, slice) else 0 for part in full]
        data = lazy_slice(self.img.dataobj, full)
        return self.img._derived(data, affine, [abs(step) for step in steps])

    def slice_affine(self, index: Any) -> Any:
        """Return the affine that the part of the image selected by `index` has, shape (4, 4)."""
        full = self.check_slicing(index)
        if self.img.affine is None:
            return None
        return slice_affine(self.img.affine, self.img.shape, full[:3])

    def check_slicing(self, index: Any) -> tuple[Any, ...]:
        """Return `index` with one slice or integer per axis of the image.

        Raises
        ------
        IndexingError
            As for indexing.
        """
        shape = self.img.shape
        full = _spelled_out(index if isinstance(index, tuple) else (index,), len(shape))
        for axis, part in enumerate(full):
            if isinstance(part, slice):
                if axis < 3 and not range(*part.indices(shape[axis])):
                    raise IndexingError(f"axis {axis}: {part} leaves nothing of {shape[axis]}")
            elif axis < 3:
                raise IndexingError(
                    f"axis {axis} is one of space and must stay: use [{part}:{part + 1}]"
                )
        return full


def _spelled_out(index: tuple[Any, ...], ndim: int) -> tuple[Any, ...]:
    parts = []
    for part in index:
        if isinstance(part, slice) or part is Ellipsis:
            parts.append(part)
        elif hasattr(part, "__index__") and not isinstance(part, bool):
            parts.append(part.__index__())
        else:
            raise IndexingError(
                f"{part!r}: an image is sliced with slices, integers and Ellipsis; "
                "img.dataobj[...] takes everything numpy does"
            )
    dots = [place for place, part in enumerate(parts) if part is Ellipsis]
    if len(dots) > 1 or len(parts) - len(dots) > ndim:
        raise IndexingError(f"{index}: too many indices for an image of {ndim} axes")
    at = dots[0] if dots else len(parts)
    missing = ndim - (len(parts) - len(dots))
    return (*parts[:at], *[slice(None)] * missing, *parts[at + len(dots) :])
