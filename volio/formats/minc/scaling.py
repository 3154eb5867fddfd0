"""What stored numbers mean: image-min, image-max and valid_range, as slope and intercept.

Stored integers from one end of valid_range to the other mean image-min to image-max, which may
differ from slice to slice; floats mean themselves.
Source: https://en.wikibooks.org/wiki/MINC/Reference/MINC1-programmers-guide
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from volio.arrays.dtypes import integer_limits
from volio.errors import HeaderDataError
from volio.formats.containers.dataset import Dataset, Variable

__all__ = ["ENDS", "Factors", "factors_of", "put_factors", "put_range", "valid_range"]

ENDS = ("image-min", "image-max")
Numbers = NDArray[np.float64]


class Factors(NamedTuple):
    """Slope and intercept, shape () or that of the first axes with 1 for the others."""

    slope: Numbers
    inter: Numbers


def valid_range(image: Variable) -> tuple[float, float]:
    """Return the least and the greatest stored number that means something.

    Raises
    ------
    HeaderDataError
        If they are outside the dtype, or not in this order.
    """
    least, greatest = integer_limits(image.dtype)
    low, high = image.number("valid_min", least), image.number("valid_max", greatest)
    stated = image.numbers("valid_range")
    if stated is not None:
        if stated.shape != (2,):
            raise HeaderDataError(f"valid_range: must be 2 numbers, got {stated.tolist()}")
        low, high = stated.min(), stated.max()  # some programs have them the other way round
    if not least <= low < high <= greatest:
        raise HeaderDataError(
            f"valid_range: must be two numbers of {image.dtype}, got {low:g} to {high:g}"
        )
    return float(low), float(high)


def factors_of(dataset: Dataset) -> Factors | None:
    """Return what turns stored numbers into values; None for floats.

    Raises
    ------
    HeaderDataError
        If image-min and image-max do not fit the image, or are not finite.
    """
    image = dataset.variables["image"]
    if image.dtype.kind not in "iu":
        return None
    low, high = valid_range(image)
    known = [dataset.variables.get(name) for name in ENDS]
    if known[0] is None or known[1] is None:
        return _between(np.float64(0.0), np.float64(1.0), low, high)  # what MINC takes for them
    least, greatest = (_end(dataset, name) for name in ENDS)
    return _between(least, greatest, low, high)


def _end(dataset: Dataset, name: str) -> Numbers:
    image, end = dataset.variables["image"], dataset.variables[name]
    count = len(end.dims)
    if end.values is None or end.dims != image.dims[:count]:
        raise HeaderDataError(f"{name}: must have the first of {image.dims}, has {end.dims}")
    values = end.values.astype(np.float64)
    if not np.isfinite(values).all():
        raise HeaderDataError(f"{name}: must be finite")
    return values.reshape((*values.shape, *[1] * (len(image.dims) - count if count else 0)))


def _between(least: Any, greatest: Any, low: float, high: float) -> Factors:
    with np.errstate(over="ignore", invalid="ignore"):
        slope = (greatest - least) / (high - low)
        inter = least - low * slope
    if not (np.isfinite(slope).all() and np.isfinite(inter).all()):
        raise HeaderDataError("image-min, image-max: their difference is not finite")
    return Factors(np.asarray(slope), np.asarray(inter))


def put_factors(dataset: Dataset, slope: Any, inter: Any) -> None:
    """State slope and intercept, over all of the dtype's range.

    Parameters
    ----------
    dataset : Dataset
        Of integers.
    slope, inter : float or ndarray
        Of shape () or (n, 1, 1, ...).
    """
    low, high = (float(end) for end in integer_limits(dataset.variables["image"].dtype))
    slopes, inters = np.broadcast_arrays(np.float64(slope), np.float64(inter))
    count = max((axis + 1 for axis, length in enumerate(slopes.shape) if length > 1), default=0)
    shape = slopes.shape[:count]
    pairs = zip(slopes.flat, inters.flat, strict=True)
    ends = np.array([_ends(float(one), float(other), low, high) for one, other in pairs])
    put_range(dataset, (low, high), ends[:, 0].reshape(shape), ends[:, 1].reshape(shape))


def put_range(
    dataset: Dataset, stored: tuple[float, float], least: Numbers, greatest: Numbers
) -> None:
    """State valid_range, image-min and image-max; these over as many dimensions as they have."""
    image = dataset.variables["image"]
    for name, values in zip(ENDS, (least, greatest), strict=True):
        before = dataset.variables.get(name)
        attributes = before.attributes if before else {}
        dims = image.dims[: values.ndim]
        dataset.variables[name] = Variable(dims, np.dtype("f8"), attributes, values)
    for name in ("valid_min", "valid_max"):
        image.attributes.pop(name, None)
    image.attributes["valid_range"] = np.array(stored)


def _ends(slope: float, inter: float, low: float, high: float) -> tuple[float, float]:
    """Return image-min and image-max that give back slope and intercept, bit for bit if any do."""
    least, greatest = low * slope + inter, high * slope + inter
    for first in _near(least):
        for last in _near(greatest):
            found = (last - first) / (high - low)
            if found == slope and first - low * found == inter:
                return first, last
    return least, greatest


def _near(value: float) -> list[float]:
    """Return a number and the floats around it."""
    found = [value]
    for towards in (np.inf, -np.inf):
        near = value
        for _ in range(3):
            near = float(np.nextafter(near, towards))
            found.append(near)
    return found
