"""Grid: the volume in which the voxels of an axis are counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.errors import HeaderDataError, UsageError
from volio.formats.cifti2.axes.axis import whole_number
from volio.formats.cifti2.axes.names import cifti_name

__all__ = ["InSpace", "merged_counts"]

Shape = tuple[int, int, int]


class InSpace:
    """The volume of an axis and the vertex counts of its surfaces.

    Attributes
    ----------
    nvertices : dict of str to int
        Vertices of each whole surface, by the name of its structure.
    """

    _affine: NDArray[Any] | None = None
    _volume_shape: Shape | None = None
    nvertices: dict[str, int]

    @property
    def affine(self) -> NDArray[Any] | None:
        """Voxel indices to mm, shape (4, 4); None without voxels."""
        return self._affine

    @affine.setter
    def affine(self, affine: ArrayLike | None) -> None:
        array = None if affine is None else np.asanyarray(affine)
        if array is not None and array.shape != (4, 4):
            raise HeaderDataError(f"affine: must be of shape (4, 4), got {array.shape}")
        self._affine = array

    @property
    def volume_shape(self) -> Shape | None:
        """Lengths of the axes of the volume in voxels; None without voxels."""
        return self._volume_shape

    @volume_shape.setter
    def volume_shape(self, shape: Any) -> None:
        if shape is None:
            self._volume_shape = None
            return
        lengths = [whole_number(length) for length in shape]
        if len(lengths) != 3 or None in lengths:
            raise HeaderDataError(f"volume_shape: must be three whole numbers, got {shape!r}")
        self._volume_shape = (int(shape[0]), int(shape[1]), int(shape[2]))

    def has_space_of(self, other: InSpace) -> bool:
        """Return whether both have the same volume, or neither has one."""
        if self.affine is None or other.affine is None:
            return self.affine is other.affine
        is_close = np.allclose(self.affine, other.affine)
        return bool(is_close) and self.volume_shape == other.volume_shape

    def joined_space(self, other: InSpace) -> tuple[NDArray[Any] | None, Shape | None]:
        """Return affine and shape of the volume of both.

        Raises
        ------
        UsageError
            If both have one and these differ.
        """
        if self.affine is None:
            return other.affine, other.volume_shape
        if other.affine is not None and not self.has_space_of(other):
            raise UsageError(
                f"volume: axes of different volumes cannot be joined: shape {self.volume_shape} "
                f"and {other.volume_shape}, affine {self.affine.tolist()} and "
                f"{other.affine.tolist()}"
            )
        return self.affine, self.volume_shape

    def check_voxels(self, voxels: NDArray[Any], what: str) -> None:
        """Check that voxels are in the volume.

        Parameters
        ----------
        voxels : array of int, shape (n, 3)
        what : str
            They belong to, for the error.

        Raises
        ------
        HeaderDataError
            If one is outside, or there is no volume.
        """
        if self.affine is None or self.volume_shape is None:
            raise HeaderDataError(f"{what}: has voxels, so affine and volume_shape are needed")
        outside = (voxels < 0) | (voxels >= np.array(self.volume_shape))
        if outside.any():
            first = np.flatnonzero(outside.any(axis=1))[0]
            raise HeaderDataError(
                f"{what}: voxel {voxels[first].tolist()} (number {first}) is outside the volume "
                f"of shape {self.volume_shape}"
            )

    def check_vertices(self, name: str, vertices: NDArray[Any], what: str) -> None:
        """Check that vertices are of a surface whose count is known.

        Raises
        ------
        HeaderDataError
            If one is outside, or the count is not known.
        """
        if name not in self.nvertices:
            raise HeaderDataError(f"{what}: the number of vertices of {name} is not stated")
        count = self.nvertices[name]
        outside = (vertices < 0) | (vertices >= count)
        if outside.any():
            first = np.flatnonzero(outside)[0]
            raise HeaderDataError(
                f"{what}: vertex {vertices[first]} (number {first}) is outside {name}, which has "
                f"{count} vertices"
            )


def merged_counts(axis: InSpace, other: InSpace) -> dict[str, int]:
    """Return the vertex counts of two axes.

    Raises
    ------
    UsageError
        If they differ for one structure.
    """
    counts = dict(axis.nvertices)
    for name, count in other.nvertices.items():
        if counts.setdefault(name, count) != count:
            raise UsageError(
                f"nvertices: {name} has {counts[name]} vertices in one axis and {count} in the "
                "other"
            )
    return counts


def cifti_counts(nvertices: Mapping[Any, int] | None) -> dict[str, int]:
    """Return vertex counts by names as CIFTI-2 spells them."""
    return {cifti_name(name): int(count) for name, count in (nvertices or {}).items()}
