"""Arguments that are something else, named in the words of the caller."""

from __future__ import annotations

from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.errors import HeaderTypeError, UsageError, UsageTypeError, VolioError

__all__ = ["check_extra", "check_header", "given_array"]


def given_array(name: str, value: Any) -> NDArray[Any]:
    """Return an argument as an array; arrays, those of subclasses too, stay what they are.

    Parameters
    ----------
    name : str
        Of the argument, for errors.
    value : array-like

    Raises
    ------
    UsageTypeError
        If it is the name of a file.
    UsageError
        If it is made of rows of unequal lengths.
    """
    if isinstance(value, str | bytes | PathLike):
        raise UsageTypeError(f"{name}: must be an array, got {value!r}; volio.load() reads files")
    try:
        return np.asanyarray(value)
    except VolioError:
        raise  # it says more than numpy does
    except ValueError as error:
        raise UsageError(f"{name}: rows of unequal lengths are not an array ({error})") from error


def check_header(owner: str, header: Any, hint: str = "") -> None:
    """Refuse an array where a header is meant.

    Parameters
    ----------
    owner : str
        Name of the class that is called.
    header : header or None
    hint : str, optional
        What to do instead, for the error.

    Raises
    ------
    HeaderTypeError
    """
    if hasattr(header, "ndim") or isinstance(header, str):
        found = type(header).__name__
        advice = f"; {hint}" if hint else ""
        raise HeaderTypeError(f"{owner}: header: must be a header or None, got {found}{advice}")


def check_extra(owner: str, extra: Any) -> None:
    """Refuse what is not a mapping where further things to keep are meant.

    Raises
    ------
    UsageTypeError
    """
    if extra is not None and not hasattr(extra, "keys"):
        found = type(extra).__name__
        raise UsageTypeError(f"{owner}: extra: must be a mapping or None, got {found}")
