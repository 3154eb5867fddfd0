"""ZarrImageStack: patches of an array of Zarr."""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING, Self

from volio.files.sources.store import Store
from volio.files.stores import open_store
from volio.flags import as_flag
from volio.formats.containers.image_stores import root_of
from volio.formats.zarr.search import MARKS
from volio.stacks.lazy import LazyImageStack
from volio.stacks.zarr_arrays import array_of_group, array_of_store

if TYPE_CHECKING:
    import zarr

__all__ = ["ZarrImageStack"]


class ZarrImageStack(LazyImageStack):
    """A stack of an array of Zarr, of which a patch reads the chunks that it touches.

    Chunks are decoded on several threads, each once, and stay in memory for the next patch
    (`volio.options`, ``chunk_memory``). Chunks that are absent have the fill value of the array;
    those that cannot be read are an error.

    Parameters
    ----------
    group : zarr.Group, or Store of volio
        See `from_path` for what does without zarr-python.
    data_path : str
        Of the array in the group; "" where an array is at the place of the group itself.
    axes : str
        A letter per axis of the array, of ``STCZYX``; see `AxesTransform`.

    Attributes
    ----------
    source : str
        Address of the array: ``file:///data/a.zarr/path``.
    data_shape : tuple of int
        SC(Z)YX.
    data_dtype : numpy.dtype
    original_axes : str
    original_data_shape : tuple of int
    chunks : tuple of int
        Shape of the chunks, axes as in the array.
    shards : tuple of int or None
        Shape of the shards, where there are any.

    Raises
    ------
    UsageTypeError
        If `group` is something else, or a group is where the array should be.
    UsageError
        If there is no such array, or the letters do not name its axes.

    Examples
    --------
    >>> voxels = np.arange(30 * 20 * 10, dtype=np.uint16).reshape(30, 20, 10)
    >>> volio.save(volio.OmeZarrImage(voxels, np.eye(4)), "brain.ome.zarr", chunks=(8, 8, 8))
    >>> stack = volio.stacks.ZarrImageStack.from_path("brain.ome.zarr", "0", "ZYX")
    >>> stack.data_shape, stack.chunks, stack.shards
    ((1, 1, 10, 20, 30), (8, 8, 8), None)
    >>> stack.extract_patch(0, None, (9, 19, 28), (1, 1, 3))
    array([[[[5799., 5999.,    0.]]]], dtype=float32)
    """

    def __init__(self, group: zarr.Group | Store, data_path: str, axes: str) -> None:
        if isinstance(group, Store):
            stored = array_of_store(group, data_path)
        else:
            stored = array_of_group(group, data_path)
        super().__init__(stored.source, stored.data, axes)
        self.source: str = stored.source
        self.chunks = stored.chunks
        self.shards = stored.shards

    @classmethod
    def from_path(
        cls,
        where: str | PathLike[str],
        data_path: str,
        axes: str,
        *,
        allow_external: bool = False,
    ) -> Self:
        """Make a stack of an array in a folder, in a zip file or on a server.

        Parameters
        ----------
        where : str or PathLike
            Path or address of the folder or zip file.
        data_path : str
            Of the array in it, "" for the array that it is.
        axes : str
            A letter per axis of the array, of ``STCZYX``.
        allow_external : bool
            Take names in documents that lead out of the folder, too.

        Returns
        -------
        ZarrImageStack

        Raises
        ------
        UsageTypeError
            If a group is where the array should be.
        UsageError
            If there is no such array, or the letters do not name its axes.
        MissingFileError, ImageFileError, HeaderError
            If there is no such folder or file, or what describes the array makes no sense.
        """
        as_flag("allow_external", allow_external)
        store = root_of(open_store(where, allow_external=allow_external), MARKS)
        return cls(store, data_path.strip("/"), axes)
