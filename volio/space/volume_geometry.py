"""The volume that a FreeSurfer surface was made from, and the two spaces that it ties together.

Surfaces of FreeSurfer are stored in the surface's own space, tkRAS: its origin is the centre of the
volume, and its axes are those of a volume whose directions are the standard ones, whatever the
directions of the scan. The geometry of the volume leads from there to the scanner.

Source: https://surfer.nmr.mgh.harvard.edu/fswiki/CoordinateSystems
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.errors import AffineError
from volio.space.affines import from_matvec

__all__ = ["VolumeGeometry"]

#: Columns x, y, z of a volume whose voxels run to the left, to inferior and to anterior.
STANDARD = ((-1.0, 0.0, 0.0), (0.0, 0.0, 1.0), (0.0, -1.0, 0.0))

#: Directions that were rounded to some six digits are still unit vectors within this.
TOLERANCE = 1e-3


@dataclass(frozen=True)
class VolumeGeometry:
    """Lengths, voxel sizes, directions and centre of a volume.

    Parameters
    ----------
    shape : (int, int, int)
        Voxels along each axis.
    voxel_sizes : (float, float, float)
        In mm.
    directions : 3 x 3 floats, in columns
        Direction of each voxel axis: unit vectors, RAS+.
    centre : (float, float, float)
        Position of voxel ``shape / 2``, scanner RAS+ mm.

    Raises
    ------
    AffineError
        If lengths or sizes are not positive, numbers not finite, or the directions not unit
        vectors that span a volume.

    Examples
    --------
    >>> geometry = volio.VolumeGeometry.standard(centre=(1.0, 2.0, 3.0))
    >>> (geometry.scanner_from_tkras @ [0, 0, 0, 1]).tolist()
    [1.0, 2.0, 3.0, 1.0]
    """

    shape: tuple[int, int, int]
    voxel_sizes: tuple[float, float, float]
    directions: tuple[tuple[float, float, float], ...]
    centre: tuple[float, float, float]

    def __post_init__(self) -> None:
        numbers = [*self.shape, *self.voxel_sizes, *self.centre, *np.ravel(self.directions)]
        if np.shape(self.directions) != (3, 3) or not np.isfinite(numbers).all():
            raise AffineError(f"geometry: 3 x 3 directions and finite numbers, got {self}")
        if min(self.shape) < 1 or min(self.voxel_sizes) <= 0:
            raise AffineError(
                "geometry: lengths and voxel sizes must be positive, got "
                f"{self.shape} and {self.voxel_sizes} mm"
            )
        columns = np.array(self.directions)
        lengths = np.linalg.norm(columns, axis=0)
        is_flat = abs(np.linalg.det(columns)) < TOLERANCE
        if is_flat or np.abs(lengths - 1).max() > TOLERANCE:
            raise AffineError(
                f"geometry: directions must be unit vectors that span a volume, got {columns}"
            )

    @classmethod
    def standard(
        cls,
        shape: Sequence[int] = (256, 256, 256),
        voxel_sizes: Sequence[float] = (1.0, 1.0, 1.0),
        centre: Sequence[float] = (0.0, 0.0, 0.0),
    ) -> VolumeGeometry:
        """Return a geometry with FreeSurfer's standard directions: left, inferior, anterior."""
        return cls(_integers(shape), _floats(voxel_sizes), STANDARD, _floats(centre))

    @classmethod
    def from_affine(cls, affine: ArrayLike, shape: Sequence[int]) -> VolumeGeometry:
        """Return the geometry of a volume.

        Parameters
        ----------
        affine : array-like, shape (4, 4)
            Voxel indices to scanner RAS+ mm.
        shape : sequence of int
            Of the volume; axes past the third do not count.

        Raises
        ------
        AffineError
            If the affine spans no volume.
        """
        matrix = np.asarray(affine, float)
        sizes = np.linalg.norm(matrix[:3, :3], axis=0)
        if not (sizes > 0).all():
            raise AffineError(f"affine: voxel sizes must be positive, got {sizes.tolist()} mm")
        lengths = _integers(shape)
        centre = matrix[:3, :3] @ (np.array(lengths) / 2) + matrix[:3, 3]
        directions = tuple(_floats(row) for row in matrix[:3, :3] / sizes)
        return cls(lengths, _floats(sizes), directions, _floats(centre))

    @property
    def vox2ras(self) -> NDArray[np.float64]:
        """Voxel indices to scanner RAS+ mm, shape (4, 4)."""
        matrix = np.array(self.directions) * self.voxel_sizes
        return from_matvec(matrix, self.centre - matrix @ (np.array(self.shape) / 2))

    @property
    def vox2ras_tkr(self) -> NDArray[np.float64]:
        """Voxel indices to tkRAS mm, shape (4, 4)."""
        matrix = np.array(STANDARD) * self.voxel_sizes
        return from_matvec(matrix, -matrix @ (np.array(self.shape) / 2))

    @property
    def scanner_from_tkras(self) -> NDArray[np.float64]:
        """TkRAS mm to scanner RAS+ mm, shape (4, 4)."""
        matrix: NDArray[np.float64] = self.vox2ras @ np.linalg.inv(self.vox2ras_tkr)
        return matrix


def _integers(lengths: Sequence[int]) -> tuple[int, int, int]:
    x, y, z = (int(length) for length in tuple(lengths)[:3])
    return x, y, z


def _floats(values: ArrayLike) -> tuple[float, float, float]:
    x, y, z = np.asarray(values, float).tolist()
    return x, y, z
