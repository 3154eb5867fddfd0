"""Where the voxels of a dataset of N5 are, and how its axes are called.

The attributes of a group count for what is in it, unless it has its own.

Sources: https://github.com/saalfeldlab/n5-viewer and
https://github.com/google/neuroglancer/blob/master/src/datasource/n5/index.rst
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.errors import HeaderDataError
from volio.formats.containers.documents import Document, field
from volio.images.named_axes import FileAxis, axes_of_letters, axes_of_names, unnamed_axes

__all__ = ["factors_of", "file_axes", "level_matrix"]

LARGEST = 1e30

Inherited = ChainMap[str, Any]


def file_axes(
    attributes: Inherited, ndim: int, letters: str | None, what: str
) -> tuple[FileAxis, ...]:
    """Return the axes of a dataset, reversed: x is the last.

    Parameters
    ----------
    attributes : mapping
        Of the dataset and the groups around it.
    ndim : int
    letters : str or None
        Of the axes, where the user names them.
    what : str
        For messages.

    Raises
    ------
    HeaderDataError
        If they are not named once each.
    UsageError
        If the letters do not fit.
    """
    axes = _axes(attributes, ndim, what) if letters is None else axes_of_letters(letters, ndim)
    units = _units(attributes, ndim, what)
    if len(units) != ndim:
        return axes
    measured = zip(axes, units, strict=True)
    return tuple(
        [axis if axis.kind == "channel" else axis._replace(unit=unit) for axis, unit in measured]
    )


def _axes(attributes: Inherited, ndim: int, what: str) -> tuple[FileAxis, ...]:
    names = _texts(attributes, "axes", what)[::-1]
    names = names or _texts(_transform(attributes, what), "axes", what)
    if not names:
        return unnamed_axes(ndim)
    if len(names) != ndim or len(set(names)) != ndim:
        raise HeaderDataError(f"{what}: axes: must be {ndim} different names, got {names}")
    return axes_of_names(names)


def _units(attributes: Inherited, ndim: int, what: str) -> list[str]:
    units = _texts(attributes, "units", what)[::-1]
    units = units or _texts(_transform(attributes, what), "units", what)
    pixel_unit = _pixel_unit(attributes)
    return [pixel_unit] * ndim if pixel_unit and not units else units


def _texts(document: Document, name: str, what: str) -> list[str]:
    return [text for text in field(document, name, list, what, []) if isinstance(text, str)]


def _pixel_unit(attributes: Inherited) -> str:
    found = attributes.get("pixelResolution")
    unit = found.get("unit") if isinstance(found, dict) else None
    return unit if isinstance(unit, str) else ""


def _transform(attributes: Inherited, what: str) -> Document:
    """Return the transform of a dataset, which names axes in the order of C; {} for none.

    One that says that it is in the order of Fortran is turned round.
    """
    found = field(attributes, "transform", dict, what, {})
    if found.get("order", found.get("ordering")) != "F":
        return found
    return {name: each[::-1] if isinstance(each, list) else each for name, each in found.items()}


def level_matrix(
    attributes: Inherited, factors: Sequence[float], ndim: int, what: str
) -> NDArray[np.float64] | None:
    """Return voxel indices of a dataset to positions of their centres, axes reversed.

    Parameters
    ----------
    attributes : mapping
        Of the dataset and the groups around it.
    factors : sequence of float
        How many voxels of the finest level one of the dataset is long: x first.
    ndim : int
    what : str
        For messages.

    Returns
    -------
    ndarray, shape (ndim + 1, ndim + 1), or None
        In the units of the file; None where nothing is known of sizes.

    Raises
    ------
    HeaderDataError
        If sizes are not finite and above 0, or too many.
    """
    if transform := _transform(attributes, what):
        scale = _numbers(transform, "scale", ndim, 1.0, f"{what}: transform", positive=True)
        return _matrix(scale, _numbers(transform, "translate", ndim, 0.0, f"{what}: transform"))
    base = _resolution(attributes, ndim, what)
    if base is None:
        return None
    steps = np.array([*factors, *[1.0] * ndim][:ndim])
    # A voxel of a coarser level is centred on those that it stands for.
    first = (steps - 1) / 2
    if attributes.get("offset") is not None:
        # Of the corner, in voxels of the finest level, of which the centre is half a voxel on.
        first = _numbers(attributes, "offset", ndim, 0.0, what) + steps / 2
    return _matrix((base * steps)[::-1], (base * first)[::-1])


def _resolution(attributes: Inherited, ndim: int, what: str) -> NDArray[np.float64] | None:
    """Return the sizes of a voxel of the finest level, x first; None where there are none."""
    name = "pixelResolution"
    found = attributes.get(name)
    if found is None:
        name = "resolution"
        found = attributes.get(name)
    elif isinstance(found, dict):
        found = found.get("dimensions")
    if found is None:
        return None
    return _numbers({name: found}, name, ndim, 1.0, what, positive=True)


def _matrix(scale: NDArray[np.float64], translation: NDArray[np.float64]) -> NDArray[np.float64]:
    matrix = np.diag([*scale, 1.0])
    matrix[:-1, -1] = translation
    return matrix


def _numbers(
    document: Document, name: str, ndim: int, default: float, what: str, positive: bool = False
) -> NDArray[np.float64]:
    """Return a field that has a number for each axis, or for the first ones."""
    found = field(document, name, list, what, [])
    if len(found) > ndim:
        raise HeaderDataError(f"{what}: {name}: must be {ndim} numbers, got {found!r:.60}")
    for each in found:
        is_number = isinstance(each, int | float) and not isinstance(each, bool)
        if not is_number or not abs(each) < LARGEST or (positive and each <= 0):
            kind = "numbers above 0" if positive else "finite numbers"
            raise HeaderDataError(f"{what}: {name}: must be {kind}, got {found!r:.60}")
    return np.array([*found, *[default] * (ndim - len(found))], np.float64)


def factors_of(attributes: Inherited, number: int, what: str) -> list[float]:
    """Return how many voxels of the finest level one of a level is long: x first.

    What a group says of all its resolutions comes before what one of them says.

    Parameters
    ----------
    attributes : mapping
        Of the dataset and the groups around it.
    number : int
        Of the level in its group.
    what : str
        For messages.

    Raises
    ------
    HeaderDataError
        If they are not numbers above 0.
    """
    of_groups = [each for group in attributes.maps[1:] for each in _factors(group, number)]
    own = attributes.maps[0].get("downsamplingFactors")
    chosen = {"downsamplingFactors": of_groups[0] if of_groups else own}
    length = len(chosen["downsamplingFactors"] or ())
    found = _numbers(chosen, "downsamplingFactors", length, 1.0, what, positive=True)
    return [float(each) for each in found]


def _factors(group: Document, number: int) -> Iterator[list[Any]]:
    """Go through what a group says of the factors of a level."""
    for name in ("downsamplingFactors", "scales"):
        found = group.get(name)
        if isinstance(found, list) and number < len(found) and isinstance(found[number], list):
            yield found[number]
