"""Save the image that a command has made, to a file or to standard output."""

from __future__ import annotations

from typing import Any

from volio.cli.console.streams import STREAM, write_output
from volio.errors import UsageError
from volio.formats.lookup import format_named, format_of
from volio.io import save

__all__ = ["save_image"]

#: Format of standard output for images whose own format cannot be one file.
USUAL = "nifti1"


def save_image(
    img: Any,
    target: str,
    dtype: str | None = None,
    format: str | None = None,
    compression: str | int | None = None,
) -> None:
    """Save an image under a name, or write it to standard output.

    Parameters
    ----------
    img : SpatialImage
    target : str
        Name of a file, whose ending says format and compression; or ``-``.
    dtype, format, compression
        As for `volio.save`. Standard output has the format of the image where that is written to
        one file, else NIfTI-1, and is not compressed.
    """
    if target != STREAM:
        save(img, target, dtype, format=format, compression=compression)
        return
    if compression is not None:
        raise UsageError("--compression: standard output is not compressed; pipe it to gzip")
    cls = _class_of_one_file(img, format)
    made = img if type(img) is cls else cls.from_image(img)
    write_output(made.to_bytes(dtype=dtype))


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
