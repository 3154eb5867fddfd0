"""Data sets to the bytes of NetCDF files.

Source: https://docs.unidata.ucar.edu/netcdf-c/current/file_format_specifications.html
"""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate
from struct import pack

import numpy as np

from volio.formats.containers.dataset import Attributes, Dataset, Variable, signed_numbers
from volio.formats.containers.netcdf import TAGS, TYPES, signed_dtype

__all__ = ["write_netcdf"]

#: Codes by kind and size; the sign of integers is an attribute.
CODES = {dtype.str[1:]: code for code, dtype in TYPES.items()}


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
    before = _header(dataset, begins)
    after = bytes(-dataset.nbytes_of(streamed) % 4)
    for name, begin in begins.items():
        if begin < begins[streamed]:
            before += _values(dataset, name)
        elif name != streamed:
            after += _values(dataset, name)
    return before, after


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
    dims = [_text(name) + _integers(length) for name, length in dataset.dims.items()]
    variables = [_variable(dataset, name, begins[name]) for name in dataset.variables]
    header = b"CDF%c" % dataset.version + _integers(0)  # no records
    header += _list("dimensions", dims) + _attributes(dataset.attributes)
    return header + _list("variables", variables)


def _variable(dataset: Dataset, name: str, begin: int) -> bytes:
    """Return what the header has of a variable whose values begin at a byte."""
    variable = dataset.variables[name]
    numbers = [[*dataset.dims].index(dim) for dim in variable.dims]
    size = min(_rounded_up(dataset.nbytes_of(name)), 2**32 - 1)
    axes = _integers(len(numbers), *numbers)
    end = _integers(size) + begin.to_bytes(4 * dataset.version)
    return _text(name) + axes + _kind(variable) + end


def _kind(variable: Variable) -> bytes:
    """Return attributes and type of a variable, with the sign that its values need."""
    stored = np.dtype(variable.dtype.str.replace("u", "i"))
    attributes = variable.attributes
    if signed_dtype(stored, attributes) != variable.dtype:
        sign = b"unsigned" if variable.dtype.kind == "u" else b"signed__"
        attributes = {**attributes, "signtype": sign}
    return _attributes(attributes) + _integers(CODES[stored.str[1:]])


def _attributes(attributes: Attributes) -> bytes:
    entries = []
    for name, value in attributes.items():
        array = np.frombuffer(value, "S1") if isinstance(value, bytes) else signed_numbers(value)
        kind = _integers(CODES[array.dtype.str[1:]], array.size)
        data = array.astype(array.dtype.newbyteorder(">")).tobytes()
        entries.append(_text(name) + kind + _padded(data))
    return _list("attributes", entries)


def _values(dataset: Dataset, name: str) -> bytes:
    variable = dataset.variables[name]
    stored = variable.dtype.newbyteorder(">")
    return _padded(np.full(dataset.shape_of(name), variable.values, stored).tobytes())


def _list(kind: str, entries: list[bytes]) -> bytes:
    tag = TAGS[kind] if entries else 0
    return _integers(tag, len(entries)) + b"".join(entries)


def _text(text: str) -> bytes:
    data = text.encode("utf-8", "surrogateescape")
    return _integers(len(data)) + _padded(data)


def _integers(*values: int) -> bytes:
    return pack(f">{len(values)}I", *values)


def _padded(data: bytes) -> bytes:
    return data.ljust(_rounded_up(len(data)), b"\0")


def _rounded_up(count: int) -> int:
    """Return the next multiple of four bytes."""
    return count + -count % 4
