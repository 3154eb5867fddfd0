"""Which voxels statistics are about, as the user says on the command line."""

from __future__ import annotations

import argparse
from functools import cache
from typing import Any

import numpy as np

from volio.arrays.slabs import as_array, iterate_slabs
from volio.caller import warn_caller
from volio.errors import GeometryWarning, UsageError
from volio.images.kinds import check_kind
from volio.io import load
from volio.space.rotations import affine_difference

__all__ = ["add_selection", "is_selective", "load_mask", "select"]


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


def is_selective(options: argparse.Namespace) -> bool:
    """Say whether options leave voxels out."""
    return options.mask is not None or _goes_by_value(options)


def _goes_by_value(options: argparse.Namespace) -> bool:
    return options.nonzero or options.above is not None or options.below is not None


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

    Raises
    ------
    UsageError
        If the mask has another shape.

    Warns
    -----
    GeometryWarning
        If the mask lies elsewhere.
    """
    mask = None if options.mask is None else _mask_for(img, options.mask)
    data = as_array(img.dataobj)
    if not _goes_by_value(options) or data.dtype.kind not in "biufc":
        return mask
    chosen = np.empty(data.shape, bool)
    for slab in iterate_slabs(data):
        chosen[slab.where] = _fits(slab.values, options)
    if mask is not None:
        chosen &= mask.reshape(mask.shape + (1,) * (chosen.ndim - mask.ndim))
    return chosen


@cache
def load_mask(path: str) -> tuple[Any, Any]:
    """Return a mask as an array of bool, and its affine."""
    img = load(path)
    check_kind(img, "volume", "--mask")
    values = np.asanyarray(img.dataobj)
    return (values != 0) & (values == values), img.affine


def _mask_for(img: Any, path: str) -> Any:
    mask, affine = load_mask(path)
    if mask.shape != img.shape[: mask.ndim]:
        raise UsageError(
            f"the mask {path} has shape {mask.shape}, which does not fit {tuple(img.shape)}"
        )
    if affine is not None and img.affine is not None and mask.ndim > 2:
        degrees, mm = affine_difference(img.affine, affine, mask.shape)
        if mm > 1e-2:
            warn_caller(
                f"the mask {path} lies elsewhere: its voxels are up to {mm:.3g} mm away, turned "
                f"by {degrees:.3g} degrees; voxels are taken by their indices",
                GeometryWarning,
            )
    return mask


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
