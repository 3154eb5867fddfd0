"""Dataset: dimensions, variables and attributes, as NetCDF files and MINC files of HDF5 have them.

Source: https://docs.unidata.ucar.edu/netcdf-c/current/netcdf_data_model.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from volio.errors import HeaderDataError

__all__ = ["Attribute", "Dataset", "MincError", "Variable", "copied", "same_attributes", "text_of"]


class MincError(HeaderDataError):
    """A MINC file makes no sense."""


#: Text as bytes, numbers as an array.
Attribute = bytes | NDArray[Any]


@dataclass
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

    dims: tuple[str, ...]
    dtype: np.dtype[Any]
    attributes: dict[str, Attribute] = field(default_factory=dict)
    values: NDArray[Any] | None = None

    def text(self, name: str) -> str:
        """Return an attribute as text, "" where there is none."""
        return text_of(self.attributes.get(name))

    def number(self, name: str, default: float) -> float:
        """Return an attribute that is one number; the default where it is none."""
        found = self.numbers(name)
        return float(found[0]) if found is not None and len(found) == 1 else default

    def numbers(self, name: str) -> NDArray[np.float64] | None:
        """Return an attribute that is numbers, shape (n,); None where it is none."""
        found = self.attributes.get(name)
        if not isinstance(found, np.ndarray) or found.dtype.kind not in "iuf":
            return None
        return found.astype(np.float64).ravel()

    def copy(self) -> Variable:
        """Return a variable of its own."""
        values = None if self.values is None else self.values.copy()
        return Variable(self.dims, self.dtype, copied(self.attributes), values)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Variable):
            return NotImplemented
        facts = self.dims == other.dims and self.dtype == other.dtype
        return (
            facts
            and same_attributes(self.attributes, other.attributes)
            and np.array_equal(_or_none(self.values), _or_none(other.values))
        )

    __hash__ = None  # type: ignore[assignment]


@dataclass
class Dataset:
    """Dimensions, attributes of the whole, and variables, in the order of the file.

    Parameters
    ----------
    dims : dict of str to int
        Lengths by name.
    attributes : dict of str to bytes or ndarray
    variables : dict of str to Variable
    version : int
        Of the NetCDF file: 1, or 2 for 64-bit offsets.
    """

    dims: dict[str, int] = field(default_factory=dict)
    attributes: dict[str, Attribute] = field(default_factory=dict)
    variables: dict[str, Variable] = field(default_factory=dict)
    version: int = 1

    def shape_of(self, name: str) -> tuple[int, ...]:
        """Return the shape of a variable."""
        return tuple(self.dims[dim] for dim in self.variables[name].dims)

    def copy(self) -> Self:
        """Return a data set of its own."""
        variables = {name: each.copy() for name, each in self.variables.items()}
        return type(self)(dict(self.dims), copied(self.attributes), variables, self.version)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Dataset):
            return NotImplemented
        return (
            self.dims == other.dims
            and same_attributes(self.attributes, other.attributes)
            and self.variables == other.variables
        )

    __hash__ = None  # type: ignore[assignment]


def text_of(attribute: Attribute | None) -> str:
    """Return text without the zeros behind it; "" for what is no text."""
    if not isinstance(attribute, bytes):
        return ""
    return attribute.rstrip(b"\0").decode("utf-8", "surrogateescape")


def copied(attributes: Mapping[str, Attribute]) -> dict[str, Attribute]:
    """Return attributes of their own."""
    return {k: v if isinstance(v, bytes) else v.copy() for k, v in attributes.items()}


def same_attributes(one: Mapping[str, Attribute], other: Mapping[str, Attribute]) -> bool:
    """Tell whether attributes are the same, NaN included."""
    if one.keys() != other.keys():
        return False
    return all(_same(value, other[name]) for name, value in one.items())


def _same(one: Attribute, other: Attribute) -> bool:
    if isinstance(one, bytes) or isinstance(other, bytes):
        return type(one) is type(other) and bool(one == other)
    return (
        one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    )


def _or_none(values: NDArray[Any] | None) -> NDArray[Any]:
    return np.array("none") if values is None else values
