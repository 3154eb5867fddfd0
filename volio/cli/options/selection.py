"""Which voxels statistics are about, by the options of a command line."""

from __future__ import annotations

import argparse
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from volio.arrays.slabs import as_array, iterate_slabs
from volio.caller import warn_caller
from volio.cli.console.reporting import Reporter
from volio.cli.options.load_options import load_image
from volio.errors import GeometryWarning, UsageError
from volio.images.kinds import check_kind
from volio.space.rotations import affine_difference

__all__ = ["Mask", "add_selection", "is_selective", "load_mask", "select"]

#: mm by which voxels of a mask may be away from those of the image before there is a warning.
AWAY = 1e-2


class Mask(NamedTuple):
    """The mask of a command line.

    Attributes
    ----------
    path : str
    inside : bool array
        Which voxels are neither 0 nor NaN.
    affine : (4, 4) array or None
        Voxels to RAS+ mm.
    """

    path: str
    inside: NDArray[np.bool_]
    affine: NDArray[np.float64] | None


def add_selection(parser: argparse.ArgumentParser) -> None:
    """Add the options that select voxels."""
    group = parser.add_argument_group("which voxels count (all, unless given here)")
    group.add_argument(
        "--mask",
        metavar="FILE",
        help="those that are not 0 in this image; a 3-D mask selects in each volume",
    )
    group.add_argument("--nonzero", action="store_true", help="those that are not 0")
    group.add_argument("--above", type=float, metavar="X", help="those above this value")
    group.add_argument("--below", type=float, metavar="X", help="those below this value")


def is_selective(options: argparse.Namespace) -> bool:
    """Return whether options leave voxels out."""
    return options.mask is not None or _goes_by_value(options)


def _goes_by_value(options: argparse.Namespace) -> bool:
    return options.nonzero or options.above is not None or options.below is not None


def load_mask(options: argparse.Namespace, reporter: Reporter) -> Mask | None:
    """Return the mask that options name, with its voxels read; None if they name none."""
    if options.mask is None:
        return None
    from volio.ops.masks import is_inside

    img = load_image(options.mask, options, reporter)
    check_kind(img, "volume", "--mask")
    return Mask(options.mask, is_inside(np.asanyarray(img.dataobj)), img.affine)


def select(img: Any, mask: Mask | None, options: argparse.Namespace) -> NDArray[np.bool_] | None:
    """Return the voxels of an image that a mask and options select.

    Parameters
    ----------
    img : SpatialImage
    mask : Mask or None
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
        If the mask is somewhere else.
    """
    inside = None if mask is None else _inside(img, mask)
    data = as_array(img.dataobj)
    if not _goes_by_value(options) or data.dtype.kind not in "biufc":
        return inside
    selected = np.empty(data.shape, bool)
    for slab in iterate_slabs(data):
        selected[slab.where] = _fits(slab.values, options)
    if inside is not None:
        selected &= inside.reshape(inside.shape + (1,) * (selected.ndim - inside.ndim))
    return selected


def _inside(img: Any, mask: Mask) -> NDArray[np.bool_]:
    """Return the voxels of a mask, which must have the shape of the image."""
    inside = mask.inside
    if inside.shape != img.shape[: inside.ndim]:
        raise UsageError(
            f"the mask {mask.path} has shape {inside.shape}, which does not fit {tuple(img.shape)}"
        )
    if mask.affine is not None and img.affine is not None and inside.ndim > 2:
        degrees, mm = affine_difference(img.affine, mask.affine, inside.shape)
        if mm > AWAY:
            warn_caller(
                f"the mask {mask.path} is at another position: its voxels are up to {mm:.3g} mm "
                f"away, rotated by {degrees:.3g} degrees; voxels are taken by their indices",
                GeometryWarning,
            )
    return inside


def _fits(values: NDArray[Any], options: argparse.Namespace) -> NDArray[np.bool_]:
    """Return which values options select; of complex ones the magnitudes count."""
    if values.dtype.kind == "c":
        values = np.abs(values)
    fits = np.ones(values.shape, bool)
    if options.nonzero:
        fits &= (values != 0) & (values == values)
    if options.above is not None:
        fits &= values > options.above
    if options.below is not None:
        fits &= values < options.below
    return fits
