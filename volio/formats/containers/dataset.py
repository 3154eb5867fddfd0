"""Dataset: dimensions, variables and attributes, as NetCDF files and MINC files of HDF5 have them.

Source: https://docs.unidata.ucar.edu/netcdf-c/current/netcdf_data_model.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from math import prod
from reprlib import Repr
from typing import Any

import numpy as np

from volio.arrays.dtypes import Array, DType

__all__ = [
    "Attribute",
    "Attributes",
    "Dataset",
    "Dims",
    "Lengths",
    "Shape",
    "Variable",
    "signed_numbers",
    "text_of",
]

#: Text as bytes, numbers as an array.
Attribute = bytes | Array
Attributes = dict[str, Attribute]
#: Names of dimensions, the slowest first.
Dims = tuple[str, ...]
Shape = tuple[int, ...]
#: Numbers by the names of dimensions or variables.
Lengths = dict[str, int]

#: Types of numbers in attributes; values of variables may be unsigned, too.
ATTRIBUTE_TYPES = [*map(np.dtype, ("i1", "i2", "i4", "f4", "f8"))]
PRINTED = Repr()
PRINTED.maxstring = 200  # characters
PRINTED.maxlist = 16  # numbers


class Attributed:
    """What has attributes: text and numbers by name."""

    attributes: Attributes

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and _comparable(self) == _comparable(other)

    def lines(self, indent: str = "") -> list[str]:
        """Return a line for each attribute, to be printed."""
        lines = []
        for name, value in self.attributes.items():
            shown = text_of(value) if isinstance(value, bytes) else value.tolist()
            lines.append(f"{indent}{name}: {PRINTED.repr(shown)}")
        return lines

    def text(self, name: str) -> str:
        """Return an attribute as text without the zeros after it; "" for none and for numbers."""
        return text_of(self.attributes.get(name))

    def numbers(self, name: str) -> Array | None:
        """Return an attribute as float64 numbers, shape (n,); None for none and for text."""
        found = self.attributes.get(name)
        return found.astype(float).ravel() if isinstance(found, np.ndarray) else None

    def number(self, name: str, default: float) -> float:
        """Return an attribute that is one number; the default where it is not."""
        found = self.attributes.get(name)
        if isinstance(found, np.ndarray) and found.size == 1:
            return float(found.item())
        return default

    def set(self, **attributes: str | float | Array | None) -> None:
        """Set attributes to text, or to numbers: arrays of one or more; None removes one."""
        for name, value in attributes.items():
            if isinstance(value, str):
                self.attributes[name] = value.encode("utf-8", "surrogateescape")
            elif value is not None:
                self.attributes[name] = np.atleast_1d(value)
            else:
                self.attributes.pop(name, None)


@dataclass(eq=False)
class Variable(Attributed):
    """A named array over dimensions.

    Parameters
    ----------
    dims : tuple of str
        Names of its dimensions, the slowest first; none for a single value.
    dtype : numpy.dtype
        Of the values, in native byte order; S1 for text.
    attributes : dict of str to bytes or ndarray
    values : ndarray
        Of the shape of the dimensions, or a single one for all; those of voxels stay in the file.
    """

    dims: Dims = ()
    dtype: DType = np.dtype(np.float64)  # noqa: RUF009  immutable
    attributes: Attributes = field(default_factory=dict)
    values: Array = field(default_factory=partial(np.zeros, ()))

    def set_values(self, dims: Dims, values: Array) -> None:
        """Set values, of their dtype, and the dimensions that they are over."""
        self.dims = dims
        self.dtype = values.dtype
        self.values = values


@dataclass(eq=False)
class Dataset(Attributed):
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

    dims: Lengths = field(default_factory=dict)
    attributes: Attributes = field(default_factory=dict)
    variables: dict[str, Variable] = field(default_factory=dict)
    version: int = 1

    def get(self, name: str) -> Variable:
        """Return a variable; an empty one, which is not added, where there is none."""
        return self.variables.get(name) or Variable()

    def shape_of(self, name: str) -> Shape:
        """Return the shape of a variable."""
        return tuple(self.dims[dim] for dim in self.variables[name].dims)

    def nbytes_of(self, name: str) -> int:
        """Return the bytes of the values of a variable."""
        return prod(self.shape_of(name)) * self.variables[name].dtype.itemsize

    def copy(self) -> Dataset:
        """Return a data set of its own with the same facts."""
        variables = {
            name: Variable(each.dims, each.dtype, _copied(each.attributes), each.values.copy())
            for name, each in self.variables.items()
        }
        return Dataset(self.dims.copy(), _copied(self.attributes), variables, self.version)

    def __str__(self) -> str:
        lines = self.lines()
        for name, variable in self.variables.items():
            lines.append(f"{name}: {variable.dtype}, over {', '.join(variable.dims) or 'nothing'}")
            lines += variable.lines("    ")
        return "\n".join(lines)


def _copied(attributes: Attributes) -> Attributes:
    """Return attributes with arrays of their own."""
    return {
        name: value.copy() if isinstance(value, np.ndarray) else value
        for name, value in attributes.items()
    }


def text_of(attribute: Attribute | None) -> str:
    """Return text without the zeros after it; "" for none and for numbers."""
    text = attribute if isinstance(attribute, bytes) else b""
    return text.rstrip(b"\0").decode("utf-8", "surrogateescape")


def signed_numbers(values: Array) -> Array:
    """Return numbers in a type that attributes of NetCDF have: int32 or float64 for others."""
    if values.dtype in ATTRIBUTE_TYPES:
        return values
    if values.dtype.kind in "iu" and (values == values.astype("i4")).all():
        return values.astype("i4")
    return values.astype("f8")


def _comparable(value: Any) -> Any:
    """Return what can be compared, with arrays as their bytes: there NaN equals NaN."""
    if isinstance(value, np.ndarray):
        return value.dtype, value.shape, value.tobytes()
    if isinstance(value, dict):
        return {name: _comparable(each) for name, each in value.items()}
    if isinstance(value, Attributed):
        return _comparable({**vars(value), "version": None})
    return value
