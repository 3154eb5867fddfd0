"""Results as JSON: one array, one object per line, null for numbers that are not finite."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from volio.arrays.encodings.decimals import shown_number, typed_numbers

__all__ = ["array_lines", "jsonable"]


def array_lines(objects: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the lines of an array of objects, each on a line of its own as soon as it is known."""
    yield "["
    before = ""
    for each in objects:
        if before:
            yield f"{before},"
        before = json.dumps(jsonable(each), allow_nan=False)
    if before:
        yield before
    yield "]"


def jsonable(value: Any) -> Any:
    """Return a value in the types that JSON has; numbers that are not finite become null."""
    if isinstance(value, Mapping):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [jsonable(item) for item in value]
    if isinstance(value, bytes):
        return value.rstrip(b"\0").decode("latin-1")
    if isinstance(value, complex):
        return [jsonable(value.real), jsonable(value.imag)]
    if isinstance(value, float):
        # Affines, extremes and percentiles of 32 bits, as sizes of voxels, have few digits.
        return shown_number(float(value)) if math.isfinite(value) else None
    if hasattr(value, "tolist"):  # numpy arrays and scalars
        converted = typed_numbers(value)
        return str(value) if hasattr(converted, "tolist") else jsonable(converted)
    return value
