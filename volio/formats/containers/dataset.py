"""Dataset: dimensions, variables and attributes, as NetCDF files and MINC files of HDF5 have them.

Source: https://docs.unidata.ucar.edu/netcdf-c/current/netcdf_data_model.html
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np

from volio.arrays.dtypes import Array, DType

__all__ = ["Attribute", "Attributes", "Dataset", "Variable", "text_of"]

#: Text as bytes, numbers as an array.
Attribute = bytes | Array
Attributes = dict[str, Attribute]

FLOAT64 = np.dtype(np.float64)


@dataclass(eq=False)
class Variable:
    """A named array over dimensions.

    Parameters
    ----------
    dims : tuple of str
        Names of its dimensions, the slowest first; none for a single value.
    dtype : numpy.dtype
        Of the values, in native byte order; S1 for text.
    attributes : dict of str to bytes or ndarray
    values : ndarray, optional
        None for voxels, which stay in the file, and where there are none.
    """

    dims: tuple[str, ...] = ()
    dtype: DType = FLOAT64
    attributes: Attributes = field(default_factory=dict)
    values: Array | None = None

    def text(self, name: str) -> str:
        """Return an attribute as text; "" for none and for numbers."""
        return text_of(self.attributes.get(name))

    def numbers(self, name: str) -> Array | None:
        """Return an attribute as float64 numbers, shape (n,); None for none and for text."""
        found = self.attributes.get(name)
        return found.astype(float).ravel() if isinstance(found, np.ndarray) else None

    def number(self, name: str, default: float) -> float:
        """Return an attribute that is one number; the default where it is not."""
        found = self.numbers(name)
        return default if found is None or len(found) != 1 else float(found[0])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Variable) and _comparable(vars(self)) == _comparable(vars(other))

    __hash__ = None  # type: ignore[assignment]


@dataclass(eq=False)
class Dataset:
    """Dimensions, attributes of the whole, and variables, in the order of the file.

    Parameters
    ----------
    dims : dict of str to int
        Lengths by name.
    attributes : dict of str to bytes or ndarray
    variables : dict of str to Variable
    version : int
        Of the NetCDF file: 1, or 2 for 64-bit offsets. Not compared.
    """

    dims: dict[str, int] = field(default_factory=dict)
    attributes: Attributes = field(default_factory=dict)
    variables: dict[str, Variable] = field(default_factory=dict)
    version: int = 1

    def get(self, name: str) -> Variable:
        """Return a variable; an empty one, which is not added, where there is none."""
        return self.variables.get(name, Variable())

    def shape_of(self, name: str) -> tuple[int, ...]:
        """Return the shape of a variable."""
        return tuple(self.dims[dim] for dim in self.variables[name].dims)

    def nbytes_of(self, name: str) -> int:
        """Return the bytes of the values of a variable."""
        return prod(self.shape_of(name)) * self.variables[name].dtype.itemsize

    def values_of(self, name: str) -> Array:
        """Return the values of a variable, in its dtype; zeros where it has none."""
        variable = self.variables[name]
        values = 0 if variable.values is None else variable.values
        return np.full(self.shape_of(name), values, variable.dtype)

    def copy(self) -> Dataset:
        """Return a data set of its own."""
        return deepcopy(self)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Dataset):
            return NotImplemented
        same = self.dims == other.dims and self.variables == other.variables
        return same and _comparable(self.attributes) == _comparable(other.attributes)

    __hash__ = None  # type: ignore[assignment]


def text_of(attribute: Attribute | None) -> str:
    """Return text without the zeros after it; "" for none and for numbers."""
    text = attribute if isinstance(attribute, bytes) else b""
    return text.rstrip(b"\0").decode("utf-8", "surrogateescape")


def _comparable(value: Any) -> Any:
    """Return what can be compared, with arrays as their bytes: there NaN equals NaN."""
    if isinstance(value, dict):
        return {name: _comparable(each) for name, each in value.items()}
    if isinstance(value, np.ndarray):
        return value.dtype, value.shape, value.tobytes()
    return value
