"""Sections: the sagittal, coronal and axial cuts along the axes of a grid of voxels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.errors import UsageError
from volio.space.affines import apply_affine, check_affine, voxel_sizes
from volio.space.orientations import io_orientation
from volio.space.transforms import invert

__all__ = ["NAMES", "Plane", "Section", "Sections"]

NAMES = ("sagittal", "coronal", "axial")
#: The world axes that run to the right of and up each section.
ACROSS, UP = (1, 0, 0), (2, 2, 1)
#: The ends of the world axes, and those of voxel axes where the world is not known.
ENDS = (("L", "R"), ("P", "A"), ("I", "S"))
UNKNOWN = (("-i", "+i"), ("-j", "+j"), ("-k", "+k"))
#: Of a voxel: a pixel between two voxels takes the same one in whichever order voxels are stored.
ASIDE = 5e-5


@dataclass(frozen=True)
class Plane:
    """Points of a picture: pixel (row, column) lies at ``origin + row * u + column * v``, mm."""

    origin: NDArray[np.float64]
    u: NDArray[np.float64]
    v: NDArray[np.float64]
    shape: tuple[int, int]


@dataclass(frozen=True)
class Section:
    """A cut along two axes of the voxels.

    Rows run upwards: row 0 is lowest.

    Attributes
    ----------
    name : str
        Of `NAMES`.
    through : int
        The voxel axis that is cut.
    axes : (int, int)
        The voxel axes of the rows and the columns.
    flips : (bool, bool)
        Whether rows and columns run against these axes.
    shape : (int, int)
        Rows and columns.
    sizes : (float, float)
        Their heights and widths, mm.
    letters : (str, str, str, str)
        What lies at the top, the right, the bottom and the left.
    affine : (4, 4) array
    """

    name: str
    through: int
    axes: tuple[int, int]
    flips: tuple[bool, bool]
    shape: tuple[int, int]
    sizes: tuple[float, float]
    letters: tuple[str, str, str, str]
    affine: NDArray[np.float64]

    def oriented(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return a slice of the voxels (axes in their order, colours last) as it is shown."""
        if self.axes[0] > self.axes[1]:
            values = np.swapaxes(values, 0, 1)
        return values[tuple(slice(None, None, -1 if flip else 1) for flip in self.flips)]

    def at(self, voxel: Sequence[float]) -> tuple[float, float]:
        """Return the row and the column of a voxel."""
        row, column = (self._turned(n, voxel[self.axes[n]]) for n in (0, 1))
        return row, column

    def voxel(self, row: float, column: float, voxel: Sequence[float]) -> NDArray[np.float64]:
        """Return `voxel` moved to a row and a column."""
        moved = np.array(voxel, np.float64)
        moved[list(self.axes)] = self._turned(0, row), self._turned(1, column)
        return moved

    def _turned(self, n: int, place: float) -> float:
        return self.shape[n] - 1 - place if self.flips[n] else place

    def plane(self, voxel: Sequence[float], shape: tuple[int, int], down: bool = False) -> Plane:
        """Return where the pixels of a picture of the section lie.

        Parameters
        ----------
        voxel : (3,) sequence of float
            A voxel that the section goes through.
        shape : (rows, columns)
            Pixels, which fill the section from edge to edge of the voxels.
        down : bool
            Row 0 is the highest, as in files of pictures.
        """
        first, steps = np.array(voxel, np.float64), np.zeros((2, 3))
        for n, axis in enumerate(self.axes):
            step = self.shape[n] / shape[n]
            against = self.flips[n] != (down and n == 0)
            first[axis] = (self.shape[n] - step / 2 if against else step / 2) - 0.5
            first[axis] += -ASIDE if self.flips[n] else ASIDE
            steps[n, axis] = -step if against else step
        origin = apply_affine(self.affine, first)
        u, v = steps @ self.affine[:3, :3].T
        return Plane(origin, u, v, shape)


class Sections:
    """The three sections of a grid.

    Parameters
    ----------
    shape : sequence of int
        Voxels; axes after the third do not count.
    affine : (4, 4) array-like, optional
        Voxel to RAS+ mm. Without it the world is the voxels, and sides are named after their axes.
    radiological : bool
        The subject's left is on the right of coronal and axial sections, as if seen from the front
        and from the feet.

    Raises
    ------
    UsageError
        If there are fewer than three axes.
    AffineError
        If the affine cannot be inverted.

    Notes
    -----
    Sections follow the voxel axis nearest to each world axis: an oblique grid is shown as it is,
    without interpolation.
    """

    def __init__(
        self, shape: Sequence[int], affine: ArrayLike | None = None, radiological: bool = False
    ) -> None:
        if len(shape) < 3:
            raise UsageError(f"an image of three axes or more is needed, got shape {tuple(shape)}")
        self.shape = tuple(int(n) for n in shape[:3])
        self.known = affine is not None
        self.affine = check_affine(np.eye(4) if affine is None else affine)
        self.inverse = invert(self.affine)
        self.radiological = bool(radiological)
        ornt = io_orientation(self.affine)
        #: The voxel axis along each world axis, and whether it runs against it.
        self.order = tuple(int(np.flatnonzero(ornt[:, 0] == world)[0]) for world in range(3))
        self.against = tuple(bool(ornt[axis, 1] < 0) for axis in self.order)
        self._sections = tuple(self._section(world) for world in range(3))

    def __getitem__(self, number: int) -> Section:
        """Return the section across world axis 0 (sagittal), 1 (coronal) or 2 (axial)."""
        return self._sections[number]

    def __len__(self) -> int:
        return 3

    def _section(self, world: int) -> Section:
        up, across = UP[world], ACROSS[world]
        axes = self.order[up], self.order[across]
        sizes = voxel_sizes(self.affine)
        mirrored = self.radiological and across == 0
        ends = ENDS if self.known else UNKNOWN
        left, right = ends[across][::-1] if mirrored else ends[across]
        return Section(
            NAMES[world],
            self.order[world],
            axes,
            (self.against[up], self.against[across] != mirrored),
            (self.shape[axes[0]], self.shape[axes[1]]),
            (float(sizes[axes[0]]), float(sizes[axes[1]])),
            (ends[up][1], right, ends[up][0], left),
            self.affine,
        )

    def to_voxel(self, position: ArrayLike) -> NDArray[np.intp]:
        """Return the voxel nearest to a position in mm."""
        place = np.rint(apply_affine(self.inverse, position))
        voxel: NDArray[np.intp] = np.clip(place, 0, np.array(self.shape) - 1).astype(np.intp)
        return voxel

    def to_world(self, voxel: ArrayLike) -> NDArray[np.float64]:
        """Return the position of a voxel, mm."""
        return apply_affine(self.affine, voxel) + 0.0

    def inside(self, position: ArrayLike) -> bool:
        """Tell whether a position in mm lies in a voxel."""
        place = apply_affine(self.inverse, position)
        return bool(((place >= -0.5) & (place <= np.array(self.shape) - 0.5)).all())
