"""The space of the points of a GIFTI image, by its coordinate systems and FreeSurfer's texts."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.errors import AffineError
from volio.formats.gifti.coordinates import GiftiCoordSystem, code_of_space, space_of_code
from volio.formats.gifti.data_array import GiftiDataArray
from volio.numerals import parse_float
from volio.space.volume_geometry import VolumeGeometry

__all__ = ["geometry_of", "matrices_of", "set_geometry", "set_matrices", "set_space", "space_of"]

LENGTHS = ("VolGeomWidth", "VolGeomHeight", "VolGeomDepth")
SIZES = ("VolGeomXsize", "VolGeomYsize", "VolGeomZsize")
#: Direction of each axis x, y, z, and the centre C: right, anterior and superior.
DIRECTIONS = tuple(tuple(f"VolGeom{axis}_{to}" for axis in "XYZ") for to in "RAS")
CENTRE = ("VolGeomC_R", "VolGeomC_A", "VolGeomC_S")
TEXTS = (*LENGTHS, *SIZES, *(name for row in DIRECTIONS for name in row), *CENTRE)


def geometry_of(meta: Mapping[str, Any]) -> VolumeGeometry | None:
    """Return the geometry of the volume that FreeSurfer's texts state; None where they do not."""
    try:
        numbers = {name: parse_float(meta[name]) for name in TEXTS}
    except (KeyError, ValueError):
        return None
    x, y, z = (int(numbers[name]) for name in LENGTHS)
    directions = tuple((numbers[row[0]], numbers[row[1]], numbers[row[2]]) for row in DIRECTIONS)
    try:
        return VolumeGeometry(
            (x, y, z),
            (numbers[SIZES[0]], numbers[SIZES[1]], numbers[SIZES[2]]),
            directions,
            (numbers[CENTRE[0]], numbers[CENTRE[1]], numbers[CENTRE[2]]),
        )
    except AffineError:
        return None


def set_geometry(meta: MutableMapping[str, Any], geometry: VolumeGeometry | None) -> None:
    """Write the geometry of a volume as FreeSurfer's texts; take them away for None."""
    for name in TEXTS:
        meta.pop(name, None)
    if geometry is None:
        return
    values: dict[str, Any] = dict(zip(LENGTHS, geometry.shape, strict=True))
    values |= zip(SIZES, geometry.voxel_sizes, strict=True)
    for names, row in zip(DIRECTIONS, geometry.directions, strict=True):
        values |= zip(names, row, strict=True)
    values |= zip(CENTRE, geometry.centre, strict=True)
    meta.update((name, str(value)) for name, value in values.items())


def space_of(points: GiftiDataArray) -> str:
    """Return the space of points.

    FreeSurfer writes its surface RAS as an unknown space, with the geometry of the volume next to
    it. A space that is stated counts more than a geometry.
    """
    stated = space_of_code(points.coordsys.dataspace)
    if stated == "unknown" and geometry_of(points.meta) is not None:
        return "tkras"
    return stated


def set_space(points: GiftiDataArray, space: str) -> None:
    """State the space of points; matrices that led from the old one are dropped."""
    if space == space_of(points):
        return
    points.coordsys = GiftiCoordSystem(code_of_space(space))


def set_matrices(points: GiftiDataArray, matrices: Mapping[str, ArrayLike]) -> None:
    """State the matrices from the space of points to others."""
    own = code_of_space(space_of(points))
    systems = [
        GiftiCoordSystem(own, code_of_space(space), matrix) for space, matrix in matrices.items()
    ]
    points.coordsystems = systems or [GiftiCoordSystem(own)]


def matrices_of(points: GiftiDataArray) -> dict[str, NDArray[np.float64]]:
    """Return the matrices from the space of points to others, as the file states them."""
    own = points.coordsys.dataspace
    found = {}
    for system in points.coordsystems:
        to = space_of_code(system.xformspace)
        is_other = system.dataspace == own and to not in ("unknown", space_of_code(own))
        if is_other and system.xform is not None:
            found[to] = system.xform
    return found
