"""The dimensions of an image: new ones, and other ones for an image that has some.

Source: https://en.wikibooks.org/wiki/MINC/Reference/MINC1-programmers-guide
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from volio.formats.containers.dataset import Attributes, Dataset, Variable

__all__ = [
    "ENDS",
    "SPACE",
    "default_dataset",
    "dimension",
    "is_irregular",
    "rename_dims",
    "set_dims",
    "standard",
]

#: Dimensions of space, in the order of the world's axes.
SPACE = ("xspace", "yspace", "zspace")
#: Variables of the values that the ends of valid_range stand for.
ENDS = ("image-min", "image-max")


def standard(kind: bytes) -> Attributes:
    """Return the attributes of every variable that MINC defines."""
    return {
        "varid": b"MINC standard variable",
        "vartype": kind,
        "version": b"MINC Version    1.0",
    }


def default_dataset() -> Dataset:
    """Return the data set of a new header: no voxels, of 1 mm, float32."""
    dataset = Dataset(dict.fromkeys(SPACE, 0), {"minc_version": b"1.0"})
    for name in SPACE:
        dimension(dataset, name)
    attributes = {**standard(b"group________"), "signtype": b"signed__"}
    dataset.variables["image"] = Variable(SPACE, np.dtype(np.float32), attributes)
    for name, value in zip(ENDS, (0.0, 1.0), strict=True):
        end = Variable(attributes=standard(b"var_attribute"), values=np.array(value))
        dataset.variables[name] = end
    return dataset


def dimension(dataset: Dataset, name: str) -> Variable:
    """Return the variable of a dimension; where there is none, one with steps of 1 is added."""
    found = Variable(attributes=standard(b"dimension____"), values=np.array(0.0))
    found.attributes |= {"spacing": b"regular__", "alignment": b"centre"}
    if name in SPACE:
        cosines = np.eye(3)[SPACE.index(name)]
        place = {"units": b"mm", "spacetype": b"native____", "direction_cosines": cosines}
        found.attributes |= place
    elif name == "time":
        found.attributes["units"] = b"s"
    found.attributes |= {"step": np.array([1.0]), "start": np.array([0.0])}
    return dataset.variables.setdefault(name, found)


def is_irregular(variable: Variable) -> bool:
    """Return whether a dimension has a value for each index along it instead of one step."""
    return variable.text("spacing").rstrip("_") == "irregular"


def set_dims(dataset: Dataset, lengths: Mapping[str, int]) -> None:
    """Give the image these dimensions; variables over others, or of other lengths, lose values."""
    image = dataset.variables["image"]
    dropped = [name for name in image.dims if name not in lengths]
    image.dims = tuple(name for name in image.dims if name in lengths)
    dataset.dims.update(lengths)
    for name in lengths:
        dimension(dataset, name)
        if name not in image.dims:
            image.dims = ("time", *image.dims) if name == "time" else (*image.dims, name)
    for name in dropped:
        dataset.variables.pop(name, None)
        dataset.variables.pop(f"{name}-width", None)
        if not any(name in variable.dims for variable in dataset.variables.values()):
            del dataset.dims[name]
    for name, variable in dataset.variables.items():
        values = np.zeros(()) if variable.values is None else variable.values
        if name != "image" and dataset.shape_of(name) != values.shape:
            variable.dims = ()
            variable.values = np.zeros((), variable.dtype)


def rename_dims(dataset: Dataset, names: Mapping[str, str]) -> None:
    """Let voxels keep their order while their axes become other dimensions of space."""
    dataset.dims.update({new: dataset.dims[old] for old, new in names.items()})
    for variable in map(dataset.get, ("image", *ENDS)):
        variable.dims = tuple(names.get(name, name) for name in variable.dims)
    set_dims(dataset, {name: dataset.dims[name] for name in dataset.variables["image"].dims})
