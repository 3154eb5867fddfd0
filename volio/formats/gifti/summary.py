"""What is known of a GIFTI file, printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from volio.formats.gifti.image import GiftiImage

__all__ = ["print_summary"]


def print_summary(image: GiftiImage) -> None:
    """Print what is known of a file and its arrays."""
    print("----start----")
    print("Source filename: ", image.get_filename())
    print("Number of data arrays: ", image.numDA)
    print("Version: ", image.version)
    print("----metadata----")
    image.meta.print_summary()
    print("----labels----")
    image.labeltable.print_summary()
    for array in image.darrays:
        print("----array----")
        array.print_summary()
    print("----end----")
