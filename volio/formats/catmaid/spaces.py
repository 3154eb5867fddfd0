"""Coordinates of a stack: project (nm), stack (pixels) and scaled (pixels of a zoom level).

Coordinates are of corners: pixel i covers i to i + 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.errors import HeaderDataError, UsageError

__all__ = [
    "MOST_LEVELS",
    "CoordinateTransformer",
    "Factors",
    "StackOrientation",
    "checked_dims",
    "checked_numbers",
    "checked_sizes",
    "checked_zoom",
    "reordered",
    "scaling_factors",
]

Coordinates = Mapping[str, float]
#: How many stack pixels one of a level has along x, y and z, for each level.
Factors = Sequence[Mapping[str, float]]

Number = TypeVar("Number", float, NDArray[np.float64])

DIMS = "xyz"
MOST_LEVELS = 32


class StackOrientation(StrEnum):
    """Which project axes the slices of a stack have: the columns, then the rows.

    CATMAID numbers them: ``StackOrientation(0)`` is XY, 1 is XZ and 2 is ZY.

    Examples
    --------
    >>> str(volio.tiles.StackOrientation(1))
    'xz'
    """

    XY = "xy"
    XZ = "xz"
    ZY = "zy"

    @classmethod
    def _missing_(cls, value: object) -> StackOrientation | None:
        if isinstance(value, str):
            known = {each.value: each for each in cls}
            return known.get(value.lower())
        numbers = dict(enumerate(cls))
        return numbers.get(value) if isinstance(value, int) else None

    @classmethod
    def from_value(cls, value: Any, default: str = "xy") -> StackOrientation:
        """Return the orientation of a word or a number.

        Parameters
        ----------
        value : str, int or None
        default : str, optional
            What None means.

        Raises
        ------
        HeaderDataError
            If there is no such orientation.
        """
        try:
            return cls(default if value is None else value)
        except ValueError:
            raise HeaderDataError(
                f"orientation: must be xy, xz, zy, or 0, 1, 2, got {value!r:.60}"
            ) from None

    @property
    def project_dims(self) -> str:
        """The project axes along stack x, y and z."""
        depth = next(dim for dim in DIMS if dim not in self.value)
        return self.value + depth


def reordered(values: Any, source: str, target: str) -> list[Any]:
    """Return values in another order of dimensions.

    Parameters
    ----------
    values : sequence
        In the order `source`.
    source, target : str
        Permutations of "xyz".
    """
    return [values[source.index(dim)] for dim in target]


def checked_zoom(zoom: Any) -> int:
    """Return a zoom level as an integer.

    Raises
    ------
    UsageError
        If it is not a whole number, or outside -32 to 32.
    """
    try:
        number = int(zoom)
    except (TypeError, ValueError, OverflowError):
        number = MOST_LEVELS + 1
    if number != zoom or abs(number) > MOST_LEVELS:
        raise UsageError(
            f"zoom level: must be a whole number from {-MOST_LEVELS} to {MOST_LEVELS}, "
            f"got {zoom!r:.60}"
        )
    return number


def scaling_factors(
    zoom: int, downsample_factors: Factors | None = None, *, scale_z: bool = False
) -> dict[str, float]:
    """Return how many stack pixels one of a zoom level has along x, y and z.

    Parameters
    ----------
    zoom : int
    downsample_factors : sequence of mapping, optional
        As the server states them for each level; by default x and y are halved from level to
        level.
    scale_z : bool, optional
        Whether slices are halved too; of no effect where the server states the factors.

    Raises
    ------
    UsageError
        If the server states none for the level.
    """
    if downsample_factors is None:
        halved = 2.0**zoom
        return {"x": halved, "y": halved, "z": halved if scale_z else 1.0}
    if not 0 <= zoom < len(downsample_factors):
        raise UsageError(
            f"zoom level: the stack has levels 0 to {len(downsample_factors) - 1}, got {zoom}"
        )
    return {dim: float(downsample_factors[zoom][dim]) for dim in DIMS}


class CoordinateTransformer:
    """How project, stack and scaled coordinates of a stack belong together.

    Parameters
    ----------
    resolution : mapping, optional
        Project units (nm) per pixel along x, y, z of the project. Default: 1 each.
    translation : mapping, optional
        Project coordinates of the corner of the first pixel. Default: 0 each.
    orientation : {"xy", "xz", "zy"} or {0, 1, 2}, optional
        Of the slices of the stack.
    scale_z : bool, optional
        Whether zoom levels have fewer slices.
    downsample_factors : sequence of mapping, optional
        As the server states them for each level; by default x and y are halved from level to
        level, and z is where `scale_z`.

    Raises
    ------
    HeaderDataError
        If a number is not finite, or a resolution is not above 0.

    Examples
    --------
    >>> spaces = volio.tiles.CoordinateTransformer(
    ...     resolution={"x": 4, "y": 4, "z": 40}, translation={"x": 0, "y": 0, "z": 80}
    ... )
    >>> spaces.project_to_stack({"x": 40, "y": 8, "z": 120})
    {'x': 10.0, 'y': 2.0, 'z': 1.0}
    >>> spaces.stack_to_scaled_array([[10, 2, 1]], tgt_zoom=1)
    array([[5., 1., 1.]])
    """

    def __init__(
        self,
        resolution: Coordinates | None = None,
        translation: Coordinates | None = None,
        orientation: str | int = "xy",
        scale_z: bool = False,
        *,
        downsample_factors: Factors | None = None,
    ) -> None:
        ones = dict.fromkeys(DIMS, 1.0)
        zeros = dict.fromkeys(DIMS, 0.0)
        self.resolution = checked_sizes("resolution", resolution or ones)
        self.translation = checked_numbers("translation", translation or zeros)
        self.orientation = StackOrientation.from_value(orientation)
        self.scale_z = bool(scale_z)
        self.downsample_factors = downsample_factors

    @property
    def depth_dim(self) -> str:
        """The project axis along which slices follow each other."""
        return self.orientation.project_dims[2]

    def project_to_stack_coord(self, proj_dim: str, project_coord: Number) -> tuple[str, Number]:
        """Return the stack axis of a project axis, and the coordinate along it.

        Parameters
        ----------
        proj_dim : {"x", "y", "z"}
        project_coord : float
            In nm.
        """
        shifted = project_coord - self.translation[proj_dim]
        return self._partner(proj_dim), shifted / self.resolution[proj_dim]

    def project_to_stack(self, project_coords: Coordinates) -> dict[str, float]:
        """Return the stack coordinates of a point.

        Parameters
        ----------
        project_coords : mapping
            x, y and z, in nm.
        """
        return dict(self.project_to_stack_coord(*pair) for pair in project_coords.items())

    def project_to_stack_array(self, arr: ArrayLike, dims: str = "xyz") -> NDArray[np.float64]:
        """Return the stack coordinates of points.

        Parameters
        ----------
        arr : (..., 3) array-like
            In nm.
        dims : str, optional
            Order of the coordinates, here and in the result.

        Returns
        -------
        (..., 3) ndarray
        """
        points = _points(arr)
        found = np.empty_like(points)
        for column, dim in enumerate(checked_dims(dims)):
            stack_dim, values = self.project_to_stack_coord(dim, points[..., column])
            found[..., dims.index(stack_dim)] = values
        return found

    def stack_to_project_coord(self, stack_dim: str, stack_coord: Number) -> tuple[str, Number]:
        """Return the project axis of a stack axis, and the coordinate along it in nm.

        Parameters
        ----------
        stack_dim : {"x", "y", "z"}
        stack_coord : float
        """
        proj_dim = self._partner(stack_dim)
        return proj_dim, stack_coord * self.resolution[proj_dim] + self.translation[proj_dim]

    def stack_to_project(self, stack_coords: Coordinates) -> dict[str, float]:
        """Return the project coordinates of a point, in nm.

        Parameters
        ----------
        stack_coords : mapping
            x, y and z.
        """
        return dict(self.stack_to_project_coord(*pair) for pair in stack_coords.items())

    def stack_to_project_array(self, arr: ArrayLike, dims: str = "xyz") -> NDArray[np.float64]:
        """Return the project coordinates of points, in nm.

        Parameters
        ----------
        arr : (..., 3) array-like
        dims : str, optional
            Order of the coordinates, here and in the result.

        Returns
        -------
        (..., 3) ndarray
        """
        points = _points(arr)
        found = np.empty_like(points)
        for column, dim in enumerate(checked_dims(dims)):
            proj_dim, values = self.stack_to_project_coord(dim, points[..., column])
            found[..., dims.index(proj_dim)] = values
        return found

    def stack_to_scaled_coord(
        self, dim: str, stack_coord: float, tgt_zoom: int, src_zoom: int = 0
    ) -> float:
        """Return a coordinate in pixels of another zoom level.

        Parameters
        ----------
        dim : {"x", "y", "z"}
            Of the stack.
        stack_coord : float
        tgt_zoom : int
            Level of the result.
        src_zoom : int, optional
            Level of the coordinate.
        """
        return stack_coord / self._factor(dim, tgt_zoom, src_zoom)

    def stack_to_scaled(
        self, stack_coords: Coordinates, tgt_zoom: int, src_zoom: int = 0
    ) -> dict[str, float]:
        """Return a point in pixels of another zoom level.

        Parameters
        ----------
        stack_coords : mapping
            x, y and z.
        tgt_zoom : int
            Level of the result.
        src_zoom : int, optional
            Level of the coordinates.
        """
        zooms = (tgt_zoom, src_zoom)
        return {dim: self.stack_to_scaled_coord(dim, n, *zooms) for dim, n in stack_coords.items()}

    def stack_to_scaled_array(
        self, arr: ArrayLike, tgt_zoom: int, src_zoom: int = 0, dims: str = "xyz"
    ) -> NDArray[np.float64]:
        """Return points in pixels of another zoom level.

        Parameters
        ----------
        arr : (..., 3) array-like
        tgt_zoom : int
            Level of the result.
        src_zoom : int, optional
            Level of the coordinates.
        dims : str, optional
            Order of the coordinates, here and in the result.

        Returns
        -------
        (..., 3) ndarray of float64
        """
        factors = [self._factor(dim, tgt_zoom, src_zoom) for dim in checked_dims(dims)]
        scaled: NDArray[np.float64] = _points(arr) / np.array(factors)
        return scaled

    def level_affine(self, zoom: int = 0) -> NDArray[np.float64]:
        """Return the affine of a zoom level, from voxel indices along stack x, y, z to project mm.

        Parameters
        ----------
        zoom : int, optional

        Returns
        -------
        (4, 4) ndarray
            To the centres of pixels.
        """
        factors = self._factors(zoom)
        affine = np.eye(4)
        affine[:3, :3] = 0.0
        for column, dim in enumerate(self.orientation.project_dims):
            row = DIMS.index(dim)
            size = self.resolution[dim] * factors[DIMS[column]]
            # The centre of the first pixel is half of it away from its corner; 1e-6 mm are a nm.
            affine[row, column] = size * 1e-6
            affine[row, 3] = (self.translation[dim] + size / 2) * 1e-6
        return affine

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CoordinateTransformer):
            return NotImplemented
        return self._facts() == other._facts()

    __hash__ = None  # type: ignore[assignment]  # its attributes may change

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({self.resolution}, {self.translation}, "
            f"{str(self.orientation)!r}, scale_z={self.scale_z})"
        )

    def _facts(self) -> tuple[object, ...]:
        factors = self.downsample_factors
        levels = None if factors is None else [dict(each) for each in factors]
        return self.resolution, self.translation, self.orientation, self.scale_z, levels

    def _partner(self, dim: str) -> str:
        """Return the stack axis of a project axis; the other way round it is the same swap."""
        return self.orientation.project_dims[DIMS.index(dim)]

    def _factors(self, zoom: Any) -> dict[str, float]:
        level = checked_zoom(zoom)
        return scaling_factors(level, self.downsample_factors, scale_z=self.scale_z)

    def _factor(self, dim: str, tgt_zoom: int, src_zoom: int) -> float:
        return self._factors(tgt_zoom)[dim] / self._factors(src_zoom)[dim]


def checked_numbers(name: str, values: Any) -> dict[str, float]:
    """Return a number for each of x, y and z.

    Raises
    ------
    HeaderDataError
        If one is missing, or is not finite.
    """
    try:
        found = {dim: float(values[dim]) for dim in DIMS}
    except (TypeError, ValueError, KeyError, IndexError, OverflowError):
        found = {}
    if not found or not np.isfinite(list(found.values())).all():
        raise HeaderDataError(f"{name}: must have finite numbers x, y, z, got {values!r:.80}")
    return found


def checked_sizes(name: str, values: Any) -> dict[str, float]:
    """Return a number above 0 for each of x, y and z.

    Raises
    ------
    HeaderDataError
        If one is missing, is not finite, or is not above 0.
    """
    found = checked_numbers(name, values)
    if min(found.values()) <= 0:
        raise HeaderDataError(f"{name}: must be above 0, got {values!r:.80}")
    return found


def checked_dims(dims: str) -> str:
    """Return an order of dimensions.

    Raises
    ------
    UsageError
        If it is not a permutation of xyz.
    """
    if sorted(dims) != list(DIMS):
        raise UsageError(f"dims: must be a permutation of xyz, got {dims!r:.60}")
    return str(dims)


def _points(arr: ArrayLike) -> NDArray[np.float64]:
    points = np.asarray(arr, np.float64)
    if points.ndim == 0 or points.shape[-1] != 3:
        raise UsageError(f"points: must have three coordinates each, got shape {points.shape}")
    return points
