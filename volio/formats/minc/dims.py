"""Other dimensions for the image of a data set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from volio.formats.containers.dataset import Dataset
from volio.formats.minc.default import dimension
from volio.formats.minc.scaling import ENDS

__all__ = ["drop_dim", "rename_dims", "set_dims"]


def set_dims(dataset: Dataset, names: Sequence[str]) -> None:
    """Give the image these dimensions; what else had values along changed ones loses them."""
    image = dataset.variables["image"]
    dims = [name for name in image.dims if name in names]
    new = [name for name in names if name not in dims]
    image.dims = (*(n for n in new if n == "time"), *dims, *(n for n in new if n != "time"))
    for name in names:
        dataset.variables.setdefault(name, dimension(name))
    for name, variable in dataset.variables.items():
        if name != "image" and variable.dims:
            shape = tuple(dataset.dims[dim] for dim in variable.dims)
            if variable.values is None or variable.values.shape != shape:
                variable.dims, variable.values = (), np.zeros((), variable.dtype)


def drop_dim(dataset: Dataset, name: str) -> None:
    """Take a dimension out, unless other variables than its own have it."""
    own = (name, f"{name}-width")
    others = (each for key, each in dataset.variables.items() if key not in own)
    if not any(name in variable.dims for variable in others):
        del dataset.dims[name]
        for key in own:
            dataset.variables.pop(key, None)


def rename_dims(dataset: Dataset, names: Mapping[str, str]) -> None:
    """Let voxels keep their order while their axes become other dimensions of space."""
    dataset.dims.update({new: dataset.dims[old] for old, new in names.items()})
    for key in ("image", *ENDS):
        if variable := dataset.variables.get(key):
            variable.dims = tuple(names.get(name, name) for name in variable.dims)
    set_dims(dataset, dataset.variables["image"].dims)
