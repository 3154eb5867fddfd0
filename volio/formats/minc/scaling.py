"""What stored numbers mean: image-min, image-max and valid_range, as slope and intercept.

Stored integers from one end of valid_range to the other mean image-min to image-max, which may
differ from slice to slice; floats mean themselves.
Source: https://en.wikibooks.org/wiki/MINC/Reference/MINC1-programmers-guide
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from volio.arrays.dtypes import Array, integer_limits
from volio.arrays.scaling import Factor
from volio.arrays.value_range import range_of_scaling, scaling_of_range
from volio.errors import HeaderDataError
from volio.formats.containers.dataset import Dataset, Variable
from volio.formats.minc.dimensions import ENDS
from volio.images.headers.shape_checks import check_finite

__all__ = ["drop_slices", "read_scaling", "valid_range", "write_range", "write_scaling"]


def valid_range(image: Variable) -> tuple[float, float]:
    """Return the lowest and the highest stored number that has a meaning.

    Raises
    ------
    HeaderDataError
        If they are outside the dtype, or not in this order.
    """
    least, greatest = integer_limits(image.dtype)
    ends = [image.number("valid_min", least), image.number("valid_max", greatest)]
    found = image.numbers("valid_range")
    if found is not None:  # some programs have them the other way round
        ends = sorted(found.tolist())
    if len(ends) != 2 or not least <= ends[0] < ends[1] <= greatest:
        raise HeaderDataError(f"valid_range: must be two numbers of {image.dtype}, got {ends}")
    return ends[0], ends[1]


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
    least = np.zeros(1)  # what MINC takes where they are not stated
    greatest = np.ones(1)
    if set(ENDS) <= dataset.variables.keys():
        least, greatest = (_end_of_slices(dataset, name) for name in ENDS)
    slope, inter = scaling_of_range(least, greatest, low, high)
    check_finite("image-min, image-max, and their difference", slope, inter)
    return _single(slope), _single(inter)


def _end_of_slices(dataset: Dataset, name: str) -> Array:
    """Return the values of image-min or image-max, of length 1 along axes within a slice."""
    end = dataset.variables[name]
    dims = dataset.variables["image"].dims
    count = len(end.dims)
    if end.dims != dims[:count]:
        raise HeaderDataError(f"{name}: must have the first of {dims}, has {end.dims}")
    if end.values.dtype.kind not in "iuf":
        raise HeaderDataError(f"{name}: must be numbers, is text")
    shape = (*end.values.shape, *[1] * (len(dims) - count))
    return end.values.astype(float).reshape(shape)


def _single(factor: Array) -> Factor:
    """Return a number where all slices have the same."""
    first = factor.ravel()[:1]
    return first.item() if first.size and (factor == first).all() else factor


def write_scaling(dataset: Dataset, slope: Any, inter: Any) -> None:
    """Store slope and intercept, over all of the dtype's range.

    Parameters
    ----------
    dataset : Dataset
        Of integers.
    slope, inter : float or ndarray
        Of shape () or (n, 1, 1, ...).
    """
    stored = integer_limits(dataset.variables["image"].dtype)
    ends = np.array(range_of_scaling(slope, inter, *stored))
    while ends.shape[1:] and ends.shape[-1] == 1:  # they are over the first dimensions only
        ends = ends[..., 0]
    write_range(dataset, stored, ends)


def write_range(dataset: Dataset, stored: Sequence[float], values: Iterable[Any]) -> None:
    """Store valid_range, image-min and image-max; these over as many dimensions as they have."""
    image = dataset.variables["image"]
    for name, end in zip(ENDS, values, strict=True):
        array = np.asarray(end, float)
        dims = image.dims[: array.ndim]
        dataset.variables.setdefault(name, Variable()).set_values(dims, array)
    image.set(valid_range=np.array(stored, float), valid_min=None, valid_max=None)


def drop_slices(dataset: Dataset) -> None:
    """Let slope and intercept be those of no slice: the ones of all, or none."""
    if any(isinstance(factor, np.ndarray) for factor in read_scaling(dataset)):
        write_scaling(dataset, 1.0, 0.0)
    for end in map(dataset.get, ENDS):
        end.set_values((), np.resize(end.values, ()))
