"""``volio conform``: one shape, voxel size and orientation for all images."""

from __future__ import annotations

import argparse
from typing import Any

from volio.cli.console.progress import Progress
from volio.cli.console.reporting import Reporter
from volio.cli.jobs import Job
from volio.cli.options.arguments import parse_numbers
from volio.cli.options.load_options import expect_load_options, load_image
from volio.cli.options.saving import save_image
from volio.cli.outputs import check_targets
from volio.errors import UsageError
from volio.images.kinds import check_kind

__all__ = ["EXAMPLES", "add_arguments", "run"]

EXAMPLES = """\
%(prog)s scan.nii.gz conformed.nii.gz
%(prog)s scan.nii.gz small.nii.gz --out-shape 128,128,128 --voxel-size 2,2,2
%(prog)s labels.nii.gz conformed.mgz --orientation LIA --order 0    for labels"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("source", metavar="IN", help="image to read")
    parser.add_argument("target", metavar="OUT", help="image to write")
    parser.add_argument(
        "--out-shape",
        type=parse_numbers,
        default=(256, 256, 256),
        metavar="I,J,K",
        help="voxels along each axis (default: 256,256,256)",
    )
    parser.add_argument(
        "--voxel-size",
        type=parse_numbers,
        default=(1.0, 1.0, 1.0),
        metavar="X,Y,Z",
        help="voxel sizes in mm (default: 1,1,1)",
    )
    parser.add_argument(
        "--orientation", default="RAS", metavar="CODES", help="where axes run to (default: RAS)"
    )
    parser.add_argument(
        "--order",
        type=int,
        choices=range(6),
        default=3,
        help="of the spline; 0 takes the nearest voxel, as labels need (default: 3)",
    )
    parser.add_argument(
        "--cval", type=float, default=0.0, metavar="X", help="value outside the image (default: 0)"
    )
    parser.add_argument("-f", "--force", action="store_true", help="replace a file that is there")
    expect_load_options(parser)


def run(options: argparse.Namespace, reporter: Reporter) -> int:
    """Bring the image to the shape, voxel size and orientation."""
    shape = _three(options.out_shape, "--out-shape")
    sizes = _three(options.voxel_size, "--voxel-size")
    if any(length % 1 for length in shape):
        raise UsageError(f"--out-shape: must be whole numbers, got {options.out_shape}")
    check_targets([Job(options.source, options.target)], options.force)
    with Progress(1), reporter.for_file(options.source):
        img = load_image(options.source, options, reporter)
        check_kind(img, "volume", "volio conform")
        save_image(_conformed(img, shape, sizes, options), options.target)
    return reporter.code


def _conformed(
    img: Any, shape: tuple[float, ...], sizes: tuple[float, ...], options: argparse.Namespace
) -> Any:
    """Return an image on the grid that was asked for."""
    from volio.ops.resample import conform

    return conform(
        img,
        [int(length) for length in shape],
        sizes,
        order=options.order,
        cval=options.cval,
        orientation=options.orientation,
    )


def _three(numbers: tuple[float, ...], option: str) -> tuple[float, ...]:
    """Return three positive numbers; one stands for all three axes."""
    three = numbers * 3 if len(numbers) == 1 else numbers
    if len(three) != 3 or min(three) <= 0:
        raise UsageError(f"{option}: must be three numbers above 0, got {numbers}")
    return three
