"""The dimensions of an image: new ones, and other ones for an image that has some.

Source: https://en.wikibooks.org/wiki/MINC/Reference/MINC1-programmers-guide
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from volio.arrays.dtypes import DType
from volio.formats.containers.dataset import Dataset, Variable

__all__ = [
    "ENDS",
    "SPACE",
    "WORLD",
    "default_dataset",
    "dimension",
    "is_irregular",
    "rename_dims",
    "set_dims",
    "set_voxel_dtype",
    "standard_variable",
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
    kinds = {"image": "group________", **dict.fromkeys(ENDS, "var_attribute")}
    dataset.variables |= {name: standard_variable(kind) for name, kind in kinds.items()}
    dataset.variables["image-max"].values = np.ones(())
    image = dataset.variables["image"]
    image.dims = SPACE
    set_voxel_dtype(image, np.dtype(np.float32))
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
    for name, variable in dataset.variables.items():
        if variable is not image and dataset.shape_of(name) != variable.values.shape:
            variable.set_values((), np.zeros((), variable.dtype))
        dropped.difference_update(variable.dims)
    for name in dropped:
        del dataset.dims[name]  # no variable is over it


def rename_dims(dataset: Dataset, names: Sequence[str]) -> None:
    """Let voxels keep their order while their axes become other dimensions of space."""
    dims = dataset.variables["image"].dims
    before = [name for name in dims if name in SPACE]
    if before == [*names]:
        return
    new = dict(zip(before, names, strict=True))
    for end in map(dataset.get, ENDS):
        end.dims = tuple(new.get(name, name) for name in end.dims)
    set_dims(dataset, {new.get(name, name): dataset.dims[name] for name in dims})
