"""What stored numbers mean: image-min, image-max and valid_range, as slope and intercept.

Stored integers from one end of valid_range to the other mean image-min to image-max, which may
differ from slice to slice; floats mean themselves.
Source: https://en.wikibooks.org/wiki/MINC/Reference/MINC1-programmers-guide
"""

from __future__ import annotations

from itertools import product
from math import ulp
from typing import Any

import numpy as np

from volio.arrays.dtypes import Array, integer_limits
from volio.arrays.scaling import Factor
from volio.errors import HeaderDataError
from volio.formats.containers.dataset import Dataset, Variable
from volio.formats.minc.dimensions import ENDS

__all__ = ["drop_slices", "read_scaling", "valid_range", "write_range", "write_scaling"]


def valid_range(image: Variable) -> tuple[float, float]:
    """Return the lowest and the highest stored number that has a meaning.

    Raises
    ------
    HeaderDataError
        If they are outside the dtype, or not in this order.
    """
    lowest, highest = integer_limits(image.dtype)
    stated = [image.number("valid_min", lowest), image.number("valid_max", highest)]
    found = image.numbers("valid_range")
    if found is not None:  # some programs have them the other way round
        stated = sorted(found.tolist())
    if len(stated) != 2 or not lowest <= stated[0] < stated[1] <= highest:
        raise HeaderDataError(f"valid_range: must be two numbers of {image.dtype}, got {stated}")
    return stated[0], stated[1]


def read_scaling(dataset: Dataset) -> tuple[Factor | None, Factor | None]:
    """Return slope and intercept that turn stored numbers into values; None for floats.

    Returns
    -------
    slope, inter : float, or ndarray of shape (n, 1, ...), or None
        Arrays where slices differ, over the dimensions of the image.

    Raises
    ------
    HeaderDataError
        If image-min and image-max do not fit the image, or are not finite.
    """
    image = dataset.variables["image"]
    if image.dtype.kind == "f":
        return None, None
    low, high = valid_range(image)
    least, greatest = np.zeros(1), np.ones(1)  # what MINC takes where they are not stated
    if all(name in dataset.variables for name in ENDS):
        least, greatest = (_end(dataset.variables[name], name, image.dims) for name in ENDS)
    with np.errstate(over="ignore", invalid="ignore"):
        slope = (greatest - least) / (high - low)
        inter = least - low * slope
    if not np.isfinite([slope, inter]).all():
        raise HeaderDataError("image-min, image-max: must be finite, and so must their difference")
    return _single(slope), _single(inter)


def _end(end: Variable, name: str, dims: tuple[str, ...]) -> Array:
    """Return the values of one end, with an axis of length 1 for each dimension it is not over."""
    if end.values is None or end.dims != dims[: len(end.dims)]:
        raise HeaderDataError(f"{name}: must have the first of {dims}, has {end.dims}")
    later = [1] * (len(dims) - len(end.dims))
    return end.values.astype(float).reshape(*end.values.shape, *later)


def _single(factor: Array) -> Factor:
    """Return a number where all slices have the same."""
    return factor if np.ptp(factor) else float(factor.flat[0])


def write_scaling(dataset: Dataset, slope: Any, inter: Any) -> None:
    """Store slope and intercept, over all of the dtype's range.

    Parameters
    ----------
    dataset : Dataset
        Of integers.
    slope, inter : float or ndarray
        Of shape () or (n, 1, 1, ...).
    """
    low, high = map(float, integer_limits(dataset.variables["image"].dtype))
    least, greatest = np.vectorize(_ends, otypes="dd")(slope, inter, low, high)
    # Slices differ along the first axes only, and the ends are over these.
    axes = max((axis + 1 for axis, length in enumerate(least.shape) if length > 1), default=0)
    shape = least.shape[:axes]
    write_range(dataset, (low, high), (least.reshape(shape), greatest.reshape(shape)))


def write_range(dataset: Dataset, stored: tuple[float, float], ends: tuple[Any, Any]) -> None:
    """Store valid_range, image-min and image-max; these over as many dimensions as they have."""
    image = dataset.variables["image"]
    for name, end in zip(ENDS, ends, strict=True):
        values = np.array(end, float)
        attributes = dataset.get(name).attributes
        new = Variable(image.dims[: values.ndim], attributes=attributes, values=values)
        dataset.variables[name] = new
    for name in ("valid_min", "valid_max"):
        image.attributes.pop(name, None)
    image.attributes["valid_range"] = np.array(stored)


def _ends(slope: float, inter: float, low: float, high: float) -> tuple[float, float]:
    """Return image-min and image-max that give back slope and intercept, bit for bit if any do."""
    least = low * slope + inter
    greatest = high * slope + inter
    for first, last in product(_near(least), _near(greatest)):
        found = (last - first) / (high - low)
        if found == slope and first - low * found == inter:
            return first, last
    return least, greatest


def _near(value: float) -> list[float]:
    """Return a number and the floats around it, the nearest first."""
    return [value + step * ulp(value) for step in (0, 1, -1, 2, -2, 3, -3)]


def drop_slices(dataset: Dataset) -> None:
    """Let slope and intercept be those of no slice: the ones of all, or none."""
    if any(isinstance(factor, np.ndarray) for factor in read_scaling(dataset)):
        write_scaling(dataset, 1.0, 0.0)
    for end in map(dataset.get, ENDS):
        if end.values is not None and end.values.size:
            end.dims = ()
            end.values = end.values.ravel()[0:1].reshape(())
