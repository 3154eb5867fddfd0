"""Functions that read a whole file into an array, and TIFF files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from volio.arrays.dtypes import Array
from volio.errors import UsageError
from volio.files.opener import open_source
from volio.formats.tiff.library import errors_of_tifffile, open_tiff, tifffile
from volio.images.headers.text.xml_tree import parse_xml

__all__ = ["ReadFunc", "TiffFacts", "read_tiff", "read_tiff_facts"]


class ReadFunc(Protocol):
    """A function of yours that reads a file: ``read_func(path, **options)`` returns an array.

    Examples
    --------
    >>> def read_text(path, delimiter=None):
    ...     return np.loadtxt(path, delimiter=delimiter)
    >>> np.savetxt("rows.csv", np.eye(3), delimiter=",")
    >>> read: volio.stacks.ReadFunc = read_text
    >>> volio.stacks.InMemoryImageStack.from_custom_file_type(
    ...     "rows.csv", "YX", read, delimiter=","
    ... ).data_shape
    (1, 1, 3, 3)
    """

    def __call__(self, path: Path, /, *args: Any, **options: Any) -> Array:
        """Read the file at a path into an array."""


class TiffFacts(NamedTuple):
    """What the tags of a TIFF file say of its first series.

    Attributes
    ----------
    shape : tuple of int
    dtype : numpy.dtype
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]


def read_tiff_facts(path: Path) -> TiffFacts:
    """Read shape and dtype of the first series of a TIFF file, and none of its pixels.

    Raises
    ------
    UsageError
        If the name does not end in ``.tif`` or ``.tiff``.
    MissingFileError, ImageFileError, HeaderError
        If the file is not there, is not a TIFF file, or its documents make no sense.
    MissingPackageError
        If the extra ``tiff`` is not installed.
    """
    with _open_as_tifffile_does(path) as file:
        series = file.series[0]
        return TiffFacts(tuple(series.shape), np.dtype(series.dtype))


def read_tiff(path: Path) -> Array:
    """Read the first series of a TIFF file; errors as those of `read_tiff_facts`."""
    with _open_as_tifffile_does(path) as file:
        return np.asarray(file.series[0].asarray())


@contextmanager
def _open_as_tifffile_does(path: Path) -> Iterator[Any]:
    """Open a file of which arrays have the axes that ``tifffile.imread`` gives them."""
    if not path.suffix.lower().startswith(".tif"):
        raise UsageError(f"path: must end in .tif or .tiff, got {path.name!r}")
    with open_tiff(open_source(path)) as file:
        text = str(file.pages.first.description or "")
        if text.lstrip("\ufeff \r\n\t").startswith("<"):
            parse_xml(text)  # refuses what tifffile would hand to a parser
    with errors_of_tifffile(str(path)), tifffile().TiffFile(path) as file:
        yield file
