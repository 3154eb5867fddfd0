"""What comparisons of images, surfaces, tracts and greyordinates have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.errors import UsageError
from volio.images.kinds import Kind, check_kind

__all__ = [
    "check_comparable",
    "check_tolerances",
    "differing_labels",
    "differing_names",
    "differing_texts",
    "differing_values",
    "dtype_name",
]

IN_FIRST = "in the first only"
IN_SECOND = "in the second only"


def check_tolerances(rtol: float, atol: float) -> None:
    """Check the tolerances of a comparison.

    Raises
    ------
    UsageError
        If one is negative or NaN.
    """
    if not (rtol >= 0 and atol >= 0):
        raise UsageError(f"rtol, atol: must not be negative, got {rtol} and {atol}")


def check_comparable(
    compared: Iterable[Any], kind: Kind, what: str, rtol: float, atol: float
) -> None:
    """Check the arguments of a comparison.

    Parameters
    ----------
    compared : iterable of objects
    kind : str
        That each must be of: 'surface', 'tracts', ...
    what : str
        Name of the function, for the message.
    rtol, atol : float

    Raises
    ------
    UsageError
        If a tolerance is negative, or one of the objects is of another kind.
    """
    check_tolerances(rtol, atol)
    for each in compared:
        check_kind(each, kind, what)


def differing_names(
    one: Mapping[str, Any], other: Mapping[str, Any], difference: Callable[[str], str]
) -> Iterator[tuple[str, str]]:
    """Yield the names whose values differ, and how; names of the first come first.

    Parameters
    ----------
    one, other : mapping
    difference : callable
        Gets a name that both have, and returns what differs; "" for nothing.
    """
    for name in dict.fromkeys([*one, *other]):
        if name not in other:
            yield name, IN_FIRST
        elif name not in one:
            yield name, IN_SECOND
        elif found := difference(name):
            yield name, found


def differing_values(one: NDArray[Any], other: NDArray[Any], rtol: float, atol: float) -> str:
    """Return what differs in two arrays; "" for nothing.

    Parameters
    ----------
    one, other : array
    rtol, atol : float
        A value differs if ``|a - b| > atol + rtol * |b|``, or if just one of the two is NaN.
    """
    if one.shape != other.shape:
        return f"shapes {one.shape} and {other.shape}"
    close = np.isclose(one, other, rtol, atol, equal_nan=True)
    if close.all():
        return ""
    apart = np.abs(one[~close].astype(float) - other[~close])
    return f"{(~close).sum()} of {close.size} differ, by {np.nanmax(apart, initial=0):.6g} at most"


def differing_labels(one: NDArray[Any], other: NDArray[Any]) -> str:
    """Return how many labels of two arrays of one shape differ; "" for none."""
    differing = int((one != other).sum())
    return f"{differing} of {one.size} have other labels" if differing else ""


def differing_texts(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Return pairs of texts that are not the same; "" where one of them has none."""
    pairs = {}
    for name in dict.fromkeys([*one, *other]):
        texts = (str(one.get(name, "")), str(other.get(name, "")))
        if texts[0] != texts[1]:
            pairs[name] = texts
    return pairs


def dtype_name(img: Any) -> str:
    """Return the name of the dtype of the values in an image's file, whatever their byte order."""
    return str(np.dtype(img.get_data_dtype()).newbyteorder("="))
