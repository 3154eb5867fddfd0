"""Which voxels statistics are about, as the user says on the command line."""

from __future__ import annotations

import argparse
from functools import cache
from typing import Any

import numpy as np

from volio.arrays.slabs import as_array, iterate_slabs
from volio.io import load

__all__ = ["add_selection", "select"]


def add_selection(parser: argparse.ArgumentParser) -> None:
    """Add the options that select voxels."""
    group = parser.add_argument_group("which voxels count (all, unless said here)")
    group.add_argument(
        "--mask",
        metavar="FILE",
        help="those that are not 0 in this image; a 3-D mask selects in each volume",
    )
    group.add_argument("--nonzero", action="store_true", help="those that are not 0")
    group.add_argument("--above", type=float, metavar="X", help="those above this value")
    group.add_argument("--below", type=float, metavar="X", help="those below this value")


def select(img: Any, options: argparse.Namespace) -> Any:
    """Return the voxels of an image that options select.

    Parameters
    ----------
    img : SpatialImage
    options : Namespace
        With what `add_selection` adds.

    Returns
    -------
    array of bool, or None
        Of the shape of the mask or of the image; None for all voxels.
    """
    mask = None if options.mask is None else _load_mask(options.mask)
    data = as_array(img.dataobj)
    by_value = options.nonzero or options.above is not None or options.below is not None
    if not by_value or data.dtype.kind not in "biufc":
        return mask
    chosen = np.empty(data.shape, bool)
    for slab in iterate_slabs(data):
        chosen[slab.where] = _fits(slab.values, options)
    return chosen if mask is None else _both(chosen, mask)


@cache
def _load_mask(path: str) -> Any:
    values = np.asanyarray(load(path).dataobj)
    return (values != 0) & (values == values)


def _fits(values: Any, options: argparse.Namespace) -> Any:
    values = np.abs(values) if values.dtype.kind == "c" else values
    fits = np.ones(values.shape, bool)
    if options.nonzero:
        fits &= (values != 0) & (values == values)
    if options.above is not None:
        fits &= values > options.above
    if options.below is not None:
        fits &= values < options.below
    return fits


def _both(chosen: Any, mask: Any) -> Any:
    if mask.shape != chosen.shape[: mask.ndim]:
        return mask  # describing the voxels says that it does not fit
    return chosen & mask.reshape(mask.shape + (1,) * (chosen.ndim - mask.ndim))
