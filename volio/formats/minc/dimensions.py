"""The dimensions of an image: new ones, and other ones for an image that has some.

Source: https://en.wikibooks.org/wiki/MINC/Reference/MINC1-programmers-guide
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from volio.formats.containers.dataset import Dataset, Variable

__all__ = [
    "ENDS",
    "SPACE",
    "STANDARD",
    "default_dataset",
    "dimension",
    "is_irregular",
    "rename_dims",
    "set_dims",
]

#: Dimensions of space, in the order of the world's axes.
SPACE = ("xspace", "yspace", "zspace")
#: Variables of the values that the ends of valid_range stand for.
ENDS = ("image-min", "image-max")

#: Attributes of every variable that MINC defines, of new dimensions, and of these by name.
STANDARD = {"varid": "MINC standard variable", "version": "MINC Version    1.0"}
REGULAR: dict[str, Any] = {"spacing": "regular__", "alignment": "centre", "step": 1.0, "start": 0.0}
DEFAULTS: dict[str, dict[str, Any]] = {
    name: {"units": "mm", "spacetype": "native____", "direction_cosines": cosines}
    for name, cosines in zip(SPACE, np.eye(3), strict=True)
}
DEFAULTS["time"] = {"units": "s"}


def default_dataset() -> Dataset:
    """Return the data set of a new header: no voxels, of 1 mm, float32."""
    dataset = Dataset(dict.fromkeys(SPACE, 0), {"minc_version": b"1.0"})
    for name in SPACE:
        dimension(dataset, name)
    image = Variable(SPACE, np.dtype(np.float32))
    image.set(**STANDARD, vartype="group________", signtype="signed__")
    dataset.variables["image"] = image
    for name, value in zip(ENDS, (0.0, 1.0), strict=True):
        dataset.variables[name] = Variable(values=np.array(value))
        dataset.variables[name].set(**STANDARD, vartype="var_attribute")
    return dataset


def dimension(dataset: Dataset, name: str) -> Variable:
    """Return the variable of a dimension; where there is none, one with steps of 1 is added."""
    if name not in dataset.variables:
        dataset.variables[name] = Variable()
        dataset.variables[name].set(**STANDARD, vartype="dimension____", **REGULAR)
        dataset.variables[name].set(**DEFAULTS.get(name, {}))
    return dataset.variables[name]


def is_irregular(variable: Variable) -> bool:
    """Return whether a dimension has a value for each index along it instead of one step."""
    return variable.text("spacing").rstrip("_") == "irregular"


def set_dims(dataset: Dataset, lengths: Mapping[str, int]) -> None:
    """Give the image these dimensions; variables over others, or of other lengths, lose values."""
    image = dataset.variables["image"]
    before = image.dims
    names = dict.fromkeys([*(name for name in before if name in lengths), *lengths])
    # In the file a new dimension of time comes first, others last.
    image.dims = tuple(sorted(names, key=lambda name: name in before or name != "time"))
    dataset.dims.update(lengths)
    for name in lengths:
        dimension(dataset, name)
    dropped = set(before) - set(lengths)
    for name in dropped:
        dataset.variables.pop(name, None)
        dataset.variables.pop(f"{name}-width", None)
    used = {dim for variable in dataset.variables.values() for dim in variable.dims}
    for name in dropped - used:
        del dataset.dims[name]
    for name, variable in dataset.variables.items():
        if name != "image" and dataset.shape_of(name) != variable.values.shape:
            variable.dims = ()
            variable.values = np.zeros((), variable.dtype)


def rename_dims(dataset: Dataset, names: Mapping[str, str]) -> None:
    """Let voxels keep their order while their axes become other dimensions of space."""
    image = dataset.variables["image"]
    lengths = {names.get(name, name): dataset.dims[name] for name in image.dims}
    for variable in map(dataset.get, ("image", *ENDS)):
        variable.dims = tuple(names.get(name, name) for name in variable.dims)
    set_dims(dataset, lengths)
