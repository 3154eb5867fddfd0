"""The same call on nibabel and on volio, compared."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

FAILED = "raised"


def outcome(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """What a call returns; FAILED if it raises.

    Warnings of the oracle (about deprecated numpy, say) are not what is compared.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return function(*args, **kwargs)
        except Exception:
            return FAILED


def same(one: Any, other: Any) -> bool:
    """Whether two results are equal, dtype and NaNs included."""
    if isinstance(one, np.ndarray | np.generic) and isinstance(other, np.ndarray | np.generic):
        with_nan = one.dtype.kind in "fc"
        return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=with_nan)
    if isinstance(one, tuple | list):
        alike = type(one) is type(other) and len(one) == len(other)
        return alike and all(same(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return bool(one == other)


def assert_alike(theirs: Any, ours: Any, *args: Any, **kwargs: Any) -> None:
    """Check that a function of volio returns what nibabel's returns."""
    expected, found = outcome(theirs, *args, **kwargs), outcome(ours, *args, **kwargs)
    assert same(expected, found), f"{args} {kwargs}: nibabel {expected!r}, volio {found!r}"
