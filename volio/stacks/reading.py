"""Functions that read a whole file into an array, and TIFF files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from volio.arrays.dtypes import Array
from volio.arrays.lazy import LazyArray
from volio.arrays.views import lazy_slice, lazy_transpose
from volio.errors import UsageError
from volio.files.opener import open_source
from volio.formats.tiff.image import TiffImage
from volio.formats.tiff.library import open_tiff
from volio.stacks.colours import channels_of_colours

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

    Axes are those of ``tifffile.imread``: in the order of the file, without those of length 1.

    Raises
    ------
    UsageError
        If the name does not end in ``.tif`` or ``.tiff``.
    MissingFileError, ImageFileError, HeaderError
        If the file is not there, is not a TIFF file, or its documents make no sense.
    MissingPackageError
        If the extra ``tiff`` is not installed.
    """
    with _first_series(path) as series:
        return TiffFacts(tuple(series.shape), np.dtype(series.dtype))


def read_tiff(path: Path) -> Array:
    """Read the first series of a TIFF file; axes and errors as those of `read_tiff_facts`."""
    with _first_series(path) as series:
        return np.asarray(series if isinstance(series, LazyArray) else series.asarray())


@contextmanager
def _first_series(path: Path) -> Iterator[Any]:
    """Open a file, and give a series of tifffile; of OME-TIFF a lazy array.

    tifffile fills what is missing of OME-TIFF with zeros, and opens whatever files its XML names.
    """
    if not path.suffix.lower().startswith(".tif"):
        raise UsageError(f"path: must end in .tif or .tiff, got {path.name!r}")
    with open_tiff(open_source(path)) as file:
        text = str(file.pages.first.description or "").lstrip("\ufeff \r\n\t")
        page_axes = file.pages.first.axes
        if not text.startswith("<"):
            yield file.series[0]
            return
    yield _ome_array(path, page_axes)


def _ome_array(path: Path, page_axes: str) -> LazyArray | Array:
    """Return the array of an image, in the order of the file."""
    img = TiffImage.from_filename(path)
    shown = img.header.axes
    stored = img.header.file_axes
    # Other axes stand in for those that the file lacks.
    kept = [name for name in shown if name in stored]
    index = tuple([slice(None) if name in stored else 0 for name in shown])
    array = lazy_transpose(lazy_slice(img.dataobj, index), [kept.index(name) for name in stored])
    if not array.dtype.names:
        return array
    colours = channels_of_colours(array)
    if page_axes.endswith("S"):
        return colours
    axes = list(range(array.ndim))
    return lazy_transpose(colours, [*axes[:-2], array.ndim, *axes[-2:]])
