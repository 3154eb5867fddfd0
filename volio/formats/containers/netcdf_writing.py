"""Data sets to the bytes of NetCDF files.

Source: https://docs.unidata.ucar.edu/netcdf-c/current/file_format_specifications.html
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.formats.containers.dataset import Attribute, Dataset, Variable
from volio.formats.containers.netcdf import ATTRIBUTE, DIMENSION, VARIABLE

__all__ = ["write_netcdf"]

#: Codes by dtype; the sign of integers is said by an attribute.
CODES = {"i1": 1, "u1": 1, "S1": 2, "i2": 3, "u2": 3, "i4": 4, "u4": 4, "f4": 5, "f8": 6}


def write_netcdf(dataset: Dataset, version: int | None = None) -> tuple[bytes, bytes]:
    """Return the bytes before the voxels, the variable image, and those behind them.

    Parameters
    ----------
    dataset : Dataset
        Every variable but image has values. No dimension is unlimited.
    version : int, optional
        1, or 2 for 64-bit offsets, which files of more than 2 GiB have in any case (default: that
        of the data set).
    """
    version = version or dataset.version
    sizes = {name: _nbytes(dataset, name) for name in dataset.variables}
    length = len(_header(dataset, version, dict.fromkeys(sizes, 0)))
    if length + sum(sizes.values()) >= 2**31 and version == 1:
        return write_netcdf(dataset, 2)
    begins, at = {}, length
    for name in _in_order(sizes):
        begins[name], at = at, at + -(-sizes[name] // 4) * 4
    before, after, seen = bytearray(_header(dataset, version, begins)), bytearray(), False
    for name in _in_order(sizes):
        piece = b"" if name == "image" else _values(dataset.variables[name])
        seen = seen or name == "image"
        (after if seen else before).extend(piece + b"\0" * (-sizes[name] % 4))
    return bytes(before), bytes(after)


def _nbytes(dataset: Dataset, name: str) -> int:
    return prod(dataset.shape_of(name)) * dataset.variables[name].dtype.itemsize


def _in_order(sizes: dict[str, int]) -> list[str]:
    """Return the names of variables as their values follow each other: a very large one last."""
    return sorted(sizes, key=lambda name: sizes[name] >= 2**32 - 4)


def _values(variable: Variable) -> bytes:
    values = np.zeros(1, variable.dtype) if variable.values is None else variable.values
    return values.astype(variable.dtype.newbyteorder(">")).tobytes()


def _header(dataset: Dataset, version: int, begins: dict[str, int]) -> bytes:
    places = {name: place for place, name in enumerate(dataset.dims)}
    dims = [_name(name) + _integer(length) for name, length in dataset.dims.items()]
    variables = [
        _name(name)
        + _integer(len(each.dims))
        + b"".join(_integer(places[dim]) for dim in each.dims)
        + _attribute_list(_signed(each) if name == "image" else each.attributes)
        + _integer(CODES[each.dtype.str[1:]])
        + _integer(min(-(-_nbytes(dataset, name) // 4) * 4, 2**32 - 1))
        + begins[name].to_bytes(4 if version == 1 else 8, "big")
        for name, each in dataset.variables.items()
    ]
    return b"".join(
        (
            b"CDF" + bytes([version]) + _integer(0),
            _list(DIMENSION, dims),
            _attribute_list(dataset.attributes),
            _list(VARIABLE, variables),
        )
    )


def _signed(image: Variable) -> dict[str, Attribute]:
    """Return the attributes of voxels, with the sign of integers."""
    sign = b"unsigned" if image.dtype.kind == "u" else b"signed__"
    if image.dtype.kind == "f" or image.text("signtype").encode() == sign:
        return image.attributes
    return {**image.attributes, "signtype": sign}


def _integer(number: int) -> bytes:
    return number.to_bytes(4, "big")


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)


def _name(name: str) -> bytes:
    data = name.encode("utf-8", "surrogateescape")
    return _integer(len(data)) + _padded(data)


def _list(tag: int, entries: list[bytes]) -> bytes:
    return _integer(tag if entries else 0) + _integer(len(entries)) + b"".join(entries)


def _attribute_list(attributes: dict[str, Attribute]) -> bytes:
    entries = []
    for name, value in attributes.items():
        array = np.frombuffer(value, "S1") if isinstance(value, bytes) else _storable(value)
        code = 2 if isinstance(value, bytes) else CODES[array.dtype.str[1:]]
        data = value if isinstance(value, bytes) else array.tobytes()
        entries.append(_name(name) + _integer(code) + _integer(array.size) + _padded(data))
    return _list(ATTRIBUTE, entries)


def _storable(value: NDArray[Any]) -> NDArray[Any]:
    """Return numbers in a type that NetCDF has; whole ones too large for any as float64."""
    kind = value.dtype.str[1:]
    if kind not in CODES or kind in ("u1", "u2", "u4"):
        small = value.dtype.kind in "iu" and np.all(np.abs(value.astype(np.float64)) < 2**31)
        value = value.astype("i4" if small else "f8")
    return np.ascontiguousarray(value.ravel()).astype(value.dtype.newbyteorder(">"))
