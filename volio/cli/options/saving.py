"""Save the image that a command has made, to a file or to standard output; options for that."""

from __future__ import annotations

import argparse
from typing import Any

from volio.cli.console.streams import STREAM, write_output
from volio.cli.options.arguments import parse_count
from volio.errors import UsageError
from volio.formats.lookup import format_named, format_of
from volio.io import load, save
from volio.numerals import is_count

__all__ = ["add_save_options", "save_choices", "save_image"]

#: Format of standard output for images whose own format cannot be one file.
USUAL = "nifti1"


def save_image(
    img: Any,
    target: str,
    dtype: str | None = None,
    format: str | None = None,
    compression: str | int | None = None,
    **choices: Any,
) -> None:
    """Save an image under a name, or write it to standard output.

    Parameters
    ----------
    img : SpatialImage
    target : str
        Name of a file, whose ending stands for format and compression; or ``-``.
    dtype, format, compression
        As for `volio.save`. Standard output has the format of the image where that is written to
        one file, else NIfTI-1, and is not compressed.
    **choices
        Further choices of the format.
    """
    if target != STREAM:
        save(img, target, dtype, format=format, compression=compression, **choices)
        return
    if compression is not None:
        raise UsageError("--compression: standard output is not compressed; pipe it to gzip")
    cls = _class_of_one_file(img, format)
    made = img if type(img) is cls else cls.from_image(img)
    write_output(made.to_bytes(dtype=dtype, **choices))


def _class_of_one_file(img: Any, format: str | None) -> Any:
    """Return the image class in which an image is written to standard output."""
    own = format_of(type(img))
    if format is None and own is not None and own.write and len(type(img).files_types) == 1:
        return type(img)
    row = format_named(format or USUAL)
    for layout in row.layouts:
        if len(layout.files) == 1:
            return row.image_class(layout)
    raise UsageError(f"--format: {row.title} images have several files, standard output is one")


#: Names of options, by the choice that they are.
OPTIONS = {"chunks": "chunks", "shards": "shards", "levels": "levels", "version": "zarr_version"}


def add_save_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options for new files in chunks, and for tracts."""
    group = parser.add_argument_group("new files in chunks (OME-Zarr)")
    group.add_argument(
        "--chunks", type=_lengths, metavar="X,Y,Z", help="voxels of a chunk (default: 64,64,64)"
    )
    group.add_argument(
        "--shards", type=_lengths, metavar="X,Y,Z", help="voxels of a file, a multiple of that"
    )
    levels = group.add_mutually_exclusive_group()
    levels.add_argument(
        "--levels", type=parse_count, metavar="N", help="resolutions at most, each half the other"
    )
    levels.add_argument(
        "--no-pyramid", dest="levels", action="store_const", const=1, help="--levels 1"
    )
    group.add_argument("--zarr-version", metavar="V", help="of OME-Zarr: 0.4, 0.5 (default), 0.6")
    group = parser.add_argument_group("tracts")
    group.add_argument(
        "--reference", metavar="IMAGE", help="the volume that new tracts belong to, as .trk needs"
    )
    group.add_argument(
        "--subsample", type=parse_count, metavar="N", help="so many lines, chosen at random"
    )
    group.add_argument(
        "--seed", type=parse_count, default=0, metavar="N", help="of that choice (default: 0)"
    )


def save_choices(options: argparse.Namespace) -> dict[str, Any]:
    """Return the choices for saving that were given."""
    given = {choice: getattr(options, name) for choice, name in OPTIONS.items()}
    if options.reference is not None:
        given["reference"] = load(options.reference)
    return {choice: value for choice, value in given.items() if value is not None}


def _lengths(text: str) -> tuple[int, ...]:
    parts = text.replace("x", ",").split(",")
    if len(parts) != 3 or not all(is_count(part) and int(part) for part in parts):
        raise argparse.ArgumentTypeError(f"{text!r}: must be three lengths, as 64,64,64")
    return tuple(map(int, parts))
