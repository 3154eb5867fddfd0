"""DataobjImage: an image whose data is an array or a lazy array, and the cache of what was read."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import DTypeLike, NDArray

from volio.arrays.dtypes import Array
from volio.arrays.lazy import DaskChunks, LazyArray, is_proxy
from volio.errors import ImageDataError, UsageError
from volio.extras import need
from volio.files.filemap import FileHolder, FileMap
from volio.images.arguments import given_array
from volio.images.file_image import FileImage
from volio.progress import Watcher, watched_read

if TYPE_CHECKING:
    import dask.array

__all__ = ["Caching", "DataobjImage"]

Caching = Literal["fill", "unchanged"]


class DataobjImage(FileImage):
    """An image with data that may still be in its file.

    Parameters
    ----------
    dataobj : array-like
        An array, or a lazy array that reads from a file.
    header, extra, file_map
        As for `FileImage`.
    """

    arrays_are: ClassVar[str] = (
        "np.asarray(img.dataobj) gives its values, and img.get_fdata() gives them as floats"
    )

    def __init__(
        self,
        dataobj: Any,
        header: Any = None,
        extra: Mapping[str, Any] | None = None,
        file_map: Mapping[str, FileHolder] | None = None,
    ) -> None:
        super().__init__(header, extra, file_map)
        array_like = hasattr(dataobj, "shape") and hasattr(dataobj, "dtype")
        self._dataobj: Any = dataobj if array_like else given_array("dataobj", dataobj)
        self._fdata_cache: NDArray[Any] | None = None
        self._data_cache: NDArray[Any] | None = None

    @property
    def dataobj(self) -> Array | LazyArray:
        """The data: an array, or a lazy array that reads from the file when indexed."""
        data: Array | LazyArray = self._dataobj
        return data

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the data."""
        return tuple(self._dataobj.shape)

    @property
    def ndim(self) -> int:
        """Number of axes of the data."""
        return len(self.shape)

    @property
    def in_memory(self) -> bool:
        """Whether the data is an array, or has been read and kept."""
        kept = self._fdata_cache is not None or self._data_cache is not None
        return not is_proxy(self._dataobj) or kept

    def to_dask(self, chunks: DaskChunks = "auto") -> dask.array.Array:
        """Return the data as a dask array, which reads it block by block.

        Parameters
        ----------
        chunks : optional
            As in ``dask.array.from_array``. "auto" takes multiples of the chunks in which the
            file has the data, of 16 to 32 MiB where it is large and they are smaller.

        Returns
        -------
        dask.array.Array
            Of the shape of the image; workers of dask.distributed read the file themselves.

        Raises
        ------
        MissingPackageError
            If dask is not installed.
        """
        if isinstance(self._dataobj, LazyArray):
            return self._dataobj.to_dask(chunks)
        made: dask.array.Array = need("dask.array", "dask").from_array(self._dataobj, chunks=chunks)
        return made

    def get_fdata(
        self,
        caching: Caching = "fill",
        dtype: DTypeLike = np.float64,
        *,
        progress: Watcher | None = None,
    ) -> NDArray[Any]:
        """Return the data as floating point numbers, scaled.

        Parameters
        ----------
        caching : {'fill', 'unchanged'}
            'fill' keeps the array and returns that same array next time, changes made to it
            included; 'unchanged' keeps nothing, but returns what is kept already.
        dtype : dtype-like
            A floating point or complex dtype.
        progress : callable, optional
            ``progress(done, total)`` is called as chunks or tiles are read, with bytes of the
            result; once, where the data is not in chunks. An exception that it raises ends the
            reading. Without it a line is drawn on terminals and in notebooks, where a server takes
            more than a second.

        Returns
        -------
        ndarray
            Of the shape of the image. When the image holds an array of this dtype, that array.

        Raises
        ------
        UsageError
            If an argument is none of these.
        ImageDataError
            If the data are complex and `dtype` is not, or have fields (RGB).
        """
        wanted = np.dtype(dtype)
        if wanted.kind not in "fc":
            raise UsageError(
                f"dtype: must be a floating point or complex dtype, got {wanted}; "
                "np.asanyarray(img.dataobj) gives other dtypes"
            )
        _check_caching(caching)
        if self._fdata_cache is not None and self._fdata_cache.dtype.type == wanted.type:
            return self._fdata_cache
        size = prod(self.shape)
        with watched_read(size, size * wanted.itemsize, progress):
            data = self._read_as(wanted)
        if caching == "fill":
            self._fdata_cache = data
        return data

    def _read_as(self, wanted: np.dtype[Any]) -> NDArray[Any]:
        found = self._dataobj.dtype
        if found.kind == "V" or found.names is not None:
            raise ImageDataError(
                f"voxels with fields {found.names} are not single numbers: take "
                "np.asanyarray(img.dataobj) and one of its fields"
            )
        if found.kind == "c" and wanted.kind != "c":
            raise ImageDataError(
                "complex voxels do not fit a real dtype: use get_fdata(dtype=np.complex128)"
            )
        if isinstance(self._dataobj, LazyArray):
            return self._dataobj.read(dtype=wanted)
        return np.asanyarray(self._dataobj, dtype=wanted)

    def get_data(self, caching: Caching = "fill") -> NDArray[Any]:
        """Return the data in its own dtype: integers where the file has unscaled integers.

        Parameters
        ----------
        caching : {'fill', 'unchanged'}
            As for `get_fdata`; the two keep arrays of their own.

        Returns
        -------
        ndarray
            Of the shape of the image.
        """
        _check_caching(caching)
        if self._data_cache is not None:
            return self._data_cache
        data: NDArray[Any] = np.asanyarray(self._dataobj)
        if caching == "fill":
            self._data_cache = data
        return data

    def uncache(self) -> None:
        """Forget arrays that were read and kept, with any changes made to them.

        An image made from an array keeps that array.
        """
        self._fdata_cache = None
        self._data_cache = None

    # What saving asks.

    def _data_to_save(self) -> Any:
        """Return the data, or what was read of it and kept when that has been edited."""
        from volio.images.saving.plan import same_values  # most programs only read

        data = self._dataobj
        if is_proxy(data):
            for kept in (self._fdata_cache, self._data_cache):
                if kept is not None and not same_values(data, kept):
                    return kept
        return data

    def _reads_from(self, files: FileMap) -> bool:
        """Return whether the data is in one of these files."""
        if not isinstance(self._dataobj, LazyArray):
            return False
        targets = [holder.file_like for holder in files.values()]
        return any(source.is_in(where) for source in self._dataobj.sources for where in targets)


def _check_caching(caching: str) -> None:
    if caching not in ("fill", "unchanged"):
        raise UsageError(f"caching: must be 'fill' or 'unchanged', got {caching!r}")
