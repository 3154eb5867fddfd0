"""``volio roi``: a part of an image, its voxels where they were."""

from __future__ import annotations

import argparse
from itertools import product
from typing import Any

import numpy as np

from volio.cli.arguments import parse_slice
from volio.cli.jobs import Job
from volio.cli.outputs import check_targets
from volio.cli.reporting import DONE, Reporter
from volio.errors import AffineError, UsageError
from volio.images.kinds import check_kind
from volio.io import load, save
from volio.space.affines import apply_affine
from volio.space.transforms import invert

__all__ = ["EXAMPLES", "add_arguments", "run"]

EXAMPLES = """\
%(prog)s scan.nii.gz part.nii.gz -i 10:20 -k 30:
%(prog)s scan.nii.gz turned.nii.gz -k ::-1              last slice first
%(prog)s bold.nii.gz first.nii.gz -t 0                  one volume
%(prog)s bold.nii.gz later.nii.gz -t -50:               the last 50 volumes
%(prog)s scan.nii.gz box.nii.gz --box -40 -40 0 40 40 60"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("source", metavar="IN", help="image to read")
    parser.add_argument("target", metavar="OUT", help="image to write")
    for axis in "ijk":
        parser.add_argument(
            f"-{axis}",
            type=parse_slice,
            default=slice(None),
            metavar="SLICE",
            help=f"what to keep along {axis}, as Python slices: start:stop:step, or one index",
        )
    parser.add_argument(
        "-t", type=parse_slice, metavar="SLICE", help="volumes to keep; one index drops the axis"
    )
    parser.add_argument(
        "--box",
        type=float,
        nargs=6,
        metavar=("X", "Y", "Z", "X2", "Y2", "Z2"),
        help="two corners of a box in RAS+ mm: keep the smallest block of voxels that covers it",
    )
    parser.add_argument("-f", "--force", action="store_true", help="replace a file that is there")


def run(options: argparse.Namespace, reporter: Reporter) -> int:
    """Cut the part out."""
    check_targets([Job(options.source, options.target)], options.force)
    with reporter.about(options.source):
        img = load(options.source)
        check_kind(img, "volume", "volio roi")
        save(img.slicer[_index(img, options)], options.target)
    return reporter.code or DONE


def _index(img: Any, options: argparse.Namespace) -> tuple[Any, ...]:
    """Return the index of what to keep."""
    space = tuple(_kept(getattr(options, axis)) for axis in "ijk")
    if options.box is not None:
        if space != (slice(None),) * 3:
            raise UsageError("--box goes without -i, -j and -k")
        space = box_slices(img, options.box[:3], options.box[3:])
    if options.t is None:
        return space
    if len(img.shape) < 4:
        raise UsageError(f"-t: there is one volume only, the shape is {img.shape}")
    return (*space, options.t)


def _kept(part: slice | int) -> slice:
    """Return a slice that keeps the axis, for one index too."""
    return slice(part, part + 1 or None) if isinstance(part, int) else part


def _reach(img: Any) -> str:
    """Say from where to where the voxels of an image are, in mm."""
    corners = apply_affine(img.affine, list(product(*((-0.5, n - 0.5) for n in img.shape[:3]))))
    ends = zip("xyz", corners.min(axis=0), corners.max(axis=0), strict=True)
    return "which has " + ", ".join(f"{axis} {low:.4g} to {high:.4g}" for axis, low, high in ends)


def box_slices(img: Any, one: Any, other: Any) -> tuple[slice, ...]:
    """Return the smallest block of voxels that covers a box in space.

    Parameters
    ----------
    img : SpatialImage
    one, other : (3,) array-like
        Two opposite corners, RAS+ mm.

    Raises
    ------
    AffineError
        If the image has no affine.
    UsageError
        If the box lies outside the image.
    """
    if img.affine is None:
        raise AffineError("has no affine, so a box in mm has no place in it; use -i, -j and -k")
    ends = np.array(list(product(*zip(one, other, strict=True))))
    voxels = apply_affine(invert(img.affine), ends)
    # A voxel reaches half its size to each side; rounding errors must not add a layer of them.
    low = np.floor(voxels.min(axis=0) + 0.5 + 1e-6).astype(int)
    high = np.ceil(voxels.max(axis=0) + 0.5 - 1e-6).astype(int)
    low, high = np.maximum(low, 0), np.minimum(np.maximum(high, low + 1), img.shape[:3])
    if (low >= high).any():
        raise UsageError(f"--box: lies outside the image, {_reach(img)}")
    return tuple(slice(int(start), int(stop)) for start, stop in zip(low, high, strict=True))
