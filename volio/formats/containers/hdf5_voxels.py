"""Hdf5Voxels: a data set of an HDF5 file, of which only the part asked for is read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from volio.arrays.array_spec import ArraySpec
from volio.arrays.chunked import ChunkedArray
from volio.arrays.indexing.box_reads import FillBox
from volio.files.sources.source import ByteSource
from volio.formats.containers.hdf5 import open_hdf5

__all__ = ["Hdf5Voxels"]


class Hdf5Voxels(ChunkedArray):
    """Voxels in an HDF5 file, in chunks, scaled on the way out.

    Parameters
    ----------
    source : ByteSource
    path : str
        Of the data set.
    spec, chunks, valid_range
        Of `ChunkedArray`.

    Raises
    ------
    MissingPackageError
        When voxels are read and h5py is not installed.
    """

    def __init__(
        self,
        source: ByteSource,
        path: str,
        spec: ArraySpec,
        chunks: tuple[int, ...],
        valid_range: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(source, spec, chunks, valid_range)
        self.path = path
        self._checked = False

    def check(self) -> None:
        """Raise an error if the file cannot hold the voxels that it declares.

        Raises
        ------
        LimitError, CorruptFileError
        """
        if not self._checked:
            with open_hdf5(self.source) as opened:
                opened.check_held(opened.file[self.path])
            self._checked = True

    @contextmanager
    def open_stored(self) -> Iterator[FillBox]:
        """Open the file; see `ChunkedArray.open_stored`."""
        with open_hdf5(self.source) as opened:
            yield opened.box_reader(self.path)

    def unscaled(self) -> ChunkedArray:
        """Return the stored values, lazy."""
        spec = ArraySpec(self.shape, self.on_disk_dtype)
        return Hdf5Voxels(self.source, self.path, spec, self.chunks)
