"""Data sets to the bytes of NetCDF files.

Source: https://docs.unidata.ucar.edu/netcdf-c/current/file_format_specifications.html
"""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate
from struct import Struct

import numpy as np

from volio.formats.containers.dataset import Attributes, Dataset, signed_numbers
from volio.formats.containers.netcdf import TAGS, TYPES, signed_dtype

__all__ = ["write_netcdf"]

#: Codes by kind and size; the sign of integers is an attribute.
CODES = {dtype.str[1:]: code for code, dtype in TYPES.items()}

_integer = Struct(">I").pack


def write_netcdf(dataset: Dataset, streamed: str) -> tuple[bytes, bytes]:
    """Return the bytes of a file before and after the values of one variable.

    Parameters
    ----------
    dataset : Dataset
        No dimension is unlimited. Files of more than 2 GiB get 64-bit offsets, whatever its
        version.
    streamed : str
        Name of the variable whose values the caller writes.
    """
    begins, end = _begins(dataset)
    if end >= 2**31 and dataset.version == 1:
        dataset = replace(dataset, version=2)
        begins, _ = _begins(dataset)
    names = list(begins)
    number = names.index(streamed)
    before = [_values(dataset, name) for name in names[:number]]
    after = [_values(dataset, name) for name in names[number + 1 :]]
    padding = bytes(-dataset.nbytes_of(streamed) % 4)
    return _header(dataset, begins) + b"".join(before), padding + b"".join(after)


def _begins(dataset: Dataset) -> tuple[dict[str, int], int]:
    """Return the byte at which the values of each variable begin, in file order, and the end."""
    # The size of a very large variable does not fit its field: its values must be the last ones.
    names = sorted(dataset.variables, key=lambda name: dataset.nbytes_of(name) >= 2**32 - 4)
    length = len(_header(dataset, dict.fromkeys(names, 0)))
    sizes = [_rounded_up(dataset.nbytes_of(name)) for name in names]
    *begins, end = accumulate(sizes, initial=length)
    return dict(zip(names, begins, strict=True)), end


def _header(dataset: Dataset, begins: dict[str, int]) -> bytes:
    """Return the header of a file in which the values of variables begin at these bytes."""
    dims = [_text(name) + _integer(length) for name, length in dataset.dims.items()]
    size = 4 * dataset.version
    variables = [
        _variable(dataset, name) + begins[name].to_bytes(size) for name in dataset.variables
    ]
    header = b"CDF" + bytes([dataset.version]) + _integer(0)  # no records
    header += _list("dimensions", dims) + _attributes(dataset.attributes)
    return header + _list("variables", variables)


def _variable(dataset: Dataset, name: str) -> bytes:
    """Return what the header has of a variable, but for the byte at which its values begin."""
    variable = dataset.variables[name]
    stored = np.dtype(variable.dtype.str.replace("u", "i"))
    attributes = variable.attributes
    if signed_dtype(stored, attributes) != variable.dtype:
        sign = b"unsigned" if variable.dtype.kind == "u" else b"signed__"
        attributes = {**attributes, "signtype": sign}
    numbers = [_integer(list(dataset.dims).index(dim)) for dim in variable.dims]
    size = min(_rounded_up(dataset.nbytes_of(name)), 2**32 - 1)
    dims = _integer(len(numbers)) + b"".join(numbers)
    kind = _integer(CODES[stored.str[1:]])
    return _text(name) + dims + _attributes(attributes) + kind + _integer(size)


def _attributes(attributes: Attributes) -> bytes:
    entries = []
    for name, value in attributes.items():
        array = np.frombuffer(value, "S1") if isinstance(value, bytes) else signed_numbers(value)
        kind = _integer(CODES[array.dtype.str[1:]]) + _integer(array.size)
        data = array.astype(array.dtype.newbyteorder(">")).tobytes()
        entries.append(_text(name) + kind + _padded(data))
    return _list("attributes", entries)


def _values(dataset: Dataset, name: str) -> bytes:
    variable = dataset.variables[name]
    stored = variable.dtype.newbyteorder(">")
    return _padded(np.full(dataset.shape_of(name), variable.values, stored).tobytes())


def _list(kind: str, entries: list[bytes]) -> bytes:
    tag = TAGS[kind] if entries else 0
    return _integer(tag) + _integer(len(entries)) + b"".join(entries)


def _text(text: str) -> bytes:
    data = text.encode("utf-8", "surrogateescape")
    return _integer(len(data)) + _padded(data)


def _padded(data: bytes) -> bytes:
    return data.ljust(_rounded_up(len(data)), b"\0")


def _rounded_up(count: int) -> int:
    """Return the next multiple of four bytes."""
    return count + -count % 4
