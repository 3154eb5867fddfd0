"""``volio-convert``: images in other formats, dtypes and orientations."""

from __future__ import annotations

import argparse
import os

import numpy as np

from volio.cli.console.reporting import Reporter
from volio.cli.jobs import Job, run_jobs
from volio.cli.options.arguments import parse_bounds, parse_compression, parse_count
from volio.cli.options.inputs import find_inputs, split_name
from volio.cli.options.load_options import expect_load_options
from volio.cli.options.saving import add_save_options
from volio.cli.outputs import check_targets
from volio.errors import UsageError
from volio.formats import table
from volio.formats.parts import split_part
from volio.formats.recognise import is_image_folder

__all__ = ["EXAMPLES", "add_arguments", "run"]

EXAMPLES = """\
%(prog)s scan.nii.gz scan.mgz
%(prog)s scan.nii.gz pair.img --format spm2
%(prog)s scan.nii small.nii.gz --dtype smallest
%(prog)s scan.nii.gz turned.nii.gz --orient LPS
%(prog)s --force scan.nii.gz scan.nii.gz --canonical     over the file itself
%(prog)s *.mgz --out-dir nifti --ext .nii.gz -j 4
%(prog)s -r study --out-dir copies --ext .nii.zst        folders below keep their names
%(prog)s big.nii.gz big.ome.zarr                         a folder of chunks, with a pyramid
%(prog)s rest.dtseries.nii deep.nii.gz --part volume       or left, right, thalamus_left, ...
%(prog)s big.ome.zarr part.nii.gz --level 1 --roi 0,0,0:64,64,32
%(prog)s all.tck some.trk --reference t1.nii.gz --subsample 1000
%(prog)s - - --format nifti1 < scan.mgz > scan.nii       standard input and output"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.usage = "%(prog)s [options] IN OUT\n       %(prog)s [options] IN... --out-dir DIR"
    parser.add_argument(
        "files", nargs="+", metavar="FILE", help="IN and OUT; with --out-dir files and folders"
    )
    parser.add_argument("-o", "--out-dir", metavar="DIR", help="put the new files in this folder")
    parser.add_argument(
        "-e", "--ext", metavar="ENDING", help="ending of the new files, with --out-dir"
    )
    parser.add_argument("-r", "--recursive", action="store_true", help="folders below folders too")
    _add_voxel_arguments(parser)
    parser.add_argument(
        "-c",
        "--compression",
        type=parse_compression,
        metavar="HOW",
        help="how hard to compress: fast (the default), balanced, small, or a level of the codec",
    )
    parser.add_argument("-f", "--force", action="store_true", help="replace files that are there")
    parser.add_argument(
        "-j",
        "--jobs",
        type=parse_count,
        default=1,
        metavar="N",
        help="work on N files at once; 0: all cores",
    )
    parser.add_argument(
        "--no-sync",
        action="store_true",
        help="do not wait for the disk: faster where files are small; a power cut may lose them",
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="name each file when done")
    parser.add_argument(
        "--part",
        metavar="NAME",
        help="of CIFTI-2 a part alone: left, right (as a surface), volume, or a structure by name",
    )
    add_save_options(parser)
    expect_load_options(parser)


def _add_voxel_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of which voxels the new files have, and how."""
    writable = [row.name for row in table.FORMATS if row.write]
    parser.add_argument(
        "--format",
        choices=writable,
        metavar="NAME",
        help=f"format of the new files, where their ending does not say: {', '.join(writable)}",
    )
    parser.add_argument(
        "--dtype",
        help="dtype in the new files: a name numpy knows; exact: the smallest that keeps all "
        "values; smallest: the smallest that keeps them within a small tolerance",
    )
    turned = parser.add_mutually_exclusive_group()
    turned.add_argument(
        "--orient", metavar="CODES", help="where the voxel axes shall run to, such as RAS or LPS"
    )
    turned.add_argument(
        "--canonical", dest="orient", action="store_const", const="RAS", help="--orient RAS"
    )
    parser.add_argument(
        "--roi",
        type=parse_bounds,
        metavar="X,Y,Z:X2,Y2,Z2",
        help="the part within two corners alone: every voxel that touches it; no other is read",
    )
    parser.add_argument(
        "--space",
        choices=("voxel", "world", "project"),
        help="what --roi is in: voxels (the default; the second corner is not taken), mm, or the "
        "unit of the file",
    )


def run(options: argparse.Namespace, reporter: Reporter) -> int:
    """Convert the files."""
    _check_options(options)
    jobs = _jobs_in_folder(options, reporter) if options.out_dir else [_only_job(options)]
    check_targets(jobs, options.force)
    run_jobs(jobs, options, reporter)
    return reporter.code


def _check_options(options: argparse.Namespace) -> None:
    """Refuse what no file could be converted to."""
    pairs = ["LR", "AP", "IS"]
    codes = (options.orient or "RAS").upper()
    if len(codes) != 3 or any(len(set(pair) & set(codes)) != 1 for pair in pairs):
        raise UsageError(
            f"--orient: must be one each of R or L, A or P, S or I, got {options.orient!r}"
        )
    if options.space is not None and options.roi is None:
        raise UsageError("--space goes with --roi X,Y,Z:X2,Y2,Z2")
    if options.dtype not in (None, "exact", "smallest"):
        try:
            np.dtype(options.dtype)
        except TypeError:
            raise UsageError(
                f"--dtype: must be a name numpy knows (int16, float32), exact or smallest, "
                f"got {options.dtype!r}"
            ) from None


def _only_job(options: argparse.Namespace) -> Job:
    if len(options.files) != 2:
        raise UsageError(
            f"takes IN and OUT, got {len(options.files)} of them; other numbers need --out-dir DIR"
        )
    if os.path.isdir(options.files[1]) and not is_image_folder(options.files[1]):  # noqa: PTH112
        folder = options.files[1]
        raise UsageError(f"{folder}: is a folder; --out-dir {folder} puts the new file into it")
    if options.ext or options.recursive:
        raise UsageError("--ext and --recursive go with --out-dir DIR")
    return Job(*options.files)


def _jobs_in_folder(options: argparse.Namespace, reporter: Reporter) -> list[Job]:
    if os.path.isfile(options.out_dir):  # noqa: PTH113
        raise UsageError(f"--out-dir: must be a folder, got the file {options.out_dir}")
    jobs = []
    for found in find_inputs(options.files, options.recursive):
        with reporter.for_file(found.path):
            found.check()
            jobs.append(Job(found.path, f"{options.out_dir}/{_new_name(found.name, options.ext)}"))
    if not jobs:
        raise UsageError(f"{', '.join(options.files)}: no images there")
    return jobs


def _new_name(name: str, ending: str | None) -> str:
    """Return the name of a new file: that of the old one, with another ending if one is given.

    What the name asks for, ``@2``, stays before the ending.
    """
    part = split_part(name)
    stem, old, compression = split_name(part.name)
    return stem + part.suffix + (old + compression if ending is None else f".{ending.lstrip('.')}")
