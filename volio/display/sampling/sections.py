"""Sections: the sagittal, coronal and axial cuts along the axes of a grid of voxels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.display.base.choices import chosen
from volio.errors import UsageError
from volio.flags import as_flag
from volio.space.affines import apply_affine, check_affine, voxel_sizes
from volio.space.orientations import io_orientation
from volio.space.transforms import invert

__all__ = ["MODES", "NAMES", "PicturePlane", "Section", "Sections", "ends_of_axes"]

NAMES = ("sagittal", "coronal", "axial")
#: World axes across which each mode of display cuts.
MODES = {
    "ortho": (0, 1, 2),
    "tiled": (1, 0, 2),
    "xz": (0, 2),
    "yx": (1, 0),
    "yz": (1, 2),
    "x": (0,),
    "y": (1,),
    "z": (2,),
}
#: The world axes that run to the right of and up each section.
ACROSS = (1, 0, 0)
UP = (2, 2, 1)
#: The ends of the world axes, and those of voxel axes where the world is not known.
ENDS = (("L", "R"), ("P", "A"), ("I", "S"))
UNKNOWN = (("-i", "+i"), ("-j", "+j"), ("-k", "+k"))
#: The ends of world axes that no anatomy is known of, as those of microscopes.
OF_NO_BODY = (("-x", "+x"), ("-y", "+y"), ("-z", "+z"))
#: Of a voxel: pixels are moved by this, so that one between two voxels takes the same of the two
#: in whichever order voxels are stored.
ASIDE = 5e-5


def ends_of_axes(has_affine: bool, is_anatomical: bool) -> tuple[tuple[str, str], ...]:
    """Return the names of the two ends of each world axis."""
    if not has_affine:
        return UNKNOWN
    return ENDS if is_anatomical else OF_NO_BODY


@dataclass(frozen=True)
class PicturePlane:
    """Pixels of a picture: (row, column) is at ``origin + row * u + column * v``, world mm."""

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
        The directions of the top, the right, the bottom and the left.
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
        row, column = self.axes
        return self._flipped(0, voxel[row]), self._flipped(1, voxel[column])

    def voxel(self, row: float, column: float, voxel: Sequence[float]) -> NDArray[np.float64]:
        """Return `voxel` moved to a row and a column."""
        moved = np.array(voxel, np.float64)
        moved[list(self.axes)] = self._flipped(0, row), self._flipped(1, column)
        return moved

    def _flipped(self, side: int, index: float) -> float:
        """Return a row (side 0) or column (1) for an index of its voxel axis, or the reverse."""
        return self.shape[side] - 1 - index if self.flips[side] else index

    def plane(
        self, voxel: Sequence[float], shape: tuple[int, int], down: bool = False
    ) -> PicturePlane:
        """Return where the pixels of a picture of the section are.

        Parameters
        ----------
        voxel : (3,) sequence of float
            A voxel that the section goes through.
        shape : (rows, columns)
            Pixels, which fill the section from edge to edge of the voxels.
        down : bool
            Row 0 is the highest, as in files of pictures.
        """
        first = np.array(voxel, np.float64)
        steps = np.zeros((2, 3))
        for side, axis in enumerate(self.axes):
            is_reversed = self.flips[side] != (down and side == 0)
            first[axis], steps[side, axis] = self._pixels(side, shape[side], is_reversed)
        u, v = steps @ self.affine[:3, :3].T
        return PicturePlane(apply_affine(self.affine, first), u, v, shape)

    def _pixels(self, side: int, count: int, is_reversed: bool) -> tuple[float, float]:
        """Return the voxel index of the first of so many pixels along a side, and their step."""
        step = self.shape[side] / count
        # The first pixel's edge is that of the first voxel, half a voxel before its centre.
        first = step / 2 - 0.5
        if is_reversed:
            first = self.shape[side] - step / 2 - 0.5
        aside = -ASIDE if self.flips[side] else ASIDE
        return first + aside, -step if is_reversed else step


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
    anatomical : bool
        The affine leads to RAS+; if False, to axes of another world, whose sides are named x, y
        and z.

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

    Examples
    --------
    >>> sections = volio.display.Sections((8, 9, 10), np.diag([2, 2, 2, 1]))
    >>> [section.name for section in sections]
    ['sagittal', 'coronal', 'axial']
    """

    def __init__(
        self,
        shape: Sequence[int],
        affine: ArrayLike | None = None,
        radiological: bool = False,
        anatomical: bool = True,
    ) -> None:
        if len(shape) < 3:
            raise UsageError(f"an image of three axes or more is needed, got shape {tuple(shape)}")
        self.shape = tuple(int(n) for n in shape[:3])
        self.ends = ends_of_axes(affine is not None, anatomical)
        self.anatomical = bool(anatomical)
        self.affine = check_affine(np.eye(4) if affine is None else affine)
        self.inverse = invert(self.affine)
        self.radiological = as_flag("radiological", radiological)
        #: The voxel axis along each world axis, and whether it runs against it.
        self.order, self.against = _voxel_axes(self.affine)
        self._sections = tuple(self._section(world) for world in range(3))

    @property
    def single(self) -> str | None:
        """The world axis, "x", "y" or "z", across which there is a single slice.

        None if several axes of space, or none, have a single voxel.
        """
        found = [
            name for name, axis in zip("xyz", self.order, strict=True) if self.shape[axis] == 1
        ]
        return found[0] if len(found) == 1 else None

    def worlds(self, display_mode: str | None) -> tuple[int, ...]:
        """Return the world axes across which a mode of display cuts.

        Parameters
        ----------
        display_mode : str, optional
            Of `MODES`. By default all three, but of a single slice its own.

        Raises
        ------
        UsageError
            If there is no such mode.
        """
        if display_mode is None:
            return MODES[self.single or "ortho"]
        return MODES[chosen("display_mode", display_mode, tuple(MODES))]

    def __getitem__(self, number: int) -> Section:
        """Return the section across world axis 0 (sagittal), 1 (coronal) or 2 (axial)."""
        return self._sections[number]

    def __len__(self) -> int:
        return 3

    def _section(self, world: int) -> Section:
        up = UP[world]
        across = ACROSS[world]
        rows = self.order[up]
        columns = self.order[across]
        sizes = voxel_sizes(self.affine).tolist()
        is_mirrored = self.radiological and across == 0
        return Section(
            name=NAMES[world],
            through=self.order[world],
            axes=(rows, columns),
            flips=(self.against[up], self.against[across] != is_mirrored),
            shape=(self.shape[rows], self.shape[columns]),
            sizes=(sizes[rows], sizes[columns]),
            letters=self._letters(up, across, is_mirrored),
            affine=self.affine,
        )

    def _letters(self, up: int, across: int, is_mirrored: bool) -> tuple[str, str, str, str]:
        """Return the letters of the sides of a section: top, right, bottom, left."""
        bottom, top = self.ends[up]
        left, right = self.ends[across]
        return (top, left, bottom, right) if is_mirrored else (top, right, bottom, left)

    def to_voxel(self, position: ArrayLike) -> NDArray[np.intp]:
        """Return the voxel nearest to a position in mm."""
        nearest = np.rint(apply_affine(self.inverse, position))
        voxel: NDArray[np.intp] = np.clip(nearest, 0, np.array(self.shape) - 1).astype(np.intp)
        return voxel

    def to_world(self, voxel: ArrayLike) -> NDArray[np.float64]:
        """Return the position of a voxel, mm."""
        return apply_affine(self.affine, voxel) + 0.0

    def inside(self, position: ArrayLike) -> bool:
        """Return whether a position in mm is in a voxel."""
        voxel = apply_affine(self.inverse, position)
        return bool(((voxel >= -0.5) & (voxel <= np.array(self.shape) - 0.5)).all())


def _voxel_axes(affine: NDArray[np.float64]) -> tuple[tuple[int, ...], tuple[bool, ...]]:
    """Return the voxel axis nearest to each world axis, and whether it runs against it."""
    world_axes, directions = io_orientation(affine).T
    order = np.argsort(world_axes)
    return tuple(order.tolist()), tuple((directions[order] < 0).tolist())
