"""The dimensions of an image: their variables, their lengths, and how they are in space.

The world of MINC is RAS+ mm. Along a dimension a voxel is at ``(start + step * index) * cosines``.

Source: https://en.wikibooks.org/wiki/MINC/Reference/MINC1-programmers-guide
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import Any

import numpy as np

from volio.arrays.dtypes import Array, DType
from volio.errors import HeaderDataError
from volio.formats.containers.dataset import Dataset, Dims, Variable
from volio.images.headers.shape_checks import check_finite
from volio.space.affines import Affine, directions, from_matvec, voxel_sizes
from volio.space.orientations import nearest_axes

__all__ = [
    "ENDS",
    "SPACE",
    "default_dataset",
    "dimension",
    "is_irregular",
    "read_affine",
    "set_dims",
    "set_voxel_dtype",
    "standard_variable",
    "write_affine",
]

#: Dimensions of space, in the order of the world's axes.
SPACE = ("xspace", "yspace", "zspace")
#: Directions that they are named after, RAS+.
WORLD = dict(zip(SPACE, np.eye(3), strict=True))
#: Variables of the values that the ends of valid_range stand for.
ENDS = ("image-min", "image-max")

#: Attributes of all variables that MINC defines.
STANDARD = {"varid": "MINC standard variable", "version": "MINC Version    1.0"}
#: Attributes of new dimensions, of all and by name.
REGULAR: dict[str, Any] = {"spacing": "regular__", "alignment": "centre", "step": 1.0, "start": 0.0}
DEFAULTS: dict[str, dict[str, Any]] = {
    name: {"units": "mm", "spacetype": "native____", "direction_cosines": cosines}
    for name, cosines in WORLD.items()
}
DEFAULTS["time"] = {"units": "s"}


def standard_variable(kind: str, **attributes: Any) -> Variable:
    """Return a variable that MINC defines, of its kind (vartype), with further attributes."""
    variable = Variable()
    variable.set(**STANDARD, vartype=kind, **attributes)
    return variable


def default_dataset() -> Dataset:
    """Return the data set of a new header: no voxels, of 1 mm, float32."""
    dataset = Dataset(dict.fromkeys(SPACE, 0), {"minc_version": b"1.0"})
    for name in SPACE:
        dimension(dataset, name)
    image = standard_variable("group________")
    image.dims = SPACE
    set_voxel_dtype(image, np.dtype(np.float32))
    ends = {name: standard_variable("var_attribute") for name in ENDS}
    ends["image-max"].values = np.ones(())
    dataset.variables |= {"image": image, **ends}
    return dataset


def dimension(dataset: Dataset, name: str) -> Variable:
    """Return the variable of a dimension; where there is none, one with steps of 1 is added."""
    if name not in dataset.variables:
        attributes = {**REGULAR, **DEFAULTS.get(name, {})}
        dataset.variables[name] = standard_variable("dimension____", **attributes)
    return dataset.variables[name]


def set_voxel_dtype(image: Variable, dtype: DType) -> None:
    """Set the dtype of the voxels; an attribute has the sign, too."""
    image.dtype = dtype
    image.set(signtype="unsigned" if dtype.kind == "u" else "signed__")


def is_irregular(variable: Variable) -> bool:
    """Return whether a dimension has a value for each index along it instead of one step."""
    return variable.text("spacing").rstrip("_") == "irregular"


def set_dims(dataset: Dataset, lengths: Mapping[str, int]) -> None:
    """Give the image these dimensions, in the order of the file, the slowest first.

    Other variables lose their values where these were over other dimensions, or other lengths.
    """
    image = dataset.variables["image"]
    dropped = {*image.dims} - lengths.keys()
    for name in dropped:
        dataset.variables.pop(name, None)
        dataset.variables.pop(f"{name}-width", None)
    image.dims = tuple(lengths)
    dataset.dims |= lengths
    for name in lengths:
        dimension(dataset, name)
    _clear_values_of_other_shape(dataset)
    in_use = chain.from_iterable(variable.dims for variable in dataset.variables.values())
    for name in dropped.difference(in_use):
        del dataset.dims[name]


def _clear_values_of_other_shape(dataset: Dataset) -> None:
    """Make values over dimensions that have another length now a single 0."""
    for name, variable in dataset.variables.items():
        if name != "image" and dataset.shape_of(name) != variable.values.shape:
            variable.set_values((), np.zeros((), variable.dtype))


def _rename_dims(dataset: Dataset, names: list[str]) -> None:
    """Let voxels keep their order while their axes become other dimensions of space."""
    dims = dataset.variables["image"].dims
    before = [name for name in dims if name in SPACE]
    if before == names:
        return
    new = dict(zip(before, names, strict=True))
    for end in map(dataset.get, ENDS):
        end.dims = tuple(new.get(name, name) for name in end.dims)
    set_dims(dataset, {new.get(name, name): dataset.dims[name] for name in dims})


def read_affine(dataset: Dataset, names: Dims) -> Array:
    """Return the affine of axes that are these dimensions, voxels to RAS+ mm, shape (4, 4).

    Raises
    ------
    HeaderDataError
        If a number is not finite.
    """
    cosines = np.column_stack([_cosines(dataset, name) for name in names])
    steps = [dataset.get(name).number("step", 1.0) for name in names]
    starts = [dataset.get(name).number("start", 0.0) for name in names]
    with np.errstate(over="ignore", invalid="ignore"):
        affine = from_matvec(cosines * steps, cosines @ starts)
    check_finite(f"{', '.join(names)}: step, start and cosines", affine)
    return affine


def _cosines(dataset: Dataset, name: str) -> Array:
    """Return the direction of a dimension of space, RAS+, shape (3,)."""
    found = dataset.get(name).numbers("direction_cosines")
    if found is None:
        return WORLD[name]
    if len(found) != 3:
        raise HeaderDataError(f"{name}: direction_cosines must be 3 numbers, got {found}")
    return found


def write_affine(dataset: Dataset, affine: Affine) -> None:
    """Store an affine; each axis gets the dimension of space that it is nearest to.

    Raises
    ------
    HeaderDataError
        If its axes are in one plane.
    """
    axes, signs = nearest_axes(affine)
    sizes = voxel_sizes(affine)
    # Directions point along the axis of the world; steps against it are negative.
    cosines = np.where(sizes > 0, directions(affine) * signs, np.eye(3)[:, axes])
    cosines += 0.0  # no negative zeros
    starts = _starts_along(cosines, affine[:3, 3])
    names = [SPACE[axis] for axis in axes]
    _rename_dims(dataset, names)
    steps = sizes * signs
    for name, step, start, direction in zip(names, steps, starts, cosines.T.copy(), strict=True):
        dimension(dataset, name).set(step=step, start=start, direction_cosines=direction)


def _starts_along(cosines: Array, origin: Array) -> Array:
    """Return the start of each dimension that puts the first voxel at the origin, shape (3,)."""
    starts: Array = np.linalg.lstsq(cosines, origin, rcond=None)[0] + 0.0
    if not np.allclose(cosines @ starts, origin, atol=1e-6, rtol=1e-6):
        raise HeaderDataError("affine: its axes are in one plane, which MINC cannot hold")
    return starts
