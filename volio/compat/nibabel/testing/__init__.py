"""What test suites of other packages use: nibabel's ``testing`` names.

Formats of other packages are tested with `volio.testing`. nibabel's own sample files are not
served: volio does not ship them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from importlib import import_module
from itertools import zip_longest
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from volio.compat.nibabel.deprecated import cmp_pkg_version
from volio.compat.nibabel.deprecator import ExpiredDeprecationError
from volio.compat.nibabel.testing.helpers import (
    assert_data_similar,
    bytesio_filemap,
    bytesio_round_trip,
)
from volio.compat.nibabel.testing.np_features import memmap_after_ufunc
from volio.compat.nibabel.testing.recording import (
    clear_and_catch_warnings,
    error_warnings,
    suppress_warnings,
)

__all__ = [
    "EXTRA_SET",
    "assert_allclose_safely",
    "assert_arr_dict_equal",
    "assert_arrays_equal",
    "assert_data_similar",
    "assert_dt_equal",
    "assert_re_in",
    "bytesio_filemap",
    "bytesio_round_trip",
    "clear_and_catch_warnings",
    "deprecated_to",
    "error_warnings",
    "expires",
    "get_fresh_mod",
    "memmap_after_ufunc",
    "runif_extra_has",
    "suppress_warnings",
]

EXTRA_SET = os.environ.get("NIPY_EXTRA_TESTS", "").split(",")
"""Kinds of long tests that the environment asks for."""


def assert_dt_equal(a: DTypeLike, b: DTypeLike) -> None:
    """Check that two dtypes are the same, byte order included."""
    assert np.dtype(a) == np.dtype(b)


def assert_allclose_safely(
    a: ArrayLike, b: ArrayLike, match_nans: bool = True, rtol: float = 1e-5, atol: float = 1e-8
) -> None:
    """Check that arrays are close, also where they hold NaN and infinities.

    Parameters
    ----------
    a, b : array-like
        Shapes that broadcast.
    match_nans : bool, optional
        Whether NaN counts as equal to NaN.
    rtol, atol : float, optional
        As in `numpy.allclose`.
    """
    first, second = np.broadcast_arrays(np.atleast_1d(a), np.atleast_1d(b))
    if match_nans:
        np.testing.assert_array_equal(np.isnan(first), np.isnan(second))
    with np.errstate(invalid="ignore"):
        assert np.allclose(first, second, rtol=rtol, atol=atol, equal_nan=match_nans)


def assert_arrays_equal(arrays1: Iterable[ArrayLike], arrays2: Iterable[ArrayLike]) -> None:
    """Check that two series hold equal arrays."""
    missing = object()
    for one, other in zip_longest(arrays1, arrays2, fillvalue=missing):
        assert one is not missing, "the first series is shorter"
        assert other is not missing, "the second series is shorter"
        np.testing.assert_array_equal(np.asarray(one), np.asarray(other))


def assert_arr_dict_equal(dict1: Mapping[Any, ArrayLike], dict2: Mapping[Any, ArrayLike]) -> None:
    """Check that two mappings hold equal arrays under the same keys."""
    assert dict1.keys() == dict2.keys()
    assert_arrays_equal(dict1.values(), [dict2[key] for key in dict1])


def assert_re_in(regex: str, c: str | Iterable[str], flags: int = 0) -> None:
    """Check that a string, or one of several, begins with a match of a regular expression."""
    strings = [c] if isinstance(c, str) else list(c)
    found = any(re.match(regex, string, flags) for string in strings)
    assert found, f"{regex!r} matches none of {strings}"


def get_fresh_mod(mod_name: str = __name__) -> ModuleType:
    """Return a module that has forgotten which warnings it gave."""
    module = import_module(mod_name)
    module.__dict__.setdefault("__warningregistry__", {}).clear()
    return module


def runif_extra_has(test_str: str) -> Any:
    """Return a mark that skips a test unless the environment asks for its kind."""
    import pytest

    return pytest.mark.skipif(test_str not in EXTRA_SET, reason=f"a test of the kind {test_str}")


def expires(version: str) -> Callable[[Any], Any]:
    """Return a mark for tests of what goes away: from a version on they must fail.

    Parameters
    ----------
    version : str
        Of the names served, see `volio.compat.API_VERSION`.
    """
    if cmp_pkg_version(version) > 0:
        return lambda test: test
    import pytest

    return pytest.mark.xfail(raises=ExpiredDeprecationError)


def deprecated_to(version: str) -> Any:
    """Return a context that expects a DeprecationWarning until a version, then nothing.

    Parameters
    ----------
    version : str
        Of the names served, see `volio.compat.API_VERSION`.
    """
    if cmp_pkg_version(version) <= 0:
        return nullcontext()
    import pytest

    return pytest.deprecated_call()
