"""Where voxels lie: step, start and direction cosines of dimensions, and an affine.

The world of MINC is RAS+ mm. Along a dimension a voxel is at ``(start + step * index) * cosines``.
Source: https://en.wikibooks.org/wiki/MINC/Reference/MINC1-programmers-guide
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from volio.errors import HeaderDataError
from volio.formats.containers.dataset import Dataset, Variable
from volio.space.orientations import io_orientation

__all__ = ["SPACE", "affine_of", "is_irregular", "named_axes", "set_place", "step_of"]

#: Dimensions of space, in the order of the world's axes.
SPACE = ("xspace", "yspace", "zspace")


def _dimension(dataset: Dataset, name: str) -> Variable:
    """Return the variable of a dimension; an empty one where the file has none."""
    return dataset.variables.get(name) or Variable((), np.dtype("f8"))


def is_irregular(dataset: Dataset, name: str) -> bool:
    """Tell whether a dimension has no single step, but a value for each place along it."""
    return _dimension(dataset, name).text("spacing").rstrip("_") == "irregular"


def step_of(dataset: Dataset, name: str) -> float:
    """Return the distance between voxels along a dimension, negative for those that run back.

    It is 0 along an irregular dimension, unless its values have equal distances all the same.
    """
    variable = _dimension(dataset, name)
    if not is_irregular(dataset, name):
        return variable.number("step", 1.0)
    if variable.dims != (name,) or variable.values is None or variable.values.size < 2:
        return 0.0
    values = variable.values.astype(np.float64)
    mean = float(values[-1] - values[0]) / (len(values) - 1)
    even = np.allclose(np.diff(values), mean, rtol=1e-6, atol=0)
    return mean if even else 0.0


def _cosines(dataset: Dataset, name: str) -> NDArray[np.float64]:
    """Return the direction of a dimension of space, RAS+, shape (3,)."""
    found = _dimension(dataset, name).numbers("direction_cosines")
    if found is None:
        usual: NDArray[np.float64] = np.eye(3)[SPACE.index(name)]
        return usual
    if found.shape != (3,):
        raise HeaderDataError(f"{name}: direction_cosines must be 3 numbers, got {found.tolist()}")
    return found


def affine_of(dataset: Dataset, names: tuple[str, ...]) -> NDArray[np.float64]:
    """Return the affine of axes that are these dimensions, voxels to RAS+ mm, shape (4, 4).

    Raises
    ------
    HeaderDataError
        If a number is not finite.
    """
    cosines = np.column_stack([_cosines(dataset, name) for name in names])
    starts = [_dimension(dataset, name).number("start", 0.0) for name in names]
    affine = np.eye(4)
    with np.errstate(over="ignore", invalid="ignore"):
        affine[:3, :3] = cosines * [step_of(dataset, name) for name in names]
        affine[:3, 3] = cosines @ starts
    if not np.isfinite(affine).all():
        raise HeaderDataError(f"{', '.join(names)}: step, start and cosines must be finite numbers")
    return affine


def named_axes(affine: NDArray[np.float64]) -> tuple[str, ...]:
    """Return for each voxel axis of an affine the dimension of space that it is nearest to."""
    order = io_orientation(affine)[:, 0]
    left = [axis for axis in range(3) if axis not in order]
    return tuple(SPACE[left.pop() if np.isnan(axis) else int(axis)] for axis in order)


def set_place(dataset: Dataset, names: tuple[str, ...], affine: NDArray[np.float64]) -> None:
    """Store an affine in the variables of the dimensions that its axes are.

    Raises
    ------
    HeaderDataError
        If its axes lie in one plane: MINC counts the start of each along its direction.
    """
    columns = affine[:3, :3]
    sizes = np.sqrt((columns**2).sum(axis=0))
    usual = np.column_stack([np.eye(3)[SPACE.index(name)] for name in names])
    cosines = np.where(sizes > 0, columns / np.where(sizes > 0, sizes, 1), usual)
    signs = np.where((cosines * usual).sum(axis=0) < 0, -1.0, 1.0)
    cosines = cosines * signs + 0.0  # no negative zeros
    try:
        starts = np.linalg.solve(cosines, affine[:3, 3])
    except np.linalg.LinAlgError:
        starts = np.full(3, np.nan)
    if not np.allclose(cosines @ starts, affine[:3, 3], atol=1e-6, rtol=1e-6):
        raise HeaderDataError("affine: its axes lie in one plane, which MINC cannot say")
    for axis, name in enumerate(names):
        attributes = dataset.variables[name].attributes
        attributes["step"] = np.array([sizes[axis] * signs[axis]])
        attributes["start"] = np.array([starts[axis] + 0.0])
        attributes["direction_cosines"] = cosines[:, axis].copy()
