"""Axes of files by their names: the order in which they are shown, and where they lead.

Axes are shown as x, y, z, then t, c, then all others in the order of the file. Axis 3 is always
time and axis 4 always channel, as in NIfTI: axes of length 1 stand in for those that a file lacks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from volio.arrays.lazy import LazyArray
from volio.arrays.views import lazy_slice, lazy_transpose
from volio.errors import HeaderDataError, UsageError
from volio.images.headers.units import millimetres_in
from volio.space.affines import spans_space

__all__ = [
    "ORIENTATIONS",
    "SHOWN",
    "FileAxis",
    "ShownAxes",
    "axes_of_letters",
    "axes_of_names",
    "length_in_mm",
    "shown_axes",
    "unnamed_axes",
    "world_affine",
]

#: Names of the axes that every image can have, in the order in which they are shown.
SHOWN = ("x", "y", "z", "t", "c")

KINDS = {"t": "time", "c": "channel", "z": "space", "y": "space", "x": "space"}

#: Where an anatomical axis runs: the axis of RAS+, and its direction.
ORIENTATIONS = {
    "left-to-right": (0, 1),
    "right-to-left": (0, -1),
    "posterior-to-anterior": (1, 1),
    "anterior-to-posterior": (1, -1),
    "inferior-to-superior": (2, 1),
    "superior-to-inferior": (2, -1),
}


class FileAxis(NamedTuple):
    """An axis as a file names it.

    Attributes
    ----------
    name : str
    kind : str
        'space', 'time', 'channel', or what the file has; "" for none.
    unit : str
        "" for none.
    orientation : str
        Where an anatomical axis runs, 'left-to-right' say; "" where that is not known.
    """

    name: str
    kind: str = ""
    unit: str = ""
    orientation: str = ""


def axes_of_letters(letters: str, ndim: int) -> tuple[FileAxis, ...]:
    """Return the axes that a user names by letters: ``"TCZYX"``.

    Raises
    ------
    UsageError
        If there are not `ndim` different letters.
    """
    names = letters.lower()
    if len(names) != ndim or len(set(names)) != ndim or not names.isalpha():
        raise UsageError(f"axes: must be {ndim} different letters, got {letters!r}")
    return axes_of_names(names)


def axes_of_names(names: Sequence[str]) -> tuple[FileAxis, ...]:
    """Return axes of these names, with the kinds that x, y, z, t and c have."""
    return tuple([FileAxis(name, KINDS.get(name.lower(), "")) for name in names])


def unnamed_axes(ndim: int) -> tuple[FileAxis, ...]:
    """Return the axes of an array that does not name them: the last one is x.

    Reversed they are x, y, z, t, c, and letters from d on.
    """
    return axes_of_names("xyztcdefghijklmnopqrsuvwab"[:ndim][::-1])


class ShownAxes(NamedTuple):
    """Which axes of a file an image shows, in which order.

    Attributes
    ----------
    names : str or tuple of str
        As shown.
    axes : tuple of int or None
        The axis of the file for each; None for one of length 1 that stands in.
    """

    names: tuple[str, ...]
    axes: tuple[int | None, ...]

    def view(self, stored: LazyArray) -> LazyArray:
        """Return a lazy array with the axes as they are shown."""
        added = sum(axis is None for axis in self.axes)
        widened = lazy_slice(stored, (..., *[None] * added))
        new = iter(range(stored.ndim, stored.ndim + added))
        order = [next(new) if axis is None else axis for axis in self.axes]
        view = lazy_transpose(widened, order)
        assert isinstance(view, LazyArray)
        return view


def shown_axes(file_axes: Sequence[FileAxis], what: str) -> ShownAxes:
    """Return the order in which the axes of a file are shown.

    Axes are found by the names x, y, z, t and c. Axes of other names count by their kind: the last
    one in space that has no such name is x, the one before y, then z.

    Raises
    ------
    HeaderDataError
        If more than three axes are in space.
    """
    found = _axes_by_name(file_axes, what)
    rest = [n for n in range(len(file_axes)) if n not in found.values()]
    # Stand-ins up to the last axis there is, and at least x, y, z.
    needed = 5 if rest or "c" in found else 4 if "t" in found else 3
    names = (*SHOWN[:needed], *[file_axes[n].name for n in rest])
    return ShownAxes(names, (*[found.get(name) for name in SHOWN[:needed]], *rest))


def _axes_by_name(file_axes: Sequence[FileAxis], what: str) -> dict[str, int]:
    """Return which axes of a file are x, y, z, t and c; see `shown_axes`."""
    found = {}
    for n, axis in enumerate(file_axes):
        if axis.name.lower() in SHOWN:
            found[axis.name.lower()] = n
    in_space = _of_kind(file_axes, "space")
    unnamed = [n for n in in_space if n not in found.values()]
    free = [name for name in "xyz" if name not in found]
    if len(unnamed) > len(free):
        raise HeaderDataError(f"{what}: axes: at most three can be in space, got {len(in_space)}")
    found |= dict(zip(free, reversed(unnamed), strict=False))
    for name, kind in (("t", "time"), ("c", "channel")):
        for n in _of_kind(file_axes, kind)[:1]:
            found.setdefault(name, n)
    return found


def _of_kind(file_axes: Sequence[FileAxis], kind: str) -> list[int]:
    return [n for n, axis in enumerate(file_axes) if axis.kind == kind]


def length_in_mm(unit: str) -> float:
    """Return the millimetres in a unit of length; 1 where it is not known."""
    return millimetres_in(unit) or 1.0


def world_affine(
    matrix: NDArray[np.float64], file_axes: Sequence[FileAxis], shown: ShownAxes, what: str
) -> tuple[NDArray[np.float64], bool]:
    """Return the affine of an image, and whether it leads to anatomical axes.

    Parameters
    ----------
    matrix : ndarray, shape (n + 1, n + 1)
        Voxel indices to positions, axes as in the file.
    file_axes : sequence of FileAxis
    shown : ShownAxes
    what : str
        For messages.

    Returns
    -------
    affine : ndarray, shape (4, 4)
        Voxel indices (x, y, z) to mm; RAS+ where the axes are anatomical.
    anatomical : bool

    Raises
    ------
    HeaderDataError
        If positions depend on axes that are not in space, or the axes span no volume.
    """
    places = shown.axes[:3]
    affine = _spatial_part(matrix, file_axes, places, what)
    if not spans_space(affine):
        raise HeaderDataError(f"{what}: affine: its axes span no volume: {affine[:3].tolist()}")
    turn = _turn_into_ras(["" if n is None else file_axes[n].orientation for n in places])
    return (affine, False) if turn is None else (turn @ affine, True)


def _spatial_part(
    matrix: NDArray[np.float64],
    file_axes: Sequence[FileAxis],
    places: Sequence[int | None],
    what: str,
) -> NDArray[np.float64]:
    """Return the affine in mm of the axes that are shown in space, shape (4, 4).

    A place that is None is an axis that the file does not have: its voxels are of 1 mm.
    """
    others = [n for n in range(len(file_axes)) if n not in places]
    affine = np.eye(4)
    for row, place in enumerate(places):
        if place is None:
            continue
        if np.any(matrix[place, others]):
            raise HeaderDataError(f"{what}: positions depend on axes that are not in space")
        columns = [0.0 if other is None else matrix[place, other] for other in places]
        affine[row] = [*columns, matrix[place, -1]]
        affine[row] *= length_in_mm(file_axes[place].unit)
    return affine


def _turn_into_ras(orientations: Sequence[str]) -> NDArray[np.float64] | None:
    """Return the matrix from three anatomical axes to RAS+.

    None unless all are known, and are three different ones.
    """
    turn = np.zeros((4, 4))
    turn[3, 3] = 1
    for column, orientation in enumerate(orientations):
        if orientation in ORIENTATIONS:
            row, direction = ORIENTATIONS[orientation]
            turn[row, column] = direction
    return turn if abs(np.linalg.det(turn)) == 1 else None
