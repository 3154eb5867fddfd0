"""``volio roi``: a part of an image, its voxels where they were; and the way back."""

from __future__ import annotations

import argparse
from typing import Any

from volio.cli.console.reporting import DONE, Reporter
from volio.cli.jobs import Job
from volio.cli.options.arguments import parse_count, parse_slice
from volio.cli.options.load_options import expect_load_options, load_image
from volio.cli.options.saving import save_image
from volio.cli.outputs import check_targets
from volio.errors import UsageError
from volio.images.kinds import check_kind

__all__ = ["EXAMPLES", "add_arguments", "run"]

EXAMPLES = """\
%(prog)s scan.nii.gz part.nii.gz -i 10:20 -k 30:
%(prog)s scan.nii.gz turned.nii.gz -k ::-1              last slice first
%(prog)s bold.nii.gz first.nii.gz -t 0                  one volume
%(prog)s bold.nii.gz later.nii.gz -t -50:               the last 50 volumes
%(prog)s scan.nii.gz box.nii.gz --box -40 -40 0 40 40 60
%(prog)s scan.nii.gz brain.nii.gz --mask brain_mask.nii.gz --margin 2
%(prog)s scan.nii.gz small.nii.gz --nonzero             without the empty border
%(prog)s small.nii.gz large.nii.gz --pad-to scan.nii.gz   and back on the grid of the scan"""

EVERYTHING = slice(None)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("source", metavar="IN", help="image to read")
    parser.add_argument("target", metavar="OUT", help="image to write")
    for axis in "ijk":
        parser.add_argument(
            f"-{axis}",
            type=parse_slice,
            default=EVERYTHING,
            metavar="SLICE",
            help=f"what to keep along {axis}, as Python slices: start:stop:step, or one index",
        )
    parser.add_argument(
        "-t", type=parse_slice, metavar="SLICE", help="volumes to keep; one index drops the axis"
    )
    _add_regions(parser.add_argument_group("in place of -i, -j and -k, one of"))
    parser.add_argument("-f", "--force", action="store_true", help="replace a file that is there")
    expect_load_options(parser)


def _add_regions(group: Any) -> None:
    region = group.add_mutually_exclusive_group()
    region.add_argument(
        "--box",
        type=float,
        nargs=6,
        metavar=("X", "Y", "Z", "X2", "Y2", "Z2"),
        help="two corners of a box in RAS+ mm: keep the smallest block of voxels that covers it",
    )
    region.add_argument(
        "--mask",
        metavar="FILE",
        help="keep the smallest block that holds the voxels that are not 0 in this image",
    )
    region.add_argument(
        "--nonzero",
        action="store_true",
        help="keep the smallest block that holds the voxels of IN that are not 0",
    )
    region.add_argument(
        "--pad-to",
        metavar="FILE",
        help="add voxels up to the grid of this image, from which IN was cut",
    )
    group.add_argument(
        "--margin",
        type=parse_count,
        metavar="N",
        help="voxels to keep around the block of --mask or --nonzero (default: 0)",
    )
    group.add_argument(
        "--cval",
        type=float,
        metavar="X",
        help="value of the voxels that --pad-to adds (default: 0)",
    )


def run(options: argparse.Namespace, reporter: Reporter) -> int:
    """Cut the part out."""
    _check(options)
    check_targets([Job(options.source, options.target)], options.force)
    with reporter.for_file(options.source):
        img = load_image(options.source, options, reporter)
        check_kind(img, "volume", "volio roi")
        part = _part(_volumes(img, options), options, reporter)
        save_image(part, options.target)
    return reporter.code or DONE


def _check(options: argparse.Namespace) -> None:
    """Refuse options that do not go together, before anything is read."""
    region = _region(options)
    if region and any(getattr(options, axis) != EVERYTHING for axis in "ijk"):
        raise UsageError(f"{region} goes without -i, -j and -k")
    if options.margin is not None and region not in ("--mask", "--nonzero"):
        raise UsageError("--margin goes with --mask or --nonzero")
    if options.cval is not None and region != "--pad-to":
        raise UsageError("--cval goes with --pad-to")


def _region(options: argparse.Namespace) -> str:
    """Return the option that stands in place of -i, -j and -k; "" for none."""
    if options.nonzero:
        return "--nonzero"
    values = {"--box": options.box, "--mask": options.mask, "--pad-to": options.pad_to}
    return next((name for name, value in values.items() if value is not None), "")


def _volumes(img: Any, options: argparse.Namespace) -> Any:
    """Return an image with the volumes that are kept."""
    if options.t is None:
        return img
    if len(img.shape) < 4:
        raise UsageError(f"-t: there is one volume only, the shape is {img.shape}")
    return img.slicer[:, :, :, options.t]


def _part(img: Any, options: argparse.Namespace, reporter: Reporter) -> Any:
    """Return an image with the part of space that is kept, or on the larger grid."""
    from volio.ops.crop import block_around_box, crop_to_mask, pad_to_image

    if options.box is not None:
        return img.slicer[block_around_box(img, options.box[:3], options.box[3:])]
    if options.mask is not None or options.nonzero:
        mask = load_image(options.mask, options, reporter) if options.mask is not None else None
        return crop_to_mask(img, mask, options.margin or 0)
    if options.pad_to is not None:
        return pad_to_image(img, load_image(options.pad_to, options, reporter), options.cval or 0)
    return img.slicer[_slices(img, options)]


def _slices(img: Any, options: argparse.Namespace) -> tuple[slice, ...]:
    """Return what is kept along each axis of space."""
    slices = []
    for number, axis in enumerate("ijk"):
        part = getattr(options, axis)
        if number < len(img.shape):
            slices.append(slice(part, part + 1 or None) if isinstance(part, int) else part)
        elif part != EVERYTHING:
            raise UsageError(f"-{axis}: there is no such axis, the shape is {tuple(img.shape)}")
    return tuple(slices)
