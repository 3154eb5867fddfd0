"""Arrays of Zarr, found by path or in a group of zarr-python, with what stacks say of them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from volio.arrays.dtypes import Array
from volio.arrays.lazy import LazyArray
from volio.errors import CorruptFileError, UsageError, UsageTypeError, VolioError
from volio.files.remote.addresses import is_url
from volio.files.sources.store import FolderStore, Store
from volio.files.stores import open_store
from volio.files.zip_store import ZipStore
from volio.formats.zarr.metadata import read_node
from volio.formats.zarr.voxels import zarr_array
from volio.stacks.lazy import SlicedArray

if TYPE_CHECKING:
    import zarr

__all__ = ["StoredArray", "array_of_group", "array_of_store"]


class StoredArray(NamedTuple):
    """An array, and where it is.

    Attributes
    ----------
    source : str
        Address of the array.
    data : LazyArray or array that takes slices
    chunks : tuple of int
        Shape of the chunks.
    shards : tuple of int or None
        Shape of what one key holds where that is several chunks.
    """

    source: str
    data: LazyArray | SlicedArray
    chunks: tuple[int, ...]
    shards: tuple[int, ...] | None


def array_of_store(store: Store, path: str) -> StoredArray:
    """Return the array at a path of a store of volio.

    Raises
    ------
    UsageError
        If there is nothing at the path.
    UsageTypeError
        If there is a group.
    """
    source = address_in(store, path)
    node = read_node(store, path)
    if node is None:
        raise UsageError(f"{source}: there is no array of Zarr")
    if node.array is None:
        raise UsageTypeError(f"{source}: is a group of Zarr, an array is needed")
    stored = node.array
    shards = None if stored.chunks == stored.grid_chunks else stored.grid_chunks
    return StoredArray(source, zarr_array(store, node), stored.chunks, shards)


def address_in(store: Store, path: str) -> str:
    """Return the address of a path in a store, as zarr-python writes it."""
    root = store.name
    if isinstance(store, FolderStore):
        root = f"file://{store.path.as_posix()}"
    elif isinstance(store, ZipStore):
        root = f"zip://{store.name}"
    return f"{root.rstrip('/')}/{path}".rstrip("/")


def array_of_group(group: zarr.Group, path: str) -> StoredArray:
    """Return the array at a path in a group of zarr-python, "" for the group's own path.

    Where volio knows its store and its codecs chunks are decoded here, and kept in memory;
    otherwise zarr-python reads.

    Raises
    ------
    UsageError
        If there is nothing at the path.
    UsageTypeError
        If `group` is something else, or there is a group.
    """
    zarr_module: Any = sys.modules.get("zarr")  # a program with a group has imported it
    if zarr_module is None or not isinstance(group, zarr_module.Group):
        raise UsageTypeError(
            f"group: must be a zarr.Group, got {type(group).__name__}; "
            "ZarrImageStack.from_path() takes paths"
        )
    try:
        found = group[path] if path else _array_at(group, zarr_module)
    except (KeyError, ValueError) as error:
        if not path:
            raise UsageTypeError(f"data_path: {group.store_path} is a group of Zarr") from error
        raise UsageError(f"data_path: there is no array {path!r} in {group.store_path}") from error
    if isinstance(found, zarr_module.Group):
        raise UsageTypeError(f"data_path: {found.store_path} is a group of Zarr")
    data = _decoded_by_volio(found) or _ReadByZarr(found)
    return StoredArray(str(found.store_path), data, found.chunks, found.shards)


def _array_at(group: zarr.Group, zarr_module: Any) -> zarr.Array[Any]:
    """Return the array at the place of a group: documents of both may be there."""
    version = group.metadata.zarr_format
    array: zarr.Array[Any] = zarr_module.open_array(group.store_path, mode="r", zarr_format=version)
    return array


def _decoded_by_volio(array: zarr.Array[Any]) -> LazyArray | None:
    try:
        store = _store_of(array.store_path.store)
        node = None if store is None else read_node(store, array.store_path.path)
        return None if store is None or node is None else zarr_array(store, node)
    except VolioError:  # a codec that is not known here, a zip file that is not yet complete
        return None


def _store_of(store: Any) -> Store | None:
    """Return the store of volio that reads what a store of zarr-python has."""
    kinds: Any = sys.modules["zarr.storage"]
    # Classes that are derived from these may do anything.
    if type(store) is kinds.LocalStore:
        return FolderStore(store.root)
    if type(store) is kinds.ZipStore:
        return open_store(Path(store.path))
    if type(store) is kinds.FsspecStore and is_url(store.path):
        # Further options are passwords and proxies, which are left to fsspec.
        plain = set(store.fs.storage_options) <= {"asynchronous", "skip_instance_cache"}
        return open_store(store.path) if plain else None
    return None


class _ReadByZarr:
    """An array of zarr-python whose errors are those of volio."""

    def __init__(self, array: zarr.Array[Any]) -> None:
        self.array = array
        self.shape = array.shape
        self.dtype = array.dtype

    def __getitem__(self, index: Any) -> Array | Any:
        try:
            return self.array[index]
        except (RuntimeError, ValueError) as error:  # of codecs, which name nothing
            name = self.array.store_path
            raise CorruptFileError(f"{name}: cannot be decoded: {error}") from error
